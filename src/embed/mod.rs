//! Vectors for sampled, PII-free prompts, at dequeue: from a model in this process, or from a worker.
//!
//! [`Embedder`] is one for all lanes: it finds the texts of what is about to be delivered, has an [`Engine`]
//! make their vectors, and writes those onto the batch. Delivery waits no longer than `deadline` for it, and
//! whatever goes wrong leaves a vector out and counts it.

mod cache;
mod config;
mod embedder;
mod engine;
mod metrics;
pub mod minilm;
mod prompts;
mod worker;

pub use config::{Config, Mode, Text};
pub use embedder::Embedder;
pub use engine::open;
pub use metrics::Metrics;

use futures_util::future::BoxFuture;
use std::sync::Arc;

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The vector of a text. Cloning shares it.
pub type Vector = Arc<[f32]>;

/// What makes vectors.
pub trait Engine: Send + Sync {
    /// What its vectors are known by: only those of one name can be compared.
    fn name(&self) -> &str;

    /// How many texts it takes at the same time.
    fn at_once(&self) -> usize;

    /// Makes the vector of `text`: finite numbers, always as many. Called within a runtime, and holds none of
    /// its threads.
    fn vector<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Vec<f32>, Missed>>;
}

/// Why a text got no vector. The discriminants are places in [`Missed::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missed {
    #[error("it was not there in time")]
    Late,
    #[error("too many texts are waiting")]
    Full,
    #[error("the model cannot be run")]
    Model,
    #[error("the worker did not answer in time")]
    Timeout,
    #[error("the worker cannot be reached, or broke off")]
    Unreachable,
    #[error("the worker answered with an error")]
    Status,
    #[error("the worker's answer is no vector")]
    Answer,
}

impl Missed {
    pub const ALL: [Missed; 7] = [
        Missed::Late,
        Missed::Full,
        Missed::Model,
        Missed::Timeout,
        Missed::Unreachable,
        Missed::Status,
        Missed::Answer,
    ];

    /// The label of the metric.
    pub fn reason(self) -> &'static str {
        match self {
            Missed::Late => "late",
            Missed::Full => "full",
            Missed::Model => "model",
            Missed::Timeout => "timeout",
            Missed::Unreachable => "unreachable",
            Missed::Status => "status",
            Missed::Answer => "answer",
        }
    }
}
