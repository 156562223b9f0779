//! The OTLP clients against a peer that answers everything there is: code by transport by signal to verdict.

mod proxy;
mod wire;

use crate::support::agent::{Agent, Metrics};
use crate::support::spans::trace;
use crate::support::upstream::{Behaviour, Upstream};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use sidelight::export::peer::{self, Transport};
use sidelight::export::{Exporter, OtlpGrpc, OtlpHttp, Verdict};
use sidelight::net::tls;
use sidelight::otlp::{Batch, Signal};
use sidelight::settings::{Secret, read_text};
use std::path::PathBuf;
use std::time::Duration;

const BOTH: [Transport; 2] = [Transport::Grpc, Transport::Http];

/// A batch of three empty items.
fn batch(signal: Signal) -> Batch {
    match signal {
        Signal::Traces => spans(3),
        // One that holds nothing is one all the same.
        Signal::Logs | Signal::Metrics => Batch::trusted(signal, bytes::Bytes::new(), 3),
    }
}

fn spans(count: u8) -> Batch {
    let spans = (1..=count).map(|n| Span { trace_id: vec![n; 16], span_id: vec![n; 8], ..Span::default() });
    let scope = ScopeSpans { spans: spans.collect(), ..ScopeSpans::default() };
    let resource = ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() };
    let request = ExportTraceServiceRequest { resource_spans: vec![resource] };
    Batch::trusted(Signal::Traces, request.encode_to_vec().into(), count.into())
}

fn config(transport: Transport, url: String) -> peer::Config {
    let mut config = peer::Config::new(transport);
    config.endpoint = url;
    config.timeout = Duration::from_secs(5);
    config
}

fn exporter(config: &peer::Config) -> Box<dyn Exporter> {
    match config.transport {
        Transport::Grpc => Box::new(OtlpGrpc::new(config).expect("a channel")),
        Transport::Http => Box::new(OtlpHttp::new(config).expect("a client")),
    }
}

/// The verdict in a few words, without the peer's own.
fn brief(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Sent { rejected: 0, message: None } => "sent".to_string(),
        Verdict::Sent { rejected, message } => {
            format!("sent, {rejected} rejected: {}", message.as_deref().unwrap_or(""))
        }
        Verdict::Later { after: None, .. } => "later".to_string(),
        Verdict::Later { after: Some(after), .. } => format!("later, after {after:?}"),
        Verdict::Throttled { after: None, .. } => "slow down".to_string(),
        Verdict::Throttled { after: Some(after), .. } => format!("slow down, after {after:?}"),
        Verdict::Kept { items } => format!("kept {items}"),
        Verdict::TooLarge(_) => "too large".to_string(),
        Verdict::Hold(_) => "hold".to_string(),
        Verdict::Spoilt(_) => "spoilt".to_string(),
        Verdict::Refused(_) => "refused".to_string(),
    }
}

async fn check(transport: Transport, behaviour: impl Into<Behaviour>, expected: &str) {
    let behaviour = behaviour.into();
    let upstream = Upstream::start().await;
    upstream.always(behaviour.clone());
    let exporter = exporter(&config(transport, upstream.url()));
    for signal in Signal::ALL {
        let verdict = exporter.send(&batch(signal)).await;
        assert_eq!(brief(&verdict), expected, "{transport:?} {signal:?} {behaviour:?} {verdict:?}");
    }
}

#[tokio::test]
async fn every_grpc_code_gets_the_verdict_of_the_specification() {
    let later = [1, 4, 10, 11, 14, 15];
    for code in 1..=16 {
        let expected = match code {
            8 => "too large",
            7 | 16 => "hold",
            code if later.contains(&code) => "later",
            _ => "refused",
        };
        check(Transport::Grpc, Behaviour::grpc(code).says("no"), expected).await;
    }
}

#[tokio::test]
async fn retry_info_is_read_whatever_it_says() {
    for (info, expected) in [
        ((2, 500_000_000), "after 2.5s"),
        ((0, 0), "after 0ns"),
        ((-7, -1), "after 0ns"),
        ((31_536_000, 0), "after 31536000s"),
    ] {
        let refusal = |code| Behaviour::grpc(code).retry_info(info.0, info.1);
        check(Transport::Grpc, refusal(14), &format!("later, {expected}")).await;
        check(Transport::Grpc, refusal(8), &format!("slow down, {expected}")).await;
    }
}

#[tokio::test]
async fn a_rate_limit_of_an_old_tempo_is_no_limit_on_size() {
    let words = "RATE_LIMITED: ingestion rate limit (local: 100 bytes, global: 0 bytes) exceeded";
    check(Transport::Grpc, Behaviour::grpc(8).says(words), "slow down").await;
}

#[tokio::test]
async fn out_of_range_that_speaks_of_size_is_too_large() {
    let words = "Error, decoded message length too large: found 5242880 bytes, the limit is: 4194304 bytes";
    check(Transport::Grpc, Behaviour::grpc(11).says(words), "too large").await;
}

#[tokio::test]
async fn every_http_status_gets_the_verdict_of_the_specification() {
    for status in
        [301, 302, 307, 308, 400, 401, 403, 404, 405, 407, 408, 413, 415, 429, 500, 501, 502, 503, 504, 505]
    {
        let expected = match status {
            300..=399 | 401 | 403 | 407 => "hold",
            413 => "too large",
            429 => "slow down",
            502..=504 => "later",
            _ => "refused",
        };
        check(Transport::Http, Behaviour::http(status).says("no").location("http://127.0.0.1:1/"), expected)
            .await;
    }
}

#[tokio::test]
async fn retry_after_is_seconds_or_a_date() {
    check(Transport::Http, Behaviour::http(503).retry_after("7"), "later, after 7s").await;
    check(
        Transport::Http,
        Behaviour::http(429).retry_after("Sun, 06 Nov 1994 08:49:37 GMT"),
        "slow down, after 0ns",
    )
    .await;
    check(Transport::Http, Behaviour::http(503).retry_after("-1"), "later").await;
    check(Transport::Http, Behaviour::http(503).retry_after("soon"), "later").await;
}

#[tokio::test]
async fn partial_success_tells_what_was_rejected() {
    for transport in BOTH {
        for (rejected, expected) in [
            (2, "sent, 2 rejected: too old"),
            (0, "sent, 0 rejected: too old"),
            (-5, "sent, 0 rejected: too old"),
            (i64::MAX, "sent, 3 rejected: too old"),
        ] {
            let message = "too old".to_string();
            check(transport, Behaviour::Partial { rejected, message }, expected).await;
        }
    }
}

#[tokio::test]
async fn an_accepted_batch_with_an_odd_answer_is_still_sent() {
    for transport in BOTH {
        let odd = Behaviour::Garbage { content_type: "application/x-protobuf", body: vec![0xff; 300] };
        check(transport, odd, "sent, 0 rejected: the answer could not be read").await;
        let endless = Behaviour::Garbage { content_type: "application/x-protobuf", body: vec![0; 6 << 20] };
        check(transport, endless, "sent, 0 rejected: the answer could not be read").await;
    }
    let page = Behaviour::Garbage { content_type: "text/html", body: b"<p>hello".to_vec() };
    check(Transport::Http, page, "sent, 0 rejected: the answer is not OTLP").await;
    let json = |text: &str| Behaviour::Garbage {
        content_type: "application/json; charset=utf-8",
        body: text.into(),
    };
    check(Transport::Http, json("{}"), "sent").await;
    let partial = r#"{"partialSuccess":{"rejectedSpans":"1","errorMessage":"old"}}"#;
    check(Transport::Http, json(partial), "sent, 1 rejected: old").await;
    for many in ["99999999999999999999999", "\"99999999999999999999999\"", "1e300"] {
        let partial = format!(r#"{{"partialSuccess":{{"rejectedSpans":{many}}}}}"#);
        check(Transport::Http, json(&partial), "sent, 3 rejected: ").await;
    }
    let less = r#"{"partialSuccess":{"rejectedSpans":-1}}"#;
    check(Transport::Http, json(less), "sent").await;
}

#[tokio::test]
async fn a_prompt_that_a_peer_quotes_is_in_no_dead_letter() {
    for (exporter, code) in [("otlp", Behaviour::grpc(3)), ("otlphttp", Behaviour::http(400))] {
        let upstream = Upstream::start().await;
        upstream.always(code.says("invalid span: prompt was: please summarise my private divorce papers"));
        let exporters = format!("exporters: {{ {exporter}: {{ endpoint: \"{}\" }} }}", upstream.url());
        let agent = Agent::start(&exporters).await;
        agent.send(&trace().llm("Please summarise my private\ndivorce papers")).await;
        let dead = |metrics: &Metrics| metrics.sum("sidelight_exporter_dead_items_total", &["refused"]) > 0;
        agent.eventually("a dead letter", dead).await;
        let letters = agent.control().dead().list(None, 0, 10).expect("readable");
        let said = letters[0].message.as_str();
        assert!(said.ends_with(": invalid span: prompt was: [text of the request]"), "{said}");
    }
}

#[tokio::test]
async fn a_connection_that_closes_is_tried_later() {
    for transport in BOTH {
        check(transport, Behaviour::Close, "later").await;
    }
}

#[tokio::test]
async fn a_peer_that_is_not_there_is_tried_later_and_found_when_it_is() {
    for transport in BOTH {
        let mut upstream = Upstream::start().await;
        upstream.stop().await;
        let exporter = exporter(&config(transport, upstream.url()));
        assert_eq!(brief(&exporter.send(&spans(1)).await), "later");
        upstream.resume().await;
        assert_eq!(brief(&exporter.send(&spans(1)).await), "sent");
    }
}

#[tokio::test]
async fn a_peer_that_stalls_runs_into_the_time_limit() {
    for transport in BOTH {
        let upstream = Upstream::start().await;
        upstream.next(Behaviour::Stall);
        let mut config = config(transport, upstream.url());
        config.timeout = Duration::from_millis(50);
        let exporter = exporter(&config);
        assert_eq!(brief(&exporter.send(&spans(1)).await), "later");
        assert_eq!(brief(&exporter.send(&spans(1)).await), "sent", "on a connection of its own");
    }
}

#[tokio::test]
async fn what_arrives_is_what_was_sent_however_it_is_compressed() {
    for transport in BOTH {
        for compression in ["none", "gzip", "zstd"] {
            let upstream = Upstream::start().await;
            let mut config = config(transport, upstream.url());
            let problems = read_text("test", &format!("compression: {compression}"), |section| {
                section.get("compression", &mut config.compression);
            });
            assert!(problems.is_empty());
            let batch = spans(200);
            assert_eq!(brief(&exporter(&config).send(&batch).await), "sent");
            assert_eq!(upstream.taken().0[0].body, batch.otlp());
        }
    }
}

#[tokio::test]
async fn headers_and_signal_reach_the_peer() {
    for transport in BOTH {
        let upstream = Upstream::start().await;
        let mut config = config(transport, upstream.url());
        config.headers.insert("X-Scope-OrgID".to_string(), Secret("tenant-7".to_string()));
        let exporter = exporter(&config);
        for signal in Signal::ALL {
            exporter.send(&Batch::trusted(signal, bytes::Bytes::new(), 0)).await;
        }
        let taken = upstream.taken().0;
        assert_eq!(taken.iter().map(|taken| taken.signal).collect::<Vec<_>>(), Signal::ALL);
        assert!(taken.iter().all(|taken| taken.headers["x-scope-orgid"] == "tenant-7"));
    }
}

#[tokio::test]
async fn a_verbatim_endpoint_wins_over_the_base() {
    let upstream = Upstream::start().await;
    let mut config = config(Transport::Http, "http://127.0.0.1:1".to_string());
    config.traces_endpoint = format!("{}/ingest/trace", upstream.url());
    assert_eq!(brief(&exporter(&config).send(&spans(1)).await), "sent");
}

#[tokio::test]
async fn an_answer_that_breaks_off_does_not_undo_its_status() {
    for (transport, expected) in [(Transport::Http, "sent"), (Transport::Grpc, "later")] {
        let upstream = Upstream::start().await;
        upstream.next(Behaviour::StallInBody);
        let mut config = config(transport, upstream.url());
        config.timeout = Duration::from_millis(50);
        // A gRPC status comes last, so that there is none yet.
        assert!(brief(&exporter(&config).send(&spans(1)).await).starts_with(expected));
    }
}

fn pem(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tls")).join(name)
}

/// A server that asks clients for a certificate.
async fn mutual_tls() -> Upstream {
    let server = tls::Server {
        cert_file: pem("server.pem"),
        key_file: pem("server.key.pem"),
        client_ca_file: pem("ca.pem"),
        ..tls::Server::default()
    };
    Upstream::start_tls(&server).await
}

async fn verdict_over_tls(transport: Transport, tls: tls::Client) -> String {
    let upstream = mutual_tls().await;
    let mut config = config(transport, upstream.url());
    config.tls = tls;
    brief(&exporter(&config).send(&spans(1)).await)
}

#[tokio::test]
async fn mutual_tls_needs_the_right_authority_and_a_certificate() {
    let right = tls::Client {
        ca_file: pem("ca.pem"),
        cert_file: pem("client.pem"),
        key_file: pem("client.key.pem"),
        ..tls::Client::default()
    };
    let nameless = tls::Client { cert_file: PathBuf::new(), key_file: PathBuf::new(), ..right.clone() };
    let stranger = tls::Client { ca_file: PathBuf::new(), ..right.clone() };
    let trusting = tls::Client { insecure_skip_verify: true, ..stranger.clone() };
    for transport in BOTH {
        assert_eq!(verdict_over_tls(transport, right.clone()).await, "sent");
        assert_eq!(verdict_over_tls(transport, trusting.clone()).await, "sent");
        assert_eq!(verdict_over_tls(transport, nameless.clone()).await, "later");
        assert_eq!(verdict_over_tls(transport, stranger.clone()).await, "later");
    }
}
