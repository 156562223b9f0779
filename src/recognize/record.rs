//! Log records that are a call of their own: which are, when the call was, and whether it failed.
//!
//! Command-line agents report each call in a log event, and most of them send no span of it. A record of the
//! conventions adds to what a span tells, unless there is no span.

use super::dialect::Field;
use super::dialect::matches;
use super::facts::Facts;
use super::index::Dialects;
use crate::otlp::{Item, LogRecord};
use std::ops::Range;

/// The log event of the conventions that tells of a whole call.
pub const DETAILS: &str = "gen_ai.client.inference.operation.details";

/// Attributes that only a failed call has.
const ERRORS: &[&str] = &["error.type", "error.message", "error", "exception.type"];

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

/// Whether the call ended in an error.
pub fn failed(item: &Item<'_>) -> bool {
    if let Some(span) = item.span() {
        return span.status_code() == 2;
    }
    let severe = item.log_record().is_some_and(|record| record.severity_number() >= ERROR);
    severe
        || item.attributes().any(|attribute| {
            ERRORS.contains(&attribute.key) && attribute.value().as_str().is_some_and(|text| !text.is_empty())
        })
}
