//! Export sampling through a whole agent: what goes on, what is counted, and that the ledger closes.

use crate::support::agent::{Agent, Metrics};
use crate::support::spans::trace;
use crate::support::upstream::Upstream;

const SENT: &str = "sidelight_exporter_sent_items_total";
const DROPPED: &str = "sidelight_exporter_dropped_items_total";
const ACCEPTED: &str = "sidelight_exporter_accepted_items_total";

fn traces(metrics: &Metrics, name: &str, label: &str) -> u64 {
    metrics.sum(name, &["exporter=\"otlphttp\"", "signal=\"traces\"", label])
}

/// The ids of the harness end in a small number, so that each of its traces is in the half that is left out.
#[tokio::test]
async fn what_is_left_out_is_counted_and_what_a_rule_keeps_arrives() {
    let upstream = Upstream::start().await;
    let agent = Agent::start(&format!(
        "enrich: {{ sample: {{ export: {{ percent: 50, keep: {{ pii: true }} }} }} }}\n\
         exporters: {{ otlphttp: {{ endpoint: \"{}\" }} }}",
        upstream.url()
    ))
    .await;
    agent.send(&trace().llm("hello").plain("GET /left-out")).await;
    agent.send(&trace().llm("write to alice.brown@example.org").plain("GET /kept")).await;
    let taken = upstream.wait_for(|taken| taken.span_ids().len() == 2).await;

    let sent: String =
        taken.0.iter().map(|taken| String::from_utf8_lossy(&taken.body).into_owned()).collect();
    assert!(sent.contains("GET /kept") && !sent.contains("GET /left-out"), "{sent}");
    let metrics = agent.metrics().await;
    assert_eq!(metrics.sum("llm_spans_total", &["model=\"gpt-4o\""]), 2);
    assert_eq!(metrics.sum("sidelight_receiver_accepted_items_total", &["signal=\"traces\""]), 4);
    assert_eq!(traces(&metrics, DROPPED, "reason=\"sampled\""), 2);
    assert_eq!(traces(&metrics, ACCEPTED, ""), 4);
    agent.stop().await;
}

#[tokio::test]
async fn the_ledger_closes_over_what_is_left_out() {
    let upstream = Upstream::start().await;
    let agent = Agent::start(&format!(
        "enrich: {{ sample: {{ export: {{ percent: 0 }} }} }}\nexporters: {{ otlphttp: {{ endpoint: \"{}\" }} }}",
        upstream.url()
    ))
    .await;
    for _ in 0..3 {
        agent.send(&trace().plain("GET /")).await;
    }
    let metrics = agent.metrics().await;
    let (accepted, sent, dropped) = (ACCEPTED, SENT, DROPPED);
    assert_eq!(traces(&metrics, accepted, ""), 3);
    assert_eq!(traces(&metrics, accepted, ""), traces(&metrics, sent, "") + traces(&metrics, dropped, ""));
    assert_eq!(agent.stop().await.waiting, 0);
}
