//! Bytes are accepted exactly where prost accepts them, and what is accepted can be walked, scanned,
//! patched and split.
#![no_main]

use libfuzzer_sys::fuzz_target;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use sidelight::otlp::{Batch, Limits, Signal, Splice, shape};

fuzz_target!(|input: (u8, Vec<u8>)| {
    let signal = Signal::ALL[usize::from(input.0) % 3];
    let otlp = input.1;
    let by_prost = match signal {
        Signal::Traces => ExportTraceServiceRequest::decode(&*otlp).is_ok(),
        Signal::Logs => ExportLogsServiceRequest::decode(&*otlp).is_ok(),
        Signal::Metrics => ExportMetricsServiceRequest::decode(&*otlp).is_ok(),
    };
    let read = Batch::read(signal, otlp.into(), &Limits { max_items: u32::MAX });
    assert_eq!(read.is_ok(), by_prost);
    let Ok(batch) = read else { return };
    let mut splices = Vec::new();
    for item in batch.walk() {
        batch.leaves(&item, |leaf| {
            let at = leaf.at();
            splices.push(Splice {
                inside: at.clone(),
                at,
                with: b"[REMOVED]".to_vec(),
            });
        });
    }
    batch.patch(&mut splices);
    if let Some((first, second)) = shape::split(&batch) {
        assert_eq!(first.items() + second.items(), batch.items());
    }
    shape::set_aside(&batch);
});
