//! What the log knows of one lane: how far it has read, what it holds, and its ledger.

use super::clock::Clock;
use super::config::{Limits, WhenFull};
use super::format::{BLOCK, record_len};
use super::ledger::{Ledger, Line, book};
use super::scan::Entry;
use super::segment::{self, Segment};
use super::tally::{Amount, KINDS, Tally, slot};
use super::window::Window;
use super::{Outcome, Settled, Stored};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

const EXPIRED: Outcome = Outcome::Dropped("expired");
const CORRUPT: Outcome = Outcome::Dropped("corrupt");
const QUEUE_FULL: Outcome = Outcome::Dropped("queue_full");
const REMOVED: Outcome = Outcome::Dropped("removed");

/// Invariant: every record that is on disk and not done with is counted in exactly one of `unread`,
/// an open lease, and `returned`; `lines[_].waiting` is the sum of all three.
pub struct Reader {
    pub name: Arc<str>,
    pub limits: Limits,
    pub window: Window,
    pub position: Position,
    /// What is still to be read of each segment, by the segment's first sequence.
    unread: BTreeMap<u64, Tally>,
    /// Open leases and returned pieces, by their first sequence.
    held: BTreeMap<u64, Held>,
    /// Pieces that were leased and given back, to be leased again before anything else.
    returned: BTreeMap<u64, Piece>,
    lines: [Line; KINDS],
    /// When the last record that was read had been enqueued: no later than any that is unread.
    last_read: SystemTime,
    /// The window has moved since the cursor was written.
    pub unwritten: bool,
    /// The cursor was written and not synced.
    pub unsynced: bool,
    /// The lane was removed: nothing is for it any more.
    pub gone: bool,
}

/// The next record to read. Where `segment` is not the one that `sequence` is in, it begins at that
/// one's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The first sequence of the segment.
    pub segment: u64,
    pub offset: u64,
    pub sequence: u64,
}

#[derive(Clone, Copy)]
struct Held {
    end: u64,
    oldest: SystemTime,
}

/// Records that were taken to be leased: `first` up to `end` (exclusive), without what was damaged,
/// expired or done with in between.
#[derive(Clone, Debug, Default)]
pub struct Piece {
    pub first: u64,
    pub end: u64,
    pub records: Vec<Stored>,
    pub tally: Tally,
}

impl Reader {
    pub fn new(name: Arc<str>, limits: Limits, window: Window, now: SystemTime) -> Reader {
        let position = Position { segment: 0, offset: 0, sequence: window.low() };
        Reader {
            name,
            limits,
            window,
            position,
            unread: BTreeMap::new(),
            held: BTreeMap::new(),
            returned: BTreeMap::new(),
            lines: Default::default(),
            last_read: now,
            unwritten: false,
            unsynced: false,
            gone: false,
        }
    }

    /// Counts records of `segment` that waited on disk.
    pub fn recover(&mut self, segment: &Segment, tally: Tally) {
        self.wait(segment.first, tally);
        for (line, amount) in self.lines.iter_mut().zip(tally.iter()) {
            line.recovered += amount.items;
        }
    }

    /// Begins anew, under the ledger so far, with everything that is in `segments`.
    pub fn begin<'a>(
        &mut self,
        limits: Limits,
        mut window: Window,
        segments: impl Iterator<Item = &'a Segment>,
    ) {
        let mut segments = segments.peekable();
        if let Some(oldest) = segments.peek() {
            window = Window::new(oldest.first);
            self.last_read = oldest.oldest;
            self.position = Position { segment: oldest.first, offset: BLOCK, sequence: oldest.first };
        } else {
            self.position = Position { segment: 0, offset: 0, sequence: window.low() };
        }
        (self.limits, self.window, self.gone, self.unwritten) = (limits, window, false, true);
        segments.for_each(|segment| self.recover(segment, segment.tally));
    }

    /// Gives up everything, and says how much that was: the lane is removed. What is leased is no longer anybody's.
    pub fn retire(&mut self) -> Amount {
        let mut given_up = Amount::default();
        for line in &mut self.lines {
            let waiting = std::mem::take(&mut line.waiting);
            given_up += waiting;
            line.settle(REMOVED, waiting.items);
        }
        (self.unread, self.held, self.returned) = Default::default();
        (self.gone, self.unwritten, self.unsynced) = (true, false, false);
        self.window = Window::new(u64::MAX);
        self.position.sequence = u64::MAX;
        given_up
    }

    /// Counts records that were committed to `segment`.
    pub fn accept(&mut self, segment: &Segment, tally: Tally) {
        if self.gone {
            return;
        }
        self.wait(segment.first, tally);
        for (line, amount) in self.lines.iter_mut().zip(tally.iter()) {
            line.accepted += amount.items;
        }
    }

    /// Counts items that never came to the log.
    pub fn leave_out(&mut self, kind: u8, items: u64, reason: &'static str) {
        let line = &mut self.lines[slot(kind)];
        line.accepted += items;
        line.settle(Outcome::Dropped(reason), items);
    }

    fn wait(&mut self, segment: u64, tally: Tally) {
        if !tally.is_empty() {
            *self.unread.entry(segment).or_default() += tally;
        }
        for (line, amount) in self.lines.iter_mut().zip(tally.iter()) {
            line.waiting += *amount;
        }
    }

    /// Bytes on disk that wait for this lane.
    pub fn waiting_bytes(&self) -> u64 {
        self.lines.iter().map(|line| line.waiting.bytes).sum()
    }

    /// Puts the position at the start of `segment`. Sequences that no segment has are done with; what
    /// is left of the segments before could not be read.
    pub fn enter(&mut self, segment: &Segment) {
        let sequence = self.position.sequence.max(segment.first);
        self.complete(self.position.sequence, sequence);
        self.position = Position { segment: segment.first, offset: BLOCK, sequence };
        while let Some(entry) = self.unread.first_entry().filter(|entry| *entry.key() < segment.first) {
            let tally = entry.remove();
            self.give_up(tally, CORRUPT);
        }
    }

    /// Reads on in `segment`: takes records up to `max_bytes` of payload, at least one if there is one.
    /// Those that are done with are passed over, those that are over age dropped.
    pub fn take<'a>(
        &mut self,
        segment: &Segment,
        entries: impl Iterator<Item = &'a Entry>,
        max_bytes: u64,
        clock: &Clock,
    ) -> Piece {
        let mut piece = Piece { first: self.position.sequence, ..Piece::default() };
        let mut bytes = 0;
        for entry in entries {
            let Entry { stored, offset, len } = entry;
            let known = self.window.contains(stored.sequence);
            let expired = !known && clock.age(stored.enqueued) > self.limits.max_age;
            let size = stored.record.payload.len() as u64;
            if !known && !expired {
                if !piece.records.is_empty() && bytes + size > max_bytes {
                    break;
                }
                bytes += size;
                piece.records.push(stored.clone());
                piece.tally += segment::tally(entry);
            }
            if !known && let Some(unread) = self.unread.get_mut(&segment.first) {
                *unread -= segment::tally(entry);
            }
            if expired {
                self.give_up(segment::tally(entry), EXPIRED);
                self.complete(stored.sequence, stored.sequence + 1);
            }
            self.last_read = stored.enqueued;
            self.position =
                Position { segment: segment.first, offset: offset + len, sequence: stored.sequence + 1 };
        }
        piece.end = self.position.sequence;
        piece
    }

    /// Passes over what could not be read up to the given point of the segment.
    pub fn skip_to(&mut self, offset: u64, sequence: u64, piece: &mut Piece) {
        self.position.offset = offset;
        self.position.sequence = sequence;
        piece.end = sequence;
    }

    /// Holds `piece` until it is settled or given back. `None`: there is nothing in it to settle.
    pub fn hold(&mut self, piece: Piece) -> Option<Piece> {
        let Some(oldest) = piece.records.iter().map(|stored| stored.enqueued).min() else {
            self.complete(piece.first, piece.end);
            return None;
        };
        self.held.insert(piece.first, Held { end: piece.end, oldest });
        Some(piece)
    }

    /// Takes a piece that was given back, its records up to `max_bytes` of payload, at least one.
    pub fn take_returned(&mut self, max_bytes: u64, clock: &Clock) -> Option<Piece> {
        loop {
            let (first, mut piece) = self.returned.pop_first()?;
            self.held.remove(&first);
            self.expire_piece(&mut piece, clock);
            if let Some(rest) = piece.split(max_bytes)
                && let Some(rest) = self.hold(rest)
            {
                self.returned.insert(rest.first, rest);
            }
            if let Some(piece) = self.hold(piece) {
                return Some(piece);
            }
        }
    }

    fn expire_piece(&mut self, piece: &mut Piece, clock: &Clock) {
        let (max_age, before) = (self.limits.max_age, piece.tally);
        piece.records.retain(|stored| clock.age(stored.enqueued) <= max_age);
        piece.recount();
        let mut expired = before;
        expired -= piece.tally;
        self.give_up(expired, EXPIRED);
    }

    pub fn give_back(&mut self, piece: Piece) {
        if self.gone {
            return;
        }
        self.returned.insert(piece.first, piece);
    }

    /// Books what became of a piece. Whether `settled` agreed with what the piece held.
    pub fn settle(&mut self, piece: &Piece, settled: &[Settled]) -> bool {
        if self.gone {
            return true;
        }
        self.held.remove(&piece.first);
        self.complete(piece.first, piece.end);
        let mut agreed = true;
        for (kind, (line, amount)) in self.lines.iter_mut().zip(piece.tally.iter()).enumerate() {
            line.waiting -= *amount;
            agreed &= book(line, kind, amount.items, settled);
        }
        agreed
    }

    /// Counts what was taken back out of the dead letters.
    pub fn replay(&mut self, kind: u8, amount: Amount) {
        let line = &mut self.lines[slot(kind)];
        line.replayed += amount.items;
        line.waiting += amount;
    }

    /// Books what became of a replay. Whether `settled` agreed with it.
    pub fn settle_replay(&mut self, kind: u8, amount: Amount, settled: &[Settled]) -> bool {
        let kind = slot(kind);
        if self.gone {
            return true;
        }
        self.lines[kind].waiting -= amount;
        book(&mut self.lines[kind], kind, amount.items, settled)
    }

    /// Drops everything that is unread in `segment`, if all of it is over age.
    pub fn expire(&mut self, segment: &Segment, clock: &Clock) -> bool {
        let expired = !segment.is_empty() && clock.age(segment.newest) > self.limits.max_age;
        if expired {
            self.abandon(segment, EXPIRED);
        }
        expired
    }

    /// Drops what is unread in `segment` because there is no room for new records.
    pub fn drop_oldest(&mut self, segment: &Segment) {
        self.abandon(segment, QUEUE_FULL);
    }

    /// Passes over the rest of `segment`, which cannot be read.
    pub fn skip(&mut self, segment: &Segment) {
        self.abandon(segment, CORRUPT);
    }

    /// Must be called for the oldest segment with something unread.
    fn abandon(&mut self, segment: &Segment, outcome: Outcome) {
        if self.position.segment != segment.first {
            self.enter(segment);
        }
        let tally = self.unread.remove(&segment.first).unwrap_or_default();
        self.give_up(tally, outcome);
        let from = self.position.sequence;
        self.complete(from, segment.end);
        self.position.offset = segment.offset;
        self.position.sequence = segment.end.max(from);
    }

    /// Books what is left of a segment that was read to its end: it could not be read.
    pub fn book_damage(&mut self, segment: &Segment) {
        if self.position.sequence >= segment.end {
            self.forget(segment);
        }
    }

    /// Books what is left of a segment that goes away: it could not be read.
    pub fn forget(&mut self, segment: &Segment) {
        let tally = self.unread.remove(&segment.first).unwrap_or_default();
        self.give_up(tally, CORRUPT);
    }

    fn give_up(&mut self, tally: Tally, outcome: Outcome) {
        for (line, amount) in self.lines.iter_mut().zip(tally.iter()) {
            line.waiting -= *amount;
            line.settle(outcome, amount.items);
        }
    }

    fn complete(&mut self, first: u64, end: u64) {
        self.unwritten |= self.window.complete(first, end) > 0;
    }

    /// Whether the lane may still ask for something in `segment`.
    pub fn needs(&self, segment: &Segment) -> bool {
        !self.window.covers(segment.first, segment.end)
    }

    /// Whether what the lane needs of `segment` may be dropped to make room.
    pub fn yields(&self, segment: &Segment) -> bool {
        let overlaps = |(first, held): (&u64, &Held)| *first < segment.end && held.end > segment.first;
        self.limits.when_full == WhenFull::DropOldest && !self.held.iter().any(overlaps)
    }

    /// Whether something is unread in `segment`.
    pub fn has_unread(&self, segment: &Segment) -> bool {
        self.position.sequence < segment.end
    }

    /// `head`: when the next unread record was enqueued, where that is known.
    pub fn ledger(&self, head: Option<SystemTime>, clock: &Clock) -> Ledger {
        let held = self.held.values().map(|held| held.oldest).min();
        let unread = !self.unread.values().all(Tally::is_empty);
        let unread = unread.then(|| head.unwrap_or(self.last_read));
        let oldest = [held, unread].into_iter().flatten().map(|enqueued| clock.age(enqueued)).max();
        Ledger::new(&self.lines, oldest)
    }

    /// Sets the reader down, at open, at the first record on disk that it is not done with.
    pub fn start_at(&mut self, position: Position, enqueued: SystemTime) {
        self.complete(self.position.sequence, position.sequence);
        self.position = position;
        self.last_read = enqueued;
    }

    /// Whether [`Reader::start_at`] is still to come.
    pub fn is_adrift(&self) -> bool {
        self.position.segment == 0
    }
}

impl Piece {
    /// Cuts off what is past `max_bytes` of payload, but for the first record.
    fn split(&mut self, max_bytes: u64) -> Option<Piece> {
        let mut bytes = 0;
        let fits = |stored: &&Stored| {
            bytes += stored.record.payload.len() as u64;
            bytes <= max_bytes
        };
        let count = self.records.iter().take_while(fits).count().max(1);
        if count >= self.records.len() {
            return None;
        }
        let records = self.records.split_off(count);
        let mut rest = Piece { first: records[0].sequence, end: self.end, records, tally: Tally::default() };
        self.end = rest.first;
        self.recount();
        rest.recount();
        Some(rest)
    }

    fn recount(&mut self) {
        self.tally = Tally::default();
        for Stored { record, .. } in &self.records {
            let bytes = record_len(record.payload.len());
            self.tally += Tally::record(record.kind, record.items, bytes);
        }
    }
}
