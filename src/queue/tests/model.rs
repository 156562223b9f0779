//! The queue against a model: generated actions on a faulty disk, and what must hold after each.

use super::rig::{Rig, lane, number, numbered, small};
use crate::queue::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
enum Action {
    /// Records of these sizes, as one group.
    Push(Vec<usize>),
    Lease(usize, u64),
    /// The lane's open lease with this index, modulo how many there are.
    Settle(usize, usize),
    Release(usize, usize),
    Upkeep,
    Kill,
    PowerFailure(u64),
    /// Bytes left on the disk.
    Fill(u64),
    Mend,
    FailWrites(u32),
    FailSyncs(u32),
    ShortWrites(usize),
    /// The bit of this file position, and which file, both modulo what there is.
    FlipBit(usize, usize),
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        8 => prop::collection::vec(4usize..1500, 1..6).prop_map(Action::Push),
        1 => (2000usize..9000).prop_map(|len| Action::Push(vec![len])),
        6 => (0usize..2, 1u64..4000).prop_map(|(lane, most)| Action::Lease(lane, most)),
        6 => (0usize..2, 0usize..8).prop_map(|(lane, which)| Action::Settle(lane, which)),
        1 => (0usize..2, 0usize..8).prop_map(|(lane, which)| Action::Release(lane, which)),
        3 => Just(Action::Upkeep),
        1 => Just(Action::Kill),
        1 => any::<u64>().prop_map(Action::PowerFailure),
        1 => (0u64..9000).prop_map(Action::Fill),
        2 => Just(Action::Mend),
        1 => (1u32..3).prop_map(Action::FailWrites),
        1 => (1u32..3).prop_map(Action::FailSyncs),
        1 => (1usize..700).prop_map(Action::ShortWrites),
    ]
}

/// What is known of each record and each lane.
struct Model {
    rig: Option<Rig>,
    durability: Durability,
    pushed: BTreeMap<u32, usize>,
    accepted: BTreeSet<u32>,
    lanes: [LaneModel; 2],
    /// Records that bit flips may have cost.
    losses: usize,
    /// Nothing has happened that may leave a record which was not accepted, or bring back a settled one.
    calm: bool,
}

#[derive(Default)]
struct LaneModel {
    open: Vec<Lease>,
    settled: BTreeSet<u32>,
    /// Settled and, as far as we know, not to come again.
    gone: BTreeSet<u32>,
    last: u64,
}

impl Model {
    fn new(durability: Durability, young: u64) -> Model {
        let config = Config { durability, ..small() };
        let rig = Rig::new(config, vec![lane("one"), lane("two")], young);
        Model {
            rig: Some(rig),
            durability,
            pushed: BTreeMap::new(),
            accepted: BTreeSet::new(),
            lanes: Default::default(),
            losses: 0,
            calm: true,
        }
    }

    fn rig(&mut self) -> &mut Rig {
        self.rig.as_mut().unwrap()
    }

    fn run(&mut self, action: Action) {
        let rough = matches!(
            action,
            Action::FailSyncs(_)
                | Action::FailWrites(_)
                | Action::Fill(_)
                | Action::FlipBit(..)
                | Action::PowerFailure(_)
        );
        self.calm &= !rough;
        match action {
            Action::Push(lens) => self.push(lens),
            Action::Lease(lane, most) => self.lease(lane, most),
            Action::Settle(lane, which) => self.settle(lane, which),
            Action::Release(lane, which) => {
                let open = &mut self.lanes[lane].open;
                if !open.is_empty() {
                    drop(open.remove(which % open.len()));
                    self.lanes[lane].last = 0;
                }
            }
            Action::Upkeep => self.rig().upkeep(),
            Action::Kill => self.restart(|_| ()),
            Action::PowerFailure(dice) => {
                if self.durability == Durability::Fsync {
                    self.restart(|disk| disk.crash(dice));
                    // Cursors may have gone back by what was not synced.
                    self.lanes.iter_mut().for_each(|lane| lane.gone.clear());
                }
            }
            Action::Fill(left) => {
                let disk = &self.rig().disk;
                disk.set_capacity(disk.used() + left);
            }
            Action::Mend => self.rig().disk.mend(),
            Action::FailWrites(count) => self.rig().disk.fail_writes(count),
            Action::FailSyncs(count) => self.rig().disk.fail_syncs(count),
            Action::ShortWrites(most) => self.rig().disk.write_at_most(most),
            Action::FlipBit(file, bit) => {
                self.losses += 1;
                self.restart(|disk| flip(disk, file, bit));
            }
        }
        self.check();
    }

    fn push(&mut self, lens: Vec<usize>) {
        let first = self.pushed.len() as u32;
        let numbers: Vec<u32> = (first..).take(lens.len()).collect();
        self.pushed.extend(numbers.iter().copied().zip(lens.iter().copied()));
        let records = numbers.iter().zip(&lens).map(|(number, len)| numbered(*number, *len)).collect();
        let answers = self.rig().push(records);
        for (number, answer) in numbers.into_iter().zip(answers) {
            match answer {
                Ok(()) => drop(self.accepted.insert(number)),
                Err(PushError::Full | PushError::Disk(_)) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    fn lease(&mut self, lane: usize, most: u64) {
        let rig = self.rig.as_ref().unwrap();
        let Some(lease) = rig.lease(lane, most) else {
            return;
        };
        let lane = &mut self.lanes[lane];
        let sequences: Vec<u64> = lease.records().iter().map(|stored| stored.sequence).collect();
        assert!(sequences.is_sorted_by(|a, b| a < b));
        assert!(lane.last < sequences[0] || lane.last == 0, "out of order");
        let bytes: u64 = lease.records().iter().map(|stored| stored.record.payload.len() as u64).sum();
        assert!(bytes <= most || lease.records().len() == 1);
        for stored in lease.records() {
            let number = number(stored);
            assert_eq!(stored.record, numbered(number, self.pushed[&number]), "not what was pushed");
            assert!(!lane.gone.contains(&number), "{number} came again");
            let twice =
                lane.open.iter().flat_map(Lease::records).any(|other| other.sequence == stored.sequence);
            assert!(!twice, "{number} is leased twice");
        }
        lane.last = *sequences.last().unwrap();
        lane.open.push(lease);
    }

    fn settle(&mut self, lane: usize, which: usize) {
        let open = &mut self.lanes[lane].open;
        if open.is_empty() {
            return;
        }
        let lease = open.remove(which % open.len());
        self.lanes[lane].settled.extend(lease.records().iter().map(number));
        // If writing the cursor fails, they come again after a crash.
        if !self.rig().disk.is_failing() {
            self.lanes[lane].gone.extend(lease.records().iter().map(number));
        }
        let outcomes = [Outcome::Sent, Outcome::Dropped("gave_up"), Outcome::Dead("refused")];
        self.rig().settle_as(lane, lease, outcomes[which % 3]);
    }

    fn restart(&mut self, meanwhile: impl FnOnce(&super::fault::FaultDisk)) {
        for lane in &mut self.lanes {
            lane.open.clear();
            lane.last = 0;
        }
        let rig = self.rig.take().unwrap();
        // A disk that fails while the queue is opened is an error there, not our subject here.
        rig.disk.mend();
        self.rig = Some(rig.restart(meanwhile));
    }

    fn check(&mut self) {
        let rig = self.rig.as_ref().unwrap();
        for (lane, model) in rig.lanes.iter().zip(&self.lanes) {
            let ledger = lane.ledger();
            assert!(ledger.closes(), "{ledger:?}");
            if self.calm {
                let left: Vec<u32> = self.accepted.difference(&model.gone).copied().collect();
                let bytes: usize = left.iter().map(|number| 40 + self.pushed[number]).sum();
                let amount =
                    Amount { records: left.len() as u64, items: left.len() as u64, bytes: bytes as u64 };
                assert_eq!(ledger.waiting(), amount);
            }
        }
        let (bytes, most) = (rig.segment_bytes(), rig.config.max_size.0);
        assert!(bytes <= most, "{bytes} bytes on disk, {most} allowed");
    }

    /// Whatever was accepted has been settled or still comes, but for what damage took.
    fn finish(mut self) {
        self.restart(|_| ());
        self.check();
        for index in 0..self.lanes.len() {
            let mut came = self.lanes[index].settled.clone();
            loop {
                let before = self.lanes[index].open.len();
                self.lease(index, 5000);
                let open = &mut self.lanes[index].open;
                if open.len() == before {
                    break;
                }
                came.extend(open.iter().flat_map(Lease::records).map(number));
                self.settle(index, 0);
            }
            let gone: Vec<_> = self.accepted.difference(&came).collect();
            assert!(gone.len() <= self.losses, "lane {index} lost {gone:?}");
            assert_eq!(self.rig().lanes[index].ledger().waiting().records, 0);
            self.check();
        }
        self.rig().upkeep();
        self.check();
    }
}

fn flip(disk: &super::fault::FaultDisk, file: usize, bit: usize) {
    let segments: Vec<String> = disk.names().into_iter().filter(|name| name.ends_with(".seg")).collect();
    if let Some(name) = segments.get(file % segments.len().max(1)) {
        // The same bit of what is written and of what would outlast a power failure, which may be shorter.
        let mut at = None;
        disk.edit(name, |bytes| {
            let at = *at.get_or_insert(bit / 8 % bytes.len().max(1));
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << (bit % 8);
            }
        });
    }
}

/// `SIDELIGHT_CASES` asks for more, as `make test-nightly` does.
fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var("SIDELIGHT_CASES").ok().and_then(|cases| cases.parse().ok());
    let cases = asked.unwrap_or(usual).min(usual * 500);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn play(durability: Durability, young: u64, actions: Vec<Action>) {
    let mut model = Model::new(durability, young);
    actions.into_iter().for_each(|action| model.run(action));
    model.finish();
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn nothing_acknowledged_is_lost_whatever_the_disk_does(
        young in prop_oneof![Just(0), Just(2000), Just(1 << 20)],
        actions in prop::collection::vec(action(), 1..80),
    ) {
        play(Durability::Fsync, young, actions);
    }

    #[test]
    fn without_sync_nothing_acknowledged_is_lost_to_a_kill(
        young in prop_oneof![Just(0), Just(2000)],
        actions in prop::collection::vec(action(), 1..60),
    ) {
        play(Durability::Os, young, actions);
    }

    #[test]
    fn a_flipped_bit_costs_one_record_at_most(
        actions in prop::collection::vec(prop_oneof![
            8 => action(),
            1 => (any::<usize>(), any::<usize>()).prop_map(|(file, bit)| Action::FlipBit(file, bit)),
        ], 1..60),
    ) {
        play(Durability::Fsync, 0, actions);
    }
}
