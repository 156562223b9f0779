//! What is done with a finding: by its type, how sure it is, and what it says.

use super::super::scan::Finding;
use super::allowed::Allowed;
use super::config::{Action, Config};
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
    allowed: Allowed,
}

impl Policy {
    pub fn new(config: &Config) -> Policy {
        Policy(Arc::new(Rules {
            action: config.action,
            actions: config.actions.clone(),
            min_score: config.min_score,
            min_scores: config.min_scores.clone(),
            allowed: Allowed::new(&config.allow, &config.allow_patterns),
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
        f64::from(finding.score) >= *least && !rules.allowed.has(&text[finding.start..finding.end])
    }
}
