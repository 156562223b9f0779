//! Logs: events for an operator, on stderr. Never text of a span, never a secret, at any level.

use super::stderr::{Flush, Lines};
use crate::settings::{Section, choices};
use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// The section `telemetry.logs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Config {
    /// The least important level that is shown.
    pub level: Level,
    pub encoding: Encoding,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
    Off,
}
choices!(Level {
    Error = "error",
    Warn = "warn",
    Info = "info",
    Debug = "debug",
    Trace = "trace",
    Off = "off",
});

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// A line for people, in colour on a terminal.
    #[default]
    Console,
    /// One JSON object per line.
    Json,
}
choices!(Encoding { Console = "console", Json = "json" });

impl Config {
    /// Overwrites what the user has set.
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("level", &mut self.level);
        section.get("encoding", &mut self.encoding);
    }

    /// Starts logging for the whole process. A second call changes nothing: the first one stands.
    /// `colour` is what the user allows; only a terminal gets it. What is to be held until the
    /// process ends is given back; it fails if a thread cannot be started.
    pub fn start(&self, colour: bool) -> io::Result<Flush> {
        let lines = Lines::start(io::stderr())?;
        let flush = lines.flush_at_end();
        let format = tracing_subscriber::fmt::layer().with_writer(lines);
        let layer = match self.encoding {
            Encoding::Console => format.with_ansi(colour && io::stderr().is_terminal()).boxed(),
            Encoding::Json => format.json().flatten_event(true).boxed(),
        };
        let _ = tracing_subscriber::registry().with(layer.with_filter(self.filter())).try_init();
        Ok(flush)
    }

    /// Our own events at the configured level; of the libraries only what warns, since we cannot
    /// promise for them what their finer levels show of a request.
    fn filter(&self) -> EnvFilter {
        let others = match self.level {
            Level::Off => Level::Off,
            Level::Error => Level::Error,
            _ => Level::Warn,
        };
        EnvFilter::new(format!("{others},sidelight={}", self.level))
    }
}
