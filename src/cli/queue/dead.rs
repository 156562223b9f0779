//! `sidelight queue dead`: what a back end will never take.

use super::super::args::{Dead, Sources};
use super::super::table::table;
use super::super::{Failure, Outcome, show};
use super::{show_json, signal};
use crate::queue::{DeadError, DeadReading, Letter, Summary};
use crate::units::{Size, utc_text};
use anyhow::anyhow;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Letters are listed this many at a time, so that the store is held only for short.
const PAGE: usize = 500;

/// `directory` finds the queue's directory.
pub fn run(command: Dead, directory: impl Fn(Sources) -> Result<PathBuf, Failure>) -> Outcome {
    match command {
        Dead::Ls { exporter, how } => list(&directory(how.sources)?, exporter.as_deref(), how.json),
        Dead::Show { id, sources } => show_letter(&directory(sources)?, id),
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
        return show_json(letters.iter().map(row));
    }
    if letters.is_empty() {
        return show("no dead letters\n");
    }
    let rows: Vec<_> = letters.iter().map(cells).collect();
    show(table(["ID", "DIED", "EXPORTER", "SIGNAL", "ITEMS", "SIZE", "REASON", "MESSAGE"], &rows))
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

fn unreadable(error: DeadError) -> Failure {
    Failure::BadInput(error.into())
}
