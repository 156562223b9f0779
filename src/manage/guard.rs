//! Who may ask: the Host header against DNS rebinding, bearer tokens, and no pages of other sites but those that
//! `manage.cors` names.

use super::config::Config;
use super::page;
use super::problem::Problem;
use crate::net::auth::{self, Gate};
use crate::net::cors::{Allowed, Cors};
use http::{HeaderMap, Request, StatusCode, Uri, header};
use std::net::IpAddr;

/// What pages of other origins may ask for, as a browser is told.
const METHODS: &str = "GET, POST, PUT";
const HEADERS: &str = "content-type, authorization, if-match";

/// The settings that decide, built once.
pub struct Guard {
    gate: Gate,
    /// Names that a Host header may carry; `None` where any may, since a token is asked for.
    hosts: Option<Vec<String>>,
    cors: Option<Cors>,
}

impl Guard {
    pub fn new(config: &Config) -> Guard {
        let gate = config.auth.as_ref().map(auth::Config::build).unwrap_or_default();
        let mut names = config.allowed_hosts.clone();
        names.push(config.endpoint.host.clone());
        let checked = config.endpoint.is_loopback() || !config.allowed_hosts.is_empty();
        let cors = config.cors.as_ref().map(|cors| cors.build(METHODS, HEADERS));
        Guard { gate, hosts: checked.then_some(names), cors }
    }

    /// The page of another origin that asks, if it may.
    pub fn page<B>(&self, request: &Request<B>) -> Option<Allowed<'_>> {
        self.cors.as_ref()?.allow(request.headers())
    }

    /// Whether a request may go on. What holds no data, the page and the documentation, needs no token:
    /// a browser cannot show one before it has a page.
    pub fn admit<B>(&self, request: &Request<B>) -> Result<(), Problem> {
        let (headers, uri) = (request.headers(), request.uri());
        if !self.knows_host(headers, uri) {
            let detail = "the Host header names no host of this API; see manage.allowed_hosts";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        if !request.method().is_safe() && self.page(request).is_none() && comes_from_elsewhere(headers, uri) {
            let detail = "pages of other sites may not change anything here";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        if !self.gate.admits(headers) && !page::is_public(uri.path()) {
            return Err(Problem::new(StatusCode::UNAUTHORIZED, "a valid bearer token is needed"));
        }
        Ok(())
    }

    /// A page elsewhere that has its name point to loopback sends that name here.
    fn knows_host(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let Some(names) = &self.hosts else { return true };
        let Some(host) = host(headers, uri) else { return false };
        let name = name_of(host);
        let loopback = name.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback());
        loopback
            || name.eq_ignore_ascii_case("localhost")
            || names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// Whether a browser says that a page of another origin sent this.
fn comes_from_elsewhere(headers: &HeaderMap, uri: &Uri) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = text(header::HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return true;
    }
    let Some(origin) = text(header::ORIGIN) else { return false };
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_none() || authority != host(headers, uri)
}

/// Host and port as the request has them.
fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    match uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => headers.get(header::HOST)?.to_str().ok(),
    }
}

/// `localhost` of `localhost:8000`, `::1` of `[::1]:8000`.
fn name_of(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::cors;
    use crate::settings::{HostPort, Secret};

    fn loopback() -> Config {
        Config::default()
    }

    fn beyond() -> Config {
        let auth = auth::Config { bearer: vec![Secret("made-up".to_string())] };
        Config { endpoint: HostPort::new("0.0.0.0", 8000), auth: Some(auth), ..Config::default() }
    }

    /// The status of the refusal, 200 where there is none.
    fn check(config: &Config, method: &str, path: &str, headers: &[(&str, &str)], status: u16) {
        let request =
            headers.iter().fold(Request::builder().method(method).uri(path), |request, (name, value)| {
                request.header(*name, *value)
            });
        let admitted = Guard::new(config).admit(&request.body(()).unwrap());
        assert_eq!(admitted.map_or_else(|problem| problem.status, |()| 200), status, "{path} {headers:?}");
    }

    #[test]
    fn on_loopback_only_names_of_loopback_are_answered() {
        for host in ["localhost:8000", "127.0.0.1:8000", "127.9.9.9", "[::1]:8000", "LOCALHOST"] {
            check(&loopback(), "GET", "/v1/status", &[("host", host)], 200);
        }
        for host in ["evil.example:8000", "localhost.evil.example", "0.0.0.0:8000", "[2001:db8::1]:8000", ""]
        {
            check(&loopback(), "GET", "/v1/status", &[("host", host)], 403);
        }
        check(&loopback(), "GET", "/v1/status", &[], 403);
        let named = Config { allowed_hosts: vec!["side.example".to_string()], ..loopback() };
        check(&named, "GET", "/v1/status", &[("host", "side.example:80")], 200);
    }

    #[test]
    fn beyond_loopback_a_token_is_asked_for_but_not_for_the_page() {
        let host = ("host", "side.example");
        check(&beyond(), "GET", "/v1/status", &[host], 401);
        check(&beyond(), "GET", "/v1/status", &[host, ("authorization", "Bearer wrong")], 401);
        check(&beyond(), "GET", "/v1/status", &[host, ("authorization", "Bearer made-up")], 200);
        check(&beyond(), "GET", "/", &[host], 200);
        check(&beyond(), "GET", "/openapi.json", &[host], 200);
    }

    #[test]
    fn a_page_that_was_named_may_change_something() {
        let origins = vec!["https://app.example".to_string()];
        let named = cors::Config { allowed_origins: origins, ..cors::Config::default() };
        let config = Config { cors: Some(named), ..loopback() };
        let host = ("host", "localhost:8000");
        let from = |origin| [host, ("origin", origin), ("sec-fetch-site", "cross-site")];
        check(&config, "POST", "/v1/queue/dead/replay", &from("https://app.example"), 200);
        check(&config, "POST", "/v1/queue/dead/replay", &from("https://evil.example"), 403);
        let elsewhere = [("host", "evil.example"), ("origin", "https://app.example")];
        check(&config, "POST", "/v1/queue/dead/replay", &elsewhere, 403);
    }

    #[test]
    fn pages_of_other_sites_change_nothing() {
        let host = ("host", "localhost:8000");
        for (headers, status) in [
            (vec![host], 200),
            (vec![host, ("origin", "http://localhost:8000"), ("sec-fetch-site", "same-origin")], 200),
            (vec![host, ("origin", "http://evil.example")], 403),
            (vec![host, ("origin", "http://localhost:3000")], 403),
            (vec![host, ("origin", "null")], 403),
            (vec![host, ("sec-fetch-site", "cross-site")], 403),
        ] {
            check(&loopback(), "POST", "/v1/queue/dead/replay", &headers, status);
        }
        check(&loopback(), "GET", "/v1/status", &[host, ("origin", "http://evil.example")], 200);
    }
}
