//! An OTLP server that records what it takes and misbehaves on request: gRPC and HTTP on one port.
//!
//! ```ignore
//! let upstream = Upstream::start().await;
//! upstream.next(Behaviour::grpc(14).retry_info(2, 0));   // the next request is turned away,
//! upstream.always(Behaviour::Accept);                    // all that follow are taken
//! upstream.wait_for(|taken| taken.span_ids().len() == 3).await;
//! ```

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use sidelight::net::tls;
use sidelight::otlp::Signal;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

type Body = BoxBody<Bytes, Infallible>;

/// How the server treats one request. It has read all of it first, unless the variant says otherwise.
#[derive(Clone, Debug)]
pub enum Behaviour {
    Accept,
    /// Accepts, with a `partial_success`. The request counts as taken.
    Partial {
        rejected: i64,
        message: String,
    },
    /// Turns it away: by this gRPC status and, for an HTTP client, by this HTTP status.
    Refuse(Refusal),
    /// Accepts, and answers with this instead of an OTLP response.
    Garbage {
        content_type: &'static str,
        body: Vec<u8>,
    },
    /// Never answers.
    Stall,
    /// Sends the head of an answer and nothing more.
    StallInBody,
    /// Closes the connection instead of answering.
    Close,
    /// Accepts, and says that the connection takes no further request (GOAWAY, `connection: close`).
    GoAway,
}

#[derive(Clone, Debug, Default)]
pub struct Refusal {
    pub code: i32,
    pub status: u16,
    pub message: String,
    /// Seconds and nanoseconds of a RetryInfo.
    pub retry_info: Option<(i64, i32)>,
    pub retry_after: Option<String>,
    pub location: Option<String>,
}

impl Behaviour {
    pub fn grpc(code: i32) -> Refusal {
        Refusal { code, status: 500, ..Refusal::default() }
    }

    pub fn http(status: u16) -> Refusal {
        Refusal { code: 2, status, ..Refusal::default() }
    }
}

impl Refusal {
    pub fn says(mut self, message: &str) -> Refusal {
        self.message = message.to_string();
        self
    }

    pub fn retry_info(mut self, seconds: i64, nanos: i32) -> Refusal {
        self.retry_info = Some((seconds, nanos));
        self
    }

    pub fn retry_after(mut self, text: &str) -> Refusal {
        self.retry_after = Some(text.to_string());
        self
    }

    pub fn location(mut self, url: &str) -> Refusal {
        self.location = Some(url.to_string());
        self
    }
}

impl From<Refusal> for Behaviour {
    fn from(refusal: Refusal) -> Behaviour {
        Behaviour::Refuse(refusal)
    }
}

/// A request that was taken, decompressed.
#[derive(Clone, Debug)]
pub struct Taken {
    pub signal: Signal,
    pub grpc: bool,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// All requests that were taken, in order.
#[derive(Clone, Debug, Default)]
pub struct AllTaken(pub Vec<Taken>);

impl AllTaken {
    fn bodies(&self, signal: Signal) -> impl Iterator<Item = &Bytes> {
        self.0.iter().filter(move |taken| taken.signal == signal).map(|taken| &taken.body)
    }

    pub fn traces(&self) -> Vec<ExportTraceServiceRequest> {
        self.bodies(Signal::Traces)
            .map(|body| Message::decode(body.clone()).expect("a trace request"))
            .collect()
    }

    pub fn logs(&self) -> Vec<ExportLogsServiceRequest> {
        self.bodies(Signal::Logs).map(|body| Message::decode(body.clone()).expect("a logs request")).collect()
    }

    /// The span ids of all traces, in order of arrival, duplicates included.
    pub fn span_ids(&self) -> Vec<Vec<u8>> {
        let requests = self.traces().into_iter();
        let scopes =
            requests.flat_map(|request| request.resource_spans).flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).map(|span| span.span_id).collect()
    }
}

/// The server. Dropping it closes every connection.
pub struct Upstream {
    pub address: SocketAddr,
    tls: Option<tokio_rustls::TlsAcceptor>,
    state: Arc<State>,
    stop: CancellationToken,
    serving: Option<JoinHandle<()>>,
}

struct State {
    always: Mutex<Behaviour>,
    next: Mutex<VecDeque<Behaviour>>,
    taken: watch::Sender<AllTaken>,
    attempts: watch::Sender<usize>,
}

impl Upstream {
    /// On a free port of loopback, accepting everything.
    pub async fn start() -> Upstream {
        Upstream::start_at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    pub async fn start_at(address: SocketAddr) -> Upstream {
        let state = State {
            always: Mutex::new(Behaviour::Accept),
            next: Mutex::default(),
            taken: watch::Sender::new(AllTaken::default()),
            attempts: watch::Sender::new(0),
        };
        let mut upstream = Upstream {
            address,
            tls: None,
            state: Arc::new(state),
            stop: CancellationToken::new(),
            serving: None,
        };
        upstream.resume().await;
        upstream
    }

    /// As [`Upstream::start`], spoken to by TLS.
    pub async fn start_tls(server: &tls::Server) -> Upstream {
        let mut upstream = Upstream::start().await;
        upstream.stop().await;
        upstream.tls = Some(server.build(&["h2", "http/1.1"]).expect("a TLS server").into());
        upstream.resume().await;
        upstream
    }

    /// Closes the port and every connection; what was taken is kept for [`Upstream::resume`].
    pub async fn stop(&mut self) {
        self.stop.cancel();
        if let Some(serving) = self.serving.take() {
            serving.await.expect("the server does not panic");
        }
    }

    /// Listens again, on the same port.
    pub async fn resume(&mut self) {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("reuse");
        socket.bind(self.address).expect("the port is free");
        let listener = socket.listen(64).expect("listening");
        self.address = listener.local_addr().expect("bound");
        self.stop = CancellationToken::new();
        let serving = serve(listener, self.tls.clone(), self.state.clone(), self.stop.clone());
        self.serving = Some(tokio::spawn(serving));
    }

    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// How requests are treated from now on.
    pub fn always(&self, behaviour: impl Into<Behaviour>) {
        *self.state.always.lock().expect("no panic while held") = behaviour.into();
    }

    /// How the next request is treated that nothing else was said of.
    pub fn next(&self, behaviour: impl Into<Behaviour>) {
        self.state.next.lock().expect("no panic while held").push_back(behaviour.into());
    }

    pub fn taken(&self) -> AllTaken {
        self.state.taken.borrow().clone()
    }

    /// Requests that arrived, taken or not.
    pub fn attempts(&self) -> usize {
        *self.state.attempts.borrow()
    }

    /// What was taken, once `enough` says so; panics with the state of things after ten seconds.
    pub async fn wait_for(&self, mut enough: impl FnMut(&AllTaken) -> bool) -> AllTaken {
        let mut watch = self.state.taken.subscribe();
        match tokio::time::timeout(Duration::from_secs(10), watch.wait_for(|taken| enough(taken))).await {
            Ok(taken) => taken.expect("the sender lives as long as we").clone(),
            Err(_) => panic!("{} requests taken of {} that came", self.taken().0.len(), self.attempts()),
        }
    }

    /// Returns once `count` requests have come, taken or not.
    pub async fn wait_for_attempts(&self, count: usize) {
        let mut watch = self.state.attempts.subscribe();
        let came = tokio::time::timeout(Duration::from_secs(10), watch.wait_for(|came| *came >= count)).await;
        assert!(came.is_ok(), "{} requests came, not {count}", self.attempts());
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn serve(
    listener: TcpListener,
    tls: Option<tokio_rustls::TlsAcceptor>,
    state: Arc<State>,
    stop: CancellationToken,
) {
    while let Some(Ok((stream, _))) = stop.run_until_cancelled(listener.accept()).await {
        let (close, state, tls) = (stop.child_token(), state.clone(), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => connection(stream, state, close).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        connection(stream, state, close).await;
                    }
                }
            }
        });
    }
}

async fn connection<S>(stream: S, state: Arc<State>, close: CancellationToken)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let last = CancellationToken::new();
    let service =
        hyper::service::service_fn(|request| answer(request, state.clone(), close.clone(), last.clone()));
    let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    let mut serving = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = serving.as_mut() => return,
        () = close.cancelled() => return,
        () = last.cancelled() => serving.as_mut().graceful_shutdown(),
    }
    close.run_until_cancelled(serving).await;
}

async fn answer(
    request: Request<Incoming>,
    state: Arc<State>,
    close: CancellationToken,
    last: CancellationToken,
) -> Result<Response<Body>, hyper::Error> {
    let (head, body) = request.into_parts();
    let raw = body.collect().await?.to_bytes();
    let grpc =
        head.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
    let behaviour = state.next.lock().expect("no panic while held").pop_front();
    let behaviour = behaviour.unwrap_or_else(|| state.always.lock().expect("no panic while held").clone());
    // In HTTP the head has said it all; a gRPC status comes last.
    let taken = match behaviour {
        Behaviour::Accept | Behaviour::Partial { .. } | Behaviour::Garbage { .. } | Behaviour::GoAway => true,
        Behaviour::StallInBody => !grpc,
        _ => false,
    };
    if taken {
        let body = if grpc {
            message(&head.headers, &raw)
        } else {
            plain(encoding(&head.headers, "content-encoding"), &raw)
        };
        let taken = Taken { signal: signal(head.uri.path()), grpc, headers: head.headers, body };
        state.taken.send_modify(|all| all.0.push(taken));
    }
    state.attempts.send_modify(|count| *count += 1);
    Ok(match behaviour {
        Behaviour::Accept => success(grpc, Vec::new()),
        Behaviour::GoAway => {
            last.cancel();
            success(grpc, Vec::new())
        }
        Behaviour::Partial { rejected, message } => success(grpc, partial_success(rejected, message)),
        Behaviour::Garbage { content_type, body } => garbage(grpc, content_type, body),
        Behaviour::Refuse(refusal) if grpc => grpc_refusal(&refusal),
        Behaviour::Refuse(refusal) => http_refusal(&refusal),
        Behaviour::Stall => std::future::pending().await,
        Behaviour::StallInBody => Response::new(StreamBody::new(futures_util::stream::pending()).boxed()),
        Behaviour::Close => {
            close.cancel();
            std::future::pending().await
        }
    })
}

fn signal(path: &str) -> Signal {
    let all = [("trace", Signal::Traces), ("log", Signal::Logs), ("metric", Signal::Metrics)];
    all.into_iter().find(|(word, _)| path.contains(word)).expect("the path of a signal").1
}

fn encoding<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("identity", |value| value.to_str().expect("ascii"))
}

/// The one message of a gRPC request body.
fn message(headers: &HeaderMap, frame: &[u8]) -> Bytes {
    let length = u32::from_be_bytes(frame[1..5].try_into().expect("four bytes"));
    assert_eq!(length as usize, frame.len() - 5, "one frame, whole");
    plain(if frame[0] == 1 { encoding(headers, "grpc-encoding") } else { "identity" }, &frame[5..])
}

#[expect(clippy::disallowed_methods, reason = "what our own exporters made, in a test")]
fn plain(encoding: &str, body: &[u8]) -> Bytes {
    let mut text = Vec::new();
    match encoding {
        "gzip" => drop(flate2::read::GzDecoder::new(body).read_to_end(&mut text).expect("gzip")),
        "zstd" => text = zstd::bulk::decompress(body, 64 << 20).expect("zstd"),
        _ => text = body.to_vec(),
    }
    text.into()
}

fn success(grpc: bool, message: Vec<u8>) -> Response<Body> {
    if !grpc {
        return respond("application/x-protobuf", Full::new(message.into()).boxed());
    }
    let mut frame = vec![0];
    frame.extend_from_slice(&u32::try_from(message.len()).expect("small").to_be_bytes());
    frame.extend_from_slice(&message);
    let frames = [Ok(Frame::data(Bytes::from(frame))), Ok(Frame::trailers(status_headers(0, "", None)))];
    respond("application/grpc", StreamBody::new(futures_util::stream::iter(frames)).boxed())
}

fn garbage(grpc: bool, content_type: &'static str, body: Vec<u8>) -> Response<Body> {
    if grpc { success(true, body) } else { respond(content_type, Full::new(body.into()).boxed()) }
}

fn respond(content_type: &str, body: Body) -> Response<Body> {
    Response::builder().header("content-type", content_type).body(body).expect("a response")
}

fn grpc_refusal(refusal: &Refusal) -> Response<Body> {
    let mut response = respond("application/grpc", Full::default().boxed());
    response.headers_mut().extend(status_headers(refusal.code, &refusal.message, refusal.retry_info));
    response
}

fn http_refusal(refusal: &Refusal) -> Response<Body> {
    let body = status(0, &refusal.message, None);
    let mut response = respond("application/x-protobuf", Full::new(body.into()).boxed());
    *response.status_mut() = StatusCode::from_u16(refusal.status).expect("a status");
    for (name, value) in [("retry-after", &refusal.retry_after), ("location", &refusal.location)] {
        if let Some(value) = value {
            response.headers_mut().insert(name, value.parse().expect("a header"));
        }
    }
    response
}

fn status_headers(code: i32, message: &str, retry: Option<(i64, i32)>) -> HeaderMap {
    let details = retry.map(|retry| Bytes::from(status(code, message, Some(retry)))).unwrap_or_default();
    let status = tonic::Status::with_details(tonic::Code::from_i32(code), message, details);
    let mut headers = HeaderMap::new();
    status.add_header(&mut headers).expect("a status fits into headers");
    headers
}

fn partial_success(rejected: i64, message: String) -> Vec<u8> {
    use opentelemetry_proto::tonic::collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceResponse,
    };
    let partial_success =
        Some(ExportTracePartialSuccess { rejected_spans: rejected, error_message: message });
    ExportTraceServiceResponse { partial_success }.encode_to_vec()
}

/// A `google.rpc.Status`.
fn status(code: i32, message: &str, retry: Option<(i64, i32)>) -> Vec<u8> {
    let details = retry.map(|(seconds, nanos)| Any {
        type_url: "type.googleapis.com/google.rpc.RetryInfo".to_string(),
        value: RetryInfo { retry_delay: Some(ProtoDuration { seconds, nanos }) }.encode_to_vec(),
    });
    RpcStatus { code, message: message.to_string(), details: details.into_iter().collect() }.encode_to_vec()
}

#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<ProtoDuration>,
}

#[derive(Clone, PartialEq, Message)]
struct ProtoDuration {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}
