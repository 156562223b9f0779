//! ClickHouse: every recognised LLM call as a row, in large inserts over HTTP.
//!
//! A row's identity is its place in the order of a ReplacingMergeTree, so that what is sent twice is one row where
//! it is read with FINAL, and after the next merge anywhere. An insert that is tried again unchanged is known by its
//! token, and not even written.

mod answer;
mod block;
mod client;
mod column_type;
mod layout;
mod schema;

use super::compress::Compression;
use super::config::{self, Settings, Type};
use super::store::{self, Calls, Encoded, Schema, Table};
use super::{BoxError, Exporter, Verdict, lane, records};
use crate::net::tls;
use crate::otlp::{Batch, Signal};
use crate::settings::{Secret, Section};
use crate::units::{Size, serialize_duration};
use answer::Failure;
use client::Client;
use futures_util::future::BoxFuture;
use layout::Layout;
use serde_json::value::RawValue;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub const TYPE: Type = Type {
    names: &["clickhouse"],
    about: "a table of LLM calls in ClickHouse, over HTTP",
    read: |section| {
        let mut config = Config::default();
        config.read(section);
        Arc::new(config)
    },
};

/// An exporter `clickhouse`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Config {
    /// The URL of its HTTP interface.
    pub endpoint: String,
    pub database: Table,
    pub table: Table,
    pub username: String,
    pub password: Secret,
    /// Whether a table that is missing is made.
    pub create_schema: bool,
    /// Rows older than this are removed by a table that we make; 0: none ever.
    #[serde(serialize_with = "serialize_duration")]
    pub keep: Duration,
    /// Whether what was said is stored too, made safe.
    pub messages: bool,
    pub tls: tls::Client,
    pub compression: Compression,
    /// The limit on one attempt, connecting included.
    #[serde(serialize_with = "serialize_duration")]
    pub timeout: Duration,
    #[serde(flatten)]
    pub lane: lane::Config,
}

impl Default for Config {
    /// Up to 16 MiB of spans an insert, and no more than one a second where little comes: each insert is a part
    /// that has to be merged.
    fn default() -> Config {
        let sending_queue = lane::SendingQueue {
            num_consumers: NonZeroUsize::MIN.saturating_add(1),
            batch_size: Size::mib(16),
            flush_interval: Duration::from_secs(1),
        };
        let lane = lane::Config {
            sending_queue,
            max_request_size: Size::mib(64),
            vectors: true,
            ..lane::Config::default()
        };
        Config {
            endpoint: String::new(),
            database: Table::named("default"),
            table: Table::default(),
            username: String::new(),
            password: Secret::default(),
            create_schema: true,
            keep: Duration::ZERO,
            messages: false,
            tls: tls::Client::default(),
            compression: Compression::None,
            timeout: Duration::from_secs(30),
            lane,
        }
    }
}

impl Config {
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("endpoint", &mut self.endpoint);
        section.get("database", &mut self.database);
        section.get("table", &mut self.table);
        section.get("username", &mut self.username);
        section.get("password", &mut self.password);
        section.get("create_schema", &mut self.create_schema);
        section.get("keep", &mut self.keep);
        section.get("messages", &mut self.messages);
        section.section("tls", |tls| self.tls.read(tls));
        section.get("compression", &mut self.compression);
        section.get("timeout", &mut self.timeout);
        self.lane.read(section);
        super::peer::check_url("endpoint", &self.endpoint, section);
        for (key, table) in [("database", &self.database), ("table", &self.table)] {
            if table.within().is_some() {
                section.problem(key, "database and table are named apart");
            }
        }
        if self.timeout.is_zero() {
            section.problem("timeout", "must be more than 0");
        }
    }
}

impl Settings for Config {
    fn lane(&self) -> lane::Config {
        lane::Config { secrets: vec![self.password.clone()], ..self.lane.clone() }
    }

    fn build(&self, _data_dir: &Path) -> Result<Arc<dyn Exporter>, BoxError> {
        let (config, client) = (self.clone(), Client::new(self)?);
        Ok(Arc::new(ClickHouse { config, client, layout: Mutex::default() }))
    }

    fn schema(&self) -> Option<Arc<dyn Schema>> {
        Some(Arc::new(schema::Made(self.clone())))
    }

    fn shown(&self) -> Box<RawValue> {
        config::shown(self)
    }
}

/// One server. Nothing is asked of it before the first call is to be stored.
struct ClickHouse {
    config: Config,
    client: Client,
    /// The table as it was when somebody looked.
    layout: Mutex<Option<Arc<Layout>>>,
}

impl ClickHouse {
    /// Stores the calls of `batch`; how many there are. What fails by a layout that was known is tried once more with
    /// the table as it is now.
    async fn store(&self, batch: &Batch) -> Result<u64, Failure> {
        let known = self.known().clone();
        let stale = known.is_some();
        let layout = match known {
            Some(layout) => layout,
            None if !store::has_calls(batch).await.map_err(Failure::Unusable)? => return Ok(0),
            None => self.look().await?,
        };
        match self.insert(layout, batch).await {
            Err(failure) if failure.is_of_the_table() => {
                *self.known() = None;
                if !stale {
                    return Err(failure);
                }
                let layout = self.look().await?;
                self.insert(layout, batch).await
            }
            done => done,
        }
    }

    async fn insert(&self, layout: Arc<Layout>, batch: &Batch) -> Result<u64, Failure> {
        let encode = move |calls: Calls<'_>| layout.encode(calls);
        let encoded = store::encode(batch, self.config.messages, encode).await;
        let Encoded { rows, bytes } = encoded.map_err(Failure::Unusable)??;
        if rows > 0 {
            self.client.insert(bytes).await?;
        }
        Ok(rows)
    }

    /// Looks at the table, which is made where that is wanted.
    async fn look(&self) -> Result<Arc<Layout>, Failure> {
        let mut columns = self.client.columns().await?;
        if columns.is_empty() && self.config.create_schema {
            schema::apply(&self.client, &self.config).await?;
            columns = self.client.columns().await?;
        }
        let layout = Layout::of(&self.config.table, &columns).map_err(Failure::Table)?;
        let layout = Arc::new(layout);
        *self.known() = Some(layout.clone());
        Ok(layout)
    }

    fn known(&self) -> MutexGuard<'_, Option<Arc<Layout>>> {
        self.layout.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exporter for ClickHouse {
    fn carries(&self, signal: Signal) -> bool {
        records::may_have(signal)
    }

    fn send<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Verdict> {
        Box::pin(async {
            match self.store(batch).await {
                Ok(items) => Verdict::Kept { items },
                Err(failure) => failure.verdict(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::read_text;
    use expect_test::{Expect, expect};

    fn check(yaml: &str, problems: Expect) {
        let mut config = Config::default();
        let all = read_text("c", yaml, |section| config.read(section));
        problems.assert_eq(&all.iter().map(|problem| format!("{problem}\n")).collect::<String>());
    }

    #[test]
    fn what_cannot_work_is_said_with_its_key() {
        check(
            "{ endpoint: 'http://127.0.0.1:8123', database: obs, table: llm_spans, keep: 90d }",
            expect![[""]],
        );
        check(
            "{ endpoint: 'clickhouse:9000', table: obs.llm_spans, timeout: 0s }",
            expect![[r#"
                c:1: endpoint: only http:// and https:// can be spoken to
                c:1: table: database and table are named apart
                c:1: timeout: must be more than 0
            "#]],
        );
    }
}
