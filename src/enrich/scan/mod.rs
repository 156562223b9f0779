//! Finds personal data, secrets and injection attempts in one text: text in, findings out.
//!
//! The face stays when the engine behind it changes: one pass, byte ranges on character borders, no
//! allocation on clean text.

use crate::llm::Role;

/// The detectors of the configuration, compiled once.
pub struct Scanner {}

/// One piece of personal data or one secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The detector's type name, such as `EMAIL_ADDRESS`.
    pub kind: &'static str,
    /// Byte range in the scanned text, end exclusive, on character borders.
    pub start: usize,
    pub end: usize,
    /// 0 to 1.
    pub score: f32,
}

/// What speaks for a prompt injection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Injection {
    /// 0 to 1; an attempt from the configured threshold on.
    pub score: f64,
    /// Names of the rules that fired, sorted, each once.
    pub rules: Vec<&'static str>,
}

impl Scanner {
    /// Adds what is found in `text` to `findings`, ascending and without overlaps. `key` is the
    /// attribute or JSON key that holds the text: context, and never itself scanned.
    pub fn scan(&self, text: &str, key: &str, findings: &mut Vec<Finding>) {
        let _ = (text, key, findings);
        todo!()
    }

    /// How much `text`, said by `role` (`None` where nobody knows), looks like an injection.
    pub fn injection(&self, text: &str, role: Option<Role>) -> Injection {
        let _ = (text, role);
        todo!()
    }
}
