//! Out: exporters make one attempt at a time; the lane in front of each does the rest.

mod answer;
pub mod clickhouse;
pub mod compress;
mod config;
mod connect;
mod delivery;
#[cfg(feature = "kafka")]
mod kafka;
pub mod lane;
pub mod local;
mod metrics;
mod otlp_grpc;
mod otlp_http;
pub mod peer;
pub mod postgres;
mod quoted;
pub mod records;
pub mod retry;
mod standing;
pub mod store;
#[cfg(test)]
mod tests;
mod trace_size;
mod words;

pub use config::{Exporters, Settings, TYPES, Type};
pub use lane::{Lane, Stop};
pub use metrics::{Ledgers, Metrics};
pub use otlp_grpc::OtlpGrpc;
pub use otlp_http::OtlpHttp;
pub use standing::{LastError, Standing, State, Trouble};
pub use words::Words;

use crate::otlp::{Batch, Signal};
use futures_util::future::BoxFuture;
use std::time::Duration;

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Something that can hand a batch to the outside.
pub trait Exporter: Send + Sync {
    /// Whether batches of this signal are for it; others count as dropped, `not_carried`.
    fn carries(&self, signal: Signal) -> bool;

    /// Whether its peer refuses a whole request for one trace or span id of the wrong length, so that
    /// the lane has to set such items aside.
    fn needs_valid_ids(&self) -> bool {
        false
    }

    /// Makes one attempt. Retries, splitting, metrics and drain belong to the lane; a time limit on the
    /// attempt belongs to the exporter.
    fn send<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Verdict>;
}

/// What became of one attempt to send a batch. The lane acts on the variant, people read the source.
#[derive(Debug)]
pub enum Verdict {
    /// The peer has it; it may have turned away `rejected` items, which will never be taken.
    Sent { rejected: u64, message: Option<String> },
    /// `items` of the batch are kept; the others are not for this exporter, and count as `not_carried`.
    Kept { items: u64 },
    /// Worth another try, no sooner than `after` if the peer asked for a pause.
    Later { after: Option<Duration>, cause: BoxError },
    /// As `Later`, because the peer has had too much: if it goes on, the request is made smaller.
    Throttled { after: Option<Duration>, cause: BoxError },
    /// Too large for the peer: split it, and trim what cannot be split.
    TooLarge(BoxError),
    /// A person has to mend something first (credentials, a missing topic).
    Hold(BoxError),
    /// Some item of the batch will never be taken, and keeps the others out: the batch is halved until it stands
    /// alone, and goes to the dead letters.
    Spoilt(BoxError),
    /// The peer will never take these bytes: to the dead letters.
    Refused(BoxError),
}
