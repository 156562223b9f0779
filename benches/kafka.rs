//! What publishing to Kafka costs: the exporter, idempotent and uncompressed, to librdkafka's mock cluster.
//!
//! Goal: 300 MB of OTLP a second of CPU of everything but the mock broker, which runs in the same process on a thread of
//! its own; against librdkafka alone, given the same bytes.
#![allow(clippy::print_stdout, reason = "a bench tells its figures")]
#![allow(clippy::unwrap_used, reason = "where the mock fails there is nothing to measure")]

mod payload;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use prost::Message;
use rdkafka::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use sidelight::export::{Exporter, TYPES, Verdict};
use sidelight::otlp::{Batch, Limits, Signal};
use sidelight::settings::read_text;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Requests under way at a time, as in a lane.
const AT_ONCE: usize = 4;

/// CPU of all threads but the mock broker's, in seconds.
fn cpu() -> f64 {
    let threads = fs::read_dir("/proc/self/task").unwrap().flatten();
    let ticks = threads.filter_map(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).ok()?;
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        let mut fields = rest.split_whitespace().skip(11).map(|field| field.parse::<u64>().unwrap_or(0));
        (name != "rdk:mock").then(|| fields.next().unwrap_or(0) + fields.next().unwrap_or(0))
    });
    ticks.sum::<u64>() as f64 / 100.0
}

/// Runs `work`, which gives how many bytes and records it sent, and tells the rates.
fn measure(what: &str, work: impl FnOnce() -> (usize, u64)) {
    let (start, before) = (Instant::now(), cpu());
    let (bytes, records) = work();
    let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu() - before);
    let megabytes = bytes as f64 / 1e6;
    println!(
        "{what:<44} {:>6.0} MB/s of CPU, {:>8.0} records/s of CPU, {:>6.0} MB/s of wall",
        megabytes / cpu,
        records as f64 / cpu,
        megabytes / wall
    );
}

fn exporter(brokers: &str, yaml: &str) -> Arc<dyn Exporter> {
    let of = TYPES.iter().find(|of| of.names.contains(&"kafka")).expect("it is built in");
    let yaml = format!("{{ brokers: [\"{brokers}\"], compression: none, {yaml} }}");
    let mut settings = None;
    let problems = read_text("bench", &yaml, |section| settings = Some((of.read)(section)));
    assert!(problems.is_empty(), "{problems:?}");
    settings.unwrap().build(Path::new(".")).unwrap()
}

/// Sends `batch` so often; how many bytes and records went out.
async fn send(exporter: &Arc<dyn Exporter>, batch: &Batch, times: usize) -> (usize, u64) {
    let (mut under_way, mut records) = (FuturesUnordered::new(), 0);
    for _ in 0..times {
        if under_way.len() == AT_ONCE {
            records += under_way.next().await.unwrap();
        }
        under_way.push(async move {
            match exporter.send(batch).await {
                Verdict::Kept { items } => items,
                other => panic!("{other:?}"),
            }
        });
    }
    while let Some(more) = under_way.next().await {
        records += more;
    }
    (batch.otlp().len() * times, records)
}

/// librdkafka alone: `value` so often.
fn alone(brokers: &str, topic: &str, value: &[u8], times: usize) -> (usize, u64) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("enable.idempotence", "true").set("linger.ms", "5");
    let producer: ThreadedProducer<DefaultProducerContext> = config.create().unwrap();
    for _ in 0..times {
        let mut record = BaseRecord::<(), [u8]>::to(topic).payload(value);
        while let Err((_, back)) = producer.send(record) {
            record = back;
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    producer.flush(Duration::from_secs(60)).unwrap();
    (value.len() * times, times as u64)
}

fn main() {
    let cluster = MockCluster::new(1).unwrap();
    for topic in ["otlp", "calls", "alone"] {
        cluster.create_topic(topic, 1, 1).unwrap();
    }
    let brokers = cluster.bootstrap_servers();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let request = payload::traces(1, 60, 100).encode_to_vec();
    let large = Batch::read(Signal::Traces, request.into(), &Limits::default()).unwrap();
    println!("a request of {} bytes, {} calls", large.otlp().len(), large.items());
    let whole = exporter(&brokers, "encoding: otlp_proto, topic: otlp, max_message_size: 8MiB");
    let calls = exporter(&brokers, "topic: calls");
    let with_messages = exporter(&brokers, "topic: calls, messages: true, max_message_size: 8MiB");
    let times = (1 << 30) / large.otlp().len();
    for _ in 0..2 {
        measure("librdkafka alone, the same requests", || alone(&brokers, "alone", large.otlp(), times));
        measure("otlp_proto, whole requests", || runtime.block_on(send(&whole, &large, times)));
        measure("llm_span, bytes of the spans read", || runtime.block_on(send(&calls, &large, times / 4)));
        measure("llm_span with messages, bytes of the spans read", || {
            runtime.block_on(send(&with_messages, &large, times / 8))
        });
    }
}
