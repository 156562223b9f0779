//! `sidelight queue`: the queue's directory, read while the agent runs or not.

use super::args::{Dead, Queue};
use super::lines::json;
use super::table::table;
use super::{Failure, Outcome, failure, load, show};
use crate::config::Environment;
use crate::otlp::Signal;
use crate::queue::{DeadError, DeadReading, Letter, Summary};
use crate::units::{Size, utc_text};
use anyhow::anyhow;
use serde::Serialize;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Letters are listed this many at a time, so that the store is held only for short.
const PAGE: usize = 500;

pub fn run(command: Queue, environment: &Environment) -> Outcome {
    match command {
        Queue::Dead { command } => match command {
            Dead::Ls {
                exporter,
                json,
                sources,
            } => {
                let directory = load(sources, environment)?.config.queue.directory;
                list(&directory, exporter.as_deref(), json)
            }
            Dead::Show { id, sources } => {
                show_letter(&load(sources, environment)?.config.queue.directory, id)
            }
        },
    }
}

/// A dead letter as `--json` shows it.
#[derive(Serialize)]
struct Row<'a> {
    id: i64,
    exporter: &'a str,
    signal: &'static str,
    items: u64,
    bytes: u64,
    reason: &'a str,
    message: &'a str,
    enqueued: String,
    died: String,
}

fn list(directory: &Path, exporter: Option<&str>, as_json: bool) -> Outcome {
    let letters = match DeadReading::open(directory).map_err(unreadable)? {
        Some(reading) => every(&reading, exporter).map_err(unreadable)?,
        None => Vec::new(),
    };
    if as_json {
        let mut out = BufWriter::new(io::stdout().lock());
        for letter in &letters {
            writeln!(out, "{}", json(&row(letter)))?;
        }
        out.flush()?;
        return Ok(failure::FINE);
    }
    if letters.is_empty() {
        return show("no dead letters\n");
    }
    let rows: Vec<_> = letters.iter().map(cells).collect();
    show(table(
        [
            "ID", "DIED", "EXPORTER", "SIGNAL", "ITEMS", "SIZE", "REASON", "MESSAGE",
        ],
        &rows,
    ))
}

fn every(reading: &DeadReading, exporter: Option<&str>) -> Result<Vec<Summary>, DeadError> {
    let mut letters: Vec<Summary> = Vec::new();
    loop {
        let after = letters.last().map_or(0, |letter| letter.id);
        let page = reading.list(exporter, after, PAGE)?;
        if page.is_empty() {
            return Ok(letters);
        }
        letters.extend(page);
    }
}

fn row(letter: &Summary) -> Row<'_> {
    Row {
        id: letter.id,
        exporter: &letter.exporter,
        signal: signal(letter.kind),
        items: letter.items,
        bytes: letter.bytes,
        reason: &letter.reason,
        message: &letter.message,
        enqueued: utc_text(letter.enqueued),
        died: utc_text(letter.died),
    }
}

fn cells(letter: &Summary) -> [String; 8] {
    [
        letter.id.to_string(),
        utc_text(letter.died),
        letter.exporter.clone(),
        signal(letter.kind).to_string(),
        letter.items.to_string(),
        Size(letter.bytes).to_string(),
        letter.reason.clone(),
        letter.message.clone(),
    ]
}

fn show_letter(directory: &Path, id: i64) -> Outcome {
    let reading = DeadReading::open(directory).map_err(unreadable)?;
    let letter: Option<Letter> = match reading {
        Some(reading) => reading.get(id).map_err(unreadable)?,
        None => None,
    };
    let letter = letter.ok_or_else(|| Failure::BadInput(anyhow!("no dead letter has the id {id}")))?;
    show(letter.payload)
}

/// The name of what a queue record carries.
fn signal(kind: u8) -> &'static str {
    Signal::ALL
        .into_iter()
        .find(|signal| *signal as u8 == kind)
        .map_or("unknown", Signal::name)
}

fn unreadable(error: DeadError) -> Failure {
    Failure::BadInput(error.into())
}
