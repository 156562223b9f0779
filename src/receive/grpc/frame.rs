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
                return Ok(Frame {
                    compressed,
                    message: message.freeze(),
                });
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
