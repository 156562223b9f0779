//! Requests built by words: `trace().llm("my card is …").plain("GET /health")`.

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use std::sync::atomic::{AtomicU64, Ordering};

/// One request of one trace of one service. Ids are unique within the process.
#[derive(Clone, Debug)]
pub struct Trace {
    trace_id: [u8; 16],
    spans: Vec<Span>,
}

/// A request without spans yet, of a trace of its own.
pub fn trace() -> Trace {
    let mut trace_id = [0xa5; 16];
    trace_id[8..].copy_from_slice(&unique().to_be_bytes());
    Trace { trace_id, spans: Vec::new() }
}

impl Trace {
    /// Adds a chat with gpt-4o by the current conventions, whose user says `prompt`.
    pub fn llm(self, prompt: &str) -> Trace {
        let messages =
            serde_json::json!([{ "role": "user", "parts": [{ "type": "text", "content": prompt }] }]);
        let answer = serde_json::json!([{ "role": "assistant", "parts": [{ "type": "text", "content": "Noted." }], "finish_reason": "stop" }]);
        self.span(
            "chat gpt-4o",
            vec![
                text("gen_ai.operation.name", "chat"),
                text("gen_ai.provider.name", "openai"),
                text("gen_ai.request.model", "gpt-4o"),
                int("gen_ai.usage.input_tokens", 12),
                int("gen_ai.usage.output_tokens", 3),
                text("gen_ai.input.messages", &messages.to_string()),
                text("gen_ai.output.messages", &answer.to_string()),
            ],
        )
    }

    /// Adds an ordinary server span.
    pub fn plain(self, name: &str) -> Trace {
        self.span(
            name,
            vec![
                text("http.request.method", "GET"),
                text("url.path", "/health"),
                int("http.response.status_code", 200),
            ],
        )
    }

    /// Adds a span with these attributes.
    pub fn span(mut self, name: &str, attributes: Vec<KeyValue>) -> Trace {
        self.spans.push(Span {
            trace_id: self.trace_id.to_vec(),
            span_id: unique().to_be_bytes().to_vec(),
            name: name.to_string(),
            kind: 3,
            start_time_unix_nano: 1_767_225_600_000_000_000,
            end_time_unix_nano: 1_767_225_601_250_000_000,
            attributes,
            ..Span::default()
        });
        self
    }

    pub fn span_ids(&self) -> Vec<Vec<u8>> {
        self.spans.iter().map(|span| span.span_id.clone()).collect()
    }

    pub fn request(&self) -> ExportTraceServiceRequest {
        let scope = InstrumentationScope { name: "tests".to_string(), ..InstrumentationScope::default() };
        let spans = ScopeSpans { scope: Some(scope), spans: self.spans.clone(), schema_url: String::new() };
        let resource = Resource { attributes: vec![text("service.name", "shop")], ..Resource::default() };
        let resource_spans =
            ResourceSpans { resource: Some(resource), scope_spans: vec![spans], schema_url: String::new() };
        ExportTraceServiceRequest { resource_spans: vec![resource_spans] }
    }

    pub fn proto(&self) -> Bytes {
        self.request().encode_to_vec().into()
    }

    /// The request as OTLP/JSON.
    pub fn json(&self) -> Bytes {
        serde_json::to_vec(&self.request()).expect("it serialises").into()
    }
}

pub fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_string()))
}

pub fn int(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::IntValue(value))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_string(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

/// Never 0, so that ids are valid.
fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
