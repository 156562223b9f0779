//! Lanes between a real queue in memory and an exporter that follows a script, on a paused clock.

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

#[tokio::test(start_paused = true)]
async fn small_batches_are_joined() {
    check(
        vec![spans(&[1, 2]), spans(&[3])],
        first(vec![]),
        expect![[r#"
          0s [1, 2, 3]
        traces: sent 3, dropped {}, dead {}, waiting 0
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_is_away_is_asked_again_with_growing_pauses() {
    let away: fn() -> Verdict = || later(None);
    check(
        vec![spans(&[1])],
        first(vec![away; 4]),
        expect![[r#"
          0s [1]
          1s [1]
          2s [1]
          4s [1]
          8s [1]
        traces: sent 1, dropped {}, dead {}, waiting 0
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_peers_wish_for_a_pause_is_obeyed() {
    check(
        vec![spans(&[1])],
        first(vec![|| later(Some(20))]),
        expect![[r#"
          0s [1]
         20s [1]
        traces: sent 1, dropped {}, dead {}, waiting 0
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn partial_success_is_counted_and_never_sent_again() {
    let partial: fn() -> Verdict = || Verdict::Sent { rejected: 1, message: Some("old".to_string()) };
    check(
        vec![spans(&[1, 2, 3])],
        first(vec![partial]),
        expect![[r#"
          0s [1, 2, 3]
        traces: sent 2, dropped {"partial_success": 1}, dead {}, waiting 0
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_is_halved_down_to_one_item() {
    let at_most_one: Script = Box::new(|spans, _| match spans {
        [4, ..] | [_, _, ..] => Verdict::TooLarge("too large".into()),
        _ => sent(),
    });
    check(
        vec![spans(&[1, 2, 3]), spans(&[4])],
        at_most_one,
        expect![[r#"
              0s [1, 2, 3, 4]
              0s [1, 2, 3]
              0s [1]
              0s [2, 3]
              0s [2]
              0s [3]
              0s [4]
            traces: sent 3, dropped {}, dead {"too_large": 1}, waiting 0
            dead: [4] too_large too large
        "#]],
    )
    .await;
}

/// A batch of one span whose name has so many bytes.
fn long_span(number: u8, len: usize) -> Record {
    let span = Span {
        trace_id: vec![number; 16],
        span_id: vec![number; 8],
        name: "x".repeat(len),
        ..Span::default()
    };
    let scope = ScopeSpans { spans: vec![span], ..ScopeSpans::default() };
    let resource = ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() };
    let payload = ExportTraceServiceRequest { resource_spans: vec![resource] }.encode_to_vec().into();
    Record { kind: 1, flags: 0, items: 1, payload }
}

/// A peer that takes a span only if its name has at most so many bytes.
fn names_up_to(most: usize) -> impl Fn(&Batch) -> Verdict + Send + Sync {
    move |batch| {
        let span = batch.walk().next().expect("one span").span().expect("a span");
        if span.name().len() <= most { sent() } else { Verdict::TooLarge("larger than max".into()) }
    }
}

#[tokio::test(start_paused = true)]
async fn one_span_that_is_too_large_is_cut_until_the_peer_takes_it() {
    struct Picky<F>(F);
    impl<F: Fn(&Batch) -> Verdict + Send + Sync> Exporter for Picky<F> {
        fn carries(&self, _: Signal) -> bool {
            true
        }
        fn send<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Verdict> {
            let verdict = (self.0)(batch);
            Box::pin(async { verdict })
        }
    }
    for (len, most, expected) in [
        (100_000, 30_000, "traces: sent 1, dropped {}, dead {}, waiting 0\n"),
        (9_000_000, 3_000_000, "traces: sent 1, dropped {}, dead {}, waiting 0\n"),
        (
            100_000,
            100,
            "traces: sent 0, dropped {}, dead {\"too_large\": 1}, waiting 0\ndead: [1] too_large larger than max\n",
        ),
    ] {
        let story = Story::new(vec![long_span(1, len)]).await;
        story.queue.close();
        let words = Words::new();
        let peer = Arc::new(Picky(names_up_to(most)));
        let (config, dead) = (story.config.clone(), story.dead.clone());
        Lane::new(story.queue_lane.clone(), peer, config, dead, words, Metrics::new("otlp"))
            .run(story.stop.clone())
            .await;
        assert_eq!(story.books(), expected);
        if let Some(letter) = story.dead.list(None, 0, 1).expect("readable").first() {
            assert!(letter.bytes > len as u64, "a dead letter is as it was before it was cut");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_keeps_saying_slow_down_gets_smaller_requests() {
    let never_three: Script = Box::new(|spans, _| match spans.len() {
        3.. => Verdict::Throttled { after: Some(Duration::from_secs(5)), cause: "RATE_LIMITED".into() },
        _ => sent(),
    });
    check(
        vec![spans(&[1, 2, 3, 4])],
        never_three,
        expect![[r#"
              0s [1, 2, 3, 4]
              5s [1, 2, 3, 4]
             10s [1, 2, 3, 4]
             15s [1, 2, 3, 4]
             20s [1, 2]
             20s [3, 4]
            traces: sent 4, dropped {}, dead {}, waiting 0
        "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_request_has_no_more_items_than_it_may() {
    let mut story = Story::new(vec![spans(&[1, 2, 3]), spans(&[4])]).await;
    story.config.max_request_items = 2;
    expect![[r#"
          0s [1]
          0s [2, 3]
          0s [4]
        traces: sent 4, dropped {}, dead {}, waiting 0
    "#]]
    .assert_eq(&story.run(first(vec![])).await);
}

#[tokio::test(start_paused = true)]
async fn one_bad_sender_sinks_nobody_else() {
    let never_two: Script = Box::new(|spans, _| match spans.contains(&2) {
        true => refused("span of jane@example.com is bad"),
        false => sent(),
    });
    check(
        vec![spans(&[1]), spans(&[2]), spans(&[3])],
        never_two,
        expect![[r#"
              0s [1, 2, 3]
              0s [1]
              0s [2]
              0s [3]
            traces: sent 2, dropped {}, dead {"refused": 1}, waiting 0
            dead: [2] refused HTTP 400: span of [EMAIL_ADDRESS] is bad
        "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_wants_other_credentials_is_asked_each_minute() {
    let hold: fn() -> Verdict = || Verdict::Hold("HTTP 401".into());
    check(
        vec![spans(&[1])],
        first(vec![hold; 2]),
        expect![[r#"
          0s [1]
         60s [1]
        120s [1]
        traces: sent 1, dropped {}, dead {}, waiting 0
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn spans_with_invalid_ids_are_set_aside_before_they_are_sent() {
    check(
        vec![spans(&[1, 0, 2])],
        first(vec![]),
        expect![[r#"
              0s [1, 2]
            traces: sent 2, dropped {}, dead {"invalid_id": 1}, waiting 0
            dead: [0] invalid_id
        "#]],
    )
    .await;
}

/// Dead letters on a disk that is full until the connection drops the trigger `full`.
fn dead_without_room(folder: &std::path::Path) -> (Arc<DeadLetters>, rusqlite::Connection) {
    let dead = DeadLetters::open(folder, queue::Dead::default(), queue::Metrics::new()).expect("a new file");
    let disk = rusqlite::Connection::open(folder.join("dead.db")).expect("it is there");
    let full = "CREATE TRIGGER full BEFORE INSERT ON letters BEGIN SELECT RAISE(FAIL, 'disk is full'); END";
    disk.execute_batch(full).expect("writable");
    (Arc::new(dead), disk)
}

#[tokio::test(start_paused = true)]
async fn what_finds_no_room_among_the_dead_letters_is_sent_again_behind_what_the_peer_takes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (dead, _disk) = dead_without_room(folder.path());
    let story = Story { dead, ..Story::new(vec![spans(&[1]), spans(&[2, 0]), spans(&[3])]).await };
    let mends_itself: Script = Box::new(|spans, attempt| match spans {
        [3] => sent(),
        _ if attempt < 6 => refused("no"),
        _ => sent(),
    });
    expect![[r#"
          1s [1, 2, 3]
          1s [1]
          2s [2]
          4s [3]
          4s [0]
          5s [1]
          7s [2]
          7s [0]
          7s [1]
        traces: sent 4, dropped {}, dead {}, waiting 0
    "#]]
    .assert_eq(&story.run(mends_itself).await);
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_is_written_once_there_is_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let (dead, disk) = dead_without_room(folder.path());
    let story = Story { dead, ..Story::new(vec![spans(&[1])]).await };
    let disk = Mutex::new(disk);
    let makes_room: Script = Box::new(move |_, attempt| {
        if attempt == 2 {
            disk.lock().expect("no panic while held").execute_batch("DROP TRIGGER full").expect("writable");
        }
        refused("no")
    });
    expect![[r#"
          0s [1]
          1s [1]
          2s [1]
        traces: sent 0, dropped {}, dead {"refused": 1}, waiting 0
        dead: [1] refused HTTP 400: no
    "#]]
    .assert_eq(&story.run(makes_room).await);
}

#[tokio::test(start_paused = true)]
async fn what_an_exporter_does_not_carry_is_dropped() {
    let metrics = Record { kind: 3, flags: 0, items: 7, payload: bytes::Bytes::new() };
    check(
        vec![metrics, spans(&[1])],
        first(vec![]),
        expect![[r#"
          0s [1]
        traces: sent 1, dropped {}, dead {}, waiting 0
        metrics: sent 0, dropped {"not_carried": 7}, dead {}, waiting 0
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_costs_the_batch_that_caused_it_and_no_more() {
    let panics: Script = Box::new(|spans, _| if spans.contains(&1) { panic!("bug") } else { sent() });
    check(
        vec![spans(&[1]), spans(&[2])],
        panics,
        expect![[r#"
          0s [1, 2]
          0s [1]
          0s [2]
        traces: sent 1, dropped {}, dead {"refused": 1}, waiting 0
        dead: [1] refused the exporter panicked
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_request_is_never_larger_than_it_may_be() {
    let mut story = Story::new(vec![spans(&[1; 9]), spans(&[2; 9]), spans(&[3; 9])]).await;
    // The smallest that settings allow is more than a test wants to write out.
    story.config.max_request_size = Size(200);
    expect![[r#"
          0s [1, 1, 1, 1]
          0s [1, 1, 1, 1, 1]
          0s [2, 2, 2, 2]
          0s [2, 2, 2, 2, 2]
          0s [3, 3, 3, 3]
          0s [3, 3, 3, 3, 3]
        traces: sent 27, dropped {}, dead {}, waiting 0
    "#]]
    .assert_eq(&story.run(first(vec![])).await);
}

#[tokio::test(start_paused = true)]
async fn giving_up_after_the_elapsed_time_leaves_dead_letters() {
    let mut story = Story::new(vec![spans(&[1])]).await;
    story.config.retry_on_failure.max_elapsed_time = Duration::from_secs(2);
    expect![[r#"
          0s [1]
          1s [1]
          2s [1]
        traces: sent 0, dropped {}, dead {"given_up": 1}, waiting 0
        dead: [1] given_up away
    "#]]
    .assert_eq(&story.run(Box::new(|_, _| later(None))).await);
}

#[tokio::test(start_paused = true)]
async fn a_stop_cuts_the_pause_short_and_leaves_the_batch_on_disk() {
    let story = Story::new(vec![spans(&[1])]).await;
    let stop = story.stop.waiting.clone();
    let script: Script = Box::new(move |_, _| {
        stop.cancel();
        later(Some(200))
    });
    let started = Instant::now();
    expect![[r#"
          0s [1]
        traces: sent 0, dropped {}, dead {}, waiting 1
    "#]]
    .assert_eq(&story.run(script).await);
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_what_the_peer_takes_at_once_is_still_delivered() {
    let mut story = Story::new(vec![spans(&[1]), spans(&[2]), spans(&[3])]).await;
    story.config.sending_queue.batch_size = Size(1);
    let stop = story.stop.waiting.clone();
    let script: Script = Box::new(move |spans, _| {
        stop.cancel();
        match spans {
            [2] => later(None),
            _ => sent(),
        }
    });
    expect![[r#"
          0s [1]
          0s [2]
        traces: sent 1, dropped {}, dead {}, waiting 2
    "#]]
    .assert_eq(&story.run(script).await);
}

#[tokio::test]
async fn a_dead_letter_is_replayed_once_and_one_that_is_refused_again_is_a_letter_anew() {
    let story = Story::new(vec![spans(&[1]), spans(&[2])]).await;
    let refuse_all: Script = Box::new(|_, _| refused("closed"));
    story.run(refuse_all).await;
    assert_eq!(story.dead.count(None).expect("readable").letters, 2);

    // A queue that is open, so that the lane goes on.
    let again = Story { dead: story.dead.clone(), ..Story::new(vec![]).await };
    let refuse_two: Script =
        Box::new(|spans, _| if spans.contains(&2) { refused("still closed") } else { sent() });
    let exporter = Arc::new(Scripted { started: Instant::now(), script: refuse_two, seen: Mutex::default() });
    let (queue_lane, config, dead) = (again.queue_lane.clone(), again.config.clone(), again.dead.clone());
    let lane = Lane::new(queue_lane, exporter, config, dead, Words::new(), Metrics::new("otlp"));
    let bell = lane.bell();
    let running = tokio::spawn(lane.run(again.stop.clone()));
    assert_eq!(again.dead.mark(&queue::Chosen::default(), &["otlp"]).expect("writable").letters, 2);
    bell.notify_one();
    let replayed = || again.queue_lane.ledger().line(1).clone();
    while replayed().replayed < 2
        || replayed().waiting.items > 0
        || again.dead.get(2).expect("readable").is_some()
    {
        tokio::task::yield_now().await;
    }
    again.stop.leasing.cancel();
    running.await.expect("it does not panic");
    let line = replayed();
    assert_eq!((line.sent, line.dead.get("refused"), line.waiting.items), (1, Some(&1), 0));
    let letters = again.dead.list(None, 0, 10).expect("readable");
    let left: Vec<_> = letters.iter().map(|letter| (letter.id, letter.message.as_str())).collect();
    assert_eq!(left, [(3, "HTTP 400: still closed")]);
}

#[tokio::test]
async fn a_lane_that_is_told_to_leave_finishes_what_is_in_hand() {
    struct Slow(tokio::sync::Notify, tokio::sync::Notify);
    impl Exporter for Slow {
        fn carries(&self, _: Signal) -> bool {
            true
        }
        fn send<'a>(&'a self, _: &'a Batch) -> BoxFuture<'a, Verdict> {
            Box::pin(async {
                self.0.notify_one();
                self.1.notified().await;
                sent()
            })
        }
    }
    let mut story = Story::new(vec![spans(&[1]), spans(&[2])]).await;
    story.config.sending_queue.batch_size = Size(1);
    let slow = Arc::new(Slow(Default::default(), Default::default()));
    let (queue_lane, config, dead) = (story.queue_lane.clone(), story.config.clone(), story.dead.clone());
    let lane = Lane::new(queue_lane, slow.clone(), config, dead, Words::new(), Metrics::new("otlp"));
    let running = tokio::spawn(lane.run(story.stop.clone()));
    slow.0.notified().await;
    story.stop.leasing.cancel();
    slow.1.notify_one();
    running.await.expect("it does not panic");
    let line = story.queue_lane.ledger().line(1).clone();
    assert_eq!((line.sent, line.waiting.items), (1, 1));
}

#[tokio::test]
async fn several_requests_are_under_way_at_once() {
    struct Gate(tokio::sync::Barrier);
    impl Exporter for Gate {
        fn carries(&self, _: Signal) -> bool {
            true
        }
        fn send<'a>(&'a self, _: &'a Batch) -> BoxFuture<'a, Verdict> {
            Box::pin(async {
                self.0.wait().await;
                sent()
            })
        }
    }
    let mut story = Story::new((1..=3).map(|n| spans(&[n])).collect()).await;
    story.config.sending_queue.num_consumers = std::num::NonZeroUsize::new(3).expect("3 is not 0");
    story.config.sending_queue.batch_size = Size(1);
    story.queue.close();
    let words = Words::new();
    let gate = Arc::new(Gate(tokio::sync::Barrier::new(3)));
    let (config, dead) = (story.config.clone(), story.dead.clone());
    let lane = Lane::new(story.queue_lane.clone(), gate, config, dead, words, Metrics::new("otlp"));
    // The gate opens when three are there, or never.
    tokio::time::timeout(Duration::from_secs(10), lane.run(Stop::default())).await.expect("three came");
    assert_eq!(story.queue_lane.ledger().line(1).sent, 3);
}

#[tokio::test(start_paused = true)]
async fn batches_larger_than_the_requests_under_way_come_one_by_one() {
    let mut story = Story::new((1..=3).map(|n| spans(&[n; 30])).collect()).await;
    story.config.sending_queue.num_consumers = std::num::NonZeroUsize::new(3).expect("3 is not 0");
    story.config.sending_queue.batch_size = Size(1);
    story.config.max_request_size = Size(100);
    let seen = story.run(first(vec![|| later(None)])).await;
    assert_eq!(seen.lines().filter(|line| line.starts_with("  0s ")).count(), 1, "{seen}");
    assert_eq!(story.queue_lane.ledger().line(1).sent, 90);
}

#[tokio::test(start_paused = true)]
async fn a_scrape_shows_the_ledger() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let story = Story::new(vec![spans(&[1, 0, 2]), spans(&[3])]).await;
    let ledgers = metrics::with_local_recorder(&recorder, || Ledgers::new(&story.queue));
    let partial: fn() -> Verdict = || Verdict::Sent { rejected: 1, message: None };
    story.run(first(vec![partial])).await;
    ledgers.collect();
    let text = recorder.handle().render();
    let mut shown: Vec<&str> =
        text.lines().filter(|line| line.starts_with("sidelight_exporter") && !line.ends_with(" 0")).collect();
    shown.sort();
    expect![[r#"
        sidelight_exporter_accepted_items_total{exporter="otlp",signal="traces"} 4
        sidelight_exporter_dead_items_total{exporter="otlp",signal="traces",reason="invalid_id"} 1
        sidelight_exporter_dropped_items_total{exporter="otlp",signal="traces",reason="partial_success"} 1
        sidelight_exporter_sent_items_total{exporter="otlp",signal="traces"} 2"#]]
    .assert_eq(&shown.join("\n"));
}

/// Puts `record` into `queue` from another thread, and returns once it is there.
fn push(queue: &Queue, record: Record) {
    let queue = queue.clone();
    let pushing = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(queue.push(record)).expect("there is room");
    };
    std::thread::spawn(pushing).join().expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn small_requests_keep_their_distance_and_full_ones_do_not() {
    let mut story = Story::new(vec![spans(&[1])]).await;
    story.config.sending_queue.flush_interval = Duration::from_secs(5);
    story.config.sending_queue.batch_size = Size(512);
    let queue = story.queue.clone();
    let script = move |_: &[u8], attempt: usize| {
        match attempt {
            // Both wait until five seconds are over.
            0 => [2, 3].into_iter().for_each(|n| push(&queue, spans(&[n]))),
            // Too much for one lease, so that the rest comes at once.
            1 => (4..12).for_each(|n| push(&queue, spans(&[n; 4]))),
            _ => queue.close(),
        }
        sent()
    };
    let seen = story.deliver(Box::new(script)).await;
    let starts: Vec<&str> = seen.lines().map(|line| line.split('[').next().unwrap_or("")).collect();
    assert_eq!(starts[..3], ["  0s ", "  5s ", " 10s "], "{seen}");
    assert!(starts[3..].contains(&" 10s "), "{seen}");
}
