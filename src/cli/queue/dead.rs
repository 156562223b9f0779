//! `sidelight queue dead`: what a back end will never take; looked at, sent again, or removed.

use super::super::args::{Choice, Dead, Sources};
use super::super::table::table;
use super::super::{Failure, Outcome, show};
use super::{change, show_json, signal};
use crate::queue::{self, Chosen, Count, DeadError, DeadLetters, DeadReading, Letter, Summary};
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
        Dead::Replay(choice) => {
            let count = changed(choice, directory, "queue/dead/replay", |letters, chosen| {
                let exporters: Vec<String> =
                    every(letters)?.into_iter().map(|letter| letter.exporter).collect();
                letters.mark(chosen, &exporters.iter().map(String::as_str).collect::<Vec<_>>())
            })?;
            show(format!(
                "{} letters with {} items go out when an agent runs again\n",
                count.letters, count.items
            ))
        }
        Dead::Drop(choice) => {
            let count = changed(choice, directory, "queue/dead/drop", DeadLetters::discard)?;
            show(format!("{} letters with {} items were removed\n", count.letters, count.items))
        }
    }
}

/// Does `work` to the chosen letters of a queue that no agent runs on.
fn changed(
    choice: Choice,
    directory: impl Fn(Sources) -> Result<PathBuf, Failure>,
    path: &str,
    work: impl Fn(&DeadLetters, &Chosen) -> Result<Count, DeadError>,
) -> Result<Count, Failure> {
    let Choice { ids, exporter, reason, all, sources } = choice;
    if ids.is_empty() && exporter.is_none() && reason.is_none() && !all {
        return Err(Failure::BadInput(anyhow!("say which letters: by id, --exporter, --reason, or --all")));
    }
    let directory = directory(sources)?;
    let _stopped = change::stopped(&directory, path)?;
    if !queue::fsck::are_dead_sound(&directory) {
        let text = "the dead letters' file is corrupt; `sidelight queue fsck --repair` sets it aside";
        return Err(Failure::BadInput(anyhow!(text)));
    }
    // Its bounds are the agent's to keep.
    let bounds = queue::Dead { max_size: Size(u64::MAX), ..queue::Dead::default() };
    let letters = DeadLetters::open(&directory, bounds, queue::Metrics::new()).map_err(unreadable)?;
    work(&letters, &Chosen { ids, exporter, reason }).map_err(unreadable)
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
        Some(reading) => pages(|after| reading.list(exporter, after, PAGE)).map_err(unreadable)?,
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

fn every(letters: &DeadLetters) -> Result<Vec<Summary>, DeadError> {
    pages(|after| letters.list(None, after, PAGE))
}

/// All letters, page by page.
fn pages(page: impl Fn(i64) -> Result<Vec<Summary>, DeadError>) -> Result<Vec<Summary>, DeadError> {
    let mut letters: Vec<Summary> = Vec::new();
    loop {
        let next = page(letters.last().map_or(0, |letter| letter.id))?;
        if next.is_empty() {
            return Ok(letters);
        }
        letters.extend(next);
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
