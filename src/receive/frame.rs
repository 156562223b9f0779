//! One gRPC message, read off a request's body: five bytes of header, then the message, then nothing.
//!
//! tonic's own decoder answers what is too large with OUT_OF_RANGE, which clients retry for ever, and
//! inflates before its codec sees a byte; so the frame is read here.
//!
//! Source: gRPC over HTTP/2, "Length-Prefixed-Message".

use crate::net::body::{Chunks, Growing};
use crate::net::budget::Hold;
use crate::receive::Refusal;
use bytes::Bytes;
use http_body::Body;

const HEADER: usize = 5;

/// One message as it came, still compressed if `compressed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub compressed: bool,
    pub message: Bytes,
}

/// Reads the only message of a unary call. Its size is known from its header, so that what is larger
/// than `limit` or finds no room in `hold` is refused before it is read.
pub async fn read<B>(body: B, limit: usize, hold: &mut Hold) -> Result<Frame, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut chunks = Chunks::new(body);
    let (header, mut chunk) = header(&mut chunks).await?;
    let (compressed, len) = parse(header)?;
    let mut message = Growing::new(len, limit, hold)?;
    loop {
        if chunk.len() > len - message.len() {
            return Err(unreadable("more than one message in a unary call"));
        }
        message.push(&chunk)?;
        match chunks.next().await? {
            Some(next) => chunk = next,
            None if message.len() < len => return Err(unreadable("the message ends before its length")),
            None => {
                return Ok(Frame { compressed, message: message.freeze() });
            }
        }
    }
}

/// The header, and what came with it in one chunk.
async fn header<B>(chunks: &mut Chunks<B>) -> Result<([u8; HEADER], Bytes), Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut header = [0; HEADER];
    let mut filled = 0;
    loop {
        let Some(mut chunk) = chunks.next().await? else {
            return Err(unreadable("the call ends before its message"));
        };
        let taken = chunk.len().min(HEADER - filled);
        header[filled..filled + taken].copy_from_slice(&chunk.split_to(taken));
        filled += taken;
        if filled == HEADER {
            return Ok((header, chunk));
        }
    }
}

/// Whether the message is compressed, and its length.
fn parse([flag, a, b, c, d]: [u8; HEADER]) -> Result<(bool, usize), Refusal> {
    let len = u32::from_be_bytes([a, b, c, d]);
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    match flag {
        0 | 1 => Ok((flag == 1, len)),
        _ => Err(unreadable("a message's first byte is neither 0 nor 1")),
    }
}

fn unreadable(what: &str) -> Refusal {
    Refusal::Unreadable(what.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::budget::Budget;
    use futures_util::stream;
    use http_body_util::StreamBody;
    use proptest::prelude::*;
    use std::convert::Infallible;

    const LIMIT: usize = 1000;

    /// The only call to the code: what is read of `bytes` if they come cut into `chunks`.
    fn check(bytes: &[u8], chunks: &[usize]) -> Result<Frame, Refusal> {
        let mut rest = Bytes::copy_from_slice(bytes);
        let mut cut = Vec::new();
        for len in chunks {
            cut.push(rest.split_to(rest.len().min(*len)));
        }
        cut.push(rest);
        let frames = cut.into_iter().map(|chunk| Ok::<_, Infallible>(http_body::Frame::data(chunk)));
        let budget = Budget::new(LIMIT);
        let mut hold = budget.hold();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(read(StreamBody::new(stream::iter(frames)), LIMIT, &mut hold))
    }

    fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
        let len = u32::try_from(message.len()).unwrap().to_be_bytes();
        [&[flag], len.as_slice(), message].concat()
    }

    #[test]
    fn a_message_of_the_limit_passes_and_one_byte_more_is_too_large() {
        assert_eq!(check(&framed(0, &[7; LIMIT]), &[]).unwrap().message.len(), LIMIT);
        let refused = check(&framed(0, &[7; LIMIT + 1]), &[]);
        assert!(matches!(refused, Err(Refusal::TooLarge(_))));
    }

    proptest! {
        #[test]
        fn however_it_is_cut_a_frame_reads_the_same(
            message in prop::collection::vec(any::<u8>(), 0..LIMIT),
            compressed: bool,
            chunks in prop::collection::vec(0_usize..20, 0..20),
        ) {
            let frame = check(&framed(compressed.into(), &message), &chunks).unwrap();
            prop_assert_eq!((frame.compressed, &frame.message[..]), (compressed, &message[..]));
        }

        #[test]
        fn what_is_not_exactly_one_frame_is_refused(
            message in prop::collection::vec(any::<u8>(), 0..100),
            less in 1_usize..100,
            more in prop::collection::vec(any::<u8>(), 1..20),
            chunks in prop::collection::vec(0_usize..20, 0..20),
        ) {
            let whole = framed(0, &message);
            let short = &whole[..whole.len().saturating_sub(less)];
            prop_assert!(matches!(check(short, &chunks), Err(Refusal::Unreadable(_))));
            let long = [whole, more].concat();
            prop_assert!(matches!(check(&long, &chunks), Err(Refusal::Unreadable(_))));
        }

        #[test]
        fn any_bytes_are_an_answer(bytes: Vec<u8>, chunks in prop::collection::vec(0_usize..20, 0..20)) {
            let _ = check(&bytes, &chunks);
        }
    }
}
