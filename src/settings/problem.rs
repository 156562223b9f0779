//! One thing wrong with a configuration, and where.

use super::Origin;
use std::fmt;

/// Sorts by position; prints as `sidelight.yaml:12: queue.max_age: expected a duration like 5s`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    pub origin: Origin,
    /// The full dotted key; empty where the problem is with the whole file.
    pub key: String,
    /// What is wrong, in lower case and without a full stop. Never holds a secret.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.origin)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.text)
    }
}
