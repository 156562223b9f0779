//! What recognition may not do for spans that speak of no LLM call: allocate.

#[path = "../../benches/payload.rs"]
mod payload;

use prost::Message;
use sidelight::otlp::{Batch, Limits, Signal};
use sidelight::recognize;

/// How often looking at `spans` spans allocates, `llm_percent` of them LLM calls.
fn allocations(spans: usize, llm_percent: usize) -> u64 {
    let otlp = payload::traces(7, spans, llm_percent).encode_to_vec();
    let batch = Batch::read(Signal::Traces, otlp.into(), &Limits::default()).expect("a valid request");
    // The table of dialects is built at the first look.
    recognize::find(&batch);
    allocation_counter::measure(|| assert_eq!(recognize::find(&batch).is_empty(), llm_percent == 0))
        .count_total
}

#[test]
fn ordinary_spans_are_recognised_as_such_without_an_allocation() {
    assert_eq!(allocations(512, 0), 0);
}

#[test]
fn the_count_of_allocations_counts() {
    assert!(allocations(8, 100) > 8);
}
