//! Values that are nobody's: `allow` and `allow_patterns`.

use crate::settings::Section;
use regex_automata::meta::Regex;

/// The values that may stay, built once.
pub struct Allowed {
    /// In lower case, sorted.
    values: Vec<String>,
    /// Matches what one of the patterns matches as a whole.
    patterns: Option<Regex>,
}

/// The most memory that the patterns of the allow-list may take together, compiled.
const PATTERNS_MOST: usize = 4 << 20;

impl Allowed {
    /// Patterns that do not compile allow nothing: reading the settings has refused them.
    pub fn new(values: &[String], patterns: &[String]) -> Allowed {
        let mut values: Vec<String> = values.iter().map(|value| value.to_lowercase()).collect();
        values.sort_unstable();
        Allowed { values, patterns: if patterns.is_empty() { None } else { whole(patterns).ok() } }
    }

    /// Whether `value` is one of them.
    pub fn has(&self, value: &str) -> bool {
        !self.values.is_empty() && self.values.binary_search(&value.to_lowercase()).is_ok()
            || self.patterns.as_ref().is_some_and(|patterns| patterns.is_match(value))
    }
}

/// Adds a problem with `key` for each of `patterns` that cannot be an expression for values that are nobody's.
pub fn refuse_patterns(section: &mut Section<'_>, key: &str, patterns: &[String]) {
    for pattern in patterns {
        if let Err(why) = whole(std::slice::from_ref(pattern)) {
            section.problem(key, format_args!("{pattern}: {why}"));
        }
    }
}

/// One expression that matches what one of `patterns` matches as a whole.
fn whole(patterns: &[String]) -> Result<Regex, String> {
    let anchored: Vec<String> = patterns.iter().map(|pattern| format!("^(?:{pattern})$")).collect();
    Regex::builder()
        .configure(Regex::config().nfa_size_limit(Some(PATTERNS_MOST)))
        .build_many(&anchored)
        .map_err(|error| match error.size_limit() {
            Some(_) => "too large".to_string(),
            None => "not a regular expression".to_string(),
        })
}
