//! One exporter's way through the log: lease, then settle or give back.

use super::disk::File;
use super::log::Next;
use super::reader::{Piece, Position};
use super::scan::{Entry, Range, Scan};
use super::segment::Segment;
use super::shared::Shared;
use super::{Amount, Ledger, Outcome, Settled, Stored};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tracing::{error, warn};

/// Reads the log for one exporter. Cloning shares it.
#[derive(Clone)]
pub struct Lane {
    shared: Arc<Shared>,
    index: usize,
    name: Arc<str>,
}

/// Records that one lane has in hand, in the order they were pushed. Dropping it gives them back.
pub struct Lease {
    lane: Lane,
    /// `None` once settled.
    piece: Option<Piece>,
}

/// A dead letter that is on its way again. Dropping it leaves it dead.
pub struct Replay {
    lane: Lane,
    kind: u8,
    amount: Amount,
    settled: bool,
}

/// How often a read is tried before the rest of the segment counts as damaged.
const READ_TRIES: u32 = 4;

/// What was read for a lane.
struct Read {
    entries: Vec<Entry>,
    damaged: Vec<(u64, u64)>,
    /// Offset and sequence at which the segment ended, if reading came that far.
    end: Option<(u64, u64)>,
}

impl Lane {
    pub(super) fn new(shared: Arc<Shared>, index: usize, name: Arc<str>) -> Lane {
        Lane { shared, index, name }
    }

    /// The exporter's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The next records in order, of any kind: at least one, and no more than `max_bytes` of payload
    /// beyond that. Waits for some to arrive. `None`: the queue is closed and nothing is left.
    ///
    /// Several leases may be open at once and be settled in any order. It may be dropped half-way: what it
    /// has read is given back.
    pub async fn lease(&self, max_bytes: u64) -> Option<Lease> {
        let mut failures = 0;
        loop {
            let mut arrived = pin!(self.shared.arrived.notified());
            arrived.as_mut().enable();
            match self.next(max_bytes) {
                Next::Lease(piece) => return Some(self.hand_out(piece)),
                Next::Read(segment, from) => {
                    let lane = self.clone();
                    // If nobody waits for it any more, the lease gives back what was read.
                    let read = move || {
                        let read = lane.read(&segment, from, max_bytes, failures + 1 >= READ_TRIES)?;
                        Ok(read.map(|piece| lane.hand_out(piece)))
                    };
                    match tokio::task::spawn_blocking(read).await {
                        Ok(Ok(Some(lease))) => return Some(lease),
                        Ok(Ok(None)) => failures = 0,
                        Ok(Err(())) => {
                            failures += 1;
                            tokio::time::sleep(Duration::from_millis(100 << failures)).await;
                        }
                        // The runtime is going away, and this task with it.
                        Err(_) => return None,
                    }
                }
                Next::Empty if self.shared.log().closed => return None,
                Next::Empty => arrived.await,
            }
        }
    }

    /// Books what became of each item of the lease and moves the cursor, in one step.
    ///
    /// `settled` accounts for every item by kind; what it leaves out counts as dropped, `unaccounted`.
    pub fn settle(&self, mut lease: Lease, settled: Vec<Settled>) {
        let Some(piece) = lease.piece.take() else { return };
        let agreed = self.shared.update(self.index, |log| log.readers[self.index].settle(&piece, &settled));
        if !agreed {
            warn!(lane = %self.name, "what became of a lease does not add up to what was in it");
        }
    }

    /// Gives a lease back unsettled; it is the next to be leased again, or to wait on disk.
    pub fn release(&self, lease: Lease) {
        drop(lease);
    }

    /// Takes `items` of `kind` out of the dead letters and into the ledger, `bytes` of payload.
    pub fn replay(&self, kind: u8, items: u64, bytes: u64) -> Replay {
        let amount = Amount { records: 1, items, bytes };
        self.shared.log().readers[self.index].replay(kind, amount);
        Replay { lane: self.clone(), kind, amount, settled: false }
    }

    /// What became of every item so far.
    pub fn ledger(&self) -> Ledger {
        self.shared.log().ledger(self.index, &self.shared.clock)
    }

    /// Whether a record is past the lane's `max_age`. Those still in the log are dropped by it; one that
    /// is leased is its holder's to settle, as `Dropped("expired")`.
    pub fn is_expired(&self, stored: &Stored) -> bool {
        let age = self.shared.clock.age(stored.enqueued);
        age > self.shared.log().readers[self.index].limits.max_age
    }

    pub(super) fn hand_out(&self, piece: Piece) -> Lease {
        Lease { lane: self.clone(), piece: Some(piece) }
    }

    pub(super) fn next(&self, max_bytes: u64) -> Next {
        self.shared.update(self.index, |log| log.next(self.index, max_bytes, &self.shared.clock))
    }

    /// Reads on from `from` and takes what is found. `Err`: the disk failed, try again; `last` makes it
    /// count as damage instead. `None`: nothing came of it, ask the log again.
    pub(super) fn read(
        &self,
        segment: &Segment,
        from: Position,
        max_bytes: u64,
        last: bool,
    ) -> Result<Option<Piece>, ()> {
        let read = match self.shared.open(segment).and_then(|file| read(&*file, segment, from, max_bytes)) {
            Ok(read) => read,
            // It may have been recycled meanwhile, which is no failure.
            Err(_) if !self.is_at(from) => return Ok(None),
            Err(error) => return self.failed(segment, from, &error, last),
        };
        let (piece, damaged) = self.shared.update(self.index, |log| {
            let moved = log.readers[self.index].position != from;
            let damaged = if moved { 0 } else { log.note_damage(&read.damaged) };
            let clock = &self.shared.clock;
            (log.take_read(self.index, from, &read.entries, read.end, max_bytes, clock), damaged)
        });
        self.report_damage(segment, damaged);
        Ok(piece)
    }

    fn is_at(&self, position: Position) -> bool {
        self.shared.log().readers[self.index].position == position
    }

    fn failed(
        &self,
        segment: &Segment,
        from: Position,
        error: &io::Error,
        last: bool,
    ) -> Result<Option<Piece>, ()> {
        self.shared.metrics.disk_errors.increment(1);
        warn!(lane = %self.name, segment = segment.first, %error, "cannot read from the queue's disk");
        if !last {
            return Err(());
        }
        let damaged = self.shared.update(self.index, |log| {
            let reader = &mut log.readers[self.index];
            if reader.position != from {
                return 0;
            }
            reader.skip(segment);
            log.note_damage(&[(from.sequence, segment.end)])
        });
        self.report_damage(segment, damaged);
        Ok(None)
    }

    fn report_damage(&self, segment: &Segment, records: u64) {
        if records > 0 {
            self.shared.metrics.corrupt.increment(records);
            error!(segment = segment.first, records, "records of the queue are damaged and lost");
        }
    }
}

impl Lease {
    pub fn records(&self) -> &[Stored] {
        self.piece.as_ref().map_or(&[], |piece| &piece.records)
    }
}

impl Replay {
    /// Books what became of each item; what `settled` leaves out counts as dropped, `unaccounted`.
    pub fn settle(mut self, settled: &[Settled]) {
        if !self.book(settled) {
            warn!(lane = %self.lane.name, "what became of a dead letter does not add up to what was in it");
        }
    }

    fn book(&mut self, settled: &[Settled]) -> bool {
        self.settled = true;
        self.lane.shared.log().readers[self.lane.index].settle_replay(self.kind, self.amount, settled)
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        if !self.settled {
            let (kind, items) = (self.kind, self.amount.items);
            self.book(&[Settled { kind, outcome: Outcome::Dead("not_replayed"), items }]);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(piece) = self.piece.take() {
            let shared = &self.lane.shared;
            shared.log().readers[self.lane.index].give_back(piece);
            shared.arrived.notify_waiters();
        }
    }
}

/// Reads records from `from` on: up to `max_bytes`, and at least one if a good one follows.
fn read(file: &dyn File, segment: &Segment, from: Position, max_bytes: u64) -> io::Result<Read> {
    let range = Range { offset: from.offset, sequence: from.sequence, ..segment.range() };
    let mut scan = Scan::new(file, range, max_bytes.min(1 << 20));
    let (mut entries, mut bytes) = (Vec::new(), 0);
    let mut end = None;
    while bytes < max_bytes {
        let Some(entry) = scan.advance()? else {
            end = Some((segment.offset, segment.end));
            break;
        };
        bytes += entry.len;
        entries.push(entry);
    }
    let mut damaged = scan.damaged().to_vec();
    if end.is_some() && scan.sequence() < segment.end {
        damaged.push((scan.sequence(), segment.end));
    }
    Ok(Read { entries, damaged, end })
}
