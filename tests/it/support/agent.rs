//! A real agent on free ports, in a folder of its own, and the clients of a story.

use super::spans::Trace;
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::Value;
use sidelight::agent::{Addresses, Agent as Running, Control, StartError};
use sidelight::config::{self, Environment, Loaded, Sources};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// An agent in this process. Stop it to look at what it leaves; dropping it leaves it to the runtime.
pub struct Agent {
    running: Running,
    pub addresses: Addresses,
    folder: TempDir,
    client: reqwest::Client,
}

/// What a stopped agent leaves.
pub struct Stopped {
    /// Items that wait on disk.
    pub waiting: u64,
    folder: TempDir,
}

/// Everything listens on a free port of loopback.
const FREE_PORTS: &str = r#"
receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:0" }, http: { endpoint: "127.0.0.1:0" } } } }
manage: { endpoint: "127.0.0.1:0" }
telemetry: { metrics: { endpoint: "127.0.0.1:0" }, health: { endpoint: "127.0.0.1:0" } }
"#;

impl Agent {
    /// Starts with these settings (YAML) over the built-in ones.
    pub async fn start(yaml: &str) -> Agent {
        Agent::start_in(tempfile::tempdir().expect("a folder"), yaml).await
    }

    /// As [`Agent::start`], on the data of an agent that was stopped.
    pub async fn start_again(stopped: Stopped, yaml: &str) -> Agent {
        Agent::start_in(stopped.folder, yaml).await
    }

    async fn start_in(folder: TempDir, yaml: &str) -> Agent {
        // The first of several tests installs it for all.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let running = Running::start(&load(&folder, yaml)).await.expect("it starts");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Agent { addresses: running.addresses.clone(), running, folder, client }
    }

    /// Sends a trace over OTLP/HTTP; it must be accepted.
    pub async fn send(&self, trace: &Trace) {
        let (status, _) =
            self.post("/v1/traces", &[("content-type", "application/x-protobuf")], trace.proto()).await;
        assert_eq!(status, StatusCode::OK);
    }

    /// Posts a body to the HTTP receiver.
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: Bytes) -> (StatusCode, Bytes) {
        let url = format!("http://{}{path}", self.addresses.http.expect("HTTP is on"));
        let request = headers
            .iter()
            .fold(self.client.post(url), |request, (name, value)| request.header(*name, *value));
        let answer = request.body(body).send().await.expect("an answer");
        (answer.status(), answer.bytes().await.expect("a whole answer"))
    }

    /// Asks the management API; an answer without JSON is `null`.
    pub async fn request(&self, method: Method, path: &str, body: Option<&str>) -> (StatusCode, Value) {
        let url = format!("http://{}{path}", self.addresses.manage.expect("management is on"));
        let mut request = self.client.request(method, url);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let body = answer.bytes().await.expect("a whole answer");
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// As [`Agent::request`], with these headers alone: status, content type, what is allowed, and the text.
    pub async fn raw(
        &self,
        method: Method,
        path: &str,
        headers: &[(String, String)],
        body: Option<Vec<u8>>,
    ) -> (StatusCode, String, String, String) {
        let url = format!("http://{}{path}", self.addresses.manage.expect("management is on"));
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let mut request = client.build().expect("a client").request(method, url);
        if let Some(body) = body {
            request =
                headers.iter().fold(request, |request, (name, value)| request.header(name, value)).body(body);
        }
        let answer = request.send().await.expect("an answer");
        let text = |name: &str| {
            answer
                .headers()
                .get(name)
                .map_or(String::new(), |value| value.to_str().expect("text").to_string())
        };
        let (status, kind, allow) = (answer.status(), text("content-type"), text("allow"));
        (status, kind, allow, answer.text().await.expect("a whole answer"))
    }

    /// What the management API says at `path`; it must be there.
    pub async fn ask(&self, path: &str) -> Value {
        let (status, answer) = self.request(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    /// What `take` finds in the answer at `path`, once it is there. The store is written behind the answers to senders and
    /// tells nobody, so it is asked again.
    pub async fn once<T>(&self, path: &str, take: impl Fn(&Value) -> Option<T>) -> T {
        loop {
            if let Some(found) = take(&self.ask(path).await) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The metrics page.
    pub async fn metrics(&self) -> Metrics {
        let url = format!("http://{}/metrics", self.addresses.metrics.expect("metrics are on"));
        Metrics(self.client.get(url).send().await.expect("an answer").text().await.expect("text"))
    }

    /// Puts other settings in force, over the built-in ones; the sections that take a restart.
    pub async fn reload(&self, yaml: &str) -> Result<Vec<&'static str>, StartError> {
        self.running.control().reload(&load(&self.folder, yaml)).await
    }

    pub fn control(&self) -> Control {
        self.running.control()
    }

    /// Returns once the metrics are as `enough` wants them; panics after ten seconds.
    pub async fn eventually(&self, what: &str, enough: impl Fn(&Metrics) -> bool) {
        for _ in 0..200 {
            if enough(&self.metrics().await) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("not in ten seconds: {what}\n{}", self.metrics().await.0);
    }

    /// That accepted + recovered + replayed = sent + dropped + dead + waiting, for the traces of each exporter.
    pub async fn assert_ledger_closes(&self, exporters: &[&str]) {
        let metrics = self.metrics().await;
        for exporter in exporters {
            assert!(metrics.closes(exporter), "{exporter}\n{}", metrics.0);
        }
    }

    pub fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    /// Stops it in order.
    pub async fn stop(self) -> Stopped {
        let waiting = self.running.stop().await;
        Stopped { waiting, folder: self.folder }
    }
}

impl Stopped {
    pub fn data_dir(&self) -> &Path {
        self.folder.path()
    }
}

/// A page of metrics.
pub struct Metrics(pub String);

impl Metrics {
    /// The sum over the series of `name` whose labels hold all of `labels`.
    pub fn sum(&self, name: &str, labels: &[&str]) -> u64 {
        let of_it = |line: &&str| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']))
                && labels.iter().all(|label| line.contains(label))
        };
        let values = self.0.lines().filter(of_it).filter_map(|line| line.rsplit(' ').next());
        values.map(|value| value.parse::<f64>().expect("a number") as u64).sum()
    }
}

impl Metrics {
    /// Whether every item of the exporter's traces is accounted for.
    pub fn closes(&self, exporter: &str) -> bool {
        let label = format!("exporter=\"{exporter}\"");
        let of = |what: &str| self.sum(&format!("sidelight_exporter_{what}"), &[&label, "traces"]);
        let came = of("accepted_items_total") + of("recovered_items_total") + of("replayed_items_total");
        let went = of("sent_items_total") + of("dropped_items_total") + of("dead_items_total");
        came == went + of("waiting_items")
    }
}

fn load(folder: &TempDir, yaml: &str) -> Loaded {
    let data = format!("yaml:data_dir: {}", folder.path().display());
    let uris = vec![format!("yaml:{FREE_PORTS}"), data, format!("yaml:{yaml}")];
    let sources = Sources { uris, ..Sources::default() };
    let loaded = config::load(&sources, &Environment::default());
    loaded.unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Every file below `folder` whose bytes contain `needle`.
pub fn files_with(folder: &Path, needle: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_with(&path, needle));
        } else if std::fs::read(&path).expect("readable").windows(needle.len()).any(|window| window == needle)
        {
            found.push(path);
        }
    }
    found
}
