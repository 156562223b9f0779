//! What is read from OTLP/JSON is accepted as protobuf, and says the same when written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sidelight::otlp::{Batch, Limits, Signal, json};

fuzz_target!(|input: (u8, Vec<u8>)| {
    let signal = Signal::ALL[usize::from(input.0) % 3];
    let Ok(otlp) = json::read(signal, &input.1) else {
        return;
    };
    let limits = Limits { max_items: u32::MAX };
    let batch = Batch::read(signal, otlp.into(), &limits).expect("what was read from JSON is a request");
    let text = json::write(&batch);
    let again = json::read(signal, text.as_bytes()).expect("what was written can be read");
    let again = Batch::read(signal, again.into(), &limits).expect("what was read from JSON is a request");
    assert_eq!(json::write(&again), text);
});
