//! Bytes a second of the scanner, of the injection judge and of redaction, on text of one kind each.
//!
//! `cargo bench --bench scan`; `SIDELIGHT_PEER_PYTHON` names a Python for the predecessor's part. The hostile texts are long runs of what detectors begin to look at; the
//! claim is that none is much slower than dense personal data, and that all are linear.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind, PatternSet};
use rustix::time::{ClockId, Timespec, clock_gettime};
use sidelight::enrich::redact::{Config, InjectionConfig, Leaf, Redactor, Tally};
use sidelight::enrich::scan::{Around, Find, Judge, Reading, Scanner, detectors};
use std::hint::black_box;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

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

/// What a start waits for until the tables stand. They are built once for a process, so each start is one of its own.
fn build(_: &mut Criterion) {
    if std::env::args().any(|argument| argument == ONE_START) {
        return start();
    }
    if !wanted("build") {
        return;
    }
    let this = std::env::current_exe().expect("a bench is a file");
    let start = || {
        let said = Command::new(&this).args(["--bench", ONE_START]).output().expect("it starts").stdout;
        let said = String::from_utf8(said).expect("it tells figures");
        said.split_ascii_whitespace().map(|figure| figure.parse().expect("a figure")).collect::<Vec<f64>>()
    };
    let starts: Vec<Vec<f64>> = (0..STARTS).map(|_| start()).collect();
    let tell = |column: usize, what: &str| {
        let mut all: Vec<f64> = starts.iter().map(|figures| figures[column]).collect();
        all.sort_by(f64::total_cmp);
        println!("{what}: {:.1} to {:.1}, median {:.1}", all[0], all[STARTS - 1], all[STARTS / 2]);
    };
    tell(0, "tables of the scanner, ms of CPU time of all threads");
    tell(1, "  ms until they stand");
    tell(2, "  MB resident behind them");
    tell(3, "  MB resident at most");
}

/// Prints the figures of one start.
fn start() {
    let (began, spent, resident) = (Instant::now(), all_cpu(), memory("VmRSS:"));
    black_box(Scanner::default());
    let (built, waited) = (all_cpu(), began.elapsed().as_secs_f64());
    println!("{} {}", (built - spent) * 1e3, waited * 1e3);
    println!("{} {}", memory("VmRSS:") - resident, memory("VmHWM:") - resident);
}

const ONE_START: &str = "one_start";
const STARTS: usize = 12;

/// MB of this process, as the kernel tells it.
fn memory(line: &str) -> f64 {
    let all = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let of = all.lines().find_map(|said| said.strip_prefix(line)).expect("the kernel tells it");
    of.trim_end_matches("kB").trim().parse::<f64>().expect("a number") / 1e3
}

/// The same shapes as one set of regular expressions, over bytes as ours are, and the predecessor's three in Python where
/// `SIDELIGHT_PEER_PYTHON` names one: MB a second of CPU time, interleaved.
fn peers(_: &mut Criterion) {
    if !wanted("peers") {
        return;
    }
    let shapes: Vec<String> = detectors()
        .filter_map(|row| match &row.find {
            Find::Shape(shape) | Find::Stem(shape, _) => Some(format!(r"(?-u:\b)(?:{shape})")),
            _ => None,
        })
        .collect();
    let set = Regex::builder()
        .configure(Regex::config().match_kind(MatchKind::All).utf8_empty(false))
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .build_many(&shapes)
        .expect("the shapes of the table are valid");
    let scanner = Scanner::default();
    let mut found = PatternSet::new(shapes.len());
    let mut findings = Vec::new();
    for (name, piece) in [("english", ENGLISH), ("code", CODE), ("json", JSON), ("dense", DENSE)] {
        let text = repeated(piece, 2000);
        let (mut ours, mut theirs) = (f64::MAX, f64::MAX);
        for _ in 0..ROUNDS {
            ours = ours.min(timed(|| {
                findings.clear();
                scanner.scan(&Reading::of(black_box(&text)), Around::default(), &mut findings);
            }));
            theirs = theirs.min(timed(|| {
                found.clear();
                set.which_overlapping_matches(&Input::new(black_box(&text)), &mut found);
            }));
        }
        let speed = |seconds: f64| text.len() as f64 / seconds / 1e6;
        let python = python(&text)
            .map_or(String::new(), |s| format!(", Python {:.1} MB/s ({:.1} x)", speed(s), s / ours));
        println!(
            "{name}: ours {:.0} MB/s, set of {} shapes {:.0} MB/s ({:.1} x){python}",
            speed(ours),
            shapes.len(),
            speed(theirs),
            theirs / ours
        );
    }
}

/// The sixty hostile texts: nanoseconds a byte at 10 kB and at 10 MB.
fn worst(_: &mut Criterion) {
    if !wanted("worst") {
        return;
    }
    let scanner = Scanner::default();
    let mut findings = Vec::new();
    let mut all: Vec<(f64, f64, &str)> = Vec::new();
    for (name, piece) in HOSTILE {
        let mut each = |bytes: usize, rounds: usize| {
            let text = repeated(piece, bytes);
            let once = |findings: &mut Vec<_>| {
                let start = cpu();
                findings.clear();
                scanner.scan(&Reading::of(black_box(&text)), Around::default(), findings);
                cpu() - start
            };
            (0..rounds).map(|_| once(&mut findings)).fold(f64::MAX, f64::min) / text.len() as f64 * 1e9
        };
        all.push((each(10_000_000, 1), each(10_000, 20), name));
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (long, short, name) in &all[..5] {
        println!("{name}: {long:.1} ns/byte at 10 MB ({:.0} MB/s), {short:.1} at 10 kB", 1e3 / long);
    }
    let (long, short, name) =
        all.iter().max_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1))).expect("sixty texts");
    println!("furthest from linear: {name}, {:.1} x", long / short);
}

/// Whether no filter was given, or this one.
fn wanted(name: &str) -> bool {
    std::env::args().skip(1).all(|argument| argument.starts_with("--") || name == argument)
}

const ROUNDS: usize = 40;
const RUNS: u32 = 50;

/// Seconds of CPU time that one run takes.
fn timed(mut run: impl FnMut()) -> f64 {
    let start = cpu();
    (0..RUNS).for_each(|_| run());
    (cpu() - start) / f64::from(RUNS)
}

/// Seconds of CPU time of this thread.
fn cpu() -> f64 {
    seconds(clock_gettime(ClockId::ThreadCPUTime))
}

/// The same of all threads.
fn all_cpu() -> f64 {
    seconds(clock_gettime(ClockId::ProcessCPUTime))
}

fn seconds(time: Timespec) -> f64 {
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Seconds of CPU time that the predecessor's three expressions take for the text in Python.
fn python(text: &str) -> Option<f64> {
    let python = std::env::var_os("SIDELIGHT_PEER_PYTHON")?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/scan_peer.py");
    let mut running = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    running.stdin.take().expect("piped").write_all(text.as_bytes()).expect("it reads");
    let said = running.wait_with_output().expect("it ends").stdout;
    String::from_utf8(said).ok()?.trim().parse().ok()
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
                    scanner.scan(&Reading::of(black_box(&text)), Around::default(), &mut findings);
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
                scanner.scan(&Reading::of(black_box(&text)), Around::default(), &mut findings);
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
            b.iter(|| scanner.injection(&judge, &Reading::of(black_box(&text)), None));
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
                b.iter(|| scanner.injection(&judge, &Reading::of(black_box(&text)), None));
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

criterion_group!(benches, build, peers, worst, scan, injection, injection_linear, leaf, linear);
criterion_main!(benches);
