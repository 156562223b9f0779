//! Reads the price list of the predecessor: a YAML list of models with two prices each.

use super::file::Rate;
use super::rates::{Price, Rates, Sheet, Sort};
use super::{Priced, Prices};
use crate::settings::{self, Origin, Problem, Section, Value};
use std::sync::Arc;

/// Whether `text` begins as a list of rows does.
pub(super) fn is_list(text: &str) -> bool {
    let idle = |line: &&str| line.is_empty() || line.starts_with('#') || *line == "---";
    let first = text.lines().map(str::trim).find(|line| !idle(line));
    first.is_some_and(|line| line.starts_with("- ")) && text.contains("_price_per_1m")
}

/// Names stand for themselves alone, as they did there.
pub(super) fn read(file: &str, text: &str) -> Result<Prices, Vec<Problem>> {
    let (mut prices, mut problems) = (Prices::exact(), Vec::new());
    let root = settings::parse(&Origin::source(0, file), text, &mut problems);
    if let Some(Value::List(rows)) = root.map(|root| root.value) {
        for node in rows {
            problems.extend(settings::read(&node, |section| row(section, &mut prices)));
        }
    }
    if problems.is_empty() { Ok(prices) } else { Err(problems) }
}

fn row(section: &mut Section<'_>, prices: &mut Prices) {
    let (mut model, mut provider, mut version) = (String::new(), String::new(), String::new());
    let (mut input, mut output) = (None, None);
    section.get("model", &mut model);
    section.get("provider", &mut provider);
    section.get("input_price_per_1m", &mut input);
    section.get("output_price_per_1m", &mut output);
    section.get("version", &mut version);
    let names = [&model, &provider, &version];
    let (Some(Rate(input)), Some(Rate(output)), false) =
        (input, output, names.iter().any(|name| name.is_empty()))
    else {
        return section
            .problem("", "needs model, provider, input_price_per_1m, output_price_per_1m and version");
    };
    let mut rates = Rates::default();
    rates.set(Sort::Input, Some(input));
    rates.set(Sort::Output, Some(output));
    let standard = Sheet { rates, above: Vec::new() };
    let row = Priced {
        provider: provider.into(),
        model: model.into(),
        aliases: Vec::new(),
        resells: false,
        price: Arc::new(Price { version, standard, ..Price::default() }),
        before: Vec::new(),
    };
    if !prices.insert(&row) {
        section.problem("", "this provider has a model of that name already");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::cost::{Asked, micro_dollars};
    use crate::llm::Usage;
    use expect_test::expect;
    use serde_json::Value;

    /// The two prices that the predecessor shipped.
    const SHIPPED: &str = "# model prices\n- model: gpt-4o\n  provider: openai\n  input_price_per_1m: 5.00\n  \
        output_price_per_1m: 15.00\n  version: \"2025-01-15\"\n- model: gpt-3.5-turbo\n  provider: openai\n  \
        input_price_per_1m: 0.50\n  output_price_per_1m: 1.50\n  version: \"2024-05-13\"\n";

    /// Its recorded figures were cut by floating point, one too low in some: there `f64` says so too.
    #[test]
    fn costs_are_those_recorded_of_the_predecessor_but_for_its_float_fault() {
        let prices = Prices::read("model_prices.yaml", SHIPPED).unwrap();
        let vectors: Value =
            serde_json::from_str(include_str!("../../../tests/data/cost_vectors.json")).unwrap();
        let mut faults = 0;
        for case in vectors["cost"].as_array().unwrap() {
            let (model, provider) = (case["model"].as_str().unwrap(), case["provider"].as_str());
            let (input, output) = (case["prompt_tokens"].as_u64(), case["completion_tokens"].as_u64());
            let usage = Usage { input, output, ..Usage::default() };
            let cost = prices.price(Asked { provider, model, ..Asked::default() }, &usage).ok();
            let micro = cost.map(|cost| micro_dollars(cost.total));
            let recorded = case["cost_usd_micro"].as_u64();
            if micro != recorded {
                let rates = if model == "gpt-4o" { (5.0, 15.0) } else { (0.5, 1.5) };
                let spent = input.unwrap() as f64 * rates.0 + output.unwrap_or(0) as f64 * rates.1;
                let cut = (spent / 1e6 * 1e6) as u64;
                assert_eq!((Some(cut), micro), (recorded, recorded.map(|micro| micro + 1)), "{case}");
                faults += 1;
            }
        }
        assert!(faults < 10, "{faults}");
    }

    #[test]
    fn what_is_wrong_with_a_row_is_said_with_its_line() {
        let text = format!(
            "{SHIPPED}- model: gpt-4o\n  provider: openai\n  input_price_per_1m: -1\n  output_price_per_1m: 1\n  version: x\n  cached: 3\n"
        );
        let problems = Prices::read("m.yaml", &text).expect_err("problems");
        let shown: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
        expect![[r#"
            m.yaml:12: needs model, provider, input_price_per_1m, output_price_per_1m and version
            m.yaml:14: input_price_per_1m: expected an amount per million tokens, such as 2.50, found `-1`
            m.yaml:17: cached: unknown key
        "#]]
        .assert_eq(&shown);
    }
}
