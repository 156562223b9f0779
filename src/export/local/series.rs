//! The store over time: what calls used and cost, interval by interval, and which names there are.

use super::calls::Calls;
use super::filter::Filter;
use super::store::{StoreError, nanos};
use rusqlite::types::ValueRef;
use rusqlite::{Row, params_from_iter};
use serde::Serialize;
use std::collections::HashMap;
use std::time::{Duration, SystemTime};
use utoipa::ToSchema;

/// Intervals of one series at most.
pub const MOST_INTERVALS: usize = 2_000;

/// Names are counted apart up to so many, by calls; the rest is called [`OTHER`].
const MOST_NAMES: usize = 12;

/// What stands for names that are not counted apart.
const OTHER: &str = "other";

/// By what calls are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    #[default]
    Nothing,
    Model,
    Service,
    Provider,
}

/// From when to when, in intervals of which length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub from: SystemTime,
    pub to: SystemTime,
    /// More than 0, and at least a [`MOST_INTERVALS`]th of the whole.
    pub step: Duration,
}

/// Calls interval by interval. All lists are as long as `times`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Series {
    pub step_seconds: f64,
    /// Where each interval begins, in seconds since 1970.
    pub times: Vec<f64>,
    /// One for each name, the one with the most calls first.
    pub series: Vec<Named>,
    /// Over all names.
    pub latency: Latency,
}

/// The calls of one model, service or provider; of all where they are not told apart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Named {
    /// Empty where calls are not told apart or the name is not known; `other` for the rest.
    pub name: String,
    /// Recognised spans; narrow it by `kind` to count model calls alone.
    pub calls: Vec<u64>,
    pub errors: Vec<u64>,
    pub pii: Vec<u64>,
    pub injection: Vec<u64>,
    /// Tokens and cost of calls whose usage counts, each once.
    pub input_tokens: Vec<u64>,
    pub output_tokens: Vec<u64>,
    pub cost_usd: Vec<f64>,
}

/// Percentiles in milliseconds; `null` where nothing was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Latency {
    pub p50_ms: Vec<Option<f64>>,
    pub p95_ms: Vec<Option<f64>>,
    /// To the first chunk.
    pub ttft_p50_ms: Vec<Option<f64>>,
    pub ttft_p95_ms: Vec<Option<f64>>,
}

/// The names that calls can be picked by, each with how many there are, the most frequent first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Facets {
    pub models: Vec<Facet>,
    pub services: Vec<Facet>,
    pub providers: Vec<Facet>,
    pub kinds: Vec<Facet>,
}

/// A name and how many calls have it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Facet {
    pub name: String,
    pub calls: u64,
}

/// Facets of one kind at most.
const MOST_FACETS: usize = 100;

impl By {
    fn column(self) -> &'static str {
        match self {
            By::Nothing => "''",
            By::Model => "coalesce(model, response_model, '')",
            By::Service => "service",
            By::Provider => "coalesce(provider, '')",
        }
    }
}

impl Range {
    fn intervals(&self) -> usize {
        let whole = self.to.duration_since(self.from).unwrap_or_default().as_nanos();
        let intervals = whole.div_ceil(self.step.as_nanos().max(1));
        usize::try_from(intervals).unwrap_or(usize::MAX).min(MOST_INTERVALS)
    }
}

impl Range {
    fn times(&self) -> Vec<f64> {
        let (from, step) = (nanos(self.from) as f64 / 1e9, self.step.as_secs_f64());
        (0..self.intervals()).map(|n| from + n as f64 * step).collect()
    }
}

impl Series {
    /// A series of no calls.
    pub fn empty(range: Range) -> Series {
        let intervals = range.intervals();
        Series {
            step_seconds: range.step.as_secs_f64(),
            times: range.times(),
            series: Vec::new(),
            latency: Latency::of(&mut vec![Times::default(); intervals]),
        }
    }
}

impl Calls {
    /// The calls of `range` that pass `filter`, whose own times do not count.
    pub fn series(&self, filter: &Filter, range: Range, by: By) -> Result<Series, StoreError> {
        let (from, step) = (nanos(range.from), range.step.as_nanos().max(1) as i64);
        let filter = Filter { since: Some(range.from), until: Some(range.to), ..filter.clone() };
        let passes = filter.whole();
        let sql = format!(
            "SELECT start, {}, usage_counted, input_tokens, output_tokens, cost_pico_usd, error, pii, injection,
                 duration_ns, ttft_ns
             FROM calls WHERE {}",
            by.column(),
            passes.sql
        );
        let intervals = range.intervals();
        let mut sums = Sums { names: HashMap::new(), times: vec![Times::default(); intervals] };
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query(params_from_iter(passes.values))?;
        while let Some(row) = rows.next()? {
            let at = usize::try_from((row.get::<_, i64>(0)? - from) / step).unwrap_or(0);
            sums.add(row, at.min(intervals.saturating_sub(1)))?;
        }
        let latency = Latency::of(&mut sums.times);
        let series = named(sums.names, intervals);
        Ok(Series { step_seconds: range.step.as_secs_f64(), times: range.times(), series, latency })
    }

    /// The names of the calls that pass `filter`. They are counted on the way through the rows: to group 100,000 calls by four
    /// names SQLite sorts them all, which takes it several times as long as the walk.
    pub fn facets(&self, filter: &Filter) -> Result<Facets, StoreError> {
        let passes = filter.whole();
        let sql = format!(
            "SELECT {}, service, {}, kind FROM calls WHERE {}",
            By::Model.column(),
            By::Provider.column(),
            passes.sql
        );
        let mut counts: [HashMap<String, u64>; 4] = Default::default();
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query(params_from_iter(passes.values))?;
        while let Some(row) = rows.next()? {
            for (column, counts) in counts.iter_mut().enumerate() {
                let name = name(row, column)?;
                match counts.get_mut(name) {
                    Some(calls) => *calls += 1,
                    None => _ = counts.insert(name.to_string(), 1),
                }
            }
        }
        let [models, services, providers, kinds] = counts.map(facets);
        Ok(Facets { models, services, providers, kinds })
    }
}

/// A text of a row; none where it is NULL.
fn name<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<&'a str> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(text) => str::from_utf8(text).unwrap_or_default(),
        _ => "",
    })
}

fn facets(counts: HashMap<String, u64>) -> Vec<Facet> {
    let named = counts.into_iter().filter(|(name, _)| !name.is_empty());
    let mut facets: Vec<Facet> = named.map(|(name, calls)| Facet { name, calls }).collect();
    facets.sort_by(|a, b| b.calls.cmp(&a.calls).then_with(|| a.name.cmp(&b.name)));
    facets.truncate(MOST_FACETS);
    facets
}

/// What is added up on the way through the rows.
struct Sums {
    names: HashMap<String, Vec<Sum>>,
    times: Vec<Times>,
}

/// One name in one interval.
#[derive(Clone, Default)]
struct Sum {
    calls: u64,
    errors: u64,
    pii: u64,
    injection: u64,
    input_tokens: u64,
    output_tokens: u64,
    cost_pico_usd: u64,
}

/// Durations of one interval in milliseconds.
#[derive(Clone, Default)]
struct Times {
    whole: Vec<f32>,
    first: Vec<f32>,
}

impl Sums {
    fn add(&mut self, row: &Row<'_>, at: usize) -> rusqlite::Result<()> {
        let Some(times) = self.times.get_mut(at) else { return Ok(()) };
        let name = name(row, 1)?;
        let intervals = match self.names.get_mut(name) {
            Some(intervals) => intervals,
            None => self.names.entry(name.to_string()).or_default(),
        };
        if intervals.len() <= at {
            intervals.resize(at + 1, Sum::default());
        }
        let counted: bool = row.get(2)?;
        let number = |index| {
            let number = row.get::<_, Option<i64>>(index)?.unwrap_or(0);
            Ok::<u64, rusqlite::Error>(if counted { u64::try_from(number).unwrap_or(0) } else { 0 })
        };
        let sum = &mut intervals[at];
        sum.calls += 1;
        sum.input_tokens += number(3)?;
        sum.output_tokens += number(4)?;
        sum.cost_pico_usd = sum.cost_pico_usd.saturating_add(number(5)?);
        sum.errors += u64::from(row.get::<_, bool>(6)?);
        sum.pii += u64::from(row.get::<_, bool>(7)?);
        sum.injection += u64::from(row.get::<_, bool>(8)?);
        times.whole.push((row.get::<_, i64>(9)? as f64 / 1e6) as f32);
        times.first.extend(row.get::<_, Option<i64>>(10)?.map(|nanos| (nanos as f64 / 1e6) as f32));
        Ok(())
    }
}

/// The names with the most calls, and the rest as one.
fn named(names: HashMap<String, Vec<Sum>>, intervals: usize) -> Vec<Named> {
    let calls = |sums: &[Sum]| sums.iter().map(|sum| sum.calls).sum::<u64>();
    let mut names: Vec<(String, Vec<Sum>)> = names.into_iter().collect();
    names.sort_by(|(a, sums_a), (b, sums_b)| calls(sums_b).cmp(&calls(sums_a)).then_with(|| a.cmp(b)));
    let rest = names.split_off(names.len().min(MOST_NAMES));
    if !rest.is_empty() {
        let mut other = vec![Sum::default(); intervals];
        for (at, sum) in rest.iter().flat_map(|(_, sums)| sums.iter().enumerate()) {
            other[at].add(sum);
        }
        names.push((OTHER.to_string(), other));
    }
    names.into_iter().map(|(name, sums)| Named::of(name, sums, intervals)).collect()
}

impl Sum {
    fn add(&mut self, more: &Sum) {
        self.calls += more.calls;
        self.errors += more.errors;
        self.pii += more.pii;
        self.injection += more.injection;
        self.input_tokens += more.input_tokens;
        self.output_tokens += more.output_tokens;
        self.cost_pico_usd = self.cost_pico_usd.saturating_add(more.cost_pico_usd);
    }
}

impl Named {
    fn of(name: String, mut sums: Vec<Sum>, intervals: usize) -> Named {
        sums.resize(intervals, Sum::default());
        let each = |of: fn(&Sum) -> u64| sums.iter().map(of).collect();
        Named {
            name,
            calls: each(|sum| sum.calls),
            errors: each(|sum| sum.errors),
            pii: each(|sum| sum.pii),
            injection: each(|sum| sum.injection),
            input_tokens: each(|sum| sum.input_tokens),
            output_tokens: each(|sum| sum.output_tokens),
            cost_usd: sums.iter().map(|sum| sum.cost_pico_usd as f64 / 1e12).collect(),
        }
    }
}

impl Latency {
    fn of(times: &mut [Times]) -> Latency {
        let mut latency = Latency::default();
        for Times { whole, first } in times {
            whole.sort_by(f32::total_cmp);
            first.sort_by(f32::total_cmp);
            latency.p50_ms.push(percentile(whole, 50));
            latency.p95_ms.push(percentile(whole, 95));
            latency.ttft_p50_ms.push(percentile(first, 50));
            latency.ttft_p95_ms.push(percentile(first, 95));
        }
        latency
    }
}

/// By nearest rank; `sorted` rises.
fn percentile(sorted: &[f32], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).map(|found| f64::from(*found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let sorted: Vec<f32> = (1..=100).map(|n| n as f32).collect();
        assert_eq!((percentile(&sorted, 50), percentile(&sorted, 95)), (Some(50.0), Some(95.0)));
        assert_eq!(percentile(&[7.0], 95), Some(7.0));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn names_beyond_the_most_frequent_are_one() {
        let one = |calls| vec![Sum { calls, ..Sum::default() }];
        let names = (0..20).map(|n| (format!("model-{n:02}"), one(100 - n))).collect();
        let named = named(names, 2);
        assert_eq!(named.len(), MOST_NAMES + 1);
        assert_eq!((named[0].name.as_str(), named[0].calls.as_slice()), ("model-00", [100, 0].as_slice()));
        let other: u64 = (12..20).map(|n| 100 - n).sum();
        assert_eq!((named[12].name.as_str(), named[12].calls[0]), (OTHER, other));
    }
}
