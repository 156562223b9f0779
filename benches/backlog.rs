//! A backlog written and drained, the queue opened again on it, and the answer to one small request.
//!
//! Goals: the last eighth is written at .8 of the rate of the first, resident memory grows by 16 MiB at most, the disk
//! holds 1.05 of the bytes and gives them back; a queue that was not closed opens in 50 ms; a lone record of 1 kB is
//! answered in 2.5 times an fdatasync (medians, in turns).
//!
//! `SIDELIGHT_BACKLOG_MIB` says how much (512), `SIDELIGHT_BENCH_DIR` where.
#![allow(clippy::print_stdout, reason = "a bench tells its figures")]
#![allow(clippy::unwrap_used, reason = "where the disk fails there is nothing to measure")]

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use sidelight::queue::{Config, Directory, Lane, LaneSpec, Metrics, Opened, Outcome, Queue, Record, Settled};
use sidelight::units::Size;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;

const RECORD: usize = 64 << 10;
const AT_ONCE: usize = 16;

struct Running {
    queue: Queue,
    lane: Lane,
    threads: Vec<std::thread::JoinHandle<()>>,
}

fn open(dir: &Path) -> Running {
    let config = Config { max_size: Size::gib(16), ..Config::default() };
    let specs = [LaneSpec { name: "one".to_string(), ..LaneSpec::default() }];
    let opened = Queue::open(config, &specs, Metrics::new(), Arc::new(Directory::new(dir))).unwrap();
    let Opened { queue, committer, upkeep, mut lanes } = opened;
    let threads = vec![std::thread::spawn(move || committer.run()), std::thread::spawn(move || upkeep.run())];
    Running { queue, lane: lanes.remove(0), threads }
}

impl Running {
    fn close(self) {
        self.queue.close();
        self.queue.finish();
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

fn record(size: usize) -> Record {
    Record { kind: 1, flags: 0, items: 1, payload: Bytes::from(vec![0x5A; size]) }
}

/// Pushes `count` records; MB/s.
fn fill(runtime: &Runtime, queue: &Queue, count: usize) -> f64 {
    let record = record(RECORD);
    let start = Instant::now();
    runtime.block_on(async {
        let mut waiting = FuturesUnordered::new();
        for _ in 0..count {
            if waiting.len() == AT_ONCE {
                let answer: Result<(), _> = waiting.next().await.unwrap();
                answer.unwrap();
            }
            waiting.push(queue.push(record.clone()));
        }
        while let Some(answer) = waiting.next().await {
            answer.unwrap();
        }
    });
    (count * RECORD) as f64 / 1e6 / start.elapsed().as_secs_f64()
}

fn drain(runtime: &Runtime, lane: &Lane, count: usize) -> f64 {
    let start = Instant::now();
    runtime.block_on(async {
        let mut left = count;
        while left > 0 {
            let lease = lane.lease(1 << 20).await.unwrap();
            let items = lease.records().len();
            left -= items;
            lane.settle(lease, vec![Settled { kind: 1, outcome: Outcome::Sent, items: items as u64 }]);
        }
    });
    (count * RECORD) as f64 / 1e6 / start.elapsed().as_secs_f64()
}

fn on_disk(dir: &Path) -> f64 {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().metadata().unwrap());
    files.map(|file| file.blocks() as f64 * 512.0).sum()
}

fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0
}

fn main() {
    let root = std::env::var_os("SIDELIGHT_BENCH_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let mib: usize =
        std::env::var("SIDELIGHT_BACKLOG_MIB").ok().and_then(|text| text.parse().ok()).unwrap_or(512);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    backlog(&runtime, &tempfile::tempdir_in(&root).unwrap(), mib);
    answers(&runtime, &tempfile::tempdir_in(&root).unwrap());
}

fn backlog(runtime: &Runtime, dir: &tempfile::TempDir, mib: usize) {
    let (eighth, path) = ((mib << 20) / RECORD / 8, dir.path().join("queue"));
    let running = open(&path);
    fill(runtime, &running.queue, 64);
    let (before, start) = (resident(), on_disk(&path));
    let rates: Vec<f64> = (0..8).map(|_| fill(runtime, &running.queue, eighth)).collect();
    let (grown, disk) = (resident() - before, on_disk(&path) - start);
    println!(
        "{mib} MiB: first eighth {:.0} MB/s, last {:.0} MB/s, ratio {:.2}",
        rates[0],
        rates[7],
        rates[7] / rates[0]
    );
    println!(
        "resident {:+.1} MiB, disk {:.3} of the bytes",
        grown / 1048576.0,
        disk / (8 * eighth * RECORD) as f64
    );
    // As a kill leaves it: nothing is closed, and the files of the process are gone when it ends. The lock is held by
    // this very process, so the files are looked at under another name.
    let copy = dir.path().join("copy");
    fs::create_dir(&copy).unwrap();
    for entry in fs::read_dir(&path).unwrap() {
        let entry = entry.unwrap();
        fs::hard_link(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    fs::remove_file(copy.join("lock")).unwrap();
    let start = Instant::now();
    let config = Config { max_size: Size::gib(16), ..Config::default() };
    let specs = [LaneSpec { name: "one".to_string(), ..LaneSpec::default() }];
    let opened = Queue::open(config, &specs, Metrics::new(), Arc::new(Directory::new(&copy))).unwrap();
    println!("opened again in {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    drop(opened);
    fs::remove_dir_all(&copy).unwrap();

    let rate = drain(runtime, &running.lane, 64 + 8 * eighth);
    running.close();
    println!("drained at {rate:.0} MB/s, {:.1} MiB left on disk", on_disk(&path) / 1048576.0);
}

/// The median answer to one record of 1 kB, against one write over old bytes with fdatasync.
fn answers(runtime: &Runtime, dir: &tempfile::TempDir) {
    const TURNS: usize = 600;
    let running = open(&dir.path().join("queue"));
    let file = File::create(dir.path().join("floor")).unwrap();
    file.write_all_at(&vec![0; 1 << 20], 0).unwrap();
    file.sync_all().unwrap();
    fill(runtime, &running.queue, 1200);
    let (one, bytes) = (record(1 << 10), vec![0x5A; 1064]);
    let [mut floor, mut answer] = [Vec::new(), Vec::new()];
    for turn in 0..TURNS {
        let start = Instant::now();
        file.write_all_at(&bytes, (turn * 1064 % (1 << 19)) as u64).unwrap();
        file.sync_data().unwrap();
        floor.push(start.elapsed());
        let start = Instant::now();
        runtime.block_on(running.queue.push(one.clone())).unwrap();
        answer.push(start.elapsed());
    }
    running.close();
    for of in [&mut floor, &mut answer] {
        of.sort();
    }
    let (floor, answer) = (floor[TURNS / 2], answer[TURNS / 2]);
    println!(
        "fdatasync {floor:.0?}, a lone record {answer:.0?}, ratio {:.2}",
        answer.as_secs_f64() / floor.as_secs_f64()
    );
}
