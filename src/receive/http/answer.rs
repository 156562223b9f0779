//! What an HTTP request is answered with, written the way the request was.

use crate::receive::Refusal;
use crate::receive::intake::Format;
use crate::receive::status::Status;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

/// `google.rpc.Code` of what has no refusal of its own.
const NOT_FOUND: i32 = 5;
const UNIMPLEMENTED: i32 = 12;

/// Answers in one format.
#[derive(Clone, Copy)]
pub struct Answer {
    format: Format,
}

impl Answer {
    /// In the format of the request; in JSON, which people can read, where that is none we know.
    pub fn like(request: Option<Format>) -> Answer {
        Answer { format: request.unwrap_or(Format::Json) }
    }

    /// An empty export response: `partial_success` stays unset.
    pub fn accepted(self) -> Response<Full<Bytes>> {
        let body = match self.format {
            Format::Proto => Bytes::new(),
            Format::Json => Bytes::from_static(b"{}"),
        };
        self.write(StatusCode::OK, body)
    }

    pub fn refused(self, refusal: &Refusal) -> Response<Full<Bytes>> {
        let mut answer = self.status(refusal.http_status(), &Status::from(refusal));
        let headers = answer.headers_mut();
        if let Some(after) = refusal.retry_after() {
            headers.insert(header::RETRY_AFTER, after.as_secs().into());
        }
        match refusal {
            Refusal::Unauthenticated => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Refusal::Unsupported(_) => {
                headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, zstd, deflate"));
            }
            _ => {}
        }
        answer
    }

    pub fn not_found(self) -> Response<Full<Bytes>> {
        let status = Status::new(NOT_FOUND, "no such path; OTLP has /v1/traces, /v1/logs and /v1/metrics");
        self.status(StatusCode::NOT_FOUND, &status)
    }

    pub fn not_allowed(self) -> Response<Full<Bytes>> {
        let status = Status::new(UNIMPLEMENTED, "export requests are sent by POST");
        let mut answer = self.status(StatusCode::METHOD_NOT_ALLOWED, &status);
        answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        answer
    }

    fn status(self, code: StatusCode, status: &Status) -> Response<Full<Bytes>> {
        let body = match self.format {
            Format::Proto => status.to_proto(),
            Format::Json => status.to_json(),
        };
        self.write(code, body)
    }

    fn write(self, code: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
        let media = match self.format {
            Format::Proto => "application/x-protobuf",
            Format::Json => "application/json",
        };
        let mut answer = Response::new(Full::new(body));
        *answer.status_mut() = code;
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        answer
    }
}
