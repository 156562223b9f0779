//! What is asked again, when, and for how long.

use super::*;

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
