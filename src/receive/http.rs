//! OTLP over HTTP: `/v1/traces`, `/v1/logs`, `/v1/metrics`, in protobuf or JSON, over HTTP/1.1 and h2.

mod answer;

use super::config;
use super::intake::{Arrival, Door, Format, Intake, Via};
use super::windows::Windows;
use super::{Refusal, Socket};
use crate::drain::Drain;
use crate::net::auth::Gate;
use crate::net::body;
use crate::net::converse::converse;
use crate::net::cors::Cors;
use crate::net::decode::Encoding;
use crate::net::listen::{Conn, PATIENCE, Slots};
use crate::otlp::Signal;
use answer::Answer;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, Version, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Read buffer of one HTTP/1.1 connection, and with it the limit of its headers, in bytes. A connection that is
/// sending holds two such.
const BUFFER: usize = 32 << 10;

/// Headers that an OTLP request needs, whatever `cors` adds.
const NEEDED: &str = "content-type, content-encoding, authorization";

/// What is known of the endpoint once it is bound.
pub struct Options {
    limit: usize,
    cors: Option<Cors>,
}

impl Options {
    pub fn new(config: &config::Http) -> Options {
        let limit = usize::try_from(config.max_request_body_size.0).unwrap_or(usize::MAX);
        Options { limit, cors: config.cors.as_ref().map(|cors| cors.build("POST", NEEDED)) }
    }
}

/// Serves until the drain stops it, and then until the requests in hand are answered.
pub async fn serve(socket: Socket, options: Options, slots: Slots, intake: Intake, drain: Drain) {
    let requests = Arc::new(Requests { intake, gate: socket.gate, options });
    let mut incoming = socket.listener.incoming(socket.tls, slots.clone());
    while let Some(conn) = drain.stop.run_until_cancelled(incoming.next()).await {
        let windows = Windows::with(&slots);
        drain.tasks.spawn(speak(conn, windows, Arc::clone(&requests), drain.stop.clone()));
    }
}

/// One connection, to its end.
async fn speak(conn: Conn, windows: Windows, requests: Arc<Requests>, stop: CancellationToken) {
    let mut builder = Builder::new(TokioExecutor::new());
    // The wait for a request's head is also how long an idle connection is kept.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(BUFFER);
    builder
        .http2()
        .initial_stream_window_size(windows.stream)
        .initial_connection_window_size(windows.connection)
        .timer(TokioTimer::new())
        .keep_alive_interval(PATIENCE);
    let service = service_fn(move |request| {
        let requests = Arc::clone(&requests);
        async move { Ok::<_, Infallible>(requests.answer(request).await) }
    });
    let conversation = builder.serve_connection(TokioIo::new(conn), service);
    if let Err(error) = converse(conversation, |conversation| conversation.graceful_shutdown(), &stop).await {
        tracing::debug!(%error, "an HTTP connection ended early");
    }
}

/// What every request needs.
struct Requests {
    intake: Intake,
    gate: Gate,
    options: Options,
}

impl Requests {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let allowed = self.options.cors.as_ref().and_then(|cors| cors.allow(request.headers()));
        let answer = match (&allowed, request.method()) {
            (Some(allowed), &Method::OPTIONS) => allowed.preflight(),
            _ => self.export(request).await,
        };
        match allowed {
            Some(allowed) => allowed.mark(answer),
            None => answer,
        }
    }

    /// One request; what is left of its body is not read again after this.
    async fn export(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, mut body) = request.into_parts();
        let answer = self.decide(&head, &mut body).await;
        let waits = head.headers.contains_key(header::EXPECT);
        if !answer.status().is_success() && head.version <= Version::HTTP_11 && !waits {
            body::linger(&mut body).await;
        }
        answer
    }

    async fn decide(&self, head: &Parts, body: &mut Incoming) -> Response<Full<Bytes>> {
        let format = format(&head.headers);
        let answer = Answer::like(format);
        let Some(signal) = signal(head.uri.path()) else {
            return answer.not_found();
        };
        if head.method != Method::POST {
            return answer.not_allowed();
        }
        let door = Door { signal, via: Via::Http };
        let outcome = match self.read(door, format, &head.headers, body).await {
            Ok(arrival) => self.intake.take(arrival).await,
            Err(refusal) => Err(self.intake.refuse(door, refusal)),
        };
        outcome.map_or_else(|refusal| answer.refused(&refusal), |()| answer.accepted())
    }

    async fn read(
        &self,
        door: Door,
        format: Option<Format>,
        headers: &HeaderMap,
        body: &mut Incoming,
    ) -> Result<Arrival, Refusal> {
        if !self.gate.admits(headers) {
            return Err(Refusal::Unauthenticated);
        }
        let format = format
            .ok_or_else(|| unsupported("content-type", "application/x-protobuf and application/json"))?;
        let encoding = encoding(headers)?;
        let limit = self.options.limit;
        let mut hold = self.intake.hold();
        let wire = body::read(body, limit, &mut hold).await?;
        Ok(Arrival { door, format, encoding, wire, limit, hold })
    }
}
fn signal(path: &str) -> Option<Signal> {
    let name = path.strip_prefix("/v1/")?;
    Signal::ALL.into_iter().find(|signal| signal.name() == name)
}

/// By the media type; its parameters (a charset) change nothing.
fn format(headers: &HeaderMap) -> Option<Format> {
    const KNOWN: [(&str, Format); 3] = [
        ("application/x-protobuf", Format::Proto),
        ("application/protobuf", Format::Proto),
        ("application/json", Format::Json),
    ];
    let media = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let media = media.split(';').next().unwrap_or("").trim();
    KNOWN.iter().find(|(name, _)| media.eq_ignore_ascii_case(name)).map(|(_, format)| *format)
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Refusal> {
    let mut names = headers.get_all(header::CONTENT_ENCODING).iter();
    let (first, more) = (names.next(), names.next());
    let Some(first) = first else {
        return Ok(Encoding::Identity);
    };
    let encoding = first.to_str().ok().and_then(|name| Encoding::from_name(name.trim()));
    let one = encoding.filter(|_| more.is_none());
    one.ok_or_else(|| unsupported("content-encoding", "one of gzip, zstd, deflate and identity"))
}

fn unsupported(header: &str, known: &str) -> Refusal {
    Refusal::Unsupported(format!("{header}; what is read here is {known}"))
}
