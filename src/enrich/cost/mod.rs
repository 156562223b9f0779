//! What a call costs, exactly: whole pico-dollars, from a price file or from what was reported.

mod name;
mod prices;

pub use prices::{LoadError, Prices};

use crate::llm::Usage;

/// Pico-dollars in a dollar.
pub const PICO: u128 = 1_000_000_000_000;

/// The cost of one call. The parts of a computed cost sum to `total`; a reported one has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Pico-dollars, as all amounts here.
    pub total: u128,
    /// Of what went in, cached or not, and of what came out.
    pub parts: Option<(u128, u128)>,
    /// The date of the price, or `reported`.
    pub price_version: String,
}

/// Why a call has no cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpriced {
    /// The span names no model.
    NoModel,
    /// The price file has no row for it.
    UnknownModel,
    /// Neither reported tokens nor a text to count.
    NoTokens,
    /// Larger than the calls that the price is for.
    TooLarge,
}

/// Prices of one model, in pico-dollars a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    pub input: u64,
    /// Input read from a cache; `None`: as `input`.
    pub cached_input: Option<u64>,
    /// Input written to a cache; `None`: as `input`.
    pub cache_write: Option<u64>,
    pub output: u64,
    /// The largest call, by its input, that these prices are for.
    pub up_to_input_tokens: Option<u64>,
    pub version: String,
}

impl Unpriced {
    pub const ALL: [Unpriced; 4] =
        [Unpriced::NoModel, Unpriced::UnknownModel, Unpriced::NoTokens, Unpriced::TooLarge];

    /// The label of the metric.
    pub fn reason(self) -> &'static str {
        match self {
            Unpriced::NoModel => "no_model",
            Unpriced::UnknownModel => "unknown_model",
            Unpriced::NoTokens => "no_tokens",
            Unpriced::TooLarge => "too_large",
        }
    }
}

impl Cost {
    /// `usd` dollars as the instrumentation reported them. Zero, which some libraries write for
    /// "unknown", and what is no amount of money are not taken.
    pub fn reported(usd: f64) -> Option<Cost> {
        let pico = usd * PICO as f64;
        let is_money = pico >= 1.0 && usd < 1e12;
        is_money.then(|| Cost { total: pico.round() as u128, parts: None, price_version: "reported".into() })
    }
}

/// Pico-dollars as the nearest number of dollars.
pub fn dollars(pico: u128) -> f64 {
    // Exact below 2^53 pico-dollars (9,007 dollars), rounded twice above.
    pico as f64 / PICO as f64
}

impl Rates {
    /// The cost of `usage`; a missing count is none of that sort.
    ///
    /// Cached and cache-writing input costs its own rate where there is one, and stays in or comes on top of
    /// `input` as the provider counts it. Reasoning is part of the output and is not added.
    pub fn price(&self, usage: &Usage) -> Result<Cost, Unpriced> {
        if usage.input.is_none() && usage.output.is_none() {
            return Err(Unpriced::NoTokens);
        }
        let reported = usage.input.unwrap_or(0);
        let (mut cached, mut written) = (usage.cached_input.unwrap_or(0), usage.cache_write.unwrap_or(0));
        let fresh = if usage.cache_exclusive {
            reported
        } else {
            cached = cached.min(reported);
            written = written.min(reported - cached);
            reported - cached - written
        };
        let all = fresh.saturating_add(cached).saturating_add(written);
        if self.up_to_input_tokens.is_some_and(|limit| all > limit) {
            return Err(Unpriced::TooLarge);
        }
        let times = |tokens: u64, rate: u64| u128::from(tokens) * u128::from(rate);
        let input = times(fresh, self.input)
            + times(cached, self.cached_input.unwrap_or(self.input))
            + times(written, self.cache_write.unwrap_or(self.input));
        let output = times(usage.output.unwrap_or(0), self.output);
        Ok(Cost { total: input + output, parts: Some((input, output)), price_version: self.version.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A dollar, a dime and two dollars a million.
    fn rates() -> Rates {
        Rates {
            input: 1_000_000,
            cached_input: Some(100_000),
            cache_write: None,
            output: 2_000_000,
            up_to_input_tokens: Some(1_000_000),
            version: "2026-11-21".into(),
        }
    }

    fn check(usage: Usage, expected: Result<(u128, u128), Unpriced>) {
        let found = rates().price(&usage).map(|cost| cost.parts.expect("computed"));
        assert_eq!(found, expected, "{usage:?}");
    }

    fn usage(input: u64, output: u64) -> Usage {
        Usage { input: Some(input), output: Some(output), ..Usage::default() }
    }

    #[test]
    fn input_and_output_cost_their_rates() {
        check(usage(1_000, 500), Ok((1_000_000_000, 1_000_000_000)));
        check(usage(0, 0), Ok((0, 0)));
    }

    #[test]
    fn cached_input_is_cheaper_and_counted_once() {
        let inclusive = Usage { cached_input: Some(400), ..usage(1_000, 0) };
        check(inclusive, Ok((640_000_000, 0)));
        check(Usage { cache_exclusive: true, ..inclusive }, Ok((1_040_000_000, 0)));
    }

    #[test]
    fn cache_writes_without_a_rate_cost_as_input() {
        let inclusive = Usage { cache_write: Some(400), ..usage(1_000, 0) };
        check(inclusive, Ok((1_000_000_000, 0)));
        check(Usage { cache_exclusive: true, ..inclusive }, Ok((1_400_000_000, 0)));
    }

    #[test]
    fn reasoning_is_a_part_of_the_output() {
        check(Usage { reasoning: Some(400), ..usage(0, 500) }, Ok((0, 1_000_000_000)));
    }

    #[test]
    fn more_cached_than_went_in_is_all_of_it() {
        check(Usage { cached_input: Some(9_000), ..usage(1_000, 0) }, Ok((100_000_000, 0)));
    }

    #[test]
    fn without_tokens_or_past_its_size_a_call_has_no_price() {
        check(Usage::default(), Err(Unpriced::NoTokens));
        check(usage(1_000_001, 1), Err(Unpriced::TooLarge));
    }

    #[test]
    fn a_reported_cost_is_an_amount_of_money_or_not_taken() {
        assert_eq!(Cost::reported(0.0125).map(|cost| cost.total), Some(12_500_000_000));
        for nonsense in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(Cost::reported(nonsense), None, "{nonsense}");
        }
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole_and_nothing_overflows(
            input: u64, output: u64, cached: Option<u64>, written: Option<u64>, cache_exclusive: bool,
        ) {
            let rates = Rates { up_to_input_tokens: None, ..rates() };
            let usage = Usage {
                cached_input: cached, cache_write: written, cache_exclusive, ..usage(input, output)
            };
            let cost = rates.price(&usage).unwrap();
            let (into, out) = cost.parts.unwrap();
            prop_assert_eq!(into + out, cost.total);
        }
    }
}
