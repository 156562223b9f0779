//! What a peer's answer means: the status tables of the OTLP specification, as a client reads them.

use super::{BoxError, Verdict};
use crate::otlp::Signal;
use prost::Message;
use std::fmt;
use std::time::{Duration, SystemTime};
use tonic::Code;

/// What the specification advises clients to read of an answer at most.
pub const MAX_ANSWER: usize = 4 << 20;

/// A peer that said no, with its own words. They may quote what we sent: the lane scrubs them before
/// anyone sees them.
#[derive(Debug)]
pub struct PeerSaid {
    /// The status as its protocol names it, such as `HTTP 503` or `gRPC Unavailable`.
    pub status: String,
    pub words: String,
}

impl fmt::Display for PeerSaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.words.trim() {
            "" => f.write_str(&self.status),
            words => write!(f, "{}: {words}", self.status),
        }
    }
}

impl std::error::Error for PeerSaid {}

/// The verdict on a gRPC status other than OK.
///
/// `RESOURCE_EXHAUSTED` means "come back" only with RetryInfo; without, it is a limit on size.
/// `OUT_OF_RANGE` is retryable by the specification, but some servers (tonic's own among them) say it
/// of a message over their limit: those words mean too large, and trying again would never end. Tempo before
/// 3.0 leaves RetryInfo out of what it calls `RATE_LIMITED` itself.
///
/// Source: opentelemetry-proto docs/specification.md, "OTLP/gRPC Response" and "Throttling".
pub fn grpc(status: &tonic::Status) -> Verdict {
    let after = retry_delay(status.details());
    let cause = || -> BoxError {
        let status_name = format!("gRPC {:?}", status.code());
        PeerSaid { status: status_name, words: status.message().to_string() }.into()
    };
    match status.code() {
        Code::ResourceExhausted if after.is_some() || status.message().starts_with(RATE_LIMITED) => {
            Verdict::Throttled { after, cause: cause() }
        }
        Code::ResourceExhausted => Verdict::TooLarge(cause()),
        Code::OutOfRange if speaks_of_size(status.message()) => Verdict::TooLarge(cause()),
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss => Verdict::Later { after, cause: cause() },
        Code::Unauthenticated | Code::PermissionDenied => Verdict::Hold(cause()),
        Code::Ok
        | Code::Unknown
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::Unimplemented
        | Code::Internal => Verdict::Refused(cause()),
    }
}

/// How Tempo's distributor begins what it says of a rate that is too high.
///
/// Source: Tempo `modules/overrides/limits.go`, `ErrorPrefixRateLimited`.
const RATE_LIMITED: &str = "RATE_LIMITED";

/// The verdict on an HTTP status other than 2xx.
///
/// A redirect is not followed: it would carry what we send, and our headers, to where the user did not
/// say. Like a refused password it is mended by a person.
///
/// Source: opentelemetry-proto docs/specification.md, "OTLP/HTTP Response" and "Retryable Response Codes".
pub fn http(status: u16, retry_after: Option<&str>, words: String, now: SystemTime) -> Verdict {
    let cause: BoxError = PeerSaid { status: format!("HTTP {status}"), words }.into();
    let after = retry_after.and_then(|text| delay_of(text, now));
    match status {
        429 => Verdict::Throttled { after, cause },
        502..=504 => Verdict::Later { after, cause },
        413 => Verdict::TooLarge(cause),
        300..=399 | 401 | 403 | 407 => Verdict::Hold(cause),
        _ => Verdict::Refused(cause),
    }
}

/// The verdict on an accepted request: what the peer says it turned away all the same.
///
/// `body` is an `Export*ServiceResponse`, whose three forms share one layout. A body that is none does
/// not undo the acceptance; it is mentioned in `message`. More rejected items than were sent is a lie
/// and reads as all of them.
pub fn accepted(body: &[u8], sent: u32) -> Verdict {
    let Ok(response) = ExportResponse::decode(body) else {
        return unread();
    };
    let partial = response.partial_success.unwrap_or_default();
    let rejected = u64::try_from(partial.rejected).unwrap_or(0).min(u64::from(sent));
    Verdict::Sent { rejected, message: Some(partial.message).filter(|text| !text.is_empty()) }
}

/// The verdict on an accepted request whose answer broke off or makes no sense.
pub fn unread() -> Verdict {
    Verdict::Sent { rejected: 0, message: Some("the answer could not be read".to_string()) }
}

/// The words of a `google.rpc.Status` in `body`, as an OTLP/HTTP server sends it with an error.
pub fn status_words(body: &[u8]) -> Option<String> {
    Status::decode(body).ok().map(|status| status.message).filter(|text| !text.is_empty())
}

/// As [`accepted`] for an answer in JSON, which some peers give whatever they were sent.
pub fn accepted_json(body: &[u8], sent: u32) -> Verdict {
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(body) else {
        return unread();
    };
    let partial = &json["partialSuccess"];
    let count = ["rejectedSpans", "rejectedLogRecords", "rejectedDataPoints"]
        .iter()
        .find_map(|key| integer(&partial[key]));
    let message = partial["errorMessage"].as_str().filter(|text| !text.is_empty()).map(str::to_string);
    Verdict::Sent { rejected: count.unwrap_or(0).min(u64::from(sent)), message }
}

/// As [`status_words`] for JSON.
pub fn status_words_json(body: &[u8]) -> Option<String> {
    let json: serde_json::Value = serde_json::from_slice(body).ok()?;
    json["message"].as_str().map(str::to_string)
}

/// An int64 as JSON writes it: a number, or a string of one. What is past its range is the nearest in it, and
/// what is less than none is none.
fn integer(value: &serde_json::Value) -> Option<u64> {
    let exact = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    // As `1e3` and `2.0`, which JSON allows; the cast saturates.
    let other = || value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).map(|count| count as u64);
    exact.or_else(other)
}

/// The method that takes batches of `signal`, from the services of opentelemetry-proto.
pub fn grpc_method(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    }
}

/// How grpc-go, grpc-java, tonic and others word a message over their limit.
fn speaks_of_size(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    ["larger than max", "too large", "exceeds maximum", "message length"]
        .iter()
        .any(|sign| words.contains(sign))
}

/// `Retry-After`: seconds, or a date (RFC 9110 §10.2.3).
fn delay_of(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default()),
    }
}

/// The delay of the `google.rpc.RetryInfo` among the details of a `google.rpc.Status`. One that is
/// absent, negative or broken inside a RetryInfo still says that coming back helps: zero.
fn retry_delay(details: &[u8]) -> Option<Duration> {
    let status = Status::decode(details).ok()?;
    let any = status.details.iter().find(|any| any.type_url.ends_with("/google.rpc.RetryInfo"))?;
    let delay = RetryInfo::decode(any.value.as_slice()).unwrap_or_default().retry_delay.unwrap_or_default();
    let seconds = Duration::from_secs(u64::try_from(delay.seconds).unwrap_or(0));
    let nanos = u64::try_from(delay.nanos).unwrap_or(0).min(999_999_999);
    Some(seconds.saturating_add(Duration::from_nanos(nanos)))
}

/// `ExportTraceServiceResponse`, and the two others: same numbers, same types.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    pub partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct PartialSuccess {
    #[prost(int64, tag = "1")]
    pub rejected: i64,
    #[prost(string, tag = "2")]
    pub message: String,
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Status {
    #[prost(int32, tag = "1")]
    pub code: i32,
    #[prost(string, tag = "2")]
    pub message: String,
    #[prost(message, repeated, tag = "3")]
    pub details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Any {
    #[prost(string, tag = "1")]
    pub type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    pub retry_delay: Option<ProtoDuration>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ProtoDuration {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}
