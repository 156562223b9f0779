//! OTLP over HTTP: protobuf bodies posted to `endpoint/v1/{signal}`.

use super::answer::{self, MAX_ANSWER};
use super::config::Type;
use super::peer::{self, Transport};
use super::{BoxError, Exporter, Verdict};
use crate::net::tls;
use crate::otlp::{Batch, Signal};
use bytes::BytesMut;
use futures_util::future::BoxFuture;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use std::time::SystemTime;

const PROTOBUF: &str = "application/x-protobuf";

pub const TYPE: Type = Type {
    names: &["otlp_http", "otlphttp"],
    about: "OTLP over HTTP, as protobuf",
    read: |section| peer::read(Transport::Http, section),
};

/// One OTLP/HTTP peer. Connections are kept and reused; none is opened before the first batch.
pub struct OtlpHttp {
    client: reqwest::Client,
    urls: [reqwest::Url; 3],
    config: peer::Config,
}

impl OtlpHttp {
    /// Errors where the configuration cannot be turned into a client, such as a missing certificate.
    pub fn new(config: &peer::Config) -> Result<OtlpHttp, BoxError> {
        let urls = [
            url_of(config, Signal::Traces)?,
            url_of(config, Signal::Logs)?,
            url_of(config, Signal::Metrics)?,
        ];
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(trusted(config, &urls)?)
            .user_agent(peer::USER_AGENT)
            .default_headers(peer::headers(&config.headers)?)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(config.timeout)
            .connect_timeout(config.timeout)
            .http2_keep_alive_interval(Some(peer::PING))
            .http2_keep_alive_timeout(config.timeout)
            .build()?;
        Ok(OtlpHttp { client, urls, config: config.clone() })
    }

    async fn attempt(&self, batch: &Batch) -> Verdict {
        let body = match self.config.compression.apply(batch.otlp().clone()).await {
            Ok(body) => body,
            Err(error) => {
                return Verdict::Later { after: None, cause: error.into() };
            }
        };
        let url = self.urls[signal_index(batch.signal())].clone();
        let mut request = self.client.post(url).header(CONTENT_TYPE, PROTOBUF);
        if let Some(encoding) = self.config.compression.encoding() {
            request = request.header(CONTENT_ENCODING, encoding);
        }
        match request.body(body).send().await {
            Ok(response) => verdict(response, batch.items()).await,
            // The URL may carry a key in its query, and the operator knows it anyway.
            Err(error) => Verdict::Later { after: None, cause: error.without_url().into() },
        }
    }
}

impl Exporter for OtlpHttp {
    fn carries(&self, _: Signal) -> bool {
        true
    }

    fn needs_valid_ids(&self) -> bool {
        true
    }

    fn send<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Verdict> {
        Box::pin(self.attempt(batch))
    }
}

async fn verdict(response: reqwest::Response, sent: u32) -> Verdict {
    let status = response.status();
    let headers = response.headers().clone();
    let (body, whole) = read(response).await;
    if status.is_success() {
        return match media_type(&headers) {
            _ if !whole => answer::unread(),
            "application/json" => answer::accepted_json(&body, sent),
            "" | PROTOBUF => answer::accepted(&body, sent),
            _ => Verdict::Sent { rejected: 0, message: Some("the answer is not OTLP".to_string()) },
        };
    }
    let words = match media_type(&headers) {
        PROTOBUF => answer::status_words(&body).unwrap_or_default(),
        "application/json" => answer::status_words_json(&body).unwrap_or_default(),
        _ => String::from_utf8_lossy(&body[..body.len().min(4096)]).into_owned(),
    };
    let retry_after = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    answer::http(status.as_u16(), retry_after, words, SystemTime::now())
}

/// What can be read of the answer, up to [`MAX_ANSWER`], and whether that is all of it. The status has said
/// what matters: an answer that breaks off does not change it.
pub(super) async fn read(mut response: reqwest::Response) -> (BytesMut, bool) {
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= MAX_ANSWER => body.extend_from_slice(&chunk),
            Ok(None) => return (body, true),
            _ => return (body, false),
        }
    }
}

/// The media type in lower case as far as we know it, without its parameters.
fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    value.split(';').next().unwrap_or("").trim()
}

/// The system's roots are read only where some URL needs them.
fn trusted(config: &peer::Config, urls: &[reqwest::Url]) -> Result<rustls::ClientConfig, BoxError> {
    if urls.iter().any(|url| url.scheme() == "https") {
        return Ok(config.tls.build(&[])?);
    }
    Ok(tls::plain_text_only()?)
}

fn url_of(config: &peer::Config, signal: Signal) -> Result<reqwest::Url, BoxError> {
    Ok(match config.endpoint_of(signal) {
        "" => {
            reqwest::Url::parse(&format!("{}/v1/{}", config.endpoint.trim_end_matches('/'), signal.name()))?
        }
        verbatim => reqwest::Url::parse(verbatim)?,
    })
}

fn signal_index(signal: Signal) -> usize {
    signal as usize - 1
}
