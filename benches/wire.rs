//! What the wire costs: requests read, looked at, patched and handed on, against prost doing the same by
//! decoding and encoding.
//!
//! `cargo bench --bench wire`. Figures and the machine they come from stand in `benches/README.md`.

mod payload;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value;
use prost::Message;
use sidelight::otlp::{Batch, Item, Limits, Signal, Splice, Value, encode, json};
use sidelight::recognize;
use std::hint::black_box;
use std::ops::Range;

const MESSAGES: [&str; 2] = ["gen_ai.input.messages", "gen_ai.output.messages"];
const ADDED: [(&str, &str); 4] = [
    ("sidelight.kind", "chat"),
    ("sidelight.tokens.method", "reported"),
    ("sidelight.pii.action", "mask"),
    ("sidelight.cost.price_version", "2026-01"),
];

/// Where the e-mail addresses of a text lie.
fn mails(text: &str) -> Vec<Range<usize>> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'+');
    let bytes = text.as_bytes();
    let around = |at: usize| {
        let before = bytes[..at].iter().rev().take_while(|byte| is_part(byte)).count();
        at - before..at + 1 + bytes[at + 1..].iter().take_while(|byte| is_part(byte)).count()
    };
    text.match_indices('@').map(|(at, _)| around(at)).collect()
}

fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut kept = 0;
    for mail in mails(text) {
        out.push_str(&text[kept..mail.start]);
        out.push_str("[EMAIL_ADDRESS]");
        kept = mail.end;
    }
    out.push_str(&text[kept..]);
    out
}

fn is_llm(item: &Item<'_>) -> bool {
    item.attributes().keys().any(|key| key.starts_with("gen_ai."))
}

/// Read, recognise nothing, hand on.
fn pass_through(bytes: &Bytes) -> Bytes {
    let batch = Batch::read(Signal::Traces, bytes.clone(), &Limits::default()).expect("a valid request");
    assert!(recognize::find(&batch).is_empty());
    batch.otlp().clone()
}

/// Read, add four attributes to each LLM span and mask its e-mail addresses, hand on.
fn patched(bytes: &Bytes) -> Bytes {
    let batch = Batch::read(Signal::Traces, bytes.clone(), &Limits::default()).expect("a valid request");
    let mut splices = Vec::new();
    for item in batch.walk().filter(is_llm) {
        let mut added = Vec::new();
        for (key, value) in ADDED {
            encode::attribute(&mut added, item.attributes_field(), key, &encode::Value::Str(value));
        }
        splices.push(Splice::append(item.at.clone(), added));
        for attribute in item.attributes() {
            if let (true, Value::Str(text)) = (MESSAGES.contains(&attribute.key), attribute.value()) {
                let inside = batch.range_of(text);
                splices.extend(mails(text).into_iter().map(|mail| Splice {
                    at: inside.start + mail.start..inside.start + mail.end,
                    inside: inside.clone(),
                    with: b"[EMAIL_ADDRESS]".to_vec(),
                }));
            }
        }
    }
    batch.patch(&mut splices).otlp().clone()
}

fn prost_pass_through(bytes: &Bytes) -> Vec<u8> {
    ExportTraceServiceRequest::decode(bytes.clone()).expect("a valid request").encode_to_vec()
}

fn prost_patched(bytes: &Bytes) -> Vec<u8> {
    let mut request = ExportTraceServiceRequest::decode(bytes.clone()).expect("a valid request");
    let scopes = request.resource_spans.iter_mut().flat_map(|group| &mut group.scope_spans);
    for span in scopes.flat_map(|group| &mut group.spans) {
        if !span.attributes.iter().any(|attribute| attribute.key.starts_with("gen_ai.")) {
            continue;
        }
        for attribute in span.attributes.iter_mut().filter(|found| MESSAGES.contains(&&*found.key)) {
            let value = attribute.value.as_mut().and_then(|value| value.value.as_mut());
            if let Some(any_value::Value::StringValue(text)) = value {
                *text = masked(text);
            }
        }
        span.attributes.extend(ADDED.map(|(key, value)| payload::text(key, value)));
    }
    request.encode_to_vec()
}

fn benches(criterion: &mut Criterion) {
    let requests = [("512_plain_spans", 0), ("512_spans_10_percent_llm", 10), ("64_llm_spans", 100)];
    for (name, llm_percent) in requests {
        let spans = if llm_percent == 100 { 64 } else { 512 };
        let bytes = Bytes::from(payload::traces(1, spans, llm_percent).encode_to_vec());
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        if llm_percent == 0 {
            assert_eq!(prost_pass_through(&bytes), pass_through(&bytes));
            group.bench_function("pass_through", |b| b.iter(|| pass_through(black_box(&bytes))));
            group.bench_function("prost_decode_encode", |b| b.iter(|| prost_pass_through(black_box(&bytes))));
        } else {
            let decoded = |bytes: &[u8]| ExportTraceServiceRequest::decode(bytes).expect("a valid request");
            assert_eq!(decoded(&prost_patched(&bytes)), decoded(&patched(&bytes)));
            group.bench_function("patch", |b| b.iter(|| patched(black_box(&bytes))));
            group.bench_function("prost_decode_change_encode", |b| {
                b.iter(|| prost_patched(black_box(&bytes)))
            });
        }
        group.finish();
    }
    json_benches(criterion);
}

fn json_benches(criterion: &mut Criterion) {
    let otlp = Bytes::from(payload::traces(1, 512, 10).encode_to_vec());
    let batch = Batch::read(Signal::Traces, otlp, &Limits::default()).expect("a valid request");
    let text = json::write(&batch);
    let mut group = criterion.benchmark_group("json_512_spans_10_percent_llm");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("read", |b| b.iter(|| json::read(Signal::Traces, black_box(text.as_bytes()))));
    group.bench_function("serde_read", |b| {
        b.iter(|| serde_json::from_slice::<ExportTraceServiceRequest>(black_box(text.as_bytes())))
    });
    group.bench_function("write", |b| b.iter(|| json::write(black_box(&batch))));
    group.finish();
}

criterion_group!(wire, benches);
criterion_main!(wire);
