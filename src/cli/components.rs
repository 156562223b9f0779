//! `sidelight components`: what is built in, as YAML.

use super::{Outcome, show};
use crate::enrich::scan::{self, Scanner};
use crate::export;
use crate::recognize::dialect;
use std::collections::BTreeMap;
use std::fmt::Write;

pub fn run() -> Outcome {
    let mut out = format!("version: {}\n", env!("CARGO_PKG_VERSION"));
    section(&mut out, "receivers", [("otlp", "traces, logs and metrics by gRPC and HTTP")]);
    section(&mut out, "dialects", dialect::TABLE.iter().map(|dialect| (dialect.name, dialect.about)));
    section(&mut out, "detectors", detectors());
    let exporters = export::TYPES.iter().flat_map(|of| of.names.iter().map(|name| (*name, of.about)));
    section(&mut out, "exporters", exporters);
    show(out)
}

/// Each type of finding once, by name, and whether `types: default` looks for it.
fn detectors() -> BTreeMap<&'static str, &'static str> {
    let mut types = BTreeMap::new();
    for row in scan::detectors() {
        let by_default = Scanner::is_default(row);
        let said = types.entry(row.kind).or_insert("on request");
        if by_default {
            *said = "on by default";
        }
    }
    types
}

fn section<'a>(out: &mut String, title: &str, rows: impl IntoIterator<Item = (&'a str, &'a str)>) {
    let _ = writeln!(out, "{title}:");
    for (name, about) in rows {
        let _ = writeln!(out, "  {name}: {}", serde_json::Value::from(about));
    }
}
