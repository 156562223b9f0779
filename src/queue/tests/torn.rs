//! Damage on disk: torn tails, flipped bits, lost headers.

use super::rig::{Rig, lane, numbered, small};
use crate::queue::*;

const LEN: usize = 300;
const ON_DISK: usize = 340;

/// Three records in one segment, read from disk.
fn three() -> Rig {
    let mut rig = Rig::new(small(), vec![lane("one")], 0);
    rig.accept((0..3).map(|number| numbered(number, LEN)).collect());
    rig
}

fn first_segment(rig: &Rig) -> String {
    rig.segments()[0].clone()
}

#[test]
fn a_record_torn_at_any_byte_is_cut_off_and_those_before_it_stay() {
    for torn in 0..ON_DISK {
        let rig = three();
        let name = first_segment(&rig);
        let mut rig =
            rig.restart(|disk| disk.edit(&name, |bytes| bytes.truncate(bytes.len() - ON_DISK + torn)));
        assert_eq!(rig.lanes[0].ledger().line(1).recovered, 2, "torn at {torn}");
        rig.accept(vec![numbered(7, LEN)]);
        let rig = rig.restart(|_| ());
        assert_eq!(rig.drain(0), [0, 1, 7], "torn at {torn}");
    }
}

#[test]
fn a_tail_of_garbage_at_any_byte_is_cut_off_too() {
    for torn in 0..ON_DISK {
        let rig = three();
        let name = first_segment(&rig);
        let mut rig = rig.restart(|disk| {
            disk.edit(&name, |bytes| {
                let from = bytes.len() - ON_DISK + torn;
                bytes[from..].iter_mut().for_each(|byte| *byte = !*byte);
            });
        });
        rig.accept(vec![numbered(7, 2 * LEN)]);
        let rig = rig.restart(|_| ());
        assert_eq!(rig.drain(0), [0, 1, 7], "torn at {torn}");
    }
}

#[test]
fn a_damaged_byte_anywhere_in_a_record_costs_that_record_alone() {
    for at in 0..ON_DISK {
        let rig = three();
        let name = first_segment(&rig);
        let rig = rig.restart(|disk| disk.edit(&name, |bytes| bytes[4096 + ON_DISK + at] ^= 0x10));
        assert_eq!(rig.drain(0), [0, 2], "damaged at {at}");
        assert!(rig.lanes[0].ledger().closes());
    }
}

#[test]
fn a_record_that_goes_bad_while_the_queue_is_open_is_booked_as_corrupt() {
    let rig = three();
    let name = first_segment(&rig);
    rig.disk.edit(&name, |bytes| bytes[4096 + ON_DISK + 100] ^= 1);
    assert_eq!(rig.drain(0), [0, 2]);
    let ledger = rig.lanes[0].ledger();
    assert_eq!(ledger.line(1).dropped["corrupt"], 1);
    assert_eq!((ledger.line(1).sent, ledger.waiting().records), (2, 0));
    assert!(ledger.closes());
}

#[test]
fn one_damaged_copy_of_a_header_or_seal_costs_nothing() {
    for at in [0, 17, 30, 1024, 1055, 2048, 2070, 3072, 3100] {
        let mut rig = Rig::new(small(), vec![lane("one")], 0);
        rig.accept((0..20).map(|number| numbered(number, LEN)).collect());
        let name = first_segment(&rig);
        let rig = rig.restart(|disk| disk.edit(&name, |bytes| bytes[at] ^= 4));
        assert_eq!(rig.lanes[0].ledger().line(1).recovered, 20);
        assert_eq!(rig.drain(0), (0..20).collect::<Vec<u32>>(), "damaged at {at}");
    }
}

#[test]
fn a_segment_without_a_header_is_set_aside_and_the_others_go_on() {
    let mut rig = Rig::new(small(), vec![lane("one")], 0);
    rig.accept((0..20).map(|number| numbered(number, LEN)).collect());
    let name = first_segment(&rig);
    let mut rig = rig.restart(|disk| disk.edit(&name, |bytes| bytes[..2048].fill(0xAA)));
    assert!(rig.disk.names().iter().any(|name| name.ends_with(".bad")));
    rig.accept(vec![numbered(20, LEN)]);
    assert_eq!(rig.drain(0), (12..21).collect::<Vec<u32>>());
}

#[test]
fn what_an_earlier_use_left_in_a_recycled_segment_never_comes_back() {
    let mut rig = Rig::new(small(), vec![lane("one")], 0);
    for round in 0..40 {
        rig.accept((0..7).map(|number| numbered(round * 7 + number, LEN)).collect());
        assert_eq!(rig.drain(0), (round * 7..round * 7 + 7).collect::<Vec<u32>>());
        rig.upkeep();
        rig = rig.restart(|_| ());
        assert_eq!(rig.drain(0), [0; 0]);
    }
    assert!(rig.segment_bytes() <= 4 * 8192, "segments are used again");
}

#[test]
fn a_cursor_survives_a_torn_slot_and_a_lost_one_begins_at_the_oldest_record() {
    for slot in [0, 4096] {
        let rig = three();
        let lease = rig.lease(0, 1).unwrap();
        rig.settle_as(0, lease, Outcome::Sent);
        let rig = rig.restart(|disk| disk.edit("one.cursor", |bytes| bytes[slot..slot + 4096].fill(0x55)));
        let came = rig.drain(0);
        assert!(came == [0, 1, 2] || came == [1, 2], "{came:?}");
    }
    let rig = three();
    let lease = rig.lease(0, 1).unwrap();
    rig.settle_as(0, lease, Outcome::Sent);
    let rig = rig.restart(|disk| disk.edit("one.cursor", |bytes| bytes.fill(0x55)));
    assert_eq!(rig.drain(0), [0, 1, 2]);
}

#[test]
fn a_cursor_beyond_a_lost_tail_swallows_no_new_record() {
    let rig = three();
    assert_eq!(rig.drain(0), [0, 1, 2]);
    let name = first_segment(&rig);
    let mut rig = rig.restart(|disk| disk.edit(&name, |bytes| bytes.truncate(4096 + ON_DISK)));
    rig.accept((3..6).map(|number| numbered(number, LEN)).collect());
    let rig = rig.restart(|_| ());
    assert_eq!(rig.drain(0), [3, 4, 5]);
}
