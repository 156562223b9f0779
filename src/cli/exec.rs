//! `sidelight exec`: the agent beside one command, which is told where to send.

use super::args::Exec;
use super::failure::{Failure, Outcome};
use super::run::{Signals, TERMINATED, ready};
use crate::agent::{Addresses, Agent};
use crate::config::{Config, Environment};
use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use tracing::info;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";

/// Starts the agent, then the command; when that ends, drains and gives its exit status.
pub fn run(asked: &Exec, config: &Config, environment: &Environment) -> Outcome {
    let runtime = ready(config, environment)?;
    let status = runtime.block_on(async {
        let mut signals = Signals::listen().context("cannot listen for signals")?;
        let agent = Agent::start(config).await?;
        let ended = match start(&asked.command, &agent.addresses, environment) {
            Ok(child) => wait(child, &mut signals).await,
            Err(error) => Err(error),
        };
        let waiting = agent.stop().await;
        info!(waiting, "stopped; what is waiting is safe on disk");
        ended
    });
    runtime.shutdown_background();
    status.map(status_of).map_err(Failure::CannotStart)
}

fn start(command: &[OsString], addresses: &Addresses, environment: &Environment) -> anyhow::Result<Child> {
    let (program, arguments) = command.split_first().context("no command was given")?;
    let (protocol, address) = way_in(addresses, environment.get(PROTOCOL))
        .context("no receiver listens on a port, so the command could not send")?;
    let mut child = Command::new(program);
    child.args(arguments).env(ENDPOINT, format!("http://{address}")).env(PROTOCOL, protocol);
    child.spawn().with_context(|| format!("cannot run {}", program.display()))
}

/// The protocol and the address that the command is told: gRPC where its environment asks for it or
/// nothing else listens, else OTLP/HTTP.
fn way_in(addresses: &Addresses, wished: Option<&str>) -> Option<(&'static str, SocketAddr)> {
    let grpc = addresses.grpc.map(|address| ("grpc", address));
    let http = addresses.http.map(|address| ("http/protobuf", address));
    if wished == Some("grpc") { grpc.or(http) } else { http.or(grpc) }
}

/// Waits for the command. A SIGTERM to us is handed on; Ctrl-C reaches it by itself.
async fn wait(mut child: Child, signals: &mut Signals) -> anyhow::Result<ExitStatus> {
    let pid = Pid::from_child(&child);
    let mut ended = tokio::task::spawn_blocking(move || child.wait());
    loop {
        tokio::select! {
            status = &mut ended => return status?.context("cannot wait for the command"),
            signal = signals.next() => {
                if signal == TERMINATED {
                    // It may have gone in between; then there is nobody to tell.
                    let _ = kill_process(pid, Signal::TERM);
                }
            }
        }
    }
}

/// As a shell gives it: the status, or 128 + the signal that ended it.
fn status_of(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).unwrap_or(u8::MAX)
}
