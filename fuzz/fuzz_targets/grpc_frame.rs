//! A call's body is one whole frame or refused, however its bytes are cut.
#![no_main]

use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use libfuzzer_sys::fuzz_target;
use sidelight::net::budget::Budget;
use sidelight::receive::frame;
use std::convert::Infallible;

const LIMIT: usize = 1 << 16;

fuzz_target!(|chunks: Vec<Vec<u8>>| {
    let whole = chunks.concat();
    let frames = chunks.into_iter().map(|chunk| Ok::<_, Infallible>(Frame::data(Bytes::from(chunk))));
    let budget = Budget::new(LIMIT);
    let mut hold = budget.hold();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let read = runtime.block_on(frame::read(StreamBody::new(stream::iter(frames)), LIMIT, &mut hold));
    let Some((header, message)) = whole.split_at_checked(5) else {
        assert!(read.is_err());
        return;
    };
    let len = u32::from_be_bytes(header[1..].try_into().unwrap()) as usize;
    let valid = header[0] < 2 && len == message.len() && len <= LIMIT;
    assert_eq!(read.is_ok(), valid);
    if let Ok(read) = read {
        assert_eq!(&read.message[..], message);
    }
});
