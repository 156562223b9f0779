//! What a lane does with what it cannot carry, with faults, at a stop and at a scrape.

use super::*;

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
