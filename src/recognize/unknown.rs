//! What looks like an LLM call and fits no dialect: homemade spans with `llm.*` or bare keys.
//!
//! One weak key proves nothing (a car has a `model`, a shell a `prompt`), so it takes two that agree.
//! Source: spec/lessons.md 25: bare `llm.*` spans must not slip through, and a broad prefix alone takes
//! in spans that have nothing to do with LLMs.

use super::dialect::{Field, Read, Source};
use crate::llm::{Role, provider};
use crate::otlp::Value;

/// What a key hints at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints(u8);

impl Hints {
    /// It names an LLM or one of the large providers.
    const LLM: Hints = Hints(1);
    const MODEL: Hints = Hints(2);
    const TEXT: Hints = Hints(4);
    const TOKENS: Hints = Hints(8);
    const PARAMETER: Hints = Hints(16);
    /// The value of a model key is the name of a language model.
    const KNOWN_MODEL: Hints = Hints(32);

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn has(self, other: Hints) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether they agree that this is about an LLM call.
    pub fn suffice(self) -> bool {
        let aspects = [Hints::MODEL, Hints::TEXT, Hints::TOKENS, Hints::PARAMETER];
        let aspects = aspects.into_iter().filter(|aspect| self.has(*aspect)).count();
        (self.has(Hints::LLM) && aspects >= 1)
            || (self.has(Hints::KNOWN_MODEL) && aspects >= 2)
            || (self.has(Hints::TOKENS) && aspects >= 2)
            || (self.has(Hints::MODEL) && self.has(Hints::TEXT))
    }
}

impl std::ops::BitOrAssign for Hints {
    fn bitor_assign(&mut self, other: Hints) {
        self.0 |= other.0;
    }
}

/// The last words of a key, what they hint at, and the fact they hold.
const WORDS: &[(&str, Hints, Source)] = &[
    ("model", Hints::MODEL, (Field::RequestModel, "", Read::Word)),
    ("model_name", Hints::MODEL, (Field::RequestModel, "", Read::Word)),
    ("modelName", Hints::MODEL, (Field::RequestModel, "", Read::Word)),
    ("model_id", Hints::MODEL, (Field::RequestModel, "", Read::Word)),
    ("prompt", Hints::TEXT, (Field::Input, "", Read::Say(Role::User))),
    ("messages", Hints::TEXT, (Field::Input, "", Read::Say(Role::User))),
    ("system_prompt", Hints::TEXT, (Field::System, "", Read::Say(Role::System))),
    ("completion", Hints::TEXT, (Field::Output, "", Read::Say(Role::Assistant))),
    ("response_text", Hints::TEXT, (Field::Output, "", Read::Say(Role::Assistant))),
    ("prompt_tokens", Hints::TOKENS, (Field::InputTokens, "", Read::Count)),
    ("promptTokens", Hints::TOKENS, (Field::InputTokens, "", Read::Count)),
    ("input_tokens", Hints::TOKENS, (Field::InputTokens, "", Read::Count)),
    ("inputTokens", Hints::TOKENS, (Field::InputTokens, "", Read::Count)),
    ("tokens_in", Hints::TOKENS, (Field::InputTokens, "", Read::Count)),
    ("completion_tokens", Hints::TOKENS, (Field::OutputTokens, "", Read::Count)),
    ("completionTokens", Hints::TOKENS, (Field::OutputTokens, "", Read::Count)),
    ("output_tokens", Hints::TOKENS, (Field::OutputTokens, "", Read::Count)),
    ("outputTokens", Hints::TOKENS, (Field::OutputTokens, "", Read::Count)),
    ("tokens_out", Hints::TOKENS, (Field::OutputTokens, "", Read::Count)),
    ("total_tokens", Hints::TOKENS, (Field::TotalTokens, "", Read::Count)),
    ("totalTokens", Hints::TOKENS, (Field::TotalTokens, "", Read::Count)),
    ("max_tokens", Hints::PARAMETER, NOTHING),
    ("maxTokens", Hints::PARAMETER, NOTHING),
    ("temperature", Hints::PARAMETER, NOTHING),
    ("top_p", Hints::PARAMETER, NOTHING),
];

/// Words that hint at nothing by themselves, and hold a fact on a span that is an LLM call.
const ALSO: &[Source] = &[
    (Field::Provider, "provider", Read::Word),
    (Field::Provider, "vendor", Read::Word),
    (Field::Output, "response", Read::Say(Role::Assistant)),
    (Field::Output, "output", Read::Say(Role::Assistant)),
    (Field::Input, "input", Read::Say(Role::User)),
    (Field::Input, "query", Read::Say(Role::User)),
    (Field::UserId, "user_id", Read::Word),
    (Field::ConversationId, "session_id", Read::Word),
    (Field::ConversationId, "conversation_id", Read::Word),
    (Field::FinishReasons, "finish_reason", Read::Words),
    (Field::Streaming, "stream", Read::Flag),
];

const NOTHING: Source = (Field::Host, "", Read::Word);

/// Beginnings that name an LLM.
const NAMED: &[&str] = &[
    "llm.",
    "llm_",
    "genai.",
    "gen_ai_",
    "openai.",
    "anthropic.",
    "gpt.",
    "chatgpt.",
    "claude.",
    "gemini.",
    "ollama.",
    "cohere.",
    "mistral.",
    "bedrock.",
];

/// What `key` hints at. Most keys neither begin nor end like one that hints, and are done with after
/// two bytes at either end.
#[inline]
pub fn of_key(key: &[u8]) -> Hints {
    let mut hints = Hints::default();
    let begins = matches!(
        key,
        [b'l', b'l', ..]
            | [b'g', b'e' | b'p', ..]
            | [b'o', b'p' | b'l', ..]
            | [b'a', b'n', ..]
            | [b'c', b'h' | b'l' | b'o', ..]
            | [b'm', b'i', ..]
            | [b'b', b'e', ..]
    );
    if begins && NAMED.iter().any(|begin| key.starts_with(begin.as_bytes())) {
        hints |= Hints::LLM;
    }
    let ends = matches!(
        key,
        [.., b'e', b'l' | b's']
            | [.., b'm', b'e']
            | [.., b'i', b'd' | b'n']
            | [.., b'p', b't']
            | [.., b'o', b'n']
            | [.., b'x', b't']
            | [.., b'n', b's']
            | [.., b'u', b't']
            | [.., b'r', b'e']
            | [.., b'_', b'p']
    );
    if ends && let Some((_, found, _)) = word(key) {
        hints |= *found;
    }
    hints
}

/// What the value of a key that hints at a model says besides.
pub fn of_value(key: Hints, value: &Value<'_>) -> Hints {
    match value {
        Value::Str(name) if key.has(Hints::MODEL) && provider::is_model(name) => Hints::KNOWN_MODEL,
        _ => Hints::default(),
    }
}

/// The fact that `key` holds on a span that was found to be an LLM call.
pub fn source(key: &str) -> Option<(Field, Read)> {
    let hinted = word(key.as_bytes()).map(|(_, _, source)| source).filter(|source| **source != NOTHING);
    let (field, _, read) =
        hinted.or_else(|| ALSO.iter().find(|(_, word, _)| ends_with_word(key.as_bytes(), word)))?;
    Some((*field, *read))
}

fn word(key: &[u8]) -> Option<&'static (&'static str, Hints, Source)> {
    let tail = tail(key);
    let mut words = ENDS.iter().zip(WORDS).filter(|((end, mask), _)| tail & mask == *end);
    words.find(|(_, (word, _, _))| ends_with_word(key, word)).map(|(_, word)| word)
}

/// The last eight bytes of each word and which of them count, so that most words cost one comparison.
const ENDS: [(u64, u64); WORDS.len()] = {
    let mut ends = [(0, 0); WORDS.len()];
    let mut n = 0;
    while n < WORDS.len() {
        let word = WORDS[n].0.as_bytes();
        ends[n] = (tail(word), if word.len() < 8 { (1 << (8 * word.len())) - 1 } else { u64::MAX });
        n += 1;
    }
    ends
};

/// The last eight bytes, the very last lowest; what is missing is zero.
#[inline]
const fn tail(text: &[u8]) -> u64 {
    if let Some(last) = text.last_chunk::<8>() {
        return u64::from_be_bytes(*last);
    }
    let (mut tail, mut n) = (0, 0);
    while n < text.len() {
        tail = tail << 8 | text[n] as u64;
        n += 1;
    }
    tail
}

/// Whether `key` is `word`, or ends in it after a mark: `acme.llm.prompt`, `chat/model`.
#[inline]
fn ends_with_word(key: &[u8], word: &str) -> bool {
    match key.strip_suffix(word.as_bytes()) {
        Some([before @ .., b'_']) => before.starts_with(b"llm"),
        Some([.., last]) => matches!(last, b'.' | b'/' | b':' | b'-'),
        Some([]) => true,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(keys: &[&str], expected: bool) {
        let mut hints = Hints::default();
        keys.iter().for_each(|key| hints |= of_key(key.as_bytes()));
        assert_eq!(hints.suffice(), expected, "{keys:?}");
    }

    #[test]
    fn homemade_keys_that_agree_are_an_llm_call() {
        check(&["llm.model"], true);
        check(&["llm.prompt", "http.method"], true);
        check(&["model", "prompt"], true);
        check(&["acme.chat.model", "acme.chat.prompt_tokens"], true);
        check(&["inputTokens", "completion"], true);
    }

    #[test]
    fn every_word_and_every_name_is_found_by_its_ends() {
        for (word, hints, _) in WORDS {
            assert_eq!(of_key(word.as_bytes()), *hints, "{word}");
        }
        for name in NAMED {
            assert!(of_key(format!("{name}x").as_bytes()).has(Hints::LLM), "{name}");
        }
    }

    #[test]
    fn one_weak_key_is_not() {
        check(&["llm.enabled"], false);
        check(&["model"], false);
        check(&["prompt"], false);
        check(&["device.model.name", "temperature"], false);
        check(&["model", "temperature"], false);
        check(&["http.request.method", "db.statement", "messaging.destination.name"], false);
    }

    #[test]
    fn a_known_models_name_is_a_second_witness() {
        let mut hints = of_key(b"model");
        hints |= of_value(hints, &Value::Str("gpt-4o"));
        hints |= of_key(b"temperature");
        assert!(hints.suffice());
    }

    #[test]
    fn a_homemade_call_is_read() {
        crate::recognize::story::check(
            r#"
ask | acme.assistant
acme.llm.model = gpt-4o
acme.llm.prompt = hi
acme.llm.response = hello
acme.llm.prompt_tokens = 5
GET | acme.web
http.route = /model
model = XJ-200
"#,
            expect_test::expect![[r#"
                ask: chat counted gpt-4o by openai 5+- ["unknown"]
                  <0 User: hi
                  >0 Assistant: hello
                GET: carrier
            "#]],
        );
    }
}
