//! `LlmSpan`, the flat record of one call: what Kafka and the SQL stores hold of it, and what the predecessor's clients
//! send and its consumers read.
//!
//! One mapping leads from a span to a record ([`Record::of`]) and one back ([`Record::to_otlp`]). The schema for
//! others is `proto/sidelight/v1/llm_span.proto`; a test holds the struct to it.
//!
//! Source: spec of the predecessor, "Span model" and "Kafka"; design §6.17 for the ids.

#[cfg(test)]
mod contract;
mod ids;
mod json;
mod read;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
mod words;
mod write;

pub use words::{Environment, FinishReason, TokenCountMethod, Words};

use crate::units;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// What stands for what nobody knows.
pub const UNSPECIFIED: &str = "unspecified";

/// The number of the schema that records are written by, in `schema_version` and in the headers of Kafka.
pub const SCHEMA_VERSION: i64 = 1;

/// Why bytes are no record. Never quotes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotARecord {
    #[error("the bytes are no message of the record's schema")]
    Protobuf,
    #[error("the text is no JSON object of the record's schema")]
    Json,
    #[error("the record has no usable span_id")]
    SpanId,
}

/// One call of a model, or a step around one. Fields stand in the order of their numbers.
#[derive(Clone, PartialEq, prost::Message, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Record {
    /// A UUID in lower case with dashes. An OpenTelemetry id stands at its end, zeros before it.
    #[prost(string, tag = "1")]
    pub span_id: String,
    /// The 16 bytes of the trace id, written as a UUID.
    #[prost(string, optional, tag = "2")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// As `span_id`; absent on a root.
    #[prost(string, optional, tag = "3")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<String>,
    #[prost(int64, tag = "4")]
    #[serde(deserialize_with = "json::int")]
    pub schema_version: i64,
    /// The model that was asked for; the one that answered where only that is known. Empty on steps that are no call.
    #[prost(string, tag = "5")]
    pub model: String,
    #[prost(string, tag = "6")]
    pub provider: String,
    #[prost(string, tag = "7")]
    pub service_name: String,
    /// The path of the app that made the call; empty where it was not told.
    #[prost(string, tag = "8")]
    pub endpoint: String,
    #[prost(enumeration = "Environment", tag = "9")]
    #[serde(with = "json::Word::<Environment>")]
    pub environment: i32,
    #[prost(string, optional, tag = "10")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The session or conversation.
    #[prost(string, optional, tag = "11")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Of a span whose usage counts; 0 on the others and where it is not known.
    #[prost(int64, tag = "12")]
    #[serde(deserialize_with = "json::int")]
    pub prompt_tokens: i64,
    /// As `prompt_tokens`.
    #[prost(int64, tag = "13")]
    #[serde(deserialize_with = "json::int")]
    pub completion_tokens: i64,
    /// Milliseconds from the start to the first chunk of the answer.
    #[prost(int64, optional, tag = "14")]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "json::some_int")]
    pub latency_ms_ttft: Option<i64>,
    /// Milliseconds.
    #[prost(int64, tag = "15")]
    #[serde(deserialize_with = "json::int")]
    pub latency_ms_total: i64,
    #[prost(enumeration = "FinishReason", tag = "16")]
    #[serde(with = "json::Word::<FinishReason>")]
    pub finish_reason: i32,
    /// Millionths of a US dollar, rounded down, of a span whose usage counts.
    #[prost(int64, tag = "17")]
    #[serde(deserialize_with = "json::int")]
    pub cost_usd_micro: i64,
    #[prost(string, tag = "18")]
    pub price_version: String,
    #[prost(enumeration = "TokenCountMethod", tag = "19")]
    #[serde(with = "json::Word::<TokenCountMethod>")]
    pub token_count_method: i32,
    #[prost(bool, tag = "20")]
    pub is_sampled: bool,
    #[prost(int64, tag = "21")]
    #[serde(deserialize_with = "json::int")]
    pub retry_count: i64,
    #[prost(string, repeated, tag = "22")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attempted_models: Vec<String>,
    #[prost(bool, tag = "23")]
    pub pii_detected: bool,
    #[prost(bool, tag = "24")]
    pub injection_attempt: bool,
    /// When the call began, as RFC 3339 writes it in UTC, to the microsecond: `2026-11-20T17:49:24.705009Z`.
    #[prost(string, tag = "25")]
    pub timestamp_utc: String,
    /// Lower-case hex of the SHA-256 of the prompt; of sampled prompts without personal data.
    #[prost(string, optional, tag = "26")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_hash: Option<String>,
    #[prost(float, repeated, tag = "27")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prompt_embedding: Vec<f32>,
    #[prost(float, repeated, tag = "28")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub response_embedding: Vec<f32>,
    /// The ids as OTLP has them.
    #[prost(bytes = "vec", tag = "101")]
    #[serde(with = "json::hex", skip_serializing_if = "Vec::is_empty")]
    pub otlp_trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "102")]
    #[serde(with = "json::hex", skip_serializing_if = "Vec::is_empty")]
    pub otlp_span_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "103")]
    #[serde(with = "json::hex", skip_serializing_if = "Vec::is_empty")]
    pub otlp_parent_span_id: Vec<u8>,
    /// W3C.
    #[prost(uint32, tag = "104")]
    #[serde(deserialize_with = "json::int", skip_serializing_if = "json::is_zero")]
    pub trace_flags: u32,
    #[prost(string, tag = "105")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub trace_state: String,
    /// The name, kind, times and status of the span, as OTLP has them.
    #[prost(string, tag = "106")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[prost(int32, tag = "107")]
    #[serde(deserialize_with = "json::int", skip_serializing_if = "json::is_zero")]
    pub span_kind: i32,
    #[prost(uint64, tag = "108")]
    #[serde(with = "json::text_int", skip_serializing_if = "json::is_zero")]
    pub start_time_unix_nano: u64,
    #[prost(uint64, tag = "109")]
    #[serde(deserialize_with = "json::int", skip_serializing_if = "json::is_zero")]
    pub duration_nano: u64,
    /// From the start to the first chunk.
    #[prost(int64, optional, tag = "110")]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "json::some_int")]
    pub time_to_first_chunk_nano: Option<i64>,
    #[prost(int32, tag = "111")]
    #[serde(deserialize_with = "json::int", skip_serializing_if = "json::is_zero")]
    pub status_code: i32,
    #[prost(string, tag = "112")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status_message: String,
    /// chat, completion, embeddings, rerank, agent, workflow, task, tool or retrieval.
    #[prost(string, tag = "113")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Which libraries' ways of writing spans it was recognised by.
    #[prost(string, repeated, tag = "114")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dialects: Vec<String>,
    #[prost(string, tag = "115")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub operation: String,
    #[prost(string, tag = "116")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub request_model: String,
    #[prost(string, tag = "117")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub response_model: String,
    /// As the provider says them.
    #[prost(string, repeated, tag = "118")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub finish_reasons: Vec<String>,
    #[prost(string, tag = "119")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tool_name: String,
    /// How many numbers each vector of an embeddings call has, and how many texts it was given.
    #[prost(int64, optional, tag = "120")]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "json::some_int")]
    pub dimensions: Option<i64>,
    #[prost(int64, optional, tag = "121")]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "json::some_int")]
    pub inputs: Option<i64>,
    /// False on wrappers and duplicates that repeat the usage of the call inside them: sums go over the others.
    #[prost(bool, tag = "122")]
    #[serde(skip_serializing_if = "json::is_zero")]
    pub usage_counted: bool,
    /// Tokens as far as they are known, whether they count or not.
    #[prost(int64, optional, tag = "123")]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "json::some_int")]
    pub input_tokens: Option<i64>,
    #[prost(int64, optional, tag = "124")]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "json::some_int")]
    pub output_tokens: Option<i64>,
    /// `reported`, `tokenizer:<encoding>` or `estimate:<rule>`.
    #[prost(string, tag = "125")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tokens_method: String,
    /// Details of them that the provider reported.
    #[prost(int64, optional, tag = "126")]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "json::some_int")]
    pub cache_read_tokens: Option<i64>,
    #[prost(int64, optional, tag = "127")]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "json::some_int")]
    pub cache_write_tokens: Option<i64>,
    #[prost(int64, optional, tag = "128")]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "json::some_int")]
    pub reasoning_tokens: Option<i64>,
    #[prost(int64, optional, tag = "129")]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "json::some_int")]
    pub audio_input_tokens: Option<i64>,
    #[prost(int64, optional, tag = "130")]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "json::some_int")]
    pub audio_output_tokens: Option<i64>,
    /// Millionths of a millionth of a US dollar. The parts sum to the whole.
    #[prost(int64, optional, tag = "131")]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "json::some_int")]
    pub cost_pico_usd: Option<i64>,
    #[prost(int64, optional, tag = "132")]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "json::some_int")]
    pub cost_input_pico_usd: Option<i64>,
    #[prost(int64, optional, tag = "133")]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "json::some_int")]
    pub cost_output_pico_usd: Option<i64>,
    /// Which prices they were reckoned by; `reported` where the app told the cost.
    #[prost(string, tag = "134")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cost_price_version: String,
    /// Types of personal data that were found, and how many of each, in the same order.
    #[prost(string, repeated, tag = "135")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pii_types: Vec<String>,
    #[prost(int64, repeated, tag = "136")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pii_counts: Vec<i64>,
    /// What was done with them: mask, hash, remove or flag.
    #[prost(string, tag = "137")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pii_action: String,
    /// From 0 to 1.
    #[prost(double, optional, tag = "138")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub injection_score: Option<f64>,
    #[prost(string, repeated, tag = "139")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub injection_rules: Vec<String>,
    /// Which model the vectors are of.
    #[prost(string, tag = "140")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub embedding_model: String,
    /// A vector for each text of an embeddings call, in order; empty where one is missing.
    #[prost(message, repeated, tag = "141")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub text_embeddings: Vec<Vector>,
    /// What sent the span: attributes of its OTLP resource. What is no text is written as JSON.
    #[prost(btree_map = "string, string", tag = "142")]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub resource: BTreeMap<String, String>,
    /// What was said, made safe; where the exporter is set to publish it.
    #[prost(message, repeated, tag = "143")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub input_messages: Vec<Message>,
    #[prost(message, repeated, tag = "144")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub output_messages: Vec<Message>,
    /// What the app says of the call for its own use. `metadata` is a JSON object, or empty.
    #[prost(string, repeated, tag = "145")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[prost(string, tag = "146")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub metadata: String,
}

/// One text's vector.
#[derive(Clone, PartialEq, prost::Message, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Vector {
    #[prost(float, repeated, tag = "1")]
    pub values: Vec<f32>,
}

/// One turn of a conversation.
#[derive(Clone, PartialEq, prost::Message, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Message {
    /// `system`, `user`, `assistant`, `tool` or `document`.
    #[prost(string, tag = "1")]
    pub role: String,
    #[prost(message, repeated, tag = "2")]
    pub parts: Vec<Part>,
}

/// One part of a turn.
#[derive(Clone, PartialEq, prost::Message, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Part {
    /// `text`, `reasoning`, `tool_call` or `tool_call_response`.
    #[prost(string, tag = "1")]
    pub r#type: String,
    /// The text; the arguments of a tool's call; what the tool gave back.
    #[prost(string, tag = "2")]
    pub content: String,
    /// What joins a tool's call and its result.
    #[prost(string, tag = "3")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Of the tool that is called.
    #[prost(string, tag = "4")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
}

impl Record {
    /// Reads the protobuf form; fields that are not known are passed over.
    pub fn from_protobuf(bytes: &[u8]) -> Result<Record, NotARecord> {
        let record: Record = prost::Message::decode(bytes).map_err(|_| NotARecord::Protobuf)?;
        record.usable()
    }

    pub fn to_protobuf(&self) -> Vec<u8> {
        prost::Message::encode_to_vec(self)
    }

    /// Reads the JSON form. Names may be in camel case, numbers in strings and enums by their full names, as
    /// protobuf's own JSON has them; names that are not known are passed over.
    pub fn from_json(text: &[u8]) -> Result<Record, NotARecord> {
        json::read(text)?.usable()
    }

    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a record has text keys only")
    }

    /// What others wrote, without numbers that are none; errors where nobody could say which call it is of.
    fn usable(mut self) -> Result<Record, NotARecord> {
        let known =
            (1..=128).contains(&self.span_id.len()) && self.span_id.bytes().all(|b| b.is_ascii_graphic());
        if !known {
            return Err(NotARecord::SpanId);
        }
        let texts = self.text_embeddings.iter_mut().map(|vector| &mut vector.values);
        [&mut self.prompt_embedding, &mut self.response_embedding].into_iter().chain(texts).for_each(finite);
        self.injection_score.take_if(|score| !score.is_finite());
        Ok(self)
    }

    /// When the call began, in nanoseconds since 1970; `None` where it is not told.
    pub fn start_unix_nano(&self) -> Option<u64> {
        let told = Some(self.start_time_unix_nano).filter(|start| *start > 0);
        told.or_else(|| {
            let since = units::parse_utc(&self.timestamp_utc)?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
            u64::try_from(since.as_nanos()).ok()
        })
    }

    /// Says when the call began; to the microsecond in the text.
    pub fn begin(&mut self, start_unix_nano: u64) {
        self.start_time_unix_nano = start_unix_nano;
        let start = SystemTime::UNIX_EPOCH + Duration::from_nanos(start_unix_nano);
        self.timestamp_utc = units::utc_micros_text(start);
    }

    /// Whether it was made of a span, or is one of the predecessor's, whose fields end at 28.
    fn is_of_span(&self) -> bool {
        !self.dialects.is_empty()
    }
}

/// Empties a vector with an infinite number in it or one that is none: neither JSON nor pgvector has them, and it is
/// near to nothing.
fn finite(vector: &mut Vec<f32>) {
    if !vector.iter().all(|number| number.is_finite()) {
        vector.clear();
    }
}
