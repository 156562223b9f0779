//! TLS on both sides: settings as the OpenTelemetry Collector names them, made into rustls configs.
//!
//! ring is the one provider and is named here, so nothing depends on what a process has installed.

use crate::settings::{Section, choices};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme,
    SupportedProtocolVersion,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The section `tls` of something that listens. Without the section it speaks plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Server {
    /// PEM certificates, the server's own first.
    pub cert_file: PathBuf,
    /// PEM private key: PKCS #8, PKCS #1 or SEC1.
    pub key_file: PathBuf,
    /// PEM certificates of who may sign clients' certificates. Where it is set, clients must show one.
    pub client_ca_file: PathBuf,
    /// The oldest version spoken.
    pub min_version: Version,
}

/// The section `tls` of something that connects. Without the section it verifies by the system's roots.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Client {
    /// Plain text: no TLS at all.
    pub insecure: bool,
    /// TLS with whoever answers: keeps out listeners, not impostors.
    pub insecure_skip_verify: bool,
    /// PEM certificates of who may sign the server's; the system's roots where it is empty.
    pub ca_file: PathBuf,
    /// PEM certificate to show to the server, its chain after it.
    pub cert_file: PathBuf,
    /// PEM private key of `cert_file`.
    pub key_file: PathBuf,
    /// The name the server's certificate must carry, in place of the endpoint's host.
    pub server_name_override: String,
    /// The oldest version spoken.
    pub min_version: Version,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    #[default]
    Tls12,
    Tls13,
}

choices!(Version { Tls12 = "1.2", Tls13 = "1.3" });

/// Why the settings do not make a TLS configuration. Names files, never what is in them.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read {what} from {file}", file = file.display())]
    File {
        what: &'static str,
        file: PathBuf,
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    #[error("no certificate in {file}", file = .0.display())]
    NoCertificate(PathBuf),
    #[error("no usable root certificate on this system; set ca_file")]
    NoRoots,
    #[error("the certificates and the key do not make a TLS configuration")]
    Rejected(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Server {
    /// Overwrites what the user has set.
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("cert_file", &mut self.cert_file);
        section.get("key_file", &mut self.key_file);
        section.get("client_ca_file", &mut self.client_ca_file);
        section.get("min_version", &mut self.min_version);
        let needed = [("cert_file", &self.cert_file), ("key_file", &self.key_file)];
        let missing: Vec<_> = needed.into_iter().filter(|(_, file)| is_unset(file)).collect();
        for (key, _) in &missing {
            section.problem(key, "TLS needs both cert_file and key_file");
        }
        if missing.is_empty() {
            let files = [chain_at("cert_file", &self.cert_file), key_at("key_file", &self.key_file)];
            let files = files.into_iter().chain([roots_at("client_ca_file", &self.client_ca_file)]);
            report(section, files, || self.build(&[]).err());
        }
    }

    /// Whether clients must show a certificate.
    pub fn asks_for_certificates(&self) -> bool {
        !is_unset(&self.client_ca_file)
    }

    /// What a listener needs to shake hands. `alpn` names the protocols it speaks, the preferred first.
    pub fn build(&self, alpn: &[&str]) -> Result<Arc<ServerConfig>, TlsError> {
        let builder = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(self.min_version.and_newer())
            .map_err(rejected)?;
        let builder = if self.asks_for_certificates() {
            let roots = Arc::new(roots(&self.client_ca_file)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider()).build();
            builder.with_client_cert_verifier(verifier.map_err(rejected)?)
        } else {
            builder.with_no_client_auth()
        };
        let (chain, key) = (certificates(&self.cert_file)?, private_key(&self.key_file)?);
        let mut config = builder.with_single_cert(chain, key).map_err(rejected)?;
        config.alpn_protocols = wire_names(alpn);
        Ok(Arc::new(config))
    }
}

impl Client {
    /// Overwrites what the user has set.
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("insecure", &mut self.insecure);
        section.get("insecure_skip_verify", &mut self.insecure_skip_verify);
        section.get("ca_file", &mut self.ca_file);
        section.get("cert_file", &mut self.cert_file);
        section.get("key_file", &mut self.key_file);
        section.get("server_name_override", &mut self.server_name_override);
        section.get("min_version", &mut self.min_version);
        if is_unset(&self.cert_file) != is_unset(&self.key_file) {
            return section.problem("cert_file", "cert_file and key_file go together");
        }
        let files = [
            roots_at("ca_file", &self.ca_file),
            chain_at("cert_file", &self.cert_file),
            key_at("key_file", &self.key_file),
        ];
        // The system's roots are not the configuration's to answer for, and take a while to read.
        report(section, files, || if is_unset(&self.ca_file) { None } else { self.build(&[]).err() });
    }

    /// What a connection needs to shake hands; `insecure` is the caller's to act on. `alpn` names the
    /// protocols it speaks, the preferred first; leave it empty for clients that add their own.
    pub fn build(&self, alpn: &[&str]) -> Result<ClientConfig, TlsError> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(self.min_version.and_newer())
            .map_err(rejected)?;
        let builder = if self.insecure_skip_verify {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Anyone(provider())))
        } else if is_unset(&self.ca_file) {
            builder.with_root_certificates(system_roots()?)
        } else {
            builder.with_root_certificates(roots(&self.ca_file)?)
        };
        let mut config = if is_unset(&self.cert_file) {
            builder.with_no_client_auth()
        } else {
            let (chain, key) = (certificates(&self.cert_file)?, private_key(&self.key_file)?);
            builder.with_client_auth_cert(chain, key).map_err(rejected)?
        };
        config.alpn_protocols = wire_names(alpn);
        Ok(config)
    }
}

/// What a client is given that talks plain text only: it trusts nobody, and the system's roots are not read.
pub fn plain_text_only() -> Result<ClientConfig, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider());
    let builder = builder.with_safe_default_protocol_versions().map_err(rejected)?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

impl Version {
    fn and_newer(self) -> &'static [&'static SupportedProtocolVersion] {
        const NEWEST_FIRST: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
        match self {
            Version::Tls12 => NEWEST_FIRST,
            Version::Tls13 => &NEWEST_FIRST[..1],
        }
    }
}

fn is_unset(file: &Path) -> bool {
    file.as_os_str().is_empty()
}

/// A key of the section, and why its file is of no use.
type Fault = (&'static str, Option<TlsError>);

fn chain_at(key: &'static str, file: &Path) -> Fault {
    (key, (!is_unset(file)).then(|| certificates(file).err()).flatten())
}

fn key_at(key: &'static str, file: &Path) -> Fault {
    (key, (!is_unset(file)).then(|| private_key(file).err()).flatten())
}

fn roots_at(key: &'static str, file: &Path) -> Fault {
    (key, (!is_unset(file)).then(|| roots(file).err()).flatten())
}

/// Reports every file that is of no use at its key and, where each is fine alone, what `together`
/// finds wrong with all of them.
fn report(
    section: &mut Section<'_>,
    files: impl IntoIterator<Item = Fault>,
    together: impl FnOnce() -> Option<TlsError>,
) {
    let mut fine = true;
    for (key, error) in files.into_iter().filter_map(|(key, error)| Some((key, error?))) {
        fine = false;
        section.problem(key, format_args!("{:#}", anyhow::Error::from(error)));
    }
    if let Some(error) = fine.then(together).flatten() {
        section.problem("", format_args!("{:#}", anyhow::Error::from(error)));
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn rejected(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TlsError {
    TlsError::Rejected(error.into())
}

fn wire_names(alpn: &[&str]) -> Vec<Vec<u8>> {
    alpn.iter().map(|name| name.as_bytes().to_vec()).collect()
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let failed = |source| TlsError::File { what: "certificates", file: file.into(), source };
    let chain = CertificateDer::pem_file_iter(file).map_err(failed)?.collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(failed)?;
    if chain.is_empty() { Err(TlsError::NoCertificate(file.into())) } else { Ok(chain) }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let failed = |source| TlsError::File { what: "a private key", file: file.into(), source };
    PrivateKeyDer::from_pem_file(file).map_err(failed)
}

fn roots(file: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate).map_err(rejected)?;
    }
    Ok(roots)
}

/// The system's roots. A store holds odd certificates now and then, so those it cannot use are left out.
fn system_roots() -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if usable == 0 { Err(TlsError::NoRoots) } else { Ok(roots) }
}

/// `insecure_skip_verify`: any certificate will do, as long as the server holds its key.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
