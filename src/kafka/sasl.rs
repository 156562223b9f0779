//! The section `sasl`: how we say who we are.

use crate::settings::{Secret, Section, choices};
use rdkafka::ClientConfig;
use std::path::PathBuf;

/// A way of saying so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mechanism {
    #[default]
    Plain,
    ScramSha256,
    ScramSha512,
    OAuthBearer,
}

choices!(Mechanism {
    Plain = "PLAIN",
    ScramSha256 = "SCRAM-SHA-256",
    ScramSha512 = "SCRAM-SHA-512",
    OAuthBearer = "OAUTHBEARER",
});

/// The section `sasl`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Sasl {
    pub mechanism: Mechanism,
    pub username: String,
    pub password: Secret,
    /// OAUTHBEARER: a file with a JSON web token, read again whenever the last one is about to expire.
    pub token_file: PathBuf,
}

impl Sasl {
    pub(super) fn read(&mut self, section: &mut Section<'_>) {
        section.get("mechanism", &mut self.mechanism);
        section.get("username", &mut self.username);
        section.get("password", &mut self.password);
        section.get("token_file", &mut self.token_file);
        let by_token = self.mechanism == Mechanism::OAuthBearer;
        if by_token && self.token_file.as_os_str().is_empty() {
            section.problem("token_file", "OAUTHBEARER needs a file with a token");
        }
        if !by_token && (self.username.is_empty() || self.password.0.is_empty()) {
            section.problem("username", "username and password are needed");
        }
    }

    pub(super) fn set(&self, client: &mut ClientConfig) {
        client.set("sasl.mechanism", self.mechanism.to_string());
        if self.mechanism != Mechanism::OAuthBearer {
            client.set("sasl.username", &self.username);
            client.set("sasl.password", &self.password.0);
        }
    }
}
