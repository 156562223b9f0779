//! The tools for a queue at rest: looking it through, sending again, giving up.

use super::rig::numbered;
use super::whole::{sent, start};
use crate::queue::fsck::fsck;
use crate::queue::*;
use crate::units::Size;
use expect_test::{Expect, expect};
use std::fs;
use std::path::{Path, PathBuf};

/// A queue of several segments in which one lane has settled its first record of twenty-six.
async fn filled(dir: &Path) {
    let config = Config { max_size: Size::kib(96), ..Config::default() };
    let running = start(dir, config, &["one"]);
    for number in 0..26 {
        running.queue.push(numbered(number, 1500)).await.unwrap();
    }
    let lease = running.lanes[0].lease(1).await.unwrap();
    running.lanes[0].settle(lease, sent(1));
    running.stop();
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut segments: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|x| x == "seg")).collect();
    segments.sort();
    segments
}

fn edit(path: &Path, edit: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    edit(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// What is found, and what is left when it was mended.
fn check(dir: &Path, expected: Expect) {
    let shown = |report: &fsck::Report| {
        let line = |finding: &fsck::Finding| {
            let file = finding.file.split('.').next_back().unwrap();
            let lost = finding.lost.map(|(first, end)| format!(", lost {first}..{end}")).unwrap_or_default();
            format!("{file} {}{lost}{}\n", finding.what, if finding.mended { " (mended)" } else { "" })
        };
        report.findings.iter().map(line).collect::<String>()
    };
    let stopped = Stopped::open(dir).unwrap();
    let seen = shown(&fsck(dir, None).unwrap());
    let mended = shown(&fsck(dir, Some(&stopped)).unwrap());
    let after = shown(&fsck(dir, None).unwrap());
    expected.assert_eq(&format!("{seen}--\n{mended}--\n{after}"));
}

#[tokio::test]
async fn a_sound_queue_has_nothing_to_find() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path()).await;
    let report = fsck(dir.path(), None).unwrap();
    assert_eq!((report.records, report.findings), (26, vec![]));
    assert!(report.segments > 3);
}

#[tokio::test]
async fn what_is_lost_is_said_by_sequence_and_what_is_written_twice_is_mended() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path()).await;
    let all = segments(dir.path());
    edit(&all[1], |bytes| bytes[4096 + 100] ^= 1);
    edit(&all[2], |bytes| bytes[10] ^= 1);
    edit(&all[3], |bytes| bytes[2048..4096].fill(0));
    edit(&all[4], |bytes| bytes[..2048].fill(7));
    fs::write(dir.path().join("ahead.tmp"), "x").unwrap();
    fs::write(dir.path().join("one.cursor"), "x").unwrap();
    fs::write(
        dir.path().join("dead.db"),
        "no SQLite file, but long enough to look like a header of one\n".repeat(9),
    )
    .unwrap();
    check(
        dir.path(),
        expect![[r#"
        seg has damaged records, lost 6..7
        seg has lost one of its two headers
        seg has no seal
        seg has lost both of its headers, lost 21..26
        tmp was being written ahead when the agent ended
        cursor cannot be read: the lane begins with the oldest record on disk
        db is corrupt; it is set aside and begun anew
        --
        seg has damaged records, lost 6..7
        seg has lost one of its two headers (mended)
        seg has no seal (mended)
        seg has lost both of its headers, lost 21..26
        tmp was being written ahead when the agent ended (mended)
        cursor cannot be read: the lane begins with the oldest record on disk (mended)
        db is corrupt; it is set aside and begun anew (mended)
        --
        seg has damaged records, lost 6..7
        seg has lost both of its headers, lost 21..26
    "#]],
    );
}

#[tokio::test]
async fn a_lane_is_sent_back_and_forth_by_sequence() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path()).await;
    let stopped = Stopped::open(dir.path()).unwrap();
    assert_eq!(stopped.skip("one", Some(6)).unwrap().records, 4);
    assert_eq!(stopped.skip("one", None).unwrap().records, 21);
    assert_eq!(stopped.rewind("one", 11).unwrap().records, 16);
    assert!(stopped.rewind("nobody", 1).is_err());
    drop(stopped);
    let running = start(dir.path(), Config { max_size: Size::kib(96), ..Config::default() }, &["one"]);
    assert_eq!(running.lanes[0].ledger().line(1).recovered, 16);
    let busy = Stopped::open(dir.path()).err().unwrap();
    assert_eq!(busy.kind(), std::io::ErrorKind::ResourceBusy);
    running.stop();
    assert!(Stopped::open(Path::new("/nowhere")).is_err());
}
