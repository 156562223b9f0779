//! Caps by bytes and age, and what lanes with different policies do to each other.

use super::rig::{Rig, lane, number, numbered, record, small};
use crate::queue::clock::Clock;
use crate::queue::*;
use crate::units::Size;
use std::time::{Duration, SystemTime};

fn lane_with(name: &str, max_size: u64, when_full: WhenFull) -> LaneSpec {
    let overrides = Overrides { max_size: Some(Size(max_size)), when_full: Some(when_full), max_age: None };
    LaneSpec { name: name.to_string(), overrides }
}

/// Pushes numbered records of 1000 bytes, one at a time, until one is refused; how many were taken.
fn fill(rig: &mut Rig, most: u32) -> u32 {
    for number in 0..most {
        match rig.push(vec![numbered(number, 1000)]).remove(0) {
            Ok(()) => {}
            Err(PushError::Full) => return number,
            Err(error) => panic!("{error}"),
        }
    }
    most
}

#[test]
fn a_refusing_lane_at_its_limit_refuses_until_it_has_room_again() {
    let specs = vec![lane_with("one", 10_400, WhenFull::Refuse)];
    let mut rig = Rig::new(small(), specs, 0);
    assert_eq!(fill(&mut rig, 100), 10);
    let lease = rig.lease(0, 1).unwrap();
    assert_eq!(fill(&mut rig, 1), 0, "what is leased still waits");
    rig.settle_as(0, lease, Outcome::Sent);
    assert_eq!(fill(&mut rig, 100), 1);
    assert_eq!(rig.queue.refusal(), Some(Refusal::Lane("one".into())));
    rig.drain(0);
    assert_eq!(rig.queue.refusal(), None, "there is room, though nobody has asked for it");
}

#[test]
fn a_lane_that_drops_its_oldest_costs_the_other_nothing() {
    let specs = vec![lane_with("drops", 12_000, WhenFull::DropOldest), lane("keeps")];
    let mut rig = Rig::new(small(), specs, 0);
    assert_eq!(fill(&mut rig, 20), 20);
    let ledger = rig.lanes[0].ledger();
    let dropped = ledger.line(1).dropped["queue_full"];
    assert!(ledger.closes() && ledger.waiting().bytes <= 12_000 && dropped >= 9);
    assert_eq!(rig.drain(0), (dropped as u32..20).collect::<Vec<u32>>());
    assert_eq!(rig.drain(1), (0..20).collect::<Vec<u32>>());
}

#[test]
fn the_whole_queue_keeps_to_its_bound_and_refuses_if_any_lane_may_not_drop() {
    let specs = vec![lane("slow"), lane_with("drops", 1 << 20, WhenFull::DropOldest)];
    let mut rig = Rig::new(small(), specs, 0);
    rig.upkeep();
    let taken = fill(&mut rig, 100);
    assert!((18..=24).contains(&taken), "{taken} of 3 to a segment, 8 segments");
    assert!(rig.segment_bytes() <= 65_536);
    assert_eq!(rig.queue.refusal(), Some(Refusal::Queue));
    assert_eq!(rig.drain(0).len(), taken as usize);
    assert!(fill(&mut rig, 100) > 0, "the other lane drops");
    assert!(rig.lanes[1].ledger().line(1).dropped["queue_full"] > 0);
    assert!(rig.lanes.iter().all(|lane| lane.ledger().closes()));
}

#[test]
fn a_stuck_lease_of_a_dropping_lane_does_not_stop_the_queue() {
    let specs = vec![lane_with("drops", 1 << 20, WhenFull::DropOldest)];
    let mut rig = Rig::new(small(), specs, 0);
    fill(&mut rig, 3);
    let stuck = rig.lease(0, 1).unwrap();
    assert_eq!(fill(&mut rig, 100), 100);
    assert!(rig.segment_bytes() <= 65_536);
    assert_eq!(number(&stuck.records()[0]), 0);
    rig.settle_as(0, stuck, Outcome::Sent);
    rig.drain(0);
    let ledger = rig.lanes[0].ledger();
    assert_eq!(ledger.line(1).sent + ledger.line(1).dropped["queue_full"], 103);
}

#[test]
fn a_lane_that_drops_refuses_nobody_for_what_it_has_leased() {
    let mut rig = Rig::new(small(), vec![lane_with("drops", 4_000, WhenFull::DropOldest), lane("keeps")], 0);
    fill(&mut rig, 3);
    let stuck: Vec<Lease> = (0..3).map(|_| rig.lease(0, 1).unwrap()).collect();
    assert_eq!(fill(&mut rig, 10), 10);
    assert_eq!(rig.drain(1).len(), 13);
    drop(stuck);
    rig.drain(0);
    let ledger = rig.lanes[0].ledger();
    assert!(ledger.closes() && ledger.waiting().records == 0);
    assert_eq!(ledger.line(1).sent + ledger.line(1).dropped["queue_full"], 13);
}

#[test]
fn what_a_lane_can_never_hold_is_too_large_for_one_that_refuses() {
    for (when_full, taken) in [(WhenFull::Refuse, false), (WhenFull::DropOldest, true)] {
        let mut rig = Rig::new(small(), vec![lane_with("one", 4_000, when_full)], 0);
        let answer = rig.push(vec![numbered(0, 5_000)]).remove(0);
        assert_eq!(answer.is_ok(), taken, "{answer:?}");
        assert!(taken || matches!(answer, Err(PushError::TooLarge { most: 3_960, .. })), "{answer:?}");
    }
}

#[test]
fn a_slow_lane_keeps_what_a_fast_one_is_done_with() {
    let mut rig = Rig::new(small(), vec![lane("fast"), lane("slow")], 3000);
    let mut slow = Vec::new();
    for round in 0..30 {
        rig.accept(vec![numbered(round, 600)]);
        assert_eq!(rig.drain(0), [round]);
        if round % 3 == 2 {
            let lease = rig.lease(1, 1200).unwrap();
            slow.extend(lease.records().iter().map(number));
            rig.settle_as(1, lease, Outcome::Sent);
        }
        rig.upkeep();
    }
    slow.extend(rig.drain(1));
    assert_eq!(slow, (0..30).collect::<Vec<u32>>());
    rig.upkeep();
    assert!(rig.segment_bytes() <= 4 * 8192, "space comes back");
}

#[test]
fn leases_settle_in_any_order_and_the_rest_comes_again() {
    let mut rig = Rig::new(small(), vec![lane("one")], 0);
    rig.accept((0..6).map(|number| numbered(number, 100)).collect());
    let mut leases: Vec<Lease> = (0..5).map(|_| rig.lease(0, 1).unwrap()).collect();
    rig.settle_as(0, leases.remove(3), Outcome::Sent);
    rig.settle_as(0, leases.remove(1), Outcome::Dead("refused"));
    drop(leases);
    let rig = rig.restart(|_| ());
    assert_eq!(rig.drain(0), [0, 2, 4, 5]);
}

#[test]
fn a_released_lease_is_the_next_to_come_and_may_be_cut_smaller() {
    let mut rig = Rig::new(small(), vec![lane("one")], 0);
    rig.accept((0..4).map(|number| numbered(number, 100)).collect());
    let lease = rig.lease(0, 300).unwrap();
    assert_eq!(lease.records().len(), 3);
    rig.lanes[0].release(lease);
    let numbers = |lease: &Lease| lease.records().iter().map(number).collect::<Vec<u32>>();
    let first = rig.lease(0, 100).unwrap();
    let second = rig.lease(0, 1000).unwrap();
    assert_eq!((numbers(&first), numbers(&second)), (vec![0], vec![1, 2]));
    drop((first, second));
    assert_eq!(rig.drain(0), [0, 1, 2, 3]);
}

#[test]
fn what_is_over_age_is_dropped_wherever_it_waits() {
    let day = Duration::from_secs(24 * 3600);
    let mut rig = Rig::new(small(), vec![lane("one")], 0);
    rig.accept((0..6).map(|number| numbered(number, 1000)).collect());
    rig.lanes[0].release(rig.lease(0, 1).unwrap());
    rig.clock.advance(day);
    rig.accept(vec![numbered(6, 1000)]);
    rig.clock.advance(Duration::from_secs(1));
    assert_eq!(rig.lanes[0].ledger().oldest, Some(day + Duration::from_secs(1)));
    assert_eq!(rig.drain(0), [6]);
    let ledger = rig.lanes[0].ledger();
    assert_eq!((ledger.line(1).dropped["expired"], ledger.line(1).sent, ledger.oldest), (6, 1, None));

    rig.accept((7..20).map(|number| numbered(number, 1000)).collect());
    rig.clock.advance(2 * day);
    rig.upkeep();
    assert_eq!(rig.lanes[0].ledger().waiting().records, 0, "also where nobody leases");
}

#[test]
fn a_clock_that_was_wrong_expires_nothing() {
    let mut rig = Rig::new(small(), vec![lane("one")], 0);
    rig.accept(vec![numbered(0, 100)]);
    let stamp = rig.clock.now();
    let opened = |at| Clock::at(at);
    assert_eq!(opened(stamp - Duration::from_secs(1 << 30)).age(stamp), Duration::ZERO, "from the future");
    assert_eq!(opened(stamp).age(SystemTime::UNIX_EPOCH), Duration::ZERO, "from 1970");
    assert_eq!(opened(stamp).age(stamp - Duration::from_secs(60)), Duration::from_secs(60));
}

#[test]
fn a_record_larger_than_a_segment_gets_one_to_itself_and_one_larger_than_the_bound_is_refused() {
    let mut rig = Rig::new(small(), vec![lane("one")], 0);
    rig.accept(vec![numbered(0, 100), numbered(1, 30_000), numbered(2, 100)]);
    let refused = rig.push(vec![numbered(3, 32_769)]).remove(0).unwrap_err();
    assert_eq!(refused.to_string(), "32769 bytes are more than the queue takes at once, which is 32768");
    let rig = rig.restart(|_| ());
    assert_eq!(rig.drain(0), [0, 1, 2]);
}

#[test]
fn a_new_lane_gets_all_that_is_on_disk_and_one_that_is_gone_holds_nothing() {
    let mut rig = Rig::new(small(), vec![lane("gone"), lane("stays")], 0);
    rig.accept((0..10).map(|number| numbered(number, 1000)).collect());
    assert_eq!(rig.drain(1).len(), 10);
    rig.specs = vec![lane("stays"), lane("new/one")];
    let mut rig = rig.restart(|_| ());
    assert!(!rig.disk.names().contains(&"gone.cursor".to_string()));
    assert_eq!(rig.lanes[1].ledger().line(1).recovered, 10);
    assert_eq!(rig.drain(0), [0; 0]);
    assert_eq!(rig.drain(1), (0..10).collect::<Vec<u32>>());
    rig.upkeep();
    assert!(rig.segments().len() <= 1);
}

#[test]
fn kinds_are_counted_apart_and_a_wrong_account_still_closes() {
    let mut rig = Rig::new(small(), vec![lane("one")], 1 << 20);
    rig.accept(vec![record(1, 10, "a"), record(2, 20, "b"), record(3, 30, "c"), record(9, 40, "d")]);
    let lease = rig.lease(0, 1000).unwrap();
    let settled = |kind, outcome, items| Settled { kind, outcome, items };
    rig.lanes[0].settle(
        lease,
        vec![
            settled(1, Outcome::Sent, 8),
            settled(1, Outcome::Dropped("rejected"), 2),
            settled(2, Outcome::Sent, 25),
            settled(3, Outcome::Dead("refused"), 10),
        ],
    );
    let ledger = rig.lanes[0].ledger();
    assert!(ledger.closes());
    assert_eq!((ledger.line(1).sent, ledger.line(1).dropped["rejected"]), (8, 2));
    assert_eq!(ledger.line(2).sent, 20);
    assert_eq!((ledger.line(3).dead["refused"], ledger.line(3).dropped["unaccounted"]), (10, 20));
    assert_eq!(ledger.line(9).dropped["unaccounted"], 40);
}

#[test]
fn two_lanes_of_one_name_are_refused() {
    let disk = std::sync::Arc::new(Memory::default());
    let refused = Queue::open(small(), &[lane("one"), lane("one")], Metrics::new(), disk).err().unwrap();
    assert_eq!(refused.to_string(), "two lanes are named one");
}
