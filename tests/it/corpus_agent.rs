//! The corpus through a running agent, by every transport: as much arrives as was sent, and what speaks of
//! no LLM call arrives as it was.

use crate::shared;
use crate::support::agent::Agent;
use crate::support::pack::{gzip, zstd};
use crate::support::upstream::Upstream;
use bytes::Bytes;
use http::StatusCode;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use prost::Message;
use sidelight::otlp::{Batch, Limits, Signal, json};
use sidelight::recognize::{self, Found};
use std::collections::{BTreeMap, HashMap};

/// One export request of the corpus as it stands in its file.
struct Payload {
    name: String,
    signal: Signal,
    is_json: bool,
    body: Bytes,
}

fn payloads() -> Option<Vec<Payload>> {
    let folder = shared::corpus()?.join("dev");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the corpus is readable") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let of = |signal: &Signal| name.contains(&format!(".{}.", signal.name()));
        let Some(signal) = Signal::ALL.into_iter().find(of) else {
            continue;
        };
        if name.ends_with(".expected.json") {
            continue;
        }
        let body = std::fs::read(&path).expect("readable").into();
        all.push(Payload { is_json: name.ends_with(".json"), name, signal, body });
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Some(all)
}

impl Payload {
    /// The request as protobuf.
    fn batch(&self) -> Batch {
        let proto = match self.is_json {
            true => json::read(self.signal, &self.body).expect("the corpus is right").into(),
            false => self.body.clone(),
        };
        Batch::read(self.signal, proto, &Limits::default()).expect("the corpus is right")
    }

    /// Sends it the `n`th way: its own encoding, plain or packed, or gRPC.
    async fn send(&self, agent: &Agent, n: usize) {
        let (path, kind) =
            (format!("/v1/{}", self.signal.name()), if self.is_json { "json" } else { "x-protobuf" });
        let kind = ("content-type", format!("application/{kind}"));
        let kind = (kind.0, kind.1.as_str());
        let (status, answer) = match n % 4 {
            0 => agent.post(&path, &[kind], self.body.clone()).await,
            1 => agent.post(&path, &[kind, ("content-encoding", "gzip")], gzip(&self.body)).await,
            2 => agent.post(&path, &[kind, ("content-encoding", "zstd")], zstd(&self.body)).await,
            _ => return grpc(agent, &self.batch()).await,
        };
        assert_eq!(status, StatusCode::OK, "{}: {answer:?}", self.name);
    }
}

async fn grpc(agent: &Agent, batch: &Batch) {
    let url = format!("http://{}", agent.addresses.grpc.expect("gRPC is on"));
    let body = batch.otlp().clone();
    let accepted = match batch.signal() {
        Signal::Traces => {
            let request = ExportTraceServiceRequest::decode(body).expect("checked");
            let mut client = TraceServiceClient::connect(url).await.expect("a connection");
            client.export(request).await.map(drop)
        }
        Signal::Logs => {
            let request = ExportLogsServiceRequest::decode(body).expect("checked");
            let mut client = LogsServiceClient::connect(url).await.expect("a connection");
            client.export(request).await.map(drop)
        }
        Signal::Metrics => {
            let request = ExportMetricsServiceRequest::decode(body).expect("checked");
            let mut client = MetricsServiceClient::connect(url).await.expect("a connection");
            client.export(request).await.map(drop)
        }
    };
    accepted.expect("accepted");
}

/// How many items of each signal.
type Counts = BTreeMap<&'static str, u32>;

/// The encoded spans and log records that need no scanning, with how often each occurs.
type Untouched = HashMap<Vec<u8>, usize>;

fn count(batches: &[Batch]) -> (Counts, Untouched) {
    let (mut counts, mut untouched) = (Counts::new(), Untouched::new());
    for batch in batches {
        *counts.entry(batch.signal().name()).or_default() += batch.items();
        let found: Vec<usize> = recognize::find(batch).iter().map(start).collect();
        for item in batch.walk().filter(|item| !found.contains(&item.at.start)) {
            *untouched.entry(item.message.to_vec()).or_default() += 1;
        }
    }
    (counts, untouched)
}

fn start(found: &Found<'_>) -> usize {
    match found {
        Found::Call(item, _) | Found::Carrier(item) => item.at.start,
    }
}

#[tokio::test]
async fn as_much_of_the_corpus_arrives_as_was_sent_and_what_is_no_call_as_it_was() {
    let Some(payloads) = payloads() else { return };
    let upstream = Upstream::start().await;
    // Batches are not joined, so that carriers of one request do not become those of another.
    let yaml = format!(
        "queue: {{ durability: os }}\nexporters: {{ otlphttp: {{ endpoint: \"{}\", sending_queue: {{ batch_size: 1 }} }} }}",
        upstream.url()
    );
    let agent = Agent::start(&yaml).await;
    for (n, payload) in payloads.iter().enumerate() {
        payload.send(&agent, n).await;
    }
    let taken = upstream.wait_for(|taken| taken.0.len() == payloads.len()).await;
    assert_eq!(agent.stop().await.waiting, 0);

    let sent: Vec<Batch> = payloads.iter().map(Payload::batch).collect();
    let read = |taken: &crate::support::upstream::Taken| {
        Batch::read(taken.signal, taken.body.clone(), &Limits::default())
    };
    let arrived: Result<Vec<Batch>, _> = taken.0.iter().map(read).collect();
    let (sent, arrived) = (count(&sent), count(&arrived.expect("what arrives decodes")));
    assert_eq!(arrived.0, sent.0, "items by signal");
    assert!(arrived.1 == sent.1, "{} items that speak of no call went in, other ones came out", sent.1.len());
}
