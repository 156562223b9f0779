//! What recognition costs a span, against prost decoding the same bytes.
//!
//! `cargo bench --bench recognize`. Throughput is in spans; figures and the machine they come from
//! stand in `benches/README.md`.

mod payload;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use sidelight::otlp::{Batch, Limits, Signal};
use sidelight::recognize;
use std::hint::black_box;

const SPANS: usize = 512;

fn spans(c: &mut Criterion, name: &str, llm_percent: usize) {
    let bytes = Bytes::from(payload::traces(7, SPANS, llm_percent).encode_to_vec());
    let batch = Batch::read(Signal::Traces, bytes.clone(), &Limits::default()).expect("a valid request");
    let mut group = c.benchmark_group(format!("recognize/{name}"));
    group.throughput(Throughput::Elements(SPANS as u64));
    group.bench_function("find", |b| b.iter(|| recognize::find(black_box(&batch))));
    group.bench_function("read", |b| {
        b.iter(|| Batch::read(Signal::Traces, black_box(bytes.clone()), &Limits::default()))
    });
    group.bench_function("prost_decode", |b| {
        b.iter(|| ExportTraceServiceRequest::decode(black_box(bytes.clone())))
    });
    group.finish();
}

fn all(c: &mut Criterion) {
    spans(c, "ordinary", 0);
    spans(c, "llm", 100);
    spans(c, "mixed", 10);
}

criterion_group!(benches, all);
criterion_main!(benches);
