//! Power loss for real: an ext4 file system whose image is copied while it is in use.

use super::{Mount, asked, exporter, run};
use crate::support::flood::{Accepted, Flood, Load, Way};
use crate::support::process::Sidelight;
use crate::support::upstream::Upstream;
use std::collections::HashSet;
use std::fs;

#[tokio::test]
#[ignore = "needs root and loop devices, and a minute: make test-faults"]
async fn what_was_accepted_is_on_a_disk_whose_power_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let (image, copy) = (path("disk.img").display().to_string(), path("copy.img").display().to_string());
    let (mut total, mut unusable) = (0, 0);
    let rounds = asked("SIDELIGHT_POWER_ROUNDS", 8);
    for round in 0..rounds {
        fs::File::create(&image).and_then(|file| file.set_len(96 << 20)).expect("room for an image");
        run("mkfs.ext4", &["-q", "-F", &image]);
        let Some(mount) = Mount::new(&["-o", "loop", &image], &path("disk")) else { return };
        let mut upstream = Upstream::start().await;
        upstream.stop().await;
        // Some requests are small and many, some large; segments are changed now and then.
        let arguments =
            [exporter(&upstream.url()), vec!["--set".into(), "queue.max_size=32MiB".into()]].concat();
        let agent = Sidelight::start_with(&path("disk").join("data"), &arguments).await;
        let accepted = Accepted::default();
        let load = Load { prompt: if round % 2 == 0 { 100 } else { 40_000 }, ..Load::default() };
        let mut flood = Flood::start(&agent, Way::Http, load, &accepted);
        let enough = 20 + 30 * (round as usize % 5);
        flood.heard(|answers| answers.accepted >= enough).await;
        // What is accepted from here on may or may not be in the copy.
        let before = accepted.ids();
        run("cp", &["--sparse=always", &image, &copy]);
        flood.stop().await;
        agent.kill().await;
        drop(mount);

        upstream.resume().await;
        let Some(_mount) = Mount::new(&["-o", "loop", &copy], &path("copy")) else {
            // A copy takes a moment, which a power failure does not: its journal may not fit its blocks.
            unusable += 1;
            continue;
        };
        let agent = Sidelight::start_with(&path("copy").join("data"), &arguments).await;
        upstream.wait_for(|taken| before.is_subset(&HashSet::from_iter(taken.span_ids()))).await;
        total += before.len();
        agent.kill().await;
    }
    println!(
        "{rounds} power losses on ext4 ({unusable} copies could not be mounted): {total} spans accepted, 0 lost"
    );
    assert!(unusable * 4 <= rounds, "too few copies could be used");
}
