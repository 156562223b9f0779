//! Request bodies made smaller, at the cheapest level: anything above costs a core for a few percent.

use crate::settings::choices;
use bytes::Bytes;
use std::io;

/// Smaller bodies are compressed where they are: handing them to another thread costs more.
const WORTH_A_THREAD: usize = 64 << 10;

/// `compression` of an exporter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    None,
    #[default]
    Gzip,
    Zstd,
}

choices!(Compression { None = "none", Gzip = "gzip", Zstd = "zstd" });

impl Compression {
    /// The value of `content-encoding` and `grpc-encoding`; `None` where there is nothing to say.
    pub fn encoding(self) -> Option<&'static str> {
        match self {
            Compression::None => None,
            Compression::Gzip => Some("gzip"),
            Compression::Zstd => Some("zstd"),
        }
    }

    /// `plain`, compressed; the same bytes for [`Compression::None`]. Large bodies are worked on by
    /// the runtime's blocking threads.
    pub async fn apply(self, plain: Bytes) -> io::Result<Bytes> {
        if self == Compression::None || plain.len() < WORTH_A_THREAD {
            return self.compress(&plain);
        }
        tokio::task::spawn_blocking(move || self.compress(&plain)).await.map_err(io::Error::other)?
    }

    fn compress(self, plain: &Bytes) -> io::Result<Bytes> {
        match self {
            Compression::None => Ok(plain.clone()),
            Compression::Gzip => gzip(plain),
            Compression::Zstd => zstd::bulk::compress(plain, 1).map(Bytes::from),
        }
    }
}

fn gzip(plain: &[u8]) -> io::Result<Bytes> {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::fastest());
    let mut out = vec![0; compressor.gzip_compress_bound(plain.len())];
    let length = compressor.gzip_compress(plain, &mut out).map_err(io::Error::other)?;
    out.truncate(length);
    Ok(out.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[expect(clippy::disallowed_methods, reason = "what we have just made, in a test")]
    async fn check(length: usize) {
        let plain = Bytes::from("tell me a story, ".repeat(length / 17 + 1));
        let gzip = Compression::Gzip.apply(plain.clone()).await.unwrap();
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(gzip.as_ref()).read_to_end(&mut text).unwrap();
        assert_eq!(text, plain);
        let zstd = Compression::Zstd.apply(plain.clone()).await.unwrap();
        assert_eq!(zstd::bulk::decompress(&zstd, plain.len()).unwrap(), plain);
        assert_eq!(Compression::None.apply(plain.clone()).await.unwrap(), plain);
    }

    #[tokio::test]
    async fn small_and_large_bodies_come_back_as_they_were() {
        check(0).await;
        check(WORTH_A_THREAD * 2).await;
    }
}
