//! SQLite files that only their owner reads, and that outlive their own damage: a corrupt one is set
//! aside, never overwritten.

use rusqlite::{Connection, Error, ErrorCode};
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How long a statement waits for another process to be done.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens the file at `path`, or makes it, and runs `schema` on it, which has to be repeatable.
pub fn connect(path: &Path, schema: &str) -> rusqlite::Result<Connection> {
    make_private(path);
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

/// Whether somebody has deleted the file or moved it away. What is written through a connection to it is lost.
pub fn is_gone(path: &Path) -> bool {
    matches!(path.try_exists(), Ok(false))
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

/// SQLite gives its journal the mode of the file. What goes wrong here goes wrong again in SQLite,
/// which says so.
fn make_private(path: &Path) {
    let _ = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_the_owner_may_read_the_file_and_its_journal() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.db");
        let connection = connect(&path, "PRAGMA journal_mode=WAL; CREATE TABLE t(x);").unwrap();
        for file in fs::read_dir(directory.path()).unwrap() {
            let file = file.unwrap();
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        }
        drop(connection);
    }

    #[test]
    fn a_directory_that_is_not_there_is_told_by_sqlite() {
        assert!(connect(Path::new("/nowhere/x.db"), "").is_err());
    }
}
