//! Reads a price file in our own form, which `config/prices.yaml` explains.

use super::rates::{Fees, Price, Rates, Sheet, Sort};
use super::{Day, Priced, Prices, decimal};
use crate::llm::Tier;
use crate::settings::{self, Problem, Section, Setting};
use std::sync::Arc;

/// Places behind the point of an amount for a million tokens: down to a pico-dollar a token.
const PER_MILLION: u32 = 6;
/// Places behind the point of a fee: down to a pico-dollar.
const PER_CALL: u32 = 12;

/// An amount for a million tokens, in millionths of its currency.
pub(super) struct Rate(pub(super) u64);

/// An amount for a call, a search or an image, in pico-units of its currency.
struct Fee(u64);

impl Setting for Rate {
    fn parse(text: &str) -> Result<Rate, String> {
        let rate = decimal::exact(text, PER_MILLION).map(Rate);
        rate.ok_or_else(|| "an amount per million tokens, such as 2.50".to_string())
    }
}

impl Setting for Fee {
    fn parse(text: &str) -> Result<Fee, String> {
        decimal::exact(text, PER_CALL).map(Fee).ok_or_else(|| "an amount, such as 0.01".to_string())
    }
}

impl Setting for Day {
    fn parse(text: &str) -> Result<Day, String> {
        Day::parse(text).ok_or_else(|| "a day, such as 2026-11-21".to_string())
    }
}

/// What all prices of one provider share.
#[derive(Default)]
struct Provider {
    name: String,
    date: Option<Day>,
    resells: bool,
    /// Millionths of a dollar for one unit of its currency.
    usd: u64,
}

/// Reads a price file; `file` is what problems call it. All problems are given at once.
pub(super) fn read(file: &str, text: &str) -> Result<Prices, Vec<Problem>> {
    let mut prices = Prices::default();
    let problems = settings::read_text(file, text, |section| {
        section.section("providers", |section| {
            if !section.given() {
                section.problem("", "a price file needs providers");
            }
            section.each(|name, section| provider(name, section, &mut prices));
        });
    });
    if problems.is_empty() { Ok(prices) } else { Err(problems) }
}

fn provider(name: &str, section: &mut Section<'_>, prices: &mut Prices) {
    let mut source = String::new();
    let (mut currency, mut usd) = ("USD".to_string(), None);
    let mut provider = Provider { name: name.to_owned(), ..Provider::default() };
    section.get("source", &mut source);
    section.get("date", &mut provider.date);
    section.get("resells", &mut provider.resells);
    section.get("currency", &mut currency);
    section.get("usd", &mut usd);
    if source.is_empty() || provider.date.is_none() {
        section.problem("", "prices need a source and a date");
    }
    if (currency == "USD") != usd.is_none() {
        section.problem("usd", "says how many dollars one unit is worth of a currency other than USD");
    }
    provider.usd = usd.map_or(1_000_000, |Rate(usd)| usd);
    section.section("models", |section| {
        section.each(|model, section| {
            let row = provider.model(model, section);
            if !prices.insert(&row) {
                section.problem("", "this provider has a model of that name already");
            }
        });
    });
}

impl Provider {
    fn model(&self, model: &str, section: &mut Section<'_>) -> Priced {
        let (mut aliases, mut before) = (Vec::new(), Vec::new());
        let mut date = self.date;
        section.list("aliases", &mut aliases);
        section.get("date", &mut date);
        section.section("before", |section| {
            section.each(|day, section| match Day::parse(day) {
                Some(day) => before.push((day, Arc::new(self.price(day.to_string(), section)))),
                None => section.problem("", "expected the day on which the price ended, such as 2026-11-21"),
            });
        });
        before.sort_by_key(|(day, _)| *day);
        Priced {
            provider: self.name.as_str().into(),
            model: model.to_ascii_lowercase().into(),
            aliases: aliases.iter().map(|alias: &String| alias.to_ascii_lowercase()).collect(),
            resells: self.resells,
            price: Arc::new(self.price(date.map(|date| date.to_string()).unwrap_or_default(), section)),
            before,
        }
    }

    fn price(&self, version: String, section: &mut Section<'_>) -> Price {
        let standard = self.sheet(section);
        let tiers = Tier::SPECIAL.into_iter().filter_map(|tier| {
            let mut sheet = Sheet::default();
            section.section(tier.name(), |section| sheet = self.sheet(section));
            (sheet != Sheet::default()).then_some((tier, sheet))
        });
        let tiers = tiers.collect();
        let fees = Fees {
            request: self.fee("per_request", section),
            web_search: self.fee("per_web_search", section),
            image: self.fee("per_image", section),
        };
        let tokens = standard.rates.get(Sort::Input).zip(standard.rates.get(Sort::Output));
        if tokens.is_none() && (fees == Fees::default() || !standard.rates.is_empty()) {
            section.problem("", "a price needs input and output, or a fee alone");
        }
        Price { version, standard, tiers, fees }
    }

    fn sheet(&self, section: &mut Section<'_>) -> Sheet {
        let rates = self.rates(section);
        let mut above = Vec::new();
        section.section("above", |section| {
            section.each(|size, section| match size.parse() {
                Ok(size) => above.push((size, self.rates(section))),
                Err(_) => section.problem("", "expected a number of input tokens"),
            });
        });
        above.sort_by_key(|(size, _)| *size);
        Sheet { rates, above }
    }

    fn rates(&self, section: &mut Section<'_>) -> Rates {
        let mut rates = Rates::default();
        for sort in Sort::ALL {
            let mut rate = None;
            section.get(sort.key(), &mut rate);
            rates.set(sort, rate.map(|Rate(rate)| self.in_dollars(rate)));
        }
        rates
    }

    fn fee(&self, key: &'static str, section: &mut Section<'_>) -> u64 {
        let mut fee = Fee(0);
        section.get(key, &mut fee);
        self.in_dollars(fee.0)
    }

    /// Rounded to the nearest, where the currency is another.
    fn in_dollars(&self, amount: u64) -> u64 {
        let dollars = (u128::from(amount) * u128::from(self.usd) + 500_000) / 1_000_000;
        u64::try_from(dollars).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

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
                p.yaml:4: providers.x.models.m: a price needs input and output, or a fee alone
                p.yaml:4: providers.x.models.m.input: expected an amount per million tokens, such as 2.50, found `-1`
                p.yaml:4: providers.x.models.m.output: expected an amount per million tokens, such as 2.50, found `1.0000001`
                p.yaml:4: providers.x.models.m.cached: unknown key
            "#]],
        );
        check(
            "providers:\n  x:\n    source: s\n    date: 2026-01-01\n    currency: CNY\n    models:\n      \
             m: { input: 1, output: 2, above: { big: {} }, before: { soon: { per_request: 1 } } }\n      \
             M: { per_request: 0.1 }\n      n: { aliases: [m], input: 1 }\n",
            expect![[r#"
                p.yaml:2: providers.x.usd: says how many dollars one unit is worth of a currency other than USD
                p.yaml:7: providers.x.models.m.above.big: expected a number of input tokens
                p.yaml:7: providers.x.models.m.before.soon: expected the day on which the price ended, such as 2026-11-21
                p.yaml:7: providers.x.models.m.before.soon.per_request: unknown key
                p.yaml:8: providers.x.models.M: this provider has a model of that name already
                p.yaml:9: providers.x.models.n: a price needs input and output, or a fee alone
            "#]],
        );
    }

    #[test]
    fn other_currencies_are_turned_into_dollars() {
        let prices = Prices::read(
            "p",
            "providers:\n  x:\n    source: s\n    date: 2026-01-01\n    currency: CNY\n    usd: 0.14\n    models:\n      \
             m: { input: 2, output: 0.000005, per_request: 0.1 }\n",
        );
        let price = Arc::clone(&prices.unwrap().find(None, "m").unwrap().price);
        assert_eq!(price.standard.rates.get(Sort::Input), Some(280_000));
        assert_eq!(price.standard.rates.get(Sort::Output), Some(1));
        assert_eq!(price.fees.request, 14_000_000_000);
    }

    #[test]
    fn sizes_tiers_and_fees_are_read() {
        let prices = Prices::read(
            "p",
            "providers:\n  x:\n    source: s\n    date: 2026-01-01\n    models:\n      m:\n        input: 1\n        \
             output: 2\n        above: { 200000: { input: 2 }, 100000: { input: 1.5 } }\n        \
             batch: { input: 0.5, above: { 100000: { output: 1 } } }\n        per_web_search: 0.01\n",
        );
        let price = Arc::clone(&prices.unwrap().find(None, "m").unwrap().price);
        let sizes: Vec<u64> = price.standard.above.iter().map(|(size, _)| *size).collect();
        assert_eq!(sizes, [100_000, 200_000]);
        assert_eq!(price.tiers.len(), 1);
        assert_eq!(price.fees.web_search, 10_000_000_000);
    }
}
