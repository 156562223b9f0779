//! The corpus of real payloads through the line: nothing planted comes out, nothing else is harmed.

use crate::corpus::{Payload, payloads};
use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, trace::v1::ExportTraceServiceRequest,
};
use prost::Message;
use serde_json::Value as Json;
use sidelight::enrich::cost::Prices;
use sidelight::enrich::{Aliases, Config, Enricher, Messages};
use sidelight::otlp::{Batch, Item, Limits, Signal};
use sidelight::recognize::{self, Found};
use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

fn enricher() -> Enricher {
    Enricher::build(&Config::default(), Prices::builtin())
}

/// As the built-in configuration, with all that can be added.
fn talkative() -> Enricher {
    let mut config = Config { aliases: Aliases::All, ..Config::default() };
    config.normalize.messages = Messages::Add;
    Enricher::build(&config, Prices::builtin())
}

fn enrich(enricher: &Enricher, batch: &Batch) -> Batch {
    enricher.apply(batch, SystemTime::UNIX_EPOCH).batch
}

/// What was planted and is personal data or a secret by its form. Names, addresses and dates of birth are
/// not told by form.
fn planted(payload: &Payload) -> BTreeSet<String> {
    let values = payload.expected["planted_pii"].as_array().into_iter().flatten();
    let hard = values.filter(|value| value["present"] == true && value["soft"] != true);
    hard.filter_map(|value| value["value"].as_str().map(str::to_owned)).collect()
}

/// Every string of `batch`, and what it says once its escapes are undone.
fn texts(batch: &Batch) -> Vec<String> {
    let mut all = Vec::new();
    let mut add = |text: &str| {
        all.push(text.to_owned());
        let mut read = text.to_owned();
        while read.contains('\\') && all.len() < 1_000_000 {
            let next = unescape(&read);
            if next == read {
                break;
            }
            all.push(next.clone());
            read = next;
        }
    };
    for item in batch.walk() {
        add(&chunks(&item));
        batch.leaves(&item, |leaf| add(leaf.text));
        batch.resource_leaves(item.resource_group.clone(), |leaf| add(leaf.text));
        batch.scope_leaves(item.scope_group.clone(), |leaf| add(leaf.text));
    }
    all
}

/// What the chunks of a stream say together, each a provider's chunk in an event of its own.
fn chunks(item: &Item<'_>) -> String {
    let events = item.span().into_iter().flat_map(|span| span.events());
    let texts = events.filter_map(|event| {
        let text = event.attributes().find_map(|attribute| attribute.value().as_str())?;
        let chunk: Json = serde_json::from_str(text).ok()?;
        chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned)
    });
    texts.collect()
}

/// One round of the escapes of JSON, wherever they stand.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let (said, len) = match rest.as_bytes().get(at + 1) {
            Some(b'u') => {
                let code = rest.get(at + 2..at + 6).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                (code.and_then(char::from_u32).unwrap_or(' '), if code.is_some() { 6 } else { 2 })
            }
            Some(b'n') => ('\n', 2),
            Some(b't') => ('\t', 2),
            Some(byte) if byte.is_ascii() => (char::from(*byte), 2),
            _ => (' ', 1),
        };
        out.push(said);
        rest = &rest[at + len..];
    }
    out + rest
}

#[test]
fn nothing_that_was_planted_comes_out_in_any_form() {
    let Some(payloads) = payloads() else { return };
    let enricher = talkative();
    let (mut values, mut leaks) = (0, Vec::new());
    for payload in &payloads {
        let planted = planted(payload);
        values += planted.len();
        let safe = enrich(&enricher, &payload.batch);
        let out = texts(&safe);
        for value in planted {
            let raw = safe.otlp().windows(value.len()).any(|bytes| bytes == value.as_bytes());
            if raw || out.iter().any(|text| text.contains(&value)) {
                leaks.push(format!("{}: {value}", payload.file));
            }
        }
    }
    assert!(values > 1_000, "the corpus has {values} planted values");
    assert!(leaks.is_empty(), "{} of {values} came out:\n{}", leaks.len(), leaks.join("\n"));
}

#[test]
fn enriching_twice_gives_the_same_bytes() {
    let Some(payloads) = payloads() else { return };
    for enricher in [enricher(), talkative()] {
        for payload in &payloads {
            let once = enrich(&enricher, &payload.batch);
            let twice = enrich(&enricher, &once);
            assert!(once.otlp() == twice.otlp(), "{}: {}", payload.file, difference(&once, &twice));
        }
    }
}

/// The attributes that differ between two versions of a batch.
fn difference(one: &Batch, other: &Batch) -> String {
    let leaves = |batch: &Batch| {
        batch
            .walk()
            .map(|item| item.attributes().map(|a| format!("{}={:?}", a.key, a.value())).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    for (one, other) in leaves(one).into_iter().zip(leaves(other)) {
        if one != other {
            let (a, b): (BTreeSet<_>, BTreeSet<_>) = (one.into_iter().collect(), other.into_iter().collect());
            return format!(
                "{:#?}\n->\n{:#?}",
                a.difference(&b).collect::<Vec<_>>(),
                b.difference(&a).collect::<Vec<_>>()
            );
        }
    }
    "elsewhere".into()
}

#[test]
fn what_comes_out_is_a_valid_request_with_every_item() {
    let Some(payloads) = payloads() else { return };
    let enricher = enricher();
    for payload in &payloads {
        let safe = enrich(&enricher, &payload.batch);
        let read = Batch::read(safe.signal(), safe.otlp().clone(), &Limits::default());
        assert_eq!(read.expect("valid").items(), payload.batch.items(), "{}", payload.file);
        match safe.signal() {
            Signal::Traces => drop(ExportTraceServiceRequest::decode(safe.otlp().as_ref()).expect("decodes")),
            Signal::Logs => drop(ExportLogsServiceRequest::decode(safe.otlp().as_ref()).expect("decodes")),
            Signal::Metrics => {}
        }
    }
}

#[test]
fn items_without_llm_content_keep_every_byte_but_what_was_found_in_them() {
    let Some(payloads) = payloads() else { return };
    let enricher = enricher();
    let (mut kept, mut changed) = (0, 0);
    for payload in &payloads {
        let safe = enrich(&enricher, &payload.batch);
        let calls: BTreeSet<usize> = recognize::find(&payload.batch)
            .iter()
            .filter_map(|found| match found {
                Found::Call(item, _) => Some(item.at.start),
                Found::Carrier(_) => None,
            })
            .collect();
        let plain = |(before, _): &(Item<'_>, Item<'_>)| !calls.contains(&before.at.start);
        for (before, after) in payload.batch.walk().zip(safe.walk()).filter(plain) {
            if before.message == after.message {
                kept += 1;
            } else {
                changed += 1;
                let text = String::from_utf8_lossy(after.message).into_owned();
                assert!(text.contains('['), "{}: changed without a find", payload.file);
            }
        }
    }
    assert!(kept > 50 && changed < kept, "{kept} kept, {changed} changed");
}

#[test]
fn json_in_strings_stays_json() {
    let Some(payloads) = payloads() else { return };
    let enricher = enricher();
    let mut checked = 0;
    for payload in &payloads {
        let safe = enrich(&enricher, &payload.batch);
        for (before, after) in payload.batch.walk().zip(safe.walk()) {
            let after: BTreeMap<&str, _> = after.attributes().map(|a| (a.key, a.value())).collect();
            for attribute in before.attributes() {
                let parses =
                    |text: &str| text.starts_with(['{', '[']) && serde_json::from_str::<Json>(text).is_ok();
                if attribute.value().as_str().is_some_and(parses) {
                    let text = after.get(attribute.key).and_then(|value| value.as_str()).unwrap_or("");
                    assert!(parses(text), "{}: {} is no JSON any more", payload.file, attribute.key);
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 1_000, "{checked}");
}
