//! The loop: fetch, read, store, commit.

use super::Config;
use super::decode::{Fetched, Held};
use super::metrics::Metrics;
use crate::drain::Drain;
use crate::kafka::{Compression, Context, CreateTopics, Message, Producer, Sending, header};
use crate::net::decode::Encoding;
use crate::otlp::Signal;
use crate::queue::{DeadLetters, Letter};
use crate::receive::{Arrival, Door, Format, Intake, Refusal, Via};
use bytes::Bytes;
use futures_util::FutureExt;
use rdkafka::ClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

/// The name under which its dead letters lie.
const NAME: &str = "receiver:kafka";

/// At most so many records, and about so many bytes, are taken at once.
const MOST_RECORDS: usize = 500;
const MOST_BYTES: usize = 1 << 20;

/// Between two attempts to store what the queue cannot take at the moment.
const LEAST_PAUSE: Duration = Duration::from_millis(50);
const MOST_PAUSE: Duration = Duration::from_secs(5);

/// So often a fault of ours may stand in the way of a record before it counts as one that cannot be read.
const MOST_FAULTS: u32 = 3;

/// Poison goes to its topic within this time, or is in the dead letters here alone.
const ASIDE: Duration = Duration::from_secs(10);

/// A member of a consumer group, connected once it is served.
pub struct Reader {
    config: Config,
    consumer: Arc<StreamConsumer<Context<Metrics>>>,
    aside: Option<Producer>,
    metrics: Metrics,
}

/// The agent stops: what is in hand is not stored, and its offsets are not committed.
struct Stopped;

/// What keeps a record from the queue for good.
struct Unreadable(String);

impl Reader {
    /// Called within a runtime, and where metrics can be made. Errors where librdkafka cannot take the configuration,
    /// such as a missing certificate.
    pub fn new(config: &Config) -> Result<Reader, KafkaError> {
        let metrics = Metrics::new();
        let context = config.cluster.context(NAME, metrics.clone());
        let consumer = config.client().create_with_context(context)?;
        let sending = Sending {
            compression: Compression::default(),
            timeout: ASIDE,
            max_message_size: config.max_message_size,
            create_topics: CreateTopics::default(),
        };
        let aside = (!config.dead_letter_topic.is_empty()).then(|| Producer::new(&config.cluster, &sending));
        Ok(Reader {
            config: config.clone(),
            consumer: Arc::new(consumer),
            aside: aside.transpose()?,
            metrics,
        })
    }

    /// Reads until `drain` stops it, then leaves the group.
    pub async fn serve(self, intake: Intake, dead: Arc<DeadLetters>, drain: Drain) {
        let Config { topic, group_id, .. } = &self.config;
        info!(topic, group_id, "reading from Kafka");
        if let Err(error) = self.consumer.subscribe(&[topic]) {
            error!(%error, topic, "cannot subscribe; nothing is read from Kafka");
            return;
        }
        self.read(&intake, &dead, &drain.stop).await;
        let consumer = self.consumer;
        let left = tokio::task::spawn_blocking(move || {
            // What is durable and not yet said to be: after this, nobody reads it again.
            if let Err(error) = consumer.commit_consumer_state(CommitMode::Sync) {
                debug!(%error, "there was nothing more to commit");
            }
            drop(consumer);
        });
        if left.await.is_err() {
            warn!("the consumer group was left by a fault in Sidelight");
        }
    }

    /// Stops between two fetches, so that what was stored is committed too.
    async fn read(&self, intake: &Intake, dead: &Arc<DeadLetters>, stop: &CancellationToken) {
        loop {
            let fetched = match stop.run_until_cancelled(self.fetch()).await {
                None => return,
                Some(Ok(fetched)) => fetched,
                Some(Err(error)) => {
                    // No pause: librdkafka tells of a trouble about once a second and puts it into one queue with all else. Who
                    // takes them more slowly than they come hears of new partitions minutes after an outage has ended.
                    self.consumer.context().error(error, "nothing can be fetched; trying again");
                    tokio::task::yield_now().await;
                    continue;
                }
            };
            self.consumer.context().well();
            if self.take(&fetched, intake, dead, stop).await.is_err() {
                return;
            }
            self.commit(&fetched);
        }
    }

    /// The records that are there, at least one.
    async fn fetch(&self) -> Result<Vec<Fetched>, KafkaError> {
        let mut fetched = vec![Fetched::of(&self.consumer.recv().await?, &self.config)];
        let mut bytes = size(&fetched[0]);
        while fetched.len() < MOST_RECORDS && bytes < MOST_BYTES {
            let Some(Ok(next)) = self.consumer.recv().now_or_never() else { break };
            let next = Fetched::of(&next, &self.config);
            bytes += size(&next);
            fetched.push(next);
        }
        Ok(fetched)
    }

    /// Sees all of it to the queue or to the dead letters.
    async fn take(
        &self,
        fetched: &[Fetched],
        intake: &Intake,
        dead: &Arc<DeadLetters>,
        stop: &CancellationToken,
    ) -> Result<(), Stopped> {
        let (limit, reading) = (self.limit(), fetched.to_vec());
        let held = tokio::task::spawn_blocking(move || {
            reading.iter().map(|one| one.hold(limit)).collect::<Vec<_>>()
        });
        let held = held.await.map_err(|_| Stopped)?;
        let (mut calls, mut callers) = (Vec::new(), Vec::new());
        for (one, held) in fetched.iter().zip(held) {
            match held {
                Held::Call(otlp) => {
                    calls.extend_from_slice(&otlp);
                    callers.push((one, otlp));
                }
                Held::Request(signal, format, value) => {
                    if let Err(Unreadable(why)) = self.store(signal, format, &value, intake, stop).await? {
                        self.bury(one, &why, dead, stop).await?;
                    }
                }
                Held::Poison(why) => {
                    let door = Door { signal: one.signal, via: Via::Kafka };
                    intake.refuse(door, Refusal::Unreadable(String::new()));
                    self.bury(one, &why, dead, stop).await?;
                }
            }
        }
        self.store_calls(calls, callers, intake, dead, stop).await
    }

    /// Stores calls as one request; where that cannot be, each alone, so that one spoils no others.
    async fn store_calls(
        &self,
        calls: Vec<u8>,
        callers: Vec<(&Fetched, Vec<u8>)>,
        intake: &Intake,
        dead: &Arc<DeadLetters>,
        stop: &CancellationToken,
    ) -> Result<(), Stopped> {
        if calls.is_empty()
            || self.store(Signal::Traces, Format::Proto, &calls.into(), intake, stop).await?.is_ok()
        {
            return Ok(());
        }
        for (one, otlp) in callers {
            let stored = self.store(Signal::Traces, Format::Proto, &otlp.into(), intake, stop).await?;
            if let Err(Unreadable(why)) = stored {
                self.bury(one, &why, dead, stop).await?;
            }
        }
        Ok(())
    }

    /// As often as it takes: a queue that is full or a disk that fails is waited for.
    async fn store(
        &self,
        signal: Signal,
        format: Format,
        value: &Bytes,
        intake: &Intake,
        stop: &CancellationToken,
    ) -> Result<Result<(), Unreadable>, Stopped> {
        let door = Door { signal, via: Via::Kafka };
        let (mut pause, mut faults) = (LEAST_PAUSE, 0);
        loop {
            let mut hold = intake.hold();
            let refusal = match hold.grow(value.len()) {
                Err(full) => intake.refuse(door, full.into()),
                Ok(()) => {
                    let arrival = Arrival {
                        door,
                        format,
                        encoding: Encoding::Identity,
                        wire: value.clone(),
                        // Calls as requests are larger than the records that they came in.
                        limit: self.limit().max(value.len()).saturating_mul(2),
                        hold,
                    };
                    match intake.take(arrival).await {
                        Ok(()) => return Ok(Ok(())),
                        Err(refusal) => refusal,
                    }
                }
            };
            match refusal {
                Refusal::Closing => return Err(Stopped),
                Refusal::Malformed(_)
                | Refusal::MalformedJson(_)
                | Refusal::Unreadable(_)
                | Refusal::TooLarge(_)
                | Refusal::Unsupported(_) => {
                    return Ok(Err(Unreadable(refusal.to_string())));
                }
                Refusal::Internal => faults += 1,
                Refusal::Busy | Refusal::Full | Refusal::Disk => {}
                // Of a connection, which a record does not come by.
                Refusal::Unauthenticated | Refusal::Stalled | Refusal::Late | Refusal::Gone => {}
            }
            if faults >= MOST_FAULTS {
                return Ok(Err(Unreadable(refusal.to_string())));
            }
            debug!(reason = refusal.reason(), "what was read from Kafka waits to be stored");
            stop.run_until_cancelled(tokio::time::sleep(pause)).await.ok_or(Stopped)?;
            pause = (pause * 2).min(MOST_PAUSE);
        }
    }

    /// Puts down where a record is that cannot be read: its bytes, which nobody has scanned, stay in Kafka, and go to
    /// the topic of dead letters where there is one.
    async fn bury(
        &self,
        one: &Fetched,
        why: &str,
        dead: &Arc<DeadLetters>,
        stop: &CancellationToken,
    ) -> Result<(), Stopped> {
        let message = one.epitaph(why);
        warn!(record = message, "a record of Kafka cannot be read");
        self.metrics.poison.increment(1);
        let now = SystemTime::now();
        let letter = Arc::new(Letter {
            exporter: NAME.to_string(),
            kind: one.signal as u8,
            flags: 0,
            items: 1,
            reason: "unreadable".to_string(),
            message,
            payload: Bytes::new(),
            enqueued: now,
            died: now,
        });
        loop {
            let (dead, letter) = (dead.clone(), letter.clone());
            match tokio::task::spawn_blocking(move || dead.push(&letter)).await {
                Ok(Ok(_)) => break,
                _ => error!("cannot write a dead letter; trying again"),
            }
            stop.run_until_cancelled(tokio::time::sleep(MOST_PAUSE)).await.ok_or(Stopped)?;
        }
        self.set_aside(one, why).await;
        Ok(())
    }

    async fn set_aside(&self, one: &Fetched, why: &str) {
        let (Some(producer), Some(value)) = (&self.aside, &one.value) else { return };
        let origin = one.at.to_string();
        let headers = [(header::REASON, why), (header::ORIGIN, &origin)];
        let headers = headers.into_iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(value) })
        });
        let topic = Arc::from(self.config.dead_letter_topic.as_str());
        let message = Message { topic, key: None, value: value.clone(), headers };
        if let Err(failure) = producer.send(&[message]).await {
            warn!(record = origin, code = %failure.code, "a copy of a dead letter was not taken");
        }
    }

    /// Says that everything up to the last of `fetched` is durable. Where that does not arrive, the records come again
    /// and are stored again; a later commit says the same.
    fn commit(&self, fetched: &[Fetched]) {
        let mut next = TopicPartitionList::new();
        for ((topic, partition), offset) in last_offsets(fetched) {
            // Not ours to refuse: they came from the broker.
            let _ = next.add_partition_offset(topic, partition, Offset::Offset(offset + 1));
        }
        if let Err(error) =
            self.consumer.store_offsets(&next).and(self.consumer.commit(&next, CommitMode::Async))
        {
            debug!(%error, "an offset was not committed: its partition is another's now");
        }
    }

    fn limit(&self) -> usize {
        self.config.max_message_size.0 as usize
    }
}

fn size(fetched: &Fetched) -> usize {
    fetched.value.as_ref().map_or(0, Bytes::len)
}

/// The highest offset of each partition.
fn last_offsets(fetched: &[Fetched]) -> BTreeMap<(&str, i32), i64> {
    let mut last = BTreeMap::new();
    for Fetched { at, .. } in fetched {
        let offset = last.entry((at.topic.as_str(), at.partition)).or_insert(at.offset);
        *offset = at.offset.max(*offset);
    }
    last
}

impl ConsumerContext for Context<Metrics> {
    fn post_rebalance(&self, _: &BaseConsumer<Context<Metrics>>, rebalance: &Rebalance<'_>) {
        self.hears.rebalances.increment(1);
        match rebalance {
            Rebalance::Assign(partitions) => {
                info!(partitions = partitions.count(), "partitions were assigned")
            }
            Rebalance::Revoke(partitions) => {
                info!(partitions = partitions.count(), "partitions were revoked")
            }
            Rebalance::Error(error) => warn!(%error, "the consumer group could not be dealt"),
        }
    }
}
