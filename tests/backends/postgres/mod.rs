//! The exporter `postgres` and a real PostgreSQL.

mod outage;
mod rows;
mod tables;
mod trouble;

use sidelight::export::postgres::Config;
use sidelight::export::{Exporter, Settings, Verdict};
use sidelight::otlp::Batch;
use sidelight::settings::Secret;
use std::path::Path;
use std::sync::Arc;

/// Of a test: a day on which nothing else happens, in nanoseconds since 1970.
const START: u64 = 1_790_000_000_000_000_000;

fn config(url: &str) -> Config {
    Config { url: Secret(url.to_string()), ..Config::default() }
}

fn exporter(config: &Config) -> Arc<dyn Exporter> {
    config.build(Path::new("")).expect("it needs nothing to be built")
}

/// Sends `batch`, which must be taken.
async fn send(exporter: &Arc<dyn Exporter>, batch: &Batch) {
    match exporter.send(batch).await {
        Verdict::Kept { items } => assert_eq!(items, u64::from(batch.items())),
        other => panic!("{other:?}"),
    }
}

/// What sending `batch` comes to, in words.
async fn verdict(exporter: &Arc<dyn Exporter>, batch: &Batch) -> String {
    match exporter.send(batch).await {
        Verdict::Kept { items } => format!("kept {items}"),
        Verdict::Later { cause, .. } => format!("later: {cause}"),
        Verdict::Hold(cause) => format!("hold: {cause}"),
        Verdict::Spoilt(cause) => format!("spoilt: {cause}"),
        other => format!("{other:?}"),
    }
}
