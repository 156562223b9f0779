//! `sidelight enrich`: one export request through recognise and enrich, without network and disk.

use super::args::{Carries, Encoding, Enrich};
use super::{Failure, Outcome, explain, load, show};
use crate::config::Environment;
use crate::enrich::{Enricher, Files};
use crate::otlp::{Batch, Limits, Signal, json};
use anyhow::Context;
use std::io::{self, Read};
use std::time::SystemTime;

/// The largest request that is read, in bytes; the agent takes no larger one by default.
const MAX_REQUEST: u64 = 64 << 20;

pub fn run(asked: Enrich, environment: &Environment) -> Outcome {
    let config = load(asked.sources, environment)?.config.enrich;
    let files = Files::load(&config).map_err(|error| Failure::BadInput(error.into()))?;
    let signal = match asked.signal {
        Carries::Traces => Signal::Traces,
        Carries::Logs => Signal::Logs,
    };
    let batch = read(signal, asked.encoding)
        .with_context(|| format!("stdin is not an OTLP export request of {}", signal.name()))
        .map_err(Failure::BadInput)?;
    let enricher = Enricher::build(&config, files);
    if asked.explain {
        return show(explain::report(&enricher.explain(&batch, SystemTime::now())));
    }
    let enriched = enricher.apply(&batch, SystemTime::now()).batch;
    match asked.encoding {
        Encoding::Proto => show(enriched.otlp()),
        Encoding::Json => show(json::write(&enriched) + "\n"),
    }
}

/// The request on stdin.
fn read(signal: Signal, encoding: Encoding) -> anyhow::Result<Batch> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(MAX_REQUEST + 1).read_to_end(&mut bytes)?;
    anyhow::ensure!(bytes.len() as u64 <= MAX_REQUEST, "it is larger than 64 MiB");
    let otlp = match encoding {
        Encoding::Proto => bytes,
        Encoding::Json => json::read(signal, &bytes)?,
    };
    Ok(Batch::read(signal, otlp.into(), &Limits::default())?)
}
