//! Compressed bodies, undone within a bound: the one place that decompresses.
//!
//! Every decoder here writes into a buffer of known size and says when it is too small, so nothing
//! can grow past the limit or past the [`Hold`]. A buffer starts from what the body claims of itself,
//! but never at more than `TRUSTED_RATIO` times its wire size, and grows by `GROWTH`.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this is the module that the bans on decoders name: sizes are bounded here"
)]

use super::budget::{Full, Hold};
use bytes::Bytes;
use libdeflater::{Crc, DecompressionError, Decompressor};
use memchr::memmem;
use std::mem;
use zstd::zstd_safe::{self, zstd_sys};

/// A claimed size is believed up to this many times the wire size. OTLP compresses 3 to 30 times.
const TRUSTED_RATIO: usize = 32;

/// Where no claim is made the first buffer is this many times the wire size.
const USUAL_RATIO: usize = 8;

/// A buffer that was too small is made this many times as large.
const GROWTH: usize = 4;

/// No buffer starts smaller, in bytes.
const SMALLEST: usize = 4 << 10;

/// A decoded body keeps a buffer at most this many times its own size.
const SLACK: usize = 2;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// RFC 1952, any number of members.
    Gzip,
    /// RFC 8878, any number of frames.
    Zstd,
    /// RFC 1950: what HTTP calls `deflate` is a zlib stream.
    Deflate,
}

/// Why a body could not be decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("more than {limit} bytes after decompression")]
    TooLarge { limit: usize },
    #[error("not valid {0}")]
    Corrupt(&'static str),
    #[error(transparent)]
    Full(#[from] Full),
}

impl Encoding {
    /// By its name in `Content-Encoding` or `grpc-encoding`, case aside.
    pub fn from_name(name: &str) -> Option<Encoding> {
        const NAMES: [(&str, Encoding); 7] = [
            ("identity", Encoding::Identity),
            ("", Encoding::Identity),
            ("gzip", Encoding::Gzip),
            ("x-gzip", Encoding::Gzip),
            ("zstd", Encoding::Zstd),
            ("deflate", Encoding::Deflate),
            ("zlib", Encoding::Deflate),
        ];
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, encoding)| *encoding)
    }
}

/// What `wire` says once decompressed: at most `limit` bytes, each of them taken from `hold` before
/// it is allocated. An identity body comes back sharing its bytes, and takes nothing.
pub fn decode(encoding: Encoding, wire: Bytes, limit: usize, hold: &mut Hold) -> Result<Bytes, DecodeError> {
    let mut out = Buffer { bytes: Vec::new(), filled: 0, limit, hold };
    match encoding {
        Encoding::Identity if wire.len() > limit => return Err(DecodeError::TooLarge { limit }),
        Encoding::Identity => return Ok(wire),
        Encoding::Gzip => gunzip(&wire, &mut out)?,
        Encoding::Zstd => unzstd(&wire, &mut out)?,
        Encoding::Deflate => inflate(&wire, &mut out)?,
    }
    Ok(out.finish())
}

fn gunzip(wire: &[u8], out: &mut Buffer<'_>) -> Result<(), DecodeError> {
    let mut decompressor = Decompressor::new();
    let claimed = wire.last_chunk().map_or(0, |size| u32::from_le_bytes(*size));
    out.start(wire.len(), Some(u64::from(claimed)))?;
    let mut rest = wire;
    while !rest.is_empty() {
        let from = out.filled;
        out.fill(|free| {
            decompressor.gzip_decompress(rest, free).map_err(|error| deflate_error(error, "gzip"))
        })?;
        rest = after_member(rest, &out.bytes[from..out.filled])?;
    }
    Ok(())
}

/// What follows the first member of `gzip`, which decompresses to `plain`: nothing, or the next one.
///
/// libdeflate does not say how much it read, but a member ends with the CRC and the size of what it
/// holds: its end is where those eight bytes stand. They stand elsewhere only by design, and then
/// what is read is still nothing but what its sender wrote.
fn after_member<'a>(gzip: &'a [u8], plain: &[u8]) -> Result<&'a [u8], DecodeError> {
    const MEMBER: [u8; 3] = [0x1f, 0x8b, 8];
    let mut crc = Crc::new();
    crc.update(plain);
    let size = plain.len() as u32; // modulo 2^32, as RFC 1952 has it
    let trailer = ((u64::from(size) << 32) | u64::from(crc.sum())).to_le_bytes();
    let mut from = 0;
    while let Some(at) = memmem::find(&gzip[from..], &trailer) {
        let rest = &gzip[from + at + trailer.len()..];
        if rest.is_empty() || rest.starts_with(&MEMBER) {
            return Ok(rest);
        }
        from += at + 1;
    }
    Err(DecodeError::Corrupt("gzip"))
}

fn inflate(wire: &[u8], out: &mut Buffer<'_>) -> Result<(), DecodeError> {
    let mut decompressor = Decompressor::new();
    out.start(wire.len(), None)?;
    out.fill(|free| decompressor.zlib_decompress(wire, free).map_err(|error| deflate_error(error, "deflate")))
}

fn unzstd(wire: &[u8], out: &mut Buffer<'_>) -> Result<(), DecodeError> {
    let claimed = zstd_safe::get_frame_content_size(wire).map_err(|_| DecodeError::Corrupt("zstd"))?;
    out.start(wire.len(), claimed)?;
    // In one call the output is the window: unlike a stream it allocates nothing that the frame asks for.
    out.fill(|free| zstd_safe::decompress(free, wire).map_err(zstd_error))
}

/// What one attempt at filling a buffer came to.
enum Short {
    /// The buffer was too small.
    Space,
    Corrupt(&'static str),
}

fn deflate_error(error: DecompressionError, format: &'static str) -> Short {
    match error {
        DecompressionError::InsufficientSpace => Short::Space,
        DecompressionError::BadData => Short::Corrupt(format),
    }
}

/// zstd returns its error codes negated, in an unsigned number.
fn zstd_error(code: zstd_safe::ErrorCode) -> Short {
    let too_small = zstd_sys::ZSTD_ErrorCode::ZSTD_error_dstSize_tooSmall as usize;
    if code == too_small.wrapping_neg() { Short::Space } else { Short::Corrupt("zstd") }
}

/// The decompressed bytes as they come: the first `filled` are there.
struct Buffer<'a> {
    bytes: Vec<u8>,
    filled: usize,
    limit: usize,
    hold: &'a mut Hold,
}

impl Buffer<'_> {
    /// Makes the first buffer for a body of `wire` bytes that claims to be `claimed` long.
    fn start(&mut self, wire: usize, claimed: Option<u64>) -> Result<(), DecodeError> {
        let claimed = claimed.and_then(|size| usize::try_from(size).ok());
        let believed = wire.saturating_mul(TRUSTED_RATIO);
        let size = claimed.unwrap_or(wire.saturating_mul(USUAL_RATIO)).min(believed);
        self.resize(size.max(SMALLEST))
    }

    /// Lets `attempt` write into what is free, in a larger buffer each time it finds that too small.
    fn fill(
        &mut self,
        mut attempt: impl FnMut(&mut [u8]) -> Result<usize, Short>,
    ) -> Result<(), DecodeError> {
        loop {
            match attempt(&mut self.bytes[self.filled..]) {
                Ok(written) => {
                    self.filled += written;
                    return Ok(());
                }
                Err(Short::Space) if self.bytes.len() == self.limit => {
                    return Err(DecodeError::TooLarge { limit: self.limit });
                }
                Err(Short::Space) => self.resize(self.bytes.len().saturating_mul(GROWTH))?,
                Err(Short::Corrupt(format)) => return Err(DecodeError::Corrupt(format)),
            }
        }
    }

    /// A new buffer of `size` or the limit, whichever is less, with what was filled.
    fn resize(&mut self, size: usize) -> Result<(), DecodeError> {
        let size = size.min(self.limit);
        if self.filled == 0 {
            self.hold.shrink(mem::take(&mut self.bytes).len());
        }
        self.hold.grow(size)?;
        // Fresh zeros cost nothing before they are touched; `Vec::resize` would touch all of them.
        let mut grown = vec![0; size];
        grown[..self.filled].copy_from_slice(&self.bytes[..self.filled]);
        self.hold.shrink(mem::replace(&mut self.bytes, grown).len());
        Ok(())
    }

    /// The filled part, without much room behind it; what is not kept goes back to the hold.
    fn finish(mut self) -> Bytes {
        let allocated = self.bytes.len();
        let mut bytes = mem::take(&mut self.bytes);
        bytes.truncate(self.filled);
        if allocated > SLACK * self.filled {
            bytes.shrink_to_fit();
            self.hold.shrink(allocated - self.filled);
        }
        bytes.into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::budget::Budget;
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    const LIMIT: usize = 1 << 20;
    const COMPRESSED: [Encoding; 3] = [Encoding::Gzip, Encoding::Zstd, Encoding::Deflate];

    /// The only call to the code: what comes out, within `limit`, and nothing held beyond it.
    fn check(encoding: Encoding, wire: &[u8], limit: usize) -> Result<Vec<u8>, DecodeError> {
        let budget = Budget::new(SLACK * limit);
        let mut hold = budget.hold();
        let out = decode(encoding, Bytes::copy_from_slice(wire), limit, &mut hold);
        if let Ok(out) = &out {
            assert!(out.len() <= limit);
            if encoding != Encoding::Identity {
                assert!(hold.bytes() >= out.len() && hold.bytes() <= SLACK * out.len() + 1);
            }
        }
        out.map(|out| out.to_vec())
    }

    fn compress(encoding: Encoding, plain: &[u8]) -> Vec<u8> {
        match encoding {
            Encoding::Identity => plain.to_vec(),
            Encoding::Zstd => zstd::encode_all(plain, 1).unwrap(),
            Encoding::Gzip => {
                let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                writer.write_all(plain).unwrap();
                writer.finish().unwrap()
            }
            Encoding::Deflate => {
                let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
                writer.write_all(plain).unwrap();
                writer.finish().unwrap()
            }
        }
    }

    #[test]
    fn members_and_frames_laid_end_to_end_are_one_body() {
        for encoding in [Encoding::Gzip, Encoding::Zstd] {
            let wire =
                [b"one ".as_slice(), b"one ", b"", b"two"].map(|part| compress(encoding, part)).concat();
            assert_eq!(check(encoding, &wire, LIMIT).unwrap(), b"one one two");
        }
    }

    #[test]
    fn a_body_of_exactly_the_limit_passes_and_one_byte_more_does_not() {
        let plain = vec![b'a'; 10_000];
        for encoding in COMPRESSED {
            let wire = compress(encoding, &plain);
            assert_eq!(check(encoding, &wire, 10_000).unwrap(), plain);
            assert_eq!(check(encoding, &wire, 9_999), Err(DecodeError::TooLarge { limit: 9_999 }));
        }
    }

    #[test]
    fn a_bomb_is_refused_and_holds_no_more_than_the_limit_on_the_way() {
        let plain = vec![0; 64 << 20];
        for encoding in COMPRESSED {
            let wire = Bytes::from(compress(encoding, &plain));
            let budget = Budget::new(LIMIT);
            let refused = decode(encoding, wire, LIMIT, &mut budget.hold());
            assert_eq!(refused, Err(DecodeError::TooLarge { limit: LIMIT }), "{encoding:?}");
            assert_eq!(budget.held(), 0);
        }
    }

    #[test]
    fn a_size_that_is_only_claimed_is_not_allocated() {
        let mut gzip = compress(Encoding::Gzip, b"small");
        let size = gzip.len() - 4;
        gzip[size..].copy_from_slice(&u32::MAX.to_le_bytes());
        let budget = Budget::new(SMALLEST);
        let refused = decode(Encoding::Gzip, gzip.into(), LIMIT, &mut budget.hold());
        assert_eq!(refused, Err(DecodeError::Corrupt("gzip")));
    }

    #[test]
    fn a_body_that_finds_no_room_is_told_so() {
        let budget = Budget::new(SMALLEST);
        for encoding in COMPRESSED {
            let wire = compress(encoding, &[b'a'; 100_000]);
            assert_eq!(
                decode(encoding, wire.into(), LIMIT, &mut budget.hold()),
                Err(DecodeError::Full(Full))
            );
        }
    }

    #[test]
    fn bytes_after_the_last_member_are_not_gzip() {
        let wire = [compress(Encoding::Gzip, b"one").as_slice(), b"more"].concat();
        assert_eq!(check(Encoding::Gzip, &wire, LIMIT), Err(DecodeError::Corrupt("gzip")));
    }

    #[test]
    fn an_identity_body_shares_its_bytes_and_keeps_to_the_limit() {
        let wire = Bytes::from_static(b"plain");
        let budget = Budget::new(0);
        let out = decode(Encoding::Identity, wire.clone(), 5, &mut budget.hold()).unwrap();
        assert_eq!(out.as_ptr(), wire.as_ptr());
        assert_eq!(check(Encoding::Identity, b"plain", 4), Err(DecodeError::TooLarge { limit: 4 }));
    }

    #[test]
    fn names_are_read_whatever_their_case() {
        assert_eq!(Encoding::from_name("GZip"), Some(Encoding::Gzip));
        assert_eq!(Encoding::from_name("br"), None);
    }

    proptest! {
        #[test]
        fn what_was_compressed_comes_back(plain: Vec<u8>, repeat in 1_usize..200) {
            let plain = plain.repeat(repeat);
            for encoding in COMPRESSED {
                prop_assert_eq!(check(encoding, &compress(encoding, &plain), LIMIT).unwrap(), plain.clone());
            }
        }

        #[test]
        fn any_split_into_members_reads_the_same(parts: Vec<Vec<u8>>) {
            let wire: Vec<u8> = parts.iter().flat_map(|part| compress(Encoding::Gzip, part)).collect();
            prop_assert_eq!(check(Encoding::Gzip, &wire, LIMIT).unwrap(), parts.concat());
        }

        #[test]
        fn damaged_bodies_are_an_answer(plain: Vec<u8>, at: prop::sample::Index, flip in 1_u8..) {
            for encoding in COMPRESSED {
                let mut wire = compress(encoding, &plain);
                let at = at.index(wire.len());
                wire[at] ^= flip;
                let _ = check(encoding, &wire, LIMIT);
                let _ = check(encoding, &wire[..at], LIMIT);
            }
        }
    }
}
