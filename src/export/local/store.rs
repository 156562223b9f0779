//! The file: rows in, once each, and the old ones out.

use super::row::{Embedded, Rows, Said, signed};
use crate::llm::Record;
use crate::sqlite;
use crate::units::Size;
use metrics::Counter;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tracing::error;

/// Writes LLM calls into one SQLite file. Calls block, for a commit to disk at most.
pub struct Store {
    path: PathBuf,
    keep: Duration,
    max_size: Size,
    open: Mutex<Open>,
    corrupt: Counter,
}

struct Open {
    connection: Connection,
    pruned: SystemTime,
}

/// The store's file, or the disk under it, failed. Nothing of the batch was kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store of calls failed")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the store of calls cannot be made or set aside")]
    Disk(#[from] io::Error),
}

/// Calls that are too old are looked for so often.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

/// How many calls are removed at a time while the file is too large, or a tenth if that is less.
const PRUNE_CALLS: u32 = 1000;

/// A batch is settled once it is here, so it has to be on disk: `synchronous=FULL`.
const SCHEMA: &str = "
    PRAGMA auto_vacuum=INCREMENTAL;
    PRAGMA journal_mode=WAL;
    PRAGMA journal_size_limit=8388608;
    PRAGMA synchronous=FULL;
    CREATE TABLE IF NOT EXISTS calls(
        trace_id BLOB NOT NULL,
        span_id BLOB NOT NULL,
        parent_span_id BLOB NOT NULL,
        stored INTEGER NOT NULL,          -- ns since 1970, as all times
        start INTEGER NOT NULL,
        duration_ns INTEGER NOT NULL,
        service TEXT NOT NULL,
        name TEXT NOT NULL,
        kind TEXT,
        operation TEXT,
        provider TEXT,
        model TEXT,
        response_model TEXT,
        conversation_id TEXT,
        finish_reasons TEXT NOT NULL,     -- joined by commas, as pii_types
        error INTEGER NOT NULL,
        ttft_ns INTEGER,
        usage_counted INTEGER NOT NULL,   -- sums of tokens and cost go over these calls only
        input_tokens INTEGER,
        output_tokens INTEGER,
        tokens_method TEXT,
        cost_pico_usd INTEGER,
        pii INTEGER NOT NULL,
        pii_types TEXT NOT NULL,
        injection INTEGER NOT NULL,
        injection_score REAL,
        sampled INTEGER NOT NULL,
        prompt_sha256 TEXT,
        PRIMARY KEY(trace_id, span_id)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS calls_by_start ON calls(start);
    CREATE INDEX IF NOT EXISTS calls_by_span ON calls(span_id);
    CREATE INDEX IF NOT EXISTS calls_by_stored ON calls(stored);
    CREATE TABLE IF NOT EXISTS texts(
        trace_id BLOB NOT NULL,
        span_id BLOB NOT NULL,
        side TEXT NOT NULL,               -- input, output
        source TEXT NOT NULL,             -- span, log: whichever came first
        at INTEGER NOT NULL,
        n INTEGER NOT NULL,
        digest BLOB NOT NULL,             -- keeps apart what two log records say at the same time
        role TEXT NOT NULL,
        stored INTEGER NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY(trace_id, span_id, side, source, at, n, digest)
    );
    CREATE INDEX IF NOT EXISTS texts_by_stored ON texts(stored);
    CREATE TABLE IF NOT EXISTS vectors(
        trace_id BLOB NOT NULL,
        span_id BLOB NOT NULL,
        n INTEGER NOT NULL,               -- which of the texts that the call embeds; 0 for a prompt
        at INTEGER NOT NULL,              -- as in texts: a later log record has the later turn
        stored INTEGER NOT NULL,
        model TEXT NOT NULL,              -- that made it
        vector BLOB NOT NULL,             -- 32-bit floats, little end first
        UNIQUE(trace_id, span_id, n)
    );
    CREATE INDEX IF NOT EXISTS vectors_by_stored ON vectors(stored);
";

/// Columns of `calls` that files of earlier versions lack.
const ADDED: &[(&str, &str)] = &[
    ("cost_input_pico_usd", "INTEGER"),
    ("cost_output_pico_usd", "INTEGER"),
    ("price_version", "TEXT"),
    ("pii_counts", "TEXT NOT NULL DEFAULT ''"), // joined by commas, in the order of pii_types
    ("pii_action", "TEXT"),
    ("injection_rules", "TEXT NOT NULL DEFAULT ''"), // joined by commas, as dialects
    ("dialects", "TEXT NOT NULL DEFAULT ''"),
    ("user_id", "TEXT"),
    ("dimensions", "INTEGER"), // of an embeddings call, as inputs: how many texts it embeds
    ("inputs", "INTEGER"),
];

impl Store {
    /// Opens the file, or makes it. One that SQLite cannot read is set aside as
    /// `….corrupt-<seconds since 1970>`, counted, and begun anew.
    pub fn open(path: &Path, keep: Duration, max_size: Size) -> Result<Store, StoreError> {
        make_folder(path)?;
        metrics::describe_counter!(
            "sidelight_local_corrupt_files_total",
            "Stores of calls set aside as unreadable"
        );
        let corrupt = metrics::counter!("sidelight_local_corrupt_files_total");
        let connection = match connect(path) {
            Err(error) if sqlite::is_corrupt(&error) => rebuild(path, &corrupt)?,
            other => other?,
        };
        let open = Mutex::new(Open { connection, pruned: SystemTime::UNIX_EPOCH });
        Ok(Store { path: path.to_path_buf(), keep, max_size, open, corrupt })
    }

    /// Keeps what is not there yet; what is stays as it is, so that a batch may come twice. It is on
    /// disk when this returns. A file that was deleted meanwhile is begun anew.
    pub fn write(&self, rows: &Rows, now: SystemTime) -> Result<(), StoreError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if sqlite::is_gone(&self.path) {
            error!("the store of calls is gone with what it held; beginning anew in the same place");
            make_folder(&self.path)?;
            open.connection = connect(&self.path)?;
        }
        match self.write_once(&mut open, rows, now) {
            Err(error) if sqlite::is_corrupt(&error) => {
                open.connection = rebuild(&self.path, &self.corrupt)?;
                Ok(self.write_once(&mut open, rows, now)?)
            }
            result => Ok(result?),
        }
    }

    fn write_once(&self, open: &mut Open, rows: &Rows, now: SystemTime) -> rusqlite::Result<()> {
        let stored = nanos(now);
        let transaction = open.connection.transaction()?;
        rows.calls.iter().try_for_each(|row| insert(&transaction, row, stored))?;
        rows.said.iter().try_for_each(|said| say(&transaction, said, stored))?;
        rows.vectors.iter().try_for_each(|vector| embed(&transaction, vector, stored))?;
        transaction.commit()?;
        let due = now.duration_since(open.pruned).map_or(true, |passed| passed >= PRUNE_EVERY);
        if due {
            open.pruned = now;
            remove_before(
                &mut open.connection,
                stored - i64::try_from(self.keep.as_nanos()).unwrap_or(i64::MAX),
            )?;
        }
        self.fit(&mut open.connection)
    }

    /// Removes the oldest calls until the file keeps to its size.
    fn fit(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        while used(connection)? > self.max_size.0 {
            let oldest =
                "SELECT max(stored) FROM (SELECT stored FROM calls UNION ALL SELECT stored FROM texts
                 UNION ALL SELECT stored FROM vectors ORDER BY stored
                 LIMIT min(?1, 1 + (SELECT count(*) FROM calls) / 10))";
            let Some(last) =
                connection.query_row(oldest, [PRUNE_CALLS], |row| row.get::<_, Option<i64>>(0))?
            else {
                break;
            };
            remove_before(connection, last + 1)?;
        }
        // What was freed goes back to the file system bit by bit, not in one long stop.
        let mut statement = connection.prepare_cached("PRAGMA incremental_vacuum(2000)")?;
        let mut freed = statement.query([])?;
        while freed.next()?.is_some() {}
        Ok(())
    }
}

fn insert(connection: &Connection, call: &Record, stored: i64) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO calls(trace_id, span_id, parent_span_id, stored, start, duration_ns, service, name, kind,
             operation, provider, model, response_model, conversation_id, finish_reasons, error, ttft_ns,
             usage_counted, input_tokens, output_tokens, tokens_method, cost_pico_usd, pii, pii_types, injection,
             injection_score, sampled, prompt_sha256, cost_input_pico_usd, cost_output_pico_usd, price_version,
             pii_counts, pii_action, injection_rules, dialects, user_id, dimensions, inputs)
         VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
             ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38)
         ON CONFLICT DO NOTHING",
    )?;
    let counts: Vec<String> = call.pii_counts.iter().map(i64::to_string).collect();
    statement.execute(params![
        call.otlp_trace_id,
        call.otlp_span_id,
        call.otlp_parent_span_id,
        stored,
        signed(call.start_time_unix_nano),
        signed(call.duration_nano),
        call.service_name,
        call.name,
        known(&call.kind),
        known(&call.operation),
        known(&call.provider),
        known(&call.request_model),
        known(&call.response_model),
        call.session_id,
        call.finish_reasons.join(","),
        call.status_code == STATUS_ERROR,
        call.time_to_first_chunk_nano,
        call.usage_counted,
        call.input_tokens,
        call.output_tokens,
        known(&call.tokens_method),
        call.cost_pico_usd,
        call.pii_detected,
        call.pii_types.join(","),
        call.injection_attempt,
        call.injection_score,
        call.is_sampled,
        call.prompt_hash,
        call.cost_input_pico_usd,
        call.cost_output_pico_usd,
        known(&call.cost_price_version),
        counts.join(","),
        known(&call.pii_action),
        call.injection_rules.join(","),
        call.dialects.join(","),
        call.user_id,
        call.dimensions,
        call.inputs,
    ])?;
    Ok(())
}

/// `STATUS_CODE_ERROR` of the trace schema.
const STATUS_ERROR: i32 = 2;

fn known(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn say(connection: &Connection, said: &Said, stored: i64) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO texts(trace_id, span_id, side, source, at, n, digest, role, stored, text)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
         WHERE NOT EXISTS (SELECT 1 FROM texts WHERE trace_id = ?1 AND span_id = ?2 AND side = ?3 AND source <> ?4)
         ON CONFLICT DO NOTHING",
    )?;
    let digest = &Sha256::digest(&said.text)[..8];
    statement.execute(params![
        said.id.trace,
        said.id.span,
        said.side,
        said.source,
        said.at,
        said.n,
        digest,
        said.role,
        stored,
        said.text,
    ])?;
    Ok(())
}

/// Of a conversation that log records tell turn by turn, the last turn's vector stays.
fn embed(connection: &Connection, of: &Embedded, stored: i64) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO vectors(trace_id, span_id, n, at, stored, model, vector) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT DO UPDATE SET at = excluded.at, model = excluded.model, vector = excluded.vector
         WHERE excluded.at > at",
    )?;
    statement.execute(params![of.id.trace, of.id.span, of.n, of.at, stored, of.model, of.vector])?;
    Ok(())
}

fn remove_before(connection: &mut Connection, stored: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM calls WHERE stored < ?1", [stored])?;
    transaction.execute("DELETE FROM texts WHERE stored < ?1", [stored])?;
    transaction.execute("DELETE FROM vectors WHERE stored < ?1", [stored])?;
    transaction.commit()
}

/// Bytes of the file that hold something.
fn used(connection: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT (page_count - freelist_count) * page_size
               FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()";
    let bytes: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(u64::try_from(bytes).unwrap_or(0))
}

/// The folder that the file lies in, for its owner alone where it has to be made.
fn make_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => fs::DirBuilder::new().recursive(true).mode(0o700).create(folder),
        None => Ok(()),
    }
}

fn rebuild(path: &Path, corrupt: &Counter) -> Result<Connection, StoreError> {
    let aside = sqlite::set_aside(path)?;
    corrupt.increment(1);
    error!(aside = %aside.display(), "the store of calls is corrupt and was set aside");
    Ok(connect(path)?)
}

/// Opens the file, or makes it, with every column there is.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = sqlite::connect(path, SCHEMA)?;
    for (name, of) in ADDED {
        let sql = "SELECT count(*) FROM pragma_table_info('calls') WHERE name = ?1";
        if connection.query_row(sql, [name], |row| row.get::<_, i64>(0))? == 0 {
            connection.execute_batch(&format!("ALTER TABLE calls ADD COLUMN {name} {of}"))?;
        }
    }
    Ok(connection)
}

/// Nanoseconds since 1970.
pub(super) fn nanos(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}
