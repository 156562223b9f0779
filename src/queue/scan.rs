//! Walking the records of a segment, past what is damaged.

use super::Stored;
use super::disk::{File, read_full};
use super::format::{RECORD_HEADER, RECORD_MAGIC, RecordHeader};
use bytes::Bytes;
use std::io;

/// A good record and where it stands.
#[derive(Clone, Debug)]
pub struct Entry {
    pub stored: Stored,
    pub offset: u64,
    /// Bytes on disk, header included.
    pub len: u64,
}

/// A walk over the records from one point of a segment to another.
pub struct Scan<'a> {
    file: &'a dyn File,
    salt: u64,
    /// Where the next record stands, and its sequence, if nothing is damaged.
    offset: u64,
    sequence: u64,
    /// Both exclusive.
    end_offset: u64,
    end_sequence: u64,
    /// How much is read at a time.
    window: u64,
    /// Bytes of the file from `loaded_at` on.
    loaded: Bytes,
    loaded_at: u64,
    damaged: Vec<(u64, u64)>,
}

/// What to walk: a segment's salt, where to begin, and where to end (both ends exclusive).
#[derive(Clone, Copy, Debug)]
pub struct Range {
    pub salt: u64,
    pub offset: u64,
    pub sequence: u64,
    pub end_offset: u64,
    pub end_sequence: u64,
}

impl<'a> Scan<'a> {
    /// Reads `window` bytes at a time, or a whole record where that is larger.
    pub fn new(file: &'a dyn File, range: Range, window: u64) -> Scan<'a> {
        let Range { salt, offset, sequence, end_offset, end_sequence } = range;
        let (loaded, loaded_at) = (Bytes::new(), offset);
        let window = window.max(RECORD_HEADER as u64);
        Scan {
            file,
            salt,
            offset,
            sequence,
            end_offset,
            end_sequence,
            window,
            loaded,
            loaded_at,
            damaged: Vec::new(),
        }
    }

    /// Where the walk stands: one past the last good record's last byte.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// One past the last good record's sequence.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Sequences that were passed over: first and end (exclusive).
    pub fn damaged(&self) -> &[(u64, u64)] {
        &self.damaged
    }

    /// The next good record. `None`: there is none before the end of the range.
    pub fn advance(&mut self) -> io::Result<Option<Entry>> {
        if self.sequence >= self.end_sequence {
            return Ok(None);
        }
        let found = match self.record_at(self.offset)? {
            Some(entry) if entry.stored.sequence == self.sequence => Some(entry),
            _ => self.resume()?,
        };
        if let Some(entry) = &found {
            if self.sequence < entry.stored.sequence {
                self.damaged.push((self.sequence, entry.stored.sequence));
            }
            self.offset = entry.offset + entry.len;
            self.sequence = entry.stored.sequence + 1;
        }
        Ok(found)
    }

    /// Whether the next record was begun where the walk has ended, and is not whole.
    pub fn is_torn(&mut self) -> io::Result<bool> {
        let header = RecordHeader::read(&self.load(self.offset, RECORD_HEADER as u64)?);
        Ok(header.is_some_and(|header| header.sequence == self.sequence))
    }

    /// Looks behind damage for the next good record. Its sequence must be later than the one that
    /// was due, by no more records than would fit in between.
    fn resume(&mut self) -> io::Result<Option<Entry>> {
        let mut at = self.offset + 1;
        while at + RECORD_HEADER as u64 <= self.end_offset {
            let loaded = self.load(at, RECORD_HEADER as u64)?;
            if loaded.len() < RECORD_HEADER {
                break;
            }
            let Some(skip) = find(&loaded, RECORD_MAGIC[0]) else {
                at += loaded.len() as u64;
                continue;
            };
            at += skip as u64;
            let between = (at - self.offset) / RECORD_HEADER as u64;
            let due = self.sequence + 1..=self.sequence.saturating_add(between);
            let header = self.load(at, RECORD_HEADER as u64)?;
            let plausible = RecordHeader::read(&header)
                .is_some_and(|it| due.contains(&it.sequence) && it.sequence < self.end_sequence);
            if plausible && let Some(entry) = self.record_at(at)? {
                return Ok(Some(entry));
            }
            at += 1;
        }
        Ok(None)
    }

    /// The record at `offset`, if a good one stands there.
    fn record_at(&mut self, offset: u64) -> io::Result<Option<Entry>> {
        let Some(header) = RecordHeader::read(&self.load(offset, RECORD_HEADER as u64)?) else {
            return Ok(None);
        };
        let len = header.len();
        if len > self.end_offset.saturating_sub(offset) {
            return Ok(None);
        }
        let bytes = self.load(offset, len)?;
        if (bytes.len() as u64) < len {
            return Ok(None);
        }
        let record = bytes.slice(..len as usize);
        let good = header.verify(&record, self.salt);
        Ok(good.then(|| Entry { stored: header.take(&record), offset, len }))
    }

    /// What is loaded from `at` on: at least `least` bytes, unless the range or the file ends before.
    fn load(&mut self, at: u64, least: u64) -> io::Result<Bytes> {
        let have = self.loaded_at..self.loaded_at + self.loaded.len() as u64;
        let wanted = at.saturating_add(least).min(self.end_offset);
        if !have.contains(&at) || have.end < wanted {
            let len = self.window.max(least).min(self.end_offset.saturating_sub(at));
            let mut bytes = vec![0; usize::try_from(len).map_err(|_| io::ErrorKind::FileTooLarge)?];
            let read = read_full(self.file, &mut bytes, at)?;
            bytes.truncate(read);
            (self.loaded, self.loaded_at) = (bytes.into(), at);
        }
        Ok(self.loaded.slice((at - self.loaded_at) as usize..))
    }
}

/// Where `byte` first stands. Steps in blocks, because `contains` on bytes is far quicker than `position`.
fn find(bytes: &[u8], byte: u8) -> Option<usize> {
    let block = bytes.chunks(256).position(|block| block.contains(&byte))?;
    let inside = bytes[block * 256..].iter().position(|other| *other == byte)?;
    Some(block * 256 + inside)
}
