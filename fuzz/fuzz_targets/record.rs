//! Any bytes as a record of Kafka, in the protobuf form or the JSON form, the predecessor's own included: what is read
//! is the same after writing it in either form, becomes one span that the line accepts, and comes back from it with
//! values for every column of the stores.
//!
//! `mkdir -p fuzz/corpus/record` and `cargo +nightly fuzz run record fuzz/corpus/record tests/data/records`: records as
//! the predecessor's clients send them are the seeds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sidelight::export::records::{self, Extent};
use sidelight::export::store::COLUMNS;
use sidelight::llm::Record;
use sidelight::otlp::{Batch, Limits, Signal};

fuzz_target!(|bytes: &[u8]| {
    let read = match bytes.first() {
        Some(b'{') => Record::from_json(bytes),
        _ => Record::from_protobuf(bytes),
    };
    let Ok(record) = read else { return };
    let again = Record::from_protobuf(&record.to_protobuf()).expect("we wrote it");
    // As bytes: what is no number is not equal to itself.
    assert_eq!(again.to_protobuf(), record.to_protobuf());
    let json = record.to_json();
    assert_eq!(Record::from_json(&json).expect("we wrote it").to_json(), json);

    let batch = Batch::read(Signal::Traces, record.to_otlp().into(), &Limits::default());
    let batch = batch.expect("a record is one span");
    assert_eq!(batch.items(), 1);
    for call in records::read(&batch, Extent { resource: true, messages: true }) {
        assert_eq!(call.span_uuid(), record.span_uuid());
        assert_eq!(call.record_id(), record.record_id());
        for column in COLUMNS {
            (column.of)(&call);
        }
    }
});
