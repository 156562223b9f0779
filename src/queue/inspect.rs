//! Looking at a queue's directory from outside, whether an agent runs on it or not. Never writes.
//!
//! What a running agent does meanwhile may be seen half: a segment that goes away while it is looked
//! at is left out, a group that is just being written may be missing.

use super::Stored;
use super::cursor;
use super::disk::{File, read_full};
use super::format::{BLOCK, Found, Header, Seal, foreign};
use super::scan::{Entry, Range, Scan};
use super::segment::{BAD, FREE, Segment, first_of, tally};
use super::tally::{Amount, Tally};
use super::window::Window;
use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// A file of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentInfo {
    pub file: String,
    pub state: SegmentState,
    /// Bytes on disk.
    pub size: u64,
    /// `None` for a file that holds no records.
    pub content: Option<Content>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentState {
    /// The last one, which is written to.
    Open,
    Finished,
    /// To be used next.
    Free,
    /// Unreadable, set aside.
    Bad,
}

/// The records of one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    pub first: u64,
    /// One past the last record's sequence.
    pub end: u64,
    pub amount: Amount,
    pub created: SystemTime,
    /// Enqueue times.
    pub oldest: SystemTime,
    pub newest: SystemTime,
}

/// A record without its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordInfo {
    pub sequence: u64,
    pub enqueued: SystemTime,
    pub kind: u8,
    pub flags: u8,
    pub items: u32,
    /// Of payload.
    pub bytes: u64,
}

/// How far a lane has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneInfo {
    pub name: String,
    /// Every lower sequence is done with.
    pub low: u64,
    /// Ranges above it that are done with too, ends exclusive.
    pub done: Vec<(u64, u64)>,
    pub waiting: Amount,
}

const WINDOW: u64 = 1 << 20;

/// All files of the log: segments by sequence, then free and bad ones.
pub fn segments(directory: &Path) -> io::Result<Vec<SegmentInfo>> {
    let mut all = Vec::new();
    for one in open_segments(directory)? {
        let segment = one.count()?;
        let amount = total(segment.tally);
        let Segment { first, end, oldest, newest, .. } = segment;
        let open = !segment.sealed && one.limit == u64::MAX;
        let state = if open { SegmentState::Open } else { SegmentState::Finished };
        let content = Some(Content { first, end, amount, created: one.header.created, oldest, newest });
        all.push(SegmentInfo { file: segment.name(), state, size: segment.size, content });
    }
    for (suffix, state) in [(FREE, SegmentState::Free), (BAD, SegmentState::Bad)] {
        let mut others = names(directory)?;
        others.retain(|(name, _)| name.ends_with(suffix));
        all.extend(others.into_iter().map(|(file, size)| SegmentInfo { file, state, size, content: None }));
    }
    Ok(all)
}

/// Records from sequence `from` on, at most `limit`.
pub fn records(directory: &Path, from: u64, limit: usize) -> io::Result<Vec<RecordInfo>> {
    let mut found = Vec::new();
    visit(directory, from, |Entry { stored, .. }| {
        if stored.sequence >= from && found.len() < limit {
            found.push(RecordInfo {
                sequence: stored.sequence,
                enqueued: stored.enqueued,
                kind: stored.record.kind,
                flags: stored.record.flags,
                items: stored.record.items,
                bytes: stored.record.payload.len() as u64,
            });
        }
        found.len() < limit
    })?;
    Ok(found)
}

/// One record, payload and all.
pub fn record(directory: &Path, sequence: u64) -> io::Result<Option<Stored>> {
    let mut found = None;
    visit(directory, sequence, |entry| {
        if entry.stored.sequence == sequence {
            found = Some(entry.stored.clone());
        }
        entry.stored.sequence < sequence
    })?;
    Ok(found)
}

/// All lanes that have a cursor, by name.
pub fn lanes(directory: &Path) -> io::Result<Vec<LaneInfo>> {
    let mut windows = Vec::new();
    for (file, _) in names(directory)? {
        let Some(name) = cursor::lane_name(&file) else {
            continue;
        };
        if let Some(file) = open(directory, &file)?
            && let Some((_, window)) = cursor::read(&file)?
        {
            windows.push((name, window));
        }
    }
    windows.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut waiting = vec![Tally::default(); windows.len()];
    for one in open_segments(directory)? {
        count_waiting(&one, &windows, &mut waiting)?;
    }
    let info = |((name, window), waiting): ((String, Window), Tally)| LaneInfo {
        name,
        low: window.low(),
        done: window.above().collect(),
        waiting: total(waiting),
    };
    Ok(windows.into_iter().zip(waiting).map(info).collect())
}

fn count_waiting(one: &OnDisk, windows: &[(String, Window)], waiting: &mut [Tally]) -> io::Result<()> {
    let Segment { first, end, sealed, .. } = one.segment;
    if windows.iter().all(|(_, window)| sealed && window.covers(first, end)) {
        return Ok(());
    }
    let mut scan = one.scan();
    while let Some(entry) = scan.advance()? {
        for ((_, window), waiting) in windows.iter().zip(waiting.iter_mut()) {
            if !window.contains(entry.stored.sequence) {
                *waiting += tally(&entry);
            }
        }
    }
    Ok(())
}

/// A segment's file and what its block says.
struct OnDisk {
    file: Box<dyn File>,
    header: Header,
    segment: Segment,
    /// One past the last sequence that can be in it.
    limit: u64,
}

/// The segments that have a readable header, by sequence; only the last may not be sealed.
fn open_segments(directory: &Path) -> io::Result<Vec<OnDisk>> {
    let mut found: Vec<OnDisk> = Vec::new();
    for (name, size) in names(directory)? {
        let Some(first) = first_of(&name) else { continue };
        let Some(file) = open(directory, &name)? else {
            continue;
        };
        let mut block = vec![0; BLOCK as usize];
        read_full(&file, &mut block, 0)?;
        let header = match Header::find(&block) {
            Found::Header(header) => header,
            Found::Version(version) => return Err(foreign(version)),
            Found::Blank | Found::Damaged => continue,
        };
        if header.first != first {
            continue;
        }
        let seal = Seal::find(&block, header.salt).filter(|seal| seal.offset <= size);
        let segment = match seal {
            Some(seal) => Segment::sealed(&header, &seal, size),
            None => Segment::new(&header, size),
        };
        found.push(OnDisk { file: Box::new(file), header, segment, limit: u64::MAX });
    }
    found.sort_by_key(|one| one.segment.first);
    for index in 1..found.len() {
        found[index - 1].limit = found[index].segment.first;
    }
    Ok(found)
}

impl OnDisk {
    /// A walk over its good records: to where the seal says, else as far as they go.
    fn scan(&self) -> Scan<'_> {
        let known = self.segment.range();
        let unknown = Range { end_offset: self.segment.size, end_sequence: self.limit, ..known };
        Scan::new(&*self.file, if self.segment.sealed { known } else { unknown }, WINDOW)
    }

    /// The segment with its records counted, if its seal has not done so.
    fn count(&self) -> io::Result<Segment> {
        let mut segment = self.segment.clone();
        if !segment.sealed {
            let mut scan = self.scan();
            while let Some(entry) = scan.advance()? {
                segment.add(&entry);
            }
        }
        Ok(segment)
    }
}

/// Shows the good records of the segments that reach past `from`, until `more` says no.
fn visit(directory: &Path, from: u64, mut more: impl FnMut(&Entry) -> bool) -> io::Result<()> {
    for one in open_segments(directory)? {
        if (one.segment.sealed && one.segment.end <= from) || one.limit <= from {
            continue;
        }
        let mut scan = one.scan();
        while let Some(entry) = scan.advance()? {
            if !more(&entry) {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn total(tally: Tally) -> Amount {
    let mut total = Amount::default();
    tally.iter().for_each(|amount| total += *amount);
    total
}

/// `None`: it has gone away meanwhile.
fn open(directory: &Path, name: &str) -> io::Result<Option<fs::File>> {
    match fs::File::open(directory.join(name)) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Names and lengths, by name.
pub(super) fn names(directory: &Path) -> io::Result<Vec<(String, u64)>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let size = match entry.metadata() {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        names.extend(entry.file_name().into_string().ok().map(|name| (name, size)));
    }
    names.sort();
    Ok(names)
}
