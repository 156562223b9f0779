//! Every payload of the corpus on the wire: read, through JSON and back, split and joined, patched and
//! patched back.

use crate::shared;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde::de::DeserializeOwned;
use sidelight::otlp::{Batch, Limits, Signal, Splice, json, shape};
use std::fmt::Debug;
use std::path::Path;

#[test]
fn every_payload_of_the_corpus_comes_through_json_and_through_every_shape() {
    let Some(corpus) = shared::corpus() else { return };
    let index = std::fs::read(corpus.join("index.json")).expect("an index");
    let index: Vec<serde_json::Value> = serde_json::from_slice(&index).expect("a list of payloads");
    for row in &index {
        let file = row["file"].as_str().expect("a name");
        let is_json = row["encoding"] == "json";
        match row["signal"].as_str() {
            Some("traces") => check::<ExportTraceServiceRequest>(Signal::Traces, corpus, file, is_json),
            Some("logs") => check::<ExportLogsServiceRequest>(Signal::Logs, corpus, file, is_json),
            _ => check::<ExportMetricsServiceRequest>(Signal::Metrics, corpus, file, is_json),
        }
    }
}

fn check<M: Message + Debug + Default + DeserializeOwned>(
    signal: Signal,
    corpus: &Path,
    file: &str,
    is_json: bool,
) {
    let body = std::fs::read(corpus.join(file)).expect("a payload");
    let (otlp, expected) = if is_json {
        let otlp = json::read(signal, &body).unwrap_or_else(|refused| panic!("{file}: {refused}"));
        (otlp, shown(&serde_json::from_slice::<M>(&body).expect("OTLP/JSON")))
    } else {
        let expected = decoded::<M>(&body);
        (body, expected)
    };
    assert_eq!(decoded::<M>(&otlp), expected, "{file}");
    let batch = Batch::read(signal, otlp.into(), &Limits::default())
        .unwrap_or_else(|refused| panic!("{file}: {refused}"));
    let text = json::write(&batch);
    let again = json::read(signal, text.as_bytes()).unwrap_or_else(|refused| panic!("{file}: {refused}"));
    assert_eq!(decoded::<M>(&again), expected, "{file}");
    shapes_keep_items(&batch, file);
    texts_can_be_changed_back(&batch, file);
}

fn shown(message: &impl Debug) -> String {
    format!("{message:?}")
}

fn decoded<M: Message + Debug + Default>(otlp: &[u8]) -> String {
    shown(&M::decode(otlp).expect("a request"))
}

fn shapes_keep_items(batch: &Batch, file: &str) {
    let items = |batch: &Batch| batch.walk().map(|item| item.message.to_vec()).collect::<Vec<_>>();
    assert_eq!(shape::set_aside(batch), None, "{file}");
    if let Some((first, second)) = shape::split(batch) {
        let joined = shape::join(&[first, second]);
        assert_eq!((joined.items(), items(&joined)), (batch.items(), items(batch)), "{file}");
    }
}

fn texts_can_be_changed_back(batch: &Batch, file: &str) {
    let texts = |batch: &Batch| {
        let mut texts = Vec::new();
        for item in batch.walk() {
            batch.leaves(&item, |leaf| texts.push((leaf.at(), leaf.text.to_string())));
        }
        texts
    };
    let splices = |batch: &Batch, with: &dyn Fn(usize) -> String| -> Vec<Splice> {
        let texts = texts(batch).into_iter().enumerate();
        texts.map(|(i, (at, _))| Splice { inside: at.clone(), at, with: with(i).into_bytes() }).collect()
    };
    let before = texts(batch);
    let changed = batch.patch(&mut splices(batch, &|i| format!("[{i}]")));
    let back = changed.patch(&mut splices(&changed, &|i| before[i].1.clone()));
    assert_eq!(back, *batch, "{file}");
}
