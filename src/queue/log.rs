//! The state of the queue: segments, lanes, and what is young. One lock is around all of it.

use super::clock::Clock;
use super::config::WhenFull;
use super::format::record_len;
use super::ledger::Ledger;
use super::reader::{Piece, Position, Reader};
use super::scan::Entry;
use super::segment::{self, Segment};
use super::tally::Tally;
use super::window::Window;
use super::young::Young;
use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

/// A file that can be taken into use as a segment.
#[derive(Clone, Debug)]
pub struct Free {
    pub name: String,
    pub size: u64,
}

pub struct Log {
    /// By sequence; only the last one may not be sealed.
    pub segments: VecDeque<Segment>,
    pub free: Vec<Free>,
    /// Bytes of segments that are on their way to `free` or to removal.
    pub moving: u64,
    pub readers: Vec<Reader>,
    pub young: Young,
    /// Sequences that were found damaged.
    pub damaged: Window,
    /// Nothing more will be committed.
    pub closed: bool,
}

/// What a lane does next.
pub enum Next {
    Lease(Piece),
    /// Read this from the disk and come back with it.
    Read(Segment, Position),
    Empty,
}

impl Log {
    /// Bytes on disk.
    pub fn size(&self) -> u64 {
        let segments: u64 = self.segments.iter().map(|segment| segment.size).sum();
        let free: u64 = self.free.iter().map(|free| free.size).sum();
        segments + free + self.moving
    }

    /// Whether every lane that refuses has room for `bytes` more; those that drop their oldest have done so.
    ///
    /// What such a lane has leased cannot be dropped and stays beyond its limit: a peer that is down would else
    /// keep records from all others.
    pub fn admit(&mut self, bytes: u64) -> bool {
        let full =
            |reader: &&mut Reader| !reader.gone && reader.waiting_bytes() + bytes > reader.limits.max_size;
        if self.readers.iter_mut().filter(full).any(|reader| reader.limits.when_full == WhenFull::Refuse) {
            return false;
        }
        for reader in self.readers.iter_mut().filter(full) {
            for segment in &self.segments {
                if reader.waiting_bytes() + bytes <= reader.limits.max_size {
                    break;
                }
                if reader.has_unread(segment) {
                    reader.drop_oldest(segment);
                }
            }
        }
        true
    }

    /// The largest payload that fits into every lane that refuses, once it is empty.
    pub fn largest_record(&self) -> u64 {
        let refuses = |reader: &&Reader| !reader.gone && reader.limits.when_full == WhenFull::Refuse;
        let limits = self.readers.iter().filter(refuses).map(|reader| reader.limits.max_size);
        limits.min().unwrap_or(u64::MAX).saturating_sub(record_len(0))
    }

    /// Drops the oldest finished segment that all lanes which need it are willing to drop. Whether
    /// there was one.
    pub fn make_room(&mut self) -> bool {
        let sealed = self.segments.iter().filter(|segment| segment.sealed);
        let yielding = |segment: &&Segment| {
            let mut needing = self.readers.iter().filter(|reader| reader.needs(segment)).peekable();
            needing.peek().is_some() && needing.all(|reader| reader.yields(segment))
        };
        let Some(last) = sealed.clone().find(yielding).map(|segment| segment.first) else {
            return false;
        };
        for reader in &mut self.readers {
            for segment in self.segments.iter().take_while(|segment| segment.first <= last) {
                if reader.limits.when_full == WhenFull::DropOldest && reader.has_unread(segment) {
                    reader.drop_oldest(segment);
                }
            }
        }
        true
    }

    /// Adds committed records to the last segment, which must be the one they were written to.
    pub fn commit(&mut self, entries: &[Entry]) {
        let segment = self.segments.back_mut().expect("a segment was opened before it was written to");
        let mut tally = Tally::default();
        for entry in entries {
            segment.add(entry);
            tally += segment::tally(entry);
            self.young.push(entry.clone());
        }
        let segment = segment.clone();
        self.readers.iter_mut().for_each(|reader| reader.accept(&segment, tally));
    }

    /// Takes out the finished segments that no lane needs.
    pub fn take_finished(&mut self) -> Vec<Segment> {
        let (mut finished, mut kept) = (Vec::new(), VecDeque::new());
        for segment in std::mem::take(&mut self.segments) {
            if !segment.sealed || self.readers.iter().any(|reader| reader.needs(&segment)) {
                kept.push_back(segment);
                continue;
            }
            self.readers.iter_mut().for_each(|reader| reader.forget(&segment));
            self.moving += segment.size;
            finished.push(segment);
        }
        self.segments = kept;
        finished
    }

    /// Whether [`Log::take_finished`] would find something.
    pub fn has_finished(&self) -> bool {
        let needed = |segment: &Segment| self.readers.iter().any(|reader| reader.needs(segment));
        self.segments.iter().any(|segment| segment.sealed && !needed(segment))
    }

    /// Whether the segment that is being written has records, none of which a lane needs.
    pub fn is_spent(&self) -> bool {
        let needed = |segment: &Segment| self.readers.iter().any(|reader| reader.needs(segment));
        let spent = |last: &Segment| !last.sealed && !last.is_empty() && !needed(last);
        self.segments.back().is_some_and(spent)
    }

    /// What lane `index` gets to lease, up to `max_bytes` of payload.
    pub fn next(&mut self, index: usize, max_bytes: u64, clock: &Clock) -> Next {
        let reader = &mut self.readers[index];
        if let Some(piece) = reader.take_returned(max_bytes, clock) {
            return Next::Lease(piece);
        }
        while let Some(segment) = unread(&self.segments, reader) {
            if reader.position.segment != segment.first {
                reader.enter(segment);
            }
            if reader.expire(segment, clock) {
                continue;
            }
            let mut young = self.young.from(reader.position.sequence);
            let Some(first) = young.next() else {
                return Next::Read(segment.clone(), reader.position);
            };
            let here =
                std::iter::once(first).chain(young).take_while(|entry| entry.stored.sequence < segment.end);
            let piece = reader.take(segment, here, max_bytes, clock);
            reader.book_damage(segment);
            if let Some(piece) = reader.hold(piece) {
                self.forget_young();
                return Next::Lease(piece);
            }
        }
        Next::Empty
    }

    /// Hands lane `index` what was read for it from `from` on. `end`: where the segment ended when it was
    /// read, if the reading went so far. `None`: the lane has moved meanwhile, or all of it was
    /// expired or damaged.
    pub fn take_read(
        &mut self,
        index: usize,
        from: Position,
        read: &[Entry],
        end: Option<(u64, u64)>,
        max_bytes: u64,
        clock: &Clock,
    ) -> Option<Piece> {
        let reader = &mut self.readers[index];
        let segment = self.segments.iter().find(|segment| segment.first == from.segment)?;
        if reader.position != from {
            return None;
        }
        let mut piece = reader.take(segment, read.iter(), max_bytes, clock);
        let all = read.last().is_none_or(|last| last.stored.sequence < reader.position.sequence);
        if let Some((offset, sequence)) = end.filter(|_| all) {
            reader.skip_to(offset, sequence, &mut piece);
        }
        reader.book_damage(segment);
        reader.hold(piece)
    }

    /// Counts sequences as damaged; gives how many were not known to be.
    pub fn note_damage(&mut self, ranges: &[(u64, u64)]) -> u64 {
        ranges.iter().map(|(first, end)| self.damaged.complete(*first, *end)).sum()
    }

    /// Drops what is over age and not leased, by whole segments.
    pub fn expire(&mut self, clock: &Clock) {
        for reader in &mut self.readers {
            while let Some(segment) = unread(&self.segments, reader) {
                if !reader.expire(segment, clock) {
                    break;
                }
            }
        }
    }

    pub fn ledger(&self, index: usize, clock: &Clock) -> Ledger {
        let reader = &self.readers[index];
        reader.ledger(self.head(reader), clock)
    }

    /// Age of the oldest record that some lane is not done with.
    pub fn oldest(&self, clock: &Clock) -> Option<Duration> {
        (0..self.readers.len()).filter_map(|index| self.ledger(index, clock).oldest).max()
    }

    fn head(&self, reader: &Reader) -> Option<SystemTime> {
        let young = self.young.from(reader.position.sequence).next();
        let segment = unread(&self.segments, reader)?;
        let at_start = segment.first >= reader.position.sequence;
        young.map(|entry| entry.stored.enqueued).or(at_start.then_some(segment.oldest))
    }

    fn forget_young(&mut self) {
        let read = self.readers.iter().map(|reader| reader.position.sequence).min();
        self.young.forget_below(read.unwrap_or(u64::MAX));
    }
}

/// The segment that a lane reads next.
fn unread<'a>(segments: &'a VecDeque<Segment>, reader: &Reader) -> Option<&'a Segment> {
    let index = segments.partition_point(|segment| !reader.has_unread(segment));
    segments.get(index)
}
