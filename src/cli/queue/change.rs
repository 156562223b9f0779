//! `sidelight queue fsck`, `replay` and `drop`: a queue looked through, sent again, given up.

use super::super::table::table;
use super::super::{Failure, Outcome, failure, show};
use super::show_json;
use crate::queue::Stopped;
use crate::queue::fsck::{self, Finding};
use anyhow::anyhow;
use serde::Serialize;
use std::io;
use std::path::Path;
use std::time::Duration;

/// A finding as `--json` shows it.
#[derive(Serialize)]
struct Row<'a> {
    file: &'a str,
    finding: &'a str,
    /// Sequences, the end exclusive.
    lost: Option<(u64, u64)>,
    mended: bool,
}

/// How often a queue is looked through that an agent may be writing to, and the pause between.
const LOOKS: u32 = 4;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// The exit status is 2 if something is lost, or is left to be mended.
pub fn fsck(directory: &Path, repair: bool, as_json: bool) -> Outcome {
    let stopped = if repair { Some(stopped(directory, "")?) } else { None };
    if !directory.exists() {
        return show(format!("no queue yet at {}\n", directory.display()));
    }
    let look = || fsck::fsck(directory, stopped.as_ref()).map_err(|error| Failure::BadInput(error.into()));
    let mut report = look()?;
    // What a running agent is just writing looks damaged; what is damaged still is on another look.
    for _ in 1..LOOKS {
        if repair || report.findings.is_empty() {
            break;
        }
        std::thread::sleep(BETWEEN_LOOKS);
        let before = std::mem::replace(&mut report, look()?).findings;
        report.findings.retain(|finding| before.contains(finding));
    }
    let bad = report.findings.iter().any(|finding| finding.lost.is_some() || !finding.mended);
    if as_json {
        show_json(report.findings.iter().map(row))?;
    } else {
        let rows: Vec<_> = report.findings.iter().map(cells).collect();
        let findings =
            if rows.is_empty() { String::new() } else { table(["FILE", "FINDING", "LOST", "MENDED"], &rows) };
        let lost: u64 = report.findings.iter().filter_map(|finding| finding.lost).map(|(a, b)| b - a).sum();
        let fsck::Report { segments, records, .. } = report;
        show(format!("{findings}{segments} segments, {records} records, {lost} lost\n"))?;
    }
    Ok(if bad { failure::BAD_INPUT } else { failure::FINE })
}

pub fn replay(directory: &Path, exporter: &str, from: u64) -> Outcome {
    let waiting =
        stopped(directory, "")?.rewind(exporter, from).map_err(|error| Failure::BadInput(error.into()))?;
    show(format!("{} records with {} items wait for {exporter} now\n", waiting.records, waiting.items))
}

pub fn drop(directory: &Path, exporter: &str, to: Option<u64>) -> Outcome {
    let gone = stopped(directory, "")?.skip(exporter, to).map_err(|error| Failure::BadInput(error.into()))?;
    show(format!("{} records with {} items were given up for {exporter}\n", gone.records, gone.items))
}

/// The queue, if no agent runs on it. `path` of the management API does the same while one does, if any does.
pub fn stopped(directory: &Path, path: &str) -> Result<Stopped, Failure> {
    Stopped::open(directory).map_err(|error| {
        let instead = match path {
            "" => "stop it first".to_string(),
            path => format!("stop it first, or ask it: POST /v1/{path}"),
        };
        Failure::BadInput(match error.kind() {
            io::ErrorKind::ResourceBusy => anyhow!("{error}, a running agent; {instead}"),
            _ => error.into(),
        })
    })
}

fn row(finding: &Finding) -> Row<'_> {
    let Finding { file, what, lost, mended } = finding;
    Row { file, finding: what, lost: *lost, mended: *mended }
}

fn cells(finding: &Finding) -> [String; 4] {
    let Finding { file, what, lost, mended } = finding;
    let lost = lost.map(|(first, end)| format!("{first} to {}", end.saturating_sub(1))).unwrap_or_default();
    [file.clone(), what.to_string(), lost, if *mended { "yes" } else { "no" }.to_string()]
}
