//! What peers say, made fit to be shown: their words may quote what we sent them.

use std::error::Error;
use std::sync::Arc;

/// Takes out of a text what detectors find in it.
pub type Redact = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// How much of a peer's words is shown, in characters.
const SHOWN: usize = 200;

/// How much of them is looked at, in bytes.
const READ: usize = 4096;

/// The one way by which a peer's words reach a log, a dead letter or a page. Cloning shares it.
#[derive(Clone)]
pub struct Words {
    redact: Redact,
}

impl Words {
    pub fn new(redact: Redact) -> Words {
        Words { redact }
    }

    /// `text` without what the detectors find, on one line, cut to 200 characters.
    pub fn scrub(&self, text: &str) -> String {
        let line: String = whole_words(text)
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        (self.redact)(line.trim()).chars().take(SHOWN).collect()
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
        let words = Words::new(Arc::new(|text: &str| {
            text.replace("jane@example.com", "[EMAIL_ADDRESS]")
        }));
        assert_eq!(words.scrub(said), shown);
    }

    #[test]
    fn a_quoted_prompt_is_redacted_and_lines_become_one() {
        check(
            " bad span:\n\"mail jane@example.com\" ",
            "bad span: \"mail [EMAIL_ADDRESS]\"",
        );
    }

    #[test]
    fn long_words_are_cut_at_characters() {
        check(&"é".repeat(300), &"é".repeat(200));
    }

    #[test]
    fn half_a_secret_at_the_end_of_what_is_read_is_not_shown() {
        let said = format!("{} jane@example.com", "x ".repeat(2040));
        let words = Words::new(Arc::new(|text: &str| {
            assert!(!text.contains("jane"), "half a secret reached the scanner");
            text.to_string()
        }));
        words.scrub(&said);
    }

    #[test]
    fn an_error_tells_its_sources() {
        let cause = std::io::Error::other("connection reset");
        let words = Words::new(Arc::new(str::to_string));
        let error = super::super::answer::PeerSaid {
            status: "HTTP 503".into(),
            words: "busy".into(),
        };
        assert_eq!(words.of(&error), "HTTP 503: busy");
        assert_eq!(words.of(&cause), "connection reset");
    }
}
