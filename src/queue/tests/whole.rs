//! The queue as the agent runs it: on a real directory, with its two threads.

use crate::queue::*;
use bytes::Bytes;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

pub struct Running {
    pub queue: Queue,
    pub lanes: Vec<Lane>,
    committer: JoinHandle<()>,
    upkeep: JoinHandle<()>,
}

pub fn start(dir: &Path, config: Config, lanes: &[&str]) -> Running {
    let specs: Vec<LaneSpec> = lanes.iter().map(|name| spec(name)).collect();
    let Opened { queue, committer, upkeep, lanes } =
        Queue::open(config, &specs, Metrics::new(), Arc::new(Directory::new(dir))).unwrap();
    Running {
        queue,
        lanes,
        committer: std::thread::spawn(move || committer.run()),
        upkeep: std::thread::spawn(move || upkeep.run()),
    }
}

fn spec(name: &str) -> LaneSpec {
    LaneSpec { name: name.to_string(), ..LaneSpec::default() }
}

impl Running {
    pub fn stop(self) {
        self.queue.close();
        self.committer.join().unwrap();
        self.queue.finish();
        self.upkeep.join().unwrap();
    }
}

fn record(text: &str) -> Record {
    Record { kind: 1, flags: 0, items: 2, payload: Bytes::copy_from_slice(text.as_bytes()) }
}

pub fn sent(items: u64) -> Vec<Settled> {
    vec![Settled { kind: 1, outcome: Outcome::Sent, items }]
}

fn texts(lease: &Lease) -> Vec<String> {
    let text = |stored: &Stored| String::from_utf8(stored.record.payload.to_vec()).unwrap();
    lease.records().iter().map(text).collect()
}

#[tokio::test]
async fn what_was_pushed_is_leased_in_order_and_gone_when_settled() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(dir.path(), Config::default(), &["a"]);
    for text in ["one", "two", "three"] {
        running.queue.push(record(text)).await.unwrap();
    }
    let lane = &running.lanes[0];
    let lease = lane.lease(1000).await.unwrap();
    assert_eq!(texts(&lease), ["one", "two", "three"]);
    assert_eq!(lane.ledger().line(1).waiting.items, 6);
    lane.settle(lease, sent(6));
    let ledger = lane.ledger();
    assert_eq!((ledger.line(1).accepted, ledger.line(1).sent, ledger.waiting().records), (6, 6, 0));
    assert!(ledger.closes());
    running.stop();
}

#[tokio::test]
async fn what_was_not_settled_comes_again_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(dir.path(), Config::default(), &["a", "b"]);
    for text in ["one", "two", "three"] {
        running.queue.push(record(text)).await.unwrap();
    }
    let lease = running.lanes[0].lease(3).await.unwrap();
    assert_eq!(texts(&lease), ["one"]);
    running.lanes[0].settle(lease, sent(2));
    running.stop();

    let running = start(dir.path(), Config::default(), &["a", "b"]);
    for (lane, left) in running.lanes.iter().zip([&["two", "three"][..], &["one", "two", "three"]]) {
        assert_eq!(lane.ledger().line(1).recovered, 2 * left.len() as u64);
        let lease = lane.lease(1000).await.unwrap();
        assert_eq!(texts(&lease), left);
        lane.release(lease);
        assert!(lane.ledger().closes());
    }
    running.queue.push(record("four")).await.unwrap();
    let lease = running.lanes[0].lease(1000).await.unwrap();
    assert_eq!(texts(&lease), ["two", "three"]);
    let other = running.lanes[0].lease(1000).await.unwrap();
    assert_eq!(texts(&other), ["four"]);
    drop((lease, other));
    running.stop();
}

#[tokio::test]
async fn a_closed_queue_refuses_and_its_lanes_end_when_they_are_empty() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(dir.path(), Config::default(), &["a"]);
    running.queue.push(record("one")).await.unwrap();
    running.queue.close();
    assert!(matches!(running.queue.push(record("two")).await, Err(PushError::Closed)));
    let lease = running.lanes[0].lease(1000).await.unwrap();
    running.lanes[0].settle(lease, sent(2));
    assert!(running.lanes[0].lease(1000).await.is_none());
    running.stop();
}

#[test]
fn a_directory_in_use_is_refused_with_the_pid_of_its_user() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(dir.path(), Config::default(), &["a"]);
    let disk = Arc::new(Directory::new(dir.path()));
    let refused = Queue::open(Config::default(), &[spec("a")], Metrics::new(), disk).err().unwrap();
    let pid = std::process::id();
    assert_eq!(refused.to_string(), format!("the queue's directory is in use by process {pid}"));
    running.stop();
}

#[tokio::test]
async fn a_queue_can_be_looked_at_while_it_runs_and_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(dir.path(), Config::default(), &["otlp/tempo", "kafka"]);
    for text in ["one", "two", "three"] {
        running.queue.push(record(text)).await.unwrap();
    }
    let lease = running.lanes[0].lease(3).await.unwrap();
    running.lanes[0].settle(lease, sent(2));
    look(dir.path());
    running.stop();
    look(dir.path());
}

fn look(dir: &Path) {
    let amount = |records, bytes| Amount { records, items: 2 * records, bytes };
    let lanes: Vec<_> =
        inspect::lanes(dir).unwrap().into_iter().map(|lane| (lane.name, lane.low, lane.waiting)).collect();
    let waiting = [("kafka", 1, amount(3, 131)), ("otlp/tempo", 2, amount(2, 88))];
    assert_eq!(lanes, waiting.map(|(name, low, amount)| (name.to_string(), low, amount)));

    let segments = inspect::segments(dir).unwrap();
    assert_eq!(segments.len(), 1);
    assert_eq!(segments[0].state, inspect::SegmentState::Open);
    let content = segments[0].content.as_ref().unwrap();
    assert_eq!((content.first, content.end, content.amount), (1, 4, amount(3, 131)));

    let records = inspect::records(dir, 2, 10).unwrap();
    assert_eq!(
        records.iter().map(|record| (record.sequence, record.bytes)).collect::<Vec<_>>(),
        [(2, 3), (3, 5)]
    );
    assert_eq!(inspect::records(dir, 1, 1).unwrap().len(), 1);
    assert_eq!(inspect::record(dir, 3).unwrap().unwrap().record, record("three"));
    assert_eq!(inspect::record(dir, 9).unwrap(), None);
}

#[tokio::test]
async fn nobody_but_its_owner_can_look_into_the_directory() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("queue");
    let running = start(&dir, Config::default(), &["a"]);
    running.queue.push(record("one")).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&dir.join("00000000000000000001.seg")), 0o600);
    running.stop();
}
