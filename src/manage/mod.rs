//! The management API and the page (8000): what an operator asks, and what the predecessor's clients call.
//!
//! It lives on a thread and a runtime of its own, with its own bounds on connections, bytes and work, so that
//! neither waits for the other: it answers while the line is saturated, and a flood here does not slow the
//! receivers. [`bind`] first, then [`Bound::serve`] on a thread of its own.

mod answer;
mod app;
mod audit;
mod calls;
mod compat;
mod config;
mod dry_run;
mod events;
mod guard;
mod openapi;
mod page;
mod problem;
mod queue;
mod routes;
mod rules;
mod server;
mod settings;
mod status;

pub use app::{IN_FLIGHT, Listening, Parts, Steer};
pub use config::Config;
pub use rules::Saved;
pub use server::{Bound, StartError, bind};
pub use settings::Settings;
