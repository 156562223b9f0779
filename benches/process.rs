//! The real binary as a process of its own, and what it costs.
#![allow(dead_code, reason = "each user takes a part of it")]

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// An exporter whose peer is away: what is accepted waits on disk.
pub const PEER_AWAY: &str =
    "{ otlphttp: { endpoint: 'http://127.0.0.1:9', retry_on_failure: { initial_interval: 30s } } }";

/// An agent on free ports of loopback. Dropping it kills it.
pub struct Agent {
    pub child: Child,
    pub grpc: u16,
    pub http: u16,
    pub manage: u16,
    pub metrics: u16,
}

impl Agent {
    /// Starts it with its data in `folder`, these exporters and these settings (`key.path=value`); returns once it is
    /// ready.
    pub async fn start(folder: &Path, exporters: &str, set: &[&str]) -> Agent {
        let [grpc, http, manage, metrics, health] = std::array::from_fn(|_| free_port());
        let yaml = format!(
            "yaml:{{ data_dir: '{}', receivers: {{ otlp: {{ protocols: {{ grpc: {{ endpoint: '127.0.0.1:{grpc}' }}, http: {{ endpoint: '127.0.0.1:{http}' }} }} }} }}, \
             manage: {{ endpoint: '127.0.0.1:{manage}' }}, \
             telemetry: {{ metrics: {{ endpoint: '127.0.0.1:{metrics}' }}, health: {{ endpoint: '127.0.0.1:{health}' }}, logs: {{ level: error }} }}, \
             exporters: {exporters} }}",
            folder.display()
        );
        let mut command = Command::new(env!("CARGO_BIN_EXE_sidelight"));
        command.args(["run", "--config", &yaml]).args(set.iter().flat_map(|set| ["--set", set]));
        let child = command.stdout(Stdio::null()).spawn().expect("it starts");
        while TcpStream::connect(("127.0.0.1", health)).is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Agent { child, grpc, http, manage, metrics }
    }

    /// User and system time so far, in milliseconds. Source: proc(5), `/proc/pid/stat`; its clock ticks 100 times
    /// a second on Linux.
    pub fn cpu_ms(&self) -> f64 {
        cpu_ms(self.child.id())
    }

    /// What it holds in memory, in bytes.
    pub fn resident(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux says so");
        line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") * 1024.0
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn cpu_ms(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let after_name = stat.rsplit_once(')').expect("a name in brackets").1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |n: usize| fields[n].parse::<f64>().expect("a number");
    (ticks(11) + ticks(12)) * 10.0
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// The figure in the middle.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
