//! Batches on disk: an append-only segmented log, one cursor per lane, and dead letters.
//!
//! Knows bytes and counts only: a record is a kind, a number of items and a payload it never opens.
//! `docs/queue-format.md` is the format.
//!
//! [`Queue::open`] gives the queue, to push to; a [`Lane`] for each exporter, to lease from; and two
//! loops that block and want a thread each: [`Committer::run`], which writes, and [`Upkeep::run`].
//! To stop: [`Queue::close`], join the committer, let the lanes drain or [`release`](Lane::release)
//! what they hold, then [`Queue::finish`] and join the upkeep.

mod answer;
mod clock;
mod committer;
mod config;
mod cursor;
mod dead;
mod disk;
mod format;
pub mod fsck;
pub mod inspect;
mod lane;
mod lanes;
mod ledger;
mod log;
mod memory;
mod metrics;
mod open;
mod reader;
mod refusal;
mod scan;
mod segment;
mod shared;
mod stopped;
mod tally;
mod upkeep;
mod window;
mod writer;
mod young;

#[cfg(test)]
mod tests;

pub use committer::Committer;
pub use config::{Config, Dead, Durability, Overrides, WhenFull};
pub use dead::{Chosen, Count, DeadError, DeadLetters, Letter, Reading as DeadReading, Summary};
pub use disk::{Directory, Disk, File};
pub use lane::{Lane, Lease, Replay};
pub use ledger::{Ledger, Line};
pub use memory::Memory;
pub use metrics::Metrics;
pub use open::{LaneSpec, Opened};
pub use refusal::Refusal;
pub use shared::Queue;
pub use stopped::Stopped;
pub use tally::{Amount, KINDS};
pub use upkeep::Upkeep;

use bytes::Bytes;
use std::time::SystemTime;

/// One batch as the queue takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What the payload is, 1 to 3; the queue only keeps counts apart by it.
    pub kind: u8,
    /// [`Record::EMBEDDABLE`], or nothing.
    pub flags: u8,
    /// Spans, log records or data points.
    pub items: u32,
    pub payload: Bytes,
}

impl Record {
    /// The bit of [`Record::flags`] that says: it holds sampled prompts without personal data.
    pub const EMBEDDABLE: u8 = 1;
}

/// One batch as a lane gets it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Rises over the life of the queue, as a rule by one.
    pub sequence: u64,
    pub enqueued: SystemTime,
    pub record: Record,
}

/// Why a record was not accepted. In each case nothing was kept; the sender should come back, except
/// with what is too large.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    #[error("the queue is full")]
    Full,
    #[error("the queue is closing")]
    Closed,
    /// Will never be taken as it is. Both in bytes of payload.
    #[error("{size} bytes are more than the queue takes at once, which is {most}")]
    TooLarge { size: u64, most: u64 },
    #[error("the queue's disk failed")]
    Disk(#[source] std::io::Error),
}

/// What became of some items of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    Sent,
    /// Given up, with the reason of the metric's label.
    Dropped(&'static str),
    /// Set aside in the dead letters, with the reason.
    Dead(&'static str),
}

/// A line of the ledger: `items` of `kind` went this way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    pub kind: u8,
    pub outcome: Outcome,
    pub items: u64,
}
