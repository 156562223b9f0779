//! Why the queue takes no records, told once when that begins and once when it is over.

use super::config::WhenFull;
use super::log::Log;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tracing::{info, warn};

/// What has no room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The lane of this exporter has come to its `queue.max_size`.
    Lane(Arc<str>),
    /// The log has come to `queue.max_size`, of which a lane still needs each part.
    Queue,
    /// The file system.
    Disk,
}

/// Whether records are refused now, and why the last one was.
#[derive(Default)]
pub struct Refusals(Mutex<Option<Refused>>);

/// The last refusal, and when it was.
struct Refused {
    why: Refusal,
    last: Instant,
    /// Records were taken since.
    over: bool,
}

/// It is over when nothing was refused for so long: at its limit, a queue takes a record and refuses one in turn.
const CALM: Duration = Duration::from_secs(10);

impl Refusal {
    /// Why `log` has no room for `bytes` more.
    pub(super) fn of(log: &Log, bytes: u64) -> Refusal {
        let lanes = log.readers.iter().filter(|reader| !reader.gone);
        let full = lanes.filter(|reader| reader.waiting_bytes() + bytes > reader.limits.max_size);
        let first = full.max_by_key(|reader| reader.limits.when_full == WhenFull::Refuse);
        first.map_or(Refusal::Queue, |reader| Refusal::Lane(reader.name.clone()))
    }

    fn say(&self) {
        match self {
            Refusal::Lane(exporter) => {
                warn!(%exporter, "what waits for this exporter has come to its queue.max_size: senders are told to come back");
            }
            Refusal::Queue => warn!("the queue has come to queue.max_size: senders are told to come back"),
            Refusal::Disk => warn!("the disk is full: senders are told to come back until there is room"),
        }
    }

    /// Whether it may still be so: a lane or a queue that was emptied meanwhile has room.
    pub(super) fn lasts(&self, log: &Log, most: u64) -> bool {
        match self {
            Refusal::Lane(name) => log.readers.iter().any(|reader| {
                reader.name == *name
                    && !reader.gone
                    && is_nearly(reader.waiting_bytes(), reader.limits.max_size)
            }),
            Refusal::Queue => is_nearly(log.size(), most),
            Refusal::Disk => true,
        }
    }
}

fn is_nearly(size: u64, most: u64) -> bool {
    size > most / 10 * 8
}

impl Refusals {
    /// Notes that records were refused.
    pub fn refused(&self, why: Refusal) {
        let mut last = self.last();
        if last.is_none() {
            why.say();
        }
        *last = Some(Refused { why, last: Instant::now(), over: false });
    }

    /// Notes that records were taken.
    pub fn took(&self) {
        let mut last = self.last();
        if let Some(refused) = last.as_mut() {
            refused.over = true;
        }
        if last.take_if(|refused| refused.last.elapsed() >= CALM).is_some() {
            info!("the queue takes all records again");
        }
    }

    /// Why the last records that had no room had none, unless the disk took others since.
    pub fn standing(&self) -> Option<Refusal> {
        let last = self.last();
        let refused = last.as_ref().filter(|refused| !(refused.over && refused.why == Refusal::Disk));
        refused.map(|refused| refused.why.clone())
    }

    fn last(&self) -> MutexGuard<'_, Option<Refused>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
