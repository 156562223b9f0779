//! What the API looks at and works on, and the bounds within which it does.

use super::audit;
use super::config::Config;
use super::problem::Problem;
use super::rules::Saved;
use super::settings::Settings;
use crate::embed::Embedder;
use crate::enrich;
use crate::export::Standing;
use crate::export::local::Calls;
use crate::net::budget::{Budget, Hold};
use crate::queue::{self, Chosen, Count, DeadError, DeadLetters, Queue};
use crate::receive::{self, Intake, Live, LlmMetrics};
use crate::telemetry::Health;
use futures_util::future::BoxFuture;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Bodies of all requests together, in bytes.
pub const IN_FLIGHT: usize = 64 << 20;

/// Streams of events that are open at once.
const MOST_STREAMS: usize = 16;

/// The parts of the agent that the API shows and steers.
pub struct Parts {
    pub agent: Box<dyn Steer>,
    pub listening: Vec<Listening>,
    pub health: Health,
    pub received: receive::Metrics,
    /// The way in for single spans, with bounds of its own.
    pub intake: Intake,
    pub calls: LlmMetrics,
    pub enricher: Live,
    pub queue: Queue,
    pub queue_config: queue::Config,
    pub dead: Arc<DeadLetters>,
    /// Where saved rules and the audit log lie.
    pub data_dir: PathBuf,
}

/// The running agent, which is above this room, as the API looks at it and steers it.
pub trait Steer: Send + Sync {
    /// The settings in force.
    fn settings(&self) -> Settings;

    /// The file of calls, if an exporter keeps one.
    fn calls(&self) -> Option<PathBuf>;

    /// What the configuration says of enriching, before saved rules. Blocks.
    fn configured(&self) -> enrich::Config;

    /// Enriches by the configuration and by what is saved now, from the next batch on. Blocks; says why not.
    fn refresh(&self) -> Result<(), String>;

    /// What makes vectors, if anything does.
    fn embedder(&self) -> Option<Embedder>;

    /// How each exporter fares, by its id.
    fn standings(&self) -> Vec<(String, Standing)>;

    /// Gives the chosen dead letters to their exporters once more; how much that is.
    fn replay(&self, chosen: Chosen) -> BoxFuture<'_, Result<Count, DeadError>>;

    /// Removes the chosen dead letters for good; how much that is.
    fn discard(&self, chosen: Chosen) -> BoxFuture<'_, Result<Count, DeadError>>;
}

/// A door of the agent.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Listening {
    /// `grpc`, `http`, `manage`, `metrics` or `health`.
    pub what: &'static str,
    /// Host and port.
    pub at: String,
}

/// What every request is answered from.
pub struct App {
    pub parts: Parts,
    pub config: Config,
    pub started: SystemTime,
    pub stop: CancellationToken,
    budget: Budget,
    streams: Arc<Semaphore>,
    changing: Mutex<()>,
}

impl App {
    pub fn new(parts: Parts, config: Config, stop: CancellationToken) -> App {
        App {
            parts,
            config,
            started: SystemTime::now(),
            stop,
            budget: Budget::new(IN_FLIGHT),
            streams: Arc::new(Semaphore::new(MOST_STREAMS)),
            changing: Mutex::default(),
        }
    }

    /// Most bytes of one body.
    pub fn body_limit(&self) -> usize {
        usize::try_from(self.config.max_request_body_size.0).unwrap_or(usize::MAX)
    }

    /// For the bytes of one request.
    pub fn hold(&self) -> Hold {
        self.budget.hold()
    }

    /// A place for one stream of events, if there is one left.
    pub fn stream(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.streams).try_acquire_owned().ok()
    }

    /// Does `work`, which may block, on one of the API's own threads.
    pub async fn blocking<T: Send + 'static>(
        self: &Arc<App>,
        work: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let app = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&app)).await;
        done.unwrap_or_else(|_| Err(Problem::fault("a fault in Sidelight; the log of panics says more")))
    }

    /// Held by who changes rules: one at a time.
    pub fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rules that were changed at run time.
    pub fn saved(&self) -> Saved {
        Saved::new(&self.parts.data_dir)
    }

    /// Writes down a change.
    pub fn audit(&self, what: &str, detail: &str) {
        audit::note(&self.parts.data_dir, what, detail);
    }

    /// The store of calls; `None` before its first call.
    pub fn calls(&self) -> Result<Option<Calls>, Problem> {
        let path = self.parts.agent.calls();
        let path =
            path.ok_or_else(|| Problem::missing("no exporter `local` is configured: no calls are kept"))?;
        Calls::open(&path).map_err(|error| Problem::fault(error.to_string()))
    }
}
