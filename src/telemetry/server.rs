//! Small pages over HTTP/1.1, for scrapers and load balancers.

use super::{Health, Recorder};
use crate::net::converse::converse;
use crate::net::listen::{Conn, Incoming, Listener, Slots};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming as Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::debug;

/// Scrapers are few; more than these at once are hung up on.
const MOST_CONNECTIONS: usize = 32;

/// How long a connection may take to send its next request.
const PATIENCE: Duration = Duration::from_secs(90);

/// How often histograms are folded while nobody scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

type Page = Response<Full<Bytes>>;

/// Serves the metrics at `/metrics` until `stop`, and keeps their memory small.
pub async fn serve_metrics(listener: Listener, recorder: Recorder, stop: CancellationToken) {
    let shown = recorder.clone();
    let pages = serve(listener, stop, move |path| match path {
        "/metrics" => Some(page(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", shown.render())),
        _ => None,
    });
    let upkeep = async {
        loop {
            tokio::time::sleep(UPKEEP).await;
            recorder.upkeep();
        }
    };
    tokio::select! {
        () = pages => {}
        () = upkeep => {}
    }
}

/// Serves the health page at `/` until `stop`: 200 if we take requests now, else 503.
///
/// `stop` comes after the drain, so that the page can say that we are draining.
pub async fn serve_health(listener: Listener, health: Health, stop: CancellationToken) {
    let pages = move |path: &str| {
        let (ready, body) = health.report();
        let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (path == "/").then(|| page(status, "application/json", body))
    };
    serve(listener, stop, pages).await;
}

/// Answers GET with what `pages` has at a path, until `stop`; requests in hand are then finished.
async fn serve(
    listener: Listener,
    stop: CancellationToken,
    pages: impl Fn(&str) -> Option<Page> + Send + Sync + 'static,
) {
    let mut incoming: Incoming = listener.incoming(None, Slots::new(MOST_CONNECTIONS));
    let pages = Arc::new(pages);
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            conn = incoming.next() => {
                open.spawn(answer_all(conn, Arc::clone(&pages), stop.clone()));
            }
            Some(_) = open.join_next() => {}
            () = stop.cancelled() => break,
        }
    }
    while open.join_next().await.is_some() {}
}

async fn answer_all(conn: Conn, pages: Arc<impl Fn(&str) -> Option<Page>>, stop: CancellationToken) {
    let service = service_fn(|request| {
        let answer = answer(&request, &*pages);
        async { Ok::<_, Infallible>(answer) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    let conversation = http.serve_connection(TokioIo::new(conn), service);
    if let Err(error) = converse(conversation, http1::Connection::graceful_shutdown, &stop).await {
        debug!(%error, "a connection to a telemetry page broke");
    }
}

fn answer(request: &Request<Body>, pages: impl Fn(&str) -> Option<Page>) -> Page {
    let Some(found) = pages(request.uri().path()) else {
        return page(StatusCode::NOT_FOUND, "text/plain", "not found\n".into());
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refusal = page(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "only GET\n".into());
        refusal.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
        return refusal;
    }
    found
}

fn page(status: StatusCode, kind: &'static str, body: String) -> Page {
    let mut page = Response::new(Full::new(Bytes::from(body)));
    *page.status_mut() = status;
    page.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::listen::Endpoint;
    use crate::settings::HostPort;
    use crate::telemetry::health::Phase;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    async fn bound() -> (Listener, std::net::SocketAddr) {
        let listener = Endpoint::Tcp(HostPort::new("127.0.0.1", 0)).bind().await.unwrap();
        let address = listener.address().unwrap();
        (listener, address)
    }

    /// The whole answer to one request.
    async fn ask(address: std::net::SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("{request} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn metrics_are_scraped() {
        let (listener, address) = bound().await;
        let recorder = Recorder::new();
        recorder.scope(|| metrics::counter!("sidelight_test_total")).increment(1);
        let stop = CancellationToken::new();
        let server = tokio::spawn(serve_metrics(listener, recorder, stop.clone()));
        let answer = ask(address, "GET /metrics").await;
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("\nsidelight_test_total 1\n"),
            "{answer}"
        );
        assert!(ask(address, "GET /").await.starts_with("HTTP/1.1 404 "));
        let refused = ask(address, "POST /metrics").await;
        assert!(
            refused.starts_with("HTTP/1.1 405 ") && refused.contains("allow: GET, HEAD\r\n"),
            "{refused}"
        );
        stop.cancel();
        server.await.unwrap();
    }

    #[tokio::test]
    async fn the_health_page_says_ready_only_when_we_are() {
        let (listener, address) = bound().await;
        let health = Health::new();
        let stop = CancellationToken::new();
        let server = tokio::spawn(serve_health(listener, health.clone(), stop.clone()));
        for (phase, status) in [(Phase::Starting, "503"), (Phase::Ready, "200"), (Phase::Draining, "503")] {
            health.set(phase);
            let answer = ask(address, "GET /").await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{phase:?}: {answer}");
        }
        stop.cancel();
        server.await.unwrap();
    }

    #[tokio::test]
    async fn an_idle_connection_does_not_hold_up_the_end() {
        let (listener, address) = bound().await;
        let stop = CancellationToken::new();
        let server = tokio::spawn(serve_health(listener, Health::new(), stop.clone()));
        let mut idle = TcpStream::connect(address).await.unwrap();
        idle.write_all(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n").await.unwrap();
        assert_eq!(idle.read_u8().await.unwrap(), b'H');
        stop.cancel();
        server.await.unwrap();
    }
}
