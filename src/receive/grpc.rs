//! OTLP over gRPC: tonic's server, and services of our own that read their frame themselves.

mod answer;

use super::config;
use super::intake::{Arrival, Door, Format, Intake, Via};
use super::windows::{NARROW, WIDE, Windows};
use super::{Refusal, Socket};
use crate::drain::Drain;
use crate::net::auth::Gate;
use crate::net::decode::Encoding;
use crate::net::listen::{Conn, Incoming, Slots};
use crate::otlp::Signal;
use futures_util::future::BoxFuture;
use futures_util::stream;
use http::{HeaderMap, Request, Response, header};
use std::convert::Infallible;
use std::io;
use std::marker::PhantomData;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::transport::Server;
use tonic::transport::server::{Connected, Router};

/// Largest frame of a peer that asks; senders that do not care stay at 16 KiB.
const FRAME: u32 = 1 << 20;

/// What is known of the endpoint once it is bound.
pub struct Options {
    limit: usize,
    keepalive: config::ServerParameters,
}

impl Options {
    pub fn new(config: &config::Grpc) -> Options {
        let limit = usize::try_from(config.limit().0).unwrap_or(usize::MAX);
        Options { limit, keepalive: config.keepalive.server_parameters.clone() }
    }
}

/// Serves until the drain stops it, and then until the calls in hand are answered.
pub async fn serve(socket: Socket, options: Options, slots: Slots, intake: Intake, drain: Drain) {
    let limit = options.limit;
    let calls = Calls { intake, gate: socket.gate, limit };
    let (wide, wide_conns) = mpsc::channel(1);
    let (narrow, narrow_conns) = mpsc::channel(1);
    let incoming = socket.listener.incoming(socket.tls, slots.clone());
    let stop = drain.stop.clone();
    let _ = tokio::join!(
        stop.run_until_cancelled(hand_out(incoming, slots, wide, narrow)),
        run(server(&options, WIDE), &calls, wide_conns, &drain),
        run(server(&options, NARROW), &calls, narrow_conns, &drain),
    );
}

/// tonic's server has one window for all of its connections, so there are two servers.
async fn hand_out(
    mut incoming: Incoming,
    slots: Slots,
    wide: mpsc::Sender<Conn>,
    narrow: mpsc::Sender<Conn>,
) {
    loop {
        let conn = incoming.next().await;
        let server = if Windows::with(&slots) == WIDE { &wide } else { &narrow };
        if server.send(conn).await.is_err() {
            return;
        }
    }
}

fn server(options: &Options, windows: Windows) -> Server {
    let keepalive = &options.keepalive;
    let server = Server::builder()
        .initial_stream_window_size(windows.stream)
        .initial_connection_window_size(windows.connection)
        .max_frame_size(FRAME)
        .http2_keepalive_interval(Some(keepalive.time))
        .http2_keepalive_timeout(Some(keepalive.timeout));
    match keepalive.max_connection_age {
        Duration::ZERO => server,
        age => server.max_connection_age(age),
    }
}

async fn run(server: Server, calls: &Calls, conns: mpsc::Receiver<Conn>, drain: &Drain) {
    let conns = stream::unfold(conns, |mut conns| async {
        let conn = conns.recv().await?;
        Some((Ok::<_, io::Error>(conn), conns))
    });
    let stop = drain.stop.clone().cancelled_owned();
    if let Err(error) = calls.router(server).serve_with_incoming_shutdown(conns, stop).await {
        tracing::error!(%error, "the gRPC receiver ended");
    }
}

impl Connected for Conn {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

/// What every call needs. Cloning shares it.
#[derive(Clone)]
struct Calls {
    intake: Intake,
    gate: Gate,
    limit: usize,
}

impl Calls {
    fn router(&self, mut server: Server) -> Router {
        server
            .add_service(Export::<Traces>::new(self))
            .add_service(Export::<Logs>::new(self))
            .add_service(Export::<Metrics>::new(self))
    }

    /// One call, from its headers to the queue.
    async fn export(&self, signal: Signal, request: Request<Body>) -> Result<(), Refusal> {
        let door = Door { signal, via: Via::Grpc };
        let timeout = timeout(request.headers());
        let export = async {
            let arrival =
                self.read(door, request).await.map_err(|refusal| self.intake.refuse(door, refusal))?;
            self.intake.take(arrival).await
        };
        match timeout {
            None => export.await,
            Some(timeout) => {
                let late = |_| Err(self.intake.refuse(door, Refusal::Late));
                tokio::time::timeout(timeout, export).await.unwrap_or_else(late)
            }
        }
    }

    async fn read(&self, door: Door, request: Request<Body>) -> Result<Arrival, Refusal> {
        if !self.gate.admits(request.headers()) {
            return Err(Refusal::Unauthenticated);
        }
        let encoding = encoding(request.headers())?;
        let mut hold = self.intake.hold();
        let frame = super::frame::read(request.into_body(), self.limit, &mut hold).await?;
        let encoding = match (frame.compressed, encoding) {
            (false, _) => Encoding::Identity,
            (true, Encoding::Identity) => {
                return Err(Refusal::Unreadable("a compressed message without grpc-encoding".to_string()));
            }
            (true, encoding) => encoding,
        };
        let (wire, limit) = (frame.message, self.limit);
        Ok(Arrival { door, format: Format::Proto, encoding, wire, limit, hold })
    }
}

/// How the messages of a call are compressed, where they say they are.
fn encoding(headers: &HeaderMap) -> Result<Encoding, Refusal> {
    let Some(name) = headers.get("grpc-encoding") else {
        return Ok(Encoding::Identity);
    };
    let encoding = name.to_str().ok().and_then(Encoding::from_name);
    let spoken = [Encoding::Identity, Encoding::Gzip, Encoding::Zstd];
    encoding
        .filter(|encoding| spoken.contains(encoding))
        .ok_or_else(|| Refusal::Unsupported("grpc-encoding; gzip, zstd and identity are read".to_string()))
}

/// The sender's deadline. One that cannot be read is none.
///
/// Source: gRPC over HTTP/2, "Timeout": at most 8 digits and a unit.
fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let value: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(value * 3600)),
        "M" => Some(Duration::from_secs(value * 60)),
        "S" => Some(Duration::from_secs(value)),
        "m" => Some(Duration::from_millis(value)),
        "u" => Some(Duration::from_micros(value)),
        "n" => Some(Duration::from_nanos(value)),
        _ => None,
    }
}

/// The service of one signal.
struct Export<S> {
    calls: Calls,
    service: PhantomData<fn() -> S>,
}

/// A service of OTLP: the name it is called by, and what it carries.
trait Service: 'static {
    const NAME: &'static str;
    const METHOD: &'static str;
    const SIGNAL: Signal;
}

struct Traces;
struct Logs;
struct Metrics;

impl Service for Traces {
    const NAME: &'static str = "opentelemetry.proto.collector.trace.v1.TraceService";
    const METHOD: &'static str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    const SIGNAL: Signal = Signal::Traces;
}

impl Service for Logs {
    const NAME: &'static str = "opentelemetry.proto.collector.logs.v1.LogsService";
    const METHOD: &'static str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
    const SIGNAL: Signal = Signal::Logs;
}

impl Service for Metrics {
    const NAME: &'static str = "opentelemetry.proto.collector.metrics.v1.MetricsService";
    const METHOD: &'static str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
    const SIGNAL: Signal = Signal::Metrics;
}

impl<S> Export<S> {
    fn new(calls: &Calls) -> Export<S> {
        Export { calls: calls.clone(), service: PhantomData }
    }
}

impl<S> Clone for Export<S> {
    fn clone(&self) -> Export<S> {
        Export::new(&self.calls)
    }
}

impl<S: Service> NamedService for Export<S> {
    const NAME: &'static str = S::NAME;
}

impl<S: Service> tower::Service<Request<Body>> for Export<S> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let calls = self.calls.clone();
        Box::pin(async move {
            if request.uri().path() != S::METHOD {
                return Ok(answer::unknown_method());
            }
            if !is_grpc(request.headers()) {
                return Ok(answer::not_grpc());
            }
            let outcome = calls.export(S::SIGNAL, request).await;
            Ok(outcome.map_or_else(|refusal| answer::refused(&refusal), |()| answer::accepted()))
        })
    }
}

/// `application/grpc` or `application/grpc+proto`: messages in protobuf.
fn is_grpc(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let media = media.split(';').next().unwrap_or("").trim();
    ["application/grpc", "application/grpc+proto"].iter().any(|known| media.eq_ignore_ascii_case(known))
}
