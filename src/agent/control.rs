//! What can be done with an agent while it runs.

use super::lanes::Lanes;
use super::{StartError, blocking};
use crate::config::{Config, Loaded};
use crate::embed::Embedder;
use crate::enrich::{self, Enricher, Files};
use crate::export::Standing;
use crate::manage::{self, Saved, Steer};
use crate::queue::{Chosen, Count, DeadError, DeadLetters, Queue};
use crate::receive::Live;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::Mutex;
use tracing::{info, warn};

/// The handle by which signals and the management API reach a running agent. Cloning shares it.
#[derive(Clone)]
pub struct Control(Arc<Parts>);

struct Parts {
    lanes: Arc<Lanes>,
    enricher: Live,
    saved: Saved,
    queue: Queue,
    dead: Arc<DeadLetters>,
    /// In force. Held throughout a reload: one at a time.
    config: Mutex<Config>,
    /// The same, for people.
    shown: RwLock<Shown>,
}

struct Shown {
    settings: manage::Settings,
    /// The file of the first exporter that keeps calls.
    calls: Option<PathBuf>,
}

impl Control {
    pub(super) fn new(
        lanes: Arc<Lanes>,
        enricher: Live,
        queue: Queue,
        dead: Arc<DeadLetters>,
        loaded: &Loaded,
    ) -> Control {
        let (config, shown) = (Mutex::new(loaded.config.clone()), RwLock::new(Shown::new(loaded)));
        let saved = Saved::new(&loaded.config.data_dir);
        Control(Arc::new(Parts { lanes, enricher, saved, queue, dead, config, shown }))
    }

    /// Puts `enrich` and `exporters` of `config` in force: nothing is lost or sent twice by it. Gives the other
    /// sections that differ from what runs; they take a restart.
    ///
    /// Errors leave the old configuration running.
    pub async fn reload(&self, loaded: &Loaded) -> Result<Vec<&'static str>, StartError> {
        let config = &loaded.config;
        let mut current = self.0.config.lock().await;
        let enrich = self.0.saved.over(&config.enrich);
        let enricher = Enricher::build(&enrich, Files::load(&enrich)?);
        self.0.lanes.exchange(config).await?;
        self.0.lanes.mask_by(&enricher);
        self.0.enricher.set(enricher);
        let waiting = fixed(&current, config);
        (current.enrich, current.exporters) = (config.enrich.clone(), config.exporters.clone());
        *self.0.shown.write().unwrap_or_else(PoisonError::into_inner) = Shown::new(loaded);
        info!(exporters = config.exporters.0.len(), "the configuration was loaded anew");
        for section in &waiting {
            warn!(section, "this section has changed and takes a restart to be in force");
        }
        Ok(waiting)
    }

    /// The configuration in force.
    pub async fn config(&self) -> Config {
        self.0.config.lock().await.clone()
    }

    /// The queue, to be looked at.
    pub fn queue(&self) -> &Queue {
        &self.0.queue
    }

    /// The dead letters; their calls block.
    pub fn dead(&self) -> &Arc<DeadLetters> {
        &self.0.dead
    }

    /// Gives the chosen dead letters of configured exporters to them once more; how much that is, without what is
    /// on its way already. It goes on after this returns, and after a restart.
    pub async fn replay(&self, chosen: Chosen) -> Result<Count, DeadError> {
        self.0.lanes.replay(chosen).await
    }

    /// Removes the chosen dead letters for good.
    pub async fn discard(&self, chosen: Chosen) -> Result<Count, DeadError> {
        blocking(&self.0.dead, move |dead| dead.discard(&chosen)).await
    }
}

impl Shown {
    fn new(loaded: &Loaded) -> Shown {
        let Config { exporters, data_dir, .. } = &loaded.config;
        let calls = exporters.0.iter().find_map(|(_, settings)| settings.calls(data_dir));
        Shown { settings: loaded.settings(), calls }
    }
}

impl Steer for Control {
    fn settings(&self) -> manage::Settings {
        self.0.shown().settings.clone()
    }

    fn calls(&self) -> Option<PathBuf> {
        self.0.shown().calls.clone()
    }

    fn configured(&self) -> enrich::Config {
        self.0.config.blocking_lock().enrich.clone()
    }

    fn refresh(&self) -> Result<(), String> {
        let current = self.0.config.blocking_lock();
        let enrich = self.0.saved.over(&current.enrich);
        let files = Files::load(&enrich).map_err(|error| error.told())?;
        let enricher = Enricher::build(&enrich, files);
        self.0.lanes.mask_by(&enricher);
        self.0.enricher.set(enricher);
        Ok(())
    }

    fn embedder(&self) -> Option<Embedder> {
        self.0.lanes.embedder()
    }

    fn standings(&self) -> Vec<(String, Standing)> {
        self.0.lanes.standings()
    }

    fn replay(&self, chosen: Chosen) -> BoxFuture<'_, Result<Count, DeadError>> {
        Control::replay(self, chosen).boxed()
    }

    fn discard(&self, chosen: Chosen) -> BoxFuture<'_, Result<Count, DeadError>> {
        Control::discard(self, chosen).boxed()
    }
}

impl Parts {
    fn shown(&self) -> RwLockReadGuard<'_, Shown> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sections that differ and cannot be exchanged while the agent runs.
fn fixed(current: &Config, new: &Config) -> Vec<&'static str> {
    // Secrets look alike here, and so do files whose content has changed.
    fn differs(one: &impl serde::Serialize, other: &impl serde::Serialize) -> bool {
        serde_json::to_string(one).ok() != serde_json::to_string(other).ok()
    }
    let sections = [
        ("data_dir", current.data_dir != new.data_dir),
        ("receivers", differs(&current.receivers, &new.receivers)),
        ("queue", differs(&current.queue, &new.queue)),
        ("manage", differs(&current.manage, &new.manage)),
        ("telemetry", differs(&current.telemetry, &new.telemetry)),
    ];
    sections.into_iter().filter(|(_, differs)| *differs).map(|(section, _)| section).collect()
}
