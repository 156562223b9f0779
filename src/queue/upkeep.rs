//! What goes on beside the writing: the next segment, finished ones, cursors, and age.

use super::config::Durability;
use super::disk::{is_full, write_all};
use super::log::{Free, Log};
use super::segment::{FREE, UNFINISHED};
use super::shared::{Chores, Shared};
use std::io::{self, IoSlice};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tracing::{debug, warn};

/// [`Upkeep::run`] wants a thread of its own.
pub struct Upkeep {
    shared: Arc<Shared>,
    /// When cursors were last synced.
    synced: Option<Instant>,
    /// Keeps other processes out of the directory until the queue is finished.
    _lock: Box<dyn Send + Sync>,
}

/// How long a settled lease may be undone by a power failure.
const CURSOR_SYNC: Duration = Duration::from_millis(100);
/// How often age is looked at, by whole segments; a lane that leases looks at each record.
const AGE_CHECK: Duration = Duration::from_secs(10);
/// Zeros to one write; each is synced, so that commits never wait for more than that.
const PIECE: usize = 1 << 20;

impl Upkeep {
    pub(super) fn new(shared: Arc<Shared>, lock: Box<dyn Send + Sync>) -> Upkeep {
        Upkeep { shared, synced: None, _lock: lock }
    }

    /// Works until the queue is finished. Blocks.
    pub fn run(mut self) {
        while self.turn() {}
        self.shared.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Waits for something to do and does it. Whether there may be more.
    fn turn(&mut self) -> bool {
        let chores = self.wait();
        self.work(chores);
        !chores.finish
    }

    pub(super) fn work(&mut self, chores: Chores) {
        self.shared.restore();
        self.shared.log().expire(&self.shared.clock);
        self.write_cursors();
        if chores.cursors || chores.finish {
            self.sync_cursors();
        }
        self.shared.retire();
        if chores.prepare {
            self.prepare();
        }
    }

    /// Sleeps until there is a chore that may be done now, or age has to be looked at.
    fn wait(&mut self) -> Chores {
        let started = Instant::now();
        let mut chores = self.shared.chores();
        loop {
            let since_sync = self.synced.map_or(CURSOR_SYNC, |synced| synced.elapsed());
            let cursors = chores.cursors && since_sync >= CURSOR_SYNC;
            let left = AGE_CHECK.saturating_sub(started.elapsed());
            if chores.prepare || chores.retire || chores.finish || cursors || left.is_zero() {
                let now = Chores { cursors, ..*chores };
                *chores = Chores { cursors: chores.cursors && !cursors, ..Chores::default() };
                return now;
            }
            let until_sync = CURSOR_SYNC.saturating_sub(since_sync);
            let timeout = if chores.cursors { left.min(until_sync) } else { left };
            let waited = self.shared.chore.wait_timeout(chores, timeout);
            chores = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Writes the cursors that were moved by something else than a lane.
    fn write_cursors(&self) {
        let moved = |log: &Log| log.readers.iter().map(|reader| reader.unwritten).collect::<Vec<bool>>();
        let moved = moved(&self.shared.log());
        for lane in (0..moved.len()).filter(|lane| moved[*lane]) {
            self.shared.update(lane, |_| ());
        }
    }

    fn sync_cursors(&mut self) {
        self.synced = Some(Instant::now());
        let lanes = self.shared.log().readers.len();
        for lane in 0..lanes {
            if !std::mem::take(&mut self.shared.log().readers[lane].unsynced) {
                continue;
            }
            let cursor = self.shared.cursor(lane);
            let file = cursor.lock().unwrap_or_else(PoisonError::into_inner).file();
            if let Err(error) = file.sync_data() {
                self.shared.metrics.disk_errors.increment(1);
                warn!(%error, "cannot sync a lane's cursor");
            }
        }
    }

    /// Writes one free segment, if there is none and the queue's bound leaves room for it. Written
    /// blocks are synced without a journal commit, which makes commits about twice as fast.
    fn prepare(&self) {
        let size = self.shared.config.segment_size();
        let worth_it = self.shared.config.durability == Durability::Fsync;
        {
            let mut log = self.shared.log();
            let growing = log.segments.back().map_or(0, |last| size.saturating_sub(last.size));
            let room = log.size() + growing + size <= self.shared.config.max_size.0;
            if !worth_it || !room || !log.free.is_empty() {
                return;
            }
            log.moving += size;
        }
        let written = self.write_free(size);
        let mut log = self.shared.log();
        log.moving -= size;
        match written {
            Ok(free) => log.free.push(free),
            Err(error) if is_full(&error) => debug!("no room to write a segment ahead"),
            Err(error) => {
                self.shared.metrics.disk_errors.increment(1);
                warn!(%error, "cannot write a segment ahead");
            }
        }
    }

    fn write_free(&self, size: u64) -> io::Result<Free> {
        const STEM: &str = "ahead";
        let (unfinished, name) = (format!("{STEM}{UNFINISHED}"), format!("{STEM}{FREE}"));
        let disk = &self.shared.disk;
        let fill = || {
            let file = disk.create(&unfinished)?;
            let zeros = vec![0; PIECE];
            for at in (0..size).step_by(PIECE) {
                let len = (size - at).min(PIECE as u64) as usize;
                write_all(&*file, &mut [IoSlice::new(&zeros[..len])], at)?;
                file.sync_data()?;
            }
            disk.rename(&unfinished, &name)
        };
        if let Err(error) = fill() {
            // What is left of it is removed at the next open if not now.
            let _ = disk.remove(&unfinished);
            return Err(error);
        }
        Ok(Free { name, size })
    }
}
