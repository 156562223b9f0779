//! Counting records, items and bytes, apart by kind.

use std::ops::{AddAssign, Index, IndexMut, SubAssign};

/// How many kinds are counted apart: 1 to 3, and at 0 whatever else comes.
pub const KINDS: usize = 4;

/// So much of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    pub records: u64,
    pub items: u64,
    /// As on disk, record headers included.
    pub bytes: u64,
}

/// An [`Amount`] for each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally([Amount; KINDS]);

/// Where a kind is counted.
pub fn slot(kind: u8) -> usize {
    let kind = usize::from(kind);
    if kind < KINDS { kind } else { 0 }
}

impl Tally {
    /// One record.
    pub fn record(kind: u8, items: u32, bytes: u64) -> Tally {
        let mut tally = Tally::default();
        tally.0[slot(kind)] = Amount { records: 1, items: u64::from(items), bytes };
        tally
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|amount| amount.records == 0)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Amount> {
        self.0.iter()
    }
}

impl Index<usize> for Tally {
    type Output = Amount;

    fn index(&self, slot: usize) -> &Amount {
        &self.0[slot]
    }
}

impl IndexMut<usize> for Tally {
    fn index_mut(&mut self, slot: usize) -> &mut Amount {
        &mut self.0[slot]
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Amount) {
        self.records += other.records;
        self.items += other.items;
        self.bytes += other.bytes;
    }
}

/// What was never added cannot be taken away; a seal that lied must not bring the queue down.
impl SubAssign for Amount {
    fn sub_assign(&mut self, other: Amount) {
        self.records = self.records.saturating_sub(other.records);
        self.items = self.items.saturating_sub(other.items);
        self.bytes = self.bytes.saturating_sub(other.bytes);
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine += theirs);
    }
}

impl SubAssign for Tally {
    fn sub_assign(&mut self, other: Tally) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine -= theirs);
    }
}
