//! What systemd is told of us: ready, reloading, stopping, and that we are alive.
//!
//! Source: sd_notify(3), systemd.service(5) `Type=notify`, `WatchdogSec=`.

use crate::config::Environment;
#[cfg(target_os = "linux")]
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Tells whoever started us; says nothing where nobody asked. Losing such a message harms nobody.
pub struct Systemd {
    socket: Option<(UnixDatagram, SocketAddr)>,
    /// How often it wants to hear that we are alive.
    pub alive_every: Option<Duration>,
}

impl Systemd {
    /// `NOTIFY_SOCKET` and `WATCHDOG_USEC` say where and how often, as systemd sets them.
    pub fn new(environment: &Environment) -> Systemd {
        let socket = environment.get("NOTIFY_SOCKET").and_then(address);
        let socket = socket.and_then(|address| Some((UnixDatagram::unbound().ok()?, address)));
        let within: Option<u64> = environment.get("WATCHDOG_USEC").and_then(|usec| usec.parse().ok());
        let for_us = environment.get("WATCHDOG_PID").is_none_or(|pid| pid == std::process::id().to_string());
        // Twice within the time, as sd_watchdog_enabled(3) advises.
        let alive_every =
            within.filter(|usec| for_us && *usec > 1).map(|usec| Duration::from_micros(usec / 2));
        Systemd { socket, alive_every }
    }

    pub fn ready(&self) {
        self.say("READY=1\nSTATUS=running");
    }

    pub fn reloading(&self) {
        // Microseconds of the clock that systemd compares with.
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let usec = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
        self.say(&format!("RELOADING=1\nMONOTONIC_USEC={usec}\nSTATUS=loading the configuration anew"));
    }

    pub fn stopping(&self) {
        self.say("STOPPING=1\nSTATUS=delivering what can be delivered at once");
    }

    pub fn alive(&self) {
        self.say("WATCHDOG=1");
    }

    fn say(&self, text: &str) {
        if let Some((socket, address)) = &self.socket {
            let _ = socket.send_to_addr(text.as_bytes(), address);
        }
    }
}

/// A path, or a name in the abstract namespace after an `@`.
fn address(socket: &str) -> Option<SocketAddr> {
    match socket.strip_prefix('@') {
        #[cfg(target_os = "linux")]
        Some(name) => SocketAddr::from_abstract_name(name).ok(),
        None if socket.starts_with('/') => SocketAddr::from_pathname(socket).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    #[test]
    fn systemd_hears_what_becomes_of_us() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let listening = UnixDatagram::bind(&path).unwrap();
        let systemd = Systemd::new(&environment(&[
            ("NOTIFY_SOCKET", path.to_str().unwrap()),
            ("WATCHDOG_USEC", "30000000"),
        ]));
        assert_eq!(systemd.alive_every, Some(Duration::from_secs(15)));
        let mut heard = String::new();
        for say in [Systemd::ready, Systemd::reloading, Systemd::alive, Systemd::stopping] {
            say(&systemd);
            let mut message = [0; 200];
            let len = listening.recv(&mut message).unwrap();
            heard += std::str::from_utf8(&message[..len]).unwrap().lines().next().unwrap();
            heard += " ";
        }
        assert_eq!(heard, "READY=1 RELOADING=1 WATCHDOG=1 STOPPING=1 ");
    }

    #[test]
    fn nobody_is_told_where_nobody_asked() {
        for variables in [
            &[][..],
            &[("NOTIFY_SOCKET", "relative"), ("WATCHDOG_USEC", "soon")],
            &[("NOTIFY_SOCKET", "@nobody-listens-here"), ("WATCHDOG_USEC", "9"), ("WATCHDOG_PID", "1")],
        ] {
            let systemd = Systemd::new(&environment(variables));
            assert_eq!(systemd.alive_every, None);
            systemd.ready();
        }
    }
}
