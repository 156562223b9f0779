//! What is not scanned: the few attributes that cannot hold content, and keys that are plain names.
//!
//! Short on purpose, and a row counts only while the value has the shape it must have: anything else at
//! such a key is scanned like any other text.

use crate::otlp::{Leaf, Place};

/// What a value must look like to be left alone.
#[derive(Clone, Copy)]
enum Shape {
    /// A word of an enumeration: lower-case letters, digits, `_`, `-`, `.`, at most 40 bytes.
    Word,
    /// A model's or provider's name; see [`is_name`].
    Name,
    /// An id that a provider made: letters, digits, `_`, `-` with a letter in front, at most 80 bytes.
    Id,
}

/// Keys of span and log attributes, each with why no content stands there.
const ROWS: &[(&str, Shape)] = &[
    // Enumerations of the conventions: written by libraries, from closed sets.
    ("gen_ai.operation.name", Shape::Word),
    ("gen_ai.output.type", Shape::Word),
    ("gen_ai.tool.type", Shape::Word),
    ("gen_ai.response.finish_reasons", Shape::Word),
    ("llm.request.type", Shape::Word),
    ("traceloop.span.kind", Shape::Word),
    ("openinference.span.kind", Shape::Name),
    // Names of models and providers.
    ("gen_ai.system", Shape::Name),
    ("gen_ai.provider.name", Shape::Name),
    ("gen_ai.request.model", Shape::Name),
    ("gen_ai.response.model", Shape::Name),
    ("llm.model_name", Shape::Name),
    ("llm.request.model", Shape::Name),
    ("llm.response.model", Shape::Name),
    ("llm.provider", Shape::Name),
    ("llm.system", Shape::Name),
    // Ids that a provider gave: they look like secrets and account numbers to a detector.
    ("gen_ai.response.id", Shape::Id),
    ("gen_ai.tool.call.id", Shape::Id),
    ("gen_ai.openai.response.system_fingerprint", Shape::Id),
    ("openai.response.system_fingerprint", Shape::Id),
];

/// Whether `leaf` may pass unscanned.
pub(super) fn passes(leaf: &Leaf<'_>) -> bool {
    why(leaf).is_some()
}

/// Why `leaf` may pass unscanned; `None` where it may not.
pub(super) fn why(leaf: &Leaf<'_>) -> Option<&'static str> {
    match leaf.place {
        Place::Key => is_plain_key(leaf.text).then_some(PLAIN_KEY),
        Place::Attribute if leaf.key == leaf.inner => {
            let row = ROWS.iter().find(|(key, shape)| *key == leaf.key && shape.fits(leaf.text));
            row.map(|(_, shape)| shape.why())
        }
        _ => None,
    }
}

/// Why a key is not scanned.
pub(super) const PLAIN_KEY: &str = "a key that is a plain name";

impl Shape {
    fn why(self) -> &'static str {
        match self {
            Shape::Word => "a word of a closed list",
            Shape::Name => "the name of a model or provider",
            Shape::Id => "an id that the provider made",
        }
    }

    fn fits(self, text: &str) -> bool {
        let mut bytes = text.bytes();
        match self {
            Shape::Word => {
                text.len() <= 40
                    && bytes.all(|b| {
                        b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.')
                    })
                    && text.starts_with(|c: char| c.is_ascii_lowercase())
            }
            Shape::Name => is_name(text),
            Shape::Id => {
                text.len() <= 80
                    && text.starts_with(|c: char| c.is_ascii_alphabetic())
                    && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
                    && !begins_as_a_secret(text)
            }
        }
    }
}

/// How keys of providers begin, should one stand where an id or a name belongs.
const SECRETS: &[&str] = &["sk-", "sk_", "ghp_", "gho_", "github_", "xox", "AKIA", "ASIA", "AIza", "rk_"];

fn begins_as_a_secret(text: &str) -> bool {
    SECRETS.iter().any(|start| text.starts_with(start))
}

/// Whether `text` looks like the name of a model, a provider, an operation: a letter, then letters, digits and
/// `. _ - : /`, at most 96 bytes, and no run of more than eight digits (a date).
pub(super) fn is_name(text: &str) -> bool {
    let mut digits = 0;
    let plain = |byte: u8| {
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        digits <= 8 && (byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b':' | b'/'))
    };
    text.len() <= 96
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(plain)
        && !begins_as_a_secret(text)
        && !text.contains("//")
}

/// Whether an attribute key is a dotted name of words, `lower_case` or `camelCase`, with a few short indexes,
/// which no detector could find anything in. A token's capitals stand side by side, or are many.
pub(super) fn is_plain_key(key: &str) -> bool {
    let (mut numbers, mut digits, mut humps) = (0, 0, 0);
    let mut before = b'.';
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' if before.is_ascii_lowercase() && humps < 4 => {
                humps += 1;
                digits = 0;
            }
            b'0'..=b'9' => {
                numbers += u32::from(digits == 0);
                digits += 1;
            }
            b'a'..=b'z' | b'_' | b'.' | b':' => digits = 0,
            _ => return false,
        }
        if digits > 3 || numbers > 3 {
            return false;
        }
        before = byte;
    }
    key.len() <= 128
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(place: Place, key: &str, text: &str, passes_unscanned: bool) {
        let leaf = Leaf { place, key, inner: key, index: 0, text, start: 0, inside: 0..text.len() };
        assert_eq!(passes(&leaf), passes_unscanned, "{key}: {text}");
    }

    #[test]
    fn names_and_ids_of_the_list_pass() {
        check(Place::Attribute, "gen_ai.request.model", "gpt-4o-2024-08-06", true);
        check(Place::Attribute, "gen_ai.request.model", "us.anthropic.claude-3-5-sonnet-20241022-v2:0", true);
        check(Place::Attribute, "gen_ai.response.id", "chatcmpl-d4403c8307f1b96d9b16", true);
        check(Place::Attribute, "gen_ai.operation.name", "chat", true);
    }

    #[test]
    fn content_at_such_a_key_is_scanned() {
        check(Place::Attribute, "gen_ai.request.model", "jane@example.com", false);
        check(Place::Attribute, "gen_ai.request.model", "call +1 303 555 0160", false);
        check(Place::Attribute, "gen_ai.request.model", "x-4111111111111111", false);
        check(Place::Attribute, "gen_ai.operation.name", "Write to Jane", false);
        check(Place::Attribute, "gen_ai.response.id", "4111111111111111", false);
        check(Place::Attribute, "gen_ai.response.id", "ghp_j0QT1Urw9PfO2M9fkvSdHXOrhKCSgQnxlqaX", false);
        check(Place::EventAttribute, "gen_ai.request.model", "gpt-4o", false);
        check(Place::Attribute, "gen_ai.prompt", "chat", false);
    }

    #[test]
    fn keys_that_are_plain_names_pass() {
        check(Place::Key, "", "gen_ai.prompt.12.tool_calls.0.arguments", true);
        check(Place::Key, "", "genkit:input", true);
        check(Place::Key, "", "ai.response.msToFirstChunk", true);
        check(Place::Key, "", "note.AKIAIOSFODNNSEXAMPLE", false);
        check(Place::Key, "", "kJhGfDsAqWeRtYuIoP", false);
        check(Place::Key, "", "Jane", false);
        check(Place::Key, "", "a.10.71.94.71", false);
        check(Place::Key, "", "jane@example.com", false);
        check(Place::Key, "", "customer.4111111111111111", false);
    }
}
