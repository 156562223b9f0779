//! What looks like an LLM call and fits no dialect: homemade spans with `llm.*` or bare keys.
//!
//! One weak key proves nothing (a car has a `model`, a shell a `prompt`), so it takes two that agree.
//! Source: spec/lessons.md 25: bare `llm.*` spans must not slip through, and a broad prefix alone takes
//! in spans that have nothing to do with LLMs.

mod words;

pub use words::{NAMED, PAIRS, SHARED, pair};

use super::dialect::{Class, Field, Read};
use super::shape::Shape;
use crate::llm::{Node, provider};
use crate::otlp::{Attribute, Value};
use memchr::memmem;
use words::{ALSO, NOTHING, STEPS, word};

/// What an attribute hints at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints(u32);

impl Hints {
    /// Its key names an LLM or one of the large providers.
    pub const LLM: Hints = Hints(1);
    /// Its key begins with a name that providers share with others: a bank's `gemini.*`, a disk's `gpt.*`.
    pub const SHARED: Hints = Hints(2);
    const MODEL: Hints = Hints(1 << 2);
    /// The value of a model key is the name of a language model.
    const KNOWN_MODEL: Hints = Hints(1 << 3);
    const ASKED: Hints = Hints(1 << 4);
    const ANSWERED: Hints = Hints(1 << 5);
    const TOKENS_IN: Hints = Hints(1 << 6);
    const TOKENS_OUT: Hints = Hints(1 << 7);
    const TOKENS: Hints = Hints(1 << 8);
    const PARAMETER: Hints = Hints(1 << 9);
    /// A provider of models and of nothing else is named.
    const PROVIDER: Hints = Hints(1 << 10);
    /// A value has the shape of a request or a reply.
    const EXCHANGE: Hints = Hints(1 << 11);
    /// A value has the shape of a conversation.
    const CONVERSATION: Hints = Hints(1 << 12);
    const VALUE_IN: Hints = Hints(1 << 13);
    const VALUE_OUT: Hints = Hints(1 << 14);
    /// A text under a word that is anybody's: it tells only beside the name of a model that is nothing else's.
    const SAID: Hints = Hints(1 << 15);
    /// The known model's name is written as only such names are.
    const SURE_MODEL: Hints = Hints(1 << 16);
    /// Its key tells what kind of span this is, and its value that it is a step of an agent or a chain.
    const STEP: Hints = Hints(1 << 17);

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn has(self, other: Hints) -> bool {
        self.0 & other.0 == other.0
    }

    fn any(self, others: &[Hints]) -> bool {
        others.iter().any(|other| self.has(*other))
    }

    /// How many of model, texts, tokens, parameters and provider are spoken of.
    fn aspects(self) -> usize {
        let aspects: [&[Hints]; 5] = [
            &[Hints::MODEL],
            &[Hints::ASKED, Hints::ANSWERED],
            &[Hints::TOKENS_IN, Hints::TOKENS_OUT, Hints::TOKENS],
            &[Hints::PARAMETER],
            &[Hints::PROVIDER],
        ];
        aspects.into_iter().filter(|aspect| self.any(aspect)).count()
    }

    /// Whether they agree that this is about an LLM.
    pub fn suffice(self) -> bool {
        let aspects = self.aspects();
        let tokens = self.any(&[Hints::TOKENS_IN, Hints::TOKENS_OUT]);
        self.is_structured()
            || (self.has(Hints::LLM) && aspects >= 1)
            || (aspects >= 2 && self.any(&[Hints::SHARED, Hints::KNOWN_MODEL, Hints::PROVIDER]))
            || (aspects >= 2 && tokens)
            || (self.has(Hints::TOKENS_IN) && self.has(Hints::TOKENS_OUT))
            // A car has a model and a shell a prompt; none has an answer, or a temperature, besides.
            || (self.has(Hints::MODEL) && self.has(Hints::ASKED) && self.has(Hints::ANSWERED))
            || (self.has(Hints::MODEL) && aspects >= 3)
            || (self.has(Hints::VALUE_IN) && self.has(Hints::VALUE_OUT))
            || (self.has(Hints::SURE_MODEL) && self.has(Hints::SAID))
            // So the platforms mark agents and tools, which often travel without a call beside them.
            || (self.has(Hints::STEP)
                && (aspects >= 1 || self.any(&[Hints::SAID, Hints::VALUE_IN, Hints::VALUE_OUT])))
    }

    /// Whether a value alone tells, by its shape.
    pub fn is_structured(self) -> bool {
        self.any(&[Hints::EXCHANGE, Hints::CONVERSATION])
    }

    /// Whether what is about an LLM is a request to one, and no step around it.
    pub fn is_call(self) -> bool {
        let told: [&[Hints]; 3] = [
            &[Hints::MODEL],
            &[Hints::ASKED, Hints::ANSWERED, Hints::SAID, Hints::CONVERSATION],
            &[Hints::TOKENS_IN, Hints::TOKENS_OUT, Hints::TOKENS],
        ];
        let told = told.into_iter().filter(|aspect| self.any(aspect)).count();
        told >= 2
            || self.has(Hints::EXCHANGE)
            || (self.has(Hints::TOKENS_IN) && self.has(Hints::TOKENS_OUT))
            || (told >= 1 && self.has(Hints::PROVIDER) && !self.has(Hints::CONVERSATION))
    }
}

impl std::ops::BitOrAssign for Hints {
    fn bitor_assign(&mut self, other: Hints) {
        self.0 |= other.0;
    }
}

/// What the attribute `key` hints at, by its last words and its value.
#[inline]
pub fn of<'a>(key: &[u8], value: impl FnOnce() -> Value<'a>) -> Hints {
    match words::like(key) {
        0 => Hints::default(),
        like => word(key, like).map_or(Hints::default(), |(_, hints, _)| of_value(key, *hints, &value())),
    }
}

/// What is left of `hints` in the light of the value, and what that adds.
#[inline(never)]
fn of_value(key: &[u8], hints: Hints, value: &Value<'_>) -> Hints {
    let fits = match hints {
        Hints::MODEL => matches!(value, Value::Str(name) if !name.is_empty()),
        Hints::ASKED | Hints::ANSWERED | Hints::SAID | Hints::VALUE_IN | Hints::VALUE_OUT => match value {
            Value::Str(text) => !is_number(text),
            Value::Array(_) | Value::KvList(_) => true,
            _ => false,
        },
        Hints::PROVIDER => value.as_str().is_some_and(is_provider),
        Hints::STEP => value.as_str().and_then(kind).is_some(),
        // Counts and parameters.
        _ => Node::value(value).number().is_some(),
    };
    if !fits {
        return Hints::default();
    }
    let mut all = hints;
    if let (Hints::MODEL, Some(name)) = (hints, value.as_str().filter(|name| provider::is_model(name))) {
        all |= Hints::KNOWN_MODEL;
        all |= if is_sure(name) { Hints::SURE_MODEL } else { Hints::default() };
    }
    if names_an_llm(key) {
        all |= Hints::LLM;
    }
    all
}

/// What the shape of a value hints at.
pub fn of_shape(shape: Option<Shape<'_>>) -> Hints {
    match shape {
        None => Hints::default(),
        Some(Shape::Conversation(_) | Shape::Broken) => Hints::CONVERSATION,
        Some(Shape::Request(_) | Shape::Reply(_)) => Hints::EXCHANGE,
    }
}

/// Whether a known model's name is no other thing's: `gpt-4o` and `llama3.2:1b`, but no boat's `Sonar X` or tank's `O1`.
fn is_sure(name: &str) -> bool {
    let spaced = name.contains(char::is_whitespace);
    !spaced && name.contains(|c: char| c.is_ascii_digit()) && name.contains(['-', ':', '/', '.'])
}

/// `3`, `85 %`, or nothing.
fn is_number(text: &str) -> bool {
    let text = text.trim().trim_end_matches('%').trim_end();
    text.is_empty() || text.parse::<f64>().is_ok()
}

/// Whether that name is of one who provides models and nothing else: a login has the provider `google` too.
fn is_provider(name: &str) -> bool {
    const OTHERS: &[&str] =
        &["azure", "aws", "google", "alibaba", "meta", "vertex", "hf", "sagemaker", "ibm"];
    const ALONE: &[&str] =
        &["openai", "anthropic", "cohere", "ollama", "groq", "deepseek", "openrouter", "together"];
    let lower = name.trim().to_ascii_lowercase();
    !OTHERS.contains(&lower.as_str()) && (ALONE.contains(&lower.as_str()) || provider::is_spelling(&lower))
}

/// What sort of step a span is by `attribute`, where that tells the kind of span: `acme.span.kind = tool`.
pub fn step(attribute: &Attribute<'_>) -> Option<Class> {
    let key = attribute.key.as_bytes();
    word(key, words::like(key)).filter(|(_, hints, _)| *hints == Hints::STEP)?;
    attribute.value().as_str().and_then(kind)
}

fn kind(name: &str) -> Option<Class> {
    STEPS.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, class)| *class)
}

/// Whether one of the words in `name` is of LLMs alone.
pub fn names_an_llm(name: &[u8]) -> bool {
    const WORDS: &[&[u8]] =
        &[b"llm", b"genai", b"gen_ai", b"openai", b"anthropic", b"chatgpt", b"ollama", b"langchain"];
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
    WORDS.iter().any(|word| {
        memmem::find_iter(name, word).any(|at| {
            !is_letter(at.checked_sub(1).and_then(|before| name.get(before)))
                && !is_letter(name.get(at + word.len()))
        })
    })
}

/// The fact that `key` holds on a span that was found to be an LLM call.
pub fn source(key: &str) -> Option<(Field, Read)> {
    let hinted = word(key.as_bytes(), words::like(key.as_bytes()))
        .map(|(_, _, source)| source)
        .filter(|source| **source != NOTHING);
    let (field, _, read) =
        hinted.or_else(|| ALSO.iter().find(|(_, word, _)| words::ends_in(key.as_bytes(), word)))?;
    Some((*field, *read))
}

#[cfg(test)]
mod tests {
    use super::super::index::INDEX;
    use super::super::shape;
    use super::words::WORDS;
    use super::*;

    /// What an attribute hints at, given as `key = value`.
    fn of_pair(pair: &str) -> Hints {
        let (key, value) = pair.split_once(" = ").unwrap_or((pair, "a text"));
        let value = match (value.parse(), value.parse()) {
            (Ok(int), _) => Value::Int(int),
            (_, Ok(double)) => Value::Double(double),
            _ => Value::Str(value),
        };
        let mut hints = INDEX.of_key(key.as_bytes()).unwrap_or_default().hints;
        hints |= of(key.as_bytes(), || value.clone());
        hints |= of_shape(shape::of(&value));
        hints
    }

    fn check(pairs: &[&str], expected: bool) {
        let mut hints = Hints::default();
        pairs.iter().for_each(|pair| hints |= of_pair(pair));
        assert_eq!(hints.suffice(), expected, "{pairs:?}");
    }

    #[test]
    fn homemade_keys_that_agree_are_an_llm_call() {
        check(&["llm.model"], true);
        check(&["llm.prompt", "http.method"], true);
        check(&["model", "prompt", "completion"], true);
        check(&["model = gpt-4o", "prompt"], true);
        check(&["model", "prompt", "temperature = 0.2"], true);
        check(&["provider = openai", "prompt"], true);
        check(&["acme.chat.model", "acme.chat.prompt_tokens = 5"], true);
        check(&["acme.llm.prompt"], true);
        check(&["input_tokens = 5", "output_tokens = 3"], true);
        check(&["inputTokens = 5", "completion"], true);
        check(&["usage.tokens.prompt = 5", "usage.tokens.completion = 3"], true);
        check(&["gemini.model = gemini-2.5-flash", "gemini.prompt"], true);
        check(&["input.value", "output.value"], true);
        check(&["acme.span.kind = TOOL", "acme.tool.input"], true);
        check(&["acme.span_type = agent", "acme.output"], true);
        check(&[r#"body = {"model":"x","messages":[{"role":"user","content":"hi"}]}"#], true);
    }

    #[test]
    fn every_word_and_every_name_is_found_by_its_ends() {
        for (word, hints, _) in WORDS {
            let value = match *hints {
                Hints::PROVIDER => "openai",
                Hints::STEP => "TOOL",
                Hints::MODEL
                | Hints::ASKED
                | Hints::ANSWERED
                | Hints::SAID
                | Hints::VALUE_IN
                | Hints::VALUE_OUT => "a text",
                _ => "5",
            };
            assert!(of_pair(&format!("{word} = {value}")).has(*hints), "{word}");
        }
        for name in NAMED {
            assert!(of_pair(&name.replace('*', "x")).has(Hints::LLM), "{name}");
        }
        for name in SHARED {
            assert!(of_pair(&name.replace('*', "x")).has(Hints::SHARED), "{name}");
        }
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
