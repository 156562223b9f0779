//! What the exporter and the receiver of Kafka share: how brokers are reached, how records are written.

mod context;
mod encoding;
mod producer;
mod sasl;
#[cfg(test)]
pub mod testing;

pub use context::{Context, Hears, Trouble};
pub use encoding::{Encoding, header};
pub use producer::{Compression, CreateTopics, Failure, Message, Producer, Sending};
pub use sasl::{Mechanism, Sasl};

use crate::net::tls;
use crate::settings::{Secret, Section};
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use std::path::Path;

/// How to reach a cluster; the keys are of the section itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Cluster {
    /// `host:port` of some brokers of the cluster; they name the others.
    pub brokers: Vec<String>,
    /// Plain text where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<tls::Client>,
    /// Nobody says who they are where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sasl: Option<Sasl>,
}

impl Cluster {
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.list("brokers", &mut self.brokers);
        section.section("tls", |section| {
            if section.given() {
                let tls = self.tls.get_or_insert_default();
                tls.read(section);
                if !tls.server_name_override.is_empty() {
                    section.problem(
                        "server_name_override",
                        "cannot be set for Kafka: brokers are known by their names",
                    );
                }
                if tls.min_version != tls::Version::default() {
                    section.problem("min_version", "cannot be set for Kafka");
                }
            }
        });
        section.section("sasl", |section| {
            if section.given() {
                self.sasl.get_or_insert_default().read(section);
            }
        });
        if self.brokers.is_empty() {
            section.problem("brokers", "a broker is needed, such as 127.0.0.1:9092");
        }
        let odd = |broker: &&String| broker.is_empty() || broker.contains([',', ' ', '/', '@']);
        if self.brokers.iter().any(|broker| odd(&broker)) {
            section.problem("brokers", "expected host:port of each broker");
        }
    }

    /// What is shown to brokers and nobody else.
    pub fn secrets(&self) -> Vec<Secret> {
        self.sasl.iter().map(|sasl| sasl.password.clone()).collect()
    }

    /// What a client of librdkafka needs to be told to connect.
    pub fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", self.brokers.join(","));
        client.set("client.id", "sidelight");
        // What it says reaches our log at the level `debug`.
        client.set_log_level(RDKafkaLogLevel::Info);
        // A broker that is away for hours is asked again every ten seconds at the latest, which is the default.
        client.set("socket.keepalive.enable", "true");
        let encrypted = self.tls.as_ref().filter(|tls| !tls.insecure);
        client.set(
            "security.protocol",
            match (encrypted, &self.sasl) {
                (None, None) => "plaintext",
                (None, Some(_)) => "sasl_plaintext",
                (Some(_), None) => "ssl",
                (Some(_), Some(_)) => "sasl_ssl",
            },
        );
        if let Some(tls) = encrypted {
            encrypt(&mut client, tls);
        }
        if let Some(sasl) = &self.sasl {
            sasl.set(&mut client);
        }
        client
    }

    /// What answers librdkafka's questions, for a client of `name`.
    pub fn context<H: Hears>(&self, name: &str, hears: H) -> Context<H> {
        let token_file = self.sasl.as_ref().map(|sasl| sasl.token_file.clone()).unwrap_or_default();
        Context::new(name, token_file, hears)
    }
}

fn encrypt(client: &mut ClientConfig, tls: &tls::Client) {
    let file = |client: &mut ClientConfig, key: &str, file: &Path| {
        if !file.as_os_str().is_empty() {
            client.set(key, file.to_string_lossy());
        }
    };
    // Ours is no system's OpenSSL, so it has to look where systems keep their roots.
    client.set("ssl.ca.location", "probe");
    file(client, "ssl.ca.location", &tls.ca_file);
    file(client, "ssl.certificate.location", &tls.cert_file);
    file(client, "ssl.key.location", &tls.key_file);
    if tls.insecure_skip_verify {
        client.set("enable.ssl.certificate.verification", "false");
    }
}

/// Whether Kafka takes `name` for a topic.
pub fn is_topic(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=LONGEST_TOPIC).contains(&name.len()) && name.chars().all(plain) && name != "." && name != ".."
}

/// The longest name that Kafka takes, in bytes.
pub const LONGEST_TOPIC: usize = 249;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::read_text;
    use expect_test::{Expect, expect};

    fn check(yaml: &str, expected: Expect) {
        let mut cluster = Cluster::default();
        let problems = read_text("c", yaml, |section| cluster.read(section));
        let mut told: Vec<String> = problems.iter().map(|problem| problem.to_string()).collect();
        if told.is_empty() {
            let config = cluster.client();
            told = config.config_map().iter().map(|(key, value)| format!("{key}={value}")).collect();
            told.sort();
        }
        expected.assert_eq(&(told.join("\n") + "\n"));
    }

    #[test]
    fn plain_text_needs_brokers_and_no_more() {
        check(
            "brokers: [a:1, b:2]",
            expect![[r#"
            bootstrap.servers=a:1,b:2
            client.id=sidelight
            security.protocol=plaintext
            socket.keepalive.enable=true
        "#]],
        );
    }

    #[test]
    fn tls_and_sasl_are_told_to_librdkafka_in_its_own_words() {
        check(
            "{ brokers: [a:1], tls: { insecure_skip_verify: true }, sasl: { mechanism: SCRAM-SHA-512, username: u, password: made-up } }",
            expect![[r#"
                bootstrap.servers=a:1
                client.id=sidelight
                enable.ssl.certificate.verification=false
                sasl.mechanism=SCRAM-SHA-512
                sasl.password=[sanitized for safety]
                sasl.username=u
                security.protocol=sasl_ssl
                socket.keepalive.enable=true
                ssl.ca.location=probe
            "#]],
        );
        check(
            "{ brokers: [a:1], sasl: { mechanism: OAUTHBEARER, token_file: /run/token } }",
            expect![[r#"
                bootstrap.servers=a:1
                client.id=sidelight
                sasl.mechanism=OAUTHBEARER
                security.protocol=sasl_plaintext
                socket.keepalive.enable=true
            "#]],
        );
    }

    #[test]
    fn what_cannot_work_is_said_with_its_key() {
        check(
            "{ brokers: [] }",
            expect![[r#"
            c:1: brokers: a broker is needed, such as 127.0.0.1:9092
        "#]],
        );
        check(
            "{ brokers: ['kafka://a'], tls: { server_name_override: b }, sasl: { mechanism: PLAIN } }",
            expect![[r#"
                c:1: brokers: expected host:port of each broker
                c:1: tls.server_name_override: cannot be set for Kafka: brokers are known by their names
                c:1: sasl.username: username and password are needed
            "#]],
        );
        check(
            "{ brokers: [a:1], sasl: { mechanism: OAUTHBEARER, username: u } }",
            expect![[r#"
            c:1: sasl.token_file: OAUTHBEARER needs a file with a token
        "#]],
        );
    }

    #[test]
    fn kafka_has_its_own_idea_of_a_topics_name() {
        for (name, expected) in
            [("llm.spans.raw", true), ("", false), ("..", false), ("a b", false), ("é", false)]
        {
            assert_eq!(is_topic(name), expected, "{name}");
        }
    }

    #[test]
    fn a_password_is_never_printed() {
        let mut cluster = Cluster::default();
        let yaml = "{ brokers: [a:1], sasl: { mechanism: PLAIN, username: u, password: made-up } }";
        assert!(read_text("c", yaml, |section| cluster.read(section)).is_empty());
        let printed = format!("{cluster:?}{}", serde_json::to_string(&cluster).unwrap());
        assert!(printed.contains("****") && !printed.contains("made-up"), "{printed}");
    }
}
