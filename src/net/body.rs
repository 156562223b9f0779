//! Request bodies, read within a bound and given up when they stall.

use super::budget::{Full, Hold};
use bytes::{Buf, Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// A body may go this long without a byte (design: how long a body may stall).
pub const STALL: Duration = Duration::from_secs(30);

/// A body may take this long in all, however steadily it drips: twenty megabytes at 170 kB/s.
pub const WHOLE: Duration = Duration::from_secs(2 * 60);

/// A body of known size gets a buffer of that size, up to this many bytes; past it the buffer doubles
/// as bytes really arrive, so that a promise alone holds little.
const TRUSTED: usize = 1 << 20;

/// How much of a body that nobody wants is read, and for how long, so that its sender hears why: an
/// HTTP/1.1 client that is still writing when the connection closes sees only that it closed.
const LINGER_BYTES: usize = 64 << 20;
const LINGER: Duration = Duration::from_secs(5);

/// Why a body could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error("more than {limit} bytes")]
    TooLarge { limit: usize },
    #[error(transparent)]
    Full(#[from] Full),
    #[error("no byte of the body for {} s, or not all of it in {} s", STALL.as_secs(), WHOLE.as_secs())]
    Stalled,
    /// The sender went away. Whatever is answered, nobody hears it.
    #[error("the sender went away")]
    Gone,
}

/// The whole of `body`: at most `limit` bytes, each taken from `hold` before it is buffered.
///
/// A body that says it is longer is refused before the first byte is read.
pub async fn read<B>(body: B, limit: usize, hold: &mut Hold) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
{
    let promised = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut buffer = Growing::new(promised, limit, hold)?;
    let mut chunks = Chunks::new(body);
    while let Some(chunk) = chunks.next().await? {
        buffer.push(&chunk)?;
    }
    Ok(buffer.bytes.freeze())
}

/// Reads on for a while, so that a client that is still writing gets to reading.
pub async fn linger<B: Body<Data = Bytes> + Unpin>(body: &mut B) {
    let mut chunks = Chunks::new(body);
    let drain = async {
        let mut left = LINGER_BYTES;
        while let Ok(Some(chunk)) = chunks.next().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                return;
            }
        }
    };
    // Time is up or not: the answer goes out now.
    let _ = timeout(LINGER, drain).await;
}

/// The data of a body, chunk by chunk; trailers are skipped.
pub struct Chunks<B> {
    body: B,
    /// When patience ends.
    end: Instant,
}

impl<B: Body<Data = Bytes> + Unpin> Chunks<B> {
    pub fn new(body: B) -> Chunks<B> {
        Chunks { body, end: Instant::now() + WHOLE }
    }

    /// The next bytes, never none of them; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        loop {
            let until = self.end.min(Instant::now() + STALL);
            let frame = timeout_at(until, self.body.frame()).await.map_err(|_| BodyError::Stalled)?;
            let Some(frame) = frame else { return Ok(None) };
            match frame.map_err(|_| BodyError::Gone)?.into_data() {
                Ok(data) if data.has_remaining() => return Ok(Some(data)),
                _ => {}
            }
        }
    }
}

/// A buffer that grows within a limit, each byte taken from a hold first.
///
/// Bytes are copied in, even where one chunk is the whole body: a chunk shares the connection's
/// buffer, and would keep all of it alive for as long as the batch lives.
pub struct Growing<'a> {
    bytes: BytesMut,
    promised: usize,
    limit: usize,
    hold: &'a mut Hold,
}

impl<'a> Growing<'a> {
    /// A buffer for `promised` bytes (0 where nobody knows) and `limit` at most.
    pub fn new(promised: usize, limit: usize, hold: &'a mut Hold) -> Result<Growing<'a>, BodyError> {
        if promised > limit {
            return Err(BodyError::TooLarge { limit });
        }
        let mut buffer = Growing { bytes: BytesMut::new(), promised, limit, hold };
        buffer.reserve(promised.min(TRUSTED))?;
        Ok(buffer)
    }

    pub fn push(&mut self, data: &[u8]) -> Result<(), BodyError> {
        let len = self.bytes.len() + data.len();
        if len > self.limit {
            return Err(BodyError::TooLarge { limit: self.limit });
        }
        if len > self.bytes.capacity() {
            let doubled = (2 * self.bytes.capacity()).max(len);
            let most = if len <= self.promised { self.promised } else { self.limit };
            self.reserve(doubled.min(most))?;
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn freeze(self) -> Bytes {
        self.bytes.freeze()
    }

    /// Makes the capacity `capacity` bytes, taken from the hold first.
    fn reserve(&mut self, capacity: usize) -> Result<(), BodyError> {
        let had = self.bytes.capacity();
        self.hold.grow(capacity)?;
        let mut grown = BytesMut::with_capacity(capacity);
        grown.extend_from_slice(&self.bytes);
        self.bytes = grown;
        self.hold.shrink(had);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::budget::Budget;
    use super::*;
    use futures_util::stream::{self, StreamExt};
    use http_body::Frame;
    use http_body_util::StreamBody;
    use proptest::prelude::*;
    use std::io;

    type Frames = Vec<io::Result<Frame<Bytes>>>;

    fn data(chunks: &[&[u8]]) -> Frames {
        let frame = |chunk: &&[u8]| Ok(Frame::data(Bytes::copy_from_slice(chunk)));
        chunks.iter().map(frame).collect()
    }

    /// The only call to the code: what is read of `frames`, of at most `limit` bytes, with `room` for all.
    async fn check(frames: Frames, limit: usize, room: usize) -> Result<Bytes, BodyError> {
        let budget = Budget::new(room);
        let mut hold = budget.hold();
        let read = read(StreamBody::new(stream::iter(frames)), limit, &mut hold).await;
        if let Ok(bytes) = &read {
            assert!(hold.bytes() >= bytes.len());
        }
        drop(hold);
        assert_eq!(budget.held(), 0);
        read
    }

    #[tokio::test]
    async fn chunks_are_laid_end_to_end_and_trailers_skipped() {
        let mut frames = data(&[b"one ", b"", b"two"]);
        frames.push(Ok(Frame::trailers(http::HeaderMap::new())));
        assert_eq!(check(frames, 100, 100).await.unwrap(), "one two");
    }

    #[tokio::test]
    async fn the_limit_is_kept_to_the_byte() {
        assert_eq!(check(data(&[b"abc", b"de"]), 5, 100).await.unwrap(), "abcde");
        let refused = check(data(&[b"abc", b"def"]), 5, 100).await;
        assert!(matches!(refused, Err(BodyError::TooLarge { limit: 5 })));
    }

    #[tokio::test]
    async fn a_body_that_finds_no_room_is_told_so() {
        let refused = check(data(&[b"abc", b"def"]), 100, 5).await;
        assert!(matches!(refused, Err(BodyError::Full(Full))));
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_gone() {
        let mut frames = data(&[b"abc"]);
        frames.push(Err(io::Error::other("reset")));
        assert!(matches!(check(frames, 100, 100).await, Err(BodyError::Gone)));
    }

    #[tokio::test(start_paused = true)]
    async fn each_byte_gives_a_body_another_half_minute() {
        let start = Instant::now();
        let slow = stream::iter(data(&[b"a", b"b", b"c"])).then(async |frame| {
            tokio::time::sleep(STALL - Duration::from_secs(1)).await;
            frame
        });
        let body = StreamBody::new(slow.chain(stream::pending()).boxed());
        let refused = read(body, 100, &mut Budget::new(100).hold()).await;
        assert!(matches!(refused, Err(BodyError::Stalled)));
        assert_eq!(start.elapsed(), 4 * STALL - Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_is_cut_all_the_same() {
        let start = Instant::now();
        let drips = stream::repeat_with(|| Ok::<_, io::Error>(Frame::data(Bytes::from_static(b"a")))).then(
            async |frame| {
                tokio::time::sleep(Duration::from_secs(2)).await;
                frame
            },
        );
        let refused = read(StreamBody::new(drips.boxed()), 1000, &mut Budget::new(1000).hold()).await;
        assert!(matches!(refused, Err(BodyError::Stalled)));
        assert_eq!(start.elapsed(), WHOLE);
    }

    #[test]
    fn a_promise_alone_holds_little() {
        let budget = Budget::new(usize::MAX);
        let mut hold = budget.hold();
        let promised = Growing::new(1 << 30, 1 << 30, &mut hold).unwrap();
        assert_eq!(promised.hold.bytes(), TRUSTED);
    }

    proptest! {
        #[test]
        fn what_is_held_covers_the_buffer_and_never_passes_the_limit(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..500), 0..40),
            promised in 0_usize..3000,
            limit in 3000_usize..9000,
        ) {
            let budget = Budget::new(usize::MAX);
            let mut hold = budget.hold();
            let mut buffer = Growing::new(promised, limit, &mut hold).unwrap();
            let mut whole = Vec::new();
            for chunk in &chunks {
                let fits = whole.len() + chunk.len() <= limit;
                prop_assert_eq!(buffer.push(chunk).is_ok(), fits);
                if !fits {
                    break;
                }
                whole.extend_from_slice(chunk);
                prop_assert!(buffer.hold.bytes() >= buffer.bytes.capacity());
                prop_assert!(buffer.hold.bytes() <= limit);
            }
            prop_assert_eq!(&buffer.freeze()[..], &whole[..]);
        }
    }
}
