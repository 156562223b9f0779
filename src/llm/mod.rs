//! What an LLM call is to us: the names we write, and [`Call`], what a span or log record says of it.

mod call;
pub mod names;

pub use call::{Call, Kind, Role, Side, Text, Usage};
