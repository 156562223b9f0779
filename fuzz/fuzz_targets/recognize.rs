//! Any request through recognition: nothing panics, every text stands in its item, and finding again finds
//! the same.
//!
//! `mkdir -p fuzz/corpus/recognize` and `cargo +nightly fuzz run recognize fuzz/corpus/recognize tests/data/payloads --
//! -max_total_time=300 -max_len=65536`: real payloads are the seeds, what it learns is kept in the first folder.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sidelight::otlp::{Batch, Limits, Signal, json};
use sidelight::recognize::{self, Found};

fuzz_target!(|bytes: &[u8]| {
    for signal in [Signal::Traces, Signal::Logs] {
        let otlp = match bytes.first() {
            Some(b'{') => json::read(signal, bytes).ok(),
            _ => Some(bytes.to_vec()),
        };
        let read = otlp.map(|otlp| Batch::read(signal, otlp.into(), &Limits::default()));
        let Some(Ok(batch)) = read else { continue };
        let found = recognize::find(&batch);
        assert_eq!(found.is_empty(), !recognize::concerns(&batch));
        assert_eq!(told(&found), told(&recognize::find(&batch)));
        for found in &found {
            let Found::Call(item, call) = found else { continue };
            for text in call.texts.iter() {
                let places = [&item.at, &item.resource.1, &item.scope.1];
                let inside = |place: &&std::ops::Range<usize>| {
                    place.start <= text.leaf.start && text.leaf.end <= place.end
                };
                assert!(places.iter().any(inside));
            }
        }
    }
});

/// What is found, as text.
fn told(found: &[Found<'_>]) -> String {
    let calls = found.iter().map(|found| match found {
        Found::Call(_, call) => format!("{call:?}"),
        Found::Carrier(_) => String::new(),
    });
    calls.collect::<Vec<_>>().join("\n")
}
