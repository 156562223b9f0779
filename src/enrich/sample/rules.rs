//! Rules for what is always taken, whatever the percentage says.

use crate::settings::{Section, Setting};
use crate::units::serialize_duration;
use std::time::Duration;

/// What of a call or a trace makes it one to keep: `errors`, `pii` and so on under a section of the
/// configuration.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Rules {
    /// It ended in an error.
    pub errors: bool,
    /// Personal data or a secret was found in it.
    pub pii: bool,
    /// A prompt injection was attempted.
    pub injection: bool,
    /// It cost more than so many US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_above_usd: Option<f64>,
    /// It took longer.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_duration")]
    pub latency_above: Option<Duration>,
    /// It used more tokens, in and out together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_above: Option<u64>,
}

/// Rules in the units of what they look at.
#[derive(Clone, Debug, Default)]
pub(in crate::enrich) struct BuiltRules {
    pub(in crate::enrich) errors: bool,
    pii: bool,
    injection: bool,
    pico_usd: Option<u128>,
    latency_ms: Option<f64>,
    tokens: Option<u64>,
}

/// What the rules look at.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::enrich) struct Traits {
    pub(in crate::enrich) error: bool,
    pub(in crate::enrich) pii: bool,
    pub(in crate::enrich) injection: bool,
    pub(in crate::enrich) pico_usd: Option<u128>,
    pub(in crate::enrich) latency_ms: Option<f64>,
    pub(in crate::enrich) tokens: Option<u64>,
}

/// Dollars from 0 up.
struct Dollars(f64);

impl Setting for Dollars {
    fn parse(text: &str) -> Result<Dollars, String> {
        let dollars = text.parse().ok().filter(|dollars| (0.0..=1e9).contains(dollars));
        dollars.map(Dollars).ok_or_else(|| "US dollars, such as 0.50".to_string())
    }
}

impl Rules {
    pub fn read(&mut self, section: &mut Section<'_>) {
        let mut cost = None;
        section.get("errors", &mut self.errors);
        section.get("pii", &mut self.pii);
        section.get("injection", &mut self.injection);
        section.get("cost_above_usd", &mut cost);
        section.get("latency_above", &mut self.latency_above);
        section.get("tokens_above", &mut self.tokens_above);
        self.cost_above_usd = cost.map(|Dollars(dollars)| dollars).or(self.cost_above_usd);
    }

    pub(super) fn build(&self) -> BuiltRules {
        BuiltRules {
            errors: self.errors,
            pii: self.pii,
            injection: self.injection,
            pico_usd: self.cost_above_usd.map(|usd| (usd * crate::enrich::cost::PICO as f64) as u128),
            latency_ms: self.latency_above.map(|latency| latency.as_secs_f64() * 1e3),
            tokens: self.tokens_above,
        }
    }
}

impl BuiltRules {
    /// Whether one of the rules takes a call of these traits. What is not known is above nothing.
    pub(in crate::enrich) fn take(&self, call: Traits) -> bool {
        self.errors && call.error
            || self.pii && call.pii
            || self.injection && call.injection
            || is_above(call.pico_usd, self.pico_usd)
            || is_above(call.latency_ms, self.latency_ms)
            || is_above(call.tokens, self.tokens)
    }
}

fn is_above<T: PartialOrd>(found: Option<T>, limit: Option<T>) -> bool {
    found.zip(limit).is_some_and(|(found, limit)| found > limit)
}

fn some_duration<S: serde::Serializer>(duration: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => serialize_duration(duration, to),
        None => to.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rules: Rules, call: Traits, taken: bool) {
        assert_eq!(rules.build().take(call), taken, "{rules:?} {call:?}");
    }

    #[test]
    fn a_call_is_taken_by_any_rule_that_is_on() {
        let bad = Traits { error: true, pii: true, injection: true, ..Traits::default() };
        check(Rules::default(), bad, false);
        check(Rules { errors: true, ..Rules::default() }, bad, true);
        check(Rules { pii: true, ..Rules::default() }, bad, true);
        check(Rules { injection: true, ..Rules::default() }, bad, true);
        let good = Rules { errors: true, pii: true, injection: true, ..Rules::default() };
        check(good, Traits::default(), false);
    }

    #[test]
    fn a_limit_takes_what_is_above_it_and_not_what_is_unknown() {
        let rules = || Rules {
            cost_above_usd: Some(0.5),
            latency_above: Some(Duration::from_secs(2)),
            tokens_above: Some(100),
            ..Rules::default()
        };
        let at = Traits {
            pico_usd: Some(500_000_000_000),
            latency_ms: Some(2_000.0),
            tokens: Some(100),
            ..Traits::default()
        };
        check(rules(), at, false);
        check(rules(), Traits::default(), false);
        check(rules(), Traits { pico_usd: Some(500_000_000_001), ..at }, true);
        check(rules(), Traits { latency_ms: Some(2_000.1), ..at }, true);
        check(rules(), Traits { tokens: Some(101), ..at }, true);
    }
}
