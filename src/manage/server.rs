//! The thread, the runtime and the connections of the API, apart from those of the line.

use super::app::{App, Parts};
use super::config::Config;
use super::guard::Guard;
use super::problem::Problem;
use super::{page, routes};
use crate::net::converse::converse;
use crate::net::listen::{BindError, Conn, Listener, Parked, Slots};
use crate::net::patient::Patient;
use crate::net::tls::{Server, TlsError};
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{Method, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::{debug, error};

/// Connections at once; more are hung up on.
const MOST_CONNECTIONS: usize = 128;

/// Threads for work that blocks: the store, the disk, enriching.
const MOST_BLOCKING: usize = 2;

/// How long a request's head may take, and with it how long an idle connection is kept.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long an answer may take to begin.
const ANSWER: Duration = Duration::from_secs(60);

/// How long connections in hand may take once we stop.
const GOODBYE: Duration = Duration::from_secs(2);

/// Buffer of one connection, and with it the limit of a request's head, in bytes.
const BUFFER: usize = 32 << 10;

/// Why the API could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("manage.endpoint")]
    Bind(#[source] BindError),
    #[error("manage.tls")]
    Tls(#[source] TlsError),
}

/// The API, bound and not yet serving.
pub struct Bound {
    listener: Parked,
    tls: Option<Arc<ServerConfig>>,
    config: Config,
}

/// Binds what `config` asks for; `None` where it is off.
pub fn bind(config: &Config) -> Result<Option<Bound>, StartError> {
    if !config.enabled {
        return Ok(None);
    }
    let build = |tls: &Server| tls.build(&["http/1.1"]);
    let tls = config.tls.as_ref().map(build).transpose().map_err(StartError::Tls)?;
    let listener = Parked::bind(&config.endpoint).map_err(StartError::Bind)?;
    Ok(Some(Bound { listener, tls, config: config.clone() }))
}

impl Bound {
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.address()
    }

    /// Serves until `stop`, on this thread and with a runtime of its own. Blocks.
    pub fn serve(self, parts: Parts, stop: CancellationToken) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .thread_name("manage-work")
            .max_blocking_threads(MOST_BLOCKING)
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return error!(%error, "the management API cannot start"),
        };
        let Bound { listener, tls, config } = self;
        runtime.block_on(async {
            match listener.wake() {
                Ok(listener) => accept(listener, tls, Requests::new(parts, config, &stop), stop).await,
                Err(error) => error!(%error, "the management API cannot listen"),
            }
        });
        runtime.shutdown_timeout(GOODBYE);
    }
}

async fn accept(
    listener: Listener,
    tls: Option<Arc<ServerConfig>>,
    requests: Requests,
    stop: CancellationToken,
) {
    let requests = Arc::new(requests);
    let mut incoming = listener.incoming(tls, Slots::new(MOST_CONNECTIONS));
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            conn = incoming.next() => {
                open.spawn(answer_all(conn, Arc::clone(&requests), stop.clone()));
            }
            Some(_) = open.join_next() => {}
            () = stop.cancelled() => break,
        }
    }
    let ended = async { while open.join_next().await.is_some() {} };
    // Whoever is still reading then is cut.
    let _ = timeout(GOODBYE, ended).await;
}

/// One connection, to its end.
async fn answer_all(conn: Conn, requests: Arc<Requests>, stop: CancellationToken) {
    let service = service_fn(|request| {
        let requests = Arc::clone(&requests);
        async move { Ok::<_, Infallible>(requests.answer(request).await) }
    });
    if let Err(error) = serve(conn, service, &stop).await {
        debug!(%error, "a connection to the management API broke");
    }
}

/// Has `service` answer what comes over `io`. Whoever is slow to ask or to read is cut.
async fn serve<I, S>(io: I, service: S, stop: &CancellationToken) -> Result<(), hyper::Error>
where
    I: AsyncRead + AsyncWrite + Unpin,
    S: HttpService<Incoming, ResBody = Body, Error = Infallible>,
{
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(BUFFER);
    let conversation = http.serve_connection(TokioIo::new(Patient::new(io, PATIENCE)), service);
    converse(conversation, http1::Connection::graceful_shutdown, stop).await
}

/// What every request needs.
struct Requests {
    guard: Guard,
    router: Router,
}

impl Requests {
    fn new(parts: Parts, config: Config, stop: &CancellationToken) -> Requests {
        let guard = Guard::new(&config);
        let app = Arc::new(App::new(parts, config, stop.clone()));
        Requests { guard, router: routes::router(app) }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response {
        let page = self.guard.page(&request);
        let mut answer = match &page {
            // What a browser asks first, without the token that it would send.
            Some(page) if request.method() == Method::OPTIONS => page.preflight(),
            _ => self.decide(request).await,
        };
        page::harden(answer.headers_mut());
        match page {
            Some(page) => page.mark(answer),
            None => answer,
        }
    }

    async fn decide(&self, request: Request<Incoming>) -> Response {
        if let Err(problem) = self.guard.admit(&request) {
            return problem.into_response();
        }
        let asked = self.router.clone().oneshot(request.map(Body::new));
        let answered = timeout(ANSWER, asked).await;
        answered.map_or_else(
            |_| Problem::later("this takes too long; ask for less").into_response(),
            |Ok(answer)| answer,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::{Instant, sleep};

    /// Serves one connection by an answer that has no end, over a line that holds 4 KiB; how long until it is over, and
    /// what of it was wrong.
    async fn served(client: impl AsyncFnOnce(DuplexStream)) -> (Duration, Option<hyper::Error>) {
        let (far, near) = duplex(4096);
        let service = service_fn(|_| async {
            let endless = stream::repeat_with(|| Ok::<_, Infallible>("event: status\n\n"));
            Ok::<_, Infallible>(Response::new(Body::from_stream(endless)))
        });
        let (begun, stop) = (Instant::now(), CancellationToken::new());
        let served = async { (serve(near, service, &stop).await.err(), begun.elapsed()) };
        let ((error, took), ()) = tokio::join!(served, client(far));
        (took, error)
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_drips_the_head_of_a_request_is_cut() {
        let (took, error) = served(async |mut line| {
            while line.write_all(b"G").await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
        })
        .await;
        assert!(error.is_some_and(|error| error.is_timeout()));
        assert!(took <= PATIENCE + Duration::from_secs(1), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_asks_nothing_is_cut() {
        let (took, _) = served(async |mut line| {
            let _ = line.read(&mut [0; 16]).await;
        })
        .await;
        assert!(took <= PATIENCE + Duration::from_secs(1), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_stops_reading_a_stream_of_events_is_cut() {
        let (took, error) = served(async |mut line| {
            line.write_all(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
            line.read_exact(&mut [0; 8192]).await.unwrap();
            // Holds the line, and reads no more.
            sleep(PATIENCE * 10).await;
        })
        .await;
        assert!(error.is_some());
        assert!(took <= PATIENCE + Duration::from_secs(1), "{took:?}");
    }
}
