//! A long day in short: steady load, and a fault every few seconds.

use super::{asked, exporter};
use crate::support::flood::{Accepted, Arrived, Flood, Load, Way};
use crate::support::process::Sidelight;
use crate::support::upstream::{Behaviour, Upstream};
use std::time::{Duration, Instant};

#[tokio::test]
#[ignore = "takes as long as SIDELIGHT_SOAK_SECONDS says: make test-faults"]
async fn memory_is_flat_and_the_ledger_closes_at_every_scrape_while_faults_come_and_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut upstream = Upstream::start().await;
    // A stalled request holds one of four consumers up for as long as this.
    let timeout = ["--set".to_string(), "exporters.otlphttp.timeout=2s".to_string()];
    let arguments = [exporter(&upstream.url()), timeout.to_vec()].concat();
    let agent = Sidelight::start_with(folder.path(), &arguments).await;
    let accepted = Accepted::default();
    let load = Load { pause: Duration::from_millis(20), prompt: 2000 };
    let floods = [Way::Grpc, Way::Http].map(|way| Flood::start(&agent, way, load, &accepted));

    let seconds = asked("SIDELIGHT_SOAK_SECONDS", 60);
    let (start, mut samples) = (Instant::now(), Vec::new());
    let mut faults = 0_usize;
    while start.elapsed().as_secs() < seconds {
        match faults % 7 {
            0 => upstream.always(Behaviour::http(503).retry_after("0")),
            1 => upstream.always(Behaviour::Close),
            2 => upstream.always(Behaviour::http(429)),
            3 => upstream.stop().await,
            4 => upstream.next(Behaviour::StallInBody),
            5 => upstream.always(Behaviour::Garbage { content_type: "text/html", body: b"<p>".to_vec() }),
            _ => upstream.next(Behaviour::Stall),
        }
        // How long each fault lasts, and how long all is well after it.
        tokio::time::sleep(Duration::from_millis(700)).await;
        if faults % 7 == 3 {
            upstream.resume().await;
        }
        upstream.always(Behaviour::Accept);
        faults += 1;
        tokio::time::sleep(Duration::from_millis(1300)).await;
        let metrics = agent.scrape().await;
        assert!(metrics.closes("otlphttp"), "{}", metrics.0);
        samples.push((start.elapsed().as_secs_f64(), agent.resident() as f64));
    }
    let refused: usize = floods.iter().map(|flood| flood.answers().refused).sum();
    for flood in floods {
        flood.stop().await;
    }
    let twice = Arrived::default().all(&accepted, &upstream).await;
    let slope = slope(&samples[samples.len() / 3..]);
    let most = samples.iter().map(|(_, bytes)| *bytes).fold(0.0, f64::max);
    let spans = accepted.ids().len();
    println!(
        "{seconds} s, {faults} faults: {spans} spans accepted, {refused} requests refused, 0 lost, {twice} twice; \
         at most {:.0} MiB resident, {:+.1} kB/min",
        most / 1048576.0,
        slope * 60.0 / 1000.0
    );
    assert!(most < 200e6, "{most}");
}

/// Bytes a second, by least squares.
fn slope(samples: &[(f64, f64)]) -> f64 {
    let n = samples.len().max(1) as f64;
    let (x, y) = samples.iter().fold((0.0, 0.0), |(x, y), sample| (x + sample.0 / n, y + sample.1 / n));
    let above: f64 = samples.iter().map(|sample| (sample.0 - x) * (sample.1 - y)).sum();
    let below: f64 = samples.iter().map(|sample| (sample.0 - x) * (sample.0 - x)).sum();
    if below == 0.0 { 0.0 } else { above / below }
}
