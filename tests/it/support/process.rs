//! The real binary, for what only a process can show: signals, kill -9, exit status.

use super::agent::Metrics;
use super::spans::Trace;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running `sidelight run`, killed when it is dropped.
pub struct Sidelight {
    child: Child,
    /// Where traces are posted.
    pub url: String,
    /// The base URL of its gRPC receiver.
    pub grpc: String,
    /// The page of metrics.
    pub metrics: String,
    /// What it says on stderr.
    log: UnboundedReceiver<String>,
    client: reqwest::Client,
}

impl Sidelight {
    /// With its data in `folder`, on ports that it finds free, and with these arguments.
    pub async fn start_with(folder: &Path, arguments: &[String]) -> Sidelight {
        let command = Command::new(env!("CARGO_BIN_EXE_sidelight"));
        Sidelight::start_as(command, folder, arguments).await
    }

    /// As [`Sidelight::start_with`], from a command that ends in the binary's name.
    pub async fn start_as(mut command: Command, folder: &Path, arguments: &[String]) -> Sidelight {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut child = command
            .arg("run")
            .args(arguments)
            .arg("--set")
            .arg(format!("data_dir={}", folder.display()))
            .args(["--set", "receivers.otlp.protocols.http.endpoint=127.0.0.1:0"])
            .args(["--set", "receivers.otlp.protocols.grpc.endpoint=127.0.0.1:0"])
            .args(["--set", "telemetry.metrics.endpoint=127.0.0.1:0"])
            .args(["--set", "manage.endpoint=127.0.0.1:0"])
            .args(["--set", "telemetry.health.endpoint=127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let mut said = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let (heard, log) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                // Nobody may be there to hear it, and it is read all the same.
                let _ = heard.send(line);
            }
        });
        // Down to its last line: how to stop it.
        let mut greeting = Vec::new();
        while greeting.last().is_none_or(|line: &String| !line.starts_with("  stop ")) {
            let line = timeout(PATIENCE, said.next_line()).await.expect("it greets in time").expect("a pipe");
            greeting.push(line.expect("it did not start"));
        }
        let at = |place: &str| {
            let line = greeting.iter().find(|line| line.contains(place)).expect("it says where");
            let address = line.split("http://").nth(1).expect("a URL");
            address.split(['/', ' ']).next().expect("the first part").to_string()
        };
        Sidelight {
            child,
            url: format!("http://{}/v1/traces", at("(OTLP/HTTP)")),
            grpc: format!("http://{}", at("(OTLP/gRPC)")),
            metrics: format!("http://{}/metrics", at("/metrics")),
            log,
            client: reqwest::Client::builder().no_proxy().build().expect("a client"),
        }
    }

    /// Sends a trace; it must be accepted.
    pub async fn send(&self, trace: &Trace) {
        assert_eq!(self.try_send(trace).await, Some(200));
    }

    /// The status of the answer, if there was one.
    pub async fn try_send(&self, trace: &Trace) -> Option<u16> {
        let request = self.client.post(&self.url).header("content-type", "application/x-protobuf");
        request.body(trace.proto()).send().await.ok().map(|answer| answer.status().as_u16())
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = std::process::Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.expect("kill is there").success());
    }

    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// The page of metrics.
    pub async fn scrape(&self) -> Metrics {
        let page = self.client.get(&self.metrics).send().await.expect("an answer").text().await;
        Metrics(page.expect("text"))
    }

    /// SIGKILL, at once.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it runs");
    }

    /// Bytes of memory that it holds.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux says so");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    /// Reads its log up to the first line with `text`.
    pub async fn wait_for_log(&mut self, text: &str) {
        let found = timeout(PATIENCE, async {
            while let Some(line) = self.log.recv().await {
                if line.contains(text) {
                    return true;
                }
            }
            false
        });
        assert_eq!(found.await, Ok(true), "it never said: {text}");
    }

    /// Its exit status, once it has ended by itself.
    pub async fn ended(&mut self) -> Option<i32> {
        timeout(PATIENCE, self.child.wait()).await.expect("it ends in time").expect("it ran").code()
    }
}
