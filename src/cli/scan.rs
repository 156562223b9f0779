//! `sidelight scan`: what is found in a text, and what would be passed on.

use super::args::Scan;
use super::lines::{self, json, object};
use super::{Failure, Outcome, failure, load, show};
use crate::config::Environment;
use crate::enrich::patterns::Patterns;
use crate::enrich::redact::{Redactor, Report, report};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::io::{self, BufWriter};

#[derive(Deserialize)]
struct Asked<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    text: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    id: Option<&'a RawValue>,
    #[serde(flatten)]
    report: Report,
}

pub fn run(asked: Scan, environment: &Environment) -> Outcome {
    let enrich = load(asked.sources, environment)?.config.enrich;
    let patterns = Patterns::load(&enrich.patterns).map_err(|error| Failure::BadInput(error.into()))?;
    let redactor = Redactor::with(&enrich.pii, &enrich.injection, &patterns);
    if asked.jsonl {
        let mut out = BufWriter::new(io::stdout().lock());
        lines::answer_each(io::stdin().lock(), &mut out, |line| answer(line, &redactor))?;
        return Ok(failure::FINE);
    }
    let text = lines::whole_text(io::stdin().lock())?;
    show(format!("{}\n", json(&report(&redactor, &text))))
}

fn answer(line: &str, redactor: &Redactor) -> Result<String, String> {
    let asked: Asked<'_> = object(line, r#"{"id", "text"}"#)?;
    let report = report(redactor, &asked.text);
    Ok(json(&Answer { id: asked.id, report }))
}
