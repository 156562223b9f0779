//! SQLite files that outlive their own damage: a corrupt one is set aside, never overwritten.

use rusqlite::{Connection, Error, ErrorCode};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How long a statement waits for another process to be done.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens the file at `path`, or makes it, and runs `schema` on it, which has to be repeatable.
pub fn connect(path: &Path, schema: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.execute_batch(schema)?;
    Ok(connection)
}

/// Whether `error` says that the file itself is broken, or is no SQLite file at all.
pub fn is_corrupt(error: &Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Renames the file to `….corrupt-<seconds since 1970>` and gives that name. Its journal goes: it
/// belongs to no other file.
pub fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let seconds = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
    let aside = beside(path, &format!(".corrupt-{seconds}"));
    fs::rename(path, &aside)?;
    for suffix in ["-wal", "-shm"] {
        match fs::remove_file(beside(path, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
