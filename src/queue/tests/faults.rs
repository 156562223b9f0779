//! A disk that is full or fails, and what the sender hears.

use super::rig::{Rig, lane, numbered, small};
use crate::queue::*;

fn rig() -> Rig {
    let mut rig = Rig::new(small(), vec![lane("one")], 0);
    rig.accept(vec![numbered(0, 100)]);
    rig
}

fn push_one(rig: &mut Rig, number: u32) -> Result<(), PushError> {
    rig.push(vec![numbered(number, 100)]).remove(0)
}

#[test]
fn a_full_disk_refuses_and_recovers_by_itself_when_space_returns() {
    let mut rig = rig();
    rig.disk.set_capacity(rig.disk.used() + 150);
    assert!(push_one(&mut rig, 1).is_ok());
    assert!(matches!(push_one(&mut rig, 2), Err(PushError::Full)));
    assert!(matches!(push_one(&mut rig, 3), Err(PushError::Full)));
    assert_eq!(rig.drain(0), [0, 1], "lanes go on while the disk is full");
    assert_eq!(rig.queue.refusal(), Some(Refusal::Disk));
    rig.disk.mend();
    assert!(push_one(&mut rig, 4).is_ok());
    assert_eq!(rig.queue.refusal(), None);
    assert_eq!(rig.drain(0), [4]);
    let rig = rig.restart(|disk| disk.crash(1));
    assert!(rig.lanes[0].ledger().closes());
}

/// Leaves room for `bytes` on the disk, then pushes from `first` on until it is full; the next number.
fn fill(rig: &mut Rig, bytes: u64, first: u32) -> u32 {
    rig.disk.set_capacity(rig.disk.used() + bytes);
    let full = (first..1000).find(|number| matches!(push_one(rig, *number), Err(PushError::Full)));
    full.expect("the disk has an end")
}

#[test]
fn a_disk_that_the_open_segment_fills_takes_records_again_once_they_are_delivered() {
    for durability in [Durability::Fsync, Durability::Os] {
        for bytes in [1000, 2000, 3500] {
            let config = Config { durability, ..small() };
            let mut rig = Rig::new(config, vec![lane("one"), lane("two")], 0);
            let mut first = 0;
            rig.accept(vec![numbered(first, 100)]);
            let mut end = fill(&mut rig, bytes, first + 1);
            for round in 0..4 {
                let came: Vec<u32> = (first..end).collect();
                assert!(came.len() > 5, "all the room is there in round {round}: {came:?}");
                assert_eq!(rig.drain(0), came);
                assert!(push_one(&mut rig, 1000).is_err(), "the other lane still needs what is on disk");
                assert_eq!(rig.drain(1), came);
                if round % 2 == 1 {
                    rig = rig.restart(|_| ());
                }
                first = end;
                end = fill(&mut rig, 0, first);
                assert_eq!(rig.segments().len(), 1);
            }
            let rig = rig.restart(|disk| disk.mend());
            assert_eq!(rig.drain(0), (first..end).collect::<Vec<u32>>());
        }
    }
}

#[test]
fn a_full_disk_takes_the_room_of_free_segments_before_it_refuses() {
    let mut rig = rig();
    rig.upkeep();
    assert!(rig.disk.names().contains(&"ahead.free".to_string()));
    let end = fill(&mut rig, 0, 1);
    assert!(end > 20, "{end}");
    assert!(!rig.disk.names().contains(&"ahead.free".to_string()));
    assert_eq!(rig.drain(0), (0..end).collect::<Vec<u32>>());
}

#[test]
fn a_failed_sync_poisons_the_segment_and_the_group_goes_to_a_new_one() {
    for fail in [|rig: &Rig| rig.disk.fail_syncs(1), |rig: &Rig| rig.disk.fail_writes(1)] {
        let mut rig = rig();
        fail(&rig);
        assert!(push_one(&mut rig, 1).is_ok());
        assert_eq!(rig.segments().len(), 2);
        let rig = rig.restart(|disk| disk.crash(7));
        assert_eq!(rig.drain(0), [0, 1]);
    }
}

#[test]
fn a_disk_that_goes_on_failing_is_told_to_the_sender_and_tried_again() {
    let mut rig = rig();
    rig.disk.fail_writes(1000);
    assert!(matches!(push_one(&mut rig, 1), Err(PushError::Disk(_))));
    assert!(matches!(push_one(&mut rig, 2), Err(PushError::Disk(_))));
    rig.disk.mend();
    assert!(push_one(&mut rig, 3).is_ok());
    let rig = rig.restart(|disk| disk.crash(3));
    let came = rig.drain(0);
    assert!(came.starts_with(&[0]) && came.ends_with(&[3]), "{came:?}");
}

#[test]
fn short_writes_are_completed() {
    let mut rig = rig();
    rig.disk.write_at_most(7);
    rig.accept((1..6).map(|number| numbered(number, 200)).collect());
    let rig = rig.restart(|disk| disk.crash(5));
    assert_eq!(rig.drain(0), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_read_that_fails_is_tried_again_before_anything_is_given_up() {
    let mut rig = rig();
    rig.accept(vec![numbered(1, 100)]);
    rig.disk.fail_reads(3);
    assert_eq!(rig.drain(0), [0, 1]);

    rig.accept(vec![numbered(2, 100)]);
    rig.disk.fail_reads(1000);
    assert_eq!(rig.drain(0), [0; 0]);
    let ledger = rig.lanes[0].ledger();
    assert_eq!(ledger.line(1).dropped["corrupt"], 1);
    assert!(ledger.closes());
    rig.disk.mend();
    rig.accept(vec![numbered(3, 100)]);
    assert_eq!(rig.drain(0), [3]);
}

#[test]
fn a_power_failure_takes_nothing_that_was_acknowledged_with_fsync() {
    for dice in 0..50 {
        let mut rig = Rig::new(small(), vec![lane("one")], 0);
        for group in 0..6 {
            rig.accept((group * 5..group * 5 + 5).map(|number| numbered(number, 400)).collect());
        }
        let rig = rig.restart(|disk| disk.crash(dice));
        assert_eq!(rig.drain(0), (0..30).collect::<Vec<u32>>());
    }
}

#[test]
fn os_keeps_everything_over_a_kill_and_stays_whole_over_a_power_failure() {
    let config = Config { durability: Durability::Os, ..small() };
    for dice in 0..50 {
        let mut rig = Rig::new(config.clone(), vec![lane("one")], 0);
        rig.accept((0..30).map(|number| numbered(number, 400)).collect());
        let mut rig = rig.restart(|_| ());
        assert_eq!(rig.lanes[0].ledger().line(1).recovered, 30);
        rig.accept((30..40).map(|number| numbered(number, 400)).collect());
        let mut rig = rig.restart(|disk| disk.crash(dice));
        let came = rig.drain(0);
        assert!(came.is_sorted_by(|a, b| a < b), "what is left is whole and in order: {came:?}");
        rig.accept(vec![numbered(40, 400)]);
        assert_eq!(rig.drain(0), [40]);
        assert!(rig.lanes[0].ledger().closes());
    }
}

#[test]
fn memory_leaves_the_disk_alone() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config { durability: Durability::Memory, ..Config::default() };
    let disk = std::sync::Arc::new(Directory::new(dir.path()));
    let opened = Queue::open(config, &[lane("one")], Metrics::new(), disk).unwrap();
    let committer = std::thread::spawn(move || opened.committer.run());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        opened.queue.push(numbered(1, 100)).await.unwrap();
        let lease = opened.lanes[0].lease(1000).await.unwrap();
        assert_eq!(lease.records()[0].record, numbered(1, 100));
    });
    opened.queue.close();
    committer.join().unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_directory_that_is_deleted_is_noticed_before_anything_more_is_accepted_and_made_anew() {
    for young in [0, 1 << 20] {
        let mut rig = Rig::new(small(), vec![lane("one"), lane("two")], young);
        for number in 0..4 {
            rig.accept(vec![numbered(number, 1500)]);
        }
        assert_eq!(rig.drain(1).len(), 4);
        rig.disk.delete_everything();
        rig.accept(vec![numbered(4, 100)]);
        let came = rig.drain(0);
        assert_eq!(came.last(), Some(&4), "what came afterwards is kept");
        assert_eq!(came.len(), if young == 0 { 1 } else { 5 }, "what memory held is not lost");
        assert_eq!(rig.drain(1), [4]);
        rig.accept(vec![numbered(5, 100)]);
        rig.upkeep();
        assert!(rig.lanes.iter().all(|lane| lane.ledger().closes()));
        let rig = rig.restart(|disk| disk.crash(7));
        assert_eq!(rig.drain(0), [5], "and so are cursors");
    }
}

#[test]
fn an_idle_queue_notices_that_its_directory_is_gone() {
    let mut rig = rig();
    rig.drain(0);
    rig.disk.delete_everything();
    rig.upkeep();
    assert!(rig.disk.names().contains(&"one.cursor".to_string()));
    assert!(push_one(&mut rig, 1).is_ok());
    assert_eq!(rig.drain(0), [1]);
}

#[test]
fn a_read_only_disk_refuses_and_says_so_until_it_is_mended() {
    let mut rig = rig();
    rig.disk.make_read_only();
    rig.disk.fail_writes(1);
    assert!(matches!(push_one(&mut rig, 1), Err(PushError::Disk(_))));
    assert!(rig.queue.is_failing());
    rig.disk.delete_everything();
    assert!(matches!(push_one(&mut rig, 2), Err(PushError::Disk(_))));
    rig.disk.mend();
    assert!(push_one(&mut rig, 3).is_ok());
    assert!(!rig.queue.is_failing());
    assert_eq!(rig.drain(0).last(), Some(&3));
}

#[test]
fn a_queue_of_another_version_is_refused_and_left_as_it_is() {
    let rig = rig();
    let name = rig.segments().remove(0);
    for at in [0, 1024] {
        rig.disk.edit(&name, |bytes| {
            bytes[at + 8] = 7;
            let sum = crc32c::crc32c(&bytes[at..at + 60]).to_le_bytes();
            bytes[at + 60..at + 64].copy_from_slice(&sum);
        });
    }
    let before = rig.disk.names();
    let disk: std::sync::Arc<dyn Disk> = std::sync::Arc::new(rig.disk.clone());
    let refused = Queue::open(small(), &[lane("one")], Metrics::new(), disk).err().unwrap();
    assert!(
        refused
            .to_string()
            .starts_with("the queue on disk is of format version 7, and this Sidelight reads version 1")
    );
    assert_eq!(rig.disk.names(), before);
}
