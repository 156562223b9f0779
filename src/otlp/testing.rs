//! Small requests to test with, and what breaks them.

use super::Signal;
use super::payload::{Random, full_span, logs, metrics, traces};
use prost::Message;

/// One small request of each sort, every field of the schema in use.
pub fn seeds() -> Vec<(Signal, Vec<u8>)> {
    vec![
        (Signal::Traces, traces(1, 3, 0).encode_to_vec()),
        (Signal::Traces, full_span(2).encode_to_vec()),
        (Signal::Logs, logs(3, 2).encode_to_vec()),
        (Signal::Metrics, metrics(4).encode_to_vec()),
    ]
}

/// Flips, inserts, deletes or cuts off some bytes, or puts a piece of `other` in.
pub fn mutate(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    if bytes.is_empty() {
        return bytes.push(random.next() as u8);
    }
    let at = random.below(bytes.len());
    match random.below(7) {
        0 => bytes[at] = random.next() as u8,
        1 => bytes[at] ^= 1 << random.below(8),
        2 => drop(bytes.remove(at)),
        3 => bytes.insert(at, random.next() as u8),
        4 => bytes[at] = bytes[at].wrapping_add(1),
        5 => bytes.truncate(at.max(1)),
        _ => {
            let from = random.below(other.len());
            let to = from + random.below(other.len() - from);
            bytes.splice(at..at, other[from..to].iter().copied());
        }
    }
}
