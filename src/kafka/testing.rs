//! A cluster to test with: librdkafka's own, which speaks the protocol on loopback and misbehaves on request.

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, OwnedMessage};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

pub type Mock = MockCluster<'static, DefaultProducerContext>;

/// Of each topic.
const PARTITIONS: i32 = 3;

/// Three brokers with `topics` of three partitions each.
pub fn cluster(topics: &[&str]) -> Mock {
    let cluster = MockCluster::new(3).expect("a mock cluster");
    topics.iter().for_each(|topic| cluster.create_topic(topic, PARTITIONS, 3).expect("a topic"));
    cluster
}

/// The first `count` records of `topic`, and any that come within a moment after them.
pub fn records(brokers: &str, topic: &str, count: usize) -> Vec<OwnedMessage> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("group.id", format!("reader-of-{topic}"));
    let consumer: BaseConsumer = config.set("enable.auto.commit", "false").create().expect("a consumer");
    // All of them, without a group that would first have to find together.
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition_range(topic, 0, PARTITIONS - 1);
    partitions.set_all_offsets(Offset::Beginning).expect("it is an offset");
    consumer.assign(&partitions).expect("they are there");
    let (mut found, end) = (Vec::new(), Instant::now() + Duration::from_secs(20));
    while Instant::now() < end {
        let wait = if found.len() < count { Duration::from_secs(1) } else { Duration::from_millis(100) };
        match consumer.poll(wait) {
            Some(Ok(message)) => found.push(message.detach()),
            None if found.len() >= count => break,
            _ => {}
        }
    }
    found
}

/// The headers of a record, by their names.
pub fn headers(message: &OwnedMessage) -> BTreeMap<String, String> {
    let text = |bytes: Option<&[u8]>| String::from_utf8(bytes.unwrap_or_default().to_vec()).expect("text");
    let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
    headers.map(|header| (header.key.to_string(), text(header.value))).collect()
}
