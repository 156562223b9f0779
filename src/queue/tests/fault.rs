//! A disk that does what disks do at worst: it forgets what was not synced, fills up, and fails.

use crate::queue::disk::{Disk, File};
use std::collections::BTreeMap;
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard};

/// Cloning shares it. Whoever holds files of it when it crashes holds files of the past.
#[derive(Clone, Default)]
pub struct FaultDisk(Arc<Mutex<World>>);

#[derive(Default)]
struct World {
    /// As the running process sees them.
    names: BTreeMap<String, usize>,
    /// As they are after a power failure.
    lasting: BTreeMap<String, usize>,
    /// What happened to names since the last `sync_dir`.
    unsynced: Vec<Change>,
    files: Vec<Inode>,
    /// Bytes that the disk holds. 0: without end.
    capacity: u64,
    failing_writes: u32,
    failing_syncs: u32,
    failing_reads: u32,
    /// Most bytes that one write takes. 0: all.
    short: usize,
    /// No name can be made or changed.
    read_only: bool,
    /// The directory was deleted.
    gone: bool,
    /// How many more changes there are power for.
    left: Option<u64>,
    /// The power has failed: nothing changes any more.
    off: bool,
    /// Changes so far.
    changes: u64,
}

#[derive(Clone)]
enum Change {
    Link(String, usize),
    Rename(String, String),
    Remove(String),
}

#[derive(Default)]
struct Inode {
    now: Vec<u8>,
    lasting: Vec<u8>,
    unsynced: Vec<Write>,
}

enum Write {
    Bytes(usize, Vec<u8>),
    Len(usize),
}

const SECTOR: usize = 512;

impl FaultDisk {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// The power fails: of what was not synced, some sectors and some names made it, by `dice`.
    pub fn crash(&self, mut dice: u64) {
        self.crash_by(&mut |sides| roll(&mut dice) as usize % sides);
    }

    /// As [`FaultDisk::crash`], where `pick` chooses one of so many, from 0 on.
    pub fn crash_by(&self, pick: &mut dyn FnMut(usize) -> usize) {
        let mut world = self.world();
        (world.left, world.off) = (None, false);
        let World { names, lasting, unsynced, files, .. } = &mut *world;
        for file in files.iter_mut() {
            for write in std::mem::take(&mut file.unsynced) {
                write.tear(&mut file.lasting, pick);
            }
            file.now = file.lasting.clone();
        }
        let made_it = pick(unsynced.len() + 1);
        unsynced.drain(..).take(made_it).for_each(|change| change.apply(lasting));
        *names = lasting.clone();
    }

    /// From now on the disk holds so many bytes. 0: without end.
    pub fn set_capacity(&self, bytes: u64) {
        self.world().capacity = bytes;
    }

    pub fn fail_writes(&self, count: u32) {
        self.world().failing_writes = count;
    }

    pub fn fail_syncs(&self, count: u32) {
        self.world().failing_syncs = count;
    }

    pub fn fail_reads(&self, count: u32) {
        self.world().failing_reads = count;
    }

    pub fn write_at_most(&self, bytes: usize) {
        self.world().short = bytes;
    }

    /// The power will fail after so many more changes.
    pub fn power_for(&self, changes: u64) {
        self.world().left = Some(changes);
    }

    pub fn is_off(&self) -> bool {
        self.world().off
    }

    /// Changes so far.
    pub fn changes(&self) -> u64 {
        self.world().changes
    }

    /// No file can be made or renamed any more.
    pub fn make_read_only(&self) {
        self.world().read_only = true;
    }

    /// Somebody deletes the directory with everything in it.
    pub fn delete_everything(&self) {
        let mut world = self.world();
        world.names.clear();
        world.lasting.clear();
        world.unsynced.clear();
        world.gone = true;
    }

    /// Whether the next write will fail.
    pub fn is_failing(&self) -> bool {
        self.world().failing_writes > 0
    }

    pub fn mend(&self) {
        let mut world = self.world();
        (world.capacity, world.failing_writes, world.failing_syncs) = (0, 0, 0);
        (world.failing_reads, world.short) = (0, 0);
        world.read_only = false;
    }

    /// Bytes of all files.
    pub fn used(&self) -> u64 {
        self.world().used()
    }

    pub fn names(&self) -> Vec<String> {
        self.world().names.keys().cloned().collect()
    }

    /// Changes the bytes of a file, on disk and in memory alike.
    pub fn edit(&self, name: &str, mut edit: impl FnMut(&mut Vec<u8>)) {
        let mut world = self.world();
        let id = world.names[name];
        edit(&mut world.files[id].now);
        edit(&mut world.files[id].lasting);
    }

    fn file(&self, id: usize) -> Arc<dyn File> {
        Arc::new(FaultFile { disk: self.clone(), id })
    }
}

impl World {
    fn used(&self) -> u64 {
        self.names.values().map(|id| self.files[*id].now.len() as u64).sum()
    }

    fn change(&mut self, change: Change) {
        change.clone().apply(&mut self.names);
        self.unsynced.push(change);
    }

    /// Counts a change, of bytes or names or what lasts of them, if there is power for it.
    fn draw(&mut self) -> io::Result<()> {
        if self.off || self.left == Some(0) {
            self.off = true;
            return Err(io::Error::other("no power"));
        }
        self.left = self.left.map(|left| left - 1);
        self.changes += 1;
        Ok(())
    }

    fn may_name(&mut self) -> io::Result<()> {
        self.draw()?;
        if self.gone {
            return Err(io::ErrorKind::NotFound.into());
        }
        if self.read_only { Err(io::ErrorKind::ReadOnlyFilesystem.into()) } else { Ok(()) }
    }

    fn find(&self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or(io::ErrorKind::NotFound.into())
    }
}

impl Change {
    fn apply(self, names: &mut BTreeMap<String, usize>) {
        match self {
            Change::Link(name, id) => drop(names.insert(name, id)),
            Change::Rename(from, to) => {
                if let Some(id) = names.remove(&from) {
                    names.insert(to, id);
                }
            }
            Change::Remove(name) => drop(names.remove(&name)),
        }
    }
}

impl Write {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Write::Bytes(at, new) => put(bytes, *at, new),
            Write::Len(len) => bytes.resize(*len, 0),
        }
    }

    /// Applies some sectors of it.
    fn tear(&self, bytes: &mut Vec<u8>, pick: &mut dyn FnMut(usize) -> usize) {
        let Write::Bytes(start, new) = self else {
            if pick(2) == 0 {
                self.apply(bytes);
            }
            return;
        };
        let all_or_some = pick(3);
        let mut at = 0;
        while at < new.len() {
            let len = (SECTOR - (start + at) % SECTOR).min(new.len() - at);
            if all_or_some == 0 || (all_or_some == 1 && pick(2) == 0) {
                put(bytes, start + at, &new[at..at + len]);
            }
            at += len;
        }
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    if bytes.len() < at + new.len() {
        bytes.resize(at + new.len(), 0);
    }
    bytes[at..at + new.len()].copy_from_slice(new);
}

/// splitmix64.
fn roll(dice: &mut u64) -> u64 {
    *dice = dice.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*dice ^ (*dice >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

impl Disk for FaultDisk {
    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        let mut world = self.world();
        if world.read_only {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        world.gone = false;
        Ok(Box::new(()))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let id = self.world().find(name)?;
        Ok(self.file(id))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let mut world = self.world();
        world.may_name()?;
        world.files.push(Inode::default());
        let id = world.files.len() - 1;
        world.change(Change::Link(name.to_string(), id));
        drop(world);
        Ok(self.file(id))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut world = self.world();
        world.may_name()?;
        world.find(from)?;
        world.change(Change::Rename(from.to_string(), to.to_string()));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut world = self.world();
        world.draw()?;
        world.find(name)?;
        world.change(Change::Remove(name.to_string()));
        Ok(())
    }

    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let world = self.world();
        let len = |id: &usize| world.files[*id].now.len() as u64;
        Ok(world.names.iter().map(|(name, id)| (name.clone(), len(id))).collect())
    }

    fn sync_dir(&self) -> io::Result<()> {
        let mut world = self.world();
        world.draw()?;
        world.lasting = world.names.clone();
        world.unsynced.clear();
        Ok(())
    }

    fn is_gone(&self) -> bool {
        self.world().gone
    }
}

struct FaultFile {
    disk: FaultDisk,
    id: usize,
}

/// Whether a failure was due, which it then no longer is.
fn due(failures: &mut u32) -> bool {
    let due = *failures > 0;
    *failures = failures.saturating_sub(1);
    due
}

fn eio() -> io::Error {
    io::Error::other("injected")
}

impl File for FaultFile {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut world = self.disk.world();
        if due(&mut world.failing_reads) {
            return Err(eio());
        }
        let from = world.files[self.id].now.get(offset as usize..).unwrap_or_default();
        let count = from.len().min(into.len());
        into[..count].copy_from_slice(&from[..count]);
        Ok(count)
    }

    fn write_at(&self, from: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        let mut world = self.disk.world();
        world.draw()?;
        if due(&mut world.failing_writes) {
            return Err(eio());
        }
        let mut bytes: Vec<u8> = from.iter().flat_map(|slice| slice.iter().copied()).collect();
        if world.short > 0 {
            bytes.truncate(world.short);
        }
        let (at, used) = (offset as usize, world.used());
        let len = world.files[self.id].now.len();
        let growth = (at + bytes.len()).saturating_sub(len);
        let left = world.capacity.saturating_sub(used) as usize;
        if world.capacity > 0 && growth > left {
            bytes.truncate((len + left).saturating_sub(at));
            if bytes.is_empty() {
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        let count = bytes.len();
        let write = Write::Bytes(at, bytes);
        let file = &mut world.files[self.id];
        write.apply(&mut file.now);
        file.unsynced.push(write);
        Ok(count)
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut world = self.disk.world();
        world.draw()?;
        let failing = due(&mut world.failing_syncs);
        let file = &mut world.files[self.id];
        let unsynced = std::mem::take(&mut file.unsynced);
        if failing {
            // As Linux does it: the pages are clean now, and were never written.
            return Err(eio());
        }
        unsynced.iter().for_each(|write| write.apply(&mut file.lasting));
        Ok(())
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.disk.world().files[self.id].now.len() as u64)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut world = self.disk.world();
        world.draw()?;
        let file = &mut world.files[self.id];
        let write = Write::Len(len as usize);
        write.apply(&mut file.now);
        file.unsynced.push(write);
        Ok(())
    }

    fn is_deleted(&self) -> io::Result<bool> {
        let world = self.disk.world();
        Ok(!world.names.values().any(|id| *id == self.id))
    }
}
