//! In: gRPC, HTTP and Kafka; `intake` is the one way from a received body to the queue.
//!
//! [`bind`] first, so that a port in use is an error before anything runs; then [`Receiver::serve`]
//! until the drain stops it: no new connections, requests in hand are finished.

mod config;
pub mod frame;
mod grpc;
mod http;
mod intake;
#[cfg(feature = "kafka")]
pub mod kafka;
mod line;
mod llm_metrics;
mod metrics;
mod pool;
mod refusal;
mod status;
mod windows;

pub use config::{Config, Grpc, Http, Keepalive, Otlp, Protocols, ServerParameters, Transport};
pub use intake::{Arrival, Door, Format, Intake, Via};
pub use line::{Line, Live, Standard};
pub use llm_metrics::LlmMetrics;
pub use metrics::{Metrics, Totals};
pub use refusal::Refusal;

use crate::drain::Drain;
use crate::net::auth::{self, Gate};
use crate::net::listen::{BindError, Endpoint, Listener, MOST_CONNECTIONS, Slots};
use crate::net::tls::{self, TlsError};
use rustls::ServerConfig;
use std::net::SocketAddr;
use std::sync::Arc;

/// Why a receiver could not start, with the key that a user has to look at.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("receivers.otlp.protocols.{protocol}.endpoint")]
    Bind {
        protocol: &'static str,
        #[source]
        source: BindError,
    },
    #[error("receivers.otlp.protocols.{protocol}.tls")]
    Tls {
        protocol: &'static str,
        #[source]
        source: TlsError,
    },
    #[cfg(feature = "kafka")]
    #[error("receivers.kafka")]
    Kafka(#[source] rdkafka::error::KafkaError),
}

/// The OTLP receiver, bound and not yet serving. Peers that connect wait in the backlog.
pub struct Receiver {
    grpc: Option<(Socket, grpc::Options)>,
    http: Option<(Socket, http::Options)>,
}

/// A bound socket and who may speak through it.
struct Socket {
    listener: Listener,
    tls: Option<Arc<ServerConfig>>,
    gate: Gate,
}

/// Binds what `config` asks for; nothing where it asks for nothing.
pub async fn bind(config: &Config) -> Result<Receiver, StartError> {
    let mut receiver = Receiver { grpc: None, http: None };
    let Some(Otlp { protocols }) = &config.otlp else {
        return Ok(receiver);
    };
    if let Some(config) = &protocols.grpc {
        let (tls, auth) = (config.tls.as_ref(), config.auth.as_ref());
        let socket = Socket::bind("grpc", &config.endpoint, tls, auth, &["h2"]).await?;
        receiver.grpc = Some((socket, grpc::Options::new(config)));
    }
    if let Some(config) = &protocols.http {
        let (tls, auth) = (config.tls.as_ref(), config.auth.as_ref());
        let endpoint = Endpoint::Tcp(config.endpoint.clone());
        let socket = Socket::bind("http", &endpoint, tls, auth, &["h2", "http/1.1"]).await?;
        receiver.http = Some((socket, http::Options::new(config)));
    }
    Ok(receiver)
}

impl Receiver {
    /// Where gRPC is served; `None` where it is not, or on a Unix socket.
    pub fn grpc_address(&self) -> Option<SocketAddr> {
        self.grpc.as_ref().and_then(|(socket, _)| socket.listener.address())
    }

    /// Where HTTP is served.
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http.as_ref().and_then(|(socket, _)| socket.listener.address())
    }

    /// Serves until `drain` stops it; returns once gRPC's calls in hand are answered. HTTP's
    /// connections are among the tasks that the drain waits for.
    pub async fn serve(self, intake: Intake, drain: Drain) {
        let slots = Slots::new(MOST_CONNECTIONS).counting(intake.turned_away());
        let grpc = async {
            if let Some((socket, options)) = self.grpc {
                grpc::serve(socket, options, slots.clone(), intake.clone(), drain.clone()).await;
            }
        };
        let http = async {
            if let Some((socket, options)) = self.http {
                http::serve(socket, options, slots.clone(), intake.clone(), drain.clone()).await;
            }
        };
        tokio::join!(grpc, http);
    }
}

impl Socket {
    async fn bind(
        protocol: &'static str,
        endpoint: &Endpoint,
        tls: Option<&tls::Server>,
        auth: Option<&auth::Config>,
        alpn: &[&str],
    ) -> Result<Socket, StartError> {
        let tls = tls.map(|tls| tls.build(alpn)).transpose();
        let tls = tls.map_err(|source| StartError::Tls { protocol, source })?;
        let listener = endpoint.bind().await.map_err(|source| StartError::Bind { protocol, source })?;
        Ok(Socket { listener, tls, gate: auth.map(auth::Config::build).unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests;
