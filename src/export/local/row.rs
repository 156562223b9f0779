//! What the store keeps of a batch: the record of each recognised span and of each log record that is a call of
//! its own, and what was said.

use crate::export::records::is_call;
use crate::llm::{Call, Record, Side, names};
use crate::otlp::{Batch, Item, LogRecord, Value};
use crate::recognize::{self, Found};

/// What was recognised in one batch.
#[derive(Debug, Default)]
pub struct Rows {
    pub calls: Vec<Record>,
    pub said: Vec<Said>,
    pub vectors: Vec<Embedded>,
    /// Spans and log records that all this is from.
    pub items: u32,
}

/// Which span. A span without an id is known by its bytes, as is a log record that is a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Id {
    pub trace: Vec<u8>,
    pub span: Vec<u8>,
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
        if is_call(&item, &call) {
            let record = Record::of(&item, &call);
            let id = Id { trace: record.otlp_trace_id.clone(), span: record.otlp_span_id.clone() };
            let (source, at) = match item.log_record() {
                Some(record) => ("log", signed(record.written_unix_nano())),
                None => ("span", 0),
            };
            rows.said.extend(said(&id, source, at, &call));
            rows.vectors.extend(vectors(&item, &id, at));
            rows.calls.push(record);
            rows.items += 1;
        } else if let Some(record) = item.log_record().filter(|record| !record.span_id().is_empty()) {
            let (id, at) = (log_id(record), signed(record.written_unix_nano()));
            rows.said.extend(said(&id, "log", at, &call));
            rows.vectors.extend(vectors(&item, &id, at));
            rows.items += 1;
        }
    }
    rows
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
        role: text.role.name(),
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

fn log_id(record: LogRecord<'_>) -> Id {
    Id { trace: record.trace_id().to_vec(), span: record.span_id().to_vec() }
}

/// SQLite has no unsigned integers.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
