//! Counting tokens against tiktoken-rs, worst inputs, vocabularies, estimates, prices, and the whole line over spans of LLM
//! calls.
//!
//! `cargo bench --bench tokens`. Figures and the machine they come from stand in `benches/README.md`.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

mod payload;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use prost::Message;
use sidelight::enrich::cost::{Asked, Prices};
use sidelight::enrich::count::{Encoding, Tokenizer};
use sidelight::enrich::{Config, Enricher};
use sidelight::llm::Usage;
use sidelight::otlp::{Batch, Limits, Signal};
use std::hint::black_box;
use std::time::{Instant, SystemTime};
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

/// What each vocabulary takes to be built and to keep: the first thing done, so that nothing else is in the figures.
/// `p50k_base` and `r50k_base` share their ranks, `o200k_harmony` is `o200k_base`.
fn vocabularies(_: &mut Criterion) {
    println!("vocabulary    built in    resident");
    for encoding in [Encoding::O200kBase, Encoding::Cl100kBase, Encoding::P50kBase, Encoding::R50kBase] {
        let (before, started) = (resident_kib(), Instant::now());
        encoding.prepare();
        let (took, grown) = (started.elapsed(), resident_kib().saturating_sub(before));
        println!("{:<12}  {:>5} ms    {:>5.1} MB", encoding.name(), took.as_millis(), grown as f64 / 1024.0);
    }
    println!("prices: {} rows", Prices::builtin().rows().len());
}

/// What this process holds in memory; 0 where `/proc` does not say.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Estimates, which count in a public encoding by kind of piece.
fn estimates(c: &mut Criterion) {
    for model in ["claude-sonnet-4-5", "gemini-2.5-pro"] {
        let tokenizer = Tokenizer::of(model);
        let chunks = chunks(ENGLISH);
        let mut group = c.benchmark_group("tokens/estimate");
        group.throughput(Throughput::Bytes(ENGLISH.len() as u64));
        group.bench_function(model, |b| {
            b.iter(|| chunks.iter().map(|chunk| tokenizer.count(black_box(chunk))).sum::<u64>())
        });
        group.finish();
    }
}

/// One call priced from the built-in list, by an exact and by a dated and prefixed name.
fn price(c: &mut Criterion) {
    let prices = Prices::builtin();
    let usage =
        Usage { input: Some(12_345), cached_input: Some(4_000), output: Some(678), ..Usage::default() };
    let mut group = c.benchmark_group("cost");
    for model in ["gpt-4o", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"] {
        let asked = Asked { model, ..Asked::default() };
        group.bench_function(model, |b| b.iter(|| prices.price(black_box(asked), black_box(&usage))));
    }
    group.bench_function("read the built-in list", |b| b.iter(Prices::builtin));
    group.finish();
}

criterion_group!(benches, vocabularies, against_tiktoken, worst, estimates, price, line);
criterion_main!(benches);
