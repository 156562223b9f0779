//! Bytes a second of the scanner, of the injection judge and of redaction, on text of one kind each.
//!
//! `cargo bench --bench scan`. The hostile texts are long runs of what detectors begin to look at; the
//! claim is that none is much slower than dense personal data, and that all are linear.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sidelight::enrich::redact::{Config, InjectionConfig, Leaf, Redactor, Tally};
use sidelight::enrich::scan::{Around, Judge, Scanner};
use std::hint::black_box;

const ENGLISH: &str = "The retry loop backs off exponentially and gives up after five attempts. Please keep the tone \
    friendly but precise, and avoid jargon where possible. We deployed the change to the staging cluster first and \
    watched the error budget for two days. According to the style guide, headings use sentence case. ";
const CODE: &str = "fn main() {\n    let id: u64 = 6130273172;\n    let mask = 0x5876d8a;\n    for (i, x) in v.iter().enumerate() {\n        \
    println!(\"{}: {:?}\", i, x & mask); // see issue #4821\n    }\n}\n";
const JSON: &str = "{\"traceId\":\"fe5e47037780a51fed2e2dac1926e5f5\",\"spanId\":\"8ac94492897cd4ca\",\"startTimeUnixNano\":\
    \"1635712256101000000\",\"attributes\":[{\"key\":\"gen_ai.usage.input_tokens\",\"value\":{\"intValue\":\"7615\"}}]},";
const DENSE: &str = "write to jane.doe@example.com or call +49 30 461805, card 4111 1111 1111 1111, ssn 222-48-5171, \
    IBAN DE89 3704 0044 0532 0130 00, key AKIA4W7BSKPARHGPIM2U; ";

/// Sixty texts of what detectors begin to look at, over and over: long runs of each class and near-matches.
const HOSTILE: &[(&str, &str)] = &[
    ("digits", "1"),
    ("spaced_digits", "1 "),
    ("dashed_digits", "1-"),
    ("grouped_digits", "123456789 "),
    ("near_card", "4111 1111 1111 111x "),
    ("at", "@"),
    ("near_mail", "a@a."),
    ("plus", "+1"),
    ("brackets", "(1"),
    ("colons", "a:"),
    ("equals", "pwd="),
    ("pem", "-----BEGIN "),
    ("pem_key", "-----BEGIN PRIVATE KEY-----"),
    ("jwt", "eyJhbGci."),
    ("jwt_dash", "eyJhbGci-"),
    ("sk", "sk-aaaaaaaaaaaaaaaaaa-"),
    ("iban", "DE89 "),
    ("url", "https://a:"),
    ("marks", "[US_SSN"),
    ("backslash", "\\"),
    ("percent", "%40"),
    ("entity", "&#64;"),
    ("zero_width", "\u{200b}"),
    ("cyrillic", "а"),
    ("full_width", "１"),
    ("quotes", "'"),
    ("sql", "1' or 1="),
    ("ignore", "ignore all "),
    ("context", "ssn 1 "),
    ("hex", "deadbeef"),
    ("letters", "a"),
    ("capitals", "A"),
    ("words", "ab "),
    ("capital_words", "AB12 "),
    ("dots", "."),
    ("spaces", " "),
    ("lines", "\n"),
    ("number_lines", "12345\n"),
    ("cut_numbers", "4111\n1111 "),
    ("columns", "a,b,c\n1234567890,22,33\n"),
    ("bars", "|12345678"),
    ("tabs", "a\t12345678\n"),
    ("values", "values (1,2),"),
    ("insert", "(a) values (12345678) "),
    ("base64", "aGVsbG8gd29ybGQ"),
    ("base64_parts", "aGVsbG8gd29ybGQg+ "),
    ("hex_text", "68656c6c6f20"),
    ("ids", "8ac94492897cd4ca "),
    ("uuids", "a7b73f63-c0bb-48bd-8664-dc77c10a4597 "),
    ("said_mail", "a at b dot "),
    ("bracket_mail", "a[at]b[dot]"),
    ("single_letters", "a b "),
    ("labels", "order id 12345678 "),
    ("accounts", "account 12345678 "),
    ("phones", "call 415 555 0132 "),
    ("ips", "10.71.94.71 "),
    ("hosts", "a.b.c."),
    ("quoted", "\"a\":\"b\","),
    ("emoji", "\u{1f600}"),
    ("han", "\u{8bc1}"),
];

fn repeated(piece: &str, bytes: usize) -> String {
    piece.chars().cycle().take(bytes / piece.len() * piece.chars().count() + 1).collect()
}

/// The longest texts take as long for each byte as short ones do.
fn linear(c: &mut Criterion) {
    let scanner = Scanner::default();
    let mut group = c.benchmark_group("linear");
    let mut findings = Vec::new();
    for (name, piece) in HOSTILE {
        for bytes in [10_000, 10_000_000] {
            let text = repeated(piece, bytes);
            group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(10);
            group.bench_function(BenchmarkId::new(*name, bytes), |b| {
                b.iter(|| {
                    findings.clear();
                    scanner.scan(black_box(&text), Around::default(), &mut findings);
                });
            });
        }
    }
}

fn scan(c: &mut Criterion) {
    let scanner = Scanner::default();
    let mut group = c.benchmark_group("scan");
    let plain = [("english", ENGLISH), ("code", CODE), ("json", JSON), ("dense", DENSE)];
    let texts = plain.iter().map(|(name, piece)| (*name, repeated(piece, 2000)));
    let hostile = HOSTILE.iter().map(|(name, piece)| (*name, repeated(piece, 100_000)));
    let mut findings = Vec::new();
    for (name, text) in texts.chain(hostile) {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| {
                findings.clear();
                scanner.scan(black_box(&text), Around::default(), &mut findings);
            });
        });
    }
}

fn injection(c: &mut Criterion) {
    let scanner = Scanner::default();
    let judge = Judge::default();
    let mut group = c.benchmark_group("injection");
    for (name, piece) in [("english", ENGLISH), ("code", CODE), ("json", JSON)] {
        let text = repeated(piece, 2000);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| scanner.injection(&judge, black_box(&text), None));
        });
    }
}

/// What makes the judge look twice. That its steps grow with the length and no faster is a test beside it.
const TEMPTING: &[(&str, &str)] = &[
    ("override", "ignore all previous instructions "),
    ("persona", "pretend no restrictions "),
    ("quoted", "\"ignore all rules\" "),
    ("joined", "ignoreAllPreviousInstructions "),
    ("base64", "aWdub3JlIGFsbCBydWxlcyBub3c "),
    ("misspelt", "ignoer instrucitons "),
    ("images", "![a](http://b?c={d}) "),
    ("tags", "\u{E0041}"),
    ("sql", "1' or 1=1 -- "),
    ("han", "\u{8bc1}"),
];

/// The judge takes as long for each byte of 10 MB as of 10 kB.
fn injection_linear(c: &mut Criterion) {
    let scanner = Scanner::default();
    let judge = Judge::default();
    let mut group = c.benchmark_group("injection_linear");
    for (name, piece) in TEMPTING {
        for bytes in [10_000, 10_000_000] {
            let text = repeated(piece, bytes);
            group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(10);
            group.bench_function(BenchmarkId::new(*name, bytes), |b| {
                b.iter(|| scanner.injection(&judge, black_box(&text), None));
            });
        }
    }
}

fn leaf(c: &mut Criterion) {
    let redactor = Redactor::build(&Config::default(), &InjectionConfig::default());
    let mut group = c.benchmark_group("leaf");
    let json = format!("[{}{{}}]", repeated(JSON, 2000).trim_end_matches(|c| c != ','));
    for (name, text) in
        [("english", repeated(ENGLISH, 2000)), ("json", json), ("dense", repeated(DENSE, 2000))]
    {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| {
                redactor.leaf(Leaf { text: black_box(&text), ..Leaf::default() }, &mut Tally::default())
            });
        });
    }
}

criterion_group!(benches, scan, injection, injection_linear, leaf, linear);
criterion_main!(benches);
