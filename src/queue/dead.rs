//! Dead letters: what a peer will never take, kept for a person to look at. A SQLite file.

use super::Metrics;
use super::disk::make_private;
use super::format::{nanos, time};
use crate::sqlite;
use bytes::Bytes;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tracing::{error, warn};

/// The file's name in the directory of the queue.
pub const FILE: &str = "dead.db";

/// The dead letters of all exporters. Calls block, for a commit to disk at most.
pub struct DeadLetters {
    /// `None`: kept in memory.
    path: Option<PathBuf>,
    connection: Mutex<Connection>,
    most: u64,
    metrics: Metrics,
}

/// A record that is set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub exporter: String,
    pub kind: u8,
    pub flags: u8,
    pub items: u64,
    /// The reason of the metric's label.
    pub reason: String,
    /// What the peer said. It may quote a prompt: the caller has made it safe and short.
    pub message: String,
    pub payload: Bytes,
    pub enqueued: SystemTime,
    pub died: SystemTime,
}

/// A letter as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub id: i64,
    pub exporter: String,
    pub kind: u8,
    pub items: u64,
    /// Of payload.
    pub bytes: u64,
    pub reason: String,
    pub message: String,
    pub enqueued: SystemTime,
    pub died: SystemTime,
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub letters: u64,
    pub items: u64,
    /// Of payload.
    pub bytes: u64,
}

/// A failure of SQLite or of the disk under it. Nothing was set aside.
#[derive(Debug, thiserror::Error)]
pub enum DeadError {
    #[error("the dead letters' file failed")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the dead letters' file cannot be set aside")]
    Disk(#[from] io::Error),
}

// A letter is committed before the lane's cursor moves, hence `synchronous=FULL`.
const SCHEMA: &str = "
    PRAGMA journal_mode=WAL;
    PRAGMA synchronous=FULL;
    CREATE TABLE IF NOT EXISTS letters(
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        exporter TEXT NOT NULL,
        kind INTEGER NOT NULL,
        flags INTEGER NOT NULL,
        items INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        reason TEXT NOT NULL,
        message TEXT NOT NULL,
        enqueued INTEGER NOT NULL,
        died INTEGER NOT NULL,
        payload BLOB NOT NULL
    );
    CREATE TABLE IF NOT EXISTS total(bytes INTEGER NOT NULL);
    INSERT INTO total SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM total);
    CREATE TRIGGER IF NOT EXISTS added AFTER INSERT ON letters
        BEGIN UPDATE total SET bytes = bytes + NEW.bytes; END;
    CREATE TRIGGER IF NOT EXISTS removed AFTER DELETE ON letters
        BEGIN UPDATE total SET bytes = bytes - OLD.bytes; END;
";

const SUMMARY: &str = "SELECT id, exporter, kind, items, bytes, reason, message, enqueued, died FROM letters";

impl DeadLetters {
    /// Opens `dead.db` in the queue's directory, and makes both if need be. `most` bounds the bytes of
    /// payload; past it the oldest letters are dropped. A file that SQLite cannot read is set aside
    /// as `dead.db.corrupt-<seconds since 1970>`, counted, and begun anew.
    pub fn open(directory: &Path, most: u64, metrics: Metrics) -> Result<DeadLetters, DeadError> {
        make_private(directory)?;
        let path = directory.join(FILE);
        let connection = match sqlite::connect(&path, SCHEMA) {
            Err(error) if sqlite::is_corrupt(&error) => rebuild(&path, &metrics)?,
            other => other?,
        };
        Ok(DeadLetters { path: Some(path), connection: Mutex::new(connection), most, metrics })
    }

    /// As [`DeadLetters::open`] for `durability: memory`.
    pub fn in_memory(most: u64, metrics: Metrics) -> Result<DeadLetters, DeadError> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(SCHEMA)?;
        Ok(DeadLetters { path: None, connection: Mutex::new(connection), most, metrics })
    }

    /// Sets a letter aside and gives its id. It is on disk when this returns. It is kept whatever its size;
    /// older ones make room.
    pub fn push(&self, letter: &Letter) -> Result<i64, DeadError> {
        self.run(|connection| {
            let transaction = connection.transaction()?;
            let id = insert(&transaction, letter)?;
            let dropped = trim(&transaction, id, self.most)?;
            transaction.commit()?;
            if dropped.letters > 0 {
                self.metrics.dead_discarded.increment(dropped.items);
                warn!(
                    letters = dropped.letters,
                    items = dropped.items,
                    "dropped the oldest dead letters to make room"
                );
            }
            Ok(id)
        })
    }

    /// Letters by rising id, from after `after` on: of one exporter, or of all.
    pub fn list(&self, exporter: Option<&str>, after: i64, limit: usize) -> Result<Vec<Summary>, DeadError> {
        self.run(|connection| list(connection, exporter, after, limit))
    }

    pub fn get(&self, id: i64) -> Result<Option<Letter>, DeadError> {
        self.run(|connection| get(connection, id))
    }

    /// How much there is of one exporter, or of all.
    pub fn count(&self, exporter: Option<&str>) -> Result<Count, DeadError> {
        self.run(|connection| count(connection, exporter))
    }

    /// Removes a letter; whether there was one.
    pub fn remove(&self, id: i64) -> Result<bool, DeadError> {
        self.run(|connection| Ok(connection.execute("DELETE FROM letters WHERE id=?1", [id])? > 0))
    }

    /// Runs `work`, a second time on a new file if the old one turns out to be corrupt.
    fn run<T>(&self, mut work: impl FnMut(&mut Connection) -> rusqlite::Result<T>) -> Result<T, DeadError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        match (work(&mut connection), &self.path) {
            (Err(error), Some(path)) if sqlite::is_corrupt(&error) => {
                *connection = rebuild(path, &self.metrics)?;
                Ok(work(&mut connection)?)
            }
            (result, _) => Ok(result?),
        }
    }
}

/// Dead letters as a second process sees them, whether an agent runs or not. Never writes.
pub struct Reading {
    connection: Connection,
}

impl Reading {
    /// `None`: there are none yet.
    pub fn open(directory: &Path) -> Result<Option<Reading>, DeadError> {
        let path = directory.join(FILE);
        if !path.try_exists()? {
            return Ok(None);
        }
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        Ok(Some(Reading { connection }))
    }

    /// As [`DeadLetters::list`].
    pub fn list(&self, exporter: Option<&str>, after: i64, limit: usize) -> Result<Vec<Summary>, DeadError> {
        Ok(list(&self.connection, exporter, after, limit)?)
    }

    /// As [`DeadLetters::get`].
    pub fn get(&self, id: i64) -> Result<Option<Letter>, DeadError> {
        Ok(get(&self.connection, id)?)
    }

    /// As [`DeadLetters::count`].
    pub fn count(&self, exporter: Option<&str>) -> Result<Count, DeadError> {
        Ok(count(&self.connection, exporter)?)
    }
}

fn rebuild(path: &Path, metrics: &Metrics) -> Result<Connection, DeadError> {
    let aside = sqlite::set_aside(path)?;
    metrics.corrupt.increment(1);
    error!(aside = %aside.display(), "the dead letters' file is corrupt and was set aside");
    Ok(sqlite::connect(path, SCHEMA)?)
}

fn insert(connection: &Connection, letter: &Letter) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO letters(exporter, kind, flags, items, bytes, reason, message, enqueued, died, payload)
         VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    statement.insert(params![
        letter.exporter,
        letter.kind,
        letter.flags,
        signed(letter.items),
        signed(letter.payload.len() as u64),
        letter.reason,
        letter.message,
        signed(nanos(letter.enqueued)),
        signed(nanos(letter.died)),
        &letter.payload[..],
    ])
}

/// Removes the oldest letters, but not `newest`, until there are at most `most` bytes.
fn trim(connection: &Connection, newest: i64, most: u64) -> rusqlite::Result<Count> {
    let mut dropped = Count::default();
    while connection.query_row("SELECT bytes FROM total", [], |row| row.get::<_, i64>(0))? > signed(most) {
        let removed = connection
            .query_row(
                "DELETE FROM letters WHERE id = (SELECT min(id) FROM letters WHERE id < ?1) RETURNING items, bytes",
                [newest],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
            )
            .optional()?;
        let Some((items, bytes)) = removed else { break };
        dropped.letters += 1;
        dropped.items += unsigned(items);
        dropped.bytes += unsigned(bytes);
    }
    Ok(dropped)
}

fn list(
    connection: &Connection,
    exporter: Option<&str>,
    after: i64,
    limit: usize,
) -> rusqlite::Result<Vec<Summary>> {
    let sql = format!("{SUMMARY} WHERE id > ?1 AND (?2 IS NULL OR exporter = ?2) ORDER BY id LIMIT ?3");
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![after, exporter, limit], summary)?;
    rows.collect()
}

fn get(connection: &Connection, id: i64) -> rusqlite::Result<Option<Letter>> {
    let sql = "SELECT exporter, kind, flags, items, reason, message, enqueued, died, payload
               FROM letters WHERE id = ?1";
    let letter = |row: &Row<'_>| {
        Ok(Letter {
            exporter: row.get(0)?,
            kind: row.get(1)?,
            flags: row.get(2)?,
            items: unsigned(row.get(3)?),
            reason: row.get(4)?,
            message: row.get(5)?,
            enqueued: time(unsigned(row.get(6)?)),
            died: time(unsigned(row.get(7)?)),
            payload: row.get::<_, Vec<u8>>(8)?.into(),
        })
    };
    connection.query_row(sql, [id], letter).optional()
}

fn count(connection: &Connection, exporter: Option<&str>) -> rusqlite::Result<Count> {
    let sql = "SELECT count(*), coalesce(sum(items), 0), coalesce(sum(bytes), 0)
               FROM letters WHERE ?1 IS NULL OR exporter = ?1";
    connection.query_row(sql, [exporter], |row| {
        Ok(Count {
            letters: unsigned(row.get(0)?),
            items: unsigned(row.get(1)?),
            bytes: unsigned(row.get(2)?),
        })
    })
}

fn summary(row: &Row<'_>) -> rusqlite::Result<Summary> {
    Ok(Summary {
        id: row.get(0)?,
        exporter: row.get(1)?,
        kind: row.get(2)?,
        items: unsigned(row.get(3)?),
        bytes: unsigned(row.get(4)?),
        reason: row.get(5)?,
        message: row.get(6)?,
        enqueued: time(unsigned(row.get(7)?)),
        died: time(unsigned(row.get(8)?)),
    })
}

/// SQLite's integers are signed; nothing that we store comes near the edge.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
