//! One node of Kafka, which is broker and controller, and a consumer of it that is not ours.

use super::{Process, binary, eventually, free_port};
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Small, quick to start, and with room for a record of 100 MB.
const JAVA: [&str; 3] = ["-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

/// Who may come in by the guarded port, where a client has to show a certificate as well.
const USER: &str = "alice";
pub const PASSWORD: &str = "made-up-password";

pub struct Kafka {
    pub port: u16,
    /// TLS with certificates on both sides, and SCRAM-SHA-512.
    pub guarded: u16,
    folder: PathBuf,
    process: Option<Process>,
}

impl Kafka {
    /// Starts one with its data in `folder` and waits until it takes connections.
    pub async fn start(folder: &Path) -> Kafka {
        let folder = folder.join("kafka");
        fs::create_dir_all(&folder).expect("a folder");
        let [port, controller, guarded] = std::array::from_fn(|_| free_port());
        let pem = |name: &str| format!("{}/tests/data/tls/{name}", env!("CARGO_MANIFEST_DIR"));
        let identity =
            ["server.key.pem", "server.pem"].map(|name| fs::read_to_string(pem(name)).expect("a PEM file"));
        fs::write(folder.join("server.pem"), identity.concat()).expect("the certificate is written");
        let (broker, quorum) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{controller}"));
        // A broker that was killed is let back in once its session has ended, so that is short.
        let properties = format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@{quorum}\nlog.dirs={}\n\
             listeners=PLAINTEXT://{broker},CONTROLLER://{quorum},SASL_SSL://127.0.0.1:{guarded}\n\
             advertised.listeners=PLAINTEXT://{broker},SASL_SSL://127.0.0.1:{guarded}\n\
             listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL\n\
             sasl.enabled.mechanisms=SCRAM-SHA-512\n\
             listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;\n\
             ssl.keystore.type=PEM\nssl.keystore.location={}\nssl.truststore.type=PEM\nssl.truststore.location={}\n\
             listener.name.sasl_ssl.ssl.client.auth=required\n\
             controller.listener.names=CONTROLLER\ninter.broker.listener.name=PLAINTEXT\n\
             offsets.topic.replication.factor=1\noffsets.topic.num.partitions=1\n\
             transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
             transaction.state.log.num.partitions=1\ngroup.initial.rebalance.delay.ms=0\n\
             broker.session.timeout.ms=2000\nbroker.heartbeat.interval.ms=500\nauto.create.topics.enable=false\n",
            folder.join("data").display(),
            folder.join("server.pem").display(),
            pem("ca.pem")
        );
        fs::write(folder.join("server.properties"), properties).expect("the configuration is written");
        let mut kafka = Kafka { port, guarded, folder, process: None };
        let scram = format!("SCRAM-SHA-512=[name={USER},password={PASSWORD}]");
        let mut format = kafka.java("kafka.tools.StorageTool");
        let format = format.args(["format", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", "server.properties"]);
        let formatted = format.args(["--add-scram", &scram]).output().expect("java runs");
        assert!(formatted.status.success(), "{}", String::from_utf8_lossy(&formatted.stderr));
        kafka.restart().await;
        kafka
    }

    /// Kills it if it runs, and starts it on the same data.
    pub async fn restart(&mut self) {
        self.kill();
        let mut command = self.java("kafka.Kafka");
        self.process = Some(Process::start("kafka", &self.folder, command.arg("server.properties")));
        let port = self.port;
        eventually("Kafka to listen", || async { TcpStream::connect(("127.0.0.1", port)).ok() }).await;
    }

    /// As `kill -9` does.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
    }

    /// The command of the shell that runs it on its data, for whoever starts and kills it in our place.
    pub fn command(&self) -> String {
        let libs = binary("kafka-4.3.0/libs");
        let properties = self.folder.join("server.properties");
        format!("java {} -cp '{}/*' kafka.Kafka '{}'", JAVA.join(" "), libs.display(), properties.display())
    }

    /// The settings of a client that comes in by the guarded port.
    pub fn credentials(&self, password: &str) -> String {
        let pem = |name: &str| format!("{}/tests/data/tls/{name}", env!("CARGO_MANIFEST_DIR"));
        let (ca, cert, key) = (pem("ca.pem"), pem("client.pem"), pem("client.key.pem"));
        format!(
            "brokers: [\"127.0.0.1:{}\"], tls: {{ ca_file: \"{ca}\", cert_file: \"{cert}\", key_file: \"{key}\" }}, \
             sasl: {{ mechanism: SCRAM-SHA-512, username: {USER}, password: \"{password}\" }}",
            self.guarded
        )
    }

    pub fn brokers(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The first `count` records of `topic`, a JSON object each: key, headers and the message, as Confluent's client
    /// and classes generated from our schema read them.
    pub fn consume(&self, topic: &str, count: usize) -> Vec<serde_json::Value> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/backends/kafka/consume.py");
        let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
        let mut python = Command::new(binary("kafka-python/bin/python"));
        let arguments = [script, schema, &self.brokers(), topic, &count.to_string()];
        let output = python.args(arguments).output().expect("python runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("text");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    fn java(&self, class: &str) -> Command {
        let mut java = Command::new("java");
        let libs = format!("{}/*", binary("kafka-4.3.0/libs").display());
        java.current_dir(&self.folder).args(JAVA).args(["-cp", &libs, class]);
        java
    }
}
