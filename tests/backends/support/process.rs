//! A process that ends with the test that started it.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running child. Killed when dropped; its output lies in `<name>.log` of its folder.
pub struct Process {
    child: Child,
    pub log: PathBuf,
}

impl Process {
    pub fn start(name: &str, folder: &Path, command: &mut Command) -> Process {
        let log = folder.join(format!("{name}.log"));
        let out = File::options().create(true).append(true).open(&log).expect("a log file");
        let err = out.try_clone().expect("a second handle");
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
        Process { child: child.unwrap_or_else(|error| panic!("{name} does not start: {error}")), log }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn kill(mut self) {
        self.end();
    }

    /// Whether it has not ended by itself.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_none()
    }

    /// Asks it to end, as Ctrl-C does, and waits; one that has not ended in some seconds is killed.
    pub fn interrupt(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        for _ in 0..100 {
            if !self.is_running() {
                return;
            }
            // Waiting for a child has no time limit in the standard library.
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        self.end();
    }

    pub fn output(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// A port of loopback that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port()
}

/// A program that `tests/backends/install` has put into the cache.
pub fn binary(name: &str) -> PathBuf {
    let path = cache().join(name);
    assert!(path.exists(), "{} is missing; run tests/backends/install", path.display());
    path
}

/// As [`binary`] for what cannot be had everywhere: says so where it is missing, and the test is to be skipped.
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
pub fn installed(name: &str) -> Option<PathBuf> {
    let path = cache().join(name);
    if !path.exists() {
        eprintln!("SKIPPED: {} is missing; tests/backends/install could not install it", path.display());
        return None;
    }
    Some(path)
}

fn cache() -> PathBuf {
    let var = |name| std::env::var_os(name).map(PathBuf::from);
    let base = var("SIDELIGHT_CACHE")
        .or_else(|| Some(var("XDG_CACHE_HOME")?.join("sidelight")))
        .or_else(|| Some(var("HOME")?.join(".cache/sidelight")));
    base.expect("a home").join("backends")
}
