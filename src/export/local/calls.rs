//! The store as its readers see it: the calls that pass a filter, and their sums.

use super::store::{StoreError, nanos};
use rusqlite::{Connection, OpenFlags, Row, params};
use serde::Serialize;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Reads the file, whether an agent writes to it or not. Never writes.
pub struct Calls {
    connection: Connection,
}

/// Which calls.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The model that was asked for or that answered, in whole.
    pub model: Option<String>,
    /// Only calls with personal data in them.
    pub pii: bool,
    pub since: Option<SystemTime>,
}

/// One call, or one step around calls.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
}

/// Sums over all calls of a filter. Tokens and cost are of those whose usage counts, each once.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    /// `input` or `output`.
    pub side: String,
    pub role: String,
    pub text: String,
}

const PASSES: &str = "(?1 IS NULL OR model = ?1 OR response_model = ?1) AND (NOT ?2 OR pii) AND start >= ?3";

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

    /// The latest calls that pass `filter`, newest first.
    pub fn list(&self, filter: &Filter, limit: usize) -> Result<Vec<Call>, StoreError> {
        let sql = format!(
            "SELECT lower(hex(trace_id)), lower(hex(span_id)), lower(hex(parent_span_id)), start, duration_ns,
                 service, name, kind, operation, provider, model, response_model, conversation_id, finish_reasons,
                 error, ttft_ns, usage_counted, input_tokens, output_tokens, tokens_method, cost_pico_usd, pii,
                 pii_types, injection, injection_score, sampled, prompt_sha256
             FROM calls WHERE {PASSES} ORDER BY start DESC, span_id LIMIT ?4"
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map(params![filter.model, filter.pii, since(filter), limit], call)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub fn totals(&self, filter: &Filter) -> Result<Totals, StoreError> {
        let sql = format!(
            "SELECT count(*), total(input_tokens * usage_counted), total(output_tokens * usage_counted),
                 coalesce(sum(cost_pico_usd * usage_counted), 0), total(error), total(pii), total(injection)
             FROM calls WHERE {PASSES}"
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
        Ok(self.connection.query_row(&sql, params![filter.model, filter.pii, since(filter)], totals)?)
    }

    /// What was said in the call of `span_id`, given as hex, input first and in order.
    pub fn said(&self, trace_id: &str, span_id: &str) -> Result<Vec<Said>, StoreError> {
        let sql =
            "SELECT side, role, text FROM texts WHERE hex(trace_id) = upper(?1) AND hex(span_id) = upper(?2)
                   ORDER BY side, at, n";
        let mut statement = self.connection.prepare(sql)?;
        let said = |row: &Row<'_>| Ok(Said { side: row.get(0)?, role: row.get(1)?, text: row.get(2)? });
        let rows = statement.query_map([trace_id, span_id], said)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn since(filter: &Filter) -> i64 {
    filter.since.map_or(0, nanos)
}

fn call(row: &Row<'_>) -> rusqlite::Result<Call> {
    let list = |index| {
        let text: String = row.get(index)?;
        Ok::<_, rusqlite::Error>(
            text.split(',').filter(|word| !word.is_empty()).map(str::to_string).collect(),
        )
    };
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
        finish_reasons: list(13)?,
        error: row.get(14)?,
        time_to_first_chunk_ms: row.get::<_, Option<i64>>(15)?.map(milliseconds),
        usage_counted: row.get(16)?,
        input_tokens: row.get(17)?,
        output_tokens: row.get(18)?,
        tokens_method: row.get(19)?,
        cost_usd: row.get::<_, Option<i64>>(20)?.map(|pico| pico as f64 / 1e12),
        pii: row.get(21)?,
        pii_types: list(22)?,
        injection: row.get(23)?,
        injection_score: row.get(24)?,
        sampled: row.get(25)?,
        prompt_sha256: row.get(26)?,
    })
}
