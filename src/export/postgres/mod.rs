//! PostgreSQL: every recognised LLM call as a row, once each, however often it is sent.

mod failure;
mod layout;
mod partitions;
mod schema;
mod session;
mod tls;

pub use partitions::{By, Partitions};

use super::config::{self, Settings, Type};
use super::store::{self, Calls, Encoded, Schema, Table};
use super::{BoxError, Exporter, Verdict, lane, records};
use crate::net;
use crate::otlp::{Batch, Signal};
use crate::settings::{Secret, Section};
use crate::units::{Size, serialize_duration};
use failure::Failure;
use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use session::{Session, Target};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub const TYPE: Type = Type {
    names: &["postgres", "postgresql"],
    about: "a table of LLM calls in PostgreSQL, partitioned by day, with pgvector where it is there",
    read: |section| {
        let mut config = Config::default();
        config.read(section);
        Arc::new(config)
    },
};

/// An exporter `postgres`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Config {
    /// `postgres://user:password@host:port/database`; it may hold a password, so it is shown to nobody.
    pub url: Secret,
    /// The table, with its schema or without.
    pub table: Table,
    /// Whether a missing table is made, one of an older version brought up to date, and partitions are kept.
    pub create_schema: bool,
    pub partitions: Partitions,
    /// Whether what was said is stored too, made safe.
    pub messages: bool,
    /// Beyond loopback TLS is spoken unless it says `insecure`, or the URL has an `sslmode`.
    pub tls: net::tls::Client,
    /// The limit on one attempt, connecting included.
    #[serde(serialize_with = "serialize_duration")]
    pub timeout: Duration,
    #[serde(flatten)]
    pub lane: lane::Config,
}

impl Default for Config {
    /// Transactions of some 4 MiB of spans, two at a time.
    fn default() -> Config {
        let lane = lane::Config::default();
        let sending_queue = lane::SendingQueue {
            num_consumers: NonZeroUsize::MIN.saturating_add(1),
            batch_size: Size::mib(4),
            ..lane.sending_queue
        };
        Config {
            url: Secret::default(),
            table: Table::default(),
            create_schema: true,
            partitions: Partitions::default(),
            messages: false,
            tls: net::tls::Client::default(),
            timeout: Duration::from_secs(30),
            lane: lane::Config { sending_queue, max_request_size: Size::mib(64), vectors: true, ..lane },
        }
    }
}

impl Config {
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("url", &mut self.url);
        section.get("table", &mut self.table);
        section.get("create_schema", &mut self.create_schema);
        section.section("partitions", |partitions| self.partitions.read(partitions));
        section.get("messages", &mut self.messages);
        section.section("tls", |tls| self.tls.read(tls));
        section.get("timeout", &mut self.timeout);
        self.lane.read(section);
        if self.timeout.is_zero() {
            section.problem("timeout", "must be more than 0");
        }
        if let Err(problem) = session::parse(&self.url) {
            section.problem("url", problem);
        }
    }
}

impl Settings for Config {
    fn lane(&self) -> lane::Config {
        lane::Config { secrets: session::password(&self.url).into_iter().collect(), ..self.lane.clone() }
    }

    fn build(&self, _data_dir: &Path) -> Result<Arc<dyn Exporter>, BoxError> {
        Ok(Arc::new(Postgres {
            target: Target::new(self)?,
            messages: self.messages,
            timeout: self.timeout,
            idle: Mutex::default(),
        }))
    }

    fn schema(&self) -> Option<Arc<dyn Schema>> {
        Some(Arc::new(schema::Made(self.clone())))
    }

    fn shown(&self) -> Box<RawValue> {
        config::shown(self)
    }
}

/// One database. Connections are kept and reused; none is opened before the first call is to be stored.
struct Postgres {
    target: Target,
    messages: bool,
    timeout: Duration,
    /// Never more than requests under way at the same time.
    idle: Mutex<Vec<Session>>,
}

impl Postgres {
    async fn attempt(&self, batch: &Batch) -> Verdict {
        match tokio::time::timeout(self.timeout, self.store(batch)).await {
            Ok(Ok(items)) => Verdict::Kept { items },
            Ok(Err(failure)) => failure.verdict(self.target.creates()),
            Err(_) => {
                let cause = format!("no answer within {} s", self.timeout.as_secs()).into();
                Verdict::Later { after: None, cause }
            }
        }
    }

    /// Stores the calls of `batch` in one transaction; how many there are. A connection that meets any trouble is not
    /// used again.
    async fn store(&self, batch: &Batch) -> Result<u64, Failure> {
        while let Some(mut session) = self.waiting() {
            match self.write(&mut session, batch).await {
                // It ended while nobody looked, as all do when the server starts again, or it was made ready for
                // a table that was altered since.
                Err(failure) if failure.may_be_stale() => {}
                Err(failure) => return Err(failure),
                Ok(items) => {
                    self.keep(session);
                    return Ok(items);
                }
            }
        }
        if !store::has_calls(batch).await.map_err(Failure::Unusable)? {
            return Ok(0);
        }
        let mut session = Session::open(&self.target).await?;
        let items = self.write(&mut session, batch).await?;
        self.keep(session);
        Ok(items)
    }

    async fn write(&self, session: &mut Session, batch: &Batch) -> Result<u64, Failure> {
        let layout = session.layout();
        let encode = move |calls: Calls<'_>| layout.encode(calls);
        let encoded = store::encode(batch, self.messages, encode).await;
        let Encoded { rows, bytes } = encoded.map_err(Failure::Unusable)??;
        if rows > 0 {
            session.maintain(&self.target).await?;
            session.insert(bytes).await?;
        }
        Ok(rows)
    }

    fn waiting(&self) -> Option<Session> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, session: Session) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
    }
}

impl Exporter for Postgres {
    fn carries(&self, signal: Signal) -> bool {
        records::may_have(signal)
    }

    fn send<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Verdict> {
        Box::pin(self.attempt(batch))
    }
}
