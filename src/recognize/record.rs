//! Log records that are a call of their own: which are, when the call was, and whether it (or a span's) failed.
//!
//! Command-line agents report each call in a log event, and most of them send no span of it. A record of the
//! conventions adds to what a span tells, unless there is no span.

use super::dialect::Field;
use super::dialect::matches;
use super::facts::Facts;
use super::index::Dialects;
use crate::otlp::{Attribute, Item, LogRecord, Value};
use std::ops::Range;

/// The log event of the conventions that tells of a whole call.
pub const DETAILS: &str = "gen_ai.client.inference.operation.details";

/// Attributes that only a failed call has.
const ERRORS: &[&str] = &["error.type", "error.message", "error", "exception.type"];

/// How those say it that leave a span's status alone: Langfuse.
const LEVELS: &[(&str, &str)] = &[("langfuse.observation.level", "ERROR")];

/// The first `SeverityNumber` of an error.
const ERROR: i32 = 17;

/// Whether `record`, which is called `name`, tells of a whole call by itself.
///
/// A library that [reports](super::dialect::Dialect::reports) its calls in log events does so whatever span they
/// stand in, and in those events alone. Of any other, only what stands in no span does.
pub fn is_own_call(record: LogRecord<'_>, name: &str, dialects: Dialects) -> bool {
    let mut reports = dialects.table().flat_map(|dialect| dialect.reports).peekable();
    let says_which = reports.peek().is_some();
    let of_convention = name.starts_with("gen_ai.");
    let alone = || record.span_id().is_empty() && if of_convention { name == DETAILS } else { !says_which };
    reports.any(|pattern| matches(pattern, name)) || alone()
}

/// When the call was that `item` tells of, in nanoseconds since 1970: of a log record, which is written once the
/// reply is there, as long before as it says.
pub fn times(item: &Item<'_>, facts: &Facts<'_>) -> Range<u64> {
    if let Some(span) = item.span() {
        return span.start_time_unix_nano()..span.end_time_unix_nano();
    }
    let end = item.log_record().map_or(0, |record| record.written_unix_nano());
    let took = facts.number(Field::Took).map_or(0, |seconds| (seconds * 1e9) as u64);
    end.saturating_sub(took)..end
}

/// Whether the call ended in an error: by the status of its span, and by an attribute where nobody set that.
pub fn failed(item: &Item<'_>) -> bool {
    const OK: i32 = 1;
    const FAILED: i32 = 2;
    let status = item.span().map_or(0, |span| span.status_code());
    let severe = item.log_record().is_some_and(|record| record.severity_number() >= ERROR);
    status == FAILED
        || severe
        || status != OK && item.attributes().any(|attribute| tells_of_error(&attribute))
}

fn tells_of_error(attribute: &Attribute<'_>) -> bool {
    match attribute.value() {
        Value::Str(text) if ERRORS.contains(&attribute.key) => !matches!(text, "" | "none" | "false"),
        Value::Str(text) => LEVELS.contains(&(attribute.key, text)),
        Value::Bool(failed) => failed && attribute.key == "error",
        _ => false,
    }
}
