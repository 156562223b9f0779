//! One segment as the queue knows it in memory.

use super::format::{BLOCK, Header, Seal};
use super::scan::{Entry, Range};
use super::tally::Tally;
use std::time::SystemTime;

/// A segment that some lane may still have to read, or the one that is being written.
#[derive(Clone, Debug)]
pub struct Segment {
    pub first: u64,
    /// One past the last committed record's sequence.
    pub end: u64,
    pub salt: u64,
    /// One past the last committed record's last byte.
    pub offset: u64,
    /// Bytes that the file takes.
    pub size: u64,
    /// Enqueue times; both of creation while there is no record.
    pub oldest: SystemTime,
    pub newest: SystemTime,
    pub tally: Tally,
    /// Nothing more is written to it.
    pub sealed: bool,
}

impl Segment {
    /// Just taken into use, in a file of `size` bytes.
    pub fn new(header: &Header, size: u64) -> Segment {
        Segment {
            first: header.first,
            end: header.first,
            salt: header.salt,
            offset: BLOCK,
            size: size.max(BLOCK),
            oldest: header.created,
            newest: header.created,
            tally: Tally::default(),
            sealed: false,
        }
    }

    /// As its seal describes it.
    pub fn sealed(header: &Header, seal: &Seal, size: u64) -> Segment {
        Segment {
            end: seal.end,
            offset: seal.offset,
            oldest: seal.oldest,
            newest: seal.newest,
            tally: seal.tally,
            sealed: true,
            ..Segment::new(header, size)
        }
    }

    pub fn name(&self) -> String {
        name(self.first)
    }

    pub fn is_empty(&self) -> bool {
        self.end == self.first
    }

    /// Adds the next record, or one behind damage.
    pub fn add(&mut self, entry: &Entry) {
        let enqueued = entry.stored.enqueued;
        if self.tally.is_empty() {
            (self.oldest, self.newest) = (enqueued, enqueued);
        }
        self.oldest = self.oldest.min(enqueued);
        self.newest = self.newest.max(enqueued);
        self.end = entry.stored.sequence + 1;
        self.offset = entry.offset + entry.len;
        self.size = self.size.max(self.offset);
        self.tally += tally(entry);
    }

    pub fn seal(&self) -> Seal {
        let Segment { end, offset, oldest, newest, tally, .. } = *self;
        Seal { end, offset, oldest, newest, tally }
    }

    /// All of its records that are committed.
    pub fn range(&self) -> Range {
        Range {
            salt: self.salt,
            offset: BLOCK,
            sequence: self.first,
            end_offset: self.offset,
            end_sequence: self.end,
        }
    }
}

/// What one record counts.
pub fn tally(entry: &Entry) -> Tally {
    let record = &entry.stored.record;
    Tally::record(record.kind, record.items, entry.len)
}

const SUFFIX: &str = ".seg";
/// Segments to be taken into use.
pub const FREE: &str = ".free";
/// Free segments that are still being written.
pub const UNFINISHED: &str = ".tmp";
/// Segments that cannot be read at all.
pub const BAD: &str = ".bad";

/// Twenty digits, so that names sort as sequences do.
pub fn name(first: u64) -> String {
    format!("{first:020}{SUFFIX}")
}

/// The first sequence in a segment's name; `None` if it is no such name.
pub fn first_of(name: &str) -> Option<u64> {
    name.strip_suffix(SUFFIX)?.parse().ok()
}
