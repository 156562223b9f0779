//! What Sidelight shows of itself: metrics (9464), health (13133) and logs.

pub mod health;
pub mod logs;
mod process;
mod recorder;
mod server;
mod stderr;

pub use health::Health;
pub use recorder::Recorder;
pub use server::{serve_health, serve_metrics};
pub use stderr::Flush;

use crate::net::listen::Door;
use crate::settings::{HostPort, Section};

/// The section `telemetry`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Config {
    /// Metrics in the text form of Prometheus, at `/metrics`.
    pub metrics: Endpoint,
    /// Whether we are live and ready, at `/`.
    pub health: Endpoint,
    pub logs: logs::Config,
}

/// A section that is nothing but an `endpoint`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Endpoint {
    /// Host and port; port 0 is any free one.
    pub endpoint: HostPort,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            metrics: Endpoint { endpoint: HostPort::new("127.0.0.1", 9464) },
            health: Endpoint { endpoint: HostPort::new("127.0.0.1", 13133) },
            logs: logs::Config::default(),
        }
    }
}

impl Config {
    /// Overwrites what the user has set.
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.section("metrics", |section| section.get("endpoint", &mut self.metrics.endpoint));
        section.section("health", |section| section.get("endpoint", &mut self.health.endpoint));
        section.section("logs", |section| self.logs.read(section));
    }

    /// Every host and port to listen on. They tell figures and take nothing.
    pub fn doors(&self) -> [Door<'_>; 2] {
        let door = |key, at| Door { key, at, open: false };
        [door("metrics.endpoint", &self.metrics.endpoint), door("health.endpoint", &self.health.endpoint)]
    }
}
