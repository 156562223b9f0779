//! `sidelight calls`: the local store, read while the agent runs or not.

use super::args;
use super::embed::vector;
use super::lines::json;
use super::table::table;
use super::{Failure, Outcome, failure, load, show};
use crate::config::{Config, Environment};
use crate::export::local::{Call, Calls, Filter, Flag, Similar, StoreError, Totals};
use crate::units::utc_text;
use anyhow::anyhow;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub fn run(asked: args::Calls, environment: &Environment) -> Outcome {
    let filter = Filter {
        model: asked.model,
        flags: if asked.pii { vec![Flag::Pii] } else { Vec::new() },
        since: asked.since.and_then(|ago| SystemTime::now().checked_sub(ago)),
        ..Filter::default()
    };
    let config = load(asked.sources, environment)?.config;
    let path = store(&config)?;
    let Some(calls) = Calls::open(&path).map_err(unreadable(&path))? else {
        return if asked.json { Ok(failure::FINE) } else { show("no calls yet\n") };
    };
    if let Some(text) = asked.similar {
        let (vector, model) = vector(&text, &config)?;
        let found = calls.similar(&vector, &model, &filter, asked.limit).map_err(unreadable(&path))?;
        return if asked.json { lines(&found) } else { show(nearest(&found)) };
    }
    let list = calls.list(&filter, None, asked.limit).map_err(unreadable(&path))?;
    if asked.json {
        return lines(&list);
    }
    let totals = calls.totals(&filter).map_err(unreadable(&path))?;
    let rows: Vec<_> = list.iter().map(cells).collect();
    show(table(HEADER, &rows) + &sums(&totals))
}

const HEADER: [&str; 10] = ["START", "SERVICE", "KIND", "MODEL", "IN", "OUT", "USD", "MS", "FLAGS", "TRACE"];

/// One JSON object per line.
fn lines(all: &[impl serde::Serialize]) -> Outcome {
    let mut out = BufWriter::new(io::stdout().lock());
    all.iter().try_for_each(|one| writeln!(out, "{}", json(one)))?;
    out.flush()?;
    Ok(failure::FINE)
}

/// The calls with how near each is, from 1 down.
fn nearest(found: &[Similar]) -> String {
    let mut header = [""; 11];
    header[0] = "NEAR";
    header[1..].copy_from_slice(&HEADER);
    let rows = found.iter().map(|Similar { similarity, call }| {
        let mut row: [String; 11] = Default::default();
        row[0] = format!("{similarity:.3}");
        row[1..].clone_from_slice(&cells(call));
        row
    });
    table(header, &rows.collect::<Vec<_>>())
}

/// The store of the first exporter that keeps one.
fn store(config: &Config) -> Result<PathBuf, Failure> {
    let stores = config.exporters.0.iter();
    let path = stores.filter_map(|(_, settings)| settings.calls(&config.data_dir)).next();
    path.ok_or_else(|| Failure::BadInput(anyhow!("no exporter `local` is configured")))
}

fn unreadable(path: &Path) -> impl Fn(StoreError) -> Failure {
    move |error| {
        Failure::BadInput(anyhow::Error::from(error).context(format!("cannot read {}", path.display())))
    }
}

fn cells(call: &Call) -> [String; 10] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let start = Duration::from_nanos(u64::try_from(call.start_unix_nano).unwrap_or(0));
    [
        utc_text(SystemTime::UNIX_EPOCH + start),
        call.service.clone(),
        text(&call.kind),
        text(if call.response_model.is_some() { &call.response_model } else { &call.model }),
        number(call.input_tokens),
        number(call.output_tokens),
        call.cost_usd.map(|usd| format!("{usd:.6}")).unwrap_or_default(),
        format!("{:.0}", call.duration_ms),
        flags(call),
        call.trace_id.clone(),
    ]
}

fn flags(call: &Call) -> String {
    let pii = [vec!["pii".to_string()], call.pii_types.clone()].concat().join(":");
    let all = [
        (call.error, "error"),
        (call.pii, pii.as_str()),
        (call.injection, "injection"),
        (!call.usage_counted && call.input_tokens.is_some(), "not-counted"),
    ];
    let set: Vec<&str> = all.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
    set.join(" ")
}

/// Over everything that passes the filter, listed or not.
fn sums(totals: &Totals) -> String {
    let Totals { calls, input_tokens, output_tokens, with_pii, with_injection, errors, .. } = totals;
    let usd = totals.cost_micro_usd as f64 / 1e6;
    format!(
        "{calls} in all: {input_tokens} tokens in, {output_tokens} out, {usd:.6} USD, \
         {with_pii} with personal data, {with_injection} with injection attempts, {errors} errors\n"
    )
}
