//! Dead letters last, are bounded, and survive their file going bad.

use crate::queue::dead::FILE;
use crate::queue::*;
use bytes::Bytes;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

fn open(dir: &Path, most: u64) -> DeadLetters {
    let bounds = Dead { max_size: crate::units::Size(most), ..Dead::default() };
    DeadLetters::open(dir, bounds, Metrics::new()).unwrap()
}

fn letter(exporter: &str, payload: &'static [u8]) -> Letter {
    let enqueued = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    Letter {
        exporter: exporter.to_string(),
        kind: 2,
        flags: 1,
        items: 3,
        reason: "refused".to_string(),
        message: "no such tenant".to_string(),
        payload: Bytes::from_static(payload),
        enqueued,
        died: enqueued + Duration::from_millis(1500),
    }
}

#[test]
fn a_file_that_is_deleted_is_begun_anew_with_what_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue");
    let dead = open(&path, 1000);
    dead.push(&letter("otlp", b"before")).unwrap();
    fs::remove_dir_all(&path).unwrap();
    let id = dead.push(&letter("otlp", b"after")).unwrap();
    assert_eq!(open(&path, 1000).get(id).unwrap(), Some(letter("otlp", b"after")));
    assert_eq!(dead.count(None).unwrap().letters, 1);
}

#[test]
fn a_letter_comes_back_as_it_was_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let id = open(dir.path(), 1000).push(&letter("otlp", b"payload")).unwrap();
    let again = open(dir.path(), 1000);
    assert_eq!(again.get(id).unwrap(), Some(letter("otlp", b"payload")));
    assert_eq!(again.get(id + 1).unwrap(), None);
    assert_eq!(again.count(Some("otlp")).unwrap(), Count { letters: 1, items: 3, bytes: 7 });
    assert_eq!(again.count(Some("kafka")).unwrap(), Count::default());
    assert!(again.remove(id).unwrap());
    assert!(!again.remove(id).unwrap());
}

#[test]
fn another_process_can_look_while_letters_are_written() {
    let dir = tempfile::tempdir().unwrap();
    assert!(DeadReading::open(dir.path()).unwrap().is_none());
    let letters = open(dir.path(), 1000);
    for exporter in ["otlp", "kafka", "otlp"] {
        letters.push(&letter(exporter, b"x")).unwrap();
    }
    let reading = DeadReading::open(dir.path()).unwrap().unwrap();
    let ids = |exporter, after, limit| -> Vec<i64> {
        reading.list(exporter, after, limit).unwrap().iter().map(|letter| letter.id).collect()
    };
    assert_eq!(ids(None, 0, 10), [1, 2, 3]);
    assert_eq!(ids(Some("otlp"), 0, 10), [1, 3]);
    assert_eq!(ids(None, 1, 1), [2]);
    assert_eq!(reading.count(None).unwrap().letters, 3);
    assert_eq!(reading.get(2).unwrap(), Some(letter("kafka", b"x")));
}

#[test]
fn the_oldest_letters_make_room_and_the_newest_always_stays() {
    let dir = tempfile::tempdir().unwrap();
    let letters = open(dir.path(), 10);
    for payload in [b"aaaa".as_slice(), b"bbbb", b"cccc", b"more than ten bytes"] {
        letters.push(&letter("otlp", payload)).unwrap();
        assert!(letters.count(None).unwrap().bytes <= 10 || letters.count(None).unwrap().letters == 1);
    }
    assert_eq!(letters.list(None, 0, 10).unwrap()[0].bytes, 19);
}

#[test]
fn a_corrupt_file_is_set_aside_and_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE), b"this was never a database, not even once".repeat(100)).unwrap();
    let letters = open(dir.path(), 1000);
    letters.push(&letter("otlp", b"payload")).unwrap();
    assert_eq!(letters.count(None).unwrap().letters, 1);
    assert_eq!(set_aside(dir.path()), 1);
}

#[test]
fn a_file_that_goes_bad_while_it_is_open_costs_no_new_letter() {
    let dir = tempfile::tempdir().unwrap();
    let letters = open(dir.path(), 1 << 20);
    for _ in 0..50 {
        letters.push(&letter("otlp", &[7; 4096])).unwrap();
    }
    drop(letters);
    let path = dir.path().join(FILE);
    let mut bytes = fs::read(&path).unwrap();
    // The schema stays, so that opening succeeds; every later page is gone.
    bytes[4096..].fill(0xEE);
    fs::write(&path, bytes).unwrap();
    let letters = open(dir.path(), 1 << 20);
    letters.push(&letter("otlp", b"after")).unwrap();
    assert_eq!(letters.list(None, 0, 10).unwrap().len(), 1);
    assert_eq!(set_aside(dir.path()), 1);
}

fn set_aside(dir: &Path) -> usize {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().starts_with("dead.db.corrupt-")).count()
}

fn chosen(ids: &[i64], exporter: Option<&str>, reason: Option<&str>) -> Chosen {
    Chosen { ids: ids.to_vec(), exporter: exporter.map(str::to_string), reason: reason.map(str::to_string) }
}

#[test]
fn letters_are_marked_once_and_come_back_after_a_restart_until_they_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    let letters = open(dir.path(), 1000);
    for exporter in ["otlp", "kafka", "otlp", "receiver:kafka"] {
        letters.push(&letter(exporter, b"x")).unwrap();
    }
    let exporters = ["otlp", "kafka"];
    assert_eq!(letters.mark(&chosen(&[3], None, None), &exporters).unwrap().letters, 1);
    let rest = letters.mark(&Chosen::default(), &exporters).unwrap();
    assert_eq!(rest, Count { letters: 2, items: 6, bytes: 2 }, "neither the marked one nor a receiver's");
    let again = open(dir.path(), 1000);
    let ids = |after| again.marked("otlp", after).unwrap().map(|(id, _)| id);
    assert_eq!((ids(0), ids(1), ids(3)), (Some(1), Some(3), None));
    assert!(again.remove(1).unwrap());
    assert_eq!(ids(0), Some(3));
}

#[test]
fn letters_are_discarded_by_what_is_said_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let letters = open(dir.path(), 1000);
    letters.push(&letter("otlp", b"x")).unwrap();
    letters.push(&Letter { reason: "too_large".to_string(), ..letter("otlp", b"y") }).unwrap();
    letters.push(&letter("kafka", b"z")).unwrap();
    assert_eq!(letters.discard(&chosen(&[1, 3], Some("kafka"), None)).unwrap().letters, 1);
    assert_eq!(letters.discard(&chosen(&[], None, Some("too_large"))).unwrap().letters, 1);
    assert_eq!(letters.count(None).unwrap().letters, 1);
    assert_eq!(letters.discard(&Chosen::default()).unwrap().letters, 1);
}

#[test]
fn letters_past_their_age_are_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let letters = open(dir.path(), 1000);
    let day = Duration::from_secs(86_400);
    for days in [31, 29] {
        let died = SystemTime::now() - days * day;
        letters.push(&Letter { died, ..letter("otlp", b"x") }).unwrap();
    }
    letters.expire().unwrap();
    let left: Vec<i64> = letters.list(None, 0, 10).unwrap().iter().map(|letter| letter.id).collect();
    assert_eq!(left, [2]);
}
