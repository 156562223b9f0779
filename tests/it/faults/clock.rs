//! A clock that jumps by a day, forward and back, by a library laid under the process.

use super::{exporter, preload};
use crate::support::flood::{Accepted, Arrived, Flood, Load, Way};
use crate::support::process::Sidelight;
use crate::support::upstream::Upstream;
use std::fs;
use std::path::Path;

/// Adds the seconds that the file holds to what the system's clock says; the monotonic clock is left alone, as it is
/// when somebody sets the time.
const LIBRARY: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t which, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(which, now);
    const char *file = getenv("CLOCK_JUMPS_BY");
    if (done == 0 && which == CLOCK_REALTIME && file) {
        char text[32] = { 0 };
        int fd = open(file, O_RDONLY);
        if (fd >= 0) {
            if (read(fd, text, sizeof text - 1) > 0) now->tv_sec += atol(text);
            close(fd);
        }
    }
    return done;
}
"#;

const DAY: i64 = 24 * 3600;

#[tokio::test]
#[ignore = "needs a C compiler, and a minute: make test-faults"]
async fn a_clock_that_jumps_by_a_day_loses_nothing_and_holds_nothing_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = preload(folder.path(), "clock", LIBRARY);
    let jump = folder.path().join("jump");
    let mut upstream = Upstream::start().await;
    let data = folder.path().join("data");
    // What was accepted before a jump of a day and is recovered after it is a day old, which must not be too old here.
    let arguments =
        [exporter(&upstream.url()), ["--set", "queue.max_age=36h"].map(String::from).to_vec()].concat();
    let (accepted, mut arrived) = (Accepted::default(), Arrived::default());
    for (before, after) in [(0, DAY), (DAY, 0), (0, -DAY), (-DAY, 0)] {
        set(&jump, before);
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_sidelight"));
        command.env("LD_PRELOAD", &library).env("CLOCK_JUMPS_BY", &jump);
        // What was accepted just before a jump of a day and recovered after it is a day old; that is not yet too old.
        let arguments =
            [exporter(&upstream.url()), ["--set", "queue.max_age=36h"].map(String::from).to_vec()];
        let agent = Sidelight::start_as(command, &folder.path().join("data"), &arguments.concat()).await;
        let mut flood = Flood::start(&agent, Way::Http, Load::default(), &accepted);
        // Jumps while requests are under way, then while a backlog waits for its next try.
        flood.heard(|answers| answers.accepted > 20).await;
        set(&jump, after);
        flood.heard(|answers| answers.accepted > 40).await;
        upstream.stop().await;
        flood.heard(|answers| answers.accepted > 60).await;
        set(&jump, before);
        flood.heard(|answers| answers.accepted > 80).await;
        set(&jump, after);
        upstream.resume().await;
        // The jump neither ends a pause early for ever nor makes it last a day: all goes out by itself.
        flood.stop().await;
        arrived.all(&accepted, &upstream).await;
        let metrics = agent.scrape().await;
        assert!(metrics.closes("otlphttp"), "{}", metrics.0);
        upstream.stop().await;
        let mut flood = Flood::start(&agent, Way::Grpc, Load::default(), &accepted);
        flood.heard(|answers| answers.accepted > 20).await;
        // What waits now is found again by the next one, whose clock says something else.
        agent.kill().await;
        flood.end().await;
        upstream.resume().await;
    }
    let _agent = Sidelight::start_with(&data, &arguments).await;
    let twice = arrived.all(&accepted, &upstream).await;
    println!(
        "{} spans accepted while the clock jumped 12 times by a day, 0 lost, {twice} twice",
        accepted.ids().len()
    );
}

fn set(jump: &Path, seconds: i64) {
    // Renamed into place, so that nobody reads half a number.
    let new = jump.with_extension("new");
    fs::write(&new, seconds.to_string()).expect("written");
    fs::rename(new, jump).expect("renamed");
}
