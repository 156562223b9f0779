//! The report of `sidelight enrich --explain`, for reading.

use super::table::plain;
use crate::enrich::{Explained, Fate, Known, Seen};
use crate::otlp::Place;
use std::fmt::Write;

/// Each item with its leaves, and at last the sums.
pub fn report(items: &[Explained]) -> String {
    let mut out = String::new();
    let untouched = |item: &&Explained| matches!(item.known, Known::Untouched);
    let empty = |item: &&Explained| matches!(item.known, Known::Above) && item.leaves.is_empty();
    for item in items.iter().filter(|item| !untouched(item) && !empty(item)) {
        one(&mut out, item);
    }
    let left = items.iter().filter(untouched).count();
    if left > 0 {
        line(&mut out, format_args!("{left} more: nothing of an LLM call, unchanged byte for byte\n"));
    }
    line(&mut out, format_args!("{}", sums(items)));
    out
}

fn one(out: &mut String, item: &Explained) {
    let name = if item.name.is_empty() { String::new() } else { format!(" \"{}\"", plain(&item.name)) };
    let scope = if item.scope.is_empty() { String::new() } else { format!(", scope {}", plain(&item.scope)) };
    let what = match item.known {
        Known::Call(_) => "",
        Known::Carrier => ": beside an LLM call or asking a provider, may carry a prompt",
        Known::Other => ": scanned because enrich.scope is all",
        Known::Above => ": above an LLM call",
        Known::Untouched => ": unchanged",
    };
    line(out, format_args!("{}{name}{scope}{what}", item.what));
    if let Known::Call(facts) = &item.known {
        for (fact, value) in facts {
            line(out, format_args!("  {fact:18} {}", plain(value)));
        }
    }
    let keys = item.leaves.iter().filter(|leaf| is_plain_key(leaf)).count();
    let told: Vec<(&Seen, usize)> = alike(item.leaves.iter().filter(|leaf| !is_plain_key(leaf)));
    let rows: Vec<[String; 4]> = told.iter().map(|(leaf, times)| row(leaf, *times)).collect();
    let width = |n: usize| rows.iter().map(|row| row[n].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    for [fate, place, size, outcome] in &rows {
        let text = format!(
            "  {fate:a$}  {place:b$}  {size:>c$}  {outcome}",
            a = widths[0],
            b = widths[1],
            c = widths[2]
        );
        line(out, format_args!("{}", text.trim_end()));
    }
    if keys > 0 {
        line(out, format_args!("  skipped  {keys} keys that are plain names"));
    }
    for added in &item.added {
        line(out, format_args!("  added    {}", plain(added)));
    }
    out.push('\n');
}

/// Neighbours of one attribute with one fate are one line.
fn alike<'a>(leaves: impl Iterator<Item = &'a Seen>) -> Vec<(&'a Seen, usize)> {
    let mut told: Vec<(&Seen, usize)> = Vec::new();
    for leaf in leaves {
        match told.last_mut() {
            Some((last, times))
                if last.place == leaf.place
                    && last.key == leaf.key
                    && last.index == leaf.index
                    && last.fate == leaf.fate
                    && last.role == leaf.role =>
            {
                *times += 1;
            }
            _ => told.push((leaf, 1)),
        }
    }
    told
}

fn row(leaf: &Seen, times: usize) -> [String; 4] {
    let many = if times > 1 { format!(" ({times} texts)") } else { String::new() };
    let place = format!("{}{many}", plain(&place(leaf)));
    let said = leaf.role.map(|role| format!("said by {}", role.name()));
    let (fate, outcome) = match &leaf.fate {
        Fate::Skipped(why) => ("skipped", vec![(*why).to_string()]),
        Fate::Scanned { findings, injection, changed } => {
            let mut outcome: Vec<String> = said.into_iter().collect();
            outcome.extend(findings.iter().map(|(kind, count)| format!("{kind} {count}")));
            outcome.extend(injection.then(|| "injection".to_string()));
            outcome.extend(changed.then(|| "changed".to_string()));
            ("scanned", outcome)
        }
    };
    [fate.to_string(), place, format!("{} B", leaf.bytes), outcome.join(", ")]
}

fn place(leaf: &Seen) -> String {
    let (key, nth) = (&leaf.key, leaf.index + 1);
    match leaf.place {
        Place::SpanName => "span name".into(),
        Place::StatusMessage => "status message".into(),
        Place::TraceState | Place::LinkTraceState => "trace state".into(),
        Place::Attribute | Place::ResourceAttribute | Place::ScopeAttribute => key.clone(),
        Place::Key => format!("a key in {key}"),
        Place::EventName => format!("name of event {nth}"),
        Place::EventAttribute => format!("event {nth}: {key}"),
        Place::LinkAttribute => format!("link {nth}: {key}"),
        Place::LogBody if key.is_empty() => "body".into(),
        Place::LogBody => format!("body: {key}"),
        Place::LogField => "severity or event name".into(),
        Place::ScopeName => "scope name or version".into(),
        Place::Schema => "schema URL".into(),
        Place::Unknown => "a field newer than Sidelight".into(),
    }
}

fn is_plain_key(leaf: &Seen) -> bool {
    leaf.place == Place::Key && matches!(leaf.fate, Fate::Skipped(_))
}

fn sums(items: &[Explained]) -> String {
    let leaves = || items.iter().flat_map(|item| &item.leaves);
    let scanned = leaves().filter(|leaf| matches!(leaf.fate, Fate::Scanned { .. })).count();
    let changed = leaves().filter(|leaf| matches!(leaf.fate, Fate::Scanned { changed: true, .. })).count();
    let keys = leaves().filter(|leaf| is_plain_key(leaf)).count();
    let skipped = leaves().count() - scanned - keys;
    format!("{scanned} texts scanned, {changed} changed; {skipped} texts and {keys} keys skipped")
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("a string takes all");
}
