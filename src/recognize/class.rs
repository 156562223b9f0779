//! What sort of step a span is, by the rules of its dialects.

use super::dialect::{Class, OTHER, Rule, call, matches, semconv, step};
use super::index::Dialects;
use super::shape;
use super::unknown::{self, Hints};
use crate::llm::Kind;
use crate::otlp::{Attribute, Value};

/// A span or log record as the rules see it.
pub struct Seen<'a, 's> {
    /// Of the span or of the log event.
    pub name: &'a str,
    pub scope: &'a str,
    pub attributes: &'s [Attribute<'a>],
    /// Of its events, where they tell as its own do.
    pub in_events: &'s [Attribute<'a>],
}

impl<'a> Seen<'a, '_> {
    /// The last string attribute `key`, JSON quotes taken off.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        let found = self.attributes.iter().rev().find(|attribute| attribute.key == key)?;
        match found.value() {
            Value::Str(text) => {
                Some(text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text))
            }
            _ => None,
        }
    }

    fn has(&self, pattern: &'static str) -> bool {
        self.attributes.iter().any(|attribute| matches(pattern, attribute.key))
    }

    /// What the rules of `dialects` say, the first that answers.
    pub fn class(&self, dialects: Dialects) -> Class {
        if dialects == Dialects::LIBRARY_LOG {
            return OTHER;
        }
        dialects
            .table()
            .flat_map(|dialect| dialect.rules)
            .find_map(|rule| self.rule(rule))
            .unwrap_or_else(|| self.guess())
    }

    fn rule(&self, rule: &Rule) -> Option<Class> {
        match *rule {
            Rule::Key(key, values) => {
                let value = self.text(key)?;
                values.iter().find(|(pattern, _)| matches_any_case(pattern, value)).map(|(_, class)| *class)
            }
            Rule::Has(pattern, class) => self.has(pattern).then_some(class),
            Rule::Name(pattern, class) => matches(pattern, self.name).then_some(class),
            Rule::Scope(pattern, class) => matches(pattern, self.scope).then_some(class),
            Rule::Within(scope, name, class) => {
                (matches(scope, self.scope) && matches(name, self.name)).then_some(class)
            }
            Rule::Lacks(key, has, name, class) => {
                let lacks = matches(name, self.name) && self.has(has) && !self.has(key);
                lacks.then_some(class)
            }
            Rule::Both(key, value, name, class) => {
                let both =
                    matches(name, self.name) && self.text(key).is_some_and(|text| matches(value, text));
                both.then_some(class)
            }
        }
    }

    /// No rule answered. A name as the conventions build it (`chat gpt-4o`) tells; else what the attributes
    /// say or hint at makes a call, and the name may tell which.
    fn guess(&self) -> Class {
        let mut names = semconv::DIALECT.rules.iter().filter(|rule| matches!(rule, Rule::Name(..)));
        if let Some(class) = names.find_map(|rule| self.rule(rule)) {
            return class;
        }
        if let Some(class) = self.attributes.iter().find_map(unknown::step) {
            return class;
        }
        let mut hints = Hints::default();
        for attribute in self.attributes.iter().chain(self.in_events) {
            hints |= unknown::of(attribute.key.as_bytes(), || attribute.value());
            hints |= unknown::of_shape(shape::of_attribute(attribute));
        }
        if !hints.is_call() {
            return OTHER;
        }
        // The library's name holds a word that is no step's.
        let name = self.name.to_ascii_lowercase().replace("langchain", "");
        GUESSES.iter().find(|(word, _)| name.contains(word)).map_or(call(Kind::Chat), |(_, class)| *class)
    }
}

const GUESSES: &[(&str, Class)] = &[
    ("agent", step(Kind::Agent)),
    ("tool", step(Kind::Tool)),
    ("workflow", step(Kind::Workflow)),
    ("chain", step(Kind::Workflow)),
    ("embed", call(Kind::Embeddings)),
    ("rerank", call(Kind::Rerank)),
];

fn matches_any_case(pattern: &'static str, value: &str) -> bool {
    matches(pattern, value) || (!pattern.contains('*') && pattern.eq_ignore_ascii_case(value))
}
