//! What recognition may not do for spans that speak of no LLM call, nor the scanner for clean ASCII text: allocate.

#[path = "../../benches/payload.rs"]
mod payload;

use prost::Message;
use sidelight::enrich::scan::{Around, Reading, Scanner};
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

#[test]
fn clean_ascii_text_is_scanned_without_an_allocation() {
    let scanner = Scanner::default();
    let texts = [
        "The retry loop backs off and gives up after five attempts. ",
        "fn main() { let id: u64 = 42; println!(\"{:?}\", v[0] & mask); startTimeUnixNanoOfTheSpan(); }\n",
        "{\"traceId\":\"fe5e47037780a51fed2e2dac1926e5f5\",\"count\":7615,\"at\":\"2026-11-21T10:00:00Z\"},",
        "a7b73f63-c0bb-48bd-8664-dc77c10a4597 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n",
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk ",
        "name,count,price\nwidget,12345678,19.99\n",
    ];
    for text in texts.map(|text| text.repeat(2000 / text.len())) {
        let mut findings = Vec::new();
        // The engine is built, and the room for a text made, at the first one.
        scanner.scan(&Reading::of(&text), Around::default(), &mut findings);
        let counted = allocation_counter::measure(|| {
            scanner.scan(&Reading::of(&text), Around::default(), &mut findings)
        });
        assert_eq!((counted.count_total, findings.len()), (0, 0), "{text}");
    }
}
