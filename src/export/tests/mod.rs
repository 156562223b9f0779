//! Lanes between a real queue in memory and an exporter that follows a script, on a paused clock.

mod dead;
mod life;
mod requests;
mod retries;

use super::answer::PeerSaid;
use super::{Exporter, Lane, Ledgers, Metrics, Stop, Verdict, Words, lane};
use crate::otlp::{Batch, Signal};
use crate::queue::{self, DeadLetters, Durability, LaneSpec, Line, Memory, Opened, Queue, Record};
use crate::units::Size;
use expect_test::{Expect, expect};
use futures_util::future::BoxFuture;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// Answers by script; writes down when it was sent what.
struct Scripted {
    started: Instant,
    script: Script,
    seen: Mutex<String>,
}

type Script = Box<dyn Fn(&[u8], usize) -> Verdict + Send + Sync>;

impl Exporter for Scripted {
    fn carries(&self, signal: Signal) -> bool {
        signal != Signal::Metrics
    }

    fn needs_valid_ids(&self) -> bool {
        true
    }

    fn send<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Verdict> {
        let spans = numbers(batch.otlp());
        let mut seen = self.seen.lock().expect("no panic while held");
        let attempt = seen.lines().count();
        writeln!(seen, "{:>3}s {spans:?}", self.started.elapsed().as_secs()).expect("a string takes all");
        drop(seen);
        Box::pin(async move { (self.script)(&spans, attempt) })
    }
}

/// A batch of one span for each number, which is the first byte of its id; 0 makes the id invalid.
fn spans(numbers: &[u8]) -> Record {
    let span = |n: &u8| Span { trace_id: vec![*n; 16], span_id: vec![*n; 8], ..Span::default() };
    let scope = ScopeSpans { spans: numbers.iter().map(span).collect(), ..ScopeSpans::default() };
    let resource = ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() };
    let payload = ExportTraceServiceRequest { resource_spans: vec![resource] }.encode_to_vec().into();
    Record { kind: 1, flags: 0, items: numbers.len() as u32, payload }
}

fn numbers(otlp: &[u8]) -> Vec<u8> {
    let request = ExportTraceServiceRequest::decode(otlp).expect("a trace request");
    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).map(|span| span.span_id[0]).collect()
}

/// A lane with nothing in its queue yet, and what is left to look at afterwards.
struct Story {
    queue: Queue,
    queue_lane: queue::Lane,
    dead: Arc<DeadLetters>,
    config: lane::Config,
    stop: Stop,
}

impl Story {
    async fn new(records: Vec<Record>) -> Story {
        let config = queue::Config { durability: Durability::Memory, ..queue::Config::default() };
        let spec = LaneSpec { name: "otlp".to_string(), ..LaneSpec::default() };
        let opened = Queue::open(config, &[spec], queue::Metrics::new(), Arc::new(Memory::default()));
        let Opened { queue, committer, mut lanes, .. } = opened.expect("memory opens");
        std::thread::spawn(move || committer.run());
        for record in records {
            queue.push(record).await.expect("there is room");
        }
        let dead =
            DeadLetters::in_memory(queue::Dead::default(), queue::Metrics::new()).expect("memory opens");
        let mut config = lane::Config::default();
        config.retry_on_failure.randomization_factor = 0.0;
        config.sending_queue.num_consumers = std::num::NonZeroUsize::MIN;
        let queue_lane = lanes.remove(0);
        Story { queue, queue_lane, dead: Arc::new(dead), config, stop: Stop::default() }
    }

    /// Runs the lane to the end of its queue, or until it is stopped; what the peer saw.
    async fn run(&self, script: Script) -> String {
        self.queue.close();
        self.deliver(script).await
    }

    /// As [`Story::run`], but the queue is the script's to close.
    async fn deliver(&self, script: Script) -> String {
        let exporter = Scripted { started: Instant::now(), script, seen: Mutex::default() };
        let exporter = Arc::new(exporter);
        let lane = Lane::new(
            self.queue_lane.clone(),
            exporter.clone(),
            self.config.clone(),
            self.dead.clone(),
            Words::new(),
            Metrics::new("otlp"),
        );
        lane.run(self.stop.clone()).await;
        let seen = exporter.seen.lock().expect("no panic while held").clone();
        seen + &self.books()
    }

    fn books(&self) -> String {
        let ledger = self.queue_lane.ledger();
        assert!(ledger.closes(), "{ledger:?}");
        let mut text =
            Signal::ALL.iter().map(|signal| line(*signal, ledger.line(*signal as u8))).collect::<String>();
        for letter in self.dead.list(None, 0, 100).expect("readable") {
            let whole = self.dead.get(letter.id).expect("readable").expect("listed");
            let (spans, said) = (numbers(&whole.payload), letter.message);
            let line = format!("dead: {spans:?} {} {said}", letter.reason);
            writeln!(text, "{}", line.trim_end()).expect("a string takes all");
        }
        text
    }
}

fn line(signal: Signal, line: &Line) -> String {
    if line.accepted == 0 {
        return String::new();
    }
    let (sent, dropped, dead, waiting) = (line.sent, &line.dropped, &line.dead, line.waiting.items);
    format!("{}: sent {sent}, dropped {dropped:?}, dead {dead:?}, waiting {waiting}\n", signal.name())
}

async fn check(records: Vec<Record>, script: Script, expected: Expect) {
    expected.assert_eq(&Story::new(records).await.run(script).await);
}

fn sent() -> Verdict {
    Verdict::Sent { rejected: 0, message: None }
}

fn later(seconds: Option<u64>) -> Verdict {
    Verdict::Later { after: seconds.map(Duration::from_secs), cause: "away".into() }
}

fn refused(words: &str) -> Verdict {
    Verdict::Refused(PeerSaid { status: "HTTP 400".to_string(), words: words.to_string() }.into())
}

/// The verdicts for the first attempts; all that follow are sent.
fn first(verdicts: Vec<fn() -> Verdict>) -> Script {
    Box::new(move |_, attempt| verdicts.get(attempt).map_or_else(sent, |verdict| verdict()))
}
