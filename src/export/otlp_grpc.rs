//! OTLP over gRPC: the batch goes out as the message it already is, in a frame of our own making.
//!
//! tonic gives the channel (connect, TLS, HTTP/2); its codec is left out, since it would compress at
//! gzip's level 6, which is five times slower on LLM text, on the thread of the socket.

use super::answer::{self, MAX_ANSWER};
use super::config::Type;
use super::connect::Connector;
use super::peer::{self, Transport};
use super::{BoxError, Exporter, Verdict};
use crate::otlp::{Batch, Signal};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;
use tonic::Status;
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tower::{Service, ServiceExt};

/// One byte that says whether the message is compressed, four of its length.
const FRAME_HEADER: usize = 5;

/// Answers carry a status and a message in their headers; more is not read.
const MAX_HEADERS: u32 = 64 << 10;

pub const TYPE: Type = Type {
    names: &["otlp_grpc", "otlp"],
    about: "OTLP over gRPC: Tempo, Jaeger, an OpenTelemetry Collector",
    read: |section| peer::read(Transport::Grpc, section),
};

/// One OTLP/gRPC peer, over one connection that is opened at the first batch and whenever it is lost.
pub struct OtlpGrpc {
    endpoint: Endpoint,
    connector: Connector,
    channel: Mutex<Current>,
    headers: HeaderMap,
    config: peer::Config,
}

/// The channel in use, and the how manieth it is.
#[derive(Clone)]
struct Current {
    channel: Channel,
    generation: u64,
}

impl OtlpGrpc {
    /// Errors where the configuration cannot be turned into a channel. Called within a runtime.
    pub fn new(config: &peer::Config) -> Result<OtlpGrpc, BoxError> {
        let connector = Connector::new(&config.grpc_uri().parse()?, &config.tls)?;
        let endpoint = endpoint(config)?;
        let channel = Mutex::new(Current { channel: open(&endpoint, &connector), generation: 0 });
        let headers = fixed_headers(config)?;
        Ok(OtlpGrpc { endpoint, connector, channel, headers, config: config.clone() })
    }

    async fn attempt(&self, batch: &Batch) -> Verdict {
        let frame = match self.frame(batch.otlp()).await {
            Ok(frame) => frame,
            Err(error) => {
                return Verdict::Later { after: None, cause: error.into() };
            }
        };
        let mut request = Request::new(Body::new(Full::new(frame)));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = http::Uri::from_static(answer::grpc_method(batch.signal()));
        *request.headers_mut() = self.headers.clone();
        let current = self.current();
        match tokio::time::timeout(self.config.timeout, exchange(current.channel, request)).await {
            Ok(Ok(Answer::Message(message))) => answer::accepted(&message, batch.items()),
            Ok(Ok(Answer::Status(status))) => answer::grpc(&status),
            Ok(Ok(Answer::Http(status))) => answer::http(status, None, String::new(), SystemTime::now()),
            Ok(Err(cause)) => Verdict::Later { after: None, cause },
            Err(_) => {
                self.renew(current.generation);
                Verdict::Later {
                    after: None,
                    cause: format!("no answer within {:?}", self.config.timeout).into(),
                }
            }
        }
    }

    async fn frame(&self, message: &Bytes) -> std::io::Result<Bytes> {
        let message = self.config.compression.apply(message.clone()).await?;
        let length = u32::try_from(message.len()).map_err(std::io::Error::other)?;
        let mut frame = BytesMut::with_capacity(FRAME_HEADER + message.len());
        frame.put_u8(self.config.compression.encoding().is_some().into());
        frame.put_u32(length);
        frame.put_slice(&message);
        Ok(frame.freeze())
    }

    fn current(&self) -> Current {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Leaves the connection of `generation`, which may be half open: the kernel would hold on to it
    /// for a quarter of an hour. What is still under way on it may finish.
    fn renew(&self, generation: u64) {
        let mut current = self.channel.lock().unwrap_or_else(PoisonError::into_inner);
        if current.generation == generation {
            *current = Current { channel: open(&self.endpoint, &self.connector), generation: generation + 1 };
        }
    }
}

impl Exporter for OtlpGrpc {
    fn carries(&self, _: Signal) -> bool {
        true
    }

    fn needs_valid_ids(&self) -> bool {
        true
    }

    fn send<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Verdict> {
        Box::pin(self.attempt(batch))
    }
}

/// How a call ended.
enum Answer {
    /// With status OK, and this message.
    Message(Bytes),
    Status(Status),
    /// Without any gRPC status: something before the peer answered, such as a proxy.
    Http(u16),
}

async fn exchange(mut channel: Channel, request: Request<Body>) -> Result<Answer, BoxError> {
    let response = channel.ready().await?.call(request).await?;
    let (head, body) = Response::into_parts(response);
    if let Some(status) = Status::from_header_map(&head.headers) {
        return Ok(if status.code() == tonic::Code::Ok {
            Answer::Message(Bytes::new())
        } else {
            Answer::Status(status)
        });
    }
    if head.status != http::StatusCode::OK {
        return Ok(Answer::Http(head.status.as_u16()));
    }
    let (message, trailers) = read(body).await?;
    match trailers.as_ref().and_then(Status::from_header_map) {
        Some(status) if status.code() == tonic::Code::Ok => Ok(Answer::Message(message)),
        Some(status) => Ok(Answer::Status(status)),
        None => Err("the answer ended without a gRPC status".into()),
    }
}

/// The message of the answer's frame, without what is past [`MAX_ANSWER`], and its trailers.
async fn read(mut body: Body) -> Result<(Bytes, Option<HeaderMap>), BoxError> {
    let mut data = BytesMut::new();
    while let Some(frame) = body.frame().await {
        match frame?.into_data() {
            Ok(chunk) if data.len() + chunk.len() > MAX_ANSWER => {}
            Ok(chunk) => data.extend_from_slice(&chunk),
            Err(frame) => {
                let message =
                    if data.len() > FRAME_HEADER { data.split_off(FRAME_HEADER) } else { BytesMut::new() };
                return Ok((message.freeze(), frame.into_trailers().ok()));
            }
        }
    }
    Ok((Bytes::new(), None))
}

fn open(endpoint: &Endpoint, connector: &Connector) -> Channel {
    let connector = connector.clone();
    endpoint.connect_with_connector_lazy(tower::service_fn(move |_: http::Uri| connector.clone().connect()))
}

/// TLS is the connector's, so the endpoint itself is plain; requests still say how they travel.
fn endpoint(config: &peer::Config) -> Result<Endpoint, BoxError> {
    let uri = config.grpc_uri();
    let plain = format!("http://{}", uri.split_once("://").map_or("", |(_, rest)| rest));
    let endpoint = Endpoint::from_shared(plain)?.origin(uri.parse()?).user_agent(peer::USER_AGENT)?;
    Ok(endpoint.connect_timeout(config.timeout).http2_max_header_list_size(MAX_HEADERS))
}

fn fixed_headers(config: &peer::Config) -> Result<HeaderMap, BoxError> {
    let mut headers = peer::headers(&config.headers)?;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert("te", HeaderValue::from_static("trailers"));
    headers.insert(
        "grpc-timeout",
        HeaderValue::try_from(format!("{}m", config.timeout.as_millis().min(99_999_999)))?,
    );
    if let Some(encoding) = config.compression.encoding() {
        headers.insert("grpc-encoding", HeaderValue::from_static(encoding));
    }
    Ok(headers)
}
