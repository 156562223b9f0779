//! A receiver on free ports with a line that records and misbehaves on request, and bare clients.

use crate::drain::Drain;
use crate::enrich::Enriched;
use crate::otlp::{Batch, Signal};
use crate::queue::{PushError, Record};
use crate::receive::{Config, Intake, Line, Metrics, bind};
use crate::settings;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// What the line does with the next batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    #[default]
    Well,
    Full,
    Closed,
    DiskBroken,
    PanicsWhenAsked,
    PanicsWhenEnriching,
}

/// Records what would be stored. Spans named `llm` concern it.
pub struct TestLine {
    pub mood: Mutex<Mood>,
    pub stored: Mutex<Vec<Record>>,
    /// A push waits for one permit; there are plenty unless a test takes them.
    pub pushes: Semaphore,
}

impl TestLine {
    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap()
    }
}

impl Line for TestLine {
    fn concerns(&self, batch: &Batch) -> bool {
        assert_ne!(self.mood(), Mood::PanicsWhenAsked);
        batch.otlp().windows(3).any(|name| name == b"llm")
    }

    fn enrich(&self, batch: &Batch, _now: SystemTime) -> Enriched {
        assert_ne!(self.mood(), Mood::PanicsWhenEnriching);
        let patched = [batch.otlp().as_ref(), &traces("added")].concat();
        Enriched {
            embeddable: true,
            ..Enriched::untouched(Batch::trusted(batch.signal(), patched.into(), batch.items()))
        }
    }

    fn left_out(&self, _signal: Signal, _items: u32) {}

    fn push(&self, record: Record) -> BoxFuture<'_, Result<(), PushError>> {
        async move {
            self.pushes.acquire().await.unwrap().forget();
            match self.mood() {
                Mood::Full => Err(PushError::Full),
                Mood::Closed => Err(PushError::Closed),
                Mood::DiskBroken => Err(PushError::Disk(std::io::Error::other("broken"))),
                _ => {
                    self.stored.lock().unwrap().push(record);
                    Ok(())
                }
            }
        }
        .boxed()
    }

    fn stored(&self, _: Enriched, _: Option<Duration>) {}
}

/// A running receiver.
pub struct Server {
    pub grpc: SocketAddr,
    pub http: SocketAddr,
    pub line: Arc<TestLine>,
    pub intake: Intake,
    pub drain: Drain,
    pub metrics: PrometheusHandle,
}

pub const ROOM: usize = 64 << 20;

impl Server {
    pub async fn start() -> Server {
        Server::with("", ROOM).await
    }

    /// With `settings` (YAML) in each protocol's section.
    pub async fn with(settings: &str, max_in_flight: usize) -> Server {
        let yaml = format!(
            "protocols: {{ grpc: {{ endpoint: \"127.0.0.1:0\", max_recv_msg_size_mib: 1, {settings} }}, \
             http: {{ endpoint: \"127.0.0.1:0\", max_request_body_size: 1MiB, {settings} }} }}"
        );
        Server::of(&yaml, max_in_flight).await
    }

    /// With `yaml` as the section `receivers.otlp`.
    pub async fn of(yaml: &str, max_in_flight: usize) -> Server {
        let recorder = PrometheusBuilder::new().build_recorder();
        let metrics = metrics::with_local_recorder(&recorder, Metrics::new);
        let line = Arc::new(TestLine {
            mood: Mutex::default(),
            stored: Mutex::default(),
            pushes: Semaphore::new(1000),
        });
        let receiver = bind(&config(yaml)).await.unwrap();
        let drain = Drain::default();
        let intake = Intake::new(Arc::clone(&line) as Arc<dyn Line>, max_in_flight, metrics, &drain);
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Server {
            grpc: receiver.grpc_address().unwrap_or(nowhere),
            http: receiver.http_address().unwrap_or(nowhere),
            line,
            intake: intake.clone(),
            drain: drain.clone(),
            metrics: recorder.handle(),
        };
        drain.tasks.spawn(receiver.serve(intake, drain.clone()));
        server
    }

    pub fn mood(&self, mood: Mood) {
        *self.line.mood.lock().unwrap() = mood;
    }

    pub fn stored(&self) -> Vec<Record> {
        self.line.stored.lock().unwrap().clone()
    }

    /// The value of one of the receiver's metrics, by its name and labels as Prometheus shows them.
    pub fn metric(&self, name: &str) -> u64 {
        self.intake.collect();
        let text = self.metrics.render();
        let line = text.lines().find(|line| line.starts_with(&format!("{name} ")));
        line.and_then(|line| line.rsplit_once(' ')).expect("a metric of that name").1.parse().unwrap()
    }

    pub fn refused(&self, transport: &str, reason: &str) -> u64 {
        self.metric(&format!(
            "sidelight_receiver_refused_items_total{{signal=\"traces\",transport=\"{transport}\",reason=\"{reason}\"}}"
        ))
    }

    pub fn accepted(&self, transport: &str) -> u64 {
        let name = "sidelight_receiver_accepted_items_total";
        self.metric(&format!("{name}{{signal=\"traces\",transport=\"{transport}\"}}"))
    }

    /// One HTTP/1.1 request on a connection of its own.
    pub async fn http(&self, request: Request<Full<Bytes>>) -> Answer {
        let (mut sender, connection) = http1::handshake(connect(self.http).await).await.unwrap();
        let connection = tokio::spawn(connection);
        let answer = Answer::read(sender.send_request(request).await.unwrap()).await;
        connection.abort();
        answer
    }

    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
        self.http(request("POST", path, headers, body)).await
    }

    /// One gRPC call of the service for traces on a connection of its own; `body` is sent as it is.
    pub async fn call(&self, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
        self.call_path("/opentelemetry.proto.collector.trace.v1.TraceService/Export", headers, body).await
    }

    pub async fn call_path(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
        let (mut sender, connection) =
            http2::handshake(TokioExecutor::new(), connect(self.grpc).await).await.unwrap();
        let connection = tokio::spawn(connection);
        let uri = format!("http://localhost{path}");
        let mut request = request("POST", &uri, headers, body);
        request.headers_mut().entry("content-type").or_insert("application/grpc".parse().unwrap());
        let answer = Answer::read(sender.send_request(request).await.unwrap()).await;
        connection.abort();
        answer
    }

    /// Stops, and whether everything ended in time.
    pub async fn stop(&self) -> bool {
        self.drain.finish(Duration::from_secs(5)).await
    }
}

/// The section `receivers.otlp`.
pub fn config(yaml: &str) -> Config {
    let mut config = Config::default();
    let yaml = format!("otlp: {{ {yaml} }}");
    let problems = settings::read_text("test", &yaml, |section| config.read(section));
    assert!(problems.is_empty(), "{problems:?}");
    config
}

pub async fn connect(address: SocketAddr) -> TokioIo<TcpStream> {
    TokioIo::new(TcpStream::connect(address).await.unwrap())
}

pub fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Full::new(body.into())).unwrap()
}

/// An answer as a person would read it.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub trailers: HeaderMap,
}

impl Answer {
    async fn read(response: http::Response<hyper::body::Incoming>) -> Answer {
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap();
        let trailers = body.trailers().cloned().unwrap_or_default();
        Answer { status: head.status.as_u16(), headers: head.headers, body: body.to_bytes(), trailers }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status, headers but for those that change by themselves, and body: JSON as it is, protobuf as
    /// the status that it holds.
    pub fn show(&self) -> String {
        let mut shown = format!("{}\n", self.status);
        for (name, value) in
            self.headers.iter().filter(|(name, _)| *name != "date" && *name != "content-length")
        {
            shown += &format!("{name}: {}\n", value.to_str().unwrap());
        }
        match self.header("content-type") {
            "application/x-protobuf" if self.status != 200 => shown + &show_status(&self.body),
            _ => shown + std::str::from_utf8(&self.body).unwrap() + "\n",
        }
    }

    /// What a gRPC client makes of it: code, message, details, and headers of note.
    pub fn show_grpc(&self) -> String {
        let fields = if self.trailers.is_empty() { &self.headers } else { &self.trailers };
        let field = |name: &str| fields.get(name).map_or("", |value| value.to_str().unwrap());
        let mut shown =
            format!("HTTP {} grpc-status {} {}\n", self.status, field("grpc-status"), field("grpc-message"));
        if let Some(details) = fields.get("grpc-status-details-bin") {
            use base64::Engine;
            let engine = base64::engine::GeneralPurpose::new(
                &base64::alphabet::STANDARD,
                base64::engine::GeneralPurposeConfig::new()
                    .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
            );
            shown += &show_status(&engine.decode(details).unwrap());
        }
        if let Some(spoken) = self.headers.get("grpc-accept-encoding") {
            shown += &format!("grpc-accept-encoding: {}\n", spoken.to_str().unwrap());
        }
        shown + &format!("body {:?}\n", self.body)
    }
}

/// A `google.rpc.Status`, read by the fields' numbers alone.
fn show_status(bytes: &[u8]) -> String {
    #[derive(Message)]
    struct Status {
        #[prost(int32, tag = "1")]
        code: i32,
        #[prost(string, tag = "2")]
        message: String,
        #[prost(message, repeated, tag = "3")]
        details: Vec<Any>,
    }
    #[derive(Message)]
    struct Any {
        #[prost(string, tag = "1")]
        kind: String,
        #[prost(bytes = "vec", tag = "2")]
        value: Vec<u8>,
    }
    let status = Status::decode(bytes).unwrap();
    let mut shown = format!("code {}: {}\n", status.code, status.message);
    for detail in &status.details {
        shown += &format!("{} {:?}\n", detail.kind, Bytes::copy_from_slice(&detail.value));
    }
    shown
}

/// An export request of one span called `name`, encoded.
pub fn traces(name: &str) -> Vec<u8> {
    let span = Span { name: name.to_string(), ..Span::default() };
    let scope = ScopeSpans { spans: vec![span], ..ScopeSpans::default() };
    let resource = ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![resource] }.encode_to_vec()
}

/// `message` as one gRPC frame.
pub fn frame(compressed: bool, message: &[u8]) -> Vec<u8> {
    let len = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[u8::from(compressed)], len.as_slice(), message].concat()
}

pub fn gzip(plain: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

pub fn zlib(plain: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

pub fn zstd(plain: &[u8]) -> Vec<u8> {
    zstd::encode_all(plain, 1).unwrap()
}
