//! The whole line: an app sends, an upstream gets, and what lies between keeps its promises.

use crate::support::agent::{Agent, files_with};
use crate::support::pack::{deflate, gzip, zstd};
use crate::support::spans::{Trace, text, trace};
use crate::support::upstream::{Behaviour, Upstream};
use http::StatusCode;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tonic::codec::CompressionEncoding;

const MAIL: &str = "alice.brown@example.org";
const CARD: &str = "4111 1111 1111 1111";

fn planted() -> Trace {
    trace().llm(&format!("write to {MAIL}, my card is {CARD}")).plain("GET /health")
}

/// An agent with one OTLP exporter to `upstream` that does not wait long between tries.
async fn agent(upstream: &Upstream) -> Agent {
    let retry = "retry_on_failure: { initial_interval: 20ms, max_interval: 50ms }";
    Agent::start(&format!("exporters: {{ otlphttp: {{ endpoint: \"{}\", {retry} }} }}", upstream.url())).await
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Proto,
    Json,
    Gzip,
    Zstd,
    Deflate,
    Grpc,
    GrpcGzip,
    GrpcZstd,
}

impl Way {
    async fn send(self, agent: &Agent, trace: &Trace) {
        let proto = ("content-type", "application/x-protobuf");
        let packed = |name| [proto, ("content-encoding", name)];
        let (status, body) = match self {
            Way::Proto => agent.post("/v1/traces", &[proto], trace.proto()).await,
            Way::Json => {
                agent.post("/v1/traces", &[("content-type", "application/json")], trace.json()).await
            }
            Way::Gzip => agent.post("/v1/traces", &packed("gzip"), gzip(&trace.proto())).await,
            Way::Zstd => agent.post("/v1/traces", &packed("zstd"), zstd(&trace.proto())).await,
            Way::Deflate => agent.post("/v1/traces", &packed("deflate"), deflate(&trace.proto())).await,
            Way::Grpc => return grpc(agent, trace, None).await,
            Way::GrpcGzip => return grpc(agent, trace, Some(CompressionEncoding::Gzip)).await,
            Way::GrpcZstd => return grpc(agent, trace, Some(CompressionEncoding::Zstd)).await,
        };
        assert_eq!(status, StatusCode::OK, "{self:?}");
        let empty: &[u8] = if matches!(self, Way::Json) { b"{}" } else { b"" };
        assert_eq!(body, empty, "{self:?}: full success says nothing more");
    }
}

async fn grpc(agent: &Agent, trace: &Trace, compression: Option<CompressionEncoding>) {
    let url = format!("http://{}", agent.addresses.grpc.expect("gRPC is on"));
    let mut client = TraceServiceClient::connect(url).await.expect("a connection");
    if let Some(compression) = compression {
        client = client.send_compressed(compression);
    }
    let answer = client.export(trace.request()).await.expect("accepted").into_inner();
    assert_eq!(answer, ExportTraceServiceResponse { partial_success: None });
}

/// The one span of this name that the upstream got.
fn span(upstream: &Upstream, name: &str) -> Span {
    let requests = upstream.taken().traces().into_iter();
    let scopes =
        requests.flat_map(|request| request.resource_spans).flat_map(|resource| resource.scope_spans);
    let mut named = scopes.flat_map(|scope| scope.spans).filter(|span| span.name == name);
    let span = named.next().expect("it arrived");
    assert!(named.next().is_none(), "it arrived once");
    span
}

fn value(span: &Span, key: &str) -> Option<Value> {
    span.attributes.iter().find(|attribute| attribute.key == key)?.value.clone()?.value
}

async fn check(way: Way) {
    let upstream = Upstream::start().await;
    let agent = agent(&upstream).await;
    way.send(&agent, &planted()).await;
    let taken = upstream.wait_for(|taken| taken.span_ids().len() == 2).await;

    for body in taken.0.iter().map(|taken| String::from_utf8_lossy(&taken.body).into_owned()) {
        assert!(!body.contains(MAIL) && !body.contains(CARD), "{way:?}");
    }
    let call = span(&upstream, "chat gpt-4o");
    let prompt = value(&call, "gen_ai.input.messages");
    let masked = r#"[{"parts":[{"content":"write to [EMAIL_ADDRESS], my card is [CREDIT_CARD]","type":"text"}],"role":"user"}]"#;
    assert_eq!(prompt, Some(Value::StringValue(masked.to_string())), "{way:?}");
    for (key, expected) in [
        ("sidelight.kind", Value::StringValue("chat".to_string())),
        ("sidelight.pii.detected", Value::BoolValue(true)),
        ("sidelight.pii.action", Value::StringValue("mask".to_string())),
        ("sidelight.injection.attempt", Value::BoolValue(false)),
        ("sidelight.usage_counted", Value::BoolValue(true)),
        ("sidelight.tokens.input", Value::IntValue(12)),
        ("sidelight.tokens.method", Value::StringValue("reported".to_string())),
        ("llm.pii_detected", Value::BoolValue(true)),
    ] {
        assert_eq!(value(&call, key), Some(expected), "{way:?}: {key}");
    }
    assert!(value(&call, "sidelight.cost.usd").is_some(), "{way:?}");
    assert!(value(&span(&upstream, "GET /health"), "sidelight.kind").is_none(), "{way:?}");
    assert_eq!(agent.stop().await.waiting, 0, "{way:?}");
}

#[tokio::test]
async fn a_call_arrives_masked_and_counted_whichever_way_it_came() {
    for way in
        [Way::Proto, Way::Json, Way::Gzip, Way::Zstd, Way::Deflate, Way::Grpc, Way::GrpcGzip, Way::GrpcZstd]
    {
        check(way).await;
    }
}

#[tokio::test]
async fn a_request_without_a_call_arrives_byte_for_byte() {
    let upstream = Upstream::start().await;
    let agent = agent(&upstream).await;
    let sent =
        trace().plain("GET /a").span("SELECT", vec![text("db.query.text", &format!("select '{MAIL}'"))]);
    agent.send(&sent).await;
    let taken = upstream.wait_for(|taken| !taken.0.is_empty()).await;
    assert_eq!(taken.0[0].body, sent.proto());
}

#[tokio::test]
async fn nothing_planted_reaches_the_disk_while_the_upstream_is_away() {
    let upstream = Upstream::start().await;
    upstream.always(Behaviour::http(503));
    let agent = agent(&upstream).await;
    for _ in 0..5 {
        agent.send(&planted()).await;
    }
    let metrics = agent.metrics().await;
    let stopped = agent.stop().await;
    assert_eq!(stopped.waiting, 10);
    for secret in [MAIL, CARD] {
        assert_eq!(files_with(stopped.data_dir(), secret.as_bytes()), Vec::<std::path::PathBuf>::new());
        assert!(!metrics.0.contains(secret));
    }
    assert!(!files_with(stopped.data_dir(), b"[EMAIL_ADDRESS]").is_empty(), "the masked text is there");
}

#[tokio::test]
async fn what_waits_at_a_stop_is_delivered_by_the_next_agent_once() {
    let mut upstream = Upstream::start().await;
    upstream.stop().await;
    let first = agent(&upstream).await;
    let sent: Vec<Trace> = (0..3).map(|_| planted()).collect();
    for trace in &sent {
        first.send(trace).await;
    }
    let stopped = first.stop().await;
    assert_eq!(stopped.waiting, 6);

    upstream.resume().await;
    let exporters = format!("exporters: {{ otlphttp: {{ endpoint: \"{}\" }} }}", upstream.url());
    let second = Agent::start_again(stopped, &exporters).await;
    let taken = upstream.wait_for(|taken| taken.span_ids().len() == 6).await;
    let mut expected: Vec<Vec<u8>> = sent.iter().flat_map(Trace::span_ids).collect();
    let mut arrived = taken.span_ids();
    expected.sort();
    arrived.sort();
    assert_eq!(arrived, expected);
    let metrics = second.metrics().await;
    assert_eq!(metrics.sum("sidelight_exporter_recovered_items_total", &["traces"]), 6);
    assert_eq!(second.stop().await.waiting, 0);
}

#[tokio::test]
async fn the_ledger_closes_at_every_scrape() {
    let upstream = Upstream::start().await;
    let agent = agent(&upstream).await;
    for round in 0..20 {
        match round % 4 {
            0 => upstream.next(Behaviour::http(503)),
            1 => upstream.next(Behaviour::Partial { rejected: 1, message: "no".to_string() }),
            2 => upstream.next(Behaviour::http(400)),
            _ => {}
        }
        agent.send(&planted()).await;
        let metrics = agent.metrics().await;
        let of = |name: &str| metrics.sum(name, &["otlphttp", "traces"]);
        let accepted = metrics.sum("sidelight_receiver_accepted_items_total", &["traces"]);
        let settled = of("sidelight_exporter_sent_items_total")
            + of("sidelight_exporter_dropped_items_total")
            + of("sidelight_exporter_dead_items_total");
        assert_eq!(accepted, settled + of("sidelight_exporter_waiting_items"), "{}", metrics.0);
    }
}

#[tokio::test]
async fn two_exporters_do_not_wait_for_each_other() {
    let (here, away) = (Upstream::start().await, Upstream::start().await);
    away.always(Behaviour::grpc(14));
    let yaml = format!(
        "exporters: {{ otlphttp/here: {{ endpoint: \"{}\" }}, otlp/away: {{ endpoint: \"{}\", tls: {{ insecure: true }} }} }}",
        here.url(),
        away.url()
    );
    let agent = Agent::start(&yaml).await;
    agent.send(&planted()).await;
    here.wait_for(|taken| taken.span_ids().len() == 2).await;
    let stopped = agent.stop().await;
    assert_eq!(stopped.waiting, 2, "what is for the one that is away waits");
}

#[tokio::test]
async fn with_one_consumer_the_order_is_kept_through_refusals_and_lost_connections() {
    let upstream = Upstream::start().await;
    let retry = "retry_on_failure: { initial_interval: 5ms, max_interval: 10ms }";
    let queue = "sending_queue: { num_consumers: 1, batch_size: 1KiB }";
    let exporter = format!("{{ otlphttp: {{ endpoint: \"{}\", {retry}, {queue} }} }}", upstream.url());
    let agent = Agent::start(&format!("exporters: {exporter}")).await;
    let mut sent = Vec::new();
    for n in 0..60 {
        match n % 6 {
            1 => upstream.next(Behaviour::http(503)),
            3 => upstream.next(Behaviour::Close),
            5 => upstream.next(Behaviour::http(429).retry_after("0")),
            _ => {}
        }
        let call = trace().llm("hi");
        agent.send(&call).await;
        sent.extend(call.span_ids());
    }
    let taken = upstream.wait_for(|taken| taken.span_ids().len() == sent.len()).await;
    assert_eq!(taken.span_ids(), sent);
    agent.stop().await;
}
