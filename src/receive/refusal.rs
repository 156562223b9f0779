//! Why a request is not taken, and what its sender is told (spec: OTLP status contract).

use crate::net::body::BodyError;
use crate::net::budget::Full;
use crate::net::decode::DecodeError;
use crate::otlp;
use std::time::Duration;

/// Why a request is not taken. Prints as what its sender is told; never quotes content.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The bytes are no export request of their signal.
    #[error("malformed request: {0}")]
    Malformed(otlp::Malformed),
    /// As JSON.
    #[error("malformed request: {0}")]
    MalformedJson(otlp::json::Unreadable),
    /// The bytes could not even be unpacked: framing, compression.
    #[error("malformed request: {0}")]
    Unreadable(String),
    #[error("too large: {0}")]
    TooLarge(String),
    #[error("unsupported: {0}")]
    Unsupported(String),
    #[error("a valid bearer token is needed")]
    Unauthenticated,
    #[error("too many bytes in flight; come back later")]
    Busy,
    #[error("the queue is full; come back later")]
    Full,
    #[error("the queue cannot write at the moment; come back later")]
    Disk,
    #[error("shutting down; come back later")]
    Closing,
    /// The body stopped coming.
    #[error("no byte of the request arrived for too long")]
    Stalled,
    /// The sender's own deadline passed first. What was on its way to the queue is stored all the same.
    #[error("the deadline passed before the request was stored")]
    Late,
    /// The sender went away; nobody hears the answer.
    #[error("the sender went away")]
    Gone,
    /// A fault of ours, caught.
    #[error("internal fault; come back later")]
    Internal,
}

/// The gRPC codes that we answer with; the numbers are `google.rpc.Code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Cancelled = 1,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Unavailable = 14,
    Unauthenticated = 16,
}

impl Refusal {
    /// Every value of the metric's label `reason`.
    pub const REASONS: [&'static str; 13] = [
        "malformed",
        "unreadable",
        "too_large",
        "unsupported",
        "unauthenticated",
        "busy",
        "full",
        "disk",
        "closing",
        "stalled",
        "late",
        "gone",
        "internal",
    ];

    /// Where its reason stands in [`Refusal::REASONS`].
    pub fn index(&self) -> usize {
        match self {
            Refusal::Malformed(_) => 0,
            Refusal::MalformedJson(json) => usize::from(!json.is_json),
            Refusal::Unreadable(_) => 1,
            Refusal::TooLarge(_) => 2,
            Refusal::Unsupported(_) => 3,
            Refusal::Unauthenticated => 4,
            Refusal::Busy => 5,
            Refusal::Full => 6,
            Refusal::Disk => 7,
            Refusal::Closing => 8,
            Refusal::Stalled => 9,
            Refusal::Late => 10,
            Refusal::Gone => 11,
            Refusal::Internal => 12,
        }
    }

    /// The value of the metric's label.
    pub fn reason(&self) -> &'static str {
        Refusal::REASONS[self.index()]
    }

    /// The answer over gRPC.
    ///
    /// A fault of ours is UNAVAILABLE and not INTERNAL: clients throw away what was answered INTERNAL,
    /// and a fault that passes (a race, a want of memory) must not cost what they hold. One that does
    /// not pass ends with the client's own limit on retries.
    pub fn code(&self) -> Code {
        match self {
            Refusal::Malformed(_) | Refusal::MalformedJson(_) | Refusal::Unreadable(_) => {
                Code::InvalidArgument
            }
            Refusal::TooLarge(_) => Code::ResourceExhausted,
            Refusal::Unsupported(_) => Code::Unimplemented,
            Refusal::Unauthenticated => Code::Unauthenticated,
            Refusal::Busy | Refusal::Full | Refusal::Disk | Refusal::Closing => Code::Unavailable,
            Refusal::Stalled | Refusal::Internal => Code::Unavailable,
            Refusal::Late => Code::DeadlineExceeded,
            Refusal::Gone => Code::Cancelled,
        }
    }

    /// The answer over HTTP. A stalled body is 503 and not 408, which OTLP clients do not retry.
    pub fn http_status(&self) -> http::StatusCode {
        match self.code() {
            Code::InvalidArgument => http::StatusCode::BAD_REQUEST,
            Code::ResourceExhausted => http::StatusCode::PAYLOAD_TOO_LARGE,
            Code::Unimplemented => http::StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Code::Unauthenticated => http::StatusCode::UNAUTHORIZED,
            Code::Cancelled | Code::DeadlineExceeded | Code::Unavailable => {
                http::StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// How long the sender should wait before it comes back, where coming back helps: RetryInfo over
    /// gRPC, Retry-After over HTTP. A burst passes sooner than a full disk.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Refusal::Full | Refusal::Disk => Some(Duration::from_secs(5)),
            _ if self.code() == Code::Unavailable => Some(Duration::from_secs(1)),
            _ => None,
        }
    }
}

impl From<Full> for Refusal {
    fn from(_: Full) -> Refusal {
        Refusal::Busy
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Refusal {
        match error {
            BodyError::TooLarge { .. } => Refusal::TooLarge(error.to_string()),
            BodyError::Full(full) => full.into(),
            BodyError::Stalled => Refusal::Stalled,
            BodyError::Gone => Refusal::Gone,
        }
    }
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Refusal {
        match error {
            DecodeError::TooLarge { .. } => Refusal::TooLarge(error.to_string()),
            DecodeError::Corrupt(_) => Refusal::Unreadable(error.to_string()),
            DecodeError::Full(full) => full.into(),
        }
    }
}
