//! Kafka: reads what other Sidelights, Collectors and the predecessor have published, as a member of a consumer group.
//!
//! An offset is committed only once the queue has what stands before it durable. What cannot be read goes to the dead
//! letters with its coordinates; everything else waits until it can be stored.

mod decode;
mod metrics;
mod reader;
#[cfg(test)]
mod tests;

pub use reader::Reader;

use crate::kafka::{Cluster, Encoding, is_topic};
use crate::otlp::Signal;
use crate::settings::{Section, choices};
use crate::units::{Size, serialize_duration};
use rdkafka::ClientConfig;
use std::time::Duration;

/// The section `receivers.kafka`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Config {
    #[serde(flatten)]
    pub cluster: Cluster,
    /// A topic, or where it begins with `^` a regular expression for names of topics.
    pub topic: String,
    /// Members of one group share the partitions.
    pub group_id: String,
    /// Of records whose headers do not say.
    pub encoding: Encoding,
    /// Of export requests whose headers do not say.
    pub signal: Carried,
    /// Where a group begins that has no offsets yet.
    pub start: Start,
    /// A member that is not heard of for so long loses its partitions to the others.
    #[serde(serialize_with = "serialize_duration")]
    pub session_timeout: Duration,
    /// Larger records go to the dead letters.
    pub max_message_size: Size,
    /// Where a copy of what cannot be read goes, with its bytes; nowhere where empty.
    pub dead_letter_topic: String,
}

/// What the requests of a topic hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carried {
    #[default]
    Traces,
    Logs,
    Metrics,
}

choices!(Carried { Traces = "traces", Logs = "logs", Metrics = "metrics" });

/// Where to begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    #[default]
    Earliest,
    Latest,
}

choices!(Start { Earliest = "earliest", Latest = "latest" });

/// What librdkafka may read ahead, in KiB.
const READ_AHEAD_KIB: &str = "16384";

/// The largest answer that is taken from a broker, in bytes: a record that is too large for us has to be fetched to be
/// passed over.
const LARGEST_ANSWER: &str = "160000000";

/// How often librdkafka tells how far behind it is, in milliseconds.
const STATISTICS_MS: &str = "5000";

impl Default for Config {
    fn default() -> Config {
        Config {
            cluster: Cluster::default(),
            topic: "llm.spans.raw".to_string(),
            group_id: "sidelight".to_string(),
            encoding: Encoding::default(),
            signal: Carried::default(),
            start: Start::default(),
            session_timeout: Duration::from_secs(15),
            max_message_size: Size::mib(20),
            dead_letter_topic: String::new(),
        }
    }
}

impl Config {
    pub fn read(&mut self, section: &mut Section<'_>) {
        self.cluster.read(section);
        section.get("topic", &mut self.topic);
        section.get("group_id", &mut self.group_id);
        section.get("encoding", &mut self.encoding);
        section.get("signal", &mut self.signal);
        section.get("start", &mut self.start);
        section.get("session_timeout", &mut self.session_timeout);
        section.get("max_message_size", &mut self.max_message_size);
        section.get("dead_letter_topic", &mut self.dead_letter_topic);
        if !(self.topic.starts_with('^') || is_topic(&self.topic)) {
            section
                .problem("topic", "expected the name of a topic, or a regular expression that begins with ^");
        }
        if !(self.dead_letter_topic.is_empty() || is_topic(&self.dead_letter_topic)) {
            section.problem("dead_letter_topic", "expected the name of a topic");
        }
        if self.group_id.is_empty() {
            section.problem("group_id", "a consumer group needs a name");
        }
        if !(Duration::from_secs(1)..=Duration::from_secs(1800)).contains(&self.session_timeout) {
            section.problem("session_timeout", "must be between 1s and 30m");
        }
        if !(64 << 10..=100 << 20).contains(&self.max_message_size.0) {
            section.problem("max_message_size", "must be between 64KiB and 100MiB");
        }
    }

    /// What librdkafka is told.
    fn client(&self) -> ClientConfig {
        let mut client = self.cluster.client();
        client.set("group.id", &self.group_id);
        client.set("enable.auto.commit", "false");
        client.set("enable.auto.offset.store", "false");
        client.set("auto.offset.reset", self.start.to_string());
        client.set("partition.assignment.strategy", "cooperative-sticky");
        client.set("session.timeout.ms", self.session_timeout.as_millis().to_string());
        client.set("heartbeat.interval.ms", (self.session_timeout / 5).as_millis().to_string());
        client.set("queued.max.messages.kbytes", READ_AHEAD_KIB);
        client.set("receive.message.max.bytes", LARGEST_ANSWER);
        client.set("statistics.interval.ms", STATISTICS_MS);
        client
    }
}

impl From<Carried> for Signal {
    fn from(carried: Carried) -> Signal {
        match carried {
            Carried::Traces => Signal::Traces,
            Carried::Logs => Signal::Logs,
            Carried::Metrics => Signal::Metrics,
        }
    }
}
