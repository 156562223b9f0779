//! Real faults of real machines: a disk that is full, fails or loses power, and a long day. `make test-faults` runs
//! them; each says so where the machine does not allow it.

mod clock;
mod crowd;
mod full;
mod loss;
mod power;
mod soak;
mod sync;

use std::path::{Path, PathBuf};
use std::process::Command;

/// How often, or for how many seconds: what `variable` says, else `usual`.
fn asked(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A file system that is mounted until this is dropped.
struct Mount(PathBuf);

impl Mount {
    /// `None`, said aloud, where mounting is not allowed.
    #[allow(clippy::print_stderr, reason = "a skipped test says so")]
    fn new(arguments: &[&str], at: &Path) -> Option<Mount> {
        std::fs::create_dir_all(at).expect("a folder");
        let done = Command::new("mount").args(arguments).arg(at).output();
        match done {
            Ok(out) if out.status.success() => Some(Mount(at.to_path_buf())),
            _ => {
                eprintln!("SKIPPED: this machine does not let us mount {arguments:?}");
                None
            }
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// Runs a command that has to succeed.
fn run(program: &str, arguments: &[&str]) {
    let out = Command::new(program).args(arguments).output();
    let out = out.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(out.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
}

/// A library in `folder`, compiled from C, that is laid under a process by LD_PRELOAD.
fn preload(folder: &Path, name: &str, source: &str) -> PathBuf {
    let (from, to) = (folder.join(format!("{name}.c")), folder.join(format!("{name}.so")));
    std::fs::write(&from, source).expect("written");
    let [from, library] = [&from, &to].map(|path| path.display().to_string());
    run("cc", &["-shared", "-fPIC", "-O1", "-o", &library, &from, "-ldl"]);
    to
}

/// `--set` for one exporter to `url` that does not wait long between tries.
fn exporter(url: &str) -> Vec<String> {
    let settings = [
        format!("exporters.otlphttp.endpoint={url}"),
        "exporters.otlphttp.retry_on_failure.initial_interval=20ms".to_string(),
        "exporters.otlphttp.retry_on_failure.max_interval=200ms".to_string(),
    ];
    settings.into_iter().flat_map(|setting| ["--set".to_string(), setting]).collect()
}
