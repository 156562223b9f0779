//! The store as its readers see it: the calls that pass a filter, and their sums.

use super::filter::Filter;
use super::store::StoreError;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params, params_from_iter};
use serde::Serialize;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;
use utoipa::ToSchema;

/// Reads the file, whether an agent writes to it or not. Never writes.
pub struct Calls {
    pub(super) connection: Connection,
}

/// One call, or one step around calls.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Call {
    /// Lower-case hex, as the other two ids.
    pub trace_id: String,
    pub span_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub parent_span_id: String,
    /// Nanoseconds since 1970.
    pub start_unix_nano: i64,
    pub duration_ms: f64,
    pub service: String,
    pub name: String,
    pub kind: Option<String>,
    pub operation: Option<String>,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub response_model: Option<String>,
    pub conversation_id: Option<String>,
    pub finish_reasons: Vec<String>,
    pub error: bool,
    pub time_to_first_chunk_ms: Option<f64>,
    pub usage_counted: bool,
    pub input_tokens: Option<i64>,
    pub output_tokens: Option<i64>,
    pub tokens_method: Option<String>,
    pub cost_usd: Option<f64>,
    pub pii: bool,
    pub pii_types: Vec<String>,
    pub injection: bool,
    pub injection_score: Option<f64>,
    pub sampled: bool,
    pub prompt_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Of an embeddings call: how many numbers a vector has, and how many texts it embeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<i64>,
}

/// Sums over all calls of a filter. Tokens and cost are of those whose usage counts, each once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Totals {
    pub calls: i64,
    pub input_tokens: i64,
    pub output_tokens: i64,
    /// Millionths of a dollar.
    pub cost_micro_usd: i64,
    pub errors: i64,
    pub with_pii: i64,
    pub with_injection: i64,
}

/// One text of a call's conversation, as it was made safe.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Said {
    /// `input` or `output`.
    pub side: String,
    pub role: String,
    pub text: String,
}

/// A call with everything that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Detail {
    #[serde(flatten)]
    pub call: Call,
    pub cost: Cost,
    pub findings: Findings,
    /// The libraries whose way of writing spans was recognised.
    pub dialects: Vec<String>,
    /// What was said, as it left: redacted.
    pub messages: Vec<Said>,
}

/// What a call cost and by which prices.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Cost {
    pub usd: Option<f64>,
    pub input_usd: Option<f64>,
    pub output_usd: Option<f64>,
    /// The date of the price list; `reported` where the app itself said what it cost.
    pub price_version: Option<String>,
}

/// What was found in the texts of a call.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Findings {
    pub pii: Vec<Found>,
    /// What was done with it: `mask`, `hash`, `remove` or `flag`.
    pub action: Option<String>,
    pub injection_score: Option<f64>,
    pub injection_rules: Vec<String>,
}

/// How often one type of personal data was found.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Found {
    #[serde(rename = "type")]
    pub kind: String,
    /// `None` where only the type is known.
    pub count: Option<u64>,
}

/// Where a page of calls ends: the next one begins after it. Prints as one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    start: i64,
    trace_id: String,
    span_id: String,
}

/// The columns of [`call`], in its order.
pub(super) const CALL: &str = "lower(hex(trace_id)), lower(hex(span_id)), lower(hex(parent_span_id)), start, duration_ns,
    service, name, kind, operation, provider, model, response_model, conversation_id, finish_reasons, error,
    ttft_ns, usage_counted, input_tokens, output_tokens, tokens_method, cost_pico_usd, pii, pii_types, injection,
    injection_score, sampled, prompt_sha256, user_id, dimensions, inputs";

/// The columns of [`detail`] beyond those.
const MORE: &str = "cost_input_pico_usd, cost_output_pico_usd, price_version, pii_counts, pii_action,
    injection_rules, dialects";

impl Calls {
    /// `None`: there is no store yet.
    pub fn open(path: &Path) -> Result<Option<Calls>, StoreError> {
        if !path.try_exists()? {
            return Ok(None);
        }
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        Ok(Some(Calls { connection }))
    }

    /// The latest calls that pass `filter`, newest first: from the start, or after `after`.
    pub fn list(
        &self,
        filter: &Filter,
        after: Option<&Position>,
        limit: usize,
    ) -> Result<Vec<Call>, StoreError> {
        let mut passes = filter.condition();
        if let Some(Position { start, trace_id, span_id }) = after {
            let (trace, span) = (Value::Text(trace_id.clone()), Value::Text(span_id.clone()));
            let before = "(start, trace_id, span_id) < (?, unhex(?), unhex(?))";
            passes.and(before, [Value::Integer(*start), trace, span]);
        }
        passes.values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        let newest = "ORDER BY start DESC, trace_id DESC, span_id DESC";
        let sql = format!("SELECT {CALL} FROM calls WHERE {} {newest} LIMIT ?", passes.sql);
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map(params_from_iter(passes.values), call)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Calls that were stored after `stored`, in nanoseconds since 1970, oldest first, and when the last
    /// of them was; `stored` itself where there are none.
    pub fn stored_after(&self, stored: i64, limit: usize) -> Result<(Vec<Call>, i64), StoreError> {
        let sql = format!("SELECT {CALL}, stored FROM calls WHERE stored > ?1 ORDER BY stored LIMIT ?2");
        let mut statement = self.connection.prepare(&sql)?;
        let both = |row: &Row<'_>| Ok((call(row)?, row.get::<_, i64>(30)?));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![stored, limit], both)?.collect::<Result<Vec<_>, _>>()?;
        let last = rows.last().map_or(stored, |(_, stored)| *stored);
        Ok((rows.into_iter().map(|(call, _)| call).collect(), last))
    }

    /// The call of `span_id`, given as hex as `trace_id` is: the latest one where several traces have it.
    pub fn detail(&self, span_id: &str, trace_id: Option<&str>) -> Result<Option<Detail>, StoreError> {
        let sql = format!(
            "SELECT {CALL}, {MORE} FROM calls WHERE span_id = unhex(?1) AND (?2 IS NULL OR trace_id = unhex(?2))
             ORDER BY start DESC LIMIT 1"
        );
        let found = self.connection.query_row(&sql, params![span_id, trace_id], detail).optional()?;
        let Some(mut detail) = found else { return Ok(None) };
        detail.messages = self.said(&detail.call.trace_id, &detail.call.span_id)?;
        Ok(Some(detail))
    }

    pub fn totals(&self, filter: &Filter) -> Result<Totals, StoreError> {
        let passes = filter.whole();
        let sql = format!(
            "SELECT count(*), total(input_tokens * usage_counted), total(output_tokens * usage_counted),
                 coalesce(sum(cost_pico_usd * usage_counted), 0), total(error), total(pii), total(injection)
             FROM calls WHERE {}",
            passes.sql
        );
        let totals = |row: &Row<'_>| {
            let count = |index| row.get::<_, f64>(index).map(|count| count as i64);
            Ok(Totals {
                calls: row.get(0)?,
                input_tokens: count(1)?,
                output_tokens: count(2)?,
                cost_micro_usd: row.get::<_, i64>(3)? / 1_000_000,
                errors: count(4)?,
                with_pii: count(5)?,
                with_injection: count(6)?,
            })
        };
        Ok(self.connection.query_row(&sql, params_from_iter(passes.values), totals)?)
    }

    /// What was said in the call of `span_id`, given as hex, input first and in order.
    pub fn said(&self, trace_id: &str, span_id: &str) -> Result<Vec<Said>, StoreError> {
        let sql = "SELECT side, role, text FROM texts WHERE trace_id = unhex(?1) AND span_id = unhex(?2)
                   ORDER BY side, at, n";
        let mut statement = self.connection.prepare(sql)?;
        let said = |row: &Row<'_>| Ok(Said { side: row.get(0)?, role: row.get(1)?, text: row.get(2)? });
        let rows = statement.query_map([trace_id, span_id], said)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Position {
    /// Where a page that ends with `call` ends.
    pub fn of(call: &Call) -> Position {
        let Call { start_unix_nano, trace_id, span_id, .. } = call.clone();
        Position { start: start_unix_nano, trace_id, span_id }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.start, self.trace_id, self.span_id)
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> Result<Position, ()> {
        let mut parts = text.splitn(3, '-');
        let mut next = || parts.next().ok_or(());
        let start = next()?.parse().map_err(|_| ())?;
        let (trace_id, span_id) = (next()?.to_string(), next()?.to_string());
        let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if hex(&trace_id) && hex(&span_id) { Ok(Position { start, trace_id, span_id }) } else { Err(()) }
    }
}

fn detail(row: &Row<'_>) -> rusqlite::Result<Detail> {
    let call = call(row)?;
    let usd = |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(index)?.map(dollars));
    let counts = list(row, 33)?;
    let count = |n: usize| counts.get(n).and_then(|count| count.parse().ok());
    let types = call.pii_types.iter().enumerate();
    let pii = types.map(|(n, kind)| Found { kind: kind.clone(), count: count(n) }).collect();
    Ok(Detail {
        cost: Cost {
            usd: call.cost_usd,
            input_usd: usd(30)?,
            output_usd: usd(31)?,
            price_version: row.get(32)?,
        },
        findings: Findings {
            pii,
            action: row.get(34)?,
            injection_score: call.injection_score,
            injection_rules: list(row, 35)?,
        },
        dialects: list(row, 36)?,
        messages: Vec::new(),
        call,
    })
}

fn dollars(pico: i64) -> f64 {
    pico as f64 / 1e12
}

/// Words that are joined by commas.
fn list(row: &Row<'_>, index: usize) -> rusqlite::Result<Vec<String>> {
    let text: String = row.get(index)?;
    Ok(text.split(',').filter(|word| !word.is_empty()).map(str::to_string).collect())
}

pub(super) fn call(row: &Row<'_>) -> rusqlite::Result<Call> {
    let milliseconds = |nanos: i64| nanos as f64 / 1e6;
    Ok(Call {
        trace_id: row.get(0)?,
        span_id: row.get(1)?,
        parent_span_id: row.get(2)?,
        start_unix_nano: row.get(3)?,
        duration_ms: milliseconds(row.get(4)?),
        service: row.get(5)?,
        name: row.get(6)?,
        kind: row.get(7)?,
        operation: row.get(8)?,
        provider: row.get(9)?,
        model: row.get(10)?,
        response_model: row.get(11)?,
        conversation_id: row.get(12)?,
        finish_reasons: list(row, 13)?,
        error: row.get(14)?,
        time_to_first_chunk_ms: row.get::<_, Option<i64>>(15)?.map(milliseconds),
        usage_counted: row.get(16)?,
        input_tokens: row.get(17)?,
        output_tokens: row.get(18)?,
        tokens_method: row.get(19)?,
        cost_usd: row.get::<_, Option<i64>>(20)?.map(dollars),
        pii: row.get(21)?,
        pii_types: list(row, 22)?,
        injection: row.get(23)?,
        injection_score: row.get(24)?,
        sampled: row.get(25)?,
        prompt_sha256: row.get(26)?,
        user_id: row.get(27)?,
        dimensions: row.get(28)?,
        inputs: row.get(29)?,
    })
}
