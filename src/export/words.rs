//! What peers say, made fit to be shown: their words may quote what we sent them.

use crate::enrich::redact::{self, InjectionConfig, Leaf, Redactor, Tally};
use std::error::Error;

/// How much of a peer's words is shown, in characters.
const SHOWN: usize = 200;

/// How much of them is looked at, in bytes.
const READ: usize = 4096;

/// The one way by which a peer's words reach a log, a dead letter or a page. It masks whatever the
/// user has chosen to do with findings in spans. Cloning shares it.
#[derive(Clone)]
pub struct Words {
    redactor: Redactor,
}

impl Words {
    pub fn new() -> Words {
        let injection = InjectionConfig { enabled: false, ..InjectionConfig::default() };
        Words { redactor: Redactor::build(&redact::Config::default(), &injection) }
    }

    /// `text` with what the detectors find masked, on one line, cut to 200 characters.
    pub fn scrub(&self, text: &str) -> String {
        let text = whole_words(text);
        let leaf = Leaf { text, ..Leaf::default() };
        let safe = self.redactor.leaf(leaf, &mut Tally::default());
        let safe = safe.as_deref().unwrap_or(text).trim();
        safe.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect()
    }

    /// As [`Words::scrub`] for an error and its sources, joined by colons.
    pub fn of(&self, error: &(dyn Error + 'static)) -> String {
        let mut text = error.to_string();
        let mut next = error.source();
        while let Some(source) = next {
            let said = source.to_string();
            if !text.ends_with(&said) {
                text = format!("{text}: {said}");
            }
            next = source.source();
        }
        self.scrub(&text)
    }
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
