//! Cross-origin requests: which pages may send from a browser, and how a browser is told.
//!
//! Source: the Fetch standard, "HTTP-CORS protocol".

use crate::receive::config;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

/// Headers that an OTLP request needs, whatever the settings add.
const NEEDED: &str = "content-type, content-encoding, authorization";

/// The section `cors`, built once.
pub struct Cors {
    origins: Vec<String>,
    headers: HeaderValue,
    max_age: HeaderValue,
}

/// An origin that may send.
pub struct Allowed<'a> {
    cors: &'a Cors,
    origin: HeaderValue,
}

impl Cors {
    pub fn new(config: &config::Cors) -> Cors {
        let headers = config.allowed_headers.iter().fold(NEEDED.to_string(), |all, name| all + ", " + name);
        Cors {
            origins: config.allowed_origins.clone(),
            headers: HeaderValue::try_from(headers)
                .expect("names of headers were checked with the configuration"),
            max_age: config.max_age.as_secs().into(),
        }
    }

    /// Whether a page of `origin` may send.
    pub fn allow(&self, origin: HeaderValue) -> Option<Allowed<'_>> {
        let text = origin.to_str().ok()?;
        let known = self.origins.iter().any(|pattern| matches(pattern, text));
        known.then_some(Allowed { cors: self, origin })
    }
}

/// `*` in a pattern stands for any text, once.
fn matches(pattern: &str, origin: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern.eq_ignore_ascii_case(origin),
        Some((before, after)) => {
            origin.len() >= before.len() + after.len()
                && origin.starts_with(before)
                && origin.ends_with(after)
        }
    }
}

impl Allowed<'_> {
    /// The answer to the question that a browser asks before it sends.
    pub fn preflight(&self) -> Response<Full<Bytes>> {
        let mut answer = Response::new(Full::default());
        *answer.status_mut() = StatusCode::NO_CONTENT;
        let headers = answer.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, self.cors.headers.clone());
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, self.cors.max_age.clone());
        answer
    }

    /// Marks an answer as one that the page may read.
    pub fn mark(self, mut answer: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
        let headers = answer.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, self.origin);
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        answer
    }
}
