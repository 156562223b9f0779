//! The section `enrich.sample`.

use super::Rules;
use crate::settings::{Section, Setting};
use std::collections::BTreeMap;

/// Which calls are hashed and embedded, and which traces are exported.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Config {
    /// How many calls of a hundred are hashed and embedded, by their span id.
    pub percent: Percent,
    /// As `percent`, of the calls of a service, by its `service.name`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<String, Percent>,
    /// As `percent`, of the calls of a model, by any form of its name; goes before `services`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, Percent>,
    /// What is sampled whatever the percentages say.
    pub always: Rules,
    pub export: Export,
}

/// The section `enrich.sample.export`: which traces go on to the exporters.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Export {
    /// How many traces of a hundred go on, by their trace id.
    pub percent: Share,
    /// As `percent`, of the spans and log records of a service.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<String, Share>,
    /// Traces that go on whatever the percentages say, by what is seen of them in one request.
    pub keep: Rules,
}

/// A whole number of a hundred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Percent(pub u8);

/// So much of a hundred, down to a fraction.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
#[serde(transparent)]
pub struct Share(pub f64);

impl Default for Percent {
    fn default() -> Percent {
        Percent(1)
    }
}

impl Default for Share {
    fn default() -> Share {
        Share(100.0)
    }
}

impl Setting for Percent {
    fn parse(text: &str) -> Result<Percent, String> {
        let percent = text.parse().ok().filter(|percent| *percent <= 100);
        percent.map(Percent).ok_or_else(|| "a whole number from 0 to 100".to_string())
    }
}

impl Setting for Share {
    fn parse(text: &str) -> Result<Share, String> {
        let share = text.parse().ok().filter(|share| (0.0..=100.0).contains(share));
        share.map(Share).ok_or_else(|| "a number from 0 to 100".to_string())
    }
}

impl Config {
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("percent", &mut self.percent);
        section.map("services", &mut self.services);
        section.map("models", &mut self.models);
        section.section("always", |section| self.always.read(section));
        section.section("export", |section| {
            section.get("percent", &mut self.export.percent);
            section.map("services", &mut self.export.services);
            section.section("keep", |section| self.export.keep.read(section));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings;
    use expect_test::{Expect, expect};

    fn check(text: &str, problems: Expect) -> Config {
        let mut config = Config::default();
        problems.assert_eq(&settings::problems(text, |section| config.read(section)));
        config
    }

    #[test]
    fn every_setting_is_read() {
        let config = check(
            "percent: 5\nservices: { shop: 10 }\nmodels: { gpt-4o: 100 }\nalways: { errors: true, cost_above_usd: 0.5 }\n\
             export: { percent: 12.5, services: { shop: 100 }, keep: { latency_above: 30s, tokens_above: 9 } }\n",
            expect![""],
        );
        assert_eq!((config.percent, config.models["gpt-4o"]), (Percent(5), Percent(100)));
        assert_eq!((config.export.percent, config.export.keep.tokens_above), (Share(12.5), Some(9)));
    }

    #[test]
    fn a_percentage_that_is_none_is_answered_with_what_one_is() {
        check(
            "percent: 101\nservices: { shop: 1.5 }\nmodels: { m: all }\nalways: { cost_above_usd: -1 }\n\
             export: { percent: 100.5, services: { shop: NaN } }\n",
            expect![[r#"
                c.yaml:1: percent: expected a whole number from 0 to 100, found `101`
                c.yaml:2: services.shop: expected a whole number from 0 to 100, found `1.5`
                c.yaml:3: models.m: expected a whole number from 0 to 100, found `all`
                c.yaml:4: always.cost_above_usd: expected US dollars, such as 0.50, found `-1`
                c.yaml:5: export.percent: expected a number from 0 to 100, found `100.5`
                c.yaml:5: export.services.shop: expected a number from 0 to 100, found `NaN`
            "#]],
        );
        check(
            "percent: 300\n",
            expect![[r#"
            c.yaml:1: percent: expected a whole number from 0 to 100, found `300`
        "#]],
        );
    }
}
