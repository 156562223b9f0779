//! `sidelight prices`: what a model costs, another price map turned into ours, and whether a file is right.

use super::args::Prices as Asked;
use super::table::{plain, table};
use super::{Failure, Outcome, load, show};
use crate::config::Environment;
use crate::enrich::cost::{Day, LoadError, Priced, Prices};
use crate::llm::provider;
use anyhow::anyhow;
use std::fmt::Write;
use std::time::SystemTime;

pub fn run(asked: Asked, environment: &Environment) -> Outcome {
    match asked {
        Asked::Show { model, provider, on, sources } => {
            let config = load(sources, environment)?.config.enrich;
            let prices =
                Prices::load(&config.cost.prices).map_err(|error| Failure::BadInput(error.into()))?;
            show(shown(&prices, &model, provider.as_deref(), on)?)
        }
        Asked::Import { file } => {
            let today =
                Day::of(SystemTime::now()).ok_or_else(|| bad("the clock of this machine is wrong"))?;
            show(open(&file)?.yaml(&file, today))
        }
        Asked::Check { file: Some(file), .. } => show(overview(&open(&file)?)),
        Asked::Check { file: None, sources } => {
            let config = load(sources, environment)?.config.enrich;
            let prices =
                Prices::load(&config.cost.prices).map_err(|error| Failure::BadInput(error.into()))?;
            show(overview(&prices))
        }
    }
}

/// Every row that `model` is priced by, one for each provider, in the form of a price file.
fn shown(prices: &Prices, model: &str, by: Option<&str>, on: Option<Day>) -> Result<String, Failure> {
    let by = by.map(|by| provider::clean(by).map_or_else(|| by.to_owned(), |name| name.into_owned()));
    let rows = prices.rows();
    let mut providers: Vec<&str> = rows.iter().map(|row| &*row.provider).collect();
    providers.dedup();
    let mut out = String::new();
    for name in providers.into_iter().filter(|name| by.as_deref().is_none_or(|by| by == *name)) {
        let own = prices.find(Some(name), model).filter(|row| *row.provider == *name);
        out.extend(own.map(|row| one(row, on)));
    }
    let elsewhere = || prices.find(by.as_deref(), model).map(|row| one(row, on)).unwrap_or_default();
    if out.is_empty() {
        out = elsewhere();
    }
    if out.is_empty() { Err(bad(&format!("no price for {}", plain(model)))) } else { Ok(out) }
}

fn one(row: &Priced, on: Option<Day>) -> String {
    let price = row.on(on);
    format!("{}:  # {}\n  {}\n", plain(&row.provider), plain(&price.version), plain(&row.line(on)))
}

/// How much there is of each provider.
fn overview(prices: &Prices) -> String {
    let rows = prices.rows();
    let line = |rows: &[&Priced]| {
        let former = rows.iter().filter(|row| !row.before.is_empty()).count();
        let newest = rows.iter().map(|row| row.price.version.as_str()).max().unwrap_or_default();
        [rows[0].provider.to_string(), rows.len().to_string(), former.to_string(), newest.to_owned()]
    };
    let lines: Vec<_> = rows.chunk_by(|one, next| one.provider == next.provider).map(line).collect();
    let mut out = table(["PROVIDER", "MODELS", "WITH HISTORY", "DATE"], &lines);
    let _ = writeln!(out, "{} models of {} providers", rows.len(), lines.len());
    out
}

fn open(file: &str) -> Result<Prices, Failure> {
    Prices::open(file).map_err(|error| match error {
        LoadError::Wrong(problems) => Failure::Refused(problems),
        unreadable @ LoadError::Unreadable { .. } => Failure::BadInput(unreadable.into()),
    })
}

fn bad(text: &str) -> Failure {
    Failure::BadInput(anyhow!("{text}"))
}
