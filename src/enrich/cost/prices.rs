//! The price list: which models it has, under which names, and what each cost on which day.

use super::rates::Price;
use super::{Cost, Day, Unpriced, file, litellm, name, predecessor};
use crate::llm::{Tier, Usage};
use crate::settings::Problem;
use std::collections::HashMap;
use std::sync::Arc;

/// Prices by model, each with the provider who asks them.
#[derive(Debug, Default)]
pub struct Prices {
    models: HashMap<String, Vec<Priced>>,
    /// Only names as they are written here: no dates, prefixes or versions are taken off.
    exact: bool,
}

/// One model of one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// By its name in the GenAI semantic conventions.
    pub provider: Arc<str>,
    /// Its name in the file, in lower case.
    pub model: Arc<str>,
    pub aliases: Vec<String>,
    /// Whether the provider serves models that others made: its prices say nothing of theirs.
    pub resells: bool,
    pub price: Arc<Price>,
    /// Former prices with the day on which each ended, ascending.
    pub before: Vec<(Day, Arc<Price>)>,
}

/// A call to be priced.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    pub provider: Option<&'a str>,
    pub model: &'a str,
    pub tier: Tier,
    /// When it was made; `None` is today.
    pub day: Option<Day>,
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

/// What serves models on one's own machine: no list has a price for those.
const LOCAL: [&str; 6] = ["ollama", "vllm", "lmstudio", "lm_studio", "llama.cpp", "llamafile"];

impl Prices {
    /// The prices of `config/prices.yaml`.
    pub fn builtin() -> Prices {
        Prices::read("prices.yaml", include_str!("../../../config/prices.yaml"))
            .expect("the built-in price file is right: a test reads it")
    }

    /// The prices that the setting `enrich.cost.prices` names: `builtin`, or files, of which a later one
    /// goes before those in front of it, model by model.
    pub fn load(settings: &[String]) -> Result<Prices, LoadError> {
        let mut prices = Prices::default();
        for setting in settings {
            let more = if setting == "builtin" { Prices::builtin() } else { Prices::open(setting)? };
            prices.add(more);
        }
        Ok(prices)
    }

    /// Reads the price file at `path`, in any of the forms of [`Prices::read`].
    pub fn open(path: &str) -> Result<Prices, LoadError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| LoadError::Unreadable { file: path.to_owned(), source })?;
        Prices::read(path, &text).map_err(LoadError::Wrong)
    }

    /// Reads a price file: one in the form of `config/prices.yaml`, a price map as LiteLLM keeps it (JSON),
    /// or the predecessor's list. `file` is what problems call it. All problems are given at once.
    pub fn read(file: &str, text: &str) -> Result<Prices, Vec<Problem>> {
        if text.trim_start().starts_with('{') && text.contains("_cost_per_") {
            return litellm::read(file, text);
        }
        if predecessor::is_list(text) {
            return predecessor::read(file, text);
        }
        file::read(file, text)
    }

    /// What `usage` costs of the model that is asked for, named in any of its forms, at its provider; where
    /// that one has no price for it, at the one who made it.
    pub fn price(&self, asked: Asked<'_>, usage: &Usage) -> Result<Cost, Unpriced> {
        let priced = self.find(asked.provider, asked.model).ok_or(Unpriced::UnknownModel)?;
        priced.on(asked.day).of(usage, asked.tier)
    }

    /// The row that `model` is priced by; see [`Prices::price`].
    pub fn find(&self, provider: Option<&str>, model: &str) -> Option<&Priced> {
        if provider.is_some_and(|provider| LOCAL.contains(&provider)) {
            return None;
        }
        let own = |row: &&Priced| Some(&*row.provider) == provider;
        let others = |row: &&Priced| self.exact || !row.resells || provider.is_none();
        self.row(model, own).or_else(|| self.row(model, others))
    }

    /// Every row, by provider and name.
    pub fn rows(&self) -> Vec<&Priced> {
        let own_name = |(name, rows)| -> Vec<&Priced> {
            let rows: &Vec<Priced> = rows;
            let name: &String = name;
            rows.iter().filter(|row| *row.model == **name).collect()
        };
        let mut rows: Vec<&Priced> = self.models.iter().flat_map(own_name).collect();
        rows.sort_by_key(|row| (row.provider.clone(), row.model.clone()));
        rows
    }

    /// Adds a row under its name and its aliases, unless that provider has one of that name.
    pub(super) fn insert(&mut self, row: &Priced) -> bool {
        let mut new = false;
        for name in std::iter::once(&*row.model).chain(row.aliases.iter().map(String::as_str)) {
            let rows = self.models.entry(name.to_owned()).or_default();
            if rows.iter().all(|other| other.provider != row.provider) {
                rows.push(row.clone());
                new |= name == &*row.model;
            }
        }
        new
    }

    pub(super) fn exact() -> Prices {
        Prices { exact: true, ..Prices::default() }
    }

    /// Takes in `more`, whose rows go before what is here.
    pub fn add(&mut self, more: Prices) {
        self.exact = more.exact;
        for (name, mut rows) in more.models {
            let here = self.models.entry(name).or_default();
            here.retain(|old| rows.iter().all(|new| new.provider != old.provider));
            rows.append(here);
            *here = rows;
        }
    }

    fn row(&self, model: &str, wanted: impl Fn(&&Priced) -> bool) -> Option<&Priced> {
        let at = |form: &str| self.models.get(form)?.iter().find(&wanted);
        if self.exact { at(model) } else { name::first(model, at) }
    }
}

impl Priced {
    /// The price on that day; `None` is today.
    pub fn on(&self, day: Option<Day>) -> &Price {
        let former = |day: Day| self.before.iter().find(|(end, _)| day < *end);
        day.and_then(former).map_or(&self.price, |(_, price)| price)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::cost::Sort;

    fn one(provider: &str, more: &str, price: u32) -> String {
        format!(
            "  {provider}:\n    source: x\n    date: 2026-01-01\n{more}    models:\n      m: {{ input: {price}, output: 0 }}\n"
        )
    }

    fn read(text: &str) -> Prices {
        Prices::read("p", text).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    fn input(prices: &Prices, provider: Option<&str>) -> Option<u64> {
        let priced = prices.find(provider, "m")?;
        priced.on(None).standard.rates.get(Sort::Input)
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
            assert!(prices.find(Some(provider), model).is_some(), "{provider} {model}");
        }
        assert!(prices.find(Some("openai"), "ft:gpt-4o:acme::1").is_none());
    }

    #[test]
    fn the_built_in_prices_are_150_models_of_12_providers_each_with_input_and_output() {
        let prices = Prices::builtin();
        let rows = prices.rows();
        let mut providers: Vec<&str> = rows.iter().map(|row| &*row.provider).collect();
        providers.dedup();
        assert!(rows.len() >= 150 && providers.len() >= 12, "{} of {}", rows.len(), providers.len());
        for row in rows {
            for (_, price) in row.before.iter().map(|(_, price)| ((), price)).chain([((), &row.price)]) {
                let rates = price.standard.rates;
                let priced = rates.get(Sort::Input).is_some() && rates.get(Sort::Output).is_some();
                assert!(priced || price.fees != Default::default(), "{} {}", row.provider, row.model);
                assert!(Day::parse(&price.version).is_some(), "{} {}", row.provider, row.model);
            }
        }
    }

    #[test]
    fn the_providers_own_price_goes_before_that_of_others() {
        let prices = read(&format!("providers:\n{}{}", one("a", "", 1), one("b", "", 2)));
        assert_eq!(input(&prices, Some("b")), Some(2_000_000));
        assert_eq!((input(&prices, Some("c")), input(&prices, None)), (Some(1_000_000), Some(1_000_000)));
    }

    #[test]
    fn what_a_reseller_asks_is_no_price_of_anyone_else() {
        let prices = read(&format!("providers:\n{}", one("a", "    resells: true\n", 1)));
        assert_eq!(input(&prices, Some("a")), Some(1_000_000));
        assert_eq!(input(&prices, None), Some(1_000_000));
        assert_eq!(input(&prices, Some("b")), None);
    }

    #[test]
    fn a_model_on_ones_own_machine_has_no_price() {
        let prices = read(&format!("providers:\n{}", one("a", "", 1)));
        assert_eq!(input(&prices, Some("ollama")), None);
    }

    #[test]
    fn a_later_file_goes_before_an_earlier_one() {
        let mut prices = read(&format!("providers:\n{}{}", one("a", "", 1), one("b", "", 2)));
        prices.add(read(&format!("providers:\n{}", one("b", "", 3))));
        assert_eq!(input(&prices, Some("b")), Some(3_000_000));
        assert_eq!(input(&prices, Some("a")), Some(1_000_000));
    }

    #[test]
    fn the_price_is_that_of_the_day_of_the_call() {
        let prices = read(
            "providers:\n  a:\n    source: x\n    date: 2026-01-01\n    models:\n      m:\n        input: 1\n        \
             output: 0\n        before:\n          2025-06-01: { input: 3, output: 0 }\n          2025-03-01: { input: 9, output: 0 }\n",
        );
        let on = |day: &str| {
            let price = prices.find(None, "m").unwrap().on(Day::parse(day));
            (price.standard.rates.get(Sort::Input).unwrap() / 1_000_000, price.version.clone())
        };
        assert_eq!(on("2024-12-31"), (9, "2025-03-01".into()));
        assert_eq!(on("2025-03-01"), (3, "2025-06-01".into()));
        assert_eq!(on("2025-05-31"), (3, "2025-06-01".into()));
        assert_eq!(on("2025-06-01"), (1, "2026-01-01".into()));
        assert_eq!(on("2027-01-01"), (1, "2026-01-01".into()));
    }

    #[test]
    fn a_price_file_that_is_not_there_is_named() {
        let error = Prices::load(&["/nowhere/prices.yaml".into()]).expect_err("no such file");
        assert_eq!(error.to_string(), "the price file /nowhere/prices.yaml cannot be read");
        assert!(Prices::load(&["builtin".into()]).is_ok());
    }
}
