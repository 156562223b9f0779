//! Opening: what is on disk becomes the log in memory.

use super::clock::Clock;
use super::committer::Committer;
use super::config::{Config, Durability, Overrides};
use super::cursor::{self, Cursor};
use super::disk::{Disk, read_full};
use super::format::{BLOCK, Found, Header, Seal, foreign};
use super::lane::Lane;
use super::log::{Free, Log};
use super::reader::{Position, Reader};
use super::scan::{Entry, Range, Scan};
use super::segment::{self, BAD, FREE, Segment, UNFINISHED, first_of};
use super::shared::{Queue, Shared};
use super::tally::Tally;
use super::upkeep::Upkeep;
use super::window::Window;
use super::writer::Writer;
use super::young::Young;
use super::{Memory, Metrics};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use tracing::{error, info, warn};

/// A lane to open: the exporter's name and what its section `queue` says.
#[derive(Clone, Debug, Default)]
pub struct LaneSpec {
    pub name: String,
    pub overrides: Overrides,
}

/// An open queue. The two loops want a thread each.
pub struct Opened {
    pub queue: Queue,
    pub committer: Committer,
    pub upkeep: Upkeep,
    /// In the order of their specs.
    pub lanes: Vec<Lane>,
}

/// Bytes of new records that are kept in memory for lanes that keep up.
const YOUNG: u64 = 8 << 20;
/// Read at a time while scanning.
const SCAN_WINDOW: u64 = 1 << 20;

impl Queue {
    /// Opens the queue on `disk`, and makes it if there is none. With `durability: memory` the disk is
    /// left alone.
    ///
    /// Errors: the directory cannot be read or written, it is in use by another process (which the
    /// message names), it is of another version of the format, or two lanes have the same name.
    pub fn open(
        config: Config,
        specs: &[LaneSpec],
        metrics: Metrics,
        disk: Arc<dyn Disk>,
    ) -> io::Result<Opened> {
        let memory = config.durability == Durability::Memory;
        let disk = if memory { Arc::new(Memory::default()) } else { disk };
        Queue::open_with(config, specs, metrics, disk, Clock::start(), YOUNG)
    }

    /// `young`: bytes of new records that are kept in memory.
    pub(super) fn open_with(
        config: Config,
        specs: &[LaneSpec],
        metrics: Metrics,
        disk: Arc<dyn Disk>,
        clock: Clock,
        young: u64,
    ) -> io::Result<Opened> {
        let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
        if let Some(twice) = names.iter().find(|name| names.iter().filter(|other| other == name).count() > 1)
        {
            let text = format!("two lanes are named {twice}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let lock = disk.lock()?;
        let opening = Opening { config: &config, disk: &*disk, metrics: &metrics, clock: &clock };
        let (segments, free) = opening.segments()?;
        let others = opening.others(&names)?;
        let (cursors, readers) = opening.readers(specs.iter().chain(&others), &segments)?;
        let mut log = Log {
            segments,
            free,
            moving: 0,
            readers,
            young: Young::new(young),
            damaged: Window::default(),
            closed: false,
        };
        let sequence = opening.recover(&mut log)?;
        log.readers[specs.len()..].iter_mut().try_for_each(|other| opening.remove(other))?;
        disk.sync_dir()?;

        let (shared, messages) = Shared::new(config, clock, disk, metrics, log, cursors);
        let shared = Arc::new(shared);
        let writer = Writer::resume(shared.clone(), sequence)?;
        let committer = Committer::new(shared.clone(), messages, writer);
        // A new lane's cursor tells who looks from outside that there is such a lane.
        (0..specs.len()).for_each(|lane| shared.update(lane, |_| ()));
        let lane = |(index, name): (usize, &&str)| Lane::new(shared.clone(), index, Arc::from(*name));
        Ok(Opened {
            lanes: names.iter().enumerate().map(|(index, name)| lane((index, name))).collect(),
            committer,
            upkeep: Upkeep::new(shared.clone(), lock),
            queue: Queue { shared },
        })
    }
}

struct Opening<'a> {
    config: &'a Config,
    disk: &'a dyn Disk,
    metrics: &'a Metrics,
    clock: &'a Clock,
}

impl Opening<'_> {
    /// The segments by sequence, as far as their blocks tell, and the free ones.
    fn segments(&self) -> io::Result<(VecDeque<Segment>, Vec<Free>)> {
        let (mut segments, mut free) = (Vec::new(), Vec::new());
        for (name, size) in self.disk.list()? {
            if name.ends_with(UNFINISHED) {
                self.disk.remove(&name)?;
            } else if name.ends_with(FREE) {
                free.push(Free { name, size });
            } else if let Some(first) = first_of(&name) {
                self.look_at(&name, first, size, &mut segments, &mut free)?;
            }
        }
        segments.sort_by_key(|segment| segment.first);
        let useful = |one: &Free| one.size <= self.config.segment_size() && one.size > BLOCK;
        let (mut free, useless): (Vec<Free>, Vec<Free>) = free.into_iter().partition(useful);
        let surplus = free.split_off(free.len().min(2));
        for one in useless.into_iter().chain(surplus) {
            self.disk.remove(&one.name)?;
        }
        Ok((segments.into(), free))
    }

    fn look_at(
        &self,
        name: &str,
        first: u64,
        size: u64,
        segments: &mut Vec<Segment>,
        free: &mut Vec<Free>,
    ) -> io::Result<()> {
        let mut block = vec![0; BLOCK as usize];
        let read = read_full(&*self.disk.open(name)?, &mut block, 0)?;
        block.truncate(read);
        match Header::find(&block) {
            Found::Header(header) if header.first == first => {
                // A seal that reaches past the file's end describes what was never synced.
                let seal = Seal::find(&block, header.salt).filter(|seal| seal.offset <= size);
                segments.push(match seal {
                    Some(seal) => Segment::sealed(&header, &seal, size),
                    None => Segment::new(&header, size),
                });
            }
            Found::Header(_) | Found::Blank => {
                let name = self.rename(name, FREE)?;
                free.push(Free { name, size });
            }
            // Nothing of it is touched.
            Found::Version(version) => return Err(foreign(version)),
            Found::Damaged => {
                let name = self.rename(name, BAD)?;
                self.metrics.corrupt.increment(1);
                error!(file = name, "a segment of the queue is damaged as a whole and was set aside");
            }
        }
        Ok(())
    }

    fn rename(&self, name: &str, suffix: &str) -> io::Result<String> {
        let stem = name.split('.').next().unwrap_or(name);
        let to = format!("{stem}{suffix}");
        self.disk.rename(name, &to)?;
        Ok(to)
    }

    /// The lanes that have a cursor and are no longer configured: what waits for them is to be counted.
    fn others(&self, lanes: &[&str]) -> io::Result<Vec<LaneSpec>> {
        let mut others = Vec::new();
        for (file, _) in self.disk.list()? {
            let Some(name) = cursor::lane_name(&file).filter(|lane| !lanes.contains(&lane.as_str())) else {
                continue;
            };
            if cursor::read(&*self.disk.open(&file)?)?.is_some() {
                others.push(LaneSpec { name, overrides: Overrides::default() });
            } else {
                self.disk.remove(&file)?;
                warn!(lane = name, "a lane is no longer configured, and how far it had come cannot be read");
            }
        }
        Ok(others)
    }

    /// Ends the lane of an exporter that is no longer configured: as in a reload, what waits for it is dropped.
    fn remove(&self, other: &mut Reader) -> io::Result<()> {
        let (exporter, items) = (other.name.clone(), other.ledger(None, self.clock).waiting().items);
        other.retire();
        self.disk.remove(&cursor::file_name(&exporter))?;
        match items {
            0 => info!(%exporter, "an exporter is no longer configured; nothing waited for it"),
            _ => {
                warn!(%exporter, items, "an exporter is no longer configured: what waited for it is dropped")
            }
        }
        Ok(())
    }

    fn readers<'s>(
        &self,
        specs: impl Iterator<Item = &'s LaneSpec>,
        segments: &VecDeque<Segment>,
    ) -> io::Result<(Vec<Cursor>, Vec<Reader>)> {
        let start = segments.front().map(|segment| segment.first);
        let (mut cursors, mut readers) = (Vec::new(), Vec::new());
        for spec in specs {
            let (cursor, window) = Cursor::open(self.disk, &spec.name)?;
            if cursor.damaged {
                self.metrics.corrupt.increment(1);
                warn!(
                    lane = spec.name,
                    "the lane's cursor cannot be read: all that is still on disk is sent again"
                );
            }
            let known = window.is_some();
            let window = window.unwrap_or_else(|| Window::new(start.unwrap_or(1)));
            let limits = self.config.limits(&spec.overrides);
            let mut reader = Reader::new(Arc::from(spec.name.as_str()), limits, window, self.clock.now());
            reader.unwritten = !known;
            cursors.push(cursor);
            readers.push(reader);
        }
        Ok((cursors, readers))
    }

    /// Scans what has to be scanned, counts what waits for each lane, and gives the next sequence.
    fn recover(&self, log: &mut Log) -> io::Result<u64> {
        let firsts: Vec<u64> = log.segments.iter().map(|segment| segment.first).collect();
        let mut found = VecDeque::new();
        for (index, segment) in std::mem::take(&mut log.segments).into_iter().enumerate() {
            found.push_back(self.examine(segment, firsts.get(index + 1).copied(), log)?);
        }
        let end = found.back().map_or(1, |segment: &Segment| segment.end);
        if let Some(unused) = found.pop_back_if(|last| last.is_empty()) {
            // Its header may be in memory only, if syncing it had failed; it is not worth finding out.
            self.disk.remove(&unused.name())?;
        }
        let next = log.readers.iter().map(|reader| reader.window.end()).fold(end, u64::max);
        let last = found.len().saturating_sub(1);
        for (index, segment) in found.iter_mut().enumerate() {
            // Numbering must go on from the cursors, which a segment cannot do in its middle.
            segment.sealed |= index < last || segment.end != next;
        }
        if let Some(last) = found.back() {
            for reader in log.readers.iter_mut().filter(|reader| reader.is_adrift()) {
                let sequence = last.end.max(reader.window.low());
                let end = Position { segment: last.first, offset: last.offset, sequence };
                reader.start_at(end, last.newest);
            }
        }
        log.segments = found;
        Ok(next)
    }

    /// Brings one segment up to date and counts it for each lane.
    fn examine(&self, mut segment: Segment, next: Option<u64>, log: &mut Log) -> io::Result<Segment> {
        if next.is_some_and(|next| segment.end > next) {
            segment.sealed = false;
        }
        let whole = |reader: &Reader| {
            reader.window.low() <= segment.first
                && reader.window.above().all(|(first, end)| end <= segment.first || first >= segment.end)
        };
        let partly = |reader: &Reader| reader.needs(&segment) && !whole(reader);
        if segment.sealed && !log.readers.iter().any(partly) {
            for reader in log.readers.iter_mut().filter(|reader| reader.needs(&segment)) {
                if reader.is_adrift() {
                    let Segment { first, .. } = segment;
                    let start = Position { segment: first, offset: BLOCK, sequence: first };
                    reader.start_at(start, segment.oldest);
                }
                reader.recover(&segment, segment.tally);
            }
            return Ok(segment);
        }
        self.scan(segment, next, log)
    }

    fn scan(&self, segment: Segment, next: Option<u64>, log: &mut Log) -> io::Result<Segment> {
        let file = self.disk.open(&segment.name())?;
        let range = if segment.sealed {
            segment.range()
        } else {
            Range { end_offset: segment.size, end_sequence: next.unwrap_or(u64::MAX), ..segment.range() }
        };
        let mut fresh = Segment { tally: Tally::default(), end: segment.first, offset: BLOCK, ..segment };
        let mut scan = Scan::new(&*file, range, SCAN_WINDOW);
        while let Some(entry) = scan.advance()? {
            fresh.add(&entry);
            log.readers.iter_mut().for_each(|reader| recover(reader, &fresh, &entry));
        }
        let damaged = log.note_damage(scan.damaged());
        if damaged > 0 {
            self.metrics.corrupt.increment(damaged);
            error!(segment = segment.first, records = damaged, "records of the queue are damaged and lost");
        }
        if segment.sealed {
            (fresh.end, fresh.offset) = (segment.end, segment.offset);
        } else if next.is_none() && scan.is_torn()? {
            warn!(
                segment = segment.first,
                offset = scan.offset(),
                "cut off a record that was never finished"
            );
        }
        Ok(fresh)
    }
}

/// Counts one record that is on disk, and sets the lane down at the first that it is not done with.
fn recover(reader: &mut Reader, segment: &Segment, entry: &Entry) {
    let sequence = entry.stored.sequence;
    if reader.window.contains(sequence) {
        return;
    }
    if reader.is_adrift() {
        let position = Position { segment: segment.first, offset: entry.offset, sequence };
        reader.start_at(position, entry.stored.enqueued);
    }
    reader.recover(segment, segment::tally(entry));
}
