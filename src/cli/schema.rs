//! `sidelight schema`: the tables of a store, shown or made.

use super::args;
use super::{Failure, Outcome, load, show};
use crate::config::Environment;
use crate::export::store::Schema;
use crate::export::{Settings, Words, clickhouse, postgres};
use anyhow::{Context, anyhow};
use std::sync::Arc;

pub fn run(asked: args::Schema, environment: &Environment) -> Outcome {
    let config = load(asked.sources, environment)?.config;
    let wanted = |id: &str| asked.exporter.as_deref().is_none_or(|wanted| wanted == id);
    let of_store = |(id, settings): &(String, Arc<dyn Settings>)| {
        let schema = settings.schema()?;
        (schema.store() == asked.store.name() && wanted(id)).then(|| (settings.clone(), schema))
    };
    let found: Vec<_> = config.exporters.0.iter().filter_map(of_store).collect();
    match (asked.apply, found.is_empty()) {
        (true, true) => Err(Failure::BadInput(anyhow!(
            "the configuration has no such exporter, so it is not known where the tables are to be"
        ))),
        (true, false) => found.iter().try_fold(0, |_, (settings, schema)| apply(settings, schema)),
        (false, true) => show(asked.store.default_sql()),
        (false, false) => found.iter().try_fold(0, |_, (_, schema)| show(schema.sql())),
    }
}

fn apply(settings: &Arc<dyn Settings>, schema: &Arc<dyn Schema>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime").map_err(Failure::CannotStart)?;
    // A store may quote what it was sent, its password included.
    let words = Words::new().hiding(&settings.lane().secrets);
    let done = runtime.block_on(schema.apply()).map_err(|error| {
        Failure::CannotStart(
            anyhow!(words.of(&*error)).context(format!("cannot make the schema of {}", schema.store())),
        )
    })?;
    show(done.iter().map(|line| format!("{line}\n")).collect::<String>())
}

impl args::Store {
    fn name(self) -> &'static str {
        match self {
            args::Store::Postgres => "postgres",
            args::Store::Clickhouse => "clickhouse",
        }
    }

    /// For a table of the usual name.
    fn default_sql(self) -> String {
        match self {
            args::Store::Postgres => postgres::Config::default().schema(),
            args::Store::Clickhouse => clickhouse::Config::default().schema(),
        }
        .map(|schema| schema.sql())
        .unwrap_or_default()
    }
}
