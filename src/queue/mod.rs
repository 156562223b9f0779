//! Batches on disk: an append-only segmented log, one cursor per lane, and dead letters.
//!
//! Knows bytes and counts only: a record is a kind, a number of items and a payload it never opens.
//! `docs/queue-format.md` is the format.

use bytes::Bytes;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// The section `queue`.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where segments, cursors and dead letters lie.
    pub directory: PathBuf,
    pub durability: Durability,
    /// Bytes on disk, pre-written and recycled segments included.
    pub max_size: u64,
    /// Older records are dropped, counted and logged.
    pub max_age: Duration,
    pub when_full: WhenFull,
}

/// What `accepted` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// fdatasync before the answer: survives power loss.
    Fsync,
    /// Written to the page cache before the answer: survives kill -9.
    Os,
    /// Kept in memory only.
    Memory,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// Senders are told to come back.
    Refuse,
    /// The oldest records of that lane are dropped and counted.
    DropOldest,
}

/// One batch as the queue takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What the payload is, 1 to 3; the queue only keeps counts apart by it.
    pub kind: u8,
    /// Bit 0: holds prompts that may be embedded.
    pub flags: u8,
    /// Spans, log records or data points.
    pub items: u32,
    pub payload: Bytes,
}

/// One batch as a lane gets it back.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Consecutive over the life of the queue.
    pub sequence: u64,
    pub enqueued: SystemTime,
    pub record: Record,
}

/// Why a record was not accepted. In each case nothing was kept and the sender should come back.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    #[error("the queue is full")]
    Full,
    #[error("the queue is closing")]
    Closed,
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
