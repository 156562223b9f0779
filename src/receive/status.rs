//! `google.rpc.Status`, the body of every refusal, as protobuf and as JSON.

use super::Refusal;
use bytes::Bytes;
use prost::Message;
use serde_json::json;
use std::time::Duration;

const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";
const BAD_REQUEST: &str = "type.googleapis.com/google.rpc.BadRequest";

/// A status with the details that OTLP knows of.
pub struct Status {
    /// `google.rpc.Code`.
    code: i32,
    message: String,
    retry_after: Option<Duration>,
    /// A field that is wrong, and what is wrong with it.
    violation: Option<(String, String)>,
}

impl Status {
    /// A status without details.
    pub fn new(code: i32, message: &str) -> Status {
        Status { code, message: message.to_string(), retry_after: None, violation: None }
    }

    /// As protobuf: the body of an HTTP answer, or `grpc-status-details-bin`.
    pub fn to_proto(&self) -> Bytes {
        let retry_info = self
            .retry_after
            .map(|after| RetryInfo { retry_delay: Some(ProtoDuration { seconds: after.as_secs() as i64 }) });
        let bad_request = self.violation.clone().map(|(field, description)| BadRequest {
            field_violations: vec![FieldViolation { field, description }],
        });
        let details = [
            retry_info.map(|info| Any { type_url: RETRY_INFO.to_string(), value: info.encode_to_vec() }),
            bad_request.map(|bad| Any { type_url: BAD_REQUEST.to_string(), value: bad.encode_to_vec() }),
        ];
        let details = details.into_iter().flatten().collect();
        ProtoStatus { code: self.code, message: self.message.clone(), details }.encode_to_vec().into()
    }

    /// In protobuf's JSON form.
    pub fn to_json(&self) -> Bytes {
        let mut details = Vec::new();
        if let Some(after) = self.retry_after {
            details.push(json!({ "@type": RETRY_INFO, "retryDelay": format!("{}s", after.as_secs()) }));
        }
        if let Some((field, description)) = &self.violation {
            let violation = json!({ "field": field, "description": description });
            details.push(json!({ "@type": BAD_REQUEST, "fieldViolations": [violation] }));
        }
        let mut status = json!({ "code": self.code, "message": self.message });
        if !details.is_empty() {
            status["details"] = details.into();
        }
        status.to_string().into()
    }
}

impl From<&Refusal> for Status {
    fn from(refusal: &Refusal) -> Status {
        let violation = match refusal {
            Refusal::Malformed(malformed) => Some((malformed.field.clone(), malformed.to_string())),
            _ => None,
        };
        let retry_after = refusal.retry_after();
        Status { code: refusal.code() as i32, message: refusal.to_string(), retry_after, violation }
    }
}

#[derive(Clone, PartialEq, Message)]
struct ProtoStatus {
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

/// `google.protobuf.Duration`, in whole seconds.
#[derive(Clone, PartialEq, Message)]
struct ProtoDuration {
    #[prost(int64, tag = "1")]
    seconds: i64,
}

#[derive(Clone, PartialEq, Message)]
struct BadRequest {
    #[prost(message, repeated, tag = "1")]
    field_violations: Vec<FieldViolation>,
}

#[derive(Clone, PartialEq, Message)]
struct FieldViolation {
    #[prost(string, tag = "1")]
    field: String,
    #[prost(string, tag = "2")]
    description: String,
}
