//! Lanes that come and go while the queue is open.

use super::config::Overrides;
use super::cursor::{self, Cursor};
use super::lane::Lane;
use super::open::LaneSpec;
use super::reader::Reader;
use super::shared::{Queue, Shared};
use super::tally::Amount;
use super::window::Window;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tracing::warn;

/// Where a lane begins in a log without a segment: the first record that comes is its first.
const START: u64 = 1;

impl Queue {
    /// Opens a lane for one more exporter. It begins with the oldest record on disk; what waits there counts as
    /// recovered. One that was removed and comes back goes on with the ledger it had.
    ///
    /// Errors: there is such a lane, or its cursor cannot be made.
    pub fn add_lane(&self, spec: &LaneSpec) -> io::Result<Lane> {
        let shared = &self.shared;
        if self.lane_index(&spec.name).is_some() {
            let text = format!("there is a lane named {}", spec.name);
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
        }
        forget_cursor(shared, &spec.name)?;
        let (cursor, _) = Cursor::open(&*shared.disk, &spec.name)?;
        shared.disk.sync_dir()?;
        let cursor = Arc::new(Mutex::new(cursor));
        let name: Arc<str> = Arc::from(spec.name.as_str());
        let limits = shared.config.limits(&spec.overrides);
        let index = {
            let mut cursors = shared.cursors.write().unwrap_or_else(PoisonError::into_inner);
            let mut log = shared.log();
            let earlier = log.readers.iter().position(|reader| reader.name == name);
            let index = earlier.unwrap_or(log.readers.len());
            if earlier.is_none() {
                let now = shared.clock.now();
                log.readers.push(Reader::new(name.clone(), limits, Window::new(START), now));
                cursors.push(cursor);
            } else {
                cursors[index] = cursor;
            }
            let log = &mut *log;
            log.readers[index].begin(limits, Window::new(START), log.segments.iter());
            index
        };
        shared.update(index, |_| ());
        Ok(Lane::new(shared.clone(), index, name))
    }

    /// Ends the lane of an exporter that is no longer wanted; whoever leased from it has stopped. What waits for
    /// it counts as dropped, `removed`, and takes no more room. Whether there was such a lane.
    pub fn remove_lane(&self, name: &str) -> bool {
        let Some(index) = self.lane_index(name) else {
            return false;
        };
        let shared = &self.shared;
        let cursor = shared.cursor(index);
        let _held = cursor.lock().unwrap_or_else(PoisonError::into_inner);
        let Amount { records, items, .. } = shared.log().readers[index].retire();
        if records > 0 {
            warn!(lane = name, records, items, "a lane was removed, and what waited for it is dropped");
        }
        // A cursor that stays behind is found and removed at the next open.
        let _ = forget_cursor(shared, name);
        shared.ask(|chores| chores.retire = true);
        true
    }

    /// Gives the lane `name` other limits.
    pub fn limit_lane(&self, name: &str, overrides: &Overrides) {
        if let Some(index) = self.lane_index(name) {
            self.shared.log().readers[index].limits = self.shared.config.limits(overrides);
        }
    }

    fn lane_index(&self, name: &str) -> Option<usize> {
        self.shared.log().readers.iter().position(|reader| !reader.gone && &*reader.name == name)
    }
}

fn forget_cursor(shared: &Shared, name: &str) -> io::Result<()> {
    match shared.disk.remove(&cursor::file_name(name)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
