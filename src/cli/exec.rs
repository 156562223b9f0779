//! `sidelight exec`: the agent beside one command, which is told where to send.

use super::args::Exec;
use super::failure::{Failure, Outcome};
use super::run::{Ready, Signals, TERMINATED, Told, ready};
use crate::agent::{Addresses, Agent};
use crate::config::{Environment, Loaded};
use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use tracing::info;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";

/// Starts the agent, then the command; when that ends, drains and gives its exit status.
pub fn run(asked: &Exec, loaded: &Loaded, environment: &Environment) -> Outcome {
    let config = &loaded.config;
    let Ready { runtime, log: _log } = ready(config, environment)?;
    let status = runtime.block_on(async {
        let mut signals = Signals::listen().context("cannot listen for signals")?;
        let agent = Agent::start(loaded).await?;
        let doors = Doors { schemes: config.receivers.schemes(), addresses: &agent.addresses };
        let ended = match start(&asked.command, &doors, environment) {
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

/// Where the agent listens for what the command sends.
struct Doors<'a> {
    /// Of gRPC and of HTTP.
    schemes: [&'static str; 2],
    addresses: &'a Addresses,
}

fn start(command: &[OsString], doors: &Doors<'_>, environment: &Environment) -> anyhow::Result<Child> {
    let (program, arguments) = command.split_first().context("no command was given")?;
    let (protocol, endpoint) = doors
        .way_in(environment.get(PROTOCOL))
        .context("no receiver listens on a port, so the command could not send")?;
    let mut child = Command::new(program);
    child.args(arguments).env(ENDPOINT, endpoint).env(PROTOCOL, protocol);
    // Those of a single signal would win, and what they name is not us.
    for signal in ["TRACES", "LOGS", "METRICS"] {
        for setting in ["ENDPOINT", "PROTOCOL"] {
            child.env_remove(format!("OTEL_EXPORTER_OTLP_{signal}_{setting}"));
        }
    }
    child.spawn().with_context(|| format!("cannot run {}", program.display()))
}

impl Doors<'_> {
    /// The protocol and the endpoint that the command is told: gRPC where its environment asks for it
    /// or nothing else listens, else OTLP/HTTP.
    fn way_in(&self, wished: Option<&str>) -> Option<(&'static str, String)> {
        let [grpc_scheme, http_scheme] = self.schemes;
        let grpc = self.addresses.grpc.map(|address| ("grpc", format!("{grpc_scheme}://{address}")));
        let http = self.addresses.http.map(|address| ("http/protobuf", format!("{http_scheme}://{address}")));
        if wished == Some("grpc") { grpc.or(http) } else { http.or(grpc) }
    }
}

/// Waits for the command. A SIGTERM to us is handed on; Ctrl-C reaches it by itself.
async fn wait(mut child: Child, signals: &mut Signals) -> anyhow::Result<ExitStatus> {
    let pid = Pid::from_child(&child);
    let mut ended = tokio::task::spawn_blocking(move || child.wait());
    loop {
        tokio::select! {
            status = &mut ended => return status?.context("cannot wait for the command"),
            told = signals.next() => {
                if let Told::Stop(TERMINATED) = told {
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
