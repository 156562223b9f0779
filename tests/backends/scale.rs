//! Twice the gateways store twice as much, as long as there are partitions. Two cores cannot show that with a real
//! store, which would take them from the gateways, so the store here is a server that takes no CPU and answers late.
//!
//! Measures, and is run by `make test-fleet` alone.

use crate::support::{Kafka, Sidelight, call, eventually};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use sidelight::otlp::{Batch, Limits, Signal};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const PARTITIONS: i32 = 8;
const CALLS: u64 = 4000;

/// How late the store answers. It takes some 150 calls a second from each of two connections.
const LATE: Duration = Duration::from_millis(400);

/// A store that counts the calls it is sent.
struct Late {
    url: String,
    calls: Arc<AtomicU64>,
}

impl Late {
    async fn start() -> Late {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let calls = Arc::new(AtomicU64::new(0));
        let counted = calls.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(answer(socket, counted.clone()));
            }
        });
        Late { url, calls }
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

/// Answers the requests of one connection, each after a while.
async fn answer(socket: TcpStream, calls: Arc<AtomicU64>) {
    let (read, mut write) = socket.into_split();
    let mut read = BufReader::new(read);
    loop {
        let (mut len, mut line) = (0, String::new());
        while line != "\r\n" {
            line.clear();
            if read.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let lower = line.to_ascii_lowercase();
            len = lower
                .strip_prefix("content-length:")
                .map_or(len, |number| number.trim().parse().expect("a length"));
        }
        let mut body = vec![0; len];
        read.read_exact(&mut body).await.expect("the body");
        let batch = Batch::read(Signal::Traces, body.into(), &Limits::default()).expect("an export request");
        // This is the store that is simulated: its lateness is what is measured.
        tokio::time::sleep(LATE).await;
        calls.fetch_add(batch.items().into(), Ordering::Relaxed);
        write.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.expect("it listens");
    }
}

async fn gateway(folder: &Path, kafka: &Kafka, store: &Late, topic: &str) -> Sidelight {
    std::fs::create_dir_all(folder).expect("a folder");
    let exporters = format!(
        "{{ otlphttp: {{ endpoint: \"{}\", compression: none, max_request_size: 64KiB, \
         sending_queue: {{ num_consumers: 2, batch_size: 64KiB }} }} }}",
        store.url
    );
    let set = [
        format!("receivers.kafka.brokers=[\"{}\"]", kafka.brokers()),
        format!("receivers.kafka.topic={topic}"),
        format!("receivers.kafka.group_id={topic}"),
    ];
    Sidelight::start_set(folder, &exporters, &set).await
}

/// Calls a second that so many gateways bring to the store.
async fn rate(folder: &Path, kafka: &Kafka, gateways: usize) -> f64 {
    let topic = format!("calls-{gateways}");
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", kafka.brokers());
    let admin: AdminClient<DefaultClientContext> = client.create().expect("a client");
    let new = NewTopic::new(&topic, PARTITIONS, TopicReplication::Fixed(1));
    admin.create_topics([&new], &AdminOptions::new()).await.expect("an answer");
    let store = Late::start().await;
    let mut members = Vec::new();
    for n in 0..gateways {
        members.push(gateway(&folder.join(format!("{topic}-{n}")), kafka, &store, &topic).await);
    }
    shared(&members).await;

    let producer: ThreadedProducer<DefaultProducerContext> = client.create().expect("a client");
    for n in 0..CALLS {
        let value = call(n, 1_790_000_000_000_000_000 + n).to_protobuf();
        let record =
            BaseRecord::<(), [u8]>::to(&topic).payload(&value).partition((n % PARTITIONS as u64) as i32);
        producer.send(record).map_err(|(error, _)| error).expect("there is room");
    }
    let start = Instant::now();
    producer.flush(Duration::from_secs(30)).expect("the broker takes them");
    eventually("all calls to be stored", async || (store.calls() >= CALLS).then_some(())).await;
    assert_eq!(store.calls(), CALLS);
    CALLS as f64 / start.elapsed().as_secs_f64()
}

/// How often partitions have changed hands, at each member.
async fn dealt(members: &[Sidelight]) -> Vec<u64> {
    let mut times = Vec::new();
    for member in members {
        times.push(member.metric("sidelight_receiver_kafka_rebalances_total", &[]).await as u64);
    }
    times
}

/// Waits until each member has had some, and none has changed hands for three seconds.
async fn shared(members: &[Sidelight]) {
    let all = async || Some(dealt(members).await).filter(|times| times.iter().all(|times| *times > 0));
    let (mut before, mut since) = (eventually("partitions for all", all).await, Instant::now());
    while since.elapsed() < Duration::from_secs(3) {
        let now = dealt(members).await;
        if now != before {
            (before, since) = (now, Instant::now());
        }
        // The group tells nobody when it has come to rest.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures: `make test-fleet`"]
#[allow(clippy::print_stderr, reason = "the rates are what it is for")]
async fn twice_the_gateways_bring_twice_as_much_to_a_store_that_is_late() {
    let folder = tempfile::tempdir().expect("a folder");
    let kafka = Kafka::start(folder.path()).await;
    let mut rates = Vec::new();
    for gateways in [1, 2, 4] {
        rates.push(rate(folder.path(), &kafka, gateways).await);
        eprintln!("{gateways} gateways on {PARTITIONS} partitions: {:.0} calls/s", rates[rates.len() - 1]);
    }
    assert!(rates.array_windows().all(|[fewer, more]| *more > 1.5 * fewer), "{rates:?}");
}
