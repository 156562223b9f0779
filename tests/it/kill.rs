//! kill -9: what was accepted arrives, however often the process is killed.

use crate::support::flood::{Accepted, Arrived, Flood, Load, Way};
use crate::support::process::Sidelight;
use crate::support::upstream::{Behaviour, Upstream};

/// How often the process is killed; `SIDELIGHT_KILLS` asks for more.
fn kills() -> usize {
    std::env::var("SIDELIGHT_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(36)
}

/// How the upstream fares while the agent is being killed.
#[derive(Clone, Copy, Debug)]
enum Peer {
    Up,
    Down,
    Flapping,
}

/// Kills `rounds` times under load; how many were accepted, and how many came twice.
async fn check(peer: Peer, way: Way, rounds: usize) -> (usize, usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut upstream = Upstream::start().await;
    let exporter = [
        "--set".to_string(),
        format!("exporters.otlphttp.endpoint={}", upstream.url()),
        "--set".to_string(),
        "exporters.otlphttp.retry_on_failure.initial_interval=20ms".to_string(),
    ];
    if let Peer::Down = peer {
        upstream.stop().await;
    }
    let accepted = Accepted::default();
    for round in 0..rounds {
        match peer {
            Peer::Flapping if round % 3 == 0 => upstream.always(Behaviour::http(503)),
            Peer::Flapping if round % 3 == 1 => upstream.always(Behaviour::Close),
            _ => upstream.always(Behaviour::Accept),
        }
        let agent = Sidelight::start_with(folder.path(), &exporter).await;
        let mut flood = Flood::start(&agent, way, Load::default(), &accepted);
        // After answers that were heard, not after a while: a busy machine may take long to begin.
        let enough = 1 + 5 * (round % 13);
        flood.heard(|answers| answers.accepted >= enough).await;
        agent.kill().await;
        flood.end().await;
    }
    if let Peer::Down = peer {
        upstream.resume().await;
    }
    upstream.always(Behaviour::Accept);
    let agent = Sidelight::start_with(folder.path(), &exporter).await;
    let twice = Arrived::default().all(&accepted, &upstream).await;
    // What was settled in memory when the process ended: what four requests under way can hold.
    assert!(twice <= rounds * 4 * 65 * 2, "{twice} came twice in {rounds} kills");
    agent.kill().await;
    (accepted.ids().len(), twice)
}

#[tokio::test]
async fn what_was_accepted_arrives_though_the_process_is_killed_again_and_again() {
    let rounds = kills().div_ceil(6);
    for peer in [Peer::Up, Peer::Down, Peer::Flapping] {
        for way in [Way::Grpc, Way::Http] {
            let (accepted, twice) = check(peer, way, rounds).await;
            println!(
                "{rounds} kills, {peer:?}, {way:?}: {accepted} spans accepted, 0 lost, {twice} came twice"
            );
        }
    }
}
