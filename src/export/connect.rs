//! One TCP or TLS connection to a gRPC peer.

use super::BoxError;
use crate::net::tls;
use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Opens connections to one peer. The host's name is looked up each time, so that a peer which has
/// moved is found again. Cloning shares the TLS configuration.
#[derive(Clone)]
pub struct Connector {
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// Bytes in both directions, encrypted or not.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Connector {
    /// `https` means TLS; without a port it is 443, or 80.
    pub fn new(uri: &Uri, tls: &tls::Client) -> Result<Connector, BoxError> {
        let host = uri.host().ok_or("an endpoint has a host")?.trim_matches(['[', ']']).to_string();
        if uri.scheme_str() != Some("https") {
            return Ok(Connector { host, port: uri.port_u16().unwrap_or(80), tls: None });
        }
        let named = if tls.server_name_override.is_empty() { &host } else { &tls.server_name_override };
        let name = ServerName::try_from(named.clone())?;
        let connector = TlsConnector::from(Arc::new(tls.build(&["h2"])?));
        Ok(Connector { host, port: uri.port_u16().unwrap_or(443), tls: Some((connector, name)) })
    }

    /// The first of the host's addresses that answers.
    pub async fn connect(self) -> Result<TokioIo<Box<dyn Stream>>, BoxError> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await?;
        tcp.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match self.tls {
            Some((connector, name)) => Box::new(connector.connect(name, tcp).await?),
            None => Box::new(tcp),
        };
        Ok(TokioIo::new(stream))
    }
}
