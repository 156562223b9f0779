//! `sidelight patterns check`: what each pattern of a file costs, or everything that is wrong with the file.

use super::args::Patterns as Asked;
use super::table::table;
use super::{Failure, Outcome, load, show};
use crate::config::Environment;
use crate::enrich::patterns::{Cost, LoadError, Patterns, Sort, costs};
use std::fmt::Write;

pub fn run(asked: Asked, environment: &Environment) -> Outcome {
    let Asked::Check { file, sources } = asked;
    let files = match file {
        Some(file) => vec![file],
        None => load(sources, environment)?.config.enrich.patterns,
    };
    let patterns = Patterns::load(&files).map_err(|error| match error {
        LoadError::Wrong(problems) => Failure::Refused(problems),
        unreadable @ LoadError::Unreadable { .. } => Failure::BadInput(unreadable.into()),
    })?;
    show(shown(&costs(&patterns)))
}

/// A line for each pattern, and a sentence on the slowest.
fn shown(costs: &[Cost]) -> String {
    let line = |cost: &Cost| {
        let sort = match cost.sort {
            Sort::Pii => "pii",
            Sort::Injection => "injection",
        };
        let time = format!("{:.2}", cost.time.as_secs_f64() * 1e3);
        let memory = cost.memory.div_ceil(1024).to_string();
        [cost.name.to_owned(), sort.to_owned(), time, memory, cost.matches.to_string()]
    };
    let lines: Vec<_> = costs.iter().map(line).collect();
    let mut out = table(["NAME", "FOR", "MS PER MB", "KIB", "MATCHES"], &lines);
    let _ = match costs.first() {
        Some(slowest) => {
            let speed = 1.0 / slowest.time.as_secs_f64().max(1e-9);
            writeln!(out, "the slowest of {} is {}, at {speed:.0} MB/s", costs.len(), slowest.name)
        }
        None => writeln!(out, "no patterns"),
    };
    if let Some(loose) = costs.iter().max_by_key(|cost| cost.matches).filter(|cost| cost.matches > 0) {
        let _ = writeln!(
            out,
            "{} matches {} times in a text that holds nothing to find: it may be too loose",
            loose.name, loose.matches
        );
    }
    out
}
