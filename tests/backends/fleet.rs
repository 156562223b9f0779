//! `examples/fleet` as its README says to run it: gateways are killed, one joins, and the store has each call once.

use crate::support::{Kafka, Postgres};
use std::process::Command;

#[tokio::test]
async fn a_fleet_whose_gateways_are_killed_stores_each_call_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    let kafka = Kafka::start(folder.path()).await;
    let mut fleet = Command::new("python3");
    fleet.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/fleet/fleet.py"));
    fleet.args(["--brokers", &kafka.brokers(), "--postgres", &postgres.url()]);
    fleet.args(["--sidelight", env!("CARGO_BIN_EXE_sidelight"), "--calls", "2000", "--kills", "6"]);
    let ran =
        fleet.arg("--psql").arg(postgres.psql()).env("TMPDIR", folder.path()).output().expect("python runs");
    let told = String::from_utf8_lossy(&ran.stdout) + String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{told}");
    assert!(told.contains("2000 rows, 2000 different; lost 0, twice 0"), "{told}");
}
