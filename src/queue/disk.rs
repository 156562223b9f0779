//! All that the queue asks of a disk. A test lays faults under it.

use std::fs::{self, OpenOptions, TryLockError};
use std::io::{self, IoSlice, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One directory. Names are plain file names.
pub trait Disk: Send + Sync {
    /// Makes the directory if need be, and keeps every other process out until the guard is dropped.
    fn lock(&self) -> io::Result<Box<dyn Send + Sync>>;
    /// Opens a file that exists, to read and write.
    fn open(&self, name: &str) -> io::Result<Arc<dyn File>>;
    /// Makes an empty file; one that exists is emptied.
    fn create(&self, name: &str) -> io::Result<Arc<dyn File>>;
    /// An existing `to` is replaced.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Names and lengths, in no order.
    fn list(&self) -> io::Result<Vec<(String, u64)>>;
    /// Makes names last: what was created, renamed or removed.
    fn sync_dir(&self) -> io::Result<()>;
    /// Whether the directory that was locked is no longer where it was: deleted, or moved away. What it held
    /// may still be written to, and is lost with the last open file.
    fn is_gone(&self) -> bool;
}

/// One open file. It stays readable after it was renamed or removed.
pub trait File: Send + Sync {
    /// As `pread`: fewer bytes than asked for only at the end of the file.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize>;
    /// As `pwritev`: may write less than all of it.
    fn write_at(&self, from: &[IoSlice<'_>], offset: u64) -> io::Result<usize>;
    /// As `fdatasync`.
    fn sync_data(&self) -> io::Result<()>;
    fn size(&self) -> io::Result<u64>;
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Whether it has no name any more.
    fn is_deleted(&self) -> io::Result<bool>;
}

/// Slices to one call, the least that POSIX systems allow in practice (`IOV_MAX`).
const MOST_SLICES: usize = 1024;

/// Writes all of `slices` from `offset` on, in as few calls as it takes.
pub fn write_all(file: &dyn File, mut slices: &mut [IoSlice<'_>], mut offset: u64) -> io::Result<()> {
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        let most = slices.len().min(MOST_SLICES);
        match file.write_at(&slices[..most], offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                offset += written as u64;
                IoSlice::advance_slices(&mut slices, written);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Fills `into` from `offset` on, as far as the file goes.
pub fn read_full(file: &dyn File, into: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < into.len() {
        match file.read_at(&mut into[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Whether the disk or a quota has no room.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// A directory of the file system.
pub struct Directory {
    path: PathBuf,
    /// Device and inode of the lock that we hold.
    locked: Mutex<Option<(u64, u64)>>,
}

impl Directory {
    pub fn new(path: impl Into<PathBuf>) -> Directory {
        Directory { path: path.into(), locked: Mutex::default() }
    }

    fn locked(&self) -> MutexGuard<'_, Option<(u64, u64)>> {
        self.locked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const LOCK: &str = "lock";

impl Disk for Directory {
    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        make_private(&self.path)?;
        let path = self.path.join(LOCK);
        let mut file = private().read(true).write(true).create(true).truncate(false).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(&path)),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        let metadata = file.metadata()?;
        *self.locked() = Some((metadata.dev(), metadata.ino()));
        Ok(Box::new(file))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let file = OpenOptions::new().read(true).write(true).open(self.path.join(name))?;
        Ok(Arc::new(file))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let mut options = private();
        options.read(true).write(true).create(true).truncate(true);
        Ok(Arc::new(options.open(self.path.join(name))?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if let Ok(name) = entry.file_name().into_string() {
                names.push((name, entry.metadata()?.len()));
            }
        }
        Ok(names)
    }

    fn sync_dir(&self) -> io::Result<()> {
        fs::File::open(&self.path)?.sync_all()
    }

    fn is_gone(&self) -> bool {
        let Some(locked) = *self.locked() else { return false };
        match fs::metadata(self.path.join(LOCK)) {
            Ok(found) => (found.dev(), found.ino()) != locked,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }
}

/// Makes a directory that nobody but its owner can look into; one that exists is left as it is.
pub fn make_private(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// New files are for their owner alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// Tells who holds the lock, as far as they have told us.
fn held(path: &Path) -> io::Error {
    let text = fs::read_to_string(path).unwrap_or_default();
    let by = match text.trim().parse::<u32>() {
        Ok(pid) => format!("process {pid}"),
        Err(_) => "another process".to_string(),
    };
    io::Error::new(io::ErrorKind::ResourceBusy, format!("the queue's directory is in use by {by}"))
}

impl File for fs::File {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, into, offset)
    }

    fn write_at(&self, from: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        Ok(rustix::io::pwritev(self, from, offset)?)
    }

    fn sync_data(&self) -> io::Result<()> {
        fs::File::sync_data(self)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        fs::File::set_len(self, len)
    }

    fn is_deleted(&self) -> io::Result<bool> {
        Ok(self.metadata()?.nlink() == 0)
    }
}
