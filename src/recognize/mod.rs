//! Which spans and log records speak of an LLM call, and what they say.
//!
//! [`find`] walks a batch once by keys and scope names alone. Only where some dialect is recognised
//! is anything read: the kind of step by the dialects' rules, the facts by their sources, the texts,
//! and then which span of each call counts. What a dialect is, and how to add one, stands in
//! [`dialect`].

mod class;

pub mod dialect;
mod facts;
mod heard;
#[cfg(test)]
mod homemade;
mod index;
mod libraries;
pub mod memory;
#[cfg(test)]
mod ordinary;
#[cfg(test)]
mod others;
mod read;
mod record;
mod related;
mod running;
mod shape;
mod spot;
#[cfg(test)]
mod story;
mod unknown;

pub use spot::is_of_transport;

use crate::llm::Call;
use crate::otlp::{Batch, Item};
use index::Dialects;
use memory::Memory;
use std::collections::HashSet;

/// An item that needs scanning.
#[derive(Debug)]
pub enum Found<'a> {
    /// It speaks of an LLM call or a step around one.
    Call(Item<'a>, Box<Call<'a>>),
    /// It speaks of none, but stands in the same trace and request as one that does, or is a provider's API
    /// asked over HTTP, and may carry a prompt in a URL, a statement, a body, or what the peer answered to it.
    Carrier(Item<'a>),
}

/// Whether [`find`] finds anything: its first, quick look alone.
pub fn concerns(batch: &Batch) -> bool {
    let mut spotter = spot::Spotter::default();
    batch.walk().any(|item| !spotter.dialects(&item).is_empty())
}

/// Every item of `batch` that needs scanning, in wire order. Nothing is allocated for a batch
/// without LLM content; metrics never have any.
pub fn find(batch: &Batch) -> Vec<Found<'_>> {
    find_in(batch, None)
}

/// As [`find`], in the light of what came before.
pub fn find_in<'b>(batch: &'b Batch, memory: Option<&Memory>) -> Vec<Found<'b>> {
    let mut spotter = spot::Spotter::default();
    let (mut spotted, mut traces) = (Vec::new(), HashSet::new());
    let mut last: &[u8] = &[];
    for (n, item) in batch.walk().enumerate() {
        let dialects = spotter.dialects(&item);
        if !dialects.is_empty() {
            spotted.push((n, dialects));
            // Neighbours are mostly of one trace. What stands in none is beside nothing.
            let trace = item.trace_id();
            if trace != last {
                traces.insert(trace);
                last = trace;
            }
        }
    }
    if spotted.is_empty() {
        return Vec::new();
    }
    traces.remove([].as_slice());
    let (mut found, mut bills) = (Vec::new(), Vec::new());
    let mut spotted = spotted.into_iter().peekable();
    for (n, item) in batch.walk().enumerate() {
        if let Some((_, dialects)) = spotted.next_if(|(at, _)| *at == n) {
            if dialects == Dialects::CARRIER {
                found.push(Found::Carrier(item));
                bills.push(dialect::Bills::Inner);
                continue;
            }
            let (call, billed) = read::read(batch, &item, dialects);
            found.push(Found::Call(item, Box::new(call)));
            bills.push(billed);
        } else if traces.contains(item.trace_id()) {
            found.push(Found::Carrier(item));
            bills.push(dialect::Bills::Inner);
        }
    }
    running::settle(&mut found);
    related::settle(batch, &mut found, &bills);
    if let Some(memory) = memory {
        memory.settle(&mut found, &bills);
    }
    found
}
