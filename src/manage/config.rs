//! The section `manage`.

use crate::net::listen::Door;
use crate::net::{auth, cors, tls};
use crate::settings::{HostPort, Secret, Section};
use crate::units::Size;

/// The management API and the page.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Config {
    /// Whether it is there at all.
    pub enabled: bool,
    /// Host and port; port 0 is any free one. Beyond loopback `auth` is needed.
    pub endpoint: HostPort,
    /// Plain text where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<tls::Server>,
    /// Open to everyone on this machine where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<auth::Config>,
    /// Names that may stand in a request's Host header, beside those of the endpoint and of loopback.
    pub allowed_hosts: Vec<String>,
    /// Pages of other origins are kept out where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cors: Option<cors::Config>,
    /// Limit of one body.
    pub max_request_body_size: Size,
    /// Whom `instrumentation/test-call` calls.
    pub test_call: TestCall,
    /// Where a trace is shown, with `{trace_id}` in it: a link of Grafana or Tempo. Empty: nowhere.
    pub trace_url: String,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            enabled: true,
            endpoint: HostPort::new("127.0.0.1", 8000),
            tls: None,
            auth: None,
            allowed_hosts: Vec::new(),
            cors: None,
            max_request_body_size: Size::mib(4),
            test_call: TestCall::default(),
            trace_url: String::new(),
        }
    }
}

/// `manage.test_call`: a provider that speaks the API of OpenAI's clients; one of our own where `url` is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct TestCall {
    /// Such as `https://api.openai.com/v1`.
    pub url: String,
    pub model: String,
    pub api_key: Secret,
}

impl TestCall {
    fn read(&mut self, section: &mut Section<'_>) {
        section.get("url", &mut self.url);
        section.get("model", &mut self.model);
        section.get("api_key", &mut self.api_key);
        if !self.url.is_empty() && !["http://", "https://"].iter().any(|scheme| self.url.starts_with(scheme))
        {
            section.problem("url", "expected a link like https://api.openai.com/v1");
        }
        if !self.url.is_empty() && self.model.is_empty() {
            section.problem("model", "a provider needs to be asked for a model");
        }
    }
}

impl Config {
    /// Overwrites what the user has set.
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("enabled", &mut self.enabled);
        section.get("endpoint", &mut self.endpoint);
        section.section("tls", |section| {
            if section.given() {
                self.tls.get_or_insert_default().read(section);
            }
        });
        section.section("auth", |section| {
            if section.given() {
                self.auth.get_or_insert_default().read(section);
            }
        });
        section.list("allowed_hosts", &mut self.allowed_hosts);
        section.section("cors", |section| {
            if section.given() {
                self.cors.get_or_insert_default().read(section);
            }
        });
        section.get("max_request_body_size", &mut self.max_request_body_size);
        section.section("test_call", |section| self.test_call.read(section));
        section.get("trace_url", &mut self.trace_url);
        if self.enabled && self.auth.is_none() && !self.endpoint.is_loopback() {
            section.problem("endpoint", "beyond loopback it needs auth: { bearer: TOKEN }");
        }
        if self.max_request_body_size < Size::kib(64) || self.max_request_body_size > Size::mib(64) {
            section.problem("max_request_body_size", "must be from 64KiB to 64MiB");
        }
        if !self.trace_url.is_empty() && !is_link(&self.trace_url) {
            section.problem("trace_url", "expected an http link with {trace_id} in it");
        }
    }
}

impl Config {
    /// Where it listens, if it does.
    pub fn doors(&self) -> impl Iterator<Item = Door<'_>> {
        // Beyond loopback it is never open: a token is asked for.
        self.enabled.then_some(Door { key: "endpoint", at: &self.endpoint, open: false }).into_iter()
    }

    /// `http`, or `https` with TLS.
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }
}

fn is_link(url: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) && url.contains("{trace_id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings;
    use expect_test::{Expect, expect};

    fn check(text: &str, problems: Expect) {
        let mut config = Config::default();
        problems.assert_eq(&settings::problems(text, |section| config.read(section)));
    }

    #[test]
    fn every_setting_is_read() {
        check(
            "enabled: true\nendpoint: 0.0.0.0:8000\nauth: { bearer: made-up }\nallowed_hosts: [sidelight.example]\n\
             cors: { allowed_origins: 'https://app.example' }\n\
             max_request_body_size: 1MiB\ntrace_url: https://grafana.example/explore?trace={trace_id}\n",
            expect![""],
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_key() {
        check(
            "endpoint: 0.0.0.0:8000\nmax_request_body_size: 1GiB\ntrace_url: javascript:alert(1)\ncors: {}\n",
            expect![[r#"
                c.yaml:1: endpoint: beyond loopback it needs auth: { bearer: TOKEN }
                c.yaml:2: max_request_body_size: must be from 64KiB to 64MiB
                c.yaml:3: trace_url: expected an http link with {trace_id} in it
                c.yaml:4: cors.allowed_origins: names no origin, so no page could send
            "#]],
        );
    }

    #[test]
    fn off_is_off_wherever_it_would_listen() {
        check("enabled: false\nendpoint: 0.0.0.0:8000\n", expect![""]);
    }
}
