//! A worker that embeds, over HTTP: it is asked once, within a time limit, and what it answers is checked.

use super::{BoxError, Engine, Missed};
use crate::net::tls;
use futures_util::future::BoxFuture;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How many numbers it has to answer with. Source: the predecessor's contract.
const DIMENSIONS: usize = 384;

/// No more of an answer is read, in bytes: 384 numbers of any precision take a tenth of it.
const MOST_ANSWER: usize = 128 << 10;

/// Texts it is asked for at the same time.
const AT_ONCE: usize = 8;

pub struct Worker {
    client: Client,
    url: Url,
    timeout: Duration,
}

#[derive(Serialize)]
struct Question<'a> {
    text: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    embedding: Vec<f32>,
}

impl Worker {
    /// `timeout` is for one text, connecting included.
    pub fn new(url: &str, timeout: Duration) -> Result<Worker, BoxError> {
        let url = Url::parse(url)?;
        let client = Client::builder().redirect(Policy::none()).connect_timeout(timeout);
        let trusted = if url.scheme() == "https" {
            tls::Client::default().build(&[])?
        } else {
            tls::plain_text_only()?
        };
        let client = client.tls_backend_preconfigured(trusted).build()?;
        Ok(Worker { client, url, timeout })
    }

    async fn ask(&self, text: &str) -> Result<Vec<f32>, Missed> {
        let question = serde_json::to_vec(&Question { text }).expect("a text serialises");
        let asked =
            self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(question);
        let mut response = asked.send().await.map_err(|_| Missed::Unreachable)?;
        if !response.status().is_success() {
            return Err(Missed::Status);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| Missed::Unreachable)? {
            if body.len() + chunk.len() > MOST_ANSWER {
                return Err(Missed::Answer);
            }
            body.extend_from_slice(&chunk);
        }
        let Answer { embedding } = serde_json::from_slice(&body).map_err(|_| Missed::Answer)?;
        let good = embedding.len() == DIMENSIONS && embedding.iter().all(|x| x.is_finite());
        if good { Ok(embedding) } else { Err(Missed::Answer) }
    }
}

impl Engine for Worker {
    fn name(&self) -> &str {
        "worker"
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    /// One that drips its answer is cut off too.
    fn vector<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Vec<f32>, Missed>> {
        Box::pin(async move {
            tokio::time::timeout(self.timeout, self.ask(text)).await.unwrap_or(Err(Missed::Timeout))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// What a worker that answers `pieces`, one after the other and then nothing more, is heard as.
    async fn check(pieces: Vec<String>, expected: Result<usize, Missed>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/embed", listener.local_addr().unwrap());
        let worker = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4096];
            let read = socket.read(&mut asked).await.unwrap();
            for piece in pieces {
                socket.write_all(piece.as_bytes()).await.unwrap();
            }
            // A second question would be one too many.
            let again = tokio::time::timeout(Duration::from_millis(300), listener.accept()).await;
            assert!(again.is_err());
            String::from_utf8_lossy(&asked[..read]).into_owned()
        });
        let _ = rustls::crypto::ring::default_provider().install_default();
        let heard = Worker::new(&url, Duration::from_millis(200)).unwrap().vector("say \"hi\"").await;
        assert_eq!(heard.map(|vector| vector.len()), expected);
        let asked = worker.await.unwrap();
        assert!(asked.starts_with("POST /embed HTTP/1.1\r\n"), "{asked}");
        assert!(asked.ends_with("{\"text\":\"say \\\"hi\\\"\"}"), "{asked}");
    }

    fn ok(body: &str) -> Vec<String> {
        vec![format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())]
    }

    fn embedding(numbers: usize, number: &str) -> Vec<String> {
        ok(&format!("{{\"embedding\": [{}]}}", vec![number; numbers].join(", ")))
    }

    #[tokio::test]
    async fn a_vector_of_the_right_length_is_taken() {
        check(embedding(384, "-0.25"), Ok(384)).await;
    }

    #[tokio::test]
    async fn what_is_no_vector_is_none() {
        check(embedding(383, "0.5"), Err(Missed::Answer)).await;
        check(embedding(384, "NaN"), Err(Missed::Answer)).await;
        check(embedding(384, "1e300"), Err(Missed::Answer)).await;
        check(ok("{\"embedding\": null}"), Err(Missed::Answer)).await;
        check(ok("<html>"), Err(Missed::Answer)).await;
        check(embedding(50_000, "0.123456789"), Err(Missed::Answer)).await;
    }

    #[tokio::test]
    async fn a_worker_that_fails_or_sends_us_elsewhere_is_not_asked_again() {
        check(vec!["HTTP/1.1 500 no\r\ncontent-length: 0\r\n\r\n".into()], Err(Missed::Status)).await;
        let elsewhere = "HTTP/1.1 307 go\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n";
        check(vec![elsewhere.into()], Err(Missed::Status)).await;
        check(vec!["nonsense\r\n\r\n".into()], Err(Missed::Unreachable)).await;
    }

    #[tokio::test]
    async fn a_worker_that_drips_or_says_nothing_is_cut_off() {
        check(vec!["HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{".into()], Err(Missed::Timeout)).await;
        check(Vec::new(), Err(Missed::Timeout)).await;
    }

    #[tokio::test]
    async fn a_worker_that_is_not_there_is_unreachable() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let worker = Worker::new("http://127.0.0.1:9/", Duration::from_secs(1)).unwrap();
        assert_eq!(worker.vector("hi").await, Err(Missed::Unreachable));
    }
}
