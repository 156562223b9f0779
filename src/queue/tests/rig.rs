//! A queue on a faulty disk that does one step at a time, when told.

use super::fault::FaultDisk;
use crate::queue::clock::Clock;
use crate::queue::log::Next;
use crate::queue::shared::Chores;
use crate::queue::*;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub struct Rig {
    pub disk: FaultDisk,
    pub clock: Clock,
    pub config: Config,
    pub specs: Vec<LaneSpec>,
    /// Bytes of records that are kept in memory.
    pub young: u64,
    pub queue: Queue,
    pub lanes: Vec<Lane>,
    committer: Committer,
    upkeep: Upkeep,
}

/// Segments of 8 KiB, half of which is for records.
pub fn small() -> Config {
    Config { max_size: crate::units::Size::kib(64), ..Config::default() }
}

pub fn lane(name: &str) -> LaneSpec {
    LaneSpec { name: name.to_string(), ..LaneSpec::default() }
}

pub fn record(kind: u8, items: u32, payload: impl Into<Bytes>) -> Record {
    Record { kind, flags: kind & 1, items, payload: payload.into() }
}

/// One record of kind 1 that holds its number.
pub fn numbered(number: u32, len: usize) -> Record {
    let mut payload = number.to_be_bytes().to_vec();
    payload.resize(len.max(4), number as u8);
    record(1, 1, payload)
}

pub fn number(stored: &Stored) -> u32 {
    u32::from_be_bytes(stored.record.payload[..4].try_into().unwrap())
}

impl Rig {
    pub fn new(config: Config, specs: Vec<LaneSpec>, young: u64) -> Rig {
        let opened = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        Rig::open(FaultDisk::default(), Clock::at(opened), config, specs, young)
    }

    fn open(disk: FaultDisk, clock: Clock, config: Config, specs: Vec<LaneSpec>, young: u64) -> Rig {
        let given: Arc<dyn Disk> = Arc::new(disk.clone());
        let opened =
            Queue::open_with(config.clone(), &specs, Metrics::new(), given, clock.clone(), young).unwrap();
        let Opened { queue, committer, upkeep, lanes } = opened;
        Rig { disk, clock, config, specs, young, queue, lanes, committer, upkeep }
    }

    /// Ends as `kill -9` does, lets `meanwhile` at the disk, and opens again.
    pub fn restart(self, meanwhile: impl FnOnce(&FaultDisk)) -> Rig {
        let Rig { disk, clock, config, specs, young, queue, lanes, committer, upkeep } = self;
        drop((queue, lanes, committer, upkeep));
        meanwhile(&disk);
        Rig::open(disk, clock, config, specs, young)
    }

    /// Pushes all of them as one group.
    pub fn push(&mut self, records: Vec<Record>) -> Vec<Result<(), PushError>> {
        let queue = self.queue.clone();
        let mut pushes: Vec<BoxFuture<'_, _>> =
            records.into_iter().map(|record| queue.push(record).boxed()).collect();
        let early: Vec<_> = pushes.iter_mut().map(|push| push.now_or_never()).collect();
        while self.committer.commit_waiting() {}
        let answer = |(early, push): (Option<_>, BoxFuture<'_, _>)| {
            early.unwrap_or_else(|| push.now_or_never().expect("everything that waits is answered"))
        };
        early.into_iter().zip(pushes).map(answer).collect()
    }

    /// Pushes records that the queue must take.
    pub fn accept(&mut self, records: Vec<Record>) {
        for answer in self.push(records) {
            answer.unwrap();
        }
    }

    /// What is there to be leased now.
    pub fn lease(&self, lane: usize, max_bytes: u64) -> Option<Lease> {
        let lane = &self.lanes[lane];
        let mut failures = 0;
        loop {
            match lane.next(max_bytes) {
                Next::Lease(piece) => return Some(lane.hand_out(piece)),
                Next::Empty => return None,
                Next::Read(segment, from) => match lane.read(&segment, from, max_bytes, failures > 2) {
                    Ok(Some(piece)) => return Some(lane.hand_out(piece)),
                    Ok(None) => {}
                    Err(()) => failures += 1,
                },
            }
        }
    }

    pub fn settle_as(&self, lane: usize, lease: Lease, outcome: Outcome) {
        let settled = lease.records().iter().map(|stored| {
            let Record { kind, items, .. } = stored.record;
            Settled { kind, outcome, items: u64::from(items) }
        });
        let settled = settled.collect();
        self.lanes[lane].settle(lease, settled);
    }

    /// Leases and settles until nothing is left; gives the numbers that came.
    pub fn drain(&self, lane: usize) -> Vec<u32> {
        let mut numbers = Vec::new();
        while let Some(lease) = self.lease(lane, 1000) {
            numbers.extend(lease.records().iter().map(number));
            self.settle_as(lane, lease, Outcome::Sent);
        }
        numbers
    }

    /// The upkeep's turn, with everything to do.
    pub fn upkeep(&mut self) {
        self.upkeep.work(Chores { prepare: true, retire: true, cursors: true, finish: false });
    }

    /// Bytes that segments take, in use or free.
    pub fn segment_bytes(&self) -> u64 {
        let files = self.disk.list().unwrap();
        let segment = |name: &str| [".seg", ".free", ".tmp"].iter().any(|suffix| name.ends_with(suffix));
        files.iter().filter(|(name, _)| segment(name)).map(|(_, len)| len).sum()
    }

    pub fn segments(&self) -> Vec<String> {
        self.disk.names().into_iter().filter(|name| name.ends_with(".seg")).collect()
    }
}
