//! The JSON form against its contract, `docs/asyncapi.yaml`.

use super::testing::{full, record};
use super::*;
use crate::settings::{Node, Origin, Value as Setting, parse};
use serde_json::{Map, Value, json};

/// The contract as JSON.
fn contract() -> Value {
    let mut problems = Vec::new();
    let text = include_str!("../../../docs/asyncapi.yaml");
    let tree = parse(&Origin::source(0, "asyncapi.yaml"), text, &mut problems).expect("it is YAML");
    assert!(problems.is_empty(), "{problems:?}");
    value(&tree)
}

fn value(node: &Node) -> Value {
    match &node.value {
        Setting::Null => Value::Null,
        Setting::List(items) => items.iter().map(value).collect(),
        Setting::Map(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.clone(), value(&entry.node))).collect())
        }
        Setting::Scalar(scalar) => Value::String(scalar.text.clone()),
    }
}

/// What of `found` breaks `schema`; as much of JSON Schema as the contract uses. A name that the schema does not
/// have is a break too: the page is to be whole.
fn breaks(contract: &Value, schema: &Value, found: &Value, at: &str) -> Vec<String> {
    if let Some(path) = schema["$ref"].as_str() {
        return breaks(contract, contract.pointer(&path[1..]).expect(path), found, at);
    }
    let is_type = match schema["type"].as_str().expect("every schema has a type") {
        "string" => found.is_string(),
        "integer" => found.is_i64(),
        "number" => found.is_number(),
        "boolean" => found.is_boolean(),
        "array" => found.is_array(),
        "object" => found.is_object(),
        other => panic!("{at}: {other}"),
    };
    let words = schema["enum"].as_array();
    let pattern =
        schema["pattern"].as_str().map(|pattern| regex_automata::meta::Regex::new(pattern).unwrap());
    let fits = |text: &str| pattern.as_ref().is_none_or(|pattern| pattern.is_match(text));
    let fine = is_type && words.is_none_or(|words| words.contains(found)) && found.as_str().is_none_or(fits);
    let mut all: Vec<String> = if fine { Vec::new() } else { vec![format!("{at}: {found}")] };
    for item in found.as_array().into_iter().flatten() {
        all.extend(breaks(contract, &schema["items"], item, at));
    }
    all.extend(breaks_of_map(contract, schema, found.as_object().unwrap_or(&Map::new()), at));
    all
}

fn breaks_of_map(contract: &Value, schema: &Value, found: &Map<String, Value>, at: &str) -> Vec<String> {
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut all: Vec<String> = required
        .filter(|name| !found.contains_key(*name))
        .map(|name| format!("{at}.{name} is missing"))
        .collect();
    for (name, inner) in found {
        let at = format!("{at}.{name}");
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(known), _) | (None, Some(known)) => all.extend(breaks(contract, known, inner, &at)),
            (None, None) => all.push(format!("{at} is not in the contract")),
        }
    }
    all
}

fn check(json: &Value, expected: &[&str]) {
    let contract = contract();
    let schema = &contract["components"]["messages"]["llmSpan"]["payload"];
    assert_eq!(breaks(&contract, schema, json, ""), expected);
}

fn json_of(record: &Record) -> Value {
    serde_json::from_slice(&record.to_json()).unwrap()
}

#[test]
fn what_is_written_keeps_the_contract() {
    check(&json_of(&full()), &[]);
    check(&json_of(&record()), &[]);
    check(&json_of(&Record::default()), &[]);
}

#[test]
fn the_contract_has_no_name_that_is_never_written() {
    let contract = contract();
    let known = contract["components"]["schemas"]["LlmSpan"]["properties"].as_object().unwrap().clone();
    let written = json_of(&full());
    let never: Vec<&String> = known.keys().filter(|name| written.get(name).is_none()).collect();
    assert!(never.is_empty(), "{never:?}");
}

#[test]
fn what_breaks_the_contract_is_seen() {
    let mut wrong = json_of(&record());
    wrong["finish_reason"] = json!("nope");
    wrong["prompt_tokens"] = json!("1");
    wrong["prompt"] = json!("hi");
    wrong.as_object_mut().unwrap().remove("model");
    check(
        &wrong,
        &[
            ".model is missing",
            ".finish_reason: \"nope\"",
            ".prompt is not in the contract",
            ".prompt_tokens: \"1\"",
        ],
    );
}
