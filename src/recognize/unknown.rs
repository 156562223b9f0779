//! What looks like an LLM call and fits no dialect: homemade spans with `llm.*` or bare keys.
//!
//! One weak key proves nothing (a car has a `model`, a shell a `prompt`), so it takes two that agree.
//! Source: spec/lessons.md 25: bare `llm.*` spans must not slip through, and a broad prefix alone takes
//! in spans that have nothing to do with LLMs.

use super::dialect::{Field, Pattern, Read, Source};
use crate::llm::{Role, provider};
use crate::otlp::Value;

/// What a key hints at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints(u8);

impl Hints {
    /// It names an LLM or one of the large providers.
    pub const LLM: Hints = Hints(1);
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

/// How keys begin that name an LLM.
pub const NAMED: &[Pattern] = &[
    "llm.*",
    "llm_*",
    "genai.*",
    "gen_ai_*",
    "openai.*",
    "anthropic.*",
    "gpt.*",
    "chatgpt.*",
    "claude.*",
    "gemini.*",
    "ollama.*",
    "cohere.*",
    "mistral.*",
    "bedrock.*",
];

/// What the end of `key` hints at. Most keys do not end like one that hints, and are done with after two
/// bytes.
#[inline]
pub fn of_end(key: &[u8]) -> Hints {
    let [.., before, last] = *key else { return Hints::default() };
    match ENDINGS[pair(before, last)] {
        0 => Hints::default(),
        words => word(key, words).map_or(Hints::default(), |(_, hints, _)| *hints),
    }
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
    let hinted = word(key.as_bytes(), ANY).map(|(_, _, source)| source).filter(|source| **source != NOTHING);
    let (field, _, read) =
        hinted.or_else(|| ALSO.iter().find(|(_, word, _)| ends_with_word(key.as_bytes(), word)))?;
    Some((*field, *read))
}

/// A set of [`WORDS`], one bit each.
type Words = u32;
const ANY: Words = Words::MAX >> (Words::BITS as usize - WORDS.len());

/// The one of `words` that `key` ends in.
fn word(key: &[u8], mut words: Words) -> Option<&'static (&'static str, Hints, Source)> {
    let tail = tail(key);
    while words != 0 {
        let n = words.trailing_zeros() as usize;
        let (end, mask) = ENDS[n];
        if tail & mask == end && ends_with_word(key, WORDS[n].0) {
            return Some(&WORDS[n]);
        }
        words &= words - 1;
    }
    None
}

/// A number below [`PAIRS`] for two bytes, which tells letters apart.
#[inline]
const fn pair(first: u8, second: u8) -> usize {
    (first as usize & 31) << 5 | second as usize & 31
}

const PAIRS: usize = 1 << 10;

/// Which words end in that pair of bytes.
static ENDINGS: [Words; PAIRS] = {
    let mut endings = [0; PAIRS];
    let mut n = 0;
    while n < WORDS.len() {
        let word = WORDS[n].0.as_bytes();
        endings[pair(word[word.len() - 2], word[word.len() - 1])] |= 1 << n;
        n += 1;
    }
    endings
};

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
    use super::super::index::INDEX;
    use super::*;

    fn of_key(key: &str) -> Hints {
        let mut hints = INDEX.of_key(key.as_bytes()).hints;
        hints |= of_end(key.as_bytes());
        hints
    }

    fn check(keys: &[&str], expected: bool) {
        let mut hints = Hints::default();
        keys.iter().for_each(|key| hints |= of_key(key));
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
            assert_eq!(of_key(word), *hints, "{word}");
        }
        for name in NAMED {
            assert!(of_key(&name.replace('*', "x")).has(Hints::LLM), "{name}");
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
        let mut hints = of_key("model");
        hints |= of_value(hints, &Value::Str("gpt-4o"));
        hints |= of_key("temperature");
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
