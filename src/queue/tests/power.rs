//! Power that fails at every point of a small story, in every way a disk may then have kept what was not synced.

use super::rig::{Rig, lane, numbered, small};
use crate::queue::*;
use std::collections::BTreeSet;

/// Goes through all choices of a run that is repeated until there are none left: a tree, depth first.
#[derive(Default)]
struct Choices {
    /// What was chosen, and of how many.
    path: Vec<(usize, usize)>,
    at: usize,
}

impl Choices {
    fn pick(&mut self, sides: usize) -> usize {
        if self.at == self.path.len() {
            self.path.push((0, sides));
        }
        self.at += 1;
        self.path[self.at - 1].0
    }

    /// Whether there is a next run.
    fn next(&mut self) -> bool {
        self.at = 0;
        while let Some((chosen, of)) = self.path.pop() {
            if chosen + 1 < of {
                self.path.push((chosen + 1, of));
                return true;
            }
        }
        false
    }
}

/// Enough to go the ways of one write that was not synced.
const USUAL: usize = 20;

/// How many ways of losing what was not synced are tried at each point; `SIDELIGHT_CASES` asks for more.
fn most() -> usize {
    let asked = std::env::var("SIDELIGHT_CASES").ok().and_then(|cases| cases.parse().ok());
    asked.unwrap_or(USUAL).min(20_000)
}

/// What has become of each number so far.
#[derive(Default)]
struct Known {
    accepted: BTreeSet<u32>,
    settled: BTreeSet<u32>,
}

/// Groups of several sizes over several segments, settled in part, with finished segments used again.
fn story(rig: &mut Rig, known: &mut Known) {
    let mut next = 0;
    for (round, lens) in
        [&[300, 300][..], &[1900, 700, 40], &[3000], &[700; 4], &[3500], &[20; 5]].iter().enumerate()
    {
        let records = (next..).zip(*lens).map(|(number, len)| numbered(number, *len)).collect();
        for (number, answer) in (next..).zip(rig.push(records)) {
            if answer.is_ok() {
                known.accepted.insert(number);
            }
        }
        next += lens.len() as u32;
        if round % 2 == 1 {
            while let Some(lease) = rig.lease(0, 2000) {
                known.settled.extend(lease.records().iter().map(super::rig::number));
                rig.settle_as(0, lease, Outcome::Sent);
            }
            rig.upkeep();
        }
        if rig.disk.is_off() {
            return;
        }
    }
}

fn fresh(durability: Durability) -> Rig {
    Rig::new(Config { durability, ..small() }, vec![lane("one"), lane("two")], 0)
}

#[test]
fn nothing_accepted_is_lost_at_whatever_change_the_power_fails() {
    let mut whole = fresh(Durability::Fsync);
    let opened = whole.disk.changes();
    story(&mut whole, &mut Known::default());
    let changes = whole.disk.changes() - opened;
    assert!(changes > 40, "{changes}");

    let mut states = 0;
    for point in 0..changes {
        let mut choices = Choices::default();
        for _ in 0..most() {
            let (mut rig, mut known) = (fresh(Durability::Fsync), Known::default());
            rig.disk.power_for(point);
            story(&mut rig, &mut known);
            let rig = rig.restart(|disk| disk.crash_by(&mut |sides| choices.pick(sides)));
            check(&rig, &known, point);
            states += 1;
            if !choices.next() {
                break;
            }
        }
    }
    println!("{states} states after a power failure at each of {changes} changes");
}

/// The first lane still gets what was accepted and not settled, the second all that was accepted.
fn check(rig: &Rig, known: &Known, point: u64) {
    let came: BTreeSet<u32> = rig.drain(0).into_iter().chain(known.settled.iter().copied()).collect();
    assert!(known.accepted.is_subset(&came), "power failed after {point} changes: {came:?}");
    let came = BTreeSet::from_iter(rig.drain(1));
    assert!(known.accepted.is_subset(&came), "power failed after {point} changes: {came:?}");
    assert!(rig.lanes.iter().all(|lane| lane.ledger().closes()));
}

#[test]
fn every_bit_of_a_log_may_flip_and_nothing_else_is_lost_or_made_up() {
    const LENS: [usize; 3] = [60, 90, 30];
    let write = || {
        let mut rig = Rig::new(small(), vec![lane("one")], 0);
        for (number, len) in (0..).zip(LENS) {
            rig.accept(vec![numbered(number, len)]);
        }
        rig
    };
    let used = 4096 + LENS.iter().map(|len| 40 + len).sum::<usize>();
    // Most of the block is empty.
    let step = if most() > USUAL { 1 } else { 17 };
    for bit in (0..8 * 160)
        .chain(8 * 1024..8 * 1100)
        .chain(8 * 2048..8 * 2310)
        .chain(8 * 4096..8 * used)
        .step_by(step)
    {
        let rig = write();
        let name = rig.segments().remove(0);
        let rig = rig.restart(|disk| disk.edit(&name, |bytes| bytes[bit / 8] ^= 1 << (bit % 8)));
        let came = rig.drain(0);
        assert!(came.len() >= 2 && came.iter().is_sorted(), "bit {bit}: {came:?}");
        // A flip in the last record of a log that was not closed cannot be told from a write that was torn.
        let lost = rig.lanes[0].ledger().line(1).clone();
        assert_eq!(lost.recovered, lost.sent, "bit {bit}");
        let in_records = bit / 8 >= 4096;
        assert!(in_records || came.len() == 3, "bit {bit}: a header stands there twice");
    }
}
