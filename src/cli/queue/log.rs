//! `sidelight queue ls` and `show`: what waits, for whom, and in which files.

use super::super::table::table;
use super::super::{Failure, Outcome, show};
use super::{show_json, signal};
use crate::queue::inspect::{self, LaneInfo, RecordInfo, SegmentInfo, SegmentState};
use crate::units::{Size, utc_text};
use anyhow::anyhow;
use serde::Serialize;
use std::io;
use std::path::Path;

/// A lane or a segment as `--json` shows it.
#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Lane { exporter: &'a str, next: u64, records: u64, items: u64, bytes: u64 },
    Segment { segment: &'a str, state: &'static str, records: u64, items: u64, bytes: u64 },
}

/// A record as `--json` shows it.
#[derive(Serialize)]
struct Row {
    sequence: u64,
    enqueued: String,
    signal: &'static str,
    items: u32,
    bytes: u64,
}

pub fn ls(directory: &Path, as_json: bool) -> Outcome {
    if !directory.exists() {
        return if as_json { show("") } else { show(format!("no queue yet at {}\n", directory.display())) };
    }
    let lanes = inspect::lanes(directory).map_err(unreadable)?;
    let segments = inspect::segments(directory).map_err(unreadable)?;
    if as_json {
        return show_json(lanes.iter().map(lane_line).chain(segments.iter().map(segment_line)));
    }
    let lanes: Vec<_> = lanes.iter().map(lane_cells).collect();
    let segments: Vec<_> = segments.iter().map(segment_cells).collect();
    let waiting = table(["EXPORTER", "NEXT", "RECORDS WAITING", "ITEMS", "SIZE"], &lanes);
    let files =
        table(["SEGMENT", "STATE", "RECORDS", "ITEMS", "SIZE ON DISK", "OLDEST", "NEWEST"], &segments);
    show(format!("{waiting}\n{files}"))
}

pub fn records(directory: &Path, from: u64, limit: usize, as_json: bool) -> Outcome {
    let records = if directory.exists() {
        inspect::records(directory, from, limit).map_err(unreadable)?
    } else {
        Vec::new()
    };
    if as_json {
        return show_json(records.iter().map(row));
    }
    let rows: Vec<_> = records.iter().map(record_cells).collect();
    show(table(["SEQUENCE", "ENQUEUED", "SIGNAL", "ITEMS", "SIZE"], &rows))
}

/// The encoded request of one record.
pub fn payload(directory: &Path, sequence: u64) -> Outcome {
    let found =
        if directory.exists() { inspect::record(directory, sequence).map_err(unreadable)? } else { None };
    let missing = || Failure::BadInput(anyhow!("no record has the sequence {sequence}"));
    show(found.ok_or_else(missing)?.record.payload)
}

fn lane_line(lane: &LaneInfo) -> Line<'_> {
    let LaneInfo { name, low, waiting, .. } = lane;
    Line::Lane {
        exporter: name,
        next: *low,
        records: waiting.records,
        items: waiting.items,
        bytes: waiting.bytes,
    }
}

fn segment_line(segment: &SegmentInfo) -> Line<'_> {
    let amount = segment.content.as_ref().map(|content| content.amount).unwrap_or_default();
    Line::Segment {
        segment: &segment.file,
        state: state(segment.state),
        records: amount.records,
        items: amount.items,
        bytes: segment.size,
    }
}

fn lane_cells(lane: &LaneInfo) -> [String; 5] {
    [
        lane.name.clone(),
        lane.low.to_string(),
        lane.waiting.records.to_string(),
        lane.waiting.items.to_string(),
        Size(lane.waiting.bytes).to_string(),
    ]
}

fn segment_cells(segment: &SegmentInfo) -> [String; 7] {
    let content = segment.content.as_ref().filter(|content| content.amount.records > 0);
    let shown = |show: &dyn Fn(&inspect::Content) -> String| content.map(show).unwrap_or_default();
    [
        segment.file.clone(),
        state(segment.state).to_string(),
        shown(&|content| content.amount.records.to_string()),
        shown(&|content| content.amount.items.to_string()),
        Size(segment.size).to_string(),
        shown(&|content| utc_text(content.oldest)),
        shown(&|content| utc_text(content.newest)),
    ]
}

fn record_cells(record: &RecordInfo) -> [String; 5] {
    let Row { sequence, enqueued, signal, items, bytes } = row(record);
    [sequence.to_string(), enqueued, signal.to_string(), items.to_string(), Size(bytes).to_string()]
}

fn row(record: &RecordInfo) -> Row {
    Row {
        sequence: record.sequence,
        enqueued: utc_text(record.enqueued),
        signal: signal(record.kind),
        items: record.items,
        bytes: record.bytes,
    }
}

fn state(state: SegmentState) -> &'static str {
    match state {
        SegmentState::Open => "open",
        SegmentState::Finished => "finished",
        SegmentState::Free => "free",
        SegmentState::Bad => "bad",
    }
}

fn unreadable(error: io::Error) -> Failure {
    Failure::BadInput(anyhow::Error::from(error).context("the queue's directory cannot be read"))
}
