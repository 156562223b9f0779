//! `GET /v1/status`: whether it works, what is in the way, and what to do about it.

use super::answer::Json;
use super::app::{App, Listening};
use super::problem::Problem;
use crate::export::{State as LaneState, Trouble};
use crate::otlp::Signal;
use crate::queue::{Amount, Ledger, Refusal};
use crate::receive;
use crate::units::utc_text;
use axum::extract::State;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// How things stand at one moment.
#[derive(Debug, Serialize, ToSchema)]
pub struct Status {
    pub version: &'static str,
    /// `starting`, `ready`, `draining` or `failing`, as the health page says.
    pub health: String,
    /// When the agent started, in UTC.
    pub started: String,
    pub uptime_seconds: u64,
    pub listening: Vec<Listening>,
    /// What is in the way now, the worst first; empty when all is well.
    pub troubles: Vec<Told>,
    /// What came in since the start, by signal and transport.
    pub received: Vec<Received>,
    pub exporters: Vec<Exporter>,
    pub queue: Queue,
    pub dead: Dead,
}

/// Something that an operator should know, and what helps.
#[derive(Debug, Serialize, ToSchema)]
pub struct Told {
    /// `error`: somebody has to act. `warning`: it may pass by itself.
    pub level: &'static str,
    /// What it is about: `exporters.otlp`, `queue`.
    pub about: String,
    pub says: String,
    pub remedy: String,
}

/// What came through one door.
#[derive(Debug, Serialize, ToSchema)]
pub struct Received {
    pub signal: &'static str,
    /// `grpc`, `http` or `rest`.
    pub transport: &'static str,
    /// Spans, log records or data points.
    pub accepted: u64,
    /// By reason.
    pub refused: BTreeMap<&'static str, u64>,
}

/// How one exporter fares.
#[derive(Debug, Serialize, ToSchema)]
pub struct Exporter {
    pub id: String,
    /// `delivering`, `retrying` or `held`: the peer turns us away until somebody mends it.
    pub state: &'static str,
    /// Since when it is not delivering.
    pub since: Option<String>,
    /// The last failure, over or not.
    pub last_error: Option<LastError>,
    /// Age of the oldest record that waits for it.
    pub oldest_seconds: Option<f64>,
    /// By signal: accepted + recovered + replayed = sent + dropped + dead + waiting.
    pub ledger: BTreeMap<&'static str, Line>,
}

/// A failure, scrubbed of content.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastError {
    pub at: String,
    pub said: String,
}

/// What became of the items of one signal since the start.
#[derive(Debug, Serialize, ToSchema)]
pub struct Line {
    pub accepted: u64,
    pub recovered: u64,
    pub replayed: u64,
    pub sent: u64,
    /// By reason.
    pub dropped: BTreeMap<&'static str, u64>,
    /// By reason.
    pub dead: BTreeMap<&'static str, u64>,
    pub waiting: u64,
}

/// What waits, of the exporter that has most to deliver.
#[derive(Debug, Serialize, ToSchema)]
pub struct Queue {
    pub bytes: u64,
    pub max_bytes: u64,
    pub waiting_items: u64,
    pub waiting_bytes: u64,
    pub oldest_seconds: Option<f64>,
}

/// The dead letters.
#[derive(Debug, Serialize, ToSchema)]
pub struct Dead {
    pub letters: u64,
    pub items: u64,
    pub bytes: u64,
}

/// How things stand.
#[utoipa::path(get, path = "/v1/status", tag = "agent", responses((status = 200, body = Status)))]
pub async fn get(app: State<Arc<App>>) -> Result<Json<Status>, Problem> {
    app.blocking(now).await.map(Json)
}

/// How things stand now. Reads the dead letters' file.
pub fn now(app: &App) -> Result<Status, Problem> {
    let parts = &app.parts;
    let ledgers = parts.queue.ledgers();
    let standings = parts.agent.standings();
    let state = |name: &str| {
        let found = standings.iter().find(|(known, _)| known == name);
        found.map(|(_, standing)| standing.state()).unwrap_or_default()
    };
    let exporters = ledgers.iter().map(|(name, ledger)| Exporter::new(name, ledger, &state(name)));
    let count = parts.dead.count(None).map_err(|error| Problem::fault(error.to_string()))?;
    let mut status = Status {
        version: env!("CARGO_PKG_VERSION"),
        health: parts.health.status().to_string(),
        started: utc_text(app.started),
        uptime_seconds: app.started.elapsed().unwrap_or_default().as_secs(),
        listening: parts.listening.clone(),
        troubles: Vec::new(),
        received: parts.received.totals().into_iter().map(Received::from).collect(),
        exporters: exporters.collect(),
        queue: Queue::new(&ledgers, parts.queue.bytes(), parts.queue_config.max_size.0),
        dead: Dead { letters: count.letters, items: count.items, bytes: count.bytes },
    };
    status.troubles = status.trouble(parts.queue.refusal());
    Ok(status)
}

impl From<receive::Totals> for Received {
    fn from(totals: receive::Totals) -> Received {
        Received {
            signal: totals.door.signal.name(),
            transport: totals.door.via.name(),
            accepted: totals.accepted,
            refused: totals.refused.into_iter().collect(),
        }
    }
}

impl Exporter {
    fn new(name: &str, ledger: &Ledger, state: &LaneState) -> Exporter {
        let line = |signal: Signal| {
            let line = ledger.line(signal as u8);
            let line = Line {
                accepted: line.accepted,
                recovered: line.recovered,
                replayed: line.replayed,
                sent: line.sent,
                dropped: line.dropped.clone(),
                dead: line.dead.clone(),
                waiting: line.waiting.items,
            };
            (signal.name(), line)
        };
        let last_error = state
            .last_error
            .as_ref()
            .map(|last| LastError { at: utc_text(last.at), said: last.said.clone() });
        Exporter {
            id: name.to_string(),
            state: match state.trouble {
                None => "delivering",
                Some(Trouble { held: false, .. }) => "retrying",
                Some(Trouble { held: true, .. }) => "held",
            },
            since: state.trouble.map(|trouble| utc_text(trouble.since)),
            last_error,
            oldest_seconds: ledger.oldest.map(|age| age.as_secs_f64()),
            ledger: Signal::ALL.into_iter().map(line).collect(),
        }
    }
}

impl Queue {
    fn new(ledgers: &[(Arc<str>, Ledger)], bytes: u64, max_bytes: u64) -> Queue {
        let waiting: Vec<Amount> = ledgers.iter().map(|(_, ledger)| ledger.waiting()).collect();
        let most = |of: fn(&Amount) -> u64| waiting.iter().map(of).max().unwrap_or(0);
        let oldest = ledgers.iter().filter_map(|(_, ledger)| ledger.oldest).max();
        Queue {
            bytes,
            max_bytes,
            waiting_items: most(|amount| amount.items),
            waiting_bytes: most(|amount| amount.bytes),
            oldest_seconds: oldest.map(|age| age.as_secs_f64()),
        }
    }

    /// Past it somebody should know: what does not fit is refused or dropped.
    fn is_nearly_full(&self) -> bool {
        self.waiting_bytes > self.max_bytes / 10 * 8
    }
}

impl Status {
    /// What is in the way, the worst first.
    fn trouble(&self, refusal: Option<Refusal>) -> Vec<Told> {
        let told = |level, about: &str, says: String, remedy: String| Told {
            level,
            about: about.to_string(),
            says,
            remedy,
        };
        let mut all = Vec::new();
        all.extend(refusal.as_ref().map(refused));
        for Exporter { id, state, last_error, .. } in &self.exporters {
            let said = last_error.as_ref().map_or("", |last| last.said.as_str());
            let about = format!("exporters.{id}");
            match *state {
                "held" => all.push(told(
                    "error",
                    &about,
                    format!("the peer turns us away: {said}"),
                    format!("mend what it names (credentials, permissions, a missing topic) in {about}; it is tried again every minute and nothing is lost meanwhile"),
                )),
                "retrying" => all.push(told(
                    "warning",
                    &about,
                    format!("the peer cannot be reached or asks to wait: {said}"),
                    format!("see that {about}.endpoint is right and up; batches wait on disk and are sent when it is back"),
                )),
                _ => {}
            }
        }
        if self.queue.is_nearly_full() && refusal.is_none() {
            all.push(told(
                "error",
                "queue",
                "the queue is more than 80 % full".to_string(),
                "bring the slowest exporter back, or raise queue.max_size; when it is full, senders are told to come back".to_string(),
            ));
        }
        if self.dead.letters > 0 {
            let Dead { letters, items, .. } = self.dead;
            all.push(told(
                "warning",
                "dead letters",
                format!("{letters} batches with {items} items were refused for good"),
                "see what the peer said in the dead letters, mend it, then replay or drop them".to_string(),
            ));
        }
        all.sort_by_key(|told| told.level != "error");
        all
    }
}

/// That senders are told to come back, and what makes room.
fn refused(refusal: &Refusal) -> Told {
    let (about, says, remedy) = match refusal {
        Refusal::Lane(name) => (
            format!("exporters.{name}"),
            "senders are told to come back: what waits for this exporter has come to its queue.max_size",
            format!(
                "bring its peer back, raise exporters.{name}.queue.max_size (or queue.max_size where it has none), or let it drop the oldest (when_full)"
            ),
        ),
        Refusal::Queue => (
            "queue".to_string(),
            "senders are told to come back: the queue has come to queue.max_size",
            "bring the slowest exporter back, or raise queue.max_size".to_string(),
        ),
        Refusal::Disk => (
            "queue.directory".to_string(),
            "senders are told to come back: the disk was full when the last records came",
            "make room on the file system of the data directory; nothing that was accepted is lost"
                .to_string(),
        ),
    };
    Told { level: "error", about, says: says.to_string(), remedy }
}
