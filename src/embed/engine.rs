//! The engine that a configuration asks for.

use super::minilm::{self, MiniLm};
use super::{BoxError, Config, Engine, Missed, Mode, worker::Worker};
use futures_util::future::BoxFuture;
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;
use tokio::sync::watch;
use tracing::{error, info};

/// A model of this process. It may still be loading, or may have failed to.
struct InProcess {
    name: String,
    model: watch::Receiver<State>,
}

#[derive(Clone)]
enum State {
    Loading,
    Ready(Arc<MiniLm>),
    Broken,
}

/// The engine for an agent: a model is loaded in the background, and what is wrong with it is logged. `None`:
/// embedding is off, or nobody has put a model there. Called within a runtime.
pub(super) fn start(config: &Config, data_dir: &Path) -> Result<Option<Box<dyn Engine>>, BoxError> {
    match config.mode {
        Mode::Off => Ok(None),
        Mode::Http => Ok(Some(Box::new(Worker::new(&config.url, config.timeout)?))),
        Mode::Model => Ok(loading(config, data_dir)),
    }
}

/// The engine for a command, ready. `None`: embedding is off.
pub fn open(config: &Config, data_dir: &Path) -> Result<Option<Box<dyn Engine>>, BoxError> {
    if config.mode != Mode::Model {
        return start(config, data_dir);
    }
    let expected = config.expected();
    let model = MiniLm::load(&config.model_dir(data_dir), expected)?;
    let (_, model) = watch::channel(State::Ready(Arc::new(model)));
    Ok(Some(Box::new(InProcess { name: expected.name(), model })))
}

fn loading(config: &Config, data_dir: &Path) -> Option<Box<dyn Engine>> {
    let directory = config.model_dir(data_dir);
    if !directory.join(minilm::WEIGHTS).exists() {
        let directory = directory.display();
        info!(%directory, "no model is there, so calls get no embedding; `make model` fetches it");
        return None;
    }
    let (done, model) = watch::channel(State::Loading);
    let name = config.expected().name();
    let config = config.clone();
    tokio::task::spawn_blocking(move || {
        let state = match MiniLm::load(&directory, config.expected()) {
            Ok(model) => State::Ready(Arc::new(model)),
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                error!(error, "the model cannot be used, so calls get no embedding");
                State::Broken
            }
        };
        // Nobody listens any more where the agent has stopped meanwhile.
        let _ = done.send(state);
    });
    Some(Box::new(InProcess { name, model }))
}

impl InProcess {
    async fn ready(&self) -> Result<Arc<MiniLm>, Missed> {
        let mut model = self.model.clone();
        let loaded = model.wait_for(|state| !matches!(state, State::Loading)).await;
        match loaded.as_deref() {
            Ok(State::Ready(model)) => Ok(model.clone()),
            _ => Err(Missed::Model),
        }
    }
}

impl Engine for InProcess {
    fn name(&self) -> &str {
        &self.name
    }

    /// One text a thread is as fast as texts side by side; half of the processor is left to the app.
    fn at_once(&self) -> usize {
        available_parallelism().map_or(1, |threads| (threads.get() / 2).max(1))
    }

    fn vector<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Vec<f32>, Missed>> {
        Box::pin(async move {
            let (model, text) = (self.ready().await?, text.to_string());
            let made = tokio::task::spawn_blocking(move || model.vector(&text)).await;
            let vector = made.ok().and_then(Result::ok).ok_or(Missed::Model)?;
            if vector.iter().all(|x| x.is_finite()) { Ok(vector) } else { Err(Missed::Model) }
        })
    }
}
