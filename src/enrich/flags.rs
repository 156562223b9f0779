//! What was found in an item, merged with what a Sidelight found in it before.

use super::given::Given;
use super::own::Own;
use super::redact::{Action, Redactor, Tally};
use crate::llm::names;
use std::collections::{BTreeMap, BTreeSet};

/// The flags of an item: a flag that was raised once stays, types unite, counts and scores are the larger.
pub(super) struct Flags {
    pub(super) pii: bool,
    pub(super) injection: bool,
    counts: BTreeMap<String, i64>,
    action: Option<String>,
    score: f64,
    rules: BTreeSet<String>,
}

impl Flags {
    pub(super) fn merge(own: &Own, tally: &Tally, redactor: &Redactor) -> Flags {
        let mut counts: BTreeMap<String, i64> = match own.get(names::PII_COUNTS) {
            Some(Given::Ints(before)) => {
                own.texts(names::PII_TYPES).iter().cloned().zip(before.iter().copied()).collect()
            }
            _ => own.texts(names::PII_TYPES).iter().map(|kind| (kind.clone(), 1)).collect(),
        };
        for (kind, count) in &tally.findings {
            let most = counts.entry((*kind).to_owned()).or_default();
            *most = i64::from(*count).max(*most);
        }
        let action = match (own.get(names::PII_ACTION), tally.findings.is_empty()) {
            (_, false) => Some(action(redactor.action()).to_owned()),
            (Some(Given::Text(before)), true) => Some(before.clone()),
            _ => None,
        };
        let score_before = match own.get(names::INJECTION_SCORE) {
            Some(Given::Double(score)) => *score,
            _ => 0.0,
        };
        let rules = tally.injection.rules.iter().map(|rule| (*rule).to_owned());
        Flags {
            pii: own.flag(names::PII_DETECTED) == Some(true) || !counts.is_empty(),
            injection: own.flag(names::INJECTION_ATTEMPT) == Some(true)
                || redactor.is_attempt(&tally.injection),
            action: action.filter(|_| !counts.is_empty()),
            counts,
            score: tally.injection.score.max(score_before),
            rules: rules.chain(own.texts(names::INJECTION_RULES).iter().cloned()).collect(),
        }
    }

    /// The attributes that say so.
    pub(super) fn attributes(self) -> Vec<(&'static str, Given)> {
        let mut all = vec![(names::PII_DETECTED, Given::Bool(self.pii))];
        if !self.counts.is_empty() {
            let (types, counts) = self.counts.into_iter().unzip();
            all.push((names::PII_TYPES, Given::Texts(types)));
            all.push((names::PII_COUNTS, Given::Ints(counts)));
        }
        all.extend(self.action.map(|action| (names::PII_ACTION, Given::Text(action))));
        all.push((names::INJECTION_ATTEMPT, Given::Bool(self.injection)));
        if self.score > 0.0 {
            all.push((names::INJECTION_SCORE, Given::Double(self.score)));
        }
        if !self.rules.is_empty() {
            all.push((names::INJECTION_RULES, Given::Texts(self.rules.into_iter().collect())));
        }
        all
    }
}

fn action(action: Action) -> &'static str {
    match action {
        Action::Mask => "mask",
        Action::Hash => "hash",
        Action::Remove => "remove",
        Action::Flag => "flag",
    }
}
