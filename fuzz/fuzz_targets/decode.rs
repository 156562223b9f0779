//! Whatever a body claims of itself, decompressing it stays within its limit and gives back its room.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use sidelight::net::budget::Budget;
use sidelight::net::decode::{Encoding, decode};

const LIMIT: usize = 1 << 20;

fuzz_target!(|input: (u8, Vec<u8>)| {
    let encodings = [Encoding::Gzip, Encoding::Zstd, Encoding::Deflate];
    let encoding = encodings[usize::from(input.0) % encodings.len()];
    let budget = Budget::new(2 * LIMIT);
    let mut hold = budget.hold();
    if let Ok(plain) = decode(encoding, Bytes::from(input.1), LIMIT, &mut hold) {
        assert!(plain.len() <= LIMIT && plain.len() <= hold.bytes());
    }
    drop(hold);
    assert_eq!(budget.held(), 0);
});
