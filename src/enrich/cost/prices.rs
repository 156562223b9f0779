//! The price file: `config/prices.yaml` says what it holds; the one there is built in.

use super::{Cost, Rates, Unpriced, name};
use crate::llm::Usage;
use crate::settings::{self, Problem, Section, Setting};
use std::collections::HashMap;

/// Prices by model, each with the provider who asks them.
#[derive(Debug, Default)]
pub struct Prices {
    models: HashMap<String, Vec<(String, Rates)>>,
}

/// Why there are no prices to work with.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("the price file {file} cannot be read")]
    Unreadable { file: String, source: std::io::Error },
    /// Everything that is wrong with the file, at least one problem.
    #[error("the price file is wrong: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Wrong(Vec<Problem>),
}

/// Pico-dollars a token, written as dollars per million tokens.
struct Rate(u64);

impl Setting for Rate {
    fn parse(text: &str) -> Result<Rate, String> {
        decimal(text).map(Rate).ok_or_else(|| "dollars per million tokens, such as 2.50".to_string())
    }
}

impl Prices {
    /// The prices of `config/prices.yaml`.
    pub fn builtin() -> Prices {
        Prices::read("prices.yaml", include_str!("../../../config/prices.yaml"))
            .expect("the built-in price file is right: a test reads it")
    }

    /// The prices that the setting `enrich.cost.prices` names: `builtin`, or a file.
    pub fn load(setting: &str) -> Result<Prices, LoadError> {
        if setting == "builtin" {
            return Ok(Prices::builtin());
        }
        let text = std::fs::read_to_string(setting)
            .map_err(|source| LoadError::Unreadable { file: setting.to_owned(), source })?;
        Prices::read(setting, &text).map_err(LoadError::Wrong)
    }

    /// Reads a price file; `file` is what problems call it. All problems are given at once.
    pub fn read(file: &str, text: &str) -> Result<Prices, Vec<Problem>> {
        let mut prices = Prices::default();
        let problems = settings::read_text(file, text, |section| {
            section.section("providers", |section| {
                if !section.given() {
                    section.problem("", "a price file needs providers");
                }
                section.each(|provider, section| prices.provider(provider, section));
            });
        });
        if problems.is_empty() { Ok(prices) } else { Err(problems) }
    }

    /// What `usage` costs of `model`, named in any of its forms, at `provider`; where that provider has no
    /// price for it, at the first who has.
    pub fn price(&self, provider: Option<&str>, model: &str, usage: &Usage) -> Result<Cost, Unpriced> {
        self.rates(provider, model).ok_or(Unpriced::UnknownModel)?.price(usage)
    }

    /// The prices of `model`; see [`Prices::price`].
    pub fn rates(&self, provider: Option<&str>, model: &str) -> Option<&Rates> {
        let rows = name::first(model, |form| self.models.get(form))?;
        let own = rows.iter().find(|(by, _)| Some(by.as_str()) == provider);
        own.or(rows.first()).map(|(_, rates)| rates)
    }

    fn provider(&mut self, provider: &str, section: &mut Section<'_>) {
        let (mut source, mut date) = (String::new(), String::new());
        section.get("source", &mut source);
        section.get("date", &mut date);
        if source.is_empty() || date.is_empty() {
            section.problem("", "prices need a source and a date");
        }
        section.section("models", |section| {
            section.each(|model, section| {
                let rates = Rates::read(section, date.clone());
                self.models.entry(model.to_ascii_lowercase()).or_default().push((provider.to_owned(), rates));
            });
        });
    }
}

impl Rates {
    fn read(section: &mut Section<'_>, version: String) -> Rates {
        let (mut input, mut output) = (None, None);
        let (mut cached_input, mut cache_write) = (None, None);
        let mut up_to_input_tokens = None;
        section.get("input", &mut input);
        section.get("cached_input", &mut cached_input);
        section.get("cache_write", &mut cache_write);
        section.get("output", &mut output);
        section.get("up_to_input_tokens", &mut up_to_input_tokens);
        if input.is_none() || output.is_none() {
            section.problem("", "a price needs input and output");
        }
        let pico = |rate: Option<Rate>| rate.map(|Rate(pico)| pico);
        Rates {
            input: pico(input).unwrap_or(0),
            cached_input: pico(cached_input),
            cache_write: pico(cache_write),
            output: pico(output).unwrap_or(0),
            up_to_input_tokens,
            version,
        }
    }
}

/// A decimal number times a million, exactly; `None` where it is not one, is negative or finer.
fn decimal(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 6 || !digits(whole) || !digits(fraction) || text.ends_with('.') {
        return None;
    }
    format!("{whole}{fraction:0<6}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::cost::PICO;
    use expect_test::{Expect, expect};
    use serde_json::Value;

    /// The two prices that the predecessor shipped.
    const PREDECESSOR: &str = "
providers:
  openai:
    source: model_prices.yaml of the predecessor
    date: 2025-01-15
    models:
      gpt-4o: { input: 5.00, output: 15.00 }
      gpt-3.5-turbo: { input: 0.50, output: 1.50 }
";

    /// Its recorded figures were cut by floating point, one too low in some: there `f64` says so too.
    #[test]
    fn costs_are_those_recorded_of_the_predecessor_but_for_its_float_fault() {
        let prices = Prices::read("prices.yaml", PREDECESSOR).unwrap();
        let vectors: Value =
            serde_json::from_str(include_str!("../../../tests/data/cost_vectors.json")).unwrap();
        let mut faults = 0;
        // It finds no dated and no prefixed name: what has no figure there is not compared.
        let cases =
            vectors["cost"].as_array().unwrap().iter().filter(|case| !case["cost_usd_micro"].is_null());
        for case in cases {
            let (model, provider) = (case["model"].as_str().unwrap(), case["provider"].as_str());
            let (input, output) = (case["prompt_tokens"].as_u64(), case["completion_tokens"].as_u64());
            let usage = Usage { input, output, ..Usage::default() };
            let micro =
                prices.price(provider, model, &usage).ok().map(|cost| cost.total / (PICO / 1_000_000));
            let recorded = case["cost_usd_micro"].as_u64().map(u128::from);
            if micro != recorded {
                let rates = if model == "gpt-4o" { (5.0, 15.0) } else { (0.5, 1.5) };
                let spent = input.unwrap() as f64 * rates.0 + output.unwrap_or(0) as f64 * rates.1;
                let cut = (spent / 1e6 * 1e6) as u128;
                assert_eq!((Some(cut), micro), (recorded, recorded.map(|micro| micro + 1)), "{case}");
                faults += 1;
            }
        }
        assert!(faults < 10, "{faults}");
    }

    #[test]
    fn the_built_in_prices_hold_what_is_most_used() {
        let prices = Prices::builtin();
        for (provider, model) in [
            ("openai", "gpt-4o-mini-2024-07-18"),
            ("azure.ai.openai", "gpt-4o"),
            ("anthropic", "claude-sonnet-4-5-20250929"),
            ("anthropic", "claude-3-5-sonnet-20241022"),
            ("aws.bedrock", "us.anthropic.claude-3-5-sonnet-20241022-v2:0"),
            ("gcp.gemini", "models/gemini-2.5-flash"),
            ("mistral_ai", "mistral-large-latest"),
            ("deepseek", "deepseek-chat"),
            ("cohere", "command-r-08-2024"),
            ("openai", "text-embedding-3-small"),
        ] {
            assert!(prices.rates(Some(provider), model).is_some(), "{provider} {model}");
        }
        assert!(prices.rates(Some("openai"), "ft:gpt-4o:acme::1").is_none());
        assert!(prices.models.len() > 100);
    }

    #[test]
    fn the_providers_own_price_goes_before_that_of_others() {
        let one = |provider, price| {
            format!(
                "  {provider}:\n    source: x\n    date: 2026-01-01\n    models:\n      m: {{ input: {price}, output: 0 }}\n"
            )
        };
        let prices = Prices::read("p", &format!("providers:\n{}{}", one("a", 1), one("b", 2))).unwrap();
        let input = |provider| prices.rates(provider, "m").map(|rates| rates.input);
        assert_eq!(input(Some("b")), Some(2_000_000));
        assert_eq!((input(Some("c")), input(None)), (Some(1_000_000), Some(1_000_000)));
    }

    fn check(text: &str, problems: Expect) {
        let found = Prices::read("p.yaml", text).expect_err("a problem");
        problems.assert_eq(&found.iter().map(|problem| format!("{problem}\n")).collect::<String>());
    }

    #[test]
    fn every_problem_of_a_price_file_is_shown_with_its_place() {
        check(
            "{}",
            expect![[r#"
                p.yaml:1: providers: a price file needs providers
            "#]],
        );
        check(
            "providers:\n  x:\n    models:\n      m: { input: -1, output: 1.0000001, cached: 1 }\n",
            expect![[r#"
                p.yaml:2: providers.x: prices need a source and a date
                p.yaml:4: providers.x.models.m: a price needs input and output
                p.yaml:4: providers.x.models.m.input: expected dollars per million tokens, such as 2.50, found `-1`
                p.yaml:4: providers.x.models.m.output: expected dollars per million tokens, such as 2.50, found `1.0000001`
                p.yaml:4: providers.x.models.m.cached: unknown key
            "#]],
        );
    }

    #[test]
    fn a_price_file_that_is_not_there_is_named() {
        let error = Prices::load("/nowhere/prices.yaml").expect_err("no such file");
        assert_eq!(error.to_string(), "the price file /nowhere/prices.yaml cannot be read");
        assert!(Prices::load("builtin").is_ok());
    }

    #[test]
    fn decimals_are_read_exactly_or_not_at_all() {
        for (text, pico) in [("2.50", 2_500_000), ("0.000001", 1), ("15", 15_000_000), ("0", 0)] {
            assert_eq!(decimal(text), Some(pico), "{text}");
        }
        for text in ["", ".", "1.", ".5", "-1", "1e3", "0.0000001", "1,5", "99999999999999999999"] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }
}
