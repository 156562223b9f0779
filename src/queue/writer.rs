//! The end of the log: where records are written, and which file that is.

use super::config::Durability;
use super::disk::{File, is_full, write_all};
use super::format::{BLOCK, Header, RECORD_HEADER, SEAL_AT, put_record, record_len};
use super::log::Free;
use super::refusal::Refusal;
use super::scan::Entry;
use super::segment::{self, Segment};
use super::shared::{Push, Shared};
use super::{PushError, Stored};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;
use tracing::error;

/// Owns the end of the log.
pub struct Writer {
    shared: Arc<Shared>,
    active: Option<Active>,
    /// The next record's.
    sequence: u64,
    /// Whether the disk was full when something was last written.
    disk_full: bool,
    headers: Vec<u8>,
}

/// The segment that is being written: the last of the log, not sealed.
struct Active {
    file: Arc<dyn File>,
    first: u64,
    salt: u64,
    offset: u64,
}

impl Writer {
    /// Goes on with `sequence`, in the log's last segment if that is not sealed. It is synced first, so
    /// that no lane sends what a power failure could still take back.
    pub fn resume(shared: Arc<Shared>, sequence: u64) -> io::Result<Writer> {
        let last = shared.log().segments.back().cloned();
        let active = match last.filter(|last| !last.sealed) {
            Some(last) => {
                let file = shared.open(&last)?;
                file.sync_data()?;
                Some(Active { file, first: last.first, salt: last.salt, offset: last.offset })
            }
            None => None,
        };
        Ok(Writer { shared, active, sequence, disk_full: false, headers: Vec::new() })
    }

    /// How many records at the front of `group` go to one segment: at least one.
    pub fn fitting(&self, group: &[Push]) -> usize {
        let lens = || group.iter().map(|push| record_len(push.record.payload.len()));
        let first = lens().next().unwrap_or_default();
        let mut offset = match &self.active {
            Some(active) if self.fits(active, first) => active.offset,
            _ => BLOCK,
        };
        let size = self.shared.config.segment_size();
        let fits = |len: &u64| {
            offset += len;
            offset <= size
        };
        lens().take_while(fits).count().max(1)
    }

    /// Why a group found no room.
    pub fn refusal(&self) -> Refusal {
        if self.disk_full { Refusal::Disk } else { Refusal::Queue }
    }

    fn fits(&self, active: &Active, len: u64) -> bool {
        active.offset + len <= self.shared.config.segment_size()
    }

    /// Makes the group durable and part of the log. A failed disk costs a second try in a new segment, a
    /// full one a further try for as long as there is room to take back.
    pub fn write(&mut self, group: &[Push]) -> Result<(), PushError> {
        let len = group.iter().map(|push| record_len(push.record.payload.len())).sum();
        let now = self.shared.clock.now();
        let mut failed = false;
        loop {
            match self.try_write(group, len, now) {
                Ok(()) => {
                    self.written(group, now);
                    self.shared.failing.store(false, Ordering::Relaxed);
                    return Ok(());
                }
                Err(Failure::Full) if self.reclaim() => {}
                Err(Failure::Full) => return Err(PushError::Full),
                Err(Failure::Disk(error)) if failed => {
                    if !self.shared.failing.swap(true, Ordering::Relaxed) {
                        error!(%error, "the queue's disk fails: senders are told to come back until it is mended");
                    }
                    return Err(PushError::Disk(error));
                }
                Err(Failure::Disk(_)) => {
                    self.shared.restore();
                    failed = true;
                }
            }
        }
    }

    fn try_write(&mut self, group: &[Push], len: u64, now: SystemTime) -> Result<(), Failure> {
        let shared = self.shared.clone();
        let durable = shared.config.durability == Durability::Fsync;
        let first = record_len(group[0].record.payload.len());
        let active = match self.active.take() {
            Some(active) if self.fits(&active, first) => active,
            full => self.roll(full, len)?,
        };
        self.headers.clear();
        for (sequence, push) in (self.sequence..).zip(group) {
            put_record(active.salt, sequence, now, &push.record, &mut self.headers);
        }
        let headers = self.headers.chunks_exact(RECORD_HEADER);
        let mut slices: Vec<IoSlice<'_>> = headers
            .zip(group)
            .flat_map(|(header, push)| [IoSlice::new(header), IoSlice::new(&push.record.payload)])
            .collect();
        let written = write_all(&*active.file, &mut slices, active.offset)
            .and_then(|()| if durable { active.file.sync_data() } else { Ok(()) })
            .and_then(|()| if active.file.is_deleted()? { Err(deleted()) } else { Ok(()) });
        match written {
            Ok(()) => {
                self.active = Some(active);
                Ok(())
            }
            Err(error) => {
                if is_full(&error) {
                    self.cut(active);
                } else {
                    self.abandon(active, &error);
                }
                Err(self.failure(error))
            }
        }
    }

    /// The group is on disk: now lanes may see it.
    fn written(&mut self, group: &[Push], enqueued: SystemTime) {
        let active = self.active.as_mut().expect("it was just written to");
        let mut entries = Vec::with_capacity(group.len());
        for Push { record, .. } in group {
            let len = record_len(record.payload.len());
            let stored = Stored { sequence: self.sequence, enqueued, record: record.clone() };
            entries.push(Entry { stored, offset: active.offset, len });
            active.offset += len;
            self.sequence += 1;
        }
        let prepare = {
            let mut log = self.shared.log();
            log.commit(&entries);
            log.free.is_empty() && active.offset > self.shared.config.segment_size() / 2
        };
        if prepare {
            self.shared.ask(|chores| chores.prepare = true);
        }
        self.shared.arrived.notify_waiters();
        self.disk_full = false;
    }

    /// Ends `full`, if there is one, and opens a segment with room for `len` bytes of records.
    fn roll(&mut self, full: Option<Active>, len: u64) -> Result<Active, Failure> {
        if let Some(full) = full {
            self.end(&full);
        }
        let usual = self.shared.config.segment_size();
        let size = usual.max(BLOCK + len);
        self.shared.retire();
        let free = self.make_room(size)?;
        let header = Header {
            first: self.sequence,
            salt: RandomState::new().hash_one(self.sequence),
            created: self.shared.clock.now(),
        };
        let opened = self.open(&header, free.as_ref());
        let mut log = self.shared.log();
        log.moving -= size;
        match opened {
            Ok(file) => {
                let size = free.map_or(0, |free| free.size);
                log.segments.push_back(Segment::new(&header, size));
                Ok(Active { file, first: header.first, salt: header.salt, offset: BLOCK })
            }
            Err(error) => {
                drop(log);
                // It goes by one of these names; what stays behind is unused, and found at the next open.
                let names = [Some(segment::name(header.first)), free.map(|free| free.name)];
                names.iter().flatten().for_each(|name| drop(self.shared.disk.remove(name)));
                Err(self.failure(error))
            }
        }
    }

    /// A free file for a segment of `size` bytes, or leave to make one, within the queue's bound. The
    /// bytes count as moving from then on.
    fn make_room(&self, size: u64) -> Result<Option<Free>, Failure> {
        let (usual, most) = (self.shared.config.segment_size(), self.shared.config.max_size.0);
        loop {
            let mut log = self.shared.log();
            // A recycled file may be smaller than the segment will be.
            let growth = log.free.last().map_or(0, |free| usual.saturating_sub(free.size));
            if size <= usual
                && log.size() + growth <= most
                && let Some(free) = log.free.pop()
            {
                log.moving += size;
                return Ok(Some(free));
            }
            if log.size() + size <= most {
                log.moving += size;
                return Ok(None);
            }
            if let Some(free) = log.free.pop() {
                drop(log);
                // A file that stays behind is found and counted at the next open.
                let _ = self.shared.disk.remove(&free.name);
                continue;
            }
            let dropped = log.make_room();
            drop(log);
            if !dropped {
                return Err(Failure::Full);
            }
            self.shared.retire();
        }
    }

    /// Takes a file into use. It lasts only when it is synced, and so is its name.
    fn open(&self, header: &Header, free: Option<&Free>) -> io::Result<Arc<dyn File>> {
        let (disk, name) = (&self.shared.disk, segment::name(header.first));
        let file = match free {
            Some(free) => {
                disk.rename(&free.name, &name)?;
                disk.open(&name)?
            }
            None => disk.create(&name)?,
        };
        write_all(&*file, &mut [IoSlice::new(&header.block())], 0)?;
        if self.shared.config.durability == Durability::Fsync {
            file.sync_data()?;
            disk.sync_dir()?;
        }
        Ok(file)
    }

    /// Ends a segment. One without records goes altogether: the next has its name, and may need more room.
    fn end(&self, active: &Active) {
        let mut log = self.shared.log();
        if !log.segments.back().is_some_and(Segment::is_empty) {
            drop(log);
            return self.seal(active);
        }
        log.segments.pop_back();
        drop(log);
        // The next segment replaces it if it is still there.
        let _ = self.shared.disk.remove(&segment::name(active.first));
    }

    /// The seal only saves time at the next open, so it may fail.
    fn seal(&self, active: &Active) {
        // What a failed write left behind takes room too.
        let size = active.file.size().unwrap_or_default();
        let seal = {
            let mut log = self.shared.log();
            let segment = log.segments.back_mut().expect("the active segment is in the log");
            segment.size = segment.size.max(size);
            segment.sealed = true;
            segment.seal()
        };
        let area = seal.area(active.salt);
        for at in SEAL_AT {
            if write_all(&*active.file, &mut [IoSlice::new(&area)], at as u64).is_err() {
                self.shared.metrics.disk_errors.increment(1);
            }
        }
    }

    /// Takes back what a full disk let us write of a group.
    fn cut(&mut self, active: Active) {
        let recycled = active.file.size().is_ok_and(|len| len >= self.shared.config.segment_size());
        if !recycled && active.file.set_len(active.offset).is_err() {
            self.shared.metrics.disk_errors.increment(1);
        }
        self.active = Some(active);
    }

    /// Gives the disk back what no lane needs, when it is full. Whether there was anything.
    fn reclaim(&mut self) -> bool {
        if self.shared.log().is_spent()
            && let Some(active) = self.active.take()
        {
            self.seal(&active);
            return true;
        }
        self.shared.give_back()
    }

    /// Never touches a segment again that could not be written or synced: its pages may be gone from
    /// memory without being on disk. What was synced before stays part of the log.
    fn abandon(&mut self, active: Active, cause: &io::Error) {
        error!(error = %cause, segment = active.first, "the queue's disk failed; going on in a new segment");
        self.end(&active);
    }

    fn failure(&mut self, error: io::Error) -> Failure {
        if !is_full(&error) {
            self.shared.metrics.disk_errors.increment(1);
            return Failure::Disk(error);
        }
        self.disk_full = true;
        Failure::Full
    }
}

/// What is written to a file without a name is gone with the process.
fn deleted() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the segment was deleted")
}

enum Failure {
    Full,
    Disk(io::Error),
}
