//! What a call costs, exactly: whole pico-dollars, from a price file or from what was reported.

mod day;
mod decimal;
mod file;
mod litellm;
mod name;
mod predecessor;
mod prices;
mod rates;
mod write;

pub use day::Day;
pub(super) use name::first as name_forms;
pub use prices::{Asked, LoadError, Priced, Prices};
pub use rates::{Fees, Price, Rates, Sheet, Sort};

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
    /// The model has no price for a call of that urgency (batch, flex, priority).
    NoTier,
}

impl Unpriced {
    pub const ALL: [Unpriced; 4] =
        [Unpriced::NoModel, Unpriced::UnknownModel, Unpriced::NoTokens, Unpriced::NoTier];

    /// The label of the metric.
    pub fn reason(self) -> &'static str {
        match self {
            Unpriced::NoModel => "no_model",
            Unpriced::UnknownModel => "unknown_model",
            Unpriced::NoTokens => "no_tokens",
            Unpriced::NoTier => "no_tier_price",
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

/// Whole millionths of a dollar, what is left over cut off: the figure of records.
pub fn micro_dollars(pico: u128) -> u64 {
    u64::try_from(pico / (PICO / 1_000_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reported_cost_is_an_amount_of_money_or_not_taken() {
        assert_eq!(Cost::reported(0.0125).map(|cost| cost.total), Some(12_500_000_000));
        for nonsense in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(Cost::reported(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn micro_dollars_are_cut_and_never_wrap() {
        assert_eq!((micro_dollars(1_999_999), micro_dollars(2_000_000)), (1, 2));
        assert_eq!(micro_dollars(u128::MAX), u64::MAX);
    }
}
