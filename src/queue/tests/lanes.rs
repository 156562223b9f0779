//! Lanes that come and go while the queue is open.

use super::rig::{Rig, lane, numbered, small};
use crate::queue::*;
use std::collections::BTreeMap;

fn rig(lanes: &[&str]) -> Rig {
    Rig::new(small(), lanes.iter().map(|name| lane(name)).collect(), 1000)
}

/// The rig's lane with this index, as one that was added.
fn add(rig: &mut Rig, name: &str) -> usize {
    let added = rig.queue.add_lane(&lane(name)).unwrap();
    rig.lanes.push(added);
    rig.specs.push(lane(name));
    rig.lanes.len() - 1
}

fn accept(rig: &mut Rig, numbers: std::ops::Range<u32>) {
    for number in numbers {
        rig.accept(vec![numbered(number, 600)]);
    }
}

#[test]
fn a_lane_that_is_added_gets_everything_on_disk_and_what_comes() {
    let mut rig = rig(&["a"]);
    accept(&mut rig, 0..20);
    let b = add(&mut rig, "b");
    assert_eq!(rig.lanes[b].ledger().line(1).recovered, 20);
    accept(&mut rig, 20..25);
    assert_eq!(rig.drain(b), (0..25).collect::<Vec<u32>>());
    assert!(rig.lanes[b].ledger().closes());
    assert_eq!(rig.drain(0).len(), 25, "the other one is not touched by it");

    let rig = rig.restart(|_| ());
    assert_eq!((rig.drain(0), rig.drain(b)), (vec![], vec![]), "its cursor lasts");
}

#[test]
fn a_lane_may_be_added_to_an_empty_queue() {
    let mut rig = rig(&["a"]);
    let b = add(&mut rig, "b");
    accept(&mut rig, 0..3);
    assert_eq!(rig.drain(b), [0, 1, 2]);
    assert!(rig.queue.add_lane(&lane("b")).is_err(), "there is one already");
}

#[test]
fn a_lane_that_is_gone_after_a_restart_is_counted_as_removed() {
    let mut rig = rig(&["a", "gone"]);
    accept(&mut rig, 0..20);
    assert_eq!(rig.drain(0).len(), 20);
    let lease = rig.lease(1, 1).unwrap();
    rig.settle_as(1, lease, Outcome::Sent);
    rig.specs.pop();
    let mut rig = rig.restart(|_| ());
    let ledgers = rig.queue.ledgers();
    let (name, ledger) = &ledgers[1];
    assert!(&**name == "gone" && ledger.closes());
    let line = ledger.line(1);
    assert_eq!((line.recovered, &line.dropped), (19, &BTreeMap::from([("removed", 19)])));
    assert!(!rig.disk.names().contains(&"gone.cursor".to_string()));
    accept(&mut rig, 20..22);
    assert_eq!(rig.drain(0), [20, 21]);
    assert_eq!(rig.queue.ledgers()[1].1, *ledger, "nothing is for it any more");
    assert_eq!(rig.restart(|_| ()).queue.ledgers().len(), 1, "it is told once");
}

#[test]
fn a_lane_that_is_removed_gives_up_what_waits_and_frees_the_disk() {
    let mut rig = rig(&["a", "gone"]);
    accept(&mut rig, 0..40);
    assert_eq!(rig.drain(0).len(), 40);
    let before = rig.segments().len();
    let lease = rig.lease(1, 1000).unwrap();
    drop(lease);
    assert!(rig.queue.remove_lane("gone"));
    assert!(!rig.queue.remove_lane("gone"));
    rig.upkeep();
    assert!(rig.segments().len() < before);
    let ledger = rig.lanes[1].ledger();
    assert!(ledger.closes());
    assert_eq!(ledger.line(1).dropped, BTreeMap::from([("removed", 40)]));
    assert!(!rig.disk.names().contains(&"gone.cursor".to_string()));
    accept(&mut rig, 40..45);
    assert_eq!(rig.drain(0).len(), 5);
    assert_eq!(rig.lanes[1].ledger(), ledger, "nothing is for it any more");
}

#[test]
fn a_lane_that_comes_back_goes_on_with_its_ledger() {
    let mut rig = rig(&["a", "b"]);
    accept(&mut rig, 0..2);
    rig.drain(1);
    rig.queue.remove_lane("b");
    accept(&mut rig, 2..4);
    let b = add(&mut rig, "b");
    assert_eq!(rig.drain(b), [0, 1, 2, 3], "what is on disk counts, seen before or not");
    let ledger = rig.lanes[b].ledger();
    assert!(ledger.closes());
    assert_eq!((ledger.line(1).accepted, ledger.line(1).recovered, ledger.line(1).sent), (2, 4, 6));
    assert_eq!(rig.queue.ledgers().len(), 2);
}

#[test]
fn other_limits_hold_at_once() {
    let mut rig = rig(&["a", "b"]);
    accept(&mut rig, 0..4);
    let most = Overrides { max_size: Some(crate::units::Size::kib(3)), ..Overrides::default() };
    rig.queue.limit_lane("b", &most);
    assert!(matches!(rig.push(vec![numbered(4, 600)])[0], Err(PushError::Full)));
    rig.drain(1);
    accept(&mut rig, 4..5);
}

#[test]
fn a_replay_stands_in_the_ledger_until_it_is_settled() {
    let rig = rig(&["a"]);
    let lane = &rig.lanes[0];
    let replay = lane.replay(1, 5, 100);
    let ledger = lane.ledger();
    assert!(ledger.closes());
    assert_eq!((ledger.line(1).replayed, ledger.waiting().items), (5, 5));
    replay.settle(&[Settled { kind: 1, outcome: Outcome::Sent, items: 5 }]);
    drop(lane.replay(1, 2, 40));
    let ledger = lane.ledger();
    assert!(ledger.closes());
    let line = ledger.line(1);
    assert_eq!((line.replayed, line.sent, ledger.waiting().items), (7, 5, 0));
    assert_eq!(line.dead, BTreeMap::from([("not_replayed", 2)]), "one that was dropped is as dead as before");
}
