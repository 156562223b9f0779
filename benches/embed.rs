//! What a vector costs, against onnxruntime on the same weights in the same run, and what looking through all of them does.
//!
//! `SIDELIGHT_TEST_MODEL` names the model (else `sidelight-data/model`), `SIDELIGHT_PEER_PYTHON` a Python that has what
//! `embed_peer.py` needs; without the one or the other its part is left out. CPU time of the calling thread.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

use rustix::time::{ClockId, clock_gettime};
use sidelight::embed::minilm::{Expected, MiniLm};
use sidelight::export::local::{Calls, Config, Filter};
use sidelight::export::{Settings, Verdict};
use sidelight::otlp::encode::{Value, attribute};
use sidelight::otlp::wire::{put_bytes, put_fixed64, put_message};
use sidelight::otlp::{Batch, Signal};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 8;
const RUNS: usize = 4;
const CALLS: usize = 100_000;

fn main() {
    let wanted =
        |name: &str| std::env::args().skip(1).all(|arg| arg.starts_with("--") || name.contains(&arg));
    if wanted("vectors") {
        vectors();
    }
    if wanted("similar") {
        similar();
    }
}

fn vectors() {
    let named = std::env::var_os("SIDELIGHT_TEST_MODEL").map(PathBuf::from);
    let directory = named.unwrap_or_else(|| "sidelight-data/model".into());
    if !directory.exists() {
        return println!("vectors: left out, there is no {}; `make model` fetches it", directory.display());
    }
    let (before, began) = (resident(), cpu());
    let model = MiniLm::load(&directory, Expected::AllMiniLm).expect("the model");
    println!("load: {:.0} ms, resident +{:.0} MB", 1e3 * (cpu() - began), resident() - before);
    for (name, text) in [
        ("English", "the quick brown fox jumps over the lazy dog. "),
        ("spaces", " "),
        ("one word", "x"),
        ("marks", "\u{301}"),
        ("Thai", "สวัสดีชาวโลก"),
        ("Korean without spaces", "한국어문장을"),
    ] {
        let text = text.repeat((1 << 20) / text.len());
        println!("tokens of 1 MB, {name}: {:.2} ms", 1e3 * best(|| drop(model.ids(&text))));
    }
    let mut peer = Peer::start(&directory);
    for tokens in [16, 64, 128, 256] {
        let ids: Vec<u32> = [101].into_iter().chain(2000..2000 + tokens - 2).chain([102]).collect();
        let (mut ours, mut theirs) = (f64::MAX, f64::MAX);
        for _ in 0..ROUNDS {
            ours = ours.min(best(|| drop(model.vector_of(&ids).expect("a vector"))));
            if let Some(peer) = &mut peer {
                let (seconds, vector) = peer.ask(&ids);
                theirs = theirs.min(seconds);
                let own = model.vector_of(&ids).expect("a vector");
                let cosine: f64 = own.iter().zip(&vector).map(|(x, y)| f64::from(*x) * y).sum();
                assert!(cosine > 0.99999, "{cosine}");
            }
        }
        let against = match peer {
            Some(_) => format!("onnxruntime {:.2} ms, {:.2} x its time", 1e3 * theirs, ours / theirs),
            None => "onnxruntime left out, SIDELIGHT_PEER_PYTHON is not set".to_string(),
        };
        println!("{tokens:3} tokens, one thread: {:.2} ms; {against}", 1e3 * ours);
    }
    println!("resident after it: +{:.0} MB", resident() - before);
}

/// Seconds of CPU time that a run takes, of the best round.
fn best(mut run: impl FnMut()) -> f64 {
    let began = cpu();
    (0..RUNS).for_each(|_| run());
    (cpu() - began) / RUNS as f64
}

fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// In megabytes.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it is there");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).expect("a number") / 1000.0
}

struct Peer {
    running: Child,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn start(model: &Path) -> Option<Peer> {
        let python = std::env::var_os("SIDELIGHT_PEER_PYTHON")?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/embed_peer.py");
        let mut command = Command::new(python);
        command.arg(script).arg(model).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = command.spawn().expect("Python starts");
        let mut answers = BufReader::new(running.stdout.take().expect("piped"));
        let mut name = String::new();
        answers.read_line(&mut name).expect("it says its name");
        print!("peer: {name}");
        Some(Peer { running, answers })
    }

    /// Seconds for a run, and the vector.
    fn ask(&mut self, ids: &[u32]) -> (f64, Vec<f64>) {
        let stdin = self.running.stdin.as_mut().expect("piped");
        writeln!(stdin, "[{ids:?}, {RUNS}]").expect("it reads");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("an answer");
        serde_json::from_str(&answer).expect("as agreed")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.running.stdin.take());
        let _ = self.running.wait();
    }
}

/// The nearest of many calls.
fn similar() {
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let store = Config::default().build(folder.path()).expect("a store");
        for first in (0..CALLS).step_by(1000) {
            let verdict = store.send(&batch(first..first + 1000)).await;
            assert!(matches!(verdict, Verdict::Kept { items: 1000 }), "{verdict:?}");
        }
    });
    let calls = Calls::open(&folder.path().join("calls.db")).expect("readable").expect("there");
    let asked: Vec<f32> = vector(7).iter().map(|x| *x as f32).collect();
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let (began, wall) = (cpu(), Instant::now());
        let found = calls.similar(&asked, "bench", &Filter::default(), 50).expect("readable");
        took.push((cpu() - began, wall.elapsed().as_secs_f64()));
        assert!(found.len() == 50 && found[0].similarity > 0.9999);
    }
    let (cpu, wall) =
        took.iter().fold((f64::MAX, f64::MAX), |best, one| (best.0.min(one.0), best.1.min(one.1)));
    println!("the nearest 50 of {CALLS} calls: {:.0} ms CPU, {:.0} ms", 1e3 * cpu, 1e3 * wall);
}

fn batch(numbers: std::ops::Range<usize>) -> Batch {
    let items = numbers.len() as u32;
    let mut otlp = Vec::new();
    put_message(&mut otlp, 1, |resource| {
        put_message(resource, 2, |scope| {
            for n in numbers {
                put_message(scope, 2, |span| {
                    put_bytes(span, 1, &(n as u128).to_be_bytes());
                    put_bytes(span, 2, &(n as u64 + 1).to_be_bytes());
                    put_fixed64(span, 7, n as u64 + 1);
                    attribute(span, 9, "gen_ai.operation.name", &Value::Str("chat"));
                    attribute(span, 9, "sidelight.embedding.vector", &Value::Doubles(&vector(n)));
                    attribute(span, 9, "sidelight.embedding.model", &Value::Str("bench"));
                });
            }
        });
    });
    Batch::trusted(Signal::Traces, otlp.into(), items)
}

/// 384 numbers that look like noise, always the same for `n`.
fn vector(n: usize) -> Vec<f64> {
    let mut state = n as u64 + 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 23) - 1.0
    };
    (0..384).map(|_| next()).collect()
}
