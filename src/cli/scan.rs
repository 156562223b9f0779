//! `sidelight scan`: what is found in a text, and what would be passed on.

use super::args::Scan;
use super::lines::{self, json};
use super::marked::marked;
use super::{Failure, Outcome, load, show};
use crate::config::Environment;
use crate::enrich::patterns::Patterns;
use crate::enrich::redact::report;
use std::io::{self, IsTerminal};

pub fn run(asked: Scan, environment: &Environment) -> Outcome {
    let enrich = load(asked.sources, environment)?.config.enrich;
    let patterns = Patterns::load(&enrich.patterns).map_err(|error| Failure::BadInput(error.into()))?;
    let redactor = patterns.redactor(&enrich.pii, &enrich.injection);
    if asked.jsonl {
        return lines::answer_texts(|text| Ok(report(&redactor, text)));
    }
    let text = lines::whole_text(io::stdin().lock())?;
    let report = report(&redactor, &text);
    let colour = environment.get("NO_COLOR").is_none_or(str::is_empty) && io::stdout().is_terminal();
    show(if colour { marked(&text, &report) } else { json(&report) + "\n" })
}
