//! How the value of a record is written, and the headers that say so.

use crate::settings::{Setting, choices};

/// How the value of a Kafka record is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// One call: the protobuf message of `proto/sidelight/v1/llm_span.proto`.
    #[default]
    LlmSpan,
    /// One call: the JSON object of `docs/asyncapi.yaml`.
    LlmSpanJson,
    /// A whole OTLP export request as protobuf, as a Collector reads and writes it.
    OtlpProto,
    /// A whole OTLP export request as JSON.
    OtlpJson,
}

choices!(Encoding {
    LlmSpan = "llm_span",
    LlmSpanJson = "llm_span_json",
    OtlpProto = "otlp_proto",
    OtlpJson = "otlp_json",
});

/// Names of the headers of our records.
pub mod header {
    /// The name of an [`Encoding`](super::Encoding), as in the configuration.
    pub const ENCODING: &str = "sidelight-encoding";
    /// The number of the record's schema.
    pub const SCHEMA_VERSION: &str = "schema-version";
    pub const CONTENT_TYPE: &str = "content-type";
    /// Lower-case hex of the SHA-256 of the trace and span ids: the same whenever the span is sent again.
    pub const RECORD_ID: &str = "record-id";
    /// W3C trace context of the span.
    pub const TRACEPARENT: &str = "traceparent";
    /// `traces`, `logs` or `metrics`, of export requests.
    pub const SIGNAL: &str = "otlp-signal";
    /// Of a dead letter: why it is one, and where it was: `topic[partition]@offset`.
    pub const REASON: &str = "dead-letter-reason";
    pub const ORIGIN: &str = "dead-letter-origin";
}

impl Encoding {
    /// Whether a value is one call, not a request.
    pub fn is_call(self) -> bool {
        matches!(self, Encoding::LlmSpan | Encoding::LlmSpanJson)
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Encoding::LlmSpan | Encoding::OtlpProto => "application/x-protobuf",
            Encoding::LlmSpanJson | Encoding::OtlpJson => "application/json",
        }
    }

    /// The encoding of that name.
    pub fn named(name: &str) -> Option<Encoding> {
        Setting::parse(name).ok()
    }
}
