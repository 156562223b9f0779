//! Reads a price map in the shape that LiteLLM keeps: JSON, a model to a member, dollars per token.

use super::rates::{Fees, Price, Rates, Sheet, Sort};
use super::{Priced, Prices, decimal};
use crate::llm::{Tier, provider};
use crate::settings::{Origin, Problem};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What each sort of token is called, before what says of which calls.
const NAMES: [(Sort, &str); 10] = [
    (Sort::Input, "input_cost_per_token"),
    (Sort::CachedInput, "cache_read_input_token_cost"),
    (Sort::CacheWrite, "cache_creation_input_token_cost"),
    (Sort::CacheWrite1h, "cache_creation_input_token_cost_above_1hr"),
    (Sort::AudioInput, "input_cost_per_audio_token"),
    (Sort::ImageInput, "input_cost_per_image_token"),
    (Sort::Output, "output_cost_per_token"),
    (Sort::Reasoning, "output_cost_per_reasoning_token"),
    (Sort::AudioOutput, "output_cost_per_audio_token"),
    (Sort::ImageOutput, "output_cost_per_image_token"),
];

const TIERS: [(Tier, &str); 4] =
    [(Tier::Standard, ""), (Tier::Batch, "_batches"), (Tier::Flex, "_flex"), (Tier::Priority, "_priority")];

/// Those whose own models they are: what others ask for them is the price of those others alone.
const MAKERS: [&str; 15] = [
    "openai",
    "anthropic",
    "gcp.gemini",
    "gcp.vertex_ai",
    "azure.ai.openai",
    "mistral_ai",
    "deepseek",
    "cohere",
    "x_ai",
    "moonshot",
    "voyage",
    "dashscope",
    "zai",
    "ai21",
    "minimax",
];

type Entry = BTreeMap<String, Box<RawValue>>;

/// Reads a price map; `file` is what problems call it. Models without a price for tokens or calls are
/// left out. The map has no date: the version of its prices is `imported`.
pub(super) fn read(file: &str, text: &str) -> Result<Prices, Vec<Problem>> {
    let map: Result<BTreeMap<String, Entry>, _> = serde_json::from_str(text);
    let mut map: Vec<(String, Entry)> = match map {
        Ok(map) => map.into_iter().collect(),
        Err(error) => {
            let text = format!("is no price map: it goes wrong in line {}", error.line());
            return Err(vec![Problem { origin: Origin::source(0, file), key: String::new(), text }]);
        }
    };
    // `azure/eu/gpt-4o` and `azure/gpt-4o` both end in the name by which calls go: the plainest has it.
    map.sort_by_key(|(name, _)| name.matches('/').count());
    let mut prices = Prices::default();
    for (name, entry) in &map {
        if let Some(row) = row(name, entry) {
            prices.insert(&row);
        }
    }
    Ok(prices)
}

fn row(name: &str, entry: &Entry) -> Option<Priced> {
    let by: String = serde_json::from_str(entry.get("litellm_provider")?.get()).ok()?;
    let by = provider_name(&by);
    let price = price(entry)?;
    let bare = name.rsplit('/').next().unwrap_or(name);
    Some(Priced {
        resells: !MAKERS.contains(&by.as_str()),
        provider: by.into(),
        model: bare.to_ascii_lowercase().into(),
        aliases: Vec::new(),
        price: Arc::new(price),
        before: Vec::new(),
    })
}

/// `vertex_ai-anthropic_models` is Vertex, `cohere_chat` is Cohere.
fn provider_name(by: &str) -> String {
    let by = by.split('-').next().unwrap_or(by);
    let by = by.strip_suffix("_chat").unwrap_or(by);
    provider::clean(by).map_or_else(|| by.to_owned(), |name| name.into_owned())
}

fn price(entry: &Entry) -> Option<Price> {
    let standard = sheet(entry, "");
    let fees = Fees {
        request: amount(entry, "input_cost_per_request")
            .or(amount(entry, "input_cost_per_query"))
            .unwrap_or(0),
        web_search: web_search(entry).unwrap_or(0),
        image: amount(entry, "output_cost_per_image").unwrap_or(0),
    };
    let tokens = standard.rates.get(Sort::Input).zip(standard.rates.get(Sort::Output));
    if tokens.is_none_or(|(input, output)| input + output == 0) && fees.request + fees.image == 0 {
        return None;
    }
    let tiers = TIERS[1..].iter().map(|(tier, suffix)| (*tier, sheet(entry, suffix)));
    let tiers = tiers.filter(|(_, sheet)| *sheet != Sheet::default()).collect();
    Some(Price { version: "imported".into(), standard, tiers, fees })
}

fn sheet(entry: &Entry, tier: &str) -> Sheet {
    let mut rates = Rates::default();
    for (sort, name) in NAMES {
        rates.set(sort, rate(entry, sort, &format!("{name}{tier}")));
    }
    let mut above: BTreeMap<u64, Rates> = BTreeMap::new();
    for key in entry.keys() {
        let Some((sort, size)) = sized(key, tier) else { continue };
        above.entry(size).or_default().set(sort, rate(entry, sort, key));
    }
    Sheet { rates, above: above.into_iter().collect() }
}

/// `input_cost_per_token_above_200k_tokens_batches` of the tier `_batches` is input above 200,000.
fn sized(key: &str, tier: &str) -> Option<(Sort, u64)> {
    let (start, size) = key.strip_suffix(tier)?.strip_suffix("k_tokens")?.rsplit_once("_above_")?;
    let (sort, _) = NAMES.iter().find(|(_, name)| *name == start)?;
    Some((*sort, size.parse::<u64>().ok()?.checked_mul(1_000)?))
}

/// A cache that is written to for nothing is one whose writes cost as input.
fn rate(entry: &Entry, sort: Sort, key: &str) -> Option<u64> {
    let free_write = matches!(sort, Sort::CacheWrite | Sort::CacheWrite1h);
    amount(entry, key).filter(|rate| *rate > 0 || !free_write)
}

fn web_search(entry: &Entry) -> Option<u64> {
    let sizes: Entry = serde_json::from_str(entry.get("search_context_cost_per_query")?.get()).ok()?;
    amount(&sizes, "search_context_size_medium")
}

/// Pico-dollars, rounded to the nearest.
fn amount(entry: &Entry, key: &str) -> Option<u64> {
    decimal::rounded(entry.get(key)?.get().trim_matches('"'), 12)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::cost::Asked;
    use crate::llm::Usage;
    use expect_test::{Expect, expect};

    /// In the shape of the real map, with made-up prices.
    const MAP: &str = r#"{
        "sample_spec": { "input_cost_per_token": 0.0, "litellm_provider": "one of many", "mode": "one of: chat" },
        "openai/m-1": {
            "litellm_provider": "openai", "mode": "chat",
            "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05, "cache_read_input_token_cost": 2.5e-07,
            "input_cost_per_token_above_272k_tokens": 5e-06, "output_cost_per_token_above_272k_tokens": 2e-05,
            "input_cost_per_token_batches": 1.25e-06, "output_cost_per_token_batches": 5e-06,
            "input_cost_per_token_above_272k_tokens_batches": 2.5e-06,
            "search_context_cost_per_query": { "search_context_size_medium": 0.01 }
        },
        "azure/eu/m-1": { "litellm_provider": "azure", "input_cost_per_token": 3e-06, "output_cost_per_token": 1.1e-05 },
        "azure/m-1": { "litellm_provider": "azure", "input_cost_per_token": 2e-06, "output_cost_per_token": 1e-05 },
        "vertex_ai/claude-x": {
            "litellm_provider": "vertex_ai-anthropic_models", "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
            "cache_creation_input_token_cost": 3.75e-06, "cache_creation_input_token_cost_above_1hr": 6e-06
        },
        "rerank-z": { "litellm_provider": "cohere", "input_cost_per_query": 0.002, "input_cost_per_token": 0.0, "output_cost_per_token": 0.0 },
        "free": { "litellm_provider": "groq", "input_cost_per_token": 0.0, "output_cost_per_token": 0.0 },
        "silent": { "litellm_provider": "openai", "mode": "audio_speech", "output_cost_per_second": 0.1 }
    }"#;

    fn total(provider: &str, model: &str, tier: Tier, usage: Usage) -> Option<u128> {
        let prices = Prices::read("map.json", MAP).expect("a price map");
        let asked = Asked { provider: Some(provider), model, tier, day: None };
        prices.price(asked, &usage).ok().map(|cost| cost.total)
    }

    fn usage(input: u64, output: u64) -> Usage {
        Usage { input: Some(input), output: Some(output), ..Usage::default() }
    }

    #[test]
    fn rates_sizes_tiers_and_fees_are_read_exactly() {
        let small = usage(1_000, 100);
        assert_eq!(total("openai", "m-1", Tier::Standard, small), Some(3_500_000_000));
        assert_eq!(total("openai", "m-1", Tier::Batch, small), Some(1_750_000_000));
        assert_eq!(total("openai", "m-1", Tier::Standard, usage(300_000, 0)), Some(1_500_000_000_000));
        assert_eq!(total("openai", "m-1", Tier::Batch, usage(300_000, 0)), Some(750_000_000_000));
        let searched = Usage { web_searches: Some(2), ..small };
        assert_eq!(total("openai", "m-1", Tier::Standard, searched), Some(23_500_000_000));
        let written = Usage { cache_write: Some(30), cache_write_1h: Some(10), ..usage(30, 0) };
        assert_eq!(total("gcp.vertex_ai", "claude-x", Tier::Standard, written), Some(135_000_000));
        assert_eq!(total("cohere", "rerank-z", Tier::Standard, usage(9, 0)), Some(2_000_000_000));
    }

    #[test]
    fn the_plainest_of_equal_names_is_the_price() {
        assert_eq!(total("azure.ai.openai", "m-1", Tier::Standard, usage(1, 0)), Some(2_000_000));
    }

    #[test]
    fn what_has_no_price_is_left_out() {
        for (provider, model) in [("groq", "free"), ("openai", "silent"), ("openai", "sample_spec")] {
            assert_eq!(total(provider, model, Tier::Standard, usage(1, 1)), None, "{model}");
        }
    }

    fn check(text: &str, problems: Expect) {
        let found = Prices::read("map.json", text).expect_err("a problem");
        problems.assert_eq(&found.iter().map(|problem| format!("{problem}\n")).collect::<String>());
    }

    #[test]
    fn what_is_no_price_map_is_refused_with_its_line() {
        check(
            "{\n\"x\": { \"input_cost_per_token\": 1e-06",
            expect![[r#"
            map.json: is no price map: it goes wrong in line 2
        "#]],
        );
        check(
            "{\"input_cost_per_token\": 3}",
            expect![[r#"
            map.json: is no price map: it goes wrong in line 1
        "#]],
        );
    }
}
