//! What a gRPC call is answered with.

use crate::receive::{Refusal, status};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body::Frame;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::{Code, Status};

/// Compressions that are read, for `grpc-accept-encoding`.
const SPOKEN: HeaderValue = HeaderValue::from_static("identity,gzip,zstd");

/// OK with an empty message: `partial_success` stays unset.
pub fn accepted() -> Response<Body> {
    let mut answer = Response::new(Body::new(Empty::Message));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    answer
}

/// The refusal's status in the headers, its details as `google.rpc.Status` beside it.
pub fn refused(refusal: &Refusal) -> Response<Body> {
    let code = Code::from_i32(refusal.code() as i32);
    let status = Status::with_details(code, refusal.to_string(), status::Status::from(refusal).to_proto());
    let mut answer = status.into_http();
    if matches!(refusal, Refusal::Unsupported(_)) {
        answer.headers_mut().insert("grpc-accept-encoding", SPOKEN);
    }
    answer
}

/// A method that the service does not have.
pub fn unknown_method() -> Response<Body> {
    Status::unimplemented("unknown method; OTLP has Export").into_http()
}

/// A request that is not gRPC, as gRPC over HTTP/2 has it answered.
pub fn not_grpc() -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    answer
}

/// The body of an OK: one message of no bytes, then the trailers.
enum Empty {
    Message,
    Trailers,
    Done,
}

impl http_body::Body for Empty {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let (frame, next) = match *self {
            Empty::Message => (Frame::data(Bytes::from_static(&[0; 5])), Empty::Trailers),
            Empty::Trailers => (Frame::trailers(ok_trailers()), Empty::Done),
            Empty::Done => return Poll::Ready(None),
        };
        *self = next;
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Empty::Done)
    }
}

fn ok_trailers() -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(1);
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    trailers
}
