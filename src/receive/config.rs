//! The section `receivers`, with the keys of the OpenTelemetry Collector's `otlp` receiver.

use crate::net::listen::{Door, Endpoint};
use crate::net::{auth, cors, tls};
use crate::settings::{HostPort, Section, choices};
use crate::units::{Size, serialize_duration};
use std::path::PathBuf;
use std::time::Duration;

/// Each body may be held three times over: on the wire, decompressed, and patched.
const COPIES: u64 = 3;

/// The section `receivers`: OTLP by default, else what is named.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Config {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otlp: Option<Otlp>,
    #[cfg(feature = "kafka")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kafka: Option<super::kafka::Config>,
}

/// The section `receivers.otlp`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Otlp {
    pub protocols: Protocols,
}

/// The section `receivers.otlp.protocols`: both by default, else those that are named.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Protocols {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grpc: Option<Grpc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<Http>,
}

/// The section `receivers.otlp.protocols.grpc`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Grpc {
    /// `host:port`, or the path of a socket where `transport` is `unix`.
    pub endpoint: Endpoint,
    pub transport: Transport,
    /// Limit of one message, on the wire and after decompression, in MiB.
    pub max_recv_msg_size_mib: u32,
    /// Plain text where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<tls::Server>,
    /// Open to all who can connect where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<auth::Config>,
    pub keepalive: Keepalive,
}

/// What a gRPC endpoint names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    #[default]
    Tcp,
    Unix,
}

choices!(Transport { Tcp = "tcp", Unix = "unix" });

/// The section `keepalive`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Keepalive {
    pub server_parameters: ServerParameters,
}

/// The section `keepalive.server_parameters`: when peers are asked whether they are still there.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ServerParameters {
    /// A connection is asked to end after this long, so that clients spread anew; 0 is never.
    #[serde(serialize_with = "serialize_duration")]
    pub max_connection_age: Duration,
    /// Silence after which a peer is pinged.
    #[serde(serialize_with = "serialize_duration")]
    pub time: Duration,
    /// How long the answer to a ping may take.
    #[serde(serialize_with = "serialize_duration")]
    pub timeout: Duration,
}

/// The section `receivers.otlp.protocols.http`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Http {
    pub endpoint: HostPort,
    /// Limit of one body, on the wire and after decompression.
    pub max_request_body_size: Size,
    /// Plain text where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<tls::Server>,
    /// Open to all who can connect where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<auth::Config>,
    /// Browsers on other origins are kept out where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cors: Option<cors::Config>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            otlp: Some(Otlp::default()),
            #[cfg(feature = "kafka")]
            kafka: None,
        }
    }
}

impl Default for Protocols {
    fn default() -> Protocols {
        Protocols { grpc: Some(Grpc::default()), http: Some(Http::default()) }
    }
}

impl Default for Grpc {
    fn default() -> Grpc {
        Grpc {
            endpoint: Endpoint::Tcp(HostPort::new("127.0.0.1", 4317)),
            transport: Transport::default(),
            max_recv_msg_size_mib: 16,
            tls: None,
            auth: None,
            keepalive: Keepalive::default(),
        }
    }
}

impl Default for ServerParameters {
    /// Pings far more often than grpc-go (2 h): a peer that vanished should not keep its slot for hours.
    fn default() -> ServerParameters {
        ServerParameters {
            max_connection_age: Duration::ZERO,
            time: Duration::from_secs(60),
            timeout: Duration::from_secs(20),
        }
    }
}

impl Default for Http {
    fn default() -> Http {
        Http {
            endpoint: HostPort::new("127.0.0.1", 4318),
            max_request_body_size: Size::mib(20),
            tls: None,
            auth: None,
            cors: None,
        }
    }
}

impl Config {
    /// A given map replaces the built-in one.
    pub fn read(&mut self, section: &mut Section<'_>) {
        let mut otlp = Otlp::default();
        section.section("otlp", |section| {
            section.section("protocols", |section| otlp.protocols.read(section));
        });
        self.read_kafka(section);
        if section.given() {
            self.otlp = section.has("otlp").then_some(otlp);
            if self.otlp.is_none() && !section.has("kafka") {
                section.problem("", "needs otlp or kafka: without them nothing comes in");
            }
        }
    }

    #[cfg(feature = "kafka")]
    fn read_kafka(&mut self, section: &mut Section<'_>) {
        let given = section.has("kafka");
        section.section("kafka", |section| {
            if given {
                self.kafka.get_or_insert_default().read(section);
            }
        });
    }

    #[cfg(not(feature = "kafka"))]
    fn read_kafka(&mut self, section: &mut Section<'_>) {
        section.unavailable(&["kafka"], crate::settings::NO_KAFKA);
    }

    /// Every host and port to listen on.
    pub fn doors(&self) -> Vec<Door<'_>> {
        let Some(Otlp { protocols }) = &self.otlp else {
            return Vec::new();
        };
        let grpc = protocols.grpc.as_ref().and_then(|Grpc { endpoint, tls, auth, .. }| match endpoint {
            Endpoint::Tcp(at) => {
                Some(Door { key: "otlp.protocols.grpc.endpoint", at, open: is_open(tls, auth) })
            }
            Endpoint::Unix(_) => None,
        });
        let http = protocols.http.as_ref().map(|Http { endpoint: at, tls, auth, .. }| Door {
            key: "otlp.protocols.http.endpoint",
            at,
            open: is_open(tls, auth),
        });
        grpc.into_iter().chain(http).collect()
    }

    /// The schemes of URLs that reach the gRPC and the HTTP endpoint: `https` where it speaks TLS.
    pub fn schemes(&self) -> [&'static str; 2] {
        let protocols = self.otlp.as_ref().map(|otlp| &otlp.protocols);
        let grpc = protocols.and_then(|protocols| protocols.grpc.as_ref()?.tls.as_ref());
        let http = protocols.and_then(|protocols| protocols.http.as_ref()?.tls.as_ref());
        [grpc, http].map(|tls| if tls.is_some() { "https" } else { "http" })
    }

    /// What is wrong in view of `queue.max_in_flight`, each with its key below `receivers`.
    pub fn check(&self, max_in_flight: Size) -> Vec<(&'static str, String)> {
        let protocols = self.otlp.as_ref().map(|otlp| &otlp.protocols);
        let grpc = protocols.and_then(|protocols| protocols.grpc.as_ref());
        let grpc = grpc.map(|grpc| ("otlp.protocols.grpc.max_recv_msg_size_mib", grpc.limit()));
        let http = protocols.and_then(|protocols| protocols.http.as_ref());
        let http = http.map(|http| ("otlp.protocols.http.max_request_body_size", http.max_request_body_size));
        #[cfg(feature = "kafka")]
        let kafka = self.kafka.as_ref().map(|kafka| ("kafka.max_message_size", kafka.max_message_size));
        #[cfg(not(feature = "kafka"))]
        let kafka = None;
        let too_large = |(_, limit): &(_, Size)| limit.0.saturating_mul(COPIES) > max_in_flight.0;
        let text = format!(
            "a request may be held {COPIES} times over (as it came, decompressed, patched), \
             which is more than queue.max_in_flight, {max_in_flight}"
        );
        let limits = grpc.into_iter().chain(http).chain(kafka).filter(too_large);
        limits.map(|(key, _)| (key, text.clone())).collect()
    }
}

impl Protocols {
    fn read(&mut self, section: &mut Section<'_>) {
        let (mut grpc, mut http) = (Grpc::default(), Http::default());
        section.section("grpc", |section| grpc.read(section));
        section.section("http", |section| http.read(section));
        if section.given() {
            self.grpc = section.has("grpc").then_some(grpc);
            self.http = section.has("http").then_some(http);
            if self.grpc.is_none() && self.http.is_none() {
                section.problem("", "needs grpc or http: without them nothing comes in");
            }
        }
    }
}

impl Grpc {
    fn read(&mut self, section: &mut Section<'_>) {
        section.get("transport", &mut self.transport);
        match self.transport {
            Transport::Unix => {
                let mut path = PathBuf::new();
                section.get("endpoint", &mut path);
                if path.as_os_str().is_empty() {
                    section.problem("endpoint", "transport unix needs the path of a socket");
                }
                self.endpoint = Endpoint::Unix(path);
            }
            Transport::Tcp => {
                let mut address = HostPort::new("127.0.0.1", 4317);
                section.get("endpoint", &mut address);
                self.endpoint = Endpoint::Tcp(address);
            }
        }
        section.get("max_recv_msg_size_mib", &mut self.max_recv_msg_size_mib);
        if self.max_recv_msg_size_mib == 0 {
            section.problem("max_recv_msg_size_mib", "needs to be 1 at least");
        }
        read_tls(section, &mut self.tls);
        read_auth(section, &mut self.auth);
        section.section("keepalive", |section| {
            section.section("server_parameters", |section| self.keepalive.server_parameters.read(section));
            section.not_built_yet(&["enforcement_policy"]);
        });
    }

    /// The limit of one message.
    pub fn limit(&self) -> Size {
        Size::mib(self.max_recv_msg_size_mib.into())
    }
}

impl ServerParameters {
    fn read(&mut self, section: &mut Section<'_>) {
        section.get("max_connection_age", &mut self.max_connection_age);
        section.get("time", &mut self.time);
        section.get("timeout", &mut self.timeout);
        for (key, value) in [("time", self.time), ("timeout", self.timeout)] {
            if value.is_zero() {
                section.problem(key, "needs to be more than 0s");
            }
        }
        section.not_built_yet(&["max_connection_idle", "max_connection_age_grace"]);
    }
}

impl Http {
    fn read(&mut self, section: &mut Section<'_>) {
        section.get("endpoint", &mut self.endpoint);
        section.get("max_request_body_size", &mut self.max_request_body_size);
        if self.max_request_body_size.0 == 0 {
            section.problem("max_request_body_size", "needs to be more than 0");
        }
        read_tls(section, &mut self.tls);
        read_auth(section, &mut self.auth);
        section.section("cors", |section| {
            if section.given() {
                self.cors.get_or_insert_default().read(section);
            }
        });
    }
}

fn is_open(tls: &Option<tls::Server>, auth: &Option<auth::Config>) -> bool {
    auth.is_none() && !tls.as_ref().is_some_and(tls::Server::asks_for_certificates)
}

fn read_tls(section: &mut Section<'_>, tls: &mut Option<tls::Server>) {
    section.section("tls", |section| {
        if section.given() {
            tls.get_or_insert_default().read(section);
        }
    });
}

fn read_auth(section: &mut Section<'_>, auth: &mut Option<auth::Config>) {
    section.section("auth", |section| {
        if section.given() {
            auth.get_or_insert_default().read(section);
        }
    });
}
