//! `GET /v1/calls…`: the LLM calls that the local store keeps, listed, opened, counted over time.

use super::answer::{Given, Json, Named, Params};
use super::app::App;
use super::problem::Problem;
use crate::export::local::{
    By, Call, Calls, Detail, Facets, Filter, Flag, MOST_INTERVALS, Position, Range, Series, Similar,
    StoreError, Totals,
};
use crate::units::{parse_duration, parse_utc};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use utoipa::ToSchema;

/// Calls of one page at most.
const MOST_CALLS: usize = 500;

/// Calls of a page where nobody says how many.
const CALLS: usize = 50;

/// How far back a series goes where nobody says from when.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Intervals of a series where nobody says how long they are.
const INTERVALS: u32 = 60;

/// Which calls.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// The model that was asked for or that answered.
    model: Option<String>,
    service: Option<String>,
    provider: Option<String>,
    /// `chat`, `completion`, `embeddings`, `rerank`, `agent`, `workflow`, `task`, `tool` or `retrieval`.
    kind: Option<String>,
    conversation_id: Option<String>,
    /// Hex.
    trace_id: Option<String>,
    /// Any of `pii`, `injection`, `error`, `sampled`, joined by commas: calls that have all of them.
    flag: Option<String>,
    min_cost_usd: Option<f64>,
    max_cost_usd: Option<f64>,
    min_latency_ms: Option<f64>,
    max_latency_ms: Option<f64>,
    /// From when on: `15m`, `24h`, `7d` ago, or a moment as `2026-02-28T23:59:59Z`.
    since: Option<String>,
    /// Until when, in the same form.
    until: Option<String>,
    /// Calls of one page, 50 unless it is said, 500 at most.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
    /// Whether the sums over all calls that pass are wanted too.
    totals: Option<bool>,
    /// Of a series: the length of an interval, such as `5m`.
    step: Option<String>,
    /// Of a series: `model`, `service` or `provider`.
    by: Option<String>,
}

/// One page of calls, newest first.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Page {
    pub calls: Vec<Call>,
    /// What to give as `after` for the next page; `null` at the end.
    pub next: Option<String>,
    /// Sums over all calls that pass the filter, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totals: Option<Totals>,
}

/// A call, and where else it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct Opened {
    #[serde(flatten)]
    pub detail: Detail,
    pub links: Links,
}

/// Where else a call is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct Links {
    /// The trace in Grafana or Tempo, by `manage.trace_url`.
    pub trace: Option<String>,
}

/// The latest calls, newest first, page by page.
#[utoipa::path(get, path = "/v1/calls", tag = "calls", params(Wanted),
    responses((status = 200, body = Page), (status = 400, body = Problem)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Page>, Problem> {
    let filter = wanted.filter(SystemTime::now())?;
    let limit = wanted.limit.unwrap_or(CALLS);
    if limit == 0 || limit > MOST_CALLS {
        return Err(Problem::bad(format!("limit: expected a number from 1 to {MOST_CALLS}")));
    }
    let after = match &wanted.after {
        None => None,
        Some(text) => {
            let position = text.parse::<Position>();
            Some(position.map_err(|()| Problem::bad("after: expected `next` of the page before"))?)
        }
    };
    app.blocking(move |app| {
        let Some(calls) = app.calls()? else { return Ok(Page::default()) };
        let mut found = calls.list(&filter, after.as_ref(), limit + 1).map_err(unreadable)?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|last| Position::of(last).to_string());
        let totals = wanted.totals.unwrap_or(false).then(|| calls.totals(&filter)).transpose();
        Ok(Page { calls: found, next, totals: totals.map_err(unreadable)? })
    })
    .await
    .map(Json)
}

/// One call with its messages as they left, findings, tokens, cost and timing.
#[utoipa::path(get, path = "/v1/calls/{span_id}", tag = "calls",
    params(("span_id" = String, Path, description = "Hex."), ("trace_id" = Option<String>, Query, description = "Hex; quicker, and needed where several traces have such a span.")),
    responses((status = 200, body = Opened), (status = 404, body = Problem)))]
pub async fn open(
    State(app): State<Arc<App>>,
    Named(span_id): Named,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Opened>, Problem> {
    app.blocking(move |app| {
        let detail = match app.calls()? {
            Some(calls) => calls.detail(&span_id, wanted.trace_id.as_deref()).map_err(unreadable)?,
            None => None,
        };
        let detail =
            detail.ok_or_else(|| Problem::missing("no such call, or it is older than the store keeps"))?;
        let url = &app.config.trace_url;
        let trace = (!url.is_empty()).then(|| url.replace("{trace_id}", &detail.call.trace_id));
        Ok(Json(Opened { detail, links: Links { trace } }))
    })
    .await
}

/// The models, services, providers and kinds that calls can be picked by.
#[utoipa::path(get, path = "/v1/calls/facets", tag = "calls", params(Wanted),
    responses((status = 200, body = Facets), (status = 400, body = Problem)))]
pub async fn facets(
    State(app): State<Arc<App>>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Facets>, Problem> {
    let filter = wanted.filter(SystemTime::now())?;
    let count = move |calls: Calls| calls.facets(&filter);
    app.blocking(|app| app.calls()?.map_or_else(|| Ok(Facets::default()), count).map_err(unreadable))
        .await
        .map(Json)
}

/// Calls, tokens, cost, findings and latency interval by interval: of the last 24 hours unless it is said.
#[utoipa::path(get, path = "/v1/series", tag = "calls", params(Wanted),
    responses((status = 200, body = Series), (status = 400, body = Problem)))]
pub async fn series(
    State(app): State<Arc<App>>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Series>, Problem> {
    let now = SystemTime::now();
    let filter = wanted.filter(now)?;
    let range = wanted.range(&filter, now)?;
    let by = wanted.by()?;
    app.blocking(move |app| {
        // Without a store there is nothing, which looks the same.
        match app.calls()? {
            Some(calls) => calls.series(&filter, range, by).map_err(unreadable),
            None => Ok(Series::empty(range)),
        }
    })
    .await
    .map(Json)
}

/// A text, and how many calls to find.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Like {
    text: String,
    /// 10 unless it is said, 100 at most.
    #[serde(default)]
    limit: Option<usize>,
}

/// Calls whose prompts mean about the same, the nearest first.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Alike {
    pub calls: Vec<Similar>,
}

/// Calls whose prompts mean about the same as a text. Only sampled calls without personal data have a vector.
#[utoipa::path(post, path = "/v1/calls/similar", tag = "calls", params(Wanted), request_body = Like,
    responses((status = 200, body = Alike), (status = 503, body = Problem)))]
pub async fn similar(
    State(app): State<Arc<App>>,
    Params(wanted): Params<Wanted>,
    Given(Like { text, limit }): Given<Like>,
) -> Result<Json<Alike>, Problem> {
    let filter = wanted.filter(SystemTime::now())?;
    let limit = limit.unwrap_or(10).min(100);
    let embedder = app.parts.agent.embedder();
    let embedder =
        embedder.ok_or_else(|| Problem::later("no vectors are made: see enrich.embed for a model"))?;
    let vector = embedder.one(&text).await;
    let vector = vector.ok_or_else(|| Problem::later("no vector could be made in time"))?;
    app.blocking(move |app| {
        let Some(calls) = app.calls()? else { return Ok(Alike::default()) };
        let found = calls.similar(&vector, embedder.model(), &filter, limit);
        Ok(Alike { calls: found.map_err(unreadable)? })
    })
    .await
    .map(Json)
}

fn unreadable(error: StoreError) -> Problem {
    Problem::fault(error.to_string())
}

impl Wanted {
    fn filter(&self, now: SystemTime) -> Result<Filter, Problem> {
        let latency = |name, ms: Option<f64>| {
            let duration = ms.map(|ms| Duration::try_from_secs_f64(ms / 1e3)).transpose();
            duration.map_err(|_| Problem::bad(format!("{name}: expected milliseconds")))
        };
        Ok(Filter {
            model: self.model.clone(),
            service: self.service.clone(),
            provider: self.provider.clone(),
            kind: self.kind.clone(),
            conversation_id: self.conversation_id.clone(),
            trace_id: self.trace_id.clone(),
            flags: self.flags()?,
            min_cost_usd: self.min_cost_usd,
            max_cost_usd: self.max_cost_usd,
            min_latency: latency("min_latency_ms", self.min_latency_ms)?,
            max_latency: latency("max_latency_ms", self.max_latency_ms)?,
            since: moment("since", self.since.as_deref(), now)?,
            until: moment("until", self.until.as_deref(), now)?,
        })
    }

    fn flags(&self) -> Result<Vec<Flag>, Problem> {
        let names = self.flag.iter().flat_map(|names| names.split(',')).filter(|name| !name.is_empty());
        let flag = |name: &str| {
            let found = Flag::ALL.into_iter().find(|flag| flag.name() == name);
            found.ok_or_else(|| Problem::bad("flag: expected any of pii, injection, error and sampled"))
        };
        names.map(flag).collect()
    }

    fn by(&self) -> Result<By, Problem> {
        match self.by.as_deref() {
            None | Some("") => Ok(By::Nothing),
            Some("model") => Ok(By::Model),
            Some("service") => Ok(By::Service),
            Some("provider") => Ok(By::Provider),
            Some(_) => Err(Problem::bad("by: expected model, service or provider")),
        }
    }

    fn range(&self, filter: &Filter, now: SystemTime) -> Result<Range, Problem> {
        let to = filter.until.unwrap_or(now);
        let from = filter.since.or_else(|| to.checked_sub(DAY)).unwrap_or(SystemTime::UNIX_EPOCH);
        let whole = to.duration_since(from).ok().filter(|whole| !whole.is_zero());
        let whole = whole.ok_or_else(|| Problem::bad("since: must be before until"))?;
        let step = match self.step.as_deref().map(parse_duration) {
            None => whole / INTERVALS,
            Some(Some(step)) => step,
            Some(None) => return Err(Problem::bad("step: expected a duration like 30s, 5m or 1h")),
        };
        if step.is_zero() || whole.as_nanos().div_ceil(step.as_nanos()) > MOST_INTERVALS as u128 {
            let detail = format!("step: must be longer, that there are at most {MOST_INTERVALS} intervals");
            return Err(Problem::bad(detail));
        }
        Ok(Range { from, to, step })
    }
}

/// `15m` ago, or a moment.
fn moment(name: &str, text: Option<&str>, now: SystemTime) -> Result<Option<SystemTime>, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let ago = || now.checked_sub(parse_duration(text)?);
    let found = parse_utc(text).or_else(ago);
    let expected = "expected a duration like 15m, 24h or 7d, or a moment like 2026-02-28T23:59:59Z";
    found.map(Some).ok_or_else(|| Problem::bad(format!("{name}: {expected}")))
}
