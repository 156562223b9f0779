//! A few real payloads that are always there, corpus or not: what planted values become of, which calls are
//! found.

use serde::Deserialize;
use sidelight::enrich::cost::Prices;
use sidelight::enrich::{Config, Enricher};
use sidelight::otlp::{Batch, Limits, Signal, json};
use sidelight::recognize::{self, Found};
use std::path::Path;
use std::time::SystemTime;

/// One payload, as real exporters sent them to a mock of a provider; people, numbers and keys are made up.
#[derive(Deserialize)]
struct Payload {
    file: String,
    /// Spans that are a request to a model.
    calls: usize,
    /// How many of them are a request of their own, and the input tokens of these, where that is known.
    counted: Option<usize>,
    tokens: Option<u64>,
    /// Values that must not come out.
    planted: Vec<String>,
}

impl Payload {
    fn batch(&self, folder: &Path) -> Batch {
        let body = std::fs::read(folder.join(&self.file)).expect("a payload");
        let signal = if self.file.contains(".logs.") { Signal::Logs } else { Signal::Traces };
        let otlp =
            if self.file.ends_with(".json") { json::read(signal, &body).expect("OTLP/JSON") } else { body };
        Batch::read(signal, otlp.into(), &Limits::default()).expect("a valid request")
    }
}

#[test]
fn the_calls_of_real_payloads_are_found_and_nothing_planted_comes_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/payloads");
    let index = std::fs::read(folder.join("index.json")).expect("the index");
    let payloads: Vec<Payload> = serde_json::from_slice(&index).expect("JSON");
    let enricher = Enricher::build(&Config::default(), Prices::builtin());
    for payload in &payloads {
        let batch = payload.batch(&folder);
        let found = recognize::find(&batch);
        let calls = found.iter().filter_map(|found| match found {
            Found::Call(_, call) if call.model_call => Some(call),
            _ => None,
        });
        assert_eq!(calls.clone().count(), payload.calls, "{}", payload.file);
        let counted = calls.filter(|call| call.usage_counted);
        let tokens = counted.clone().filter_map(|call| call.usage.input).sum();
        assert_eq!(payload.counted.unwrap_or(counted.clone().count()), counted.count(), "{}", payload.file);
        assert_eq!(payload.tokens.unwrap_or(tokens), tokens, "{}", payload.file);
        let safe = enricher.apply(&batch, SystemTime::UNIX_EPOCH).batch;
        let text = String::from_utf8_lossy(safe.otlp());
        for value in &payload.planted {
            assert!(!text.contains(value.as_str()), "{}: {value}", payload.file);
        }
    }
    assert!(payloads.len() >= 5);
}
