//! `sidelight run`: the agent in the foreground, until a signal.

use super::args::Sources;
use super::failure::{Failure, Outcome};
use super::systemd::Systemd;
use super::{load, load_again};
use crate::agent::{Addresses, Agent};
use crate::config::{Config, Environment};
use crate::telemetry::Flush;
use anyhow::Context;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{error, info};

/// Exit status after Ctrl-C, as shells give it: 128 + 2.
const INTERRUPTED: u8 = 130;

/// Exit status after SIGTERM: 128 + 15.
pub const TERMINATED: u8 = 143;

pub fn run(sources: Sources, environment: &Environment) -> Outcome {
    let loaded = load(sources.clone(), environment)?;
    let config = &loaded.config;
    let Ready { runtime, log: _log } = ready(config, environment)?;
    let systemd = Systemd::new(environment);
    let status = runtime.block_on(async {
        let mut signals = Signals::listen().context("cannot listen for signals")?;
        let agent = Agent::start(&loaded).await?;
        // On stdout, so that every line on stderr is a log. Nobody may be there to read it.
        let _ = write!(io::stdout().lock(), "{}", greeting(&agent.addresses, config));
        systemd.ready();
        let status = loop {
            tokio::select! {
                told = signals.next() => match told {
                    Told::Stop(status) => break status,
                    Told::Reload => reload(&agent, &sources, environment, &systemd).await,
                },
                () = pause(systemd.alive_every) => if agent.is_alive() {
                    systemd.alive();
                },
            }
        };
        systemd.stopping();
        info!("stopping: no new requests; a second signal ends at once and leaves the rest on disk");
        tokio::select! {
            waiting = agent.stop() => info!(waiting, "stopped; what is waiting is safe on disk"),
            () = signals.stop() => {}
        }
        anyhow::Ok(status)
    });
    // Whatever a second signal has left running is not waited for.
    runtime.shutdown_background();
    status.map_err(Failure::CannotStart)
}

/// What an agent needs around it, beside the TLS provider.
pub struct Ready {
    pub runtime: Runtime,
    /// Has the rest of the log written when it is dropped.
    pub log: Flush,
}

/// Starts the log, installs the TLS provider and makes a runtime.
pub fn ready(config: &Config, environment: &Environment) -> Result<Ready, Failure> {
    let log = config.telemetry.logs.start(environment.get("NO_COLOR").is_none_or(str::is_empty));
    let log = log.context("cannot start the log").map_err(Failure::CannotStart)?;
    rustls::crypto::ring::default_provider().install_default().expect("nothing has installed one before us");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime").map_err(Failure::CannotStart)?;
    Ok(Ready { runtime, log })
}

/// Reads the configuration again and puts it in force; a bad one changes nothing.
async fn reload(agent: &Agent, sources: &Sources, environment: &Environment, systemd: &Systemd) {
    systemd.reloading();
    match load_again(sources.clone(), environment) {
        Ok(loaded) => {
            if let Err(refused) = agent.control().reload(&loaded).await {
                let error = &refused as &dyn std::error::Error;
                error!(error, "the new configuration cannot be used; the old one stays in force");
            }
        }
        Err(failure) => {
            let mut problems = Vec::new();
            // A vector takes everything.
            let _ = failure.report(&mut problems);
            for problem in String::from_utf8_lossy(&problems).lines() {
                error!(problem, "the new configuration is refused; the old one stays in force");
            }
        }
    }
    systemd.ready();
}

/// Waits for ever where there is no time to wait.
async fn pause(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

/// The signals that we listen to.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// Asks for the configuration to be read again.
    hangup: Signal,
}

impl Signals {
    pub fn listen() -> io::Result<Signals> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.interrupt.recv() => Told::Stop(INTERRUPTED),
            _ = self.terminate.recv() => Told::Stop(TERMINATED),
            _ = self.hangup.recv() => Told::Reload,
        }
    }

    /// Waits for one that asks us to stop.
    async fn stop(&mut self) {
        while let Told::Reload = self.next().await {}
    }
}

/// What a signal asks for.
pub enum Told {
    /// To end with this exit status.
    Stop(u8),
    Reload,
}

/// What somebody who has just started us wants to know.
fn greeting(addresses: &Addresses, config: &Config) -> String {
    let at = |address: Option<SocketAddr>, before: &str, after: &str| {
        address.map(|address| format!("{before}://{}{after}", from_here(address)))
    };
    let [grpc, http] =
        config.receivers.schemes().map(|scheme| format!("OTEL_EXPORTER_OTLP_ENDPOINT={scheme}"));
    let manage = config.manage.scheme();
    let keeps_calls = config.exporters.0.iter().any(|(id, _)| id == "local");
    let elsewhere = config.data_dir != Config::default().data_dir;
    let place =
        if elsewhere { format!(" --set data_dir={}", config.data_dir.display()) } else { String::new() };
    let lines = [
        ("point an SDK at", at(addresses.http, &http, "   (OTLP/HTTP)")),
        ("or, for gRPC,", at(addresses.grpc, &grpc, "   (OTLP/gRPC)")),
        ("see LLM calls", keeps_calls.then(|| format!("sidelight calls{place}"))),
        ("manage it", at(addresses.manage, manage, "/")),
        ("metrics", at(addresses.metrics, "http", "/metrics")),
        ("health", at(addresses.health, "http", "/")),
        ("stop", Some("Ctrl-C; what is not delivered yet waits on disk".to_string())),
    ];
    let shown = lines.into_iter().filter_map(|(label, text)| Some(format!("  {label:<17}{}\n", text?)));
    format!("Sidelight {} is running.\n{}", env!("CARGO_PKG_VERSION"), shown.collect::<String>())
}

/// The address as somebody on this machine reaches it: one that stands for all of them is `localhost`.
fn from_here(address: SocketAddr) -> String {
    match address.ip().is_unspecified() {
        true => format!("localhost:{}", address.port()),
        false => address.to_string(),
    }
}
