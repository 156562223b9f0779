//! fsync that fails, by a library laid under the process.

use super::{asked, exporter, preload};
use crate::support::flood::{Accepted, Arrived, Flood, Load, Way};
use crate::support::process::Sidelight;
use crate::support::upstream::Upstream;
use std::fs;
use std::time::Duration;

/// While the file exists, every other sync fails as a disk fails it.
const LIBRARY: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
static int due(void) {
    static unsigned count;
    const char *flag = getenv("FAIL_SYNC_WHILE");
    return flag && access(flag, F_OK) == 0 && __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED) % 2 == 0;
}
int fsync(int fd) {
    if (due()) { errno = EIO; return -1; }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}
int fdatasync(int fd) {
    if (due()) { errno = EIO; return -1; }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
"#;

#[tokio::test]
#[ignore = "needs a C compiler, and a minute: make test-faults"]
async fn a_sync_that_fails_loses_nothing_that_was_accepted() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let library = preload(folder.path(), "fail", LIBRARY);

    let mut upstream = Upstream::start().await;
    upstream.stop().await;
    let accepted = Accepted::default();
    let mut refused = 0;
    for _ in 0..asked("SIDELIGHT_SYNC_ROUNDS", 5) {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_sidelight"));
        command.env("LD_PRELOAD", &library).env("FAIL_SYNC_WHILE", path("failing"));
        let agent = Sidelight::start_as(command, &path("data"), &exporter(&upstream.url())).await;
        let mut flood = Flood::start(&agent, Way::Http, Load::default(), &accepted);
        for _ in 0..3 {
            let before = flood.answers().accepted;
            flood.heard(|answers| answers.accepted > before + 20).await;
            fs::write(path("failing"), "").expect("written");
            // How long the disk fails, with requests under way.
            tokio::time::sleep(Duration::from_millis(200)).await;
            fs::remove_file(path("failing")).expect("it is there");
        }
        refused += flood.answers().refused;
        let failed = agent.scrape().await.sum("sidelight_queue_disk_errors_total", &[]);
        assert!(failed > 0, "the library was not laid under the process");
        agent.kill().await;
        flood.end().await;
    }
    upstream.resume().await;
    let _agent = Sidelight::start_with(&path("data"), &exporter(&upstream.url())).await;
    let twice = Arrived::default().all(&accepted, &upstream).await;
    println!(
        "{} spans accepted while syncs failed, {refused} requests refused, 0 lost, {twice} twice",
        accepted.ids().len()
    );
}
