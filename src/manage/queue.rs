//! `GET /v1/queue…`: what waits on disk, and the dead letters.

use super::answer::{Given, Json, Named, Params};
use super::app::App;
use super::dry_run::raw;
use super::problem::Problem;
use crate::otlp::{Batch, Signal, json};
use crate::queue::inspect::{self, SegmentState};
use crate::queue::{Amount, Chosen, Count, DeadError, Durability, Letter, Summary};
use crate::units::utc_text;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;
use utoipa::ToSchema;

/// Dead letters of one page at most.
const MOST_LETTERS: usize = 500;

/// The log on disk and who has how much of it still to deliver.
#[derive(Debug, Serialize, ToSchema)]
pub struct Waiting {
    /// Bytes on disk, pre-written and recycled segments included.
    pub bytes: u64,
    pub max_bytes: u64,
    /// `fsync`, `os` or `memory`.
    pub durability: String,
    pub lanes: Vec<LaneWaiting>,
    pub segments: Vec<Segment>,
}

/// What waits for one exporter.
#[derive(Debug, Serialize, ToSchema)]
pub struct LaneWaiting {
    pub exporter: String,
    pub records: u64,
    pub items: u64,
    pub bytes: u64,
    pub oldest_seconds: Option<f64>,
}

/// A file of the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct Segment {
    pub file: String,
    /// `open`, `finished`, `free` or `bad`.
    pub state: &'static str,
    pub bytes: u64,
    pub records: u64,
    pub items: u64,
}

/// What waits to be delivered.
#[utoipa::path(get, path = "/v1/queue", tag = "queue", responses((status = 200, body = Waiting)))]
pub async fn get(State(app): State<Arc<App>>) -> Result<Json<Waiting>, Problem> {
    app.blocking(|app| {
        let config = &app.parts.queue_config;
        let segments = match config.durability {
            Durability::Memory => Vec::new(),
            Durability::Fsync | Durability::Os => inspect::segments(&config.directory)
                .map_err(|error| Problem::fault(format!("the queue's directory cannot be read: {error}")))?,
        };
        let lanes = app.parts.queue.ledgers().into_iter().map(|(name, ledger)| {
            let Amount { records, items, bytes } = ledger.waiting();
            let oldest_seconds = ledger.oldest.map(|age| age.as_secs_f64());
            LaneWaiting { exporter: name.to_string(), records, items, bytes, oldest_seconds }
        });
        Ok(Json(Waiting {
            bytes: app.parts.queue.bytes(),
            max_bytes: config.max_size.0,
            durability: config.durability.to_string(),
            lanes: lanes.collect(),
            segments: segments.into_iter().map(Segment::from).collect(),
        }))
    })
    .await
}

impl From<inspect::SegmentInfo> for Segment {
    fn from(info: inspect::SegmentInfo) -> Segment {
        let state = match info.state {
            SegmentState::Open => "open",
            SegmentState::Finished => "finished",
            SegmentState::Free => "free",
            SegmentState::Bad => "bad",
        };
        let amount = info.content.map(|content| content.amount).unwrap_or_default();
        Segment { file: info.file, state, bytes: info.size, records: amount.records, items: amount.items }
    }
}

/// Which dead letters.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Those of one exporter alone.
    exporter: Option<String>,
    /// `next` of the page before.
    after: Option<i64>,
    /// Letters of one page, 50 unless it is said, 500 at most.
    limit: Option<usize>,
}

/// One page of dead letters, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Letters {
    pub letters: Vec<Listed>,
    /// What to give as `after` for the next page; `null` at the end.
    pub next: Option<i64>,
    /// Of all letters, or of all of that exporter.
    pub total: Total,
}

/// How much there is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Total {
    pub letters: u64,
    pub items: u64,
    pub bytes: u64,
}

/// A dead letter without what is in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Listed {
    pub id: i64,
    pub exporter: String,
    /// `traces`, `logs` or `metrics`.
    pub signal: &'static str,
    pub items: u64,
    pub bytes: u64,
    pub reason: String,
    /// What the peer said, scrubbed and short.
    pub message: String,
    pub enqueued: String,
    pub died: String,
}

/// A dead letter with what is in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenedLetter {
    #[serde(flatten)]
    pub letter: Listed,
    /// The batch as OTLP/JSON, as it was to be sent.
    #[schema(value_type = Object)]
    pub batch: Box<RawValue>,
}

/// What no peer will ever take.
#[utoipa::path(get, path = "/v1/queue/dead", tag = "queue", params(Wanted),
    responses((status = 200, body = Letters), (status = 400, body = Problem)))]
pub async fn letters(
    State(app): State<Arc<App>>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Letters>, Problem> {
    let limit = wanted.limit.unwrap_or(50);
    if limit == 0 || limit > MOST_LETTERS {
        return Err(Problem::bad(format!("limit: expected a number from 1 to {MOST_LETTERS}")));
    }
    app.blocking(move |app| {
        let (exporter, after) = (wanted.exporter.as_deref(), wanted.after.unwrap_or(0));
        let mut found = app.parts.dead.list(exporter, after, limit + 1).map_err(failed)?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|last| last.id);
        let count = app.parts.dead.count(exporter).map_err(failed)?;
        let total = Total::from(count);
        Ok(Json(Letters { letters: found.into_iter().map(Listed::from).collect(), next, total }))
    })
    .await
}

/// One dead letter, opened.
#[utoipa::path(get, path = "/v1/queue/dead/{id}", tag = "queue", params(("id" = i64, Path)),
    responses((status = 200, body = OpenedLetter), (status = 404, body = Problem)))]
pub async fn letter(State(app): State<Arc<App>>, Named(id): Named) -> Result<Json<OpenedLetter>, Problem> {
    let id = number(&id)?;
    app.blocking(move |app| {
        let Letter { exporter, kind, items, reason, message, payload, enqueued, died, .. } =
            app.parts.dead.get(id).map_err(failed)?.ok_or_else(no_such_letter)?;
        let signal = signal(kind).ok_or_else(|| Problem::fault("a letter of an unknown kind"))?;
        let batch = Batch::trusted(signal, payload, u32::try_from(items).unwrap_or(u32::MAX));
        let bytes = batch.otlp().len() as u64;
        let (enqueued, died) = (utc_text(enqueued), utc_text(died));
        let signal = signal.name();
        let letter = Listed { id, exporter, signal, items, bytes, reason, message, enqueued, died };
        Ok(Json(OpenedLetter { letter, batch: raw(json::write(&batch))? }))
    })
    .await
}

/// Which dead letters: those that fit all that is given; all of them where nothing is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Which {
    pub ids: Vec<i64>,
    pub exporter: Option<String>,
    pub reason: Option<String>,
}

/// Sends dead letters once more. It goes on after the answer, which says how much it is; what is refused again is a
/// dead letter anew.
#[utoipa::path(post, path = "/v1/queue/dead/replay", tag = "queue", request_body = Which,
    responses((status = 202, body = Total), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn replay(
    State(app): State<Arc<App>>,
    Given(which): Given<Which>,
) -> Result<(StatusCode, Json<Total>), Problem> {
    let known = |exporter: &String| app.parts.agent.standings().iter().any(|(id, _)| id == exporter);
    if which.exporter.as_ref().is_some_and(|exporter| !known(exporter)) {
        return Err(Problem::missing("no such exporter is configured"));
    }
    let count = app.parts.agent.replay(which.into()).await.map_err(failed)?;
    noted(&app, "dead.replay", &count).await?;
    Ok((StatusCode::ACCEPTED, Json(count.into())))
}

/// Gives dead letters up for good; how much that was.
#[utoipa::path(post, path = "/v1/queue/dead/drop", tag = "queue", request_body = Which,
    responses((status = 200, body = Total), (status = 400, body = Problem)))]
pub async fn discard(
    State(app): State<Arc<App>>,
    Given(which): Given<Which>,
) -> Result<Json<Total>, Problem> {
    let count = app.parts.agent.discard(which.into()).await.map_err(failed)?;
    noted(&app, "dead.drop", &count).await?;
    Ok(Json(count.into()))
}

async fn noted(app: &Arc<App>, what: &'static str, count: &Count) -> Result<(), Problem> {
    let detail = format!("{} letters with {} items", count.letters, count.items);
    app.blocking(move |app| {
        app.audit(what, &detail);
        Ok(())
    })
    .await
}

impl From<Which> for Chosen {
    fn from(Which { ids, exporter, reason }: Which) -> Chosen {
        Chosen { ids, exporter, reason }
    }
}

impl From<Count> for Total {
    fn from(Count { letters, items, bytes, .. }: Count) -> Total {
        Total { letters, items, bytes }
    }
}

impl From<Summary> for Listed {
    fn from(summary: Summary) -> Listed {
        Listed {
            id: summary.id,
            exporter: summary.exporter,
            signal: signal(summary.kind).map_or("unknown", Signal::name),
            items: summary.items,
            bytes: summary.bytes,
            reason: summary.reason,
            message: summary.message,
            enqueued: utc_text(summary.enqueued),
            died: utc_text(summary.died),
        }
    }
}

fn number(id: &str) -> Result<i64, Problem> {
    id.parse().map_err(|_| no_such_letter())
}

fn no_such_letter() -> Problem {
    Problem::missing("no such dead letter")
}

fn failed(error: DeadError) -> Problem {
    Problem::fault(error.to_string())
}

fn signal(kind: u8) -> Option<Signal> {
    Signal::ALL.into_iter().find(|signal| *signal as u8 == kind)
}
