//! Sidelight: an OpenTelemetry sidecar for LLM applications.
//!
//! One thing flows, [`otlp::Batch`]: from `receive` through `recognize` and `enrich` into the
//! `queue`, and from there by one lane per exporter to its back end. ARCHITECTURE.md shows the house.
#![forbid(unsafe_code)]

// Low to high: a room may use only those above it in this list. `tests/it/layers.rs` holds us to it.
pub mod drain;
pub mod json;
pub mod net;
pub mod otlp;
pub mod settings;
pub mod sqlite;
pub mod units;

#[cfg(feature = "kafka")]
pub mod kafka;
pub mod llm;
pub mod queue;

pub mod recognize;

pub mod embed;
pub mod enrich;

pub mod export;
pub mod receive;

pub mod telemetry;

pub mod manage;

pub mod agent;
pub mod config;

pub mod cli;
