//! A lane: takes batches from the queue and sees each of them through to one exporter.

mod replay;

use super::delivery::{Delivery, Shape, Step, Then, Undeliverable};
use super::trace_size::TraceSizes;
use super::{BoxError, Exporter, Metrics, Standing, Verdict, Words, retry, words};
use crate::embed::Embedder;
use crate::otlp::{Batch, Signal};
use crate::queue::{self, DeadLetters, Lease, Letter, Record, Stored};
use crate::settings::{Secret, Section};
use crate::units::Size;
use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

/// What can be set for every exporter that sends over a network.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Config {
    pub retry_on_failure: retry::Config,
    pub sending_queue: SendingQueue,
    /// No request is larger, before compression; what is gets split, and one item is cut.
    pub max_request_size: Size,
    /// Whether it is to have the vectors of prompts too: 4 kB for each of them.
    pub vectors: bool,
    /// No request has more spans, log records or data points; 0: no limit.
    pub max_request_items: u64,
    /// Longer texts in attributes are cut, marked, and stay UTF-8 and JSON; 0: none is.
    pub max_attribute_bytes: Size,
    /// Where a trace that comes near what the peer keeps of one is warned of.
    #[serde(skip)]
    pub trace_limit: Option<u64>,
    /// What the exporter's part of the queue on disk may hold.
    pub queue: queue::Overrides,
    /// What its peer is shown and nobody else: a peer may quote it.
    #[serde(skip)]
    pub secrets: Vec<Secret>,
}

/// The section `sending_queue`. The queue itself is the one on disk; this is how it is emptied.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SendingQueue {
    /// Requests under way at the same time.
    pub num_consumers: NonZeroUsize,
    /// Small batches that wait are joined up to this size.
    pub batch_size: Size,
    /// Where less than half of that waits, the next request comes no sooner than so long after the last; 0: at
    /// once. For peers that pay for each request, whatever its size.
    #[serde(serialize_with = "crate::units::serialize_duration")]
    pub flush_interval: Duration,
}

/// With the default size of a batch, a lane holds some 16 MiB at most: each once as it is and once
/// as it is sent. [`Lane::most_in_hand`] bounds it where batches are larger by themselves.
const CONSUMERS: NonZeroUsize = NonZeroUsize::new(4).expect("4 is not 0");

/// What waits longer for company than this had better not wait at all.
const LONGEST_FLUSH: Duration = Duration::from_secs(60);

impl Default for Config {
    fn default() -> Config {
        Config {
            retry_on_failure: retry::Config::default(),
            sending_queue: SendingQueue {
                num_consumers: CONSUMERS,
                batch_size: Size::mib(1),
                flush_interval: Duration::ZERO,
            },
            max_request_size: Size::mib(4),
            vectors: false,
            max_request_items: 0,
            max_attribute_bytes: Size(0),
            trace_limit: None,
            queue: queue::Overrides::default(),
            secrets: Vec::new(),
        }
    }
}

impl Config {
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("vectors", &mut self.vectors);
        section.section("retry_on_failure", |retry| self.retry_on_failure.read(retry));
        section.section("sending_queue", |queue| {
            queue.get("num_consumers", &mut self.sending_queue.num_consumers);
            queue.get("batch_size", &mut self.sending_queue.batch_size);
            queue.get("flush_interval", &mut self.sending_queue.flush_interval);
            if self.sending_queue.num_consumers.get() > 64 {
                queue.problem("num_consumers", "must be at most 64");
            }
            if self.sending_queue.flush_interval > LONGEST_FLUSH {
                queue.problem("flush_interval", "must be at most 1m");
            }
        });
        section.section("queue", |queue| self.queue.read(queue));
        section.get("max_request_size", &mut self.max_request_size);
        section.get("max_request_items", &mut self.max_request_items);
        section.get("max_attribute_bytes", &mut self.max_attribute_bytes);
        if (1..64).contains(&self.max_attribute_bytes.0) {
            section.problem("max_attribute_bytes", "must be 0 or at least 64");
        }
        if self.max_request_size < Size::kib(64) {
            section.problem("max_request_size", "must be at least 64KiB");
        }
    }
}

/// One exporter with everything that stands between it and the queue.
pub struct Lane {
    queue: queue::Lane,
    exporter: Arc<dyn Exporter>,
    config: Config,
    dead: Arc<DeadLetters>,
    words: Words,
    metrics: Metrics,
    /// Trouble is told once, and its end.
    standing: Standing,
    /// Where the peer keeps only so much of a trace.
    traces: Option<Mutex<TraceSizes>>,
    /// Rung when dead letters were marked to be replayed.
    bell: Arc<Notify>,
    /// Where the peer is to have vectors.
    embedder: Option<Embedder>,
}

/// How a lane is told to end. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// It waits for nothing any more: what the peer does not take at once stays in the queue.
    pub waiting: CancellationToken,
    /// It takes nothing more from the queue.
    pub leasing: CancellationToken,
}

/// How a lease ended.
enum End {
    Settled,
    /// The agent stops; what is left stays on disk.
    Stopped,
}

impl Lane {
    pub fn new(
        queue: queue::Lane,
        exporter: Arc<dyn Exporter>,
        config: Config,
        dead: Arc<DeadLetters>,
        words: Words,
        metrics: Metrics,
    ) -> Lane {
        let words = words.hiding(&config.secrets);
        let traces = config.trace_limit.map(|most| Mutex::new(TraceSizes::new(most)));
        Lane {
            queue,
            exporter,
            config,
            dead,
            words,
            metrics,
            standing: Standing::default(),
            traces,
            bell: Arc::default(),
            embedder: None,
        }
    }

    /// How it fares, for whoever wants to look while it runs.
    pub fn standing(&self) -> Standing {
        self.standing.clone()
    }

    /// Puts vectors on what it delivers, if its peer is to have them.
    pub fn with_vectors(self, of: Option<Embedder>) -> Lane {
        Lane { embedder: of.filter(|_| self.config.vectors), ..self }
    }

    /// What is rung when dead letters of this exporter were marked to be replayed.
    pub fn bell(&self) -> Arc<Notify> {
        self.bell.clone()
    }

    /// Delivers until the queue is closed and empty, or `stop` says so: from `waiting` on what the peer does not
    /// take at once stays in the queue, and the lane ends there; from `leasing` on it ends with what is in hand.
    ///
    /// Dropping it half-way gives what is in hand back to the queue.
    pub async fn run(self, stop: Stop) {
        let mut under_way = FuturesUnordered::new();
        let (mut in_hand, most) = (0, self.most_in_hand());
        let mut leasing = pin!(self.lease_after(Duration::ZERO, &stop));
        let mut replaying = pin!(self.replay(&stop.waiting));
        loop {
            let room = under_way.len() < self.config.sending_queue.num_consumers.get() && in_hand < most;
            tokio::select! {
                biased;
                Some((end, bytes)) = under_way.next() => match end {
                    End::Settled => in_hand -= bytes,
                    End::Stopped => break,
                },
                () = stop.leasing.cancelled() => break,
                () = &mut replaying => {}
                lease = &mut leasing, if room => match lease {
                    Some(lease) => {
                        let bytes = bytes_of(&lease);
                        let pause = self.pause_after(bytes);
                        in_hand += bytes;
                        under_way.push(self.see_through(lease, &stop.waiting).map(move |end| (end, bytes)));
                        leasing.set(self.lease_after(pause, &stop));
                    }
                    None => break,
                },
            }
        }
        while under_way.next().await.is_some() {}
    }

    /// With so many bytes in hand it leases no more, however few batches they are: one may be as large as a
    /// receiver takes, and is in memory twice.
    fn most_in_hand(&self) -> u64 {
        let SendingQueue { num_consumers, batch_size, .. } = self.config.sending_queue;
        batch_size.0.max(self.config.max_request_size.0).saturating_mul(num_consumers.get() as u64)
    }

    /// The next lease, once `pause` is over or the lane is to wait for nothing any more.
    async fn lease_after(&self, pause: Duration, stop: &Stop) -> Option<Lease> {
        if !pause.is_zero() {
            stop.waiting.run_until_cancelled(tokio::time::sleep(pause)).await;
        }
        self.queue.lease(self.config.sending_queue.batch_size.0).await
    }

    /// A lease that is far from full says that no more was waiting.
    fn pause_after(&self, bytes: u64) -> Duration {
        let SendingQueue { batch_size, flush_interval, .. } = self.config.sending_queue;
        if bytes >= batch_size.0 / 2 { Duration::ZERO } else { flush_interval }
    }

    /// Delivers all of `lease` and settles it, or gives it back.
    async fn see_through(&self, lease: Lease, stop: &CancellationToken) -> End {
        let mut delivery = self.unpack(lease.records()).await;
        let end = self.deliver(&mut delivery, lease.records(), true, stop).await;
        match end {
            End::Settled => {
                self.metrics.trimmed(delivery.trimmed());
                self.queue.settle(lease, delivery.ledger());
            }
            End::Stopped => self.queue.release(lease),
        }
        end
    }

    async fn unpack(&self, records: &[Stored]) -> Delivery {
        let Config { max_request_size, max_request_items, max_attribute_bytes, .. } = self.config;
        let shape = Shape {
            join: self.config.sending_queue.batch_size.0.min(max_request_size.0) as usize,
            most: max_request_size.0 as usize,
            items: if max_request_items == 0 { u64::MAX } else { max_request_items },
            text: Some(max_attribute_bytes.0 as usize).filter(|most| *most > 0),
            valid_ids: self.exporter.needs_valid_ids(),
        };
        let mut delivery = Delivery::new(shape, &self.config.retry_on_failure);
        let mut carried = Vec::new();
        for Stored { record, .. } in records {
            match Signal::ALL.into_iter().find(|signal| *signal as u8 == record.kind) {
                Some(signal) if self.exporter.carries(signal) => {
                    let batch = Batch::trusted(signal, record.payload.clone(), record.items);
                    carried.push((batch, record.flags & Record::EMBEDDABLE != 0));
                }
                _ => delivery.skip(record.kind, record.items, "not_carried"),
            }
        }
        for batch in self.embedded(carried).await {
            self.watch(&batch);
            delivery.add(batch);
        }
        delivery
    }

    /// The batches, with vectors on those of them that are said to have prompts for it.
    async fn embedded(&self, batches: Vec<(Batch, bool)>) -> Vec<Batch> {
        let asked: Vec<Batch> =
            batches.iter().filter(|(_, embeddable)| *embeddable).map(|(batch, _)| batch.clone()).collect();
        let mut with = match &self.embedder {
            Some(embedder) if !asked.is_empty() => embedder.add(asked).await.into_iter(),
            _ => asked.into_iter(),
        };
        let one = |(batch, embeddable)| if embeddable { with.next().unwrap_or(batch) } else { batch };
        batches.into_iter().map(one).collect()
    }

    /// Warns of traces that grow past what the peer keeps of one, while there is still time.
    fn watch(&self, batch: &Batch) {
        let Some(traces) = &self.traces else { return };
        let large = traces.lock().unwrap_or_else(PoisonError::into_inner).add(batch, Instant::now());
        for trace in large {
            self.metrics.large_trace();
            let exporter = self.queue.name();
            warn!(exporter, trace, "a trace comes near the size past which the peer drops its spans");
        }
    }

    /// `ages`: whether what grows too old meanwhile is given up.
    async fn deliver(
        &self,
        delivery: &mut Delivery,
        records: &[Stored],
        ages: bool,
        stop: &CancellationToken,
    ) -> End {
        loop {
            let pause = match delivery.next() {
                Step::Done => return End::Settled,
                Step::Bury(dead) => match self.bury(&dead, records).await {
                    true => None,
                    false => Some(delivery.unbury(dead, retry::chance())),
                },
                Step::Send(batch) => {
                    let started = tokio::time::Instant::now();
                    let verdict = self.attempt(&batch).await;
                    delivery.took(started.elapsed());
                    let verdict = unquoted(verdict, &batch).await;
                    self.tell(delivery.answer(verdict, retry::chance()))
                }
            };
            if let Some(pause) = pause {
                if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                    return End::Stopped;
                }
                // Neighbours in the queue are of one age, near enough.
                if ages && records.last().is_some_and(|newest| self.queue.is_expired(newest)) {
                    delivery.expire();
                }
            }
        }
    }

    /// One attempt, measured. An exporter that panics has met something that it cannot send.
    async fn attempt(&self, batch: &Batch) -> Verdict {
        let started = tokio::time::Instant::now();
        let sending = AssertUnwindSafe(self.exporter.send(batch)).catch_unwind();
        let verdict = sending.await.unwrap_or_else(|_| Verdict::Refused("the exporter panicked".into()));
        self.metrics.attempt(batch.signal(), &verdict, started.elapsed());
        verdict
    }

    /// Tells operators what they need to know, and how long to wait before the next step.
    fn tell(&self, then: Then) -> Option<Duration> {
        let exporter = self.queue.name();
        match then {
            Then::GoOn => {
                self.recovered();
                None
            }
            Then::Heard { rejected, message } => {
                self.recovered();
                let said = self.words.scrub(&message);
                match rejected {
                    0 => info!(exporter, said, "the peer took a batch with a remark"),
                    _ => warn!(
                        exporter,
                        rejected, said, "the peer rejected items of a batch; they are dropped"
                    ),
                }
                None
            }
            Then::Wait { pause, cause } => {
                let said = self.words.of(&*cause);
                match self.standing.failed(&said, false, SystemTime::now()) {
                    true => warn!(exporter, said, "cannot deliver; trying again until it works"),
                    false => debug!(exporter, said, ?pause, "still cannot deliver"),
                }
                Some(pause)
            }
            Then::Hold { pause, cause } => {
                let said = self.words.of(&*cause);
                self.standing.failed(&said, true, SystemTime::now());
                error!(exporter, said, "the peer turns us away until someone mends it; batches wait on disk");
                Some(pause)
            }
        }
    }

    fn recovered(&self) {
        if self.standing.delivered() {
            info!(exporter = self.queue.name(), "delivering again");
        }
    }

    /// Puts `dead` into the dead letters. Whether it is there.
    async fn bury(&self, dead: &Undeliverable, records: &[Stored]) -> bool {
        let exporter = self.queue.name();
        let letter = Arc::new(self.letter(dead, records));
        let Letter { items, reason, message, .. } = &*letter;
        warn!(exporter, items, reason, said = message, "a batch goes to the dead letters");
        self.standing.gave_up(if message.is_empty() { reason } else { message }, SystemTime::now());
        let kept = keep(self.dead.clone(), letter.clone()).await;
        if let Err(cause) = &kept {
            let said = self.words.of(&**cause);
            self.standing.failed(&said, false, SystemTime::now());
            error!(exporter, said, "cannot write a dead letter; the peer is asked again");
        }
        kept.is_ok()
    }

    /// It may be made of several of `records`: it is as old as the first and flagged as all of them.
    fn letter(&self, dead: &Undeliverable, records: &[Stored]) -> Letter {
        let now = SystemTime::now();
        Letter {
            exporter: self.queue.name().to_string(),
            kind: dead.batch.signal() as u8,
            flags: records.iter().fold(0, |flags, stored| flags | stored.record.flags),
            items: dead.batch.items().into(),
            reason: dead.reason.to_string(),
            message: dead.cause.as_ref().map(|cause| self.words.of(&**cause)).unwrap_or_default(),
            payload: dead.batch.otlp().clone(),
            enqueued: records.first().map_or(now, |oldest| oldest.enqueued),
            died: now,
        }
    }
}

/// `verdict` with what its words quote of `batch` masked, on a thread that may take its time.
async fn unquoted(verdict: Verdict, batch: &Batch) -> Verdict {
    let batch = batch.clone();
    let masked = move |cause: BoxError| async move {
        let masking = tokio::task::spawn_blocking(move || words::unquoted(&*cause, &batch));
        masking.await.unwrap_or_default()
    };
    match verdict {
        Verdict::Sent { rejected, message: Some(message) } => {
            Verdict::Sent { rejected, message: Some(masked(message.into()).await) }
        }
        Verdict::Sent { .. } | Verdict::Kept { .. } => verdict,
        Verdict::Later { after, cause } => Verdict::Later { after, cause: masked(cause).await.into() },
        Verdict::Throttled { after, cause } => {
            Verdict::Throttled { after, cause: masked(cause).await.into() }
        }
        Verdict::TooLarge(cause) => Verdict::TooLarge(masked(cause).await.into()),
        Verdict::Hold(cause) => Verdict::Hold(masked(cause).await.into()),
        Verdict::Spoilt(cause) => Verdict::Spoilt(masked(cause).await.into()),
        Verdict::Refused(cause) => Verdict::Refused(masked(cause).await.into()),
    }
}

/// Of payload.
fn bytes_of(lease: &Lease) -> u64 {
    lease.records().iter().map(|stored| stored.record.payload.len() as u64).sum()
}

/// Writes a dead letter on a thread that may block.
async fn keep(dead: Arc<DeadLetters>, letter: Arc<Letter>) -> Result<(), BoxError> {
    tokio::task::spawn_blocking(move || dead.push(&letter)).await??;
    Ok(())
}
