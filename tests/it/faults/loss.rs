//! A network that loses packets, goes dark and resets connections, between the agent and its peer.

use super::exporter;
use crate::support::flood::{Accepted, Arrived, Flood, Load, Way};
use crate::support::process::Sidelight;
use crate::support::upstream::Upstream;
use std::process::Command;
use std::time::Duration;

/// Set in the process that runs in a network of its own.
const INSIDE: &str = "SIDELIGHT_OWN_NETWORK";

/// Each in turn, as rules of iptables for packets to the peer's port.
const FAULTS: [(&str, &[&str]); 4] = [
    (
        "a third of the packets is lost",
        &["-m", "statistic", "--mode", "random", "--probability", "0.33", "-j", "DROP"],
    ),
    ("all of them are", &["-j", "DROP"]),
    ("connections are reset", &["-j", "REJECT", "--reject-with", "tcp-reset"]),
    ("the peer is said to be unreachable", &["-j", "REJECT", "--reject-with", "icmp-host-unreachable"]),
];

/// Rules are made in a network namespace of this test alone, so it starts itself again inside one.
#[test]
#[ignore = "needs root, and a minute: make test-faults"]
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn what_is_accepted_arrives_over_a_network_that_fails() {
    let own = Command::new("unshare").args(["-n", "iptables", "-L"]).output();
    if !own.is_ok_and(|out| out.status.success()) {
        eprintln!("SKIPPED: this machine gives us no network of our own, or has no iptables");
        return;
    }
    let test = std::env::current_exe().expect("we run");
    let name = format!("{}::inside", module_path!().split_once("::").expect("in a crate").1);
    let mut again = Command::new("unshare");
    again.args(["-n", "sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""]).arg(test);
    again.args(["--exact", &name, "--ignored", "--nocapture"]).env(INSIDE, "1");
    assert!(again.status().expect("it runs").success());
}

#[tokio::test]
#[ignore = "run by the test above, in a network of its own"]
async fn inside() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    for (way, transport) in [(Way::Http, "otlphttp"), (Way::Grpc, "otlp")] {
        println!("{}", check(way, transport).await);
    }
}

/// The account of what was sent.
async fn check(way: Way, transport: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let upstream = Upstream::start().await;
    let mut arguments: Vec<String> =
        exporter(&upstream.url()).iter().map(|one| one.replace("otlphttp", transport)).collect();
    arguments.extend(["--set".to_string(), format!("exporters.{transport}.timeout=1s")]);
    let agent = Sidelight::start_with(folder.path(), &arguments).await;
    let accepted = Accepted::default();
    let load = Load { pause: Duration::from_millis(10), prompt: 2000 };
    let mut flood = Flood::start(&agent, way, load, &accepted);
    for (what, fault) in FAULTS {
        let port = upstream.address.port().to_string();
        let rule = [&["OUTPUT", "-p", "tcp", "--dport", &port], fault].concat();
        // How long each lasts, and how long all is well after it.
        iptables("-A", &rule);
        let before = flood.answers().accepted;
        flood.heard(|answers| answers.accepted >= before + 100).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        iptables("-D", &rule);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let metrics = agent.scrape().await;
        assert!(metrics.closes(transport), "{what}: {}", metrics.0);
    }
    flood.stop().await;
    let twice = Arrived::default().all(&accepted, &upstream).await;
    agent.kill().await;
    format!("{transport}: {} spans accepted, 0 lost, {twice} twice", accepted.ids().len())
}

fn iptables(verb: &str, rule: &[&str]) {
    let mut arguments = vec![verb];
    arguments.extend(rule);
    super::run("iptables", &arguments);
}
