//! Which calls a reader of the store wants, as SQL.

use super::store::nanos;
use rusqlite::types::Value;
use std::time::{Duration, SystemTime};

/// Which calls. The default is all of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// The model that was asked for or that answered, in whole.
    pub model: Option<String>,
    pub service: Option<String>,
    pub provider: Option<String>,
    /// `chat`, `embeddings`, `tool`, …
    pub kind: Option<String>,
    pub conversation_id: Option<String>,
    /// Hex.
    pub trace_id: Option<String>,
    /// Calls with all of these.
    pub flags: Vec<Flag>,
    pub min_cost_usd: Option<f64>,
    pub max_cost_usd: Option<f64>,
    pub min_latency: Option<Duration>,
    pub max_latency: Option<Duration>,
    /// Calls that began then or later.
    pub since: Option<SystemTime>,
    /// Calls that began before.
    pub until: Option<SystemTime>,
}

/// Something that a call may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    Pii,
    Injection,
    Error,
    Sampled,
}

/// A condition with its values, in the order of its question marks.
pub(super) struct Condition {
    pub sql: String,
    pub values: Vec<Value>,
}

impl Flag {
    pub const ALL: [Flag; 4] = [Flag::Pii, Flag::Injection, Flag::Error, Flag::Sampled];

    /// What it is called, which is also its column.
    pub fn name(self) -> &'static str {
        match self {
            Flag::Pii => "pii",
            Flag::Injection => "injection",
            Flag::Error => "error",
            Flag::Sampled => "sampled",
        }
    }
}

impl Filter {
    pub(super) fn condition(&self) -> Condition {
        let mut condition = Condition { sql: "TRUE".to_string(), values: Vec::new() };
        condition.same("model = ? OR response_model = ?", &self.model);
        condition.same("service = ?", &self.service);
        condition.same("provider = ?", &self.provider);
        condition.same("kind = ?", &self.kind);
        condition.same("conversation_id = ?", &self.conversation_id);
        condition.same("trace_id = unhex(?)", &self.trace_id);
        for flag in &self.flags {
            condition.and(flag.name(), []);
        }
        let pico = |usd: f64| Value::Real(usd * 1e12);
        let span = |latency: Duration| Value::Integer(i64::try_from(latency.as_nanos()).unwrap_or(i64::MAX));
        let time = |time: SystemTime| Value::Integer(nanos(time));
        for (sql, bound) in [
            ("cost_pico_usd >= ?", self.min_cost_usd.map(pico)),
            ("cost_pico_usd <= ?", self.max_cost_usd.map(pico)),
            ("duration_ns >= ?", self.min_latency.map(span)),
            ("duration_ns <= ?", self.max_latency.map(span)),
            ("start >= ?", self.since.map(time)),
            ("start < ?", self.until.map(time)),
        ] {
            if let Some(bound) = bound {
                condition.and(sql, [bound]);
            }
        }
        condition
    }
}

impl Filter {
    /// The same for sums over everything that passes. The index by start leads to each row by a way of its own:
    /// of 100,000 calls it takes 0.5 s where a walk through the whole table takes 0.06 s.
    pub(super) fn whole(&self) -> Condition {
        let Condition { sql, values } = self.condition();
        // SQLite uses no index for a term with a plus before it.
        Condition { sql: sql.replace("(start ", "(+start "), values }
    }
}

impl Condition {
    pub fn and<const N: usize>(&mut self, sql: &str, values: [Value; N]) {
        self.sql = format!("{} AND ({sql})", self.sql);
        self.values.extend(values);
    }

    fn same(&mut self, sql: &str, text: &Option<String>) {
        if let Some(text) = text {
            self.and(sql, []);
            let places = sql.matches('?').count();
            self.values.extend(std::iter::repeat_n(Value::Text(text.clone()), places));
        }
    }
}
