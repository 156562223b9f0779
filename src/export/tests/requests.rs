//! How batches become requests, and requests that are too large smaller ones.

use super::*;

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
