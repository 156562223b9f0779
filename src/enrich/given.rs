//! Values of the attributes that we write, and how one that is already there comes to be trusted.

use super::allow::is_name;
use super::cost::Day;
use super::count::Rule;
use super::scan;
use crate::llm::{Kind, Node, names};
use crate::otlp::{self, encode};
use crate::recognize::dialect::{TABLE, UNKNOWN};

/// The value of an attribute of ours.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Given {
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(String),
    Texts(Vec<String>),
    Ints(Vec<i64>),
    /// A structured value.
    Tree(Node<'static>),
}

impl Given {
    /// The value if it is of a type that we write.
    pub(super) fn read(value: &otlp::Value<'_>) -> Option<Given> {
        Some(match value {
            otlp::Value::Bool(value) => Given::Bool(*value),
            otlp::Value::Int(value) => Given::Int(*value),
            otlp::Value::Double(value) => Given::Double(*value),
            otlp::Value::Str(text) => Given::Text((*text).to_owned()),
            otlp::Value::Array(_) => return Given::read_array(value),
            otlp::Value::Empty | otlp::Value::KvList(_) | otlp::Value::Bytes(_) => return None,
        })
    }

    fn read_array(array: &otlp::Value<'_>) -> Option<Given> {
        let texts: Option<Vec<String>> = array.items().map(|item| item.as_str().map(str::to_owned)).collect();
        let ints = || array.items().map(|item| item.as_int()).collect::<Option<Vec<i64>>>();
        texts.map(Given::Texts).or_else(|| ints().map(Given::Ints))
    }

    /// Appends the attribute `key` with this value as field `field`.
    pub(super) fn write(&self, key: &str, field: u32, out: &mut Vec<u8>) {
        let texts: Vec<&str>;
        let value = match self {
            Given::Bool(value) => encode::Value::Bool(*value),
            Given::Int(value) => encode::Value::Int(*value),
            Given::Double(value) => encode::Value::Double(*value),
            Given::Text(text) => encode::Value::Str(text),
            Given::Texts(all) => {
                texts = all.iter().map(String::as_str).collect();
                encode::Value::Strs(&texts)
            }
            Given::Ints(all) => encode::Value::Ints(all),
            Given::Tree(node) => tree(node),
        };
        encode::attribute(out, field, key, &value);
    }

    /// Whether this is a value that we would write at `key`: of the exact type, and of the closed set where
    /// there is one. Whatever else stands there was not written by us, and may hold anything.
    pub(super) fn is_ours(&self, key: &str) -> bool {
        match (key, self) {
            (
                names::USAGE_COUNTED
                | names::PII_DETECTED
                | names::INJECTION_ATTEMPT
                | names::SAMPLED
                | names::ALIAS_PII
                | names::ALIAS_INJECTION
                | names::ALIAS_SAMPLED,
                Given::Bool(_),
            ) => true,
            (names::TOKENS_INPUT | names::TOKENS_OUTPUT, Given::Int(tokens)) => *tokens >= 0,
            (names::INJECTION_SCORE, Given::Double(score)) => (0.0..=1.0).contains(score),
            (names::COST_USD | names::COST_INPUT_USD | names::COST_OUTPUT_USD, Given::Double(usd)) => {
                usd.is_finite() && *usd >= 0.0
            }
            (names::PII_COUNTS, Given::Ints(counts)) => counts.iter().all(|count| *count >= 0),
            (names::PII_TYPES, Given::Texts(types)) => {
                types.iter().all(|name| scan::type_named(name).is_some())
            }
            (names::DIALECTS, Given::Texts(dialects)) => dialects.iter().all(|name| is_dialect(name)),
            (names::INJECTION_RULES, Given::Texts(rules)) => {
                rules.iter().all(|rule| scan::injection::is_rule(rule))
            }
            (_, Given::Text(text)) => is_our_text(key, text),
            _ => false,
        }
    }
}

fn tree<'n>(node: &'n Node<'_>) -> encode::Value<'n> {
    match node {
        Node::Null => encode::Value::Empty,
        Node::Bool(value) => encode::Value::Bool(*value),
        Node::Int(value) => encode::Value::Int(*value),
        Node::Double(value) => encode::Value::Double(*value),
        Node::Text(text, _) => encode::Value::Str(text),
        Node::List(items) => encode::Value::List(items.iter().map(tree).collect()),
        Node::Map(entries) => {
            encode::Value::Map(entries.iter().map(|(key, value)| (key.as_ref(), tree(value))).collect())
        }
    }
}

const KINDS: [Kind; 9] = [
    Kind::Chat,
    Kind::Completion,
    Kind::Embeddings,
    Kind::Rerank,
    Kind::Agent,
    Kind::Workflow,
    Kind::Task,
    Kind::Tool,
    Kind::Retrieval,
];

fn is_our_text(key: &str, text: &str) -> bool {
    match key {
        names::KIND => KINDS.iter().any(|kind| kind.name() == text),
        names::PII_ACTION => matches!(text, "mask" | "hash" | "remove" | "flag"),
        names::TOKENS_METHOD => match text.split_once(':') {
            Some(("tokenizer", name)) => is_name(name),
            Some(("estimate", name)) => Rule::all().any(|rule| rule.name == name),
            _ => text == "reported",
        },
        names::PRICE_VERSION => matches!(text, "reported" | "imported") || Day::parse(text).is_some(),
        names::PROMPT_SHA256 => {
            text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        }
        names::EMBEDDING_MODEL => is_name(text),
        _ => false,
    }
}

fn is_dialect(name: &str) -> bool {
    TABLE.iter().map(|dialect| dialect.name).chain([UNKNOWN]).any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &str, value: Given, ours: bool) {
        assert_eq!(value.is_ours(key), ours, "{key} {value:?}");
    }

    fn text(text: &str) -> Given {
        Given::Text(text.into())
    }

    #[test]
    fn what_we_write_is_ours() {
        check(names::KIND, text("chat"), true);
        check(names::PII_DETECTED, Given::Bool(true), true);
        check(names::PII_TYPES, Given::Texts(vec!["EMAIL_ADDRESS".into()]), true);
        check(names::TOKENS_METHOD, text("tokenizer:o200k_base"), true);
        check(names::TOKENS_METHOD, text("estimate:claude"), true);
        check(names::PRICE_VERSION, text("2026-11-21"), true);
        check(names::PROMPT_SHA256, text(&"0a".repeat(32)), true);
        check(names::DIALECTS, Given::Texts(vec!["otel-semconv".into()]), true);
    }

    #[test]
    fn what_others_write_at_our_names_is_not() {
        check(names::KIND, text("jane@example.com"), false);
        check(names::KIND, Given::Bool(true), false);
        check(names::PII_DETECTED, text("false"), false);
        check(names::PII_TYPES, Given::Texts(vec!["jane".into()]), false);
        check(names::TOKENS_METHOD, text("estimate:jane@example.com"), false);
        check(names::TOKENS_INPUT, Given::Int(-1), false);
        check(names::PRICE_VERSION, text("4111111111111111"), false);
        check(names::INJECTION_SCORE, Given::Double(f64::NAN), false);
        check(names::DIALECTS, Given::Texts(vec!["Jane Doe".into()]), false);
        check("sidelight.unknown", text("chat"), false);
    }
}
