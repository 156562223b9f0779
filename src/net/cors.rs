//! Cross-origin requests: which pages may send from a browser, and how a browser is told.
//!
//! Source: the Fetch standard, "HTTP-CORS protocol".

use crate::settings::Section;
use crate::units::serialize_duration;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use std::time::Duration;

/// The section `cors`: which pages may send from a browser.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Config {
    /// Origins such as `https://app.example.com`; `*` alone is any, `https://*.example.com` any below.
    pub allowed_origins: Vec<String>,
    /// Headers beside those that are needed here.
    pub allowed_headers: Vec<String>,
    /// How long a browser may remember the answer.
    #[serde(serialize_with = "serialize_duration")]
    pub max_age: Duration,
}

/// The section, built once.
pub struct Cors {
    origins: Vec<String>,
    methods: &'static str,
    headers: HeaderValue,
    max_age: HeaderValue,
}

/// An origin that may send.
pub struct Allowed<'a> {
    cors: &'a Cors,
    origin: HeaderValue,
}

impl Config {
    /// Overwrites what the user has set.
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.list("allowed_origins", &mut self.allowed_origins);
        section.list("allowed_headers", &mut self.allowed_headers);
        section.get("max_age", &mut self.max_age);
        if self.allowed_origins.is_empty() {
            section.problem("allowed_origins", "names no origin, so no page could send");
        }
        if self.allowed_headers.iter().any(|name| name.parse::<http::HeaderName>().is_err()) {
            section.problem("allowed_headers", "expected names of headers");
        }
    }

    /// For what takes `methods`, and needs `headers` whatever the settings add; both as the protocol writes them.
    pub fn build(&self, methods: &'static str, headers: &str) -> Cors {
        let headers = self.allowed_headers.iter().fold(headers.to_string(), |all, name| all + ", " + name);
        Cors {
            origins: self.allowed_origins.clone(),
            methods,
            headers: HeaderValue::try_from(headers)
                .expect("names of headers were checked with the configuration"),
            max_age: self.max_age.as_secs().into(),
        }
    }
}

impl Cors {
    /// Whether a page of the request's origin, if there is one, may send.
    pub fn allow(&self, headers: &HeaderMap) -> Option<Allowed<'_>> {
        let origin = headers.get(header::ORIGIN)?.clone();
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
    pub fn preflight<B: Default>(&self) -> Response<B> {
        let mut answer = Response::new(B::default());
        *answer.status_mut() = StatusCode::NO_CONTENT;
        let headers = answer.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(self.cors.methods));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, self.cors.headers.clone());
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, self.cors.max_age.clone());
        answer
    }

    /// Marks an answer as one that the page may read.
    pub fn mark<B>(self, mut answer: Response<B>) -> Response<B> {
        let headers = answer.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, self.origin);
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        answer
    }
}
