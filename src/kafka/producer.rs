//! Records in, acknowledgements out: librdkafka's idempotent producer.

use super::{Cluster, Context, Trouble};
use crate::settings::{Section, choices};
use crate::units::Size;
use bytes::Bytes;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How long librdkafka waits for more records before it sends a batch of them, in milliseconds.
const LINGER_MS: &str = "5";

/// What may wait in librdkafka, in KiB.
const BUFFER_KIB: &str = "65536";

/// Between two looks at a buffer that is full.
const FULL_PAUSE: Duration = Duration::from_millis(5);

/// How long an answer may be late after librdkafka's own limit.
const GRACE: Duration = Duration::from_secs(5);

/// How librdkafka compresses batches of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
    Snappy,
    Lz4,
    #[default]
    Zstd,
}

choices!(Compression { None = "none", Gzip = "gzip", Snappy = "snappy", Lz4 = "lz4", Zstd = "zstd" });

/// The section `create_topics`: whether topics that are missing are made.
#[derive(Clone, Debug, serde::Serialize)]
pub struct CreateTopics {
    pub enabled: bool,
    pub partitions: i32,
    pub replication_factor: i32,
}

impl Default for CreateTopics {
    fn default() -> CreateTopics {
        CreateTopics { enabled: false, partitions: 3, replication_factor: 1 }
    }
}

impl CreateTopics {
    pub fn read(&mut self, section: &mut Section<'_>) {
        self.enabled = section.given();
        section.get("enabled", &mut self.enabled);
        section.get("partitions", &mut self.partitions);
        section.get("replication_factor", &mut self.replication_factor);
        if self.partitions < 1 || self.replication_factor < 1 {
            section.problem("", "partitions and replication_factor must be 1 at least");
        }
    }
}

/// One record to be sent.
#[derive(Clone, Debug)]
pub struct Message {
    pub topic: Arc<str>,
    pub key: Option<String>,
    pub value: Bytes,
    pub headers: OwnedHeaders,
}

/// How records are sent.
#[derive(Clone, Debug)]
pub struct Sending {
    pub compression: Compression,
    /// The limit on one [`Producer::send`].
    pub timeout: Duration,
    /// No record is larger, before compression.
    pub max_message_size: Size,
    pub create_topics: CreateTopics,
}

/// Sends records to one cluster. librdkafka keeps the order of a partition and sends again without doubling, as long
/// as it lives.
pub struct Producer {
    cluster: Cluster,
    config: ClientConfig,
    open: Mutex<Arc<Native>>,
    create: CreateTopics,
    /// Topics that were made, or are there.
    made: Mutex<HashSet<Arc<str>>>,
    timeout: Duration,
}

type Native = ThreadedProducer<Context<()>>;

/// Why not every record was delivered.
#[derive(Debug, thiserror::Error)]
#[error("{code}")]
pub struct Failure {
    pub code: Code,
    /// What the client complained of meanwhile.
    #[source]
    pub trouble: Option<Trouble>,
}

/// The records of one call of [`Producer::send`] that are under way.
pub struct UnderWay {
    /// One more than there are, until all are handed over.
    left: AtomicUsize,
    failed: Mutex<Option<Code>>,
    done: Notify,
}

impl Producer {
    /// Connects to nobody yet. Errors where librdkafka cannot take the configuration, such as a missing certificate.
    pub fn new(cluster: &Cluster, sending: &Sending) -> Result<Producer, KafkaError> {
        let mut client = cluster.client();
        client.set("enable.idempotence", "true");
        client.set("acks", "all");
        client.set("linger.ms", LINGER_MS);
        client.set("queue.buffering.max.kbytes", BUFFER_KIB);
        client.set("message.timeout.ms", sending.timeout.as_millis().to_string());
        client.set("message.max.bytes", sending.max_message_size.0.to_string());
        client.set("compression.codec", sending.compression.to_string());
        client.set("allow.auto.create.topics", "false");
        // A topic is missing only once it has been for a while: a broker that starts knows none. Half the time leaves room for
        // the answer, which would else come as "timed out".
        let propagation = (sending.timeout / 2).as_millis();
        client.set("topic.metadata.propagation.max.ms", propagation.to_string());
        Ok(Producer {
            cluster: cluster.clone(),
            open: Mutex::new(connect(cluster, &client)?),
            config: client,
            create: sending.create_topics.clone(),
            made: Mutex::default(),
            timeout: sending.timeout,
        })
    }

    /// Hands `messages` over and waits until each is acknowledged by every replica in sync, or has failed.
    pub async fn send(&self, messages: &[Message]) -> Result<(), Failure> {
        let native = self.open.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if self.create.enabled {
            self.make_topics(messages).await;
        }
        let deadline = Instant::now() + self.timeout + GRACE;
        let under_way = Arc::new(UnderWay::new());
        for message in messages {
            if let Err(code) = hand_over(&native, message, &under_way, deadline).await {
                under_way.fail(code);
                break;
            }
        }
        under_way.arrive();
        if tokio::time::timeout_at(deadline, under_way.all()).await.is_err() {
            under_way.fail(Code::MessageTimedOut);
        }
        let Some(code) = under_way.failure() else {
            native.context().well();
            return Ok(());
        };
        if native.client().fatal_error().is_some() {
            self.connect_anew(&native);
        }
        Err(Failure { code, trouble: native.context().trouble() })
    }

    /// An idempotent producer that has lost its place in a partition sends nothing more.
    fn connect_anew(&self, old: &Arc<Native>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&open, old)
            && let Ok(new) = connect(&self.cluster, &self.config)
        {
            *open = new;
        }
    }

    /// Makes topics that nobody has made yet. Where that fails, sending will tell why.
    async fn make_topics(&self, messages: &[Message]) {
        let missing: HashSet<Arc<str>> = {
            let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            messages
                .iter()
                .map(|message| message.topic.clone())
                .filter(|topic| !made.contains(topic))
                .collect()
        };
        if missing.is_empty() {
            return;
        }
        let CreateTopics { partitions, replication_factor, .. } = self.create;
        let Ok(admin) = self.config.create::<AdminClient<DefaultClientContext>>() else { return };
        let new: Vec<NewTopic<'_>> = missing
            .iter()
            .map(|topic| NewTopic::new(topic, partitions, TopicReplication::Fixed(replication_factor)))
            .collect();
        let options =
            AdminOptions::new().request_timeout(Some(self.timeout)).operation_timeout(Some(self.timeout));
        let Ok(results) = admin.create_topics(&new, &options).await else { return };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        for result in results {
            match result {
                Ok(topic) | Err((topic, Code::TopicAlreadyExists)) => {
                    made.insert(topic.into());
                }
                Err((topic, code)) => tracing::warn!(topic, %code, "cannot make a topic"),
            }
        }
    }
}

fn connect(cluster: &Cluster, config: &ClientConfig) -> Result<Arc<Native>, KafkaError> {
    Ok(Arc::new(config.create_with_context(cluster.context("kafka", ()))?))
}

/// Gives `message` to librdkafka, waiting for room if there is none.
async fn hand_over(
    native: &Native,
    message: &Message,
    under_way: &Arc<UnderWay>,
    deadline: Instant,
) -> Result<(), Code> {
    under_way.left.fetch_add(1, Ordering::Relaxed);
    let mut record = BaseRecord::with_opaque_to(&message.topic, under_way.clone())
        .payload(message.value.as_ref())
        .headers(message.headers.clone());
    if let Some(key) = &message.key {
        record = record.key(key.as_bytes());
    }
    loop {
        record = match native.send(record) {
            Ok(()) => return Ok(()),
            Err((error, back)) => match error.rdkafka_error_code() {
                Some(Code::QueueFull) if Instant::now() < deadline => back,
                code => {
                    under_way.arrive();
                    return Err(code.unwrap_or(Code::Fail));
                }
            },
        };
        tokio::time::sleep(FULL_PAUSE).await;
    }
}

impl ProducerContext for Context<()> {
    type DeliveryOpaque = Arc<UnderWay>;

    fn delivery(&self, result: &DeliveryResult<'_>, under_way: Arc<UnderWay>) {
        if let Err((error, _)) = result {
            under_way.fail(error.rdkafka_error_code().unwrap_or(Code::Fail));
        }
        under_way.arrive();
    }
}

impl UnderWay {
    fn new() -> UnderWay {
        UnderWay { left: AtomicUsize::new(1), failed: Mutex::default(), done: Notify::new() }
    }

    /// One is there, or will never be.
    fn arrive(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.done.notify_one();
        }
    }

    async fn all(&self) {
        while self.left.load(Ordering::Acquire) > 0 {
            self.done.notified().await;
        }
    }

    /// The first failure is the one that is told: later ones follow from it.
    fn fail(&self, code: Code) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(code);
    }

    fn failure(&self) -> Option<Code> {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
