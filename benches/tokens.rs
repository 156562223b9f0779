//! Counting tokens against tiktoken-rs, worst inputs, and the whole line over spans of LLM calls.
//!
//! `cargo bench --bench tokens`. Figures and the machine they come from stand in `benches/README.md`.

mod payload;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use prost::Message;
use sidelight::enrich::cost::Prices;
use sidelight::enrich::count::Encoding;
use sidelight::enrich::{Config, Enricher};
use sidelight::otlp::{Batch, Limits, Signal};
use std::hint::black_box;
use std::time::SystemTime;
use tiktoken_rs::CoreBPE;

/// As large as an ordinary prompt.
const CHUNK: usize = 2048;

const ENGLISH: &str = concat!(
    include_str!("../LICENSE"),
    include_str!("../ARCHITECTURE.md"),
    include_str!("../README.md"),
    include_str!("../docs/queue-format.md"),
);

const CODE: &str = concat!(
    include_str!("../src/otlp/leaves.rs"),
    include_str!("../src/otlp/patch.rs"),
    include_str!("../src/queue/mod.rs"),
    include_str!("../src/settings/section.rs"),
    include_str!("payload.rs"),
);

fn chunks(text: &str) -> Vec<&str> {
    let mut rest = text;
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(rest.floor_char_boundary(CHUNK.min(rest.len())));
        chunks.push(chunk);
        rest = after;
    }
    chunks
}

/// The paragraphs of `ENGLISH` as messages, in the JSON that instrumentations write.
fn chat() -> String {
    let roles = ["system", "user", "assistant"].into_iter().cycle();
    let message = |(role, text): (&str, &str)| {
        serde_json::json!({ "role": role, "parts": [{ "type": "text", "content": text }] }).to_string()
    };
    roles.zip(ENGLISH.split("\n\n")).map(message).collect::<Vec<_>>().join(",")
}

fn against_tiktoken(c: &mut Criterion) {
    let chat = chat();
    for (encoding, oracle) in [
        (Encoding::O200kBase, tiktoken_rs::o200k_base_singleton()),
        (Encoding::Cl100kBase, tiktoken_rs::cl100k_base_singleton()),
    ] {
        for (name, text) in [("english", ENGLISH), ("code", CODE), ("chat", chat.as_str())] {
            compare(c, encoding, oracle, name, &chunks(text));
        }
    }
}

fn compare(c: &mut Criterion, encoding: Encoding, oracle: &CoreBPE, name: &str, chunks: &[&str]) {
    let mut group = c.benchmark_group(format!("tokens/{}/{name}", encoding.name()));
    group.throughput(Throughput::Bytes(chunks.iter().map(|chunk| chunk.len() as u64).sum()));
    group.bench_function("sidelight", |b| {
        b.iter(|| chunks.iter().map(|chunk| encoding.count(black_box(chunk))).sum::<u64>())
    });
    group.bench_function("tiktoken_rs", |b| {
        b.iter(|| chunks.iter().map(|chunk| oracle.encode_ordinary(black_box(chunk)).len()).sum::<usize>())
    });
    group.finish();
}

/// Inputs that cost other counters a second a megabyte, or their stack.
fn worst(c: &mut Criterion) {
    const LEN: usize = 1 << 20;
    let mut group = c.benchmark_group("tokens/worst");
    group.sample_size(10).throughput(Throughput::Bytes(LEN as u64));
    let letters = |n: usize| char::from(b'a' + ((n * 7919 + n / 26 * 31) % 26) as u8);
    for (name, text) in [
        ("spaces", " ".repeat(LEN)),
        ("dashes", "-".repeat(LEN)),
        ("one_letter", "a".repeat(LEN)),
        ("letters", (0..LEN).map(letters).collect()),
        ("cjk", "漢字仮名".repeat(LEN / 12)),
        ("tab_nbsp_dash", "\t\u{a0}-".repeat(LEN / 4)),
    ] {
        group.bench_function(name, |b| b.iter(|| Encoding::O200kBase.count(black_box(&text))));
    }
    group.finish();
}

/// The line over a batch: recognise, count, price, scan, redact, patch.
fn line(c: &mut Criterion) {
    let enricher = Enricher::build(&Config::default(), Prices::builtin());
    for (name, llm_percent) in [("llm", 100), ("mixed", 10), ("ordinary", 0)] {
        let bytes = Bytes::from(payload::traces(7, 256, llm_percent).encode_to_vec());
        let len = bytes.len() as u64;
        let batch = Batch::read(Signal::Traces, bytes, &Limits::default()).expect("a valid request");
        let mut group = c.benchmark_group("enrich");
        group.throughput(Throughput::Bytes(len));
        group.bench_function(name, |b| b.iter(|| enricher.apply(black_box(&batch), SystemTime::UNIX_EPOCH)));
        group.finish();
    }
}

criterion_group!(benches, against_tiktoken, worst, line);
criterion_main!(benches);
