//! `sidelight queue`: the queue's directory, read while the agent runs or not, changed while it does not.

mod change;
mod dead;
mod log;

use super::args::Queue;
use super::{Outcome, failure, load};
use crate::config::Environment;
use crate::otlp::Signal;
use serde::Serialize;
use std::io::{self, BufWriter, Write};

pub fn run(command: Queue, environment: &Environment) -> Outcome {
    let directory = |sources| load(sources, environment).map(|loaded| loaded.config.queue.directory);
    match command {
        Queue::Ls { how } => log::ls(&directory(how.sources)?, how.json),
        Queue::Show { sequence: Some(sequence), how, .. } => log::payload(&directory(how.sources)?, sequence),
        Queue::Show { sequence: None, from, limit, how } => {
            log::records(&directory(how.sources)?, from, limit, how.json)
        }
        Queue::Fsck { repair, how } => change::fsck(&directory(how.sources)?, repair, how.json),
        Queue::Replay { exporter, from, sources } => change::replay(&directory(sources)?, &exporter, from),
        Queue::Drop { exporter, to, all: _, sources } => change::drop(&directory(sources)?, &exporter, to),
        Queue::Dead { command } => dead::run(command, directory),
    }
}

/// Writes each row as a line of JSON.
fn show_json<R: Serialize>(rows: impl IntoIterator<Item = R>) -> Outcome {
    let mut out = BufWriter::new(io::stdout().lock());
    for row in rows {
        writeln!(out, "{}", super::lines::json(&row))?;
    }
    out.flush()?;
    Ok(failure::FINE)
}

/// The name of what a queue record carries.
fn signal(kind: u8) -> &'static str {
    Signal::ALL.into_iter().find(|signal| *signal as u8 == kind).map_or("unknown", Signal::name)
}
