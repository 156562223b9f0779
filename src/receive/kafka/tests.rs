//! The receiver against librdkafka's mock cluster.

use super::*;
use crate::drain::Drain;
use crate::kafka::testing::{Mock, cluster, headers, records};
use crate::kafka::{Compression, CreateTopics, Message, Producer, Sending, header};
use crate::llm::Record;
use crate::llm::record::testing::record;
use crate::queue::{self, DeadLetters};
use crate::receive::tests::support::{Mood, Server};
use crate::settings::read_text;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::types::{RDKafkaApiKey as Api, RDKafkaRespErr as Error};
use std::sync::Arc;
use std::time::{Duration, Instant};

const TOPIC: &str = "llm.spans.raw";

/// A reader beside a line that records.
struct Reading {
    server: Server,
    dead: Arc<DeadLetters>,
    drain: Drain,
}

impl Reading {
    async fn start(cluster: &Mock, yaml: &str) -> Reading {
        let mut config = Config::default();
        let brokers = cluster.bootstrap_servers().replace(',', "','");
        let yaml =
            format!("{{ brokers: ['{brokers}'], max_message_size: 64KiB, session_timeout: 5s, {yaml} }}");
        let problems = read_text("c", &yaml, |section| config.read(section));
        assert!(problems.is_empty(), "{problems:?}");
        let dead = DeadLetters::in_memory(queue::Config::default().dead, queue::Metrics::new()).unwrap();
        let reading =
            Reading { server: Server::start().await, dead: Arc::new(dead), drain: Drain::default() };
        let reader = Reader::new(&config).unwrap();
        let Reading { server, dead, drain } = &reading;
        drain.tasks.spawn(reader.serve(server.intake.clone(), dead.clone(), drain.clone()));
        reading
    }

    async fn stored(&self, items: u32) {
        let found = || self.server.stored().iter().map(|record| record.items).sum::<u32>();
        eventually(&format!("{items} items in the queue"), || found() >= items).await;
        assert_eq!(found(), items);
    }

    async fn stop(self) {
        assert!(self.drain.finish(Duration::from_secs(20)).await, "it leaves its group in time");
    }
}

/// Publishes `values`, with the headers that an exporter of ours gives them where an encoding is named.
async fn publish(cluster: &Mock, topic: &str, values: Vec<Vec<u8>>, encoding: Option<&str>) {
    let yaml = format!("brokers: ['{}']", cluster.bootstrap_servers().replace(',', "','"));
    let mut of = Cluster::default();
    assert!(read_text("c", &yaml, |section| of.read(section)).is_empty());
    let sending = Sending {
        compression: Compression::None,
        timeout: Duration::from_secs(10),
        max_message_size: Size::mib(1),
        create_topics: CreateTopics::default(),
    };
    let messages: Vec<Message> = values
        .into_iter()
        .zip(0..)
        .map(|(value, n)| Message {
            topic: topic.into(),
            key: Some(n.to_string()),
            value: value.into(),
            headers: encoding.into_iter().fold(OwnedHeaders::new(), |headers, encoding| {
                headers.insert(Header { key: header::ENCODING, value: Some(encoding) })
            }),
        })
        .collect();
    Producer::new(&of, &sending).unwrap().send(&messages).await.unwrap();
}

/// Looks again until `there` is true: librdkafka's threads tell nobody when they are done.
async fn eventually(what: &str, there: impl Fn() -> bool) {
    let waiting = async {
        while !there() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), waiting).await.is_ok(), "waited for {what}");
}

fn call(n: u8) -> Record {
    Record { span_id: format!("123e4567-e89b-42d3-a456-4266141740{n:02x}"), ..record() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_encoding_is_read() {
    let cluster = cluster(&[TOPIC]);
    let otlp = call(2).to_otlp();
    let batch = crate::otlp::Batch::trusted(Signal::Traces, otlp.clone().into(), 1);
    let json = crate::otlp::json::write(&batch);
    publish(&cluster, TOPIC, vec![call(0).to_protobuf()], None).await;
    publish(&cluster, TOPIC, vec![call(1).to_json()], Some("llm_span_json")).await;
    publish(&cluster, TOPIC, vec![otlp], Some("otlp_proto")).await;
    publish(&cluster, TOPIC, vec![json.into()], Some("otlp_json")).await;
    let reading = Reading::start(&cluster, "").await;
    reading.stored(4).await;
    assert_eq!(reading.server.accepted("kafka"), 4);
    reading.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_goes_to_the_dead_letters_with_its_coordinates_and_the_rest_goes_on() {
    let cluster = cluster(&[TOPIC, "dead"]);
    let values = vec![call(0).to_protobuf(), b"no record".to_vec(), vec![7; 100_000], call(1).to_protobuf()];
    publish(&cluster, TOPIC, values, None).await;
    publish(&cluster, TOPIC, vec![b"no request".to_vec()], Some("otlp_proto")).await;
    publish(&cluster, TOPIC, vec![b"{\"resourceSpans\":[".to_vec(), call(2).to_json()], Some("otlp_json"))
        .await;
    let reading = Reading::start(&cluster, "dead_letter_topic: dead").await;
    reading.stored(2).await;
    let letters = || reading.dead.count(Some("receiver:kafka")).unwrap().letters;
    eventually("five dead letters", || letters() == 5).await;
    let letter = (1..=5)
        .map(|id| reading.dead.get(id).unwrap().unwrap())
        .find(|letter| letter.message.contains("(9 "));
    let letter = letter.expect("one is of nine bytes");
    assert!(letter.message.starts_with("llm.spans.raw[") && letter.payload.is_empty(), "{letter:?}");
    let copies = records(&cluster.bootstrap_servers(), "dead", 4);
    assert_eq!(copies.len(), 4, "but for the one that is too large");
    assert!(copies.iter().any(|copy| letter.message.starts_with(&headers(copy)["dead-letter-origin"])));
    reading.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_durable_is_not_committed_and_comes_again() {
    let cluster = cluster(&[TOPIC]);
    publish(&cluster, TOPIC, (0..20).map(|n| call(n).to_protobuf()).collect(), None).await;
    let first = Reading::start(&cluster, "").await;
    first.server.mood(Mood::Full);
    eventually("the queue to be full", || first.server.refused("kafka", "full") > 0).await;
    first.stop().await;
    let second = Reading::start(&cluster, "").await;
    second.stored(20).await;
    second.stop().await;
    let third = Reading::start(&cluster, "").await;
    publish(&cluster, TOPIC, vec![call(99).to_protobuf()], None).await;
    third.stored(1).await;
    third.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_of_brokers_are_outlived() {
    let cluster = cluster(&[TOPIC]);
    publish(&cluster, TOPIC, (0..10).map(|n| call(n).to_protobuf()).collect(), None).await;
    cluster.request_errors(Api::Fetch, &[Error::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION; 2]);
    cluster.request_errors(Api::FindCoordinator, &[Error::RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE]);
    cluster.request_errors(Api::OffsetFetch, &[Error::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS]);
    cluster.request_errors(Api::OffsetCommit, &[Error::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS]);
    let reading = Reading::start(&cluster, "").await;
    reading.stored(10).await;
    reading.stop().await;
}

/// librdkafka tells of troubles about once a second and puts them into one queue with all else: a reader that waits
/// after each hears of what follows minutes late. Here no time passes, so that one that waits at all waits for ever.
#[tokio::test]
async fn a_trouble_keeps_nothing_waiting() {
    let cluster = cluster(&[TOPIC]);
    publish(&cluster, TOPIC, (0..10).map(|n| call(n).to_protobuf()).collect(), None).await;
    cluster.request_errors(Api::Fetch, &[Error::RD_KAFKA_RESP_ERR_UNKNOWN; 3]);
    tokio::time::pause();
    let reading = Reading::start(&cluster, "").await;
    let end = Instant::now() + Duration::from_secs(20);
    while reading.server.stored().iter().map(|record| record.items).sum::<u32>() < 10 {
        assert!(Instant::now() < end, "the reader waits for a time that does not come");
        // While anything is to be done, the clock stands still.
        std::thread::sleep(Duration::from_millis(1));
        tokio::task::yield_now().await;
    }
    tokio::time::resume();
    reading.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_not_read_does_so_once_it_is_granted() {
    let cluster = cluster(&[TOPIC]);
    publish(&cluster, TOPIC, (0..10).map(|n| call(n).to_protobuf()).collect(), None).await;
    cluster.request_errors(Api::FindCoordinator, &[Error::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED]);
    cluster.request_errors(Api::Fetch, &[Error::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED; 3]);
    let reading = Reading::start(&cluster, "").await;
    reading.stored(10).await;
    reading.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_of_a_group_share_what_there_is_and_one_that_leaves_loses_nothing() {
    let cluster = cluster(&[TOPIC]);
    let (one, other) = (Reading::start(&cluster, "").await, Reading::start(&cluster, "").await);
    publish(&cluster, TOPIC, (0..30).map(|n| call(n).to_protobuf()).collect(), None).await;
    let stored = |reading: &Reading| reading.server.stored().iter().map(|record| record.items).sum::<u32>();
    eventually("thirty items", || stored(&one) + stored(&other) >= 30).await;
    let before = stored(&other);
    one.stop().await;
    publish(&cluster, TOPIC, (30..60).map(|n| call(n).to_protobuf()).collect(), None).await;
    eventually("thirty more at the one that stays", || stored(&other) >= before + 30).await;
    other.stop().await;
}

#[test]
fn settings_that_cannot_work_are_said_with_their_keys() {
    let mut config = Config::default();
    let yaml = "{ brokers: [], topic: 'a b', group_id: '', max_message_size: 1, dead_letter_topic: '?' }";
    let problems = read_text("c", yaml, |section| config.read(section));
    let text: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    expect_test::expect![[r#"
        c:1: brokers: a broker is needed, such as 127.0.0.1:9092
        c:1: topic: expected the name of a topic, or a regular expression that begins with ^
        c:1: group_id: a consumer group needs a name
        c:1: max_message_size: must be between 64KiB and 100MiB
        c:1: dead_letter_topic: expected the name of a topic
    "#]]
    .assert_eq(&text);
}
