//! Sampling: which calls are hashed and embedded, and, where that is wanted, which traces go on at all.

mod config;
mod export;
mod gate;
mod rules;
mod tracestate;

pub use config::{Config, Export, Percent, Share};
pub use gate::{otlp, text};
pub use rules::Rules;

pub(super) use export::Exports;
pub(super) use gate::Gate;
pub(super) use rules::{BuiltRules, Traits};
