//! Looking a queue's directory through: what is damaged, what that has cost, and what can be mended.

use super::cursor;
use super::dead;
use super::disk::{Disk, File, read_full, write_all};
use super::format::{BLOCK, Found, HEADER_AT, HEADER_LEN, Header, SEAL_AT, Seal, foreign};
use super::inspect;
use super::scan::{Range, Scan};
use super::segment::{BAD, Segment, UNFINISHED, first_of};
use super::stopped::Stopped;
use super::window::Window;
use crate::sqlite;
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::io::{self, IoSlice};
use std::path::Path;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub segments: u64,
    /// Good records.
    pub records: u64,
    pub findings: Vec<Finding>,
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub file: String,
    pub what: &'static str,
    /// Sequences of records that are lost, the end exclusive.
    pub lost: Option<(u64, u64)>,
    /// Whether that was mended now. What is lost stays lost.
    pub mended: bool,
}

/// Looks through the queue at `path`; with `stopped`, which has to be the same one, mends what can be mended.
///
/// Beside a running agent a group that is just being written may look torn.
pub fn fsck(path: &Path, stopped: Option<&Stopped>) -> io::Result<Report> {
    let mut look = Look { path, stopped, report: Report::default() };
    let mut names: Vec<(String, u64)> = inspect::names(path)?;
    names.sort();
    let firsts: Vec<u64> = names.iter().filter_map(|(name, _)| first_of(name)).collect();
    let mut end = None;
    for (name, size) in &names {
        if name.ends_with(UNFINISHED) {
            look.unfinished(name)?;
        } else if let Some(stem) = name.strip_suffix(BAD) {
            let first = stem.parse().unwrap_or(0);
            let next = firsts.iter().find(|other| **other > first).copied();
            look.find(name, "cannot be read at all and was set aside", next.map(|next| (first, next)), false);
        } else if let Some(first) = first_of(name) {
            let next = firsts.iter().find(|other| **other > first).copied();
            end = look.segment(name, *size, first, next)?.or(end);
        }
    }
    for (name, _) in &names {
        if let Some(lane) = cursor::lane_name(name) {
            look.cursor(name, &lane, end)?;
        }
    }
    look.dead()?;
    Ok(look.report)
}

struct Look<'a> {
    path: &'a Path,
    stopped: Option<&'a Stopped>,
    report: Report,
}

impl Look<'_> {
    fn find(&mut self, file: &str, what: &'static str, lost: Option<(u64, u64)>, mended: bool) {
        self.report.findings.push(Finding { file: file.to_string(), what, lost, mended });
    }

    fn unfinished(&mut self, name: &str) -> io::Result<()> {
        if let Some(stopped) = self.stopped {
            stopped.disk.remove(name)?;
        }
        self.find(name, "was being written ahead when the agent ended", None, self.stopped.is_some());
        Ok(())
    }

    /// One past its last record's sequence, where that can be told.
    fn segment(&mut self, name: &str, size: u64, first: u64, next: Option<u64>) -> io::Result<Option<u64>> {
        let file = self.open(name)?;
        let mut block = vec![0; BLOCK as usize];
        let read = read_full(&*file, &mut block, 0)?;
        block.truncate(read);
        let header = match Header::find(&block) {
            Found::Header(header) if header.first == first => header,
            Found::Header(_) | Found::Blank => {
                self.find(name, "was taken and never used", None, false);
                return Ok(None);
            }
            Found::Version(version) => return Err(foreign(version)),
            Found::Damaged => {
                self.find(name, "has lost both of its headers", next.map(|next| (first, next)), false);
                return Ok(None);
            }
        };
        if HEADER_AT.iter().any(|at| block.get(*at..at + HEADER_LEN) != Some(&header.block()[..HEADER_LEN])) {
            let mended = self.rewrite(&*file, &HEADER_AT, &header.block()[..HEADER_LEN])?;
            self.find(name, "has lost one of its two headers", None, mended);
        }
        self.report.segments += 1;
        let seal = Seal::find(&block, header.salt).filter(|seal| seal.offset <= size);
        let segment = match &seal {
            Some(seal) => Segment::sealed(&header, seal, size),
            None => Segment::new(&header, size),
        };
        self.records(name, &*file, segment, next).map(Some)
    }

    fn records(
        &mut self,
        name: &str,
        file: &dyn File,
        segment: Segment,
        next: Option<u64>,
    ) -> io::Result<u64> {
        let known = segment.range();
        let unknown = Range { end_offset: segment.size, end_sequence: next.unwrap_or(u64::MAX), ..known };
        let mut scan = Scan::new(file, if segment.sealed { known } else { unknown }, 1 << 20);
        let mut counted =
            Segment { tally: Default::default(), end: segment.first, offset: BLOCK, ..segment.clone() };
        while let Some(entry) = scan.advance()? {
            self.report.records += 1;
            counted.add(&entry);
        }
        for range in scan.damaged() {
            self.find(name, "has damaged records", Some(*range), false);
        }
        let end = if segment.sealed { segment.end } else { counted.end };
        if counted.end < end {
            self.find(name, "has damaged records at its end", Some((counted.end, end)), false);
        }
        if !segment.sealed && next.is_some() {
            let mended = self.rewrite(file, &SEAL_AT, &counted.seal().area(segment.salt))?;
            self.find(name, "has no seal", None, mended);
        } else if !segment.sealed && scan.is_torn()? {
            self.find(name, "ends in a record that was never finished or accepted", None, false);
        }
        if let Some(next) = next.filter(|next| *next > end)
            && self.is_needed(end, next)?
        {
            self.find(name, "is followed by a gap", Some((end, next)), false);
        }
        Ok(end)
    }

    /// Whether some lane is not done with these sequences.
    fn is_needed(&self, first: u64, end: u64) -> io::Result<bool> {
        let done = |lane: &inspect::LaneInfo| {
            let mut window = Window::new(lane.low);
            lane.done.iter().for_each(|(first, end)| _ = window.complete(*first, *end));
            window.covers(first, end)
        };
        Ok(!inspect::lanes(self.path)?.iter().all(done))
    }

    fn cursor(&mut self, name: &str, lane: &str, end: Option<u64>) -> io::Result<()> {
        let file = fs::File::open(self.path.join(name))?;
        match cursor::read(&file)? {
            None => {
                if let Some(stopped) = self.stopped {
                    stopped.remove_cursor(lane)?;
                    stopped.write(lane, &Window::new(0))?;
                }
                let what = "cannot be read: the lane begins with the oldest record on disk";
                self.find(name, what, None, self.stopped.is_some());
            }
            Some((_, window)) if end.is_some_and(|end| window.end() > end) => {
                // Numbering goes on from it, so that nothing that comes is taken for done.
                self.find(name, "is beyond the log, which goes on from there", None, true);
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn dead(&mut self) -> io::Result<()> {
        if are_dead_sound(self.path) {
            return Ok(());
        }
        let path = self.path.join(dead::FILE);
        if self.stopped.is_some() {
            sqlite::set_aside(&path)?;
        }
        self.find(dead::FILE, "is corrupt; it is set aside and begun anew", None, self.stopped.is_some());
        Ok(())
    }

    /// To write only where things are mended.
    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        let file =
            fs::OpenOptions::new().read(true).write(self.stopped.is_some()).open(self.path.join(name))?;
        Ok(Box::new(file))
    }

    /// Writes `bytes` at each of `places`, if things are mended; whether they are.
    fn rewrite(&self, file: &dyn File, places: &[usize], bytes: &[u8]) -> io::Result<bool> {
        if self.stopped.is_none() {
            return Ok(false);
        }
        for at in places {
            write_all(file, &mut [IoSlice::new(bytes)], *at as u64)?;
        }
        file.sync_data()?;
        Ok(true)
    }
}

/// Whether the dead letters of a queue's directory can be read, if there are any.
pub fn are_dead_sound(directory: &Path) -> bool {
    let path = directory.join(dead::FILE);
    !path.exists() || is_sound(&path)
}

/// Whether SQLite finds nothing wrong with a file.
fn is_sound(path: &Path) -> bool {
    let check = || -> rusqlite::Result<String> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
    };
    check().is_ok_and(|said| said == "ok")
}
