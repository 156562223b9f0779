//! The columns of the SQL stores, each with what fills it. A new one is a line here and one in each schema.

use crate::llm::Uuid;
use crate::llm::record::{Message, Record};
use crate::units::hex;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One column of the table.
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    /// What a record has for it: a value of that kind, or none.
    pub of: for<'a> fn(&'a Record) -> Value<'a>,
}

/// What sort of values a column holds; each store has types of its own for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Int,
    Double,
    Text,
    Texts,
    Ints,
    Uuid,
    Time,
    Vector,
    Map,
    Json,
}

/// One value of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nobody knows.
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Cow<'a, str>),
    Texts(&'a [String]),
    Ints(&'a [i64]),
    Uuid(Uuid),
    /// Microseconds since 1970, UTC.
    Time(i64),
    /// Not empty.
    Vector(&'a [f32]),
    Map(&'a BTreeMap<String, String>),
    /// A JSON text.
    Json(String),
}

macro_rules! columns {
    ($($name:ident: $kind:ident = $of:expr;)*) => {
        /// Every column that is written, in the order of the tables.
        pub static COLUMNS: &[Column] =
            &[$(Column { name: stringify!($name), kind: Kind::$kind, of: $of }),*];
    };
}

columns! {
    span_id: Uuid = |r| Value::Uuid(r.span_uuid());
    trace_id: Uuid = |r| r.trace_uuid().map_or(Value::Null, Value::Uuid);
    parent_span_id: Uuid = |r| r.parent_span_uuid().map_or(Value::Null, Value::Uuid);
    schema_version: Int = |r| Value::Int(r.schema_version);
    model: Text = |r| plain(&r.model);
    provider: Text = |r| plain(&r.provider);
    service_name: Text = |r| plain(&r.service_name);
    endpoint: Text = |r| plain(&r.endpoint);
    environment: Text = |r| plain(r.environment().word());
    user_id: Text = |r| text(&r.user_id);
    session_id: Text = |r| text(&r.session_id);
    prompt_tokens: Int = |r| Value::Int(r.prompt_tokens);
    completion_tokens: Int = |r| Value::Int(r.completion_tokens);
    latency_ms_ttft: Int = |r| int(r.latency_ms_ttft);
    latency_ms_total: Int = |r| Value::Int(r.latency_ms_total);
    finish_reason: Text = |r| plain(r.finish_reason().word());
    cost_usd_micro: Int = |r| Value::Int(r.cost_usd_micro);
    price_version: Text = |r| plain(&r.price_version);
    token_count_method: Text = |r| plain(r.token_count_method().word());
    is_sampled: Bool = |r| Value::Bool(r.is_sampled);
    retry_count: Int = |r| Value::Int(r.retry_count);
    attempted_models: Texts = |r| Value::Texts(&r.attempted_models);
    pii_detected: Bool = |r| Value::Bool(r.pii_detected);
    injection_attempt: Bool = |r| Value::Bool(r.injection_attempt);
    timestamp_utc: Time = |r| Value::Time(i64::try_from(r.start_time_unix_nano / 1000).unwrap_or(i64::MAX));
    prompt_hash: Text = |r| text(&r.prompt_hash);
    prompt_embedding: Vector = |r| vector(&r.prompt_embedding);
    response_embedding: Vector = |r| vector(&r.response_embedding);
    otlp_span_id: Text = |r| Value::Text(hex(&r.span_bytes()).into());
    name: Text = |r| plain(&r.name);
    kind: Text = |r| plain(&r.kind);
    operation: Text = |r| plain(&r.operation);
    dialects: Texts = |r| Value::Texts(&r.dialects);
    duration_nano: Int = |r| Value::Int(i64::try_from(r.duration_nano).unwrap_or(i64::MAX));
    time_to_first_chunk_nano: Int = |r| int(r.time_to_first_chunk_nano);
    is_error: Bool = |r| Value::Bool(r.status_code == STATUS_ERROR);
    status_message: Text = |r| plain(&r.status_message);
    request_model: Text = |r| plain(&r.request_model);
    response_model: Text = |r| plain(&r.response_model);
    finish_reasons: Texts = |r| Value::Texts(&r.finish_reasons);
    tool_name: Text = |r| plain(&r.tool_name);
    dimensions: Int = |r| int(r.dimensions);
    inputs: Int = |r| int(r.inputs);
    usage_counted: Bool = |r| Value::Bool(r.usage_counted);
    input_tokens: Int = |r| int(r.input_tokens);
    output_tokens: Int = |r| int(r.output_tokens);
    tokens_method: Text = |r| plain(&r.tokens_method);
    cache_read_tokens: Int = |r| int(r.cache_read_tokens);
    cache_write_tokens: Int = |r| int(r.cache_write_tokens);
    reasoning_tokens: Int = |r| int(r.reasoning_tokens);
    audio_input_tokens: Int = |r| int(r.audio_input_tokens);
    audio_output_tokens: Int = |r| int(r.audio_output_tokens);
    cost_pico_usd: Int = |r| int(r.cost_pico_usd);
    cost_input_pico_usd: Int = |r| int(r.cost_input_pico_usd);
    cost_output_pico_usd: Int = |r| int(r.cost_output_pico_usd);
    cost_price_version: Text = |r| plain(&r.cost_price_version);
    pii_types: Texts = |r| Value::Texts(&r.pii_types);
    pii_counts: Ints = |r| Value::Ints(&r.pii_counts);
    pii_action: Text = |r| plain(&r.pii_action);
    injection_score: Double = |r| r.injection_score.map_or(Value::Null, Value::Double);
    injection_rules: Texts = |r| Value::Texts(&r.injection_rules);
    embedding_model: Text = |r| plain(&r.embedding_model);
    resource: Map = |r| Value::Map(&r.resource);
    input_messages: Json = |r| messages(&r.input_messages);
    output_messages: Json = |r| messages(&r.output_messages);
}

/// `STATUS_CODE_ERROR` of the trace schema.
const STATUS_ERROR: i32 = 2;

fn plain(text: &str) -> Value<'_> {
    Value::Text(text.into())
}

fn text(text: &Option<String>) -> Value<'_> {
    text.as_deref().map_or(Value::Null, plain)
}

fn int(number: Option<i64>) -> Value<'static> {
    number.map_or(Value::Null, Value::Int)
}

fn vector(numbers: &[f32]) -> Value<'_> {
    if numbers.is_empty() { Value::Null } else { Value::Vector(numbers) }
}

fn messages(messages: &[Message]) -> Value<'_> {
    match messages.is_empty() {
        true => Value::Null,
        false => Value::Json(serde_json::to_string(messages).expect("messages have text keys only")),
    }
}
