//! Listening sockets: bound first, then a stream of connections that are ready to speak.
//!
//! Ready means admitted under the limit, shaken hands with where there is TLS, and with a first byte
//! to read: a peer that only connects keeps its slot for [`PATIENCE`] and holds up nobody else.

use crate::settings::HostPort;
use metrics::Counter;
use rustls::ServerConfig;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};

/// Connections open at once, over the listeners that share them (design: 1,000 connections).
pub const MOST_CONNECTIONS: usize = 1000;

/// How long a new connection may take to say its first byte or to shake hands.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait after the system refused to accept, most often for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Port 0 is any free one.
    Tcp(HostPort),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// A host and port that a configuration asks to listen on.
#[derive(Clone, Copy, Debug)]
pub struct Door<'a> {
    /// The key that names it, below its section.
    pub key: &'static str,
    pub at: &'a HostPort,
    /// Whether whoever reaches it may send, be it without a token or a certificate.
    pub open: bool,
}

/// Why a socket could not be bound. The message carries the endpoint; the caller adds its key.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error("{0} is in use by another process")]
    InUse(String),
    #[error("cannot listen on {endpoint}")]
    Failed {
        endpoint: String,
        #[source]
        source: io::Error,
    },
}

/// Slots for connections. Cloning shares them.
#[derive(Clone)]
pub struct Slots {
    free: Arc<Semaphore>,
    /// Counts connections that found none.
    turned_away: Counter,
}

/// A bound socket: peers that connect wait in the backlog until [`Listener::incoming`] is polled.
pub struct Listener {
    socket: Socket,
}

enum Socket {
    Tcp(TcpListener),
    Unix { listener: UnixListener, _file: SocketFile },
}

/// A bound socket that no runtime watches yet, on its way to the one that will.
pub struct Parked {
    socket: std::net::TcpListener,
}

/// The file of a Unix socket, removed with the listener.
struct SocketFile(PathBuf);

/// Connections as they become ready.
pub struct Incoming {
    socket: Socket,
    tls: Option<TlsAcceptor>,
    slots: Slots,
    getting_ready: JoinSet<io::Result<Conn>>,
}

/// A connection that is ready to speak. Dropping it frees its slot.
pub struct Conn {
    io: Box<dyn Io>,
    _slot: OwnedSemaphorePermit,
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

impl Slots {
    pub fn new(most: usize) -> Slots {
        let free = Arc::new(Semaphore::new(most));
        let turned_away = Counter::noop();
        Slots { free, turned_away }
    }

    /// The same slots, with connections that find none counted in `turned_away`.
    pub fn counting(self, turned_away: Counter) -> Slots {
        Slots { turned_away, ..self }
    }

    /// How many are free.
    pub fn free(&self) -> usize {
        self.free.available_permits()
    }
}

impl Endpoint {
    /// Binds, so that whatever is wrong shows before anything is served.
    ///
    /// The socket of a Unix endpoint that nobody answers is what a crash left behind, and is replaced.
    pub async fn bind(&self) -> Result<Listener, BindError> {
        let bound = match self {
            Endpoint::Tcp(HostPort { host, port }) => {
                TcpListener::bind((host.as_str(), *port)).await.map(Socket::Tcp)
            }
            Endpoint::Unix(path) => bind_unix(path).await,
        };
        let socket = bound.map_err(|source| BindError::new(self.to_string(), source))?;
        Ok(Listener { socket })
    }
}

impl Parked {
    /// Binds `address` for a runtime other than the one at hand; as [`Endpoint::bind`] otherwise.
    pub fn bind(address: &HostPort) -> Result<Parked, BindError> {
        let bound = std::net::TcpListener::bind((address.host.as_str(), address.port));
        let socket = bound.and_then(|socket| socket.set_nonblocking(true).map(|()| socket));
        let socket = socket.map_err(|source| BindError::new(address.to_string(), source))?;
        Ok(Parked { socket })
    }

    /// The bound address.
    pub fn address(&self) -> Option<SocketAddr> {
        self.socket.local_addr().ok()
    }

    /// Has the runtime at hand watch the socket.
    pub fn wake(self) -> io::Result<Listener> {
        TcpListener::from_std(self.socket).map(|listener| Listener { socket: Socket::Tcp(listener) })
    }
}

impl BindError {
    fn new(endpoint: String, source: io::Error) -> BindError {
        match source.kind() {
            io::ErrorKind::AddrInUse => BindError::InUse(endpoint),
            _ => BindError::Failed { endpoint, source },
        }
    }
}

impl serde::Serialize for Endpoint {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Tcp(address) => address.fmt(f),
            Endpoint::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

async fn bind_unix(path: &Path) -> io::Result<Socket> {
    let bound = match UnixListener::bind(path) {
        Err(error)
            if error.kind() == io::ErrorKind::AddrInUse && UnixStream::connect(path).await.is_err() =>
        {
            std::fs::remove_file(path)?;
            UnixListener::bind(path)
        }
        bound => bound,
    };
    Ok(Socket::Unix { listener: bound?, _file: SocketFile(path.into()) })
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Gone already is as good as removed.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Listener {
    /// The bound address; `None` for a Unix socket.
    pub fn address(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(listener) => listener.local_addr().ok(),
            Socket::Unix { .. } => None,
        }
    }

    /// Connections from this socket, each in one of `slots`, with TLS if `tls` is given.
    pub fn incoming(self, tls: Option<Arc<ServerConfig>>, slots: Slots) -> Incoming {
        Incoming {
            socket: self.socket,
            tls: tls.map(TlsAcceptor::from),
            slots,
            getting_ready: JoinSet::new(),
        }
    }
}

impl Incoming {
    /// The next connection that is ready. Cancel safe.
    ///
    /// A peer that finds no free slot is hung up on at once: its client tries again, where a peer
    /// left in the backlog would only wait.
    pub async fn next(&mut self) -> Conn {
        loop {
            tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok(stream) => self.admit(stream),
                    Err(error) => {
                        warn!(%error, "cannot accept connections");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(ready) = self.getting_ready.join_next() => match ready {
                    Ok(Ok(conn)) => return conn,
                    Ok(Err(error)) => debug!(%error, "a connection came to nothing"),
                    Err(error) => warn!(%error, "a connection failed on our side"),
                },
            }
        }
    }

    fn admit(&mut self, stream: Stream) {
        let Ok(slot) = Arc::clone(&self.slots.free).try_acquire_owned() else {
            self.slots.turned_away.increment(1);
            return;
        };
        let tls = self.tls.clone();
        self.getting_ready.spawn(async move {
            let io = tokio::time::timeout(PATIENCE, stream.ready(tls)).await??;
            Ok(Conn { io, _slot: slot })
        });
    }
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    async fn accept(&self) -> io::Result<Stream> {
        match self {
            Socket::Tcp(listener) => listener.accept().await.map(|(stream, _)| Stream::Tcp(stream)),
            Socket::Unix { listener, .. } => listener.accept().await.map(|(stream, _)| Stream::Unix(stream)),
        }
    }
}

impl Stream {
    /// Waits for the first byte, and shakes hands if there is TLS.
    async fn ready(self, tls: Option<TlsAcceptor>) -> io::Result<Box<dyn Io>> {
        match self {
            Stream::Tcp(stream) => {
                stream.set_nodelay(true)?;
                stream.readable().await?;
                secured(stream, tls).await
            }
            Stream::Unix(stream) => {
                stream.readable().await?;
                secured(stream, tls).await
            }
        }
    }
}

async fn secured(stream: impl Io + 'static, tls: Option<TlsAcceptor>) -> io::Result<Box<dyn Io>> {
    match tls {
        Some(tls) => Ok(Box::new(tls.accept(stream).await?)),
        None => Ok(Box::new(stream)),
    }
}

impl AsyncRead for Conn {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Conn {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
