//! A disk of 64 MiB under load.

use super::{Mount, exporter};
use crate::support::flood::{Accepted, Arrived, Flood, Load, Way};
use crate::support::process::Sidelight;
use crate::support::upstream::Upstream;

#[tokio::test]
#[ignore = "needs root, and a minute: make test-faults"]
async fn a_full_disk_tells_senders_to_come_back_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let Some(_mount) = Mount::new(&["-t", "tmpfs", "-o", "size=64m", "tmpfs"], &data) else { return };
    let mut upstream = Upstream::start().await;
    upstream.stop().await;
    let agent = Sidelight::start_with(&data, &exporter(&upstream.url())).await;
    let accepted = Accepted::default();
    let load = Load { prompt: 100_000, ..Load::default() };
    let mut flood = Flood::start(&agent, Way::Http, load, &accepted);
    flood.heard(|answers| answers.refused >= 20).await;
    let when_full = accepted.ids().len();

    upstream.resume().await;
    flood.heard(|answers| answers.accepted * 2 >= when_full + 200).await;
    let resident = agent.resident();
    flood.stop().await;
    let twice = Arrived::default().all(&accepted, &upstream).await;
    let all = accepted.ids().len();
    assert!(all > when_full, "it took records again once there was room");
    println!(
        "full at {when_full} spans, {all} accepted in all, 0 lost, {twice} twice, {} MiB resident",
        resident >> 20
    );
    assert_eq!(twice, 0);
    // The mount goes when nobody uses it.
    agent.kill().await;
}
