//! OTLP as it lies on the wire: walked, validated, patched, joined, split. Knows no LLM word.
//!
//! A [`Batch`] is one encoded export request. It is never decoded as a whole: views read spans and
//! log records where they lie, and [`Splice`]s change chosen bytes while every other byte, unknown
//! fields included, stays as it came.

mod attributes;
mod batch;
mod check;
pub mod encode;
mod items;
pub mod json;
mod last;
mod leaves;
mod patch;
mod path;
mod schema;
pub mod shape;
pub mod trim;
mod view;
pub mod wire;

pub use attributes::{Attribute, Attributes, Value};
pub use batch::{Batch, Limits, Malformed, Signal};
pub use items::{Item, Items};
pub use leaves::{Leaf, Number, Place};
pub use patch::Splice;
pub use view::{Event, LogRecord, Resource, Scope, Span};

/// Made-up requests, shared with the benches.
#[cfg(test)]
#[path = "../../benches/payload.rs"]
mod payload;
#[cfg(test)]
mod testing;
