//! What can be done to a queue that no agent runs on.

use super::cursor::{self, Cursor};
use super::disk::{Directory, Disk};
use super::inspect::{self, LaneInfo};
use super::tally::Amount;
use super::window::Window;
use std::io;
use std::path::{Path, PathBuf};

/// A queue's directory that no other process uses for as long as this lives.
pub struct Stopped {
    pub(super) path: PathBuf,
    pub(super) disk: Directory,
    _lock: Box<dyn Send + Sync>,
}

impl Stopped {
    /// Errors: there is no queue, or it is in use (`ResourceBusy`; the message names the process).
    pub fn open(path: &Path) -> io::Result<Stopped> {
        if !path.is_dir() {
            let text = format!("there is no queue at {}", path.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        let disk = Directory::new(path);
        let lock = disk.lock()?;
        Ok(Stopped { path: path.to_path_buf(), disk, _lock: lock })
    }

    /// Has `lane` send again what is still on disk from sequence `from` on; how much now waits for it.
    pub fn rewind(&self, lane: &str, from: u64) -> io::Result<Amount> {
        let found = self.lane(lane)?;
        self.write(lane, &Window::new(from.min(found.low)))?;
        Ok(self.lane(lane)?.waiting)
    }

    /// Gives up what waits for `lane` below sequence `to`, or all of it; how much that was.
    pub fn skip(&self, lane: &str, to: Option<u64>) -> io::Result<Amount> {
        let found = self.lane(lane)?;
        let end = inspect::segments(&self.path)?.into_iter().filter_map(|segment| segment.content);
        let end = end.map(|content| content.end).max().unwrap_or(0);
        let to = to.unwrap_or(end).min(end);
        let mut window = Window::new(found.low.max(to));
        found.done.iter().for_each(|(first, end)| _ = window.complete(*first, *end));
        self.write(lane, &window)?;
        let mut given_up = found.waiting;
        given_up -= self.lane(lane)?.waiting;
        Ok(given_up)
    }

    fn lane(&self, name: &str) -> io::Result<LaneInfo> {
        let found = inspect::lanes(&self.path)?.into_iter().find(|lane| lane.name == name);
        found.ok_or_else(|| {
            let text = format!("no exporter named {name} has ever read this queue");
            io::Error::new(io::ErrorKind::InvalidInput, text)
        })
    }

    pub(super) fn write(&self, lane: &str, window: &Window) -> io::Result<()> {
        let (mut cursor, _) = Cursor::open(&self.disk, lane)?;
        cursor.write(window)?;
        cursor.file().sync_data()
    }

    pub(super) fn remove_cursor(&self, lane: &str) -> io::Result<()> {
        self.disk.remove(&cursor::file_name(lane))
    }
}
