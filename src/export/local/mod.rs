//! The local store: every recognised LLM call, in one SQLite file beside the queue.

mod calls;
mod filter;
mod row;
mod series;
mod similar;
mod store;
#[cfg(test)]
mod tests;

pub use calls::{Call, Calls, Cost, Detail, Findings, Found, Position, Said, Totals};
pub use filter::{Filter, Flag};
pub use series::{By, Facet, Facets, Latency, MOST_INTERVALS, Named, Range, Series};
pub use similar::Similar;
pub use store::{Store, StoreError};

use super::config::{Settings, Type, shown};
use super::retry;
use super::{BoxError, Exporter, Verdict, lane, records};
use crate::otlp::{Batch, Signal};
use crate::queue;
use crate::settings::Section;
use crate::units::{Size, serialize_duration};
use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub const TYPE: Type = Type {
    names: &["local"],
    about: "a SQLite file of LLM calls on this machine, for `sidelight calls`",
    read: |section| {
        let mut config = Config::default();
        config.read(section);
        Arc::new(config)
    },
};

/// The file's name in the data directory.
pub const FILE: &str = "calls.db";

/// An exporter `local`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Config {
    /// The file. Empty: `calls.db` in the data directory.
    pub path: PathBuf,
    /// Older calls are removed.
    #[serde(serialize_with = "serialize_duration")]
    pub keep: Duration,
    /// Past it the oldest calls are removed.
    pub max_size: Size,
    /// What its part of the queue on disk may hold.
    pub queue: queue::Overrides,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            path: PathBuf::new(),
            keep: Duration::from_secs(7 * 24 * 3600),
            max_size: Size::gib(1),
            queue: queue::Overrides::default(),
        }
    }
}

impl Config {
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("path", &mut self.path);
        section.get("keep", &mut self.keep);
        section.get("max_size", &mut self.max_size);
        section.section("queue", |queue| self.queue.read(queue));
        if self.keep.is_zero() {
            section.problem("keep", "must be more than 0");
        }
        if self.max_size < Size::mib(1) {
            section.problem("max_size", "must be at least 1MiB");
        }
    }

    /// Where the file lies.
    pub fn file(&self, data_dir: &Path) -> PathBuf {
        match self.path.as_os_str().is_empty() {
            true => data_dir.join(FILE),
            false => self.path.clone(),
        }
    }
}

impl Settings for Config {
    /// SQLite takes one writer at a time.
    fn lane(&self) -> lane::Config {
        let sending_queue =
            lane::SendingQueue { num_consumers: NonZeroUsize::MIN, ..lane::Config::default().sending_queue };
        let queue = self.queue.clone();
        // Nothing is too large for a file.
        let max_request_size = Size(u64::MAX);
        let retry_on_failure = retry::Config::default();
        let vectors = true;
        lane::Config {
            vectors,
            retry_on_failure,
            sending_queue,
            max_request_size,
            queue,
            ..lane::Config::default()
        }
    }

    fn build(&self, data_dir: &Path) -> Result<Arc<dyn Exporter>, BoxError> {
        let store = Store::open(&self.file(data_dir), self.keep, self.max_size)?;
        Ok(Arc::new(Local { store: Arc::new(store) }))
    }

    fn calls(&self, data_dir: &Path) -> Option<PathBuf> {
        Some(self.file(data_dir))
    }

    fn shown(&self) -> Box<RawValue> {
        shown(self)
    }
}

/// Writes batches into a [`Store`], on a thread that may block.
struct Local {
    store: Arc<Store>,
}

impl Exporter for Local {
    fn carries(&self, signal: Signal) -> bool {
        records::may_have(signal)
    }

    fn send<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Verdict> {
        let (store, batch) = (self.store.clone(), batch.clone());
        Box::pin(async move {
            let writing = move || {
                let found = row::read(&batch);
                store.write(&found, SystemTime::now())?;
                Ok(found.items.into())
            };
            match tokio::task::spawn_blocking(writing).await {
                Ok(Ok(items)) => Verdict::Kept { items },
                Ok(Err::<_, StoreError>(cause)) => Verdict::Later { after: None, cause: cause.into() },
                Err(cause) => Verdict::Refused(cause.into()),
            }
        })
    }
}
