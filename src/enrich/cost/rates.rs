//! What tokens cost of one model, by what they are, and how large the call and how urgent it was.

use super::{Cost, Unpriced};
use crate::llm::{Tier, Usage};

/// What a token is to a price list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Sort {
    Input,
    /// Input read from a cache.
    CachedInput,
    /// Input written to a cache, for five minutes or for as long as the provider likes.
    CacheWrite,
    /// Input written to a cache for an hour.
    CacheWrite1h,
    AudioInput,
    ImageInput,
    Output,
    Reasoning,
    AudioOutput,
    ImageOutput,
}

impl Sort {
    pub const ALL: [Sort; 10] = [
        Sort::Input,
        Sort::CachedInput,
        Sort::CacheWrite,
        Sort::CacheWrite1h,
        Sort::AudioInput,
        Sort::ImageInput,
        Sort::Output,
        Sort::Reasoning,
        Sort::AudioOutput,
        Sort::ImageOutput,
    ];

    /// The key in a price file.
    pub fn key(self) -> &'static str {
        match self {
            Sort::Input => "input",
            Sort::CachedInput => "cached_input",
            Sort::CacheWrite => "cache_write",
            Sort::CacheWrite1h => "cache_write_1h",
            Sort::AudioInput => "audio_input",
            Sort::ImageInput => "image_input",
            Sort::Output => "output",
            Sort::Reasoning => "reasoning",
            Sort::AudioOutput => "audio_output",
            Sort::ImageOutput => "image_output",
        }
    }
}

/// Pico-dollars a token, by what it is; a sort without a rate of its own costs what it is a part of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates([Option<u64>; Sort::ALL.len()]);

/// The rates of calls of any size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    pub rates: Rates,
    /// From which number of input tokens on, exclusive, which rates hold instead; ascending. A rate that is
    /// not there is as for the size below.
    pub above: Vec<(u64, Rates)>,
}

/// Pico-dollars beside those for tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fees {
    /// For the call.
    pub request: u64,
    /// For each search of the web that the provider ran in it.
    pub web_search: u64,
    /// For each image that came out.
    pub image: u64,
}

/// What one model costs over some time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// The date of the price.
    pub version: String,
    pub standard: Sheet,
    /// For calls that may wait, or must not. A rate that is not there is the standard one.
    pub tiers: Vec<(Tier, Sheet)>,
    pub fees: Fees,
}

impl Rates {
    pub fn get(&self, sort: Sort) -> Option<u64> {
        self.0[sort as usize]
    }

    pub fn set(&mut self, sort: Sort, rate: Option<u64>) {
        self.0[sort as usize] = rate;
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    fn or(self, other: Rates) -> Rates {
        Rates(std::array::from_fn(|sort| self.0[sort].or(other.0[sort])))
    }
}

impl Sheet {
    /// The rates of a call with `input` tokens in all.
    fn of(&self, input: u64) -> Rates {
        let reached = self.above.iter().filter(|(from, _)| input > *from);
        reached.fold(self.rates, |rates, (_, larger)| larger.or(rates))
    }
}

impl Price {
    /// The cost of `usage`; a missing count is none of that sort.
    ///
    /// What was cached, written to a cache, spoken or shown is taken out of the input where it has a rate
    /// of its own, and stays input else; in the same way reasoning, sound and images out of the output.
    /// Where the provider counts the cache, or reasoning, on top, it is added first. The size that chooses
    /// the rates is all input, however it was counted.
    pub fn of(&self, usage: &Usage, tier: Tier) -> Result<Cost, Unpriced> {
        if usage.is_empty() && usage.images.is_none() {
            return Err(Unpriced::NoTokens);
        }
        let input = usage.total_input().unwrap_or(0);
        let rates = self.rates(input, tier)?;
        let count = |count: Option<u64>| count.unwrap_or(0);
        let written_1h = count(usage.cache_write_1h);
        let written = count(usage.cache_write).saturating_sub(written_1h);
        let rate_1h = rates.get(Sort::CacheWrite1h).or(rates.get(Sort::CacheWrite));
        let into = split(
            input,
            rates.get(Sort::Input).unwrap_or(0),
            &[
                (count(usage.cached_input), rates.get(Sort::CachedInput)),
                (written, rates.get(Sort::CacheWrite)),
                (written_1h, rate_1h),
                (count(usage.audio_input), rates.get(Sort::AudioInput)),
                (count(usage.image_input), rates.get(Sort::ImageInput)),
            ],
        );
        let out = split(
            usage.total_output().unwrap_or(0),
            rates.get(Sort::Output).unwrap_or(0),
            &[
                (count(usage.reasoning), rates.get(Sort::Reasoning)),
                (count(usage.audio_output), rates.get(Sort::AudioOutput)),
                (count(usage.image_output), rates.get(Sort::ImageOutput)),
            ],
        );
        let fees = &self.fees;
        let input = into + u128::from(fees.request) + times(count(usage.web_searches), fees.web_search);
        let output = out + times(count(usage.images), fees.image);
        Ok(Cost { total: input + output, parts: Some((input, output)), price_version: self.version.clone() })
    }

    fn rates(&self, input: u64, tier: Tier) -> Result<Rates, Unpriced> {
        let standard = self.standard.of(input);
        if tier == Tier::Standard {
            return Ok(standard);
        }
        let sheet = self.tiers.iter().find(|(of, _)| *of == tier).ok_or(Unpriced::NoTier)?;
        Ok(sheet.1.of(input).or(standard))
    }
}

/// The cost of `all` tokens at `rate`, but for those parts that have a rate of their own. Parts beyond the
/// whole are none.
fn split(all: u64, rate: u64, parts: &[(u64, Option<u64>)]) -> u128 {
    let (mut left, mut cost) = (all, 0);
    for (tokens, own) in parts {
        if let Some(own) = own {
            let tokens = left.min(*tokens);
            left -= tokens;
            cost += times(tokens, *own);
        }
    }
    cost + times(left, rate)
}

fn times(count: u64, each: u64) -> u128 {
    u128::from(count) * u128::from(each)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rates(of: &[(Sort, u64)]) -> Rates {
        let mut rates = Rates::default();
        of.iter().for_each(|(sort, rate)| rates.set(*sort, Some(*rate)));
        rates
    }

    /// A dollar, a dime for the cache and two dollars a million.
    fn price() -> Price {
        let standard =
            rates(&[(Sort::Input, 1_000_000), (Sort::CachedInput, 100_000), (Sort::Output, 2_000_000)]);
        Price {
            version: "2026-11-21".into(),
            standard: Sheet { rates: standard, above: Vec::new() },
            ..Price::default()
        }
    }

    /// As [`price`], and everything in it has a rate of its own.
    fn full() -> Price {
        let mut price = price();
        for (sort, rate) in [
            (Sort::CacheWrite, 1_250_000),
            (Sort::CacheWrite1h, 2_000_000),
            (Sort::AudioInput, 10_000_000),
            (Sort::ImageInput, 3_000_000),
            (Sort::Reasoning, 4_000_000),
            (Sort::AudioOutput, 20_000_000),
            (Sort::ImageOutput, 30_000_000),
        ] {
            price.standard.rates.set(sort, Some(rate));
        }
        price.standard.above = vec![(200_000, rates(&[(Sort::Input, 2_000_000)]))];
        price.tiers =
            vec![(Tier::Batch, Sheet { rates: rates(&[(Sort::Input, 500_000)]), above: Vec::new() })];
        price.fees = Fees { request: 7, web_search: 10_000_000_000, image: 40_000_000_000 };
        price
    }

    fn usage(input: u64, output: u64) -> Usage {
        Usage { input: Some(input), output: Some(output), ..Usage::default() }
    }

    fn check(price: &Price, usage: Usage, expected: Result<(u128, u128), Unpriced>) {
        let found = price.of(&usage, Tier::Standard).map(|cost| cost.parts.expect("computed"));
        assert_eq!(found, expected, "{usage:?}");
    }

    #[test]
    fn input_and_output_cost_their_rates() {
        check(&price(), usage(1_000, 500), Ok((1_000_000_000, 1_000_000_000)));
        check(&price(), usage(0, 0), Ok((0, 0)));
    }

    #[test]
    fn cached_input_is_cheaper_and_counted_once() {
        let inclusive = Usage { cached_input: Some(400), ..usage(1_000, 0) };
        check(&price(), inclusive, Ok((640_000_000, 0)));
        check(&price(), Usage { cache_exclusive: true, ..inclusive }, Ok((1_040_000_000, 0)));
    }

    #[test]
    fn cache_writes_without_a_rate_cost_as_input() {
        let inclusive = Usage { cache_write: Some(400), ..usage(1_000, 0) };
        check(&price(), inclusive, Ok((1_000_000_000, 0)));
        check(&price(), Usage { cache_exclusive: true, ..inclusive }, Ok((1_400_000_000, 0)));
    }

    #[test]
    fn cache_writes_of_an_hour_have_their_rate_and_else_that_of_any_write() {
        let written = Usage { cache_write: Some(400), cache_write_1h: Some(100), ..usage(1_000, 0) };
        check(&full(), written, Ok((600_000_000 + 300 * 1_250_000 + 200_000_000 + 7, 0)));
        let mut one = full();
        one.standard.rates.set(Sort::CacheWrite1h, None);
        check(&one, written, Ok((600_000_000 + 400 * 1_250_000 + 7, 0)));
    }

    #[test]
    fn reasoning_is_a_part_of_the_output_unless_it_is_counted_apart() {
        let within = Usage { reasoning: Some(400), ..usage(0, 500) };
        check(&price(), within, Ok((0, 1_000_000_000)));
        check(&price(), Usage { reasoning_exclusive: true, ..within }, Ok((0, 1_800_000_000)));
        check(&full(), within, Ok((7, 400 * 4_000_000 + 100 * 2_000_000)));
    }

    #[test]
    fn sound_and_images_have_their_rates_and_are_part_of_the_tokens() {
        let spoken = Usage { audio_input: Some(100), audio_output: Some(50), ..usage(1_000, 80) };
        check(&full(), spoken, Ok((900_000_000 + 1_000_000_000 + 7, 1_000_000_000 + 60_000_000)));
        check(&price(), spoken, Ok((1_000_000_000, 160_000_000)));
        let seen = Usage { image_input: Some(1_000), image_output: Some(10), ..usage(1_000, 10) };
        check(&full(), seen, Ok((3_000_000_000 + 7, 300_000_000)));
    }

    #[test]
    fn fees_come_on_top() {
        let searched = Usage { web_searches: Some(3), images: Some(2), ..usage(0, 0) };
        check(&full(), searched, Ok((30_000_000_007, 80_000_000_000)));
    }

    #[test]
    fn more_cached_than_went_in_is_all_of_it() {
        check(&price(), Usage { cached_input: Some(9_000), ..usage(1_000, 0) }, Ok((100_000_000, 0)));
    }

    #[test]
    fn a_larger_call_has_the_rates_of_its_size_cache_included() {
        check(&full(), usage(200_000, 1), Ok((200_000_000_007, 2_000_000)));
        check(&full(), usage(200_001, 1), Ok((400_002_000_007, 2_000_000)));
        let cached = Usage { cached_input: Some(200_000), cache_exclusive: true, ..usage(1, 0) };
        check(&full(), cached, Ok((20_000_000_000 + 2_000_000 + 7, 0)));
    }

    #[test]
    fn a_tier_has_its_rates_and_without_them_no_price() {
        let found = |tier| full().of(&usage(1_000, 0), tier).map(|cost| cost.total);
        assert_eq!(found(Tier::Batch), Ok(500_000_007));
        assert_eq!(found(Tier::Priority), Err(Unpriced::NoTier));
    }

    #[test]
    fn without_tokens_a_call_has_no_price() {
        check(&price(), Usage::default(), Err(Unpriced::NoTokens));
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole_and_nothing_overflows(
            input: u64, output: u64, cached: Option<u64>, written: Option<u64>, reasoning: Option<u64>,
            searches: Option<u64>, cache_exclusive: bool, reasoning_exclusive: bool, rate in 0..1_000_000_000_001u64,
        ) {
            let mut price = full();
            Sort::ALL.into_iter().for_each(|sort| price.standard.rates.set(sort, Some(rate)));
            let usage = Usage {
                cached_input: cached, cache_write: written, reasoning, web_searches: searches,
                cache_exclusive, reasoning_exclusive, ..usage(input, output)
            };
            let cost = price.of(&usage, Tier::Standard).unwrap();
            let (into, out) = cost.parts.unwrap();
            prop_assert_eq!(into + out, cost.total);
        }
    }
}
