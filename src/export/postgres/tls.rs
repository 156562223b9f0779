//! TLS to PostgreSQL, by the one provider.

use crate::net;
use rustls::pki_types::ServerName;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Socket;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;

/// Shakes hands with one server. Cloning shares the configuration.
#[derive(Clone)]
pub struct Tls {
    config: Arc<rustls::ClientConfig>,
    /// What the server's certificate must be for; empty: its host.
    named: String,
}

/// An encrypted connection.
pub struct Stream(tokio_rustls::client::TlsStream<Socket>);

/// Shakes hands once.
pub struct Handshake {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Tls {
    pub fn new(settings: &net::tls::Client, needed: bool) -> Result<Tls, net::tls::TlsError> {
        let config = if needed { settings.build(&[])? } else { net::tls::plain_text_only()? };
        Ok(Tls { config: Arc::new(config), named: settings.server_name_override.clone() })
    }
}

impl MakeTlsConnect<Socket> for Tls {
    type Stream = Stream;
    type TlsConnect = Handshake;
    type Error = rustls::pki_types::InvalidDnsNameError;

    fn make_tls_connect(&mut self, host: &str) -> Result<Handshake, Self::Error> {
        let named = if self.named.is_empty() { host } else { &self.named };
        let name = ServerName::try_from(named.to_string())?;
        Ok(Handshake { connector: TlsConnector::from(self.config.clone()), name })
    }
}

impl TlsConnect<Socket> for Handshake {
    type Stream = Stream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move { Ok(Stream(self.connector.connect(self.name, socket).await?)) })
    }
}

impl TlsStream for Stream {
    /// SCRAM without binding to the channel: the certificate is verified, which is what keeps others out.
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, to)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
