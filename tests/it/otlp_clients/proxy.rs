//! A proxy between the agent and its peer, as the environment names it.

use crate::support::process::Sidelight;
use crate::support::spans::trace;
use crate::support::upstream::Upstream;
use tokio::process::Command;

#[tokio::test]
async fn an_exporter_over_http_goes_through_the_proxy_of_the_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    // A proxy is asked for whole URLs; this one answers them itself.
    let proxy = Upstream::start().await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_sidelight"));
    command.env("HTTP_PROXY", proxy.url()).env("http_proxy", proxy.url()).env_remove("NO_PROXY");
    let exporter = "exporters.otlphttp.endpoint=http://collector.invalid:4318";
    let arguments = ["--set".to_string(), exporter.to_string()];
    let agent = Sidelight::start_as(command, folder.path(), &arguments).await;
    let call = trace().llm("hi");
    agent.send(&call).await;
    let taken = proxy.wait_for(|taken| !taken.0.is_empty()).await;
    assert_eq!(taken.span_ids(), call.span_ids());
    assert_eq!(taken.0[0].headers["host"], "collector.invalid:4318");
    agent.kill().await;
}
