//! What an agent remembers across requests.

use crate::support::agent::Agent;
use crate::support::spans::{Trace, text, trace};
use crate::support::upstream::Upstream;
use bytes::Bytes;
use http::StatusCode;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use prost::Message;
use sidelight::otlp::{Batch, Limits, Signal};

async fn agent(upstream: &Upstream) -> Agent {
    Agent::start(&format!("exporters: {{ otlphttp: {{ endpoint: \"{}\" }} }}", upstream.url())).await
}

async fn post(agent: &Agent, path: &str, body: Bytes) {
    let (status, _) = agent.post(path, &[("content-type", "application/x-protobuf")], body).await;
    assert_eq!(status, StatusCode::OK);
}

/// A log event of the span in `trace` that says `prompt`.
fn log(trace: &Trace, prompt: &str) -> Bytes {
    let span = &trace.request().resource_spans[0].scope_spans[0].spans[0];
    let record = LogRecord {
        event_name: "gen_ai.user.message".into(),
        attributes: vec![text("content", prompt)],
        trace_id: span.trace_id.clone(),
        span_id: span.span_id.clone(),
        ..LogRecord::default()
    };
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
    ExportLogsServiceRequest { resource_logs }.encode_to_vec().into()
}

#[tokio::test]
async fn a_call_that_is_sent_twice_is_counted_once() {
    let upstream = Upstream::start().await;
    let agent = agent(&upstream).await;
    let call = trace().llm("hi");
    for _ in 0..2 {
        agent.send(&call).await;
    }
    agent.send(&trace().llm("hi")).await;
    assert_eq!(agent.metrics().await.sum("llm_spans_total", &[]), 2);
    agent.stop().await;
}

#[tokio::test]
async fn a_span_carries_the_flags_of_its_log_record_that_came_before() {
    let upstream = Upstream::start().await;
    let agent = agent(&upstream).await;
    let call = trace().llm("hi");
    post(&agent, "/v1/logs", log(&call, "write to alice.brown@example.org")).await;
    agent.send(&call).await;
    let taken = upstream.wait_for(|taken| taken.0.iter().any(|one| one.signal == Signal::Traces)).await;
    let traces = taken.0.iter().find(|one| one.signal == Signal::Traces).expect("it came");
    let batch = Batch::read(Signal::Traces, traces.body.clone(), &Limits::default()).expect("valid");
    let item = batch.walk().next().expect("a span");
    let flag = item.attributes().find(|attribute| attribute.key == "sidelight.pii.detected");
    assert_eq!(flag.and_then(|flag| flag.value().as_bool()), Some(true));
    agent.stop().await;
}
