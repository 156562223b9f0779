//! What is done with a finding: by its type, how sure it is, and what it says.

use super::super::scan::Finding;
use super::config::{Action, Config};
use regex_automata::meta::Regex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The policy of `enrich.pii`, built once. Cloning shares it.
#[derive(Clone)]
pub struct Policy(Arc<Rules>);

struct Rules {
    action: Action,
    actions: BTreeMap<String, Action>,
    min_score: f64,
    min_scores: BTreeMap<String, f64>,
    /// Values that are nobody's, in lower case, sorted.
    allow: Vec<String>,
    /// Patterns that the whole value has to match to be nobody's.
    allow_patterns: Option<Regex>,
}

/// The most memory that the patterns of the allow-list may take together, compiled.
const PATTERNS_MOST: usize = 4 << 20;

/// One expression that matches what one of `patterns` matches as a whole.
pub fn whole(patterns: &[String]) -> Result<Regex, String> {
    let anchored: Vec<String> = patterns.iter().map(|pattern| format!("^(?:{pattern})$")).collect();
    Regex::builder()
        .configure(Regex::config().nfa_size_limit(Some(PATTERNS_MOST)))
        .build_many(&anchored)
        .map_err(|error| match error.size_limit() {
            Some(_) => "too large".to_string(),
            None => "not a regular expression".to_string(),
        })
}

impl Policy {
    /// Patterns that do not compile exempt nothing: reading the settings has refused them.
    pub fn new(config: &Config) -> Policy {
        let mut allow: Vec<String> = config.allow.iter().map(|value| value.to_lowercase()).collect();
        allow.sort_unstable();
        let patterns = &config.allow_patterns;
        Policy(Arc::new(Rules {
            action: config.action,
            actions: config.actions.clone(),
            min_score: config.min_score,
            min_scores: config.min_scores.clone(),
            allow,
            allow_patterns: if patterns.is_empty() { None } else { whole(patterns).ok() },
        }))
    }

    /// What is done with findings of this type.
    pub fn action(&self, kind: &str) -> Action {
        self.0.actions.get(kind).copied().unwrap_or(self.0.action)
    }

    /// What is done where no type says otherwise.
    pub fn default_action(&self) -> Action {
        self.0.action
    }

    /// Whether some type is removed with its whole leaf.
    pub fn may_remove(&self) -> bool {
        self.0.actions.values().chain([&self.0.action]).any(|action| *action == Action::Remove)
    }

    /// Whether the finding in `text` counts. Only its own value is looked at, never what stands around it.
    pub fn counts(&self, finding: &Finding, text: &str) -> bool {
        let rules = &self.0;
        let least = rules.min_scores.get(finding.kind).unwrap_or(&rules.min_score);
        if f64::from(finding.score) < *least {
            return false;
        }
        if rules.allow.is_empty() && rules.allow_patterns.is_none() {
            return true;
        }
        let value = &text[finding.start..finding.end];
        let lower = value.to_lowercase();
        let is_allowed = rules.allow.binary_search(&lower).is_ok()
            || rules.allow_patterns.as_ref().is_some_and(|patterns| patterns.is_match(value));
        !is_allowed
    }
}
