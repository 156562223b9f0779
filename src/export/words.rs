//! What peers say, made fit to be shown: their words may quote what we sent them.

use super::quoted;
use crate::enrich::redact::{Config, InjectionConfig, Leaf, Redactor, Tally};
use crate::otlp::Batch;
use crate::settings::Secret;
use std::borrow::Cow;
use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};

/// How much of a peer's words is shown, in characters.
const SHOWN: usize = 200;

/// How much of them is looked at, in bytes.
const READ: usize = 4096;

/// The one way by which a peer's words reach a log, a dead letter or a page. It masks whatever the
/// user has chosen to do with findings in spans. Cloning shares what is looked for.
#[derive(Clone)]
pub struct Words {
    redactor: Arc<RwLock<Redactor>>,
    /// What is never shown: the words of the secrets that a peer is sent.
    hidden: Arc<[String]>,
}

/// Shorter words, such as `Bearer`'s neighbours or a tenant's number, are no secrets.
const SHORTEST_SECRET: usize = 8;

impl Words {
    pub fn new() -> Words {
        let redactor = Redactor::build(&Config::default(), &InjectionConfig::default()).strict();
        Words { redactor: Arc::new(RwLock::new(redactor)), hidden: Arc::default() }
    }

    /// Masks by `redactor` from now on, as all clones do: the settings have types and patterns of their own.
    pub fn follow(&self, redactor: Redactor) {
        *self.redactor.write().unwrap_or_else(PoisonError::into_inner) = redactor;
    }

    /// The same, with `secrets` masked wherever a peer quotes them.
    pub fn hiding(self, secrets: &[Secret]) -> Words {
        let words = secrets.iter().flat_map(|secret| secret.0.split_whitespace());
        let hidden = words.filter(|word| word.len() >= SHORTEST_SECRET).map(str::to_string).collect();
        Words { hidden, ..self }
    }

    /// `text` with what the detectors find masked, on one line, cut to 200 characters.
    pub fn scrub(&self, text: &str) -> String {
        let text = whole_words(text);
        let hidden = self.hidden.iter().fold(Cow::Borrowed(text), |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), "****").into() } else { text }
        });
        let text = hidden.as_ref();
        let leaf = Leaf { text, ..Leaf::default() };
        let redactor = self.redactor.read().unwrap_or_else(PoisonError::into_inner).clone();
        let safe = redactor.leaf(leaf, &mut Tally::default());
        let safe = safe.as_deref().unwrap_or(text).trim();
        safe.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect()
    }

    /// As [`Words::scrub`] for an error and its sources, joined by colons.
    pub fn of(&self, error: &(dyn Error + 'static)) -> String {
        self.scrub(&chain(error))
    }
}

/// What `error` and its sources say, as far as it is read, without what it quotes of `batch`. Not yet scrubbed.
pub(super) fn unquoted(error: &(dyn Error + 'static), batch: &Batch) -> String {
    quoted::mask(whole_words(&chain(error)), batch)
}

/// An error and its sources, joined by colons.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let said = source.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        next = source.source();
    }
    text
}

impl Default for Words {
    fn default() -> Words {
        Words::new()
    }
}

/// As much of `text` as is read, without a last word that would be cut: half a secret is not found.
fn whole_words(text: &str) -> &str {
    if text.len() <= READ {
        return text;
    }
    let start = &text[..text.floor_char_boundary(READ)];
    start.rfind(char::is_whitespace).map_or("", |end| &start[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(said: &str, shown: &str) {
        assert_eq!(Words::new().scrub(said), shown);
    }

    #[test]
    fn a_quoted_prompt_is_redacted_and_lines_become_one() {
        check(" bad span:\n\"mail jane@example.com\" ", "bad span: \"mail [EMAIL_ADDRESS]\"");
    }

    #[test]
    fn what_users_look_for_is_masked_too_and_what_they_allow_is_not_shown() {
        let types = ["UUID", "EMAIL_ADDRESS"].map(String::from).to_vec();
        let config = Config { types, allow: vec!["jane@example.com".into()], ..Config::default() };
        let words = Words::new();
        let clone = words.clone();
        words.follow(Redactor::build(&config, &InjectionConfig::default()).strict());
        let said = "span a7b73f63-c0bb-48bd-8664-dc77c10a4597 of jane@example.com, ssn 222-48-5171";
        assert_eq!(clone.scrub(said), "span [UUID] of [EMAIL_ADDRESS], ssn [US_SSN]");
    }

    #[test]
    fn a_secret_of_ours_that_is_quoted_is_masked() {
        let words = Words::new().hiding(&[Secret("Bearer made-up-token-1".to_string())]);
        assert_eq!(words.scrub("bad token Bearer made-up-token-1 here"), "bad token Bearer **** here");
    }

    #[test]
    fn long_words_are_cut_at_characters() {
        check(&"é".repeat(300), &"é".repeat(200));
    }

    #[test]
    fn a_secret_at_the_end_of_what_is_read_is_not_shown_in_part() {
        // A masked run in front moves what stands behind it into view.
        let said = format!("{}jane@example.com", "x@example.com ".repeat(292));
        assert!(said.len() > READ && !whole_words(&said).contains("jane"));
        assert!(!Words::new().scrub(&said).contains('@'));
    }

    #[test]
    fn an_error_tells_its_sources() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot deliver")]
        struct Outer(#[source] std::io::Error);
        let error = Outer(std::io::Error::other("connection reset"));
        assert_eq!(Words::new().of(&error), "cannot deliver: connection reset");
    }
}
