//! Durable push against the disk's floor: overwriting a file in place, with fdatasync.
//!
//! Goals: 0.6 of the floor's MB/s at 256 kB a commit, 0.9 of its commits/s for lone records of 4 kB.
//! Both are measured in turns, on the same file system, and given as ratios of medians.
//!
//! `SIDELIGHT_BENCH_DIR` names the directory; else it is the target directory. A memory file system
//! measures nothing.
#![allow(clippy::print_stdout, reason = "a bench tells its figures")]
#![allow(clippy::unwrap_used, reason = "where the disk fails there is nothing to measure")]

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use sidelight::queue::{Config, Directory, Lane, LaneSpec, Metrics, Opened, Outcome, Queue, Record, Settled};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Pushes of `size` bytes, `at_once` of them in flight; the floor writes `commit` bytes at a time.
struct Case {
    name: &'static str,
    size: usize,
    at_once: usize,
    commit: usize,
}

const CASES: &[Case] = &[
    Case { name: "lone records of 4 kB", size: 4 << 10, at_once: 1, commit: 4 << 10 },
    Case { name: "lone records of 256 kB", size: 256 << 10, at_once: 1, commit: 256 << 10 },
    Case { name: "records of 4 kB, 64 to a commit", size: 4 << 10, at_once: 128, commit: 256 << 10 },
    Case { name: "records of 64 kB, 4 to a commit", size: 64 << 10, at_once: 8, commit: 256 << 10 },
];

const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(150);
const FILE: u64 = 64 << 20;

fn main() {
    let root = std::env::var_os("SIDELIGHT_BENCH_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let dir = tempfile::tempdir_in(&root).unwrap();
    println!("in {}; median of {ROUNDS} rounds in turns", root.display());
    println!(
        "{:32} {:>12} {:>12} {:>7} {:>12} {:>7}",
        "", "floor MB/s", "queue MB/s", "ratio", "with a lane", "ratio"
    );
    for case in CASES {
        let floor = Floor::new(dir.path());
        let [alone, drained] = [&[][..], &["one"][..]].map(|lanes| {
            let queue_dir = tempfile::tempdir_in(&root).unwrap();
            let running = Running::new(queue_dir.path(), lanes);
            running.warm_up(case);
            let mut rates: Vec<[f64; 2]> =
                (0..ROUNDS).map(|_| [floor.round(case), running.round(case)]).collect();
            running.stop();
            [median(&mut rates, 0), median(&mut rates, 1)]
        });
        println!(
            "{:32} {:12.1} {:12.1} {:7.2} {:12.1} {:7.2}",
            case.name,
            alone[0],
            alone[1],
            alone[1] / alone[0],
            drained[1],
            drained[1] / drained[0],
        );
    }
}

fn median(rates: &mut [[f64; 2]], which: usize) -> f64 {
    rates.sort_by(|a, b| a[which].total_cmp(&b[which]));
    rates[rates.len() / 2][which]
}

/// A file of written blocks.
struct Floor {
    file: File,
    bytes: Vec<u8>,
}

impl Floor {
    fn new(dir: &Path) -> Floor {
        let file = File::create(dir.join("floor")).unwrap();
        let bytes = vec![0x5A; 1 << 20];
        for at in (0..FILE).step_by(bytes.len()) {
            file.write_all_at(&bytes, at).unwrap();
        }
        file.sync_all().unwrap();
        Floor { file, bytes }
    }

    /// MB/s over one round.
    fn round(&self, case: &Case) -> f64 {
        let start = Instant::now();
        let (mut at, mut commits) = (0, 0_u32);
        while start.elapsed() < ROUND {
            self.file.write_all_at(&self.bytes[..case.commit], at).unwrap();
            self.file.sync_data().unwrap();
            at = (at + case.commit as u64) % FILE;
            commits += 1;
        }
        f64::from(commits) * case.commit as f64 / 1e6 / start.elapsed().as_secs_f64()
    }
}

/// The queue with its threads, and lanes that settle whatever comes.
struct Running {
    queue: Queue,
    threads: Vec<std::thread::JoinHandle<()>>,
    runtime: Runtime,
}

impl Running {
    fn new(dir: &Path, lanes: &[&str]) -> Running {
        let specs: Vec<LaneSpec> =
            lanes.iter().map(|name| LaneSpec { name: name.to_string(), ..LaneSpec::default() }).collect();
        let disk = Arc::new(Directory::new(dir));
        let opened = Queue::open(Config::default(), &specs, Metrics::new(), disk).unwrap();
        let Opened { queue, committer, upkeep, lanes } = opened;
        let mut threads =
            vec![std::thread::spawn(move || committer.run()), std::thread::spawn(move || upkeep.run())];
        threads.extend(lanes.into_iter().map(|lane| std::thread::spawn(move || drain(&lane))));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Running { queue, threads, runtime }
    }

    /// Until segments go round: the first ones grow, which is slower.
    fn warm_up(&self, case: &Case) {
        let large = Case { size: 1 << 20, at_once: 2, ..*case };
        let start = Instant::now();
        let mut pushed = 0.0;
        while pushed < 300.0 && start.elapsed() < Duration::from_secs(20) {
            pushed += self.round(&large) * ROUND.as_secs_f64();
        }
    }

    fn round(&self, case: &Case) -> f64 {
        let payload = Bytes::from(vec![0x5A; case.size]);
        let push = || self.queue.push(Record { kind: 1, flags: 0, items: 1, payload: payload.clone() });
        self.runtime.block_on(async {
            let start = Instant::now();
            let mut pushed = 0_u32;
            let mut waiting: FuturesUnordered<_> = (0..case.at_once).map(|_| push()).collect();
            while let Some(answer) = waiting.next().await {
                answer.unwrap();
                pushed += 1;
                if start.elapsed() < ROUND {
                    waiting.push(push());
                }
            }
            f64::from(pushed) * case.size as f64 / 1e6 / start.elapsed().as_secs_f64()
        })
    }

    fn stop(self) {
        self.queue.close();
        self.queue.finish();
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

fn drain(lane: &Lane) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        while let Some(lease) = lane.lease(4 << 20).await {
            let items = lease.records().len() as u64;
            lane.settle(lease, vec![Settled { kind: 1, outcome: Outcome::Sent, items }]);
        }
    });
}
