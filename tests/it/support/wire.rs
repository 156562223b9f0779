//! What can go wrong between an exporter and its peer: a wire that breaks, stalls or is slow, and peers that never
//! speak sense.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Something that listens on a free port of loopback until it is dropped.
pub struct Listening {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Listening {
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every connection is `serve`d by itself.
    async fn start<F, S>(serve: S) -> Listening
    where
        S: Fn(TcpStream) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream));
            }
        });
        Listening { address, serving }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What a wire does to a connection.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Closes it after so many bytes of what the peer says.
    CutAfter(u64),
    /// Lets nothing more of what the peer says through after so many bytes.
    StallAfter(u64),
    /// Brings the peer a few hundred bytes at a time, with a pause after each.
    Slow,
}

/// A wire to the server at `address`.
pub async fn wire(address: SocketAddr, fault: Fault) -> Listening {
    Listening::start(move |near| async move {
        let far = TcpStream::connect(address).await.expect("the peer listens");
        let (near_read, near_write) = near.into_split();
        let (far_read, far_write) = far.into_split();
        let there = async {
            match fault {
                Fault::Slow => drip(near_read, far_write).await,
                _ => pass(near_read, far_write, u64::MAX).await,
            }
        };
        let back = async {
            match fault {
                Fault::CutAfter(bytes) => pass(far_read, near_write, bytes).await,
                Fault::StallAfter(bytes) => {
                    pass(far_read, near_write, bytes).await;
                    std::future::pending().await
                }
                Fault::Slow => pass(far_read, near_write, u64::MAX).await,
            }
        };
        // The end of either is the end of the connection, but for what the other still holds.
        tokio::select! {
            () = there => {}
            () = back => {}
        }
    })
    .await
}

/// At most so many bytes, whatever becomes of the connections.
async fn pass(from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, bytes: u64) {
    let _ = tokio::io::copy(&mut from.take(bytes), &mut to).await;
}

async fn drip(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
    let mut drop = [0; 256];
    while let Ok(read @ 1..) = from.read(&mut drop).await {
        if to.write_all(&drop[..read]).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A peer that says `first`, then `again` for ever, to everybody who has said something.
pub async fn babbling(first: Vec<u8>, again: Vec<u8>) -> Listening {
    Listening::start(move |mut stream| {
        let (first, again) = (first.clone(), again.clone());
        async move {
            let mut heard = [0; 1024];
            if !matches!(stream.read(&mut heard).await, Ok(1..)) || stream.write_all(&first).await.is_err() {
                return;
            }
            while !again.is_empty() {
                if stream.write_all(&again).await.is_err() {
                    return;
                }
            }
            // It hears everything to its end and has nothing more to say.
            while matches!(stream.read(&mut heard).await, Ok(1..)) {}
        }
    })
    .await
}

/// One frame of HTTP/2 (RFC 9113, 4.1).
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a small frame").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}
