//! Network endpoints: `127.0.0.1:4317`, `localhost:4317`, `[::1]:4317`, `tempo:4317`.

use super::Setting;
use std::fmt;
use std::net::IpAddr;

/// A host and a port, to listen on or to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// A name or an IP address, IPv6 without brackets.
    pub host: String,
    pub port: u16,
}

impl HostPort {
    pub fn new(host: &str, port: u16) -> HostPort {
        HostPort { host: host.to_string(), port }
    }

    /// Whether only this machine can reach it: `localhost` or a loopback address.
    pub fn is_loopback(&self) -> bool {
        let address = self.host.parse::<IpAddr>();
        self.host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|ip| ip.to_canonical().is_loopback())
    }

    /// Whether both cannot be listened on at once: one port, and one host or any. Port 0 never clashes.
    pub fn clashes(&self, other: &HostPort) -> bool {
        let hosts = self.host == other.host || self.is_any() || other.is_any();
        self.port != 0 && self.port == other.port && hosts
    }

    /// Whether it stands for every address of this machine: `0.0.0.0` or `::`.
    pub fn is_any(&self) -> bool {
        self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified())
    }
}

impl Setting for HostPort {
    fn parse(text: &str) -> Result<HostPort, String> {
        split(text).ok_or_else(|| "an endpoint like 127.0.0.1:4317, host and port".to_string())
    }
}

fn split(text: &str) -> Option<HostPort> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok()?;
    let host = match host.strip_prefix('[') {
        Some(rest) => {
            let address = rest.strip_suffix(']')?;
            address.parse::<std::net::Ipv6Addr>().ok()?;
            address
        }
        None => host,
    };
    let bracketed = text.starts_with('[');
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let plausible = bracketed || (!host.is_empty() && host.chars().all(name));
    plausible.then(|| HostPort::new(host, port))
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl serde::Serialize for HostPort {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_prints_as_it_was_written() {
        for text in ["127.0.0.1:4317", "localhost:0", "[::1]:4317", "tempo.example:65535", "0.0.0.0:1"] {
            assert_eq!(HostPort::parse(text).expect(text).to_string(), text);
        }
    }

    #[test]
    fn what_lacks_a_host_or_a_port_is_refused() {
        for text in
            ["", ":4317", "localhost", "localhost:", "localhost:65536", "http://a:1", "::1:4317", "[x]:1"]
        {
            assert!(HostPort::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (host, loopback) in [
            ("localhost", true),
            ("127.9.9.9", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("0.0.0.0", false),
            ("tempo", false),
        ] {
            assert_eq!(HostPort::new(host, 1).is_loopback(), loopback, "{host}");
        }
    }

    #[test]
    fn a_port_is_taken_once_for_a_host_and_by_any_host_for_all() {
        let clash = |a: &str, b: &str| HostPort::parse(a).unwrap().clashes(&HostPort::parse(b).unwrap());
        assert!(clash("127.0.0.1:1", "127.0.0.1:1"));
        assert!(clash("0.0.0.0:1", "127.0.0.1:1") && clash("localhost:1", "[::]:1"));
        assert!(!clash("127.0.0.1:1", "127.0.0.1:2") && !clash("127.0.0.1:1", "127.0.0.2:1"));
        assert!(!clash("127.0.0.1:0", "127.0.0.1:0"));
    }
}
