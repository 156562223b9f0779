//! How well detection does on the labelled development set, type by type.
//!
//! `SIDELIGHT_PREDICTIONS=DIR cargo test --test it detect` also writes `pii.jsonl` there, in the form that
//! the set's own `evaluate.py` reads.

use crate::shared;
use serde::Deserialize;
use sidelight::enrich::redact::{self, Config, InjectionConfig, Redactor};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// What stands in the set beside the text; unknown fields are skipped.
#[derive(Deserialize)]
struct Document {
    id: String,
    text: String,
    #[serde(default)]
    entities: Vec<Entity>,
    #[serde(default)]
    kind: String,
}

#[derive(Clone, Deserialize, PartialEq)]
struct Entity {
    #[serde(rename = "type")]
    kind: String,
    start: usize,
    end: usize,
}

/// Types that need a model: labelled, not counted.
const NEEDS_A_MODEL: &[&str] = &["PERSON", "STREET_ADDRESS", "DATE_OF_BIRTH"];

/// True positives, false positives and false negatives of one type.
#[derive(Default)]
struct Counts {
    hit: u32,
    wrong: u32,
    missed: u32,
}

impl Counts {
    fn f1(&self) -> f64 {
        f64::from(2 * self.hit) / f64::from((2 * self.hit + self.wrong + self.missed).max(1))
    }
}

#[test]
fn personal_data_of_the_development_set_is_found() {
    let Some(documents) = read("dev/pii.jsonl") else {
        return;
    };
    let redactor = Redactor::build(&Config::default(), &InjectionConfig::default());
    let (mut types, mut flagged, mut clean) = (BTreeMap::<String, Counts>::new(), 0, 0);
    let (mut covered, mut evasive) = (0, 0);
    let mut lines = String::new();
    for document in &documents {
        let report = redact::report(&redactor, &document.text);
        let found = entities(&report);
        writeln!(lines, "{}", prediction(&document.id, &report)).expect("a string takes it");
        let wanted = || document.entities.iter().filter(|e| !NEEDS_A_MODEL.contains(&e.kind.as_str()));
        if document.kind == "evasion" {
            evasive += wanted().count();
            covered +=
                wanted().filter(|e| found.iter().any(|f| f.start <= e.start && e.end <= f.end)).count();
            continue;
        }
        wanted().for_each(|e| match found.contains(e) {
            true => types.entry(e.kind.clone()).or_default().hit += 1,
            false => types.entry(e.kind.clone()).or_default().missed += 1,
        });
        for extra in found.iter().filter(|f| !document.entities.contains(f)) {
            types.entry(extra.kind.clone()).or_default().wrong += 1;
        }
        if wanted().count() == 0 {
            clean += 1;
            flagged += u32::from(!found.is_empty());
        }
    }
    write_predictions("pii.jsonl", &lines);
    let mut all = Counts::default();
    for (kind, counts) in &types {
        eprintln!(
            "{kind:32} {:.3}  {:4} hit {:4} wrong {:4} missed",
            counts.f1(),
            counts.hit,
            counts.wrong,
            counts.missed
        );
        all = Counts {
            hit: all.hit + counts.hit,
            wrong: all.wrong + counts.wrong,
            missed: all.missed + counts.missed,
        };
    }
    let share = f64::from(flagged) / f64::from(clean.max(1));
    let evasion = covered as f64 / evasive.max(1) as f64;
    eprintln!("exact F1 {:.3}, clean documents flagged {share:.4}, evasion covered {evasion:.3}", all.f1());
    assert!(all.f1() >= LEAST_F1 && share <= MOST_FLAGGED && evasion >= LEAST_EVASION);
}

/// What has been reached; a change that falls below has to say why.
const LEAST_F1: f64 = 0.985;
const MOST_FLAGGED: f64 = 0.004;
const LEAST_EVASION: f64 = 0.8;

fn entities(report: &redact::Report) -> Vec<Entity> {
    let entity = |p: &redact::Pii| Entity { kind: p.kind.to_string(), start: p.start, end: p.end };
    report.pii.iter().map(entity).collect()
}

fn prediction(id: &str, report: &redact::Report) -> serde_json::Value {
    let mut line = serde_json::to_value(report).expect("a report is JSON");
    line["id"] = id.into();
    line
}

fn write_predictions(name: &str, lines: &str) {
    if let Some(directory) = std::env::var_os("SIDELIGHT_PREDICTIONS") {
        std::fs::write(Path::new(&directory).join(name), lines).expect("the directory can be written");
    }
}

/// The documents of one file of the labelled set, where it is at hand.
fn read(name: &str) -> Option<Vec<Document>> {
    let text = std::fs::read_to_string(shared::detect()?.join(name)).expect("the file is in the archive");
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a document")).collect())
}
