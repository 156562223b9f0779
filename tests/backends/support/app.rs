//! The Python app of `examples/python-openai` with its provider.

use super::{Process, binary, eventually};
use std::path::Path;
use std::process::Command;

#[derive(Clone, Copy, Debug)]
pub enum Instrumentation {
    Official,
    OpenLlmetry,
}

#[derive(Clone, Copy, Debug)]
pub enum Transport {
    Grpc,
    Http,
}

pub struct App {
    provider: String,
    _process: Process,
}

impl App {
    pub async fn start(folder: &Path) -> App {
        let mut python = Command::new(binary("python/bin/python"));
        let process = Process::start("provider", folder, python.arg(example("provider.py")).arg("0"));
        let address = || async {
            process.output().lines().find_map(|l| Some(l.strip_prefix("provider on ")?.to_string()))
        };
        let provider = eventually("the provider to listen", address).await;
        App { provider, _process: process }
    }

    /// Has one chat and gives its trace id.
    pub fn chat(&self, instrumentation: Instrumentation, transport: Transport, port: u16) -> String {
        let endpoint = format!("http://127.0.0.1:{port}");
        self.chat_with(instrumentation, transport, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)])
            .unwrap_or_else(|stderr| panic!("{stderr}"))
    }

    /// As [`App::chat`] by the official instrumentation and gRPC, with this prompt.
    pub fn ask(&self, prompt: &str, port: u16) -> String {
        let endpoint = format!("http://127.0.0.1:{port}");
        let settings = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
        let args = ["--provider", &self.provider, "--prompt", prompt];
        run(&args, &settings).unwrap_or_else(|stderr| panic!("{stderr}"))
    }

    /// As [`App::chat`] with these settings of the SDK in its environment; what the app complains of
    /// where it fails.
    pub fn chat_with(
        &self,
        instrumentation: Instrumentation,
        transport: Transport,
        settings: &[(&str, &str)],
    ) -> Result<String, String> {
        let instrumentation = match instrumentation {
            Instrumentation::Official => "official",
            Instrumentation::OpenLlmetry => "openllmetry",
        };
        let transport = match transport {
            Transport::Grpc => "grpc",
            Transport::Http => "http",
        };
        let args =
            ["--instrumentation", instrumentation, "--transport", transport, "--provider", &self.provider];
        run(&args, settings)
    }
}

/// The trace id that the app prints, or its complaint.
fn run(args: &[&str], settings: &[(&str, &str)]) -> Result<String, String> {
    let mut python = Command::new(binary("python/bin/python"));
    let app = python
        .arg(example("app.py"))
        .args(args)
        // They would win over what the SDK is told.
        .env_remove("REQUESTS_CA_BUNDLE")
        .env_remove("CURL_CA_BUNDLE")
        .envs(settings.iter().copied())
        .output()
        .expect("the app runs");
    let text = |bytes| String::from_utf8(bytes).expect("text").trim().to_string();
    if app.status.success() { Ok(text(app.stdout)) } else { Err(text(app.stderr)) }
}

fn example(file: &str) -> String {
    format!("{}/examples/python-openai/{file}", env!("CARGO_MANIFEST_DIR"))
}
