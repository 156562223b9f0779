//! What became of every item, per lane and kind.

use super::tally::{Amount, KINDS, slot};
use super::{Outcome, Settled};
use std::collections::BTreeMap;
use std::time::Duration;

/// One lane at one moment.
///
/// Invariant: in each line accepted + recovered + replayed = sent + dropped + dead + waiting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    lines: [Line; KINDS],
    /// Age of the oldest record that is not yet done with. An upper bound, exact to a record where
    /// the lane has got behind by more than memory holds.
    pub oldest: Option<Duration>,
}

/// Items of one kind since the queue was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub accepted: u64,
    /// Waited on disk when the queue was opened, or when the lane was added.
    pub recovered: u64,
    /// Taken back out of the dead letters.
    pub replayed: u64,
    pub sent: u64,
    /// By reason.
    pub dropped: BTreeMap<&'static str, u64>,
    /// By reason.
    pub dead: BTreeMap<&'static str, u64>,
    /// Summed from the records that wait, those of open leases included.
    pub waiting: Amount,
}

impl Ledger {
    /// The line of `kind`.
    pub fn line(&self, kind: u8) -> &Line {
        &self.lines[slot(kind)]
    }

    /// Everything that waits.
    pub fn waiting(&self) -> Amount {
        let mut total = Amount::default();
        self.lines.iter().for_each(|line| total += line.waiting);
        total
    }

    /// Whether the invariant holds.
    pub fn closes(&self) -> bool {
        self.lines.iter().all(Line::closes)
    }

    pub(super) fn new(lines: &[Line; KINDS], oldest: Option<Duration>) -> Ledger {
        Ledger { lines: lines.clone(), oldest }
    }
}

impl Line {
    fn closes(&self) -> bool {
        let came = self.accepted + self.recovered + self.replayed;
        let dropped: u64 = self.dropped.values().sum();
        let dead: u64 = self.dead.values().sum();
        came == self.sent + dropped + dead + self.waiting.items
    }

    pub(super) fn settle(&mut self, outcome: Outcome, items: u64) {
        match outcome {
            _ if items == 0 => {}
            Outcome::Sent => self.sent += items,
            Outcome::Dropped(reason) => *self.dropped.entry(reason).or_default() += items,
            Outcome::Dead(reason) => *self.dead.entry(reason).or_default() += items,
        }
    }
}

/// Books `settled` against the `items` of one kind that a lease held, so that the line still closes
/// if the two differ: what is too much is left out, what is missing is dropped as `unaccounted`.
/// Whether they agreed.
pub(super) fn book(line: &mut Line, kind: usize, items: u64, settled: &[Settled]) -> bool {
    let mut left = items;
    let mut too_much = false;
    for entry in settled.iter().filter(|entry| slot(entry.kind) == kind) {
        let taken = entry.items.min(left);
        too_much |= taken < entry.items;
        left -= taken;
        line.settle(entry.outcome, taken);
    }
    line.settle(Outcome::Dropped("unaccounted"), left);
    left == 0 && !too_much
}
