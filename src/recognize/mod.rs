//! Which spans and log records speak of an LLM call, and what they say.

use crate::llm::Call;
use crate::otlp::{Batch, Item};

/// An item that needs scanning.
#[derive(Debug)]
pub enum Found<'a> {
    /// It speaks of an LLM call or a step around one.
    Call(Item<'a>, Box<Call<'a>>),
    /// It speaks of none, but stands in the same trace and request as one that does, and may carry its
    /// prompt in a URL, a statement or a body.
    Carrier(Item<'a>),
}

/// Every item of `batch` that needs scanning, in wire order. Nothing is allocated for a batch
/// without LLM content; metrics never have any.
pub fn find(batch: &Batch) -> Vec<Found<'_>> {
    let _ = batch;
    todo!()
}
