//! Kafka: each recognised call as one record, or whole OTLP requests for whoever reads those.

mod encode;
#[cfg(test)]
mod tests;
mod topics;
mod verdict;

use super::config::{self, Settings, Type};
use super::records::{self, Extent};
use super::{BoxError, Exporter, Verdict, lane};
use crate::kafka::{self, Cluster, Compression, CreateTopics, Encoding, Message, Producer, Sending};
use crate::otlp::{Batch, Signal};
use crate::settings::{Section, choices};
use crate::units::{Size, serialize_duration};
use encode::Encoder;
use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use topics::Topics;

pub const TYPE: Type = Type {
    names: &["kafka"],
    about: "Kafka: a record for each LLM call, or OTLP requests",
    read: |section| {
        let mut config = Config::default();
        config.read(section);
        Arc::new(config)
    },
};

/// An exporter `kafka`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Config {
    #[serde(flatten)]
    pub cluster: Cluster,
    /// Of calls, or of traces.
    pub topic: String,
    /// Encodings `otlp_*`: of logs; they are not sent where it is empty.
    pub logs_topic: String,
    /// Encodings `otlp_*`: of metrics; they are not sent where it is empty.
    pub metrics_topic: String,
    pub encoding: Encoding,
    pub key: Key,
    pub topic_from: TopicFrom,
    pub compression: Compression,
    /// The limit on one attempt, from the first byte to the last acknowledgement.
    #[serde(serialize_with = "serialize_duration")]
    pub timeout: Duration,
    /// No record is larger, before compression. Brokers take 1 MiB unless told otherwise.
    pub max_message_size: Size,
    /// Whether calls go with what was said, made safe.
    pub messages: bool,
    /// Whether calls go with the attributes of their resource.
    pub resource: bool,
    /// Where a copy of what a broker refuses for good goes, beside the dead letters here; nowhere where empty.
    pub dead_letter_topic: String,
    pub create_topics: CreateTopics,
    #[serde(flatten)]
    pub lane: lane::Config,
}

/// What the key of a call's record is; it decides the partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Key {
    /// All calls of a trace are in one partition.
    #[default]
    TraceId,
    /// As the predecessor's.
    SpanId,
}

choices!(Key { TraceId = "trace_id", SpanId = "span_id" });

/// What is added to the name of the topic of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TopicFrom {
    #[default]
    None,
    /// `llm.spans.raw.shop`
    Service,
    /// `llm.spans.raw.chat`
    Kind,
}

choices!(TopicFrom { None = "none", Service = "service", Kind = "kind" });

impl Default for Config {
    fn default() -> Config {
        Config {
            cluster: Cluster::default(),
            topic: "llm.spans.raw".to_string(),
            logs_topic: String::new(),
            metrics_topic: String::new(),
            encoding: Encoding::default(),
            key: Key::default(),
            topic_from: TopicFrom::default(),
            compression: Compression::default(),
            timeout: Duration::from_secs(30),
            max_message_size: Size(1_000_000),
            messages: false,
            resource: true,
            dead_letter_topic: String::new(),
            create_topics: CreateTopics::default(),
            lane: lane::Config { vectors: true, ..lane::Config::default() },
        }
    }
}

impl Config {
    pub fn read(&mut self, section: &mut Section<'_>) {
        self.cluster.read(section);
        section.get("topic", &mut self.topic);
        section.get("logs_topic", &mut self.logs_topic);
        section.get("metrics_topic", &mut self.metrics_topic);
        section.get("encoding", &mut self.encoding);
        section.get("key", &mut self.key);
        section.get("topic_from", &mut self.topic_from);
        section.get("compression", &mut self.compression);
        section.get("timeout", &mut self.timeout);
        section.get("max_message_size", &mut self.max_message_size);
        section.get("messages", &mut self.messages);
        section.get("resource", &mut self.resource);
        section.get("dead_letter_topic", &mut self.dead_letter_topic);
        section.section("create_topics", |section| self.create_topics.read(section));
        self.lane.vectors = self.encoding.is_call();
        self.lane.read(section);
        self.check(section);
    }

    fn check(&self, section: &mut Section<'_>) {
        let topics = [
            ("topic", &self.topic, false),
            ("logs_topic", &self.logs_topic, true),
            ("metrics_topic", &self.metrics_topic, true),
            ("dead_letter_topic", &self.dead_letter_topic, true),
        ];
        for (key, topic, may_be_empty) in topics {
            if !(kafka::is_topic(topic) || topic.is_empty() && may_be_empty) {
                section
                    .problem(key, "expected the name of a topic: up to 249 letters, digits, dots, _ and -");
            }
        }
        if self.timeout < Duration::from_secs(1) {
            section.problem("timeout", "must be 1s at least");
        }
        if !(64 << 10..=100 << 20).contains(&self.max_message_size.0) {
            section.problem("max_message_size", "must be between 64KiB and 100MiB");
        }
        let whole = !self.encoding.is_call();
        if whole && self.topic_from != TopicFrom::None {
            section
                .problem("topic_from", "requests hold spans of many services: it is for encodings llm_span*");
        }
        let others = [&self.logs_topic, &self.metrics_topic];
        if !whole && others.iter().any(|topic| !topic.is_empty()) {
            section.problem("logs_topic", "logs and metrics go out in encodings otlp_* only");
        }
    }
}

impl Config {
    fn sending(&self) -> Sending {
        Sending {
            compression: self.compression,
            timeout: self.timeout,
            max_message_size: self.max_message_size,
            create_topics: self.create_topics.clone(),
        }
    }
}

impl Settings for Config {
    fn lane(&self) -> lane::Config {
        let mut lane = self.lane.clone();
        lane.secrets = self.cluster.secrets();
        if !self.encoding.is_call() {
            let most = self.max_message_size.0 - encode::OVERHEAD as u64;
            lane.max_request_size = Size(lane.max_request_size.0.min(most));
        }
        lane
    }

    fn build(&self, _data_dir: &Path) -> Result<Arc<dyn Exporter>, BoxError> {
        Ok(Arc::new(Kafka::new(self)?))
    }

    fn shown(&self) -> Box<RawValue> {
        config::shown(self)
    }
}

/// One cluster. Connections are made when there is something to send.
struct Kafka {
    encoder: Arc<Encoder>,
    producer: Producer,
    /// Whether there is a topic for each signal.
    carried: [bool; 3],
    dead_letter_topic: Option<Arc<str>>,
}

impl Kafka {
    fn new(config: &Config) -> Result<Kafka, BoxError> {
        let topics = Topics::new(config);
        let whole = !config.encoding.is_call();
        let encoder = Encoder {
            encoding: config.encoding,
            key: config.key,
            extent: Extent { resource: config.resource, messages: config.messages },
            most: config.max_message_size.0 as usize,
            topics,
        };
        Ok(Kafka {
            encoder: Arc::new(encoder),
            producer: Producer::new(&config.cluster, &config.sending())?,
            carried: match whole {
                true => [true, !config.logs_topic.is_empty(), !config.metrics_topic.is_empty()],
                false => Signal::ALL.map(records::may_have),
            },
            dead_letter_topic: Some(config.dead_letter_topic.as_str())
                .filter(|topic| !topic.is_empty())
                .map(Arc::from),
        })
    }

    async fn attempt(&self, batch: &Batch) -> Verdict {
        let (encoder, encoded) = (self.encoder.clone(), batch.clone());
        let messages = match tokio::task::spawn_blocking(move || encoder.encode(&encoded)).await {
            Ok(Ok(messages)) => messages,
            Ok(Err(too_large)) => return Verdict::TooLarge(too_large.into()),
            Err(fault) => return Verdict::Refused(fault.into()),
        };
        let items =
            if self.encoder.encoding.is_call() { messages.len() as u64 } else { batch.items().into() };
        match self.producer.send(&messages).await {
            Ok(()) => Verdict::Kept { items },
            Err(failure) => {
                let verdict = verdict::of(failure, items);
                if let (Verdict::Refused(cause), Some(topic)) = (&verdict, &self.dead_letter_topic) {
                    self.set_aside(topic, messages, &cause.to_string()).await;
                }
                verdict
            }
        }
    }

    /// Sends a copy to the topic of dead letters. It is one of two: the other is in ours, so that nothing hangs on it.
    async fn set_aside(&self, topic: &Arc<str>, messages: Vec<Message>, why: &str) {
        let messages: Vec<Message> =
            messages.into_iter().map(|message| encode::buried(message, topic.clone(), why)).collect();
        if let Err(failure) = self.producer.send(&messages).await {
            tracing::warn!(%topic, code = %failure.code, "a dead letter's copy was not taken");
        }
    }
}

impl Exporter for Kafka {
    fn carries(&self, signal: Signal) -> bool {
        self.carried[signal as usize - 1]
    }

    fn send<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Verdict> {
        Box::pin(self.attempt(batch))
    }
}
