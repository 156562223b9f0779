//! The real binary, on free ports.

use super::{Process, eventually, get};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct Sidelight {
    pub grpc: u16,
    pub http: u16,
    pub metrics: u16,
    pub data: PathBuf,
    pub process: Process,
}

impl Sidelight {
    /// Starts it with `exporters` (YAML) and waits until it is healthy.
    pub async fn start(folder: &Path, exporters: &str) -> Sidelight {
        Sidelight::start_set(folder, exporters, &[]).await
    }

    /// As [`Sidelight::start`] with further settings, each as `key.path=value`.
    pub async fn start_set(folder: &Path, exporters: &str, set: &[String]) -> Sidelight {
        let config = folder.join("sidelight.yaml");
        let data = folder.join("data");
        let text = format!(
            "data_dir: {}\n\
             receivers: {{ otlp: {{ protocols: {{ grpc: {{ endpoint: \"127.0.0.1:0\" }}, http: {{ endpoint: \"127.0.0.1:0\" }} }} }} }}\n\
             manage: {{ endpoint: \"127.0.0.1:0\" }}\n\
             telemetry: {{ metrics: {{ endpoint: \"127.0.0.1:0\" }}, health: {{ endpoint: \"127.0.0.1:0\" }} }}\n\
             exporters: {exporters}\n",
            data.display()
        );
        std::fs::write(&config, text).expect("the configuration is written");
        let mut run = Command::new(env!("CARGO_BIN_EXE_sidelight"));
        let set = set.iter().flat_map(|set| ["--set", set]);
        let run = run.args(["run", "--config"]).arg(&config).args(set);
        // One that ran here before has left its greeting in the log.
        let before = std::fs::read(folder.join("sidelight.log")).unwrap_or_default().len();
        let process = Process::start("sidelight", folder, run);
        // The last line says how to stop it.
        let greeting = eventually("Sidelight to greet", || async {
            Some(process.output().split_off(before)).filter(|said| said.contains("\n  stop "))
        })
        .await;
        let port = |place: &str| -> u16 {
            let line = greeting.lines().find(|line| line.contains(place)).expect("it says where");
            let port = line.split("127.0.0.1:").nth(1).expect("an address").split(['/', ' ']).next();
            port.and_then(|port| port.parse().ok()).expect("a port")
        };
        let [grpc, http, metrics] = ["(OTLP/gRPC)", "(OTLP/HTTP)", "/metrics"].map(port);
        let url = format!("http://127.0.0.1:{}/", port("  health "));
        eventually("Sidelight to be healthy", || get(&url)).await;
        Sidelight { grpc, http, metrics, data, process }
    }

    /// The sum of a metric over the series whose labels hold all of `labels`; 0 where there is none.
    pub async fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let text = get(&format!("http://127.0.0.1:{}/metrics", self.metrics)).await.expect("metrics");
        let of_it = |line: &&str| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']))
                && labels.iter().all(|l| line.contains(l))
        };
        text.lines().filter(of_it).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// What a command of the binary prints.
    pub fn command(&self, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sidelight"));
        let output = command
            .args(args)
            .env("SIDELIGHT_DATA", &self.data)
            .stdin(Stdio::null())
            .output()
            .expect("it runs");
        String::from_utf8(output.stdout).expect("text") + &String::from_utf8_lossy(&output.stderr)
    }
}
