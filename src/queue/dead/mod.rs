//! Dead letters: what a peer will never take, kept for a person to look at. A SQLite file.

mod rows;

use super::Metrics;
use super::clock::Clock;
use super::config::Dead;
use super::disk::make_private;
use crate::sqlite;
use bytes::Bytes;
use rusqlite::{Connection, OpenFlags};
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
    bounds: Dead,
    clock: Clock,
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

/// Which letters are meant: those that fit all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Empty: whatever their id.
    pub ids: Vec<i64>,
    pub exporter: Option<String>,
    pub reason: Option<String>,
}

impl Count {
    fn add(&mut self, items: u64, bytes: u64) {
        self.letters += 1;
        self.items += items;
        self.bytes += bytes;
    }
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
    CREATE TABLE IF NOT EXISTS replay(id INTEGER PRIMARY KEY);
    CREATE TRIGGER IF NOT EXISTS done AFTER DELETE ON letters
        BEGIN DELETE FROM replay WHERE id = OLD.id; END;
";

impl DeadLetters {
    /// Opens `dead.db` in the queue's directory, and makes both if need be. Past `bounds` the oldest letters
    /// are dropped, counted and logged. A file that SQLite cannot read is set aside
    /// as `dead.db.corrupt-<seconds since 1970>`, counted, and begun anew.
    pub fn open(directory: &Path, bounds: Dead, metrics: Metrics) -> Result<DeadLetters, DeadError> {
        make_private(directory)?;
        let path = directory.join(FILE);
        let connection = match sqlite::connect(&path, SCHEMA) {
            Err(error) if sqlite::is_corrupt(&error) => rebuild(&path, &metrics)?,
            other => other?,
        };
        Ok(DeadLetters::on(Some(path), connection, bounds, metrics))
    }

    /// As [`DeadLetters::open`] for `durability: memory`.
    pub fn in_memory(bounds: Dead, metrics: Metrics) -> Result<DeadLetters, DeadError> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(SCHEMA)?;
        Ok(DeadLetters::on(None, connection, bounds, metrics))
    }

    fn on(path: Option<PathBuf>, connection: Connection, bounds: Dead, metrics: Metrics) -> DeadLetters {
        DeadLetters { path, connection: Mutex::new(connection), bounds, clock: Clock::start(), metrics }
    }

    /// Sets a letter aside and gives its id. It is on disk when this returns. It is kept whatever its size;
    /// older ones make room.
    pub fn push(&self, letter: &Letter) -> Result<i64, DeadError> {
        self.run(|connection| {
            let transaction = connection.transaction()?;
            let id = rows::insert(&transaction, letter)?;
            let dropped = rows::trim(&transaction, id, self.bounds.max_size.0)?;
            transaction.commit()?;
            self.dropped(dropped, "dropped the oldest dead letters to make room");
            Ok(id)
        })
    }

    /// Drops letters that are past `queue.dead.max_age`. To be called now and then.
    pub fn expire(&self) -> Result<(), DeadError> {
        let Some(before) = self.clock.now().checked_sub(self.bounds.max_age) else {
            return Ok(());
        };
        let dropped = self.run(|connection| rows::expire(connection, before))?;
        self.dropped(dropped, "dropped dead letters that were past their age");
        Ok(())
    }

    fn dropped(&self, dropped: Count, why: &'static str) {
        if dropped.letters > 0 {
            self.metrics.dead_discarded.increment(dropped.items);
            warn!(letters = dropped.letters, items = dropped.items, "{why}");
        }
    }

    /// Marks the chosen letters of `exporters` to be given to them again, which outlasts a crash; how much
    /// was not marked before. A lane takes them by [`DeadLetters::marked`].
    pub fn mark(&self, chosen: &Chosen, exporters: &[&str]) -> Result<Count, DeadError> {
        self.run(|connection| {
            let transaction = connection.transaction()?;
            let count = rows::mark(&transaction, chosen, exporters)?;
            transaction.commit()?;
            Ok(count)
        })
    }

    /// The first letter after `after` that `exporter` is to be given again, with its id.
    pub fn marked(&self, exporter: &str, after: i64) -> Result<Option<(i64, Letter)>, DeadError> {
        self.run(|connection| rows::marked(connection, exporter, after))
    }

    /// Removes the chosen letters for good; how much that was.
    pub fn discard(&self, chosen: &Chosen) -> Result<Count, DeadError> {
        self.run(|connection| {
            let transaction = connection.transaction()?;
            let count = rows::discard(&transaction, chosen)?;
            transaction.commit()?;
            Ok(count)
        })
    }

    /// Letters by rising id, from after `after` on: of one exporter, or of all.
    pub fn list(&self, exporter: Option<&str>, after: i64, limit: usize) -> Result<Vec<Summary>, DeadError> {
        self.run(|connection| rows::list(connection, exporter, after, limit))
    }

    pub fn get(&self, id: i64) -> Result<Option<Letter>, DeadError> {
        self.run(|connection| rows::get(connection, id))
    }

    /// How much there is of one exporter, or of all.
    pub fn count(&self, exporter: Option<&str>) -> Result<Count, DeadError> {
        self.run(|connection| rows::count(connection, exporter))
    }

    /// Removes a letter; whether there was one.
    pub fn remove(&self, id: i64) -> Result<bool, DeadError> {
        self.run(|connection| rows::remove(connection, id))
    }

    /// Runs `work`, on a new file if the old one is gone, and a second time if it turns out to be corrupt.
    fn run<T>(&self, mut work: impl FnMut(&mut Connection) -> rusqlite::Result<T>) -> Result<T, DeadError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = self.path.as_deref().filter(|path| sqlite::is_gone(path)) {
            error!("the dead letters are gone; beginning anew in the same place");
            path.parent().map_or(Ok(()), make_private)?;
            *connection = sqlite::connect(path, SCHEMA)?;
        }
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
        Ok(rows::list(&self.connection, exporter, after, limit)?)
    }

    /// As [`DeadLetters::get`].
    pub fn get(&self, id: i64) -> Result<Option<Letter>, DeadError> {
        Ok(rows::get(&self.connection, id)?)
    }

    /// As [`DeadLetters::count`].
    pub fn count(&self, exporter: Option<&str>) -> Result<Count, DeadError> {
        Ok(rows::count(&self.connection, exporter)?)
    }
}

fn rebuild(path: &Path, metrics: &Metrics) -> Result<Connection, DeadError> {
    let aside = sqlite::set_aside(path)?;
    metrics.corrupt.increment(1);
    error!(aside = %aside.display(), "the dead letters' file is corrupt and was set aside");
    Ok(sqlite::connect(path, SCHEMA)?)
}
