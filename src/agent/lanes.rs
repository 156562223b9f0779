//! The lanes of a running agent: started, exchanged for others, drained.

use super::embedding::Embedding;
use super::{DELIVER, StartError};
use crate::config::Config;
use crate::embed::Embedder;
use crate::enrich::Enricher;
use crate::export::{self, Exporter, Exporters, Lane, Ledgers, Settings, Standing, Stop, Words, lane};
use crate::queue::{self, Chosen, Count, DeadError, DeadLetters, LaneSpec, Queue};
use crate::telemetry::Recorder;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinHandle;
use tracing::warn;

/// One task for each exporter, and all that is needed to start another.
pub(super) struct Lanes {
    queue: Queue,
    dead: Arc<DeadLetters>,
    words: Words,
    recorder: Recorder,
    ledgers: Arc<Ledgers>,
    data_dir: PathBuf,
    running: Mutex<Vec<Running>>,
    /// How each that runs fares; never locked for long, as `running` is.
    standings: std::sync::Mutex<Vec<(String, Standing)>>,
    embedding: std::sync::Mutex<Embedding>,
}

struct Running {
    name: String,
    queue: queue::Lane,
    bell: Arc<Notify>,
    stop: Stop,
    task: JoinHandle<()>,
}

/// An exporter that could be built.
pub(super) struct Built {
    name: String,
    exporter: Arc<dyn Exporter>,
    config: lane::Config,
}

impl Built {
    pub fn spec(&self) -> LaneSpec {
        LaneSpec { name: self.name.clone(), overrides: self.config.queue.clone() }
    }
}

/// Builds every exporter, or tells which one cannot be. Called within a runtime.
pub(super) fn build(config: &Config, recorder: &Recorder) -> Result<Vec<Built>, StartError> {
    build_in(&config.exporters, &config.data_dir, recorder)
}

fn build_in(exporters: &Exporters, data_dir: &Path, recorder: &Recorder) -> Result<Vec<Built>, StartError> {
    let build = |(id, settings): &(String, Arc<dyn Settings>)| {
        let built = recorder.scope(|| settings.build(data_dir));
        let exporter = built.map_err(|source| StartError::Exporter { id: id.clone(), source })?;
        Ok(Built { name: id.clone(), exporter, config: settings.lane() })
    };
    exporters.0.iter().map(build).collect()
}

impl Lanes {
    /// Starts a lane for each exporter; `lanes` are in the same order.
    pub fn start(
        built: Vec<Built>,
        lanes: Vec<queue::Lane>,
        queue: Queue,
        dead: Arc<DeadLetters>,
        recorder: &Recorder,
        embedding: Embedding,
        data_dir: &Path,
    ) -> Lanes {
        let ledgers = Arc::new(recorder.scope(|| Ledgers::new(&queue)));
        let mut all = Lanes {
            queue,
            dead,
            words: Words::new(),
            recorder: recorder.clone(),
            ledgers,
            data_dir: data_dir.to_path_buf(),
            running: Mutex::default(),
            standings: std::sync::Mutex::default(),
            embedding: std::sync::Mutex::new(embedding),
        };
        let running = built.into_iter().zip(lanes).map(|(built, lane)| all.run(built, lane)).collect();
        all.running = Mutex::new(running);
        all
    }

    fn run(&self, built: Built, queue: queue::Lane) -> Running {
        let Built { name, exporter, config } = built;
        let metrics = self.recorder.scope(|| export::Metrics::new(&name));
        let lane = Lane::new(queue.clone(), exporter, config, self.dead.clone(), self.words.clone(), metrics);
        let (stop, bell) = (Stop::default(), lane.bell());
        self.stand(&name, Some(lane.standing()));
        let embedder = self.embedding.lock().unwrap_or_else(PoisonError::into_inner).embedder();
        let task = tokio::spawn(lane.with_vectors(embedder).run(stop.clone()));
        Running { name, queue, bell, stop, task }
    }

    /// What makes vectors, if anything does.
    pub fn embedder(&self) -> Option<Embedder> {
        self.embedding.lock().unwrap_or_else(PoisonError::into_inner).embedder()
    }

    /// How each lane fares, by its name.
    pub fn standings(&self) -> Vec<(String, Standing)> {
        self.standings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn stand(&self, name: &str, standing: Option<Standing>) {
        let mut standings = self.standings.lock().unwrap_or_else(PoisonError::into_inner);
        standings.retain(|(known, _)| known != name);
        standings.extend(standing.map(|standing| (name.to_string(), standing)));
    }

    /// Masks what peers say by the settings of `enricher` from now on.
    pub fn mask_by(&self, enricher: &Enricher) {
        self.words.follow(enricher.strict());
    }

    pub fn ledgers(&self) -> Arc<Ledgers> {
        self.ledgers.clone()
    }

    /// Delivers to the exporters of `config`, with the vectors that it asks for, from now on. Every lane finishes what is in hand; the queue goes on with where
    /// each was. Those that are no longer named give up what waits for them.
    ///
    /// Errors leave everything as it was.
    pub async fn exchange(&self, config: &Config) -> Result<(), StartError> {
        let built = build_in(&config.exporters, &self.data_dir, &self.recorder)?;
        let embedding = self.embedding.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let embedding = embedding.exchanged(config, &self.recorder).map_err(StartError::Embed)?;
        let mut running = self.running.lock().await;
        let known = |name: &str| running.iter().any(|lane| lane.name == name);
        let added = self.add(built.iter().filter(|built| !known(&built.name)))?;

        *self.embedding.lock().unwrap_or_else(PoisonError::into_inner) = embedding;
        let old = std::mem::take(&mut *running);
        let mut lanes = end(old).await;
        lanes.extend(added);
        for (name, lane) in lanes.iter().filter(|(name, _)| !built.iter().any(|built| built.name == *name)) {
            let items = lane.ledger().waiting().items;
            self.queue.remove_lane(name);
            self.stand(name, None);
            if items > 0 {
                warn!(
                    exporter = name,
                    items, "an exporter is no longer configured: what waited for it is dropped"
                );
            }
        }
        for built in built {
            let lane = lanes.iter().find(|(name, _)| *name == built.name);
            let (_, lane) = lane.expect("it was there, or it was added");
            self.queue.limit_lane(&built.name, &built.config.queue);
            running.push(self.run(built, lane.clone()));
        }
        self.recorder.scope(|| self.ledgers.meet());
        Ok(())
    }

    fn add<'a>(
        &self,
        new: impl Iterator<Item = &'a Built>,
    ) -> Result<Vec<(String, queue::Lane)>, StartError> {
        let mut added: Vec<(String, queue::Lane)> = Vec::new();
        for built in new {
            match self.queue.add_lane(&built.spec()) {
                Ok(lane) => added.push((built.name.clone(), lane)),
                Err(error) => {
                    added.iter().for_each(|(name, _)| _ = self.queue.remove_lane(name));
                    return Err(StartError::Exporter { id: built.name.clone(), source: error.into() });
                }
            }
        }
        Ok(added)
    }

    /// Gives the chosen dead letters to their exporters again; how much that is. It goes on after this returns.
    pub async fn replay(&self, chosen: Chosen) -> Result<Count, DeadError> {
        let running = self.running.lock().await;
        let names: Vec<String> = running.iter().map(|lane| lane.name.clone()).collect();
        let count = super::blocking(&self.dead, move |dead| {
            dead.mark(&chosen, &names.iter().map(String::as_str).collect::<Vec<_>>())
        })
        .await?;
        running.iter().for_each(|lane| lane.bell.notify_one());
        Ok(count)
    }

    /// Lets every lane deliver what its peer takes at once. The queue is closed.
    pub async fn finish(&self) {
        let mut running = self.running.lock().await;
        running.iter().for_each(|lane| lane.stop.waiting.cancel());
        join(&mut running).await;
    }
}

/// Ends lanes with what they have in hand, and gives what they read from.
async fn end(mut running: Vec<Running>) -> Vec<(String, queue::Lane)> {
    for Running { stop, .. } in &running {
        stop.leasing.cancel();
        stop.waiting.cancel();
    }
    join(&mut running).await;
    running.into_iter().map(|lane| (lane.name, lane.queue)).collect()
}

/// Waits for lanes that were told to end, and makes those end that take too long: what they hold goes back.
async fn join(running: &mut [Running]) {
    let ended = async {
        for lane in running.iter_mut() {
            // A lane that panicked has ended too; the runtime has said so.
            let _ = (&mut lane.task).await;
        }
    };
    if tokio::time::timeout(DELIVER, ended).await.is_err() {
        for lane in running.iter_mut().filter(|lane| !lane.task.is_finished()) {
            lane.task.abort();
            let _ = (&mut lane.task).await;
        }
    }
}
