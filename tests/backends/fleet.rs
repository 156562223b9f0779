//! `examples/fleet` as its README says to run it: gateways and the broker are killed, a gateway joins, the broker is
//! away for long, and the store has each call once. Every configuration in it is one that Sidelight takes.

use crate::support::{Kafka, Postgres};
use std::process::Command;

/// What it is run with; `make test-fleet` runs the long form.
const SHORT: &str = "--calls 1500 --kills 4 --broker-kills 2 --outage 5";

const FLEET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/fleet");

#[tokio::test]
#[allow(clippy::print_stderr, reason = "the reconciliation is what a run is for")]
async fn a_fleet_whose_gateways_and_broker_are_killed_stores_each_call_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    let mut kafka = Kafka::start(folder.path()).await;
    kafka.kill();
    let form = std::env::var("SIDELIGHT_FLEET").unwrap_or_else(|_| SHORT.to_string());
    let mut fleet = Command::new("python3");
    fleet.arg(format!("{FLEET}/fleet.py")).args(form.split_whitespace());
    fleet.args(["--brokers", &kafka.brokers(), "--broker", &kafka.command()]);
    fleet.args(["--postgres", &postgres.url(), "--sidelight", env!("CARGO_BIN_EXE_sidelight")]);
    let ran =
        fleet.arg("--psql").arg(postgres.psql()).env("TMPDIR", folder.path()).output().expect("python runs");
    let told = String::from_utf8_lossy(&ran.stdout) + String::from_utf8_lossy(&ran.stderr);
    eprintln!("{told}");
    assert!(ran.status.success(), "{told}");
    assert!(told.contains("lost 0, twice 0"), "{told}");
}

#[test]
fn every_configuration_of_the_example_is_one_that_is_taken() {
    let images = std::fs::read_to_string(format!("{FLEET}/compose.yaml")).expect("it is there");
    for config in ["sidecar.yaml", "gateway.yaml"] {
        assert!(images.contains(&format!("--config /etc/sidelight/{config}")), "{config} is run");
        let text = std::fs::read_to_string(format!("{FLEET}/{config}")).expect("it is there");
        let asked = text.split("${env:").skip(1).filter_map(|rest| rest.split('}').next());
        for name in asked.filter(|name| !name.contains(":-")) {
            assert!(images.contains(&format!("{name}: ")), "{config} needs {name}");
        }
        let mut check = Command::new(env!("CARGO_BIN_EXE_sidelight"));
        check.args(["validate", "--config", &format!("{FLEET}/{config}")]);
        // As the compose file sets it.
        check.env("SIDELIGHT_DATA", "/data").env("BROKERS", "kafka:9092").env("HOST", "0.0.0.0");
        check.env("POSTGRES_URL", "postgres://postgres:example@postgres/observability?sslmode=disable");
        let said = check.output().expect("it runs");
        let told = String::from_utf8_lossy(&said.stdout) + String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success(), "{config}: {told}");
    }
}
