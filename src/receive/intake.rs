//! The one way in: from the body of a request to the queue.

use super::pool::{Panicked, Pool, here};
use super::refusal::Refusal;
use super::{Line, Metrics};
use crate::drain::Drain;
use crate::enrich::Enriched;
use crate::net::budget::{Budget, Hold};
use crate::net::decode::{Encoding, decode};
use crate::otlp::{Batch, Limits, Signal, json};
use crate::queue::{PushError, Record};
use bytes::Bytes;
use metrics::Counter;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio_util::task::TaskTracker;
use tracing::error;

/// Plain bodies up to this size are read on the socket's task: a quarter of a millisecond.
const LIGHT_PLAIN: usize = 1 << 20;

/// As [`LIGHT_PLAIN`], for bodies that have to be decompressed or transcoded first.
const LIGHT_PACKED: usize = 64 << 10;

/// Takes bodies to the queue. Cloning shares it.
#[derive(Clone)]
pub struct Intake(Arc<Shared>);

struct Shared {
    line: Arc<dyn Line>,
    budget: Budget,
    limits: Limits,
    pool: Pool,
    metrics: Metrics,
    tasks: TaskTracker,
}

/// Through which transport and for which signal a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Door {
    pub signal: Signal,
    pub via: Via,
}

/// A transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    Grpc,
    Http,
    /// Single spans over the REST API.
    Rest,
    /// Records of a topic.
    Kafka,
}

/// How a body is written, once it is decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Proto,
    Json,
}

/// A whole body, as it came.
pub struct Arrival {
    pub door: Door,
    pub format: Format,
    pub encoding: Encoding,
    pub wire: Bytes,
    /// Most bytes after decompression.
    pub limit: usize,
    /// Holds `wire` already; held until the request is answered.
    pub hold: Hold,
}

/// A batch that may go to the queue.
struct Ready {
    enriched: Enriched,
    /// What enriching it took; `None` where there was nothing to do.
    took: Option<Duration>,
    hold: Hold,
}

impl Via {
    pub const ALL: [Via; 4] = [Via::Grpc, Via::Http, Via::Rest, Via::Kafka];

    /// The value of the metric's label `transport`.
    pub fn name(self) -> &'static str {
        match self {
            Via::Grpc => "grpc",
            Via::Http => "http",
            Via::Rest => "rest",
            Via::Kafka => "kafka",
        }
    }
}

impl Intake {
    /// `max_in_flight` bounds the bytes of all requests that are not answered yet.
    pub fn new(line: Arc<dyn Line>, max_in_flight: usize, metrics: Metrics, drain: &Drain) -> Intake {
        Intake(Arc::new(Shared {
            line,
            budget: Budget::new(max_in_flight),
            limits: Limits::default(),
            pool: Pool::new(),
            metrics,
            tasks: drain.tasks.clone(),
        }))
    }

    /// For the bytes of one request; to be grown before each buffer.
    pub fn hold(&self) -> Hold {
        self.0.budget.hold()
    }

    /// Counts connections that were hung up on.
    pub fn turned_away(&self) -> Counter {
        self.0.metrics.turned_away.clone()
    }

    /// Sets the metrics that are only looked up at a scrape.
    pub fn collect(&self) {
        self.0.metrics.in_flight.set(self.0.budget.held() as f64);
    }

    /// Counts a request that is refused before its body could be read, and gives the refusal back.
    pub fn refuse(&self, door: Door, refusal: Refusal) -> Refusal {
        self.0.metrics.refused(door, 1, &refusal);
        refusal
    }

    /// Takes a body to the queue. `Ok` means that what it holds is safe and ours to deliver.
    ///
    /// Once the batch is on its way to the queue it is stored and counted even if the caller goes
    /// away, so that the ledger closes.
    pub async fn take(&self, arrival: Arrival) -> Result<(), Refusal> {
        let door = arrival.door;
        let ready = self.ready(arrival).await;
        let ready = ready.map_err(|refusal| self.refuse(door, refusal))?;
        let shared = Arc::clone(&self.0);
        let stored = self.0.tasks.spawn(async move { shared.store(door, ready).await });
        stored.await.unwrap_or_else(|_| Err(self.refuse(door, Refusal::Internal)))
    }

    /// Unpacks, validates and enriches: here where that is quick, else on the pool.
    async fn ready(&self, mut arrival: Arrival) -> Result<Ready, Refusal> {
        let shared = Arc::clone(&self.0);
        if !arrival.is_light() {
            let whole = move || {
                let batch = shared.read(&mut arrival)?;
                if shared.line.concerns(&batch) {
                    shared.enrich(&batch, arrival.hold)
                } else {
                    Ok(Ready::untouched(batch, arrival.hold))
                }
            };
            return self.0.pool.run(whole).await?;
        }
        let batch = here(|| shared.read(&mut arrival))??;
        if !here(|| shared.line.concerns(&batch))? {
            return Ok(Ready::untouched(batch, arrival.hold));
        }
        self.0.pool.run(move || shared.enrich(&batch, arrival.hold)).await?
    }
}

impl Ready {
    fn untouched(batch: Batch, hold: Hold) -> Ready {
        Ready { enriched: Enriched::untouched(batch), took: None, hold }
    }
}

impl Arrival {
    fn is_light(&self) -> bool {
        let packed = self.encoding != Encoding::Identity || self.format == Format::Json;
        self.wire.len() <= if packed { LIGHT_PACKED } else { LIGHT_PLAIN }
    }
}

impl Shared {
    fn read(&self, arrival: &mut Arrival) -> Result<Batch, Refusal> {
        let Arrival { door, format, encoding, limit, .. } = *arrival;
        let wire = std::mem::take(&mut arrival.wire);
        let body = decode(encoding, wire, limit, &mut arrival.hold)?;
        let otlp = match format {
            Format::Proto => body,
            Format::Json => from_json(door.signal, &body, limit, &mut arrival.hold)?,
        };
        let batch = Batch::read(door.signal, otlp, &self.limits).map_err(Refusal::Malformed)?;
        // Nobody publishes a request that holds nothing: it is something else, whose fields a request has not.
        if door.via == Via::Kafka && batch.items() == 0 {
            return Err(Refusal::Unreadable(format!("there are no {} in it", door.signal.name())));
        }
        Ok(batch)
    }

    /// Patched bytes are reserved at the size of the batch beforehand, and exactly afterwards.
    fn enrich(&self, batch: &Batch, mut hold: Hold) -> Result<Ready, Refusal> {
        let guess = batch.otlp().len();
        hold.grow(guess)?;
        let started = Instant::now();
        let enriched = self.line.enrich(batch, SystemTime::now());
        let took = Some(started.elapsed());
        hold.grow(enriched.batch.otlp().len().saturating_sub(guess))?;
        Ok(Ready { enriched, took, hold })
    }

    /// The bytes stay held until the answer is there.
    async fn store(&self, door: Door, ready: Ready) -> Result<(), Refusal> {
        let Ready { enriched, took, hold: _hold } = ready;
        let whole = enriched.batch.items().saturating_add(enriched.left_out);
        if let Err(error) = self.push(door, &enriched).await {
            let refusal = Refusal::from(error);
            self.metrics.refused(door, whole, &refusal);
            return Err(refusal);
        }
        self.metrics.accepted(door, whole);
        if enriched.left_out > 0 {
            self.line.left_out(door.signal, enriched.left_out);
        }
        self.line.stored(enriched, took);
        Ok(())
    }

    /// To the queue, unless sampling has left nothing.
    async fn push(&self, door: Door, enriched: &Enriched) -> Result<(), PushError> {
        let items = enriched.batch.items();
        if items == 0 && enriched.left_out > 0 {
            return Ok(());
        }
        let record = Record {
            kind: door.signal as u8,
            flags: if enriched.embeddable { Record::EMBEDDABLE } else { 0 },
            items,
            payload: enriched.batch.otlp().clone(),
        };
        self.line.push(record).await
    }
}

/// Protobuf is reserved at the size of its JSON beforehand, and exactly afterwards: only numbers in
/// arrays can be shorter in JSON.
fn from_json(signal: Signal, text: &[u8], limit: usize, hold: &mut Hold) -> Result<Bytes, Refusal> {
    hold.grow(text.len())?;
    let otlp = json::read(signal, text).map_err(Refusal::MalformedJson)?;
    if otlp.len() > limit {
        return Err(Refusal::TooLarge(format!("more than {limit} bytes as protobuf")));
    }
    hold.grow(otlp.len().saturating_sub(text.len()))?;
    Ok(otlp.into())
}

impl From<Panicked> for Refusal {
    fn from(_: Panicked) -> Refusal {
        error!(
            "a request could not be handled because of a fault in Sidelight; its sender was told to come back"
        );
        Refusal::Internal
    }
}

impl From<PushError> for Refusal {
    fn from(error: PushError) -> Refusal {
        match error {
            PushError::Full => Refusal::Full,
            PushError::Closed => Refusal::Closing,
            PushError::TooLarge { .. } => Refusal::TooLarge(error.to_string()),
            PushError::Disk(_) => Refusal::Disk,
        }
    }
}
