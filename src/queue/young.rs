//! What was pushed lately, kept in memory so that lanes which keep up never read the disk.

use super::scan::Entry;
use std::collections::VecDeque;

/// The newest records, at most so many bytes of them. Invariant: sequences are consecutive.
pub struct Young {
    entries: VecDeque<Entry>,
    bytes: u64,
    most: u64,
}

impl Young {
    /// Keeps records up to `most` bytes, headers included.
    pub fn new(most: u64) -> Young {
        Young { entries: VecDeque::new(), bytes: 0, most }
    }

    pub fn push(&mut self, entry: Entry) {
        let due = self.entries.back().map(|last| last.stored.sequence + 1);
        if due.is_some_and(|due| due != entry.stored.sequence) {
            self.forget_below(u64::MAX);
        }
        self.bytes += entry.len;
        self.entries.push_back(entry);
        while self.bytes > self.most {
            self.pop();
        }
    }

    /// Lets go of what no lane will ask for again.
    pub fn forget_below(&mut self, sequence: u64) {
        while self.entries.front().is_some_and(|entry| entry.stored.sequence < sequence) {
            self.pop();
        }
    }

    /// The records from `sequence` on; empty if that one is not here.
    pub fn from(&self, sequence: u64) -> impl Iterator<Item = &Entry> {
        let first = self.entries.front().map_or(u64::MAX, |entry| entry.stored.sequence);
        let skip = sequence.checked_sub(first).and_then(|skip| usize::try_from(skip).ok());
        let skip = skip.unwrap_or(usize::MAX).min(self.entries.len());
        self.entries.range(skip..)
    }

    fn pop(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.bytes -= entry.len;
        }
    }
}
