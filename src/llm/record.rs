//! `LLMSpan`, the flat record of one call that the predecessor's clients send and its consumers read, as an OTLP span.
//!
//! Source: spec of the predecessor, "Span model" and "Kafka"; design §6.17 for the ids.

use super::Uuid;
use super::names;
use crate::otlp::encode::{Value, attribute};
use crate::otlp::wire::{put_bytes, put_fixed64, put_message, put_uint};
use std::time::SystemTime;

/// One call. Counts are wider than the fields of the record's protobuf form, so that nothing is lost on the way in.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub span_id: Uuid,
    pub trace_id: Option<Uuid>,
    pub parent_span_id: Option<Uuid>,
    pub schema_version: i64,
    pub model: String,
    pub provider: String,
    pub service_name: String,
    pub endpoint: String,
    /// `production`, `staging`, `dev`, or `unspecified`.
    pub environment: String,
    pub user_id: Option<String>,
    pub session_id: Option<String>,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
    pub latency_ms_ttft: Option<i64>,
    pub latency_ms_total: i64,
    /// `unspecified` where it is not known.
    pub finish_reason: String,
    /// Millionths of a dollar; 0 where it is not known.
    pub cost_usd_micro: i64,
    pub price_version: String,
    /// `tiktoken`, `estimated`, or `unspecified`.
    pub token_count_method: String,
    /// `None` where nobody has decided yet.
    pub is_sampled: Option<bool>,
    pub retry_count: i64,
    pub attempted_models: Vec<String>,
    pub pii_detected: bool,
    pub injection_attempt: bool,
    /// When the call began.
    pub timestamp: SystemTime,
    pub prompt_hash: Option<String>,
    pub prompt_embedding: Vec<f64>,
    pub response_embedding: Vec<f64>,
}

/// What stands for what nobody knows.
pub const UNSPECIFIED: &str = "unspecified";

/// The name of the scope that such spans are under.
const SCOPE: &str = "sidelight.record";

/// `SPAN_KIND_CLIENT` of the trace schema.
const CLIENT: u64 = 3;

const SCHEMA_VERSION: &str = "sidelight.record.schema_version";
const ENDPOINT: &str = "sidelight.record.endpoint";
const PRICE: &str = "sidelight.record.price_version";
const METHOD: &str = "sidelight.record.token_count_method";
const ATTEMPTED: &str = "sidelight.record.attempted_models";
const RESPONSE_VECTOR: &str = "sidelight.record.response_embedding";

impl Record {
    /// An encoded export request that holds the call as its one span.
    ///
    /// What the GenAI conventions have a name for goes by it; the rest is under `sidelight.record.`. A hash and
    /// vectors go on only with a call that is sampled and free of personal data.
    pub fn to_otlp(&self) -> Vec<u8> {
        let mut request = Vec::with_capacity(1024);
        put_message(&mut request, 1, |group| {
            put_message(group, 1, |resource| self.resource(resource));
            put_message(group, 2, |scope| {
                put_message(scope, 1, |of| put_bytes(of, 1, SCOPE.as_bytes()));
                put_message(scope, 2, |span| self.span(span));
            });
        });
        request
    }

    fn resource(&self, out: &mut Vec<u8>) {
        attribute(out, 1, "service.name", &Value::Str(&self.service_name));
        if self.environment != UNSPECIFIED {
            attribute(out, 1, "deployment.environment.name", &Value::Str(&self.environment));
        }
    }

    fn span(&self, out: &mut Vec<u8>) {
        let start = self.timestamp.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        let start = u64::try_from(start).unwrap_or(u64::MAX);
        let took = u64::try_from(self.latency_ms_total).unwrap_or(0).saturating_mul(1_000_000);
        put_bytes(out, 1, &self.trace_id.unwrap_or(self.span_id).0);
        put_bytes(out, 2, &self.span_id.span_id());
        if let Some(parent) = &self.parent_span_id {
            put_bytes(out, 4, &parent.span_id());
        }
        put_bytes(out, 5, format!("chat {}", self.model).as_bytes());
        put_uint(out, 6, CLIENT);
        put_fixed64(out, 7, start);
        put_fixed64(out, 8, start.saturating_add(took));
        self.attributes(&mut |key, value| attribute(out, 9, key, &value));
    }

    fn attributes(&self, add: &mut impl FnMut(&str, Value<'_>)) {
        let text = |key, text: &str, add: &mut dyn FnMut(&str, Value<'_>)| {
            if !text.is_empty() && text != UNSPECIFIED {
                add(key, Value::Str(text));
            }
        };
        add(names::SPAN_UUID, Value::Str(&self.span_id.to_string()));
        if let Some(parent) = &self.parent_span_id {
            add(names::PARENT_SPAN_UUID, Value::Str(&parent.to_string()));
        }
        add(names::OPERATION, Value::Str("chat"));
        text(names::PROVIDER, &self.provider, add);
        add(names::REQUEST_MODEL, Value::Str(&self.model));
        add(names::INPUT_TOKENS, Value::Int(self.prompt_tokens));
        add(names::OUTPUT_TOKENS, Value::Int(self.completion_tokens));
        if let Some(ms) = self.latency_ms_ttft.filter(|ms| *ms >= 0) {
            add(names::TIME_TO_FIRST_CHUNK, Value::Double(ms as f64 / 1e3));
        }
        if self.finish_reason != UNSPECIFIED {
            add(names::FINISH_REASONS, Value::Strs(&[&self.finish_reason]));
        }
        if self.cost_usd_micro > 0 {
            add(names::REPORTED_COST, Value::Double(self.cost_usd_micro as f64 / 1e6));
        }
        text(names::USER_ID, self.user_id.as_deref().unwrap_or(""), add);
        text(names::CONVERSATION_ID, self.session_id.as_deref().unwrap_or(""), add);
        self.flags(add);
        add(SCHEMA_VERSION, Value::Int(self.schema_version));
        text(ENDPOINT, &self.endpoint, add);
        text(PRICE, &self.price_version, add);
        text(METHOD, &self.token_count_method, add);
        add(names::RETRY_COUNT, Value::Int(self.retry_count));
        if !self.attempted_models.is_empty() {
            let models: Vec<&str> = self.attempted_models.iter().map(String::as_str).collect();
            add(ATTEMPTED, Value::Strs(&models));
        }
    }

    fn flags(&self, add: &mut impl FnMut(&str, Value<'_>)) {
        if self.pii_detected {
            add(names::PII_DETECTED, Value::Bool(true));
        }
        if self.injection_attempt {
            add(names::INJECTION_ATTEMPT, Value::Bool(true));
        }
        if let Some(sampled) = self.is_sampled {
            add(names::SAMPLED, Value::Bool(sampled));
        }
        if self.is_sampled != Some(true) || self.pii_detected {
            return;
        }
        if let Some(hash) = &self.prompt_hash {
            add(names::PROMPT_SHA256, Value::Str(hash));
        }
        if !self.prompt_embedding.is_empty() {
            add(names::EMBEDDING_VECTOR, Value::Doubles(&self.prompt_embedding));
        }
        if !self.response_embedding.is_empty() {
            add(RESPONSE_VECTOR, Value::Doubles(&self.response_embedding));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::{Batch, Limits, Signal, json};
    use expect_test::{Expect, expect};
    use std::time::Duration;

    fn record() -> Record {
        let uuid = |text| Some(Uuid::parse(text).unwrap());
        Record {
            span_id: uuid("123e4567-e89b-42d3-a456-426614174000").unwrap(),
            trace_id: uuid("0b1f8e0a-1111-4222-8333-444455556666"),
            parent_span_id: None,
            schema_version: 1,
            model: "gpt-4o".to_string(),
            provider: "openai".to_string(),
            service_name: "svc".to_string(),
            endpoint: "/chat".to_string(),
            environment: "production".to_string(),
            user_id: Some("u1".to_string()),
            session_id: None,
            prompt_tokens: 150,
            completion_tokens: 50,
            latency_ms_ttft: Some(95),
            latency_ms_total: 450,
            finish_reason: "stop".to_string(),
            cost_usd_micro: 1500,
            price_version: "2025-01-15".to_string(),
            token_count_method: "tiktoken".to_string(),
            is_sampled: Some(true),
            retry_count: 2,
            attempted_models: vec!["gpt-4".to_string(), "gpt-4o".to_string()],
            pii_detected: false,
            injection_attempt: true,
            timestamp: SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_500),
            prompt_hash: Some("a".repeat(64)),
            prompt_embedding: vec![0.5],
            response_embedding: Vec::new(),
        }
    }

    fn check(record: &Record, expected: Expect) {
        let batch = Batch::read(Signal::Traces, record.to_otlp().into(), &Limits::default()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json::write(&batch)).unwrap();
        let group = &json["resourceSpans"][0];
        let span = &group["scopeSpans"][0]["spans"][0];
        let mut text = String::new();
        for key in
            ["traceId", "spanId", "parentSpanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano"]
        {
            text += &format!("{key}: {}\n", span[key]);
        }
        for list in [&group["resource"]["attributes"], &span["attributes"]] {
            for entry in list.as_array().unwrap() {
                text += &format!("{} = {}\n", entry["key"].as_str().unwrap(), entry["value"]);
            }
        }
        expected.assert_eq(&text);
    }

    #[test]
    fn every_field_has_its_place() {
        check(
            &record(),
            expect![[r#"
            traceId: "0b1f8e0a111142228333444455556666"
            spanId: "8f7acbf51eecfbc7"
            parentSpanId: null
            name: "chat gpt-4o"
            kind: 3
            startTimeUnixNano: "1700000000500000000"
            endTimeUnixNano: "1700000000950000000"
            service.name = {"stringValue":"svc"}
            deployment.environment.name = {"stringValue":"production"}
            sidelight.span.uuid = {"stringValue":"123e4567-e89b-42d3-a456-426614174000"}
            gen_ai.operation.name = {"stringValue":"chat"}
            gen_ai.provider.name = {"stringValue":"openai"}
            gen_ai.request.model = {"stringValue":"gpt-4o"}
            gen_ai.usage.input_tokens = {"intValue":"150"}
            gen_ai.usage.output_tokens = {"intValue":"50"}
            gen_ai.response.time_to_first_chunk = {"doubleValue":0.095}
            gen_ai.response.finish_reasons = {"arrayValue":{"values":[{"stringValue":"stop"}]}}
            gen_ai.usage.cost = {"doubleValue":0.0015}
            user.id = {"stringValue":"u1"}
            sidelight.injection.attempt = {"boolValue":true}
            sidelight.sampled = {"boolValue":true}
            sidelight.prompt.sha256 = {"stringValue":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
            sidelight.embedding.vector = {"arrayValue":{"values":[{"doubleValue":0.5}]}}
            sidelight.record.schema_version = {"intValue":"1"}
            sidelight.record.endpoint = {"stringValue":"/chat"}
            sidelight.record.price_version = {"stringValue":"2025-01-15"}
            sidelight.record.token_count_method = {"stringValue":"tiktoken"}
            sidelight.record.retry_count = {"intValue":"2"}
            sidelight.record.attempted_models = {"arrayValue":{"values":[{"stringValue":"gpt-4"},{"stringValue":"gpt-4o"}]}}
        "#]],
        );
    }

    #[test]
    fn what_is_not_known_is_not_said_and_personal_data_takes_the_hash_with_it() {
        let less = Record {
            trace_id: None,
            parent_span_id: Some(Uuid([7; 16])),
            environment: UNSPECIFIED.to_string(),
            finish_reason: UNSPECIFIED.to_string(),
            token_count_method: UNSPECIFIED.to_string(),
            cost_usd_micro: 0,
            latency_ms_ttft: None,
            user_id: None,
            retry_count: 0,
            attempted_models: Vec::new(),
            pii_detected: true,
            injection_attempt: false,
            ..record()
        };
        check(
            &less,
            expect![[r#"
            traceId: "123e4567e89b42d3a456426614174000"
            spanId: "8f7acbf51eecfbc7"
            parentSpanId: "d761d406af2a4a5a"
            name: "chat gpt-4o"
            kind: 3
            startTimeUnixNano: "1700000000500000000"
            endTimeUnixNano: "1700000000950000000"
            service.name = {"stringValue":"svc"}
            sidelight.span.uuid = {"stringValue":"123e4567-e89b-42d3-a456-426614174000"}
            sidelight.parent_span.uuid = {"stringValue":"07070707-0707-0707-0707-070707070707"}
            gen_ai.operation.name = {"stringValue":"chat"}
            gen_ai.provider.name = {"stringValue":"openai"}
            gen_ai.request.model = {"stringValue":"gpt-4o"}
            gen_ai.usage.input_tokens = {"intValue":"150"}
            gen_ai.usage.output_tokens = {"intValue":"50"}
            sidelight.pii.detected = {"boolValue":true}
            sidelight.sampled = {"boolValue":true}
            sidelight.record.schema_version = {"intValue":"1"}
            sidelight.record.endpoint = {"stringValue":"/chat"}
            sidelight.record.price_version = {"stringValue":"2025-01-15"}
            sidelight.record.retry_count = {"intValue":"0"}
        "#]],
        );
    }
}
