//! What every OTLP peer can be told, with the key names of the OpenTelemetry Collector.

use super::compress::Compression;
use super::config::{self, Settings};
use super::{BoxError, Exporter, OtlpGrpc, OtlpHttp, lane};
use crate::net::tls;
use crate::otlp::Signal;
use crate::settings::{Secret, Section, choices};
use crate::units::Size;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub const USER_AGENT: &str = concat!("sidelight/", env!("CARGO_PKG_VERSION"));

/// How often an idle TCP connection, or an HTTP/2 one in use, is asked whether it still lives.
pub const PING: Duration = Duration::from_secs(30);

/// Which of the two transports a configuration is for: they differ in defaults and in a few keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Grpc,
    Http,
}

/// What is known of a peer's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Nothing.
    None,
    /// Texts past 2,048 bytes are cut by us before Tempo does it, since we leave JSON whole and say so; a
    /// trace that comes near 5 MB, past which Tempo drops spans after saying OK, is warned of.
    ///
    /// Source: Tempo `distributor.max_attribute_bytes`, `overrides.defaults.global.max_bytes_per_trace`.
    Tempo,
}

choices!(Profile { None = "none", Tempo = "tempo" });

/// What Tempo keeps unless it is told otherwise, in bytes.
const TEMPO_ATTRIBUTE: Size = Size(2048);
const TEMPO_TRACE: u64 = 5_000_000;

/// An exporter `otlp_grpc` or `otlp_http`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Config {
    #[serde(skip)]
    pub transport: Transport,
    /// gRPC: `host:port`, or with a scheme. HTTP: the URL to which `/v1/traces` and so on are added.
    pub endpoint: String,
    /// HTTP only: these URLs are used as they are.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub traces_endpoint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub logs_endpoint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub metrics_endpoint: String,
    pub tls: tls::Client,
    pub compression: Compression,
    /// The limit on one attempt, connecting included.
    #[serde(serialize_with = "crate::units::serialize_duration")]
    pub timeout: Duration,
    /// Sent with every request: tenants, bearer and basic authorisation. The values are secrets.
    pub headers: BTreeMap<String, Secret>,
    pub profile: Profile,
    #[serde(flatten)]
    pub lane: lane::Config,
}

impl Config {
    /// The defaults of `transport`: 5 s and 4 MiB a request for gRPC, 30 s and 16 MiB for HTTP.
    ///
    /// Source: the Collector's own defaults for time limits; 4 MiB is what a gRPC server takes unless
    /// told otherwise, the Collector's HTTP server takes 20 MiB.
    pub fn new(transport: Transport) -> Config {
        let (timeout, max_request_size) = match transport {
            Transport::Grpc => (Duration::from_secs(5), Size::mib(4)),
            Transport::Http => (Duration::from_secs(30), Size::mib(16)),
        };
        Config {
            transport,
            endpoint: String::new(),
            traces_endpoint: String::new(),
            logs_endpoint: String::new(),
            metrics_endpoint: String::new(),
            tls: tls::Client::default(),
            compression: Compression::default(),
            timeout,
            headers: BTreeMap::new(),
            profile: Profile::None,
            lane: lane::Config { max_request_size, ..lane::Config::default() },
        }
    }

    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("endpoint", &mut self.endpoint);
        if self.transport == Transport::Http {
            section.get("traces_endpoint", &mut self.traces_endpoint);
            section.get("logs_endpoint", &mut self.logs_endpoint);
            section.get("metrics_endpoint", &mut self.metrics_endpoint);
        }
        section.section("tls", |tls| self.tls.read(tls));
        section.get("compression", &mut self.compression);
        section.get("timeout", &mut self.timeout);
        section.map("headers", &mut self.headers);
        section.get("profile", &mut self.profile);
        if self.profile == Profile::Tempo {
            self.lane.max_attribute_bytes = TEMPO_ATTRIBUTE;
            self.lane.trace_limit = Some(TEMPO_TRACE);
        }
        self.lane.read(section);
        self.check(section);
    }

    fn check(&self, section: &mut Section<'_>) {
        if self.timeout.is_zero() {
            section.problem("timeout", "must be more than 0");
        }
        // The problem must not quote the value: it is a secret.
        for (name, value) in &self.headers {
            if header(name, value).is_err() {
                section.problem("headers", format!("{name:?} cannot be sent as an HTTP header"));
            }
        }
        if self.transport == Transport::Http && !self.tls.server_name_override.is_empty() {
            section.problem("tls", "server_name_override is for gRPC; give the name in the endpoint");
        }
        match self.transport {
            Transport::Grpc => check_url("endpoint", &self.grpc_uri(), section),
            Transport::Http => self.check_urls(section),
        }
    }

    fn check_urls(&self, section: &mut Section<'_>) {
        let all = Signal::ALL.map(|signal| self.endpoint_of(signal));
        if !self.endpoint.is_empty() || all.contains(&"") {
            check_url("endpoint", &self.endpoint, section);
        }
        for (key, url) in ["traces_endpoint", "logs_endpoint", "metrics_endpoint"].into_iter().zip(all) {
            if !url.is_empty() {
                check_url(key, url, section);
            }
        }
    }

    /// The verbatim URL of `signal`, `""` where none was given.
    pub fn endpoint_of(&self, signal: Signal) -> &str {
        match signal {
            Signal::Traces => &self.traces_endpoint,
            Signal::Logs => &self.logs_endpoint,
            Signal::Metrics => &self.metrics_endpoint,
        }
    }

    /// The gRPC peer with its scheme: a scheme that was given wins, else `tls.insecure` decides.
    pub fn grpc_uri(&self) -> String {
        match self.endpoint.contains("://") {
            true => self.endpoint.clone(),
            false if self.tls.insecure => format!("http://{}", self.endpoint),
            false => format!("https://{}", self.endpoint),
        }
    }
}

impl Settings for Config {
    fn lane(&self) -> lane::Config {
        lane::Config { secrets: self.headers.values().cloned().collect(), ..self.lane.clone() }
    }

    fn build(&self, _data_dir: &Path) -> Result<Arc<dyn Exporter>, BoxError> {
        Ok(match self.transport {
            Transport::Grpc => Arc::new(OtlpGrpc::new(self)?),
            Transport::Http => Arc::new(OtlpHttp::new(self)?),
        })
    }

    fn shown(&self) -> Box<RawValue> {
        config::shown(self)
    }
}

/// The settings of a peer by `transport`, as a [`Type`](config::Type) reads them.
pub(super) fn read(transport: Transport, section: &mut Section<'_>) -> Arc<dyn Settings> {
    let mut config = Config::new(transport);
    config.read(section);
    Arc::new(config)
}

pub(super) fn check_url(key: &str, url: &str, section: &mut Section<'_>) {
    let uri = url.parse::<Uri>().ok();
    let Some(authority) = uri.as_ref().and_then(Uri::authority) else {
        return section.problem(key, "an endpoint is needed, such as tempo:4317 or https://example.com");
    };
    if authority.as_str().contains('@') {
        section.problem(key, "credentials belong in headers, where they are kept secret");
    }
    if !matches!(uri.as_ref().and_then(Uri::scheme_str), Some("http" | "https")) {
        section.problem(key, "only http:// and https:// can be spoken to");
    }
}

/// The configured headers as they are sent, marked so that nothing prints them.
pub fn headers(configured: &BTreeMap<String, Secret>) -> Result<HeaderMap, BoxError> {
    configured.iter().map(|(name, value)| header(name, value)).collect()
}

fn header(name: &str, value: &Secret) -> Result<(HeaderName, HeaderValue), BoxError> {
    let mut sent = HeaderValue::try_from(&value.0)?;
    sent.set_sensitive(true);
    Ok((HeaderName::try_from(name)?, sent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::read_text;
    use expect_test::{Expect, expect};

    fn check(transport: Transport, yaml: &str, problems: Expect) {
        let mut config = Config::new(transport);
        let all = read_text("c", yaml, |section| config.read(section));
        problems.assert_eq(&all.iter().map(|problem| format!("{problem}\n")).collect::<String>());
    }

    #[test]
    fn what_collector_users_write_is_read() {
        let yaml = "endpoint: tempo:4317\ntls: { insecure: true }\ncompression: zstd\n\
            headers: { X-Scope-OrgID: one }\nretry_on_failure: { initial_interval: 5s }\n\
            sending_queue: { num_consumers: 2 }\n";
        check(Transport::Grpc, yaml, expect![[""]]);
        check(Transport::Http, "endpoint: https://example.com/otlp\n", expect![[""]]);
        check(
            Transport::Http,
            "{ traces_endpoint: http://a/t, logs_endpoint: http://a/l, metrics_endpoint: http://a/m }",
            expect![[""]],
        );
    }

    #[test]
    fn what_cannot_work_is_said_with_its_key() {
        check(
            Transport::Grpc,
            "compression: snappy",
            expect![[r#"
            c:1: endpoint: an endpoint is needed, such as tempo:4317 or https://example.com
            c:1: compression: expected none, gzip or zstd, found `snappy`
        "#]],
        );
        check(
            Transport::Http,
            "endpoint: tempo:4318",
            expect![[r#"
            c:1: endpoint: only http:// and https:// can be spoken to
        "#]],
        );
        check(
            Transport::Http,
            "endpoint: https://user:secret@example.com",
            expect![[r#"
                c:1: endpoint: credentials belong in headers, where they are kept secret
            "#]],
        );
        check(
            Transport::Http,
            "endpoint: ftp://a\nheaders: { \"a b\": c }\nretry_on_failure: { multiplier: 0 }",
            expect![[r#"
                c:1: endpoint: only http:// and https:// can be spoken to
                c:2: headers: "a b" cannot be sent as an HTTP header
                c:3: retry_on_failure.multiplier: must be between 1 and 100
            "#]],
        );
    }

    #[test]
    fn the_profile_of_tempo_sets_what_is_not_set_otherwise() {
        let read = |yaml: &str| {
            let mut config = Config::new(Transport::Grpc);
            assert!(read_text("c", yaml, |section| config.read(section)).is_empty());
            (config.lane.max_attribute_bytes.0, config.lane.trace_limit)
        };
        assert_eq!(read("{ endpoint: tempo:4317 }"), (0, None));
        assert_eq!(read("{ endpoint: tempo:4317, profile: tempo }"), (2048, Some(5_000_000)));
        let own = "{ endpoint: tempo:4317, profile: tempo, max_attribute_bytes: 64KiB }";
        assert_eq!(read(own), (65_536, Some(5_000_000)));
    }

    #[test]
    fn a_scheme_wins_over_insecure() {
        let uri = |endpoint: &str, insecure| {
            let tls = tls::Client { insecure, ..tls::Client::default() };
            Config { endpoint: endpoint.to_string(), tls, ..Config::new(Transport::Grpc) }.grpc_uri()
        };
        assert_eq!(uri("tempo:4317", true), "http://tempo:4317");
        assert_eq!(uri("tempo:4317", false), "https://tempo:4317");
        assert_eq!(uri("http://tempo:4317", false), "http://tempo:4317");
    }
}
