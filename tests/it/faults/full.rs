//! A small disk under load.

use super::{Mount, exporter};
use crate::support::flood::{Accepted, Arrived, Flood, Load, Way};
use crate::support::process::Sidelight;
use crate::support::upstream::{Behaviour, Upstream};
use std::collections::HashSet;
use std::time::Duration;

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

#[tokio::test]
#[ignore = "needs root, and some seconds: make test-faults"]
async fn a_peer_that_refuses_for_a_while_does_not_stop_a_lane_whose_dead_letters_have_no_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let Some(_mount) = Mount::new(&["-t", "tmpfs", "-o", "size=32m", "tmpfs"], &data) else { return };
    let upstream = Upstream::start().await;
    upstream.always(Behaviour::http(503));
    let mut agent = Sidelight::start_with(&data, &exporter(&upstream.url())).await;
    let accepted = Accepted::default();
    let load = Load { prompt: 100_000, ..Load::default() };
    let mut flood = Flood::start(&agent, Way::Http, load, &accepted);
    flood.heard(|answers| answers.refused >= 20).await;
    upstream.always(Behaviour::http(400));
    agent.wait_for_log("cannot write a dead letter").await;
    upstream.always(Behaviour::Accept);
    flood.heard(|answers| answers.accepted >= 400).await;
    flood.stop().await;

    let ids = accepted.ids();
    let settled = async || {
        let metrics = agent.scrape().await;
        let dead = metrics.sum("sidelight_exporter_dead_items_total", &[]);
        (metrics.sum("sidelight_exporter_sent_items_total", &[]) + dead, dead)
    };
    let all_settled = async {
        loop {
            let (all, dead) = settled().await;
            if all >= ids.len() as u64 {
                return dead;
            }
            // The agent is a process of its own, whose ledger can only be asked for.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let dead = tokio::time::timeout(Duration::from_secs(60), all_settled).await.expect("the lane goes on");
    let arrived: HashSet<Vec<u8>> = upstream.taken().span_ids().into_iter().collect();
    let missing = ids.difference(&arrived).count() as u64;
    println!("{} accepted, {missing} not arrived, {dead} dead", ids.len());
    assert!(missing <= dead, "{missing} of {} have not arrived, {dead} are dead", ids.len());
    agent.kill().await;
}
