//! Counting tokens against tiktoken-rs, worst inputs, vocabularies, estimates, prices, and the whole line over spans of LLM
//! calls.
//!
//! `cargo bench --bench tokens`. Tables are in CPU time of one thread. Figures and the machine they come from stand in `benches/README.md`.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

mod payload;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use prost::Message;
use rustix::time::{ClockId, clock_gettime};
use sidelight::enrich::cost::{Asked, Prices};
use sidelight::enrich::count::{Encoding, Tokenizer, json};
use sidelight::enrich::{Config, Enricher};
use sidelight::llm::Usage;
use sidelight::otlp::{Batch, Limits, Signal};
use std::hint::black_box;
use std::path::Path;
use std::time::{Instant, SystemTime};

/// As large as an ordinary prompt.
const CHUNK: usize = 2048;

const ENGLISH: &str = concat!(
    include_str!("../LICENSE"),
    include_str!("../ARCHITECTURE.md"),
    include_str!("../README.md"),
    include_str!("../docs/queue-format.md"),
);

const CODE: &str = concat!(
    include_str!("../src/otlp/leaves/walk.rs"),
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

/// Rounds of which the median counts; the two sides take turns.
const ROUNDS: usize = 9;

fn against_tiktoken(_: &mut Criterion) {
    let chat = chat();
    println!("\ncounting        tiktoken-rs    sidelight    ratio");
    for (encoding, oracle) in [
        (Encoding::O200kBase, tiktoken_rs::o200k_base_singleton()),
        (Encoding::Cl100kBase, tiktoken_rs::cl100k_base_singleton()),
    ] {
        println!("{}", encoding.name());
        for (name, text) in [("english", ENGLISH), ("code", CODE), ("chat", chat.as_str())] {
            let chunks = chunks(text);
            let (mut theirs, mut ours) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                let all = || {
                    chunks.iter().map(|chunk| oracle.encode_ordinary(black_box(chunk)).len()).sum::<usize>()
                };
                theirs.push(cpu_of(text, all));
                let all = || chunks.iter().map(|chunk| encoding.count(black_box(chunk))).sum::<u64>();
                ours.push(cpu_of(text, all));
            }
            let (theirs, ours) = (median(theirs), median(ours));
            let (megabytes, ratio) = (1e3 / theirs, theirs / ours);
            println!("  {name:<10} {megabytes:>9.0} MB/s {:>7.0} MB/s {ratio:>6.1} x", 1e3 / ours);
        }
    }
}

/// Nanoseconds of this thread's CPU time for each byte of `text`, of as many runs as make it some milliseconds.
fn cpu_of<R>(text: &str, work: impl Fn() -> R) -> f64 {
    let runs = 1 + (1 << 18) / text.len();
    let began = cpu();
    (0..runs).for_each(|_| drop(black_box(work())));
    1e9 * (cpu() - began) / (runs * text.len()) as f64
}

/// Seconds of CPU time that this thread has had.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Inputs that cost other counters a second a megabyte, or their stack; ten megabytes of each.
fn worst(_: &mut Criterion) {
    const LEN: usize = 10_000_000;
    println!("\nworst inputs, 10 MB, o200k_base");
    let letters = |n: usize| char::from(b'a' + ((n * 7919 + n / 26 * 31) % 26) as u8);
    for (name, text) in [
        ("spaces", " ".repeat(LEN)),
        ("dashes", "-".repeat(LEN)),
        ("one letter", "a".repeat(LEN)),
        ("letters", (0..LEN).map(letters).collect()),
        ("CJK", "漢字仮名".repeat(LEN / 12)),
        ("tab, nbsp, dash", "\t\u{a0}-".repeat(LEN / 4)),
    ] {
        println!(
            "  {name:<16} {:>4.0} ns/byte",
            cpu_of(&text, || Encoding::O200kBase.count(black_box(&text)))
        );
    }
}

/// Estimates, which count in a public encoding by kind of piece, and a `tokenizer.json`.
fn other_ways(_: &mut Criterion) {
    println!("\nother ways, english");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tokenizers/llama3.json");
    let given = json::Tokenizer::open("small", Path::new(file)).expect("a file of the tests");
    let ways = [
        ("estimate:claude", Tokenizer::of("claude-sonnet-4-5")),
        ("estimate:gemini", Tokenizer::of("gemini-2.5-pro")),
        ("a tokenizer.json", Tokenizer::Given(given.into())),
    ];
    let chunks = chunks(ENGLISH);
    for (name, tokenizer) in ways {
        let all = || chunks.iter().map(|chunk| tokenizer.count(black_box(chunk))).sum::<u64>();
        let rounds = (0..ROUNDS).map(|_| cpu_of(ENGLISH, all)).collect();
        println!("  {name:<16} {:>4.0} MB/s", 1e3 / median(rounds));
    }
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

criterion_group!(benches, vocabularies, against_tiktoken, worst, other_ways, price, line);
criterion_main!(benches);
