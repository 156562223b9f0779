//! What the store keeps of a batch: a row for each recognised span, and what was said.

use crate::llm::{Call, Role, Side, names};
use crate::otlp::{Batch, Item, LogRecord, Span, Value};
use crate::recognize::{self, Found};
use sha2::{Digest, Sha256};

/// What was recognised in one batch.
#[derive(Debug, Default)]
pub struct Rows {
    pub calls: Vec<Row>,
    pub said: Vec<Said>,
    pub vectors: Vec<Embedded>,
    /// Spans and log records that all this is from.
    pub items: u32,
}

/// The call, or the step around one, that a span tells of.
#[derive(Debug, Default, PartialEq)]
pub struct Row {
    pub id: Id,
    pub parent_span_id: Vec<u8>,
    /// Nanoseconds since 1970.
    pub start: i64,
    pub duration_ns: i64,
    pub service: String,
    pub name: String,
    pub kind: Option<&'static str>,
    pub operation: Option<String>,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub response_model: Option<String>,
    pub conversation_id: Option<String>,
    pub user_id: Option<String>,
    /// Of an embeddings call: how many numbers a vector has, and how many texts it was given.
    pub dimensions: Option<i64>,
    pub inputs: Option<i64>,
    pub finish_reasons: String,
    pub error: bool,
    /// From its start to its first chunk.
    pub ttft_ns: Option<i64>,
    pub own: Own,
}

/// Which span. A span without an id is known by its bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Id {
    pub trace: Vec<u8>,
    pub span: Vec<u8>,
}

/// What Sidelight itself has found out about a span.
#[derive(Debug, Default, PartialEq)]
pub struct Own {
    pub usage_counted: bool,
    pub input_tokens: Option<i64>,
    pub output_tokens: Option<i64>,
    pub tokens_method: Option<String>,
    /// Pico-dollars, so that sums are exact.
    pub cost_pico_usd: Option<i64>,
    pub cost_input_pico_usd: Option<i64>,
    pub cost_output_pico_usd: Option<i64>,
    pub price_version: Option<String>,
    pub pii: bool,
    /// Type names, joined by commas.
    pub pii_types: String,
    /// How many of each type, joined by commas.
    pub pii_counts: String,
    pub pii_action: Option<String>,
    pub injection: bool,
    pub injection_score: Option<f64>,
    /// Joined by commas.
    pub injection_rules: String,
    /// Joined by commas.
    pub dialects: String,
    pub sampled: bool,
    pub prompt_sha256: Option<String>,
}

/// One text of a call's conversation.
#[derive(Debug, PartialEq)]
pub struct Said {
    pub id: Id,
    pub source: &'static str,
    pub side: &'static str,
    pub role: &'static str,
    /// When a log record said so, in nanoseconds since 1970; 0 for what stands on the span.
    pub at: i64,
    /// Counted from 0 within its span or log record.
    pub n: i64,
    pub text: String,
}

/// The vector of a call's prompt, or of one of the texts that it embeds.
#[derive(Debug, PartialEq)]
pub struct Embedded {
    pub id: Id,
    /// As in [`Said`].
    pub at: i64,
    /// Which of the texts, counted from 0.
    pub n: i64,
    pub model: String,
    /// 32-bit floats, little end first.
    pub vector: Vec<u8>,
}

/// Reads all that `batch` has for the store.
pub fn read(batch: &Batch) -> Rows {
    let mut rows = Rows::default();
    for found in recognize::find(batch) {
        let Found::Call(item, call) = found else { continue };
        if let Some(span) = item.span() {
            let row = row(&item, span, &call);
            rows.said.extend(said(&row.id, "span", 0, &call));
            rows.vectors.extend(vectors(&item, &row.id, 0));
            rows.calls.push(row);
            rows.items += 1;
        } else if let Some(record) = item.log_record().filter(|record| !record.span_id().is_empty()) {
            let (id, at) = (log_id(record), log_time(record));
            rows.said.extend(said(&id, "log", at, &call));
            rows.vectors.extend(vectors(&item, &id, at));
            rows.items += 1;
        }
    }
    rows
}

fn row(item: &Item<'_>, span: Span<'_>, call: &Call<'_>) -> Row {
    let start = span.start_time_unix_nano();
    let text = |text: &Option<std::borrow::Cow<'_, str>>| text.as_ref().map(|text| text.to_string());
    Row {
        id: span_id(item, span),
        parent_span_id: span.parent_span_id().to_vec(),
        start: signed(start),
        duration_ns: signed(span.end_time_unix_nano().saturating_sub(start)),
        service: service(item),
        name: span.name().to_string(),
        kind: call.kind.map(|kind| kind.name()),
        operation: text(&call.operation),
        provider: text(&call.provider),
        model: text(&call.request_model),
        response_model: text(&call.response_model),
        conversation_id: text(&call.conversation_id),
        user_id: text(&call.user_id),
        dimensions: call.dimensions.map(signed),
        inputs: Some(call.inputs().len() as i64).filter(|inputs| *inputs > 0),
        finish_reasons: call.finish_reasons.join(","),
        error: span.status_code() == STATUS_ERROR,
        ttft_ns: call.time_to_first_chunk_s.map(|seconds| (seconds * 1e9) as i64),
        own: own(item, call),
    }
}

/// `STATUS_CODE_ERROR` of the trace schema.
const STATUS_ERROR: i32 = 2;

/// Our own attributes in one walk; where one is missing, what the call itself says.
fn own(item: &Item<'_>, call: &Call<'_>) -> Own {
    let mut own = Own {
        usage_counted: call.usage_counted,
        input_tokens: call.usage.input.map(signed),
        output_tokens: call.usage.output.map(signed),
        cost_pico_usd: call.cost_usd.and_then(pico),
        ..Own::default()
    };
    for attribute in item.attributes() {
        let value = attribute.value();
        let flag = || value.as_bool().unwrap_or(false);
        let text = || value.as_str().map(str::to_string);
        match attribute.key {
            names::USAGE_COUNTED => own.usage_counted = flag(),
            names::TOKENS_INPUT => own.input_tokens = value.as_int(),
            names::TOKENS_OUTPUT => own.output_tokens = value.as_int(),
            names::TOKENS_METHOD => own.tokens_method = text(),
            names::COST_USD => own.cost_pico_usd = value.as_double().and_then(pico),
            names::COST_INPUT_USD => own.cost_input_pico_usd = value.as_double().and_then(pico),
            names::COST_OUTPUT_USD => own.cost_output_pico_usd = value.as_double().and_then(pico),
            names::PRICE_VERSION => own.price_version = text(),
            names::PII_DETECTED => own.pii = flag(),
            names::PII_TYPES => own.pii_types = joined(&value),
            names::PII_COUNTS => own.pii_counts = counts(&value),
            names::PII_ACTION => own.pii_action = text(),
            names::INJECTION_ATTEMPT => own.injection = flag(),
            names::INJECTION_SCORE => own.injection_score = value.as_double(),
            names::INJECTION_RULES => own.injection_rules = joined(&value),
            names::DIALECTS => own.dialects = joined(&value),
            names::SAMPLED => own.sampled = flag(),
            names::PROMPT_SHA256 => own.prompt_sha256 = text(),
            _ => {}
        }
    }
    own
}

fn said<'a>(
    id: &'a Id,
    source: &'static str,
    at: i64,
    call: &'a Call<'_>,
) -> impl Iterator<Item = Said> + 'a {
    call.texts.iter().zip(0..).map(move |(text, n)| Said {
        id: id.clone(),
        source,
        side: match text.side {
            Side::Input => "input",
            Side::Output => "output",
        },
        role: role(text.role),
        at,
        n,
        text: text.text.to_string(),
    })
}

/// The vectors that stand on `item`, written there by `embed`.
fn vectors(item: &Item<'_>, id: &Id, at: i64) -> Vec<Embedded> {
    let value = |key| item.attributes().get(key);
    let model = value(names::EMBEDDING_MODEL).and_then(|model| model.as_str().map(str::to_string));
    let Some(model) = model else { return Vec::new() };
    let one = value(names::EMBEDDING_VECTOR).into_iter();
    let all = one.chain(value(names::EMBEDDING_VECTORS).into_iter().flat_map(|rows| rows.items()));
    let embedded = |(vector, n): (Value<'_>, i64)| {
        let numbers = vector.items().filter_map(|number| number.as_double());
        let vector: Vec<u8> = numbers.flat_map(|number| (number as f32).to_le_bytes()).collect();
        (!vector.is_empty()).then(|| Embedded { id: id.clone(), at, n, model: model.clone(), vector })
    };
    all.zip(0..).filter_map(embedded).collect()
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
        Role::Document => "document",
    }
}

fn span_id(item: &Item<'_>, span: Span<'_>) -> Id {
    let given = span.span_id();
    let span_id = if given.is_empty() { Sha256::digest(item.message)[..8].to_vec() } else { given.to_vec() };
    Id { trace: span.trace_id().to_vec(), span: span_id }
}

fn log_id(record: LogRecord<'_>) -> Id {
    Id { trace: record.trace_id().to_vec(), span: record.span_id().to_vec() }
}

fn log_time(record: LogRecord<'_>) -> i64 {
    match record.time_unix_nano() {
        0 => signed(record.observed_time_unix_nano()),
        time => signed(time),
    }
}

fn service(item: &Item<'_>) -> String {
    let name = item.resource().attributes().get("service.name");
    name.and_then(|name| name.as_str()).unwrap_or("").to_string()
}

fn joined(types: &Value<'_>) -> String {
    types.items().filter_map(|kind| kind.as_str()).collect::<Vec<_>>().join(",")
}

fn counts(numbers: &Value<'_>) -> String {
    numbers.items().filter_map(|count| Some(count.as_int()?.to_string())).collect::<Vec<_>>().join(",")
}

/// `None` for what is no sum of money.
fn pico(usd: f64) -> Option<i64> {
    let pico = (usd * 1e12).round();
    (0.0..9e18).contains(&pico).then_some(pico as i64)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
