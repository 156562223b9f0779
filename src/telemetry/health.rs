//! Whether we are live and ready: one page, for load balancers and for people.

use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What the health page says. Cloning shares it.
#[derive(Clone)]
pub struct Health(Arc<Mutex<State>>);

struct State {
    phase: Phase,
    checks: Vec<Check>,
    started: Instant,
}

/// Where an agent stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Starting,
    Ready,
    /// Told to stop; what is in hand is being finished.
    Draining,
}

/// Says what is wrong, such as `disk`; `None` when all is well.
type Check = Box<dyn Fn() -> Option<&'static str> + Send>;

impl Health {
    /// Starting, with nothing to check.
    pub fn new() -> Health {
        Health(Arc::new(Mutex::new(State {
            phase: Phase::Starting,
            checks: Vec::new(),
            started: Instant::now(),
        })))
    }

    pub fn set(&self, phase: Phase) {
        self.state().phase = phase;
    }

    /// Has `check` asked each time somebody looks.
    pub fn check(&self, check: impl Fn() -> Option<&'static str> + Send + 'static) {
        self.state().checks.push(Box::new(check));
    }

    /// In one word: `starting`, `ready`, `draining` or `failing`.
    pub fn status(&self) -> &'static str {
        self.state().status().0
    }

    /// Whether we take requests now, and a small JSON object that says so.
    pub fn report(&self) -> (bool, String) {
        let state = self.state();
        let (status, failing) = state.status();
        let ready = status == "ready";
        let mut body = format!(r#"{{"status":"{status}","#);
        if let Some(reason) = failing {
            let _ = write!(body, r#""reason":"{reason}","#);
        }
        let uptime = state.started.elapsed().as_secs();
        let _ = writeln!(body, r#""version":"{}","uptime_seconds":{uptime}}}"#, env!("CARGO_PKG_VERSION"));
        (ready, body)
    }

    /// A check that panicked leaves the state as it was.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// How it stands, and which check fails where it is ready but for that.
    fn status(&self) -> (&'static str, Option<&'static str>) {
        let failing = self.checks.iter().find_map(|check| check());
        match (self.phase, failing) {
            (Phase::Starting, _) => ("starting", None),
            (Phase::Draining, _) => ("draining", None),
            (Phase::Ready, Some(reason)) => ("failing", Some(reason)),
            (Phase::Ready, None) => ("ready", None),
        }
    }
}

impl Default for Health {
    fn default() -> Health {
        Health::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn check(health: &Health, ready: bool, status: &str) {
        let (said, body) = health.report();
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!((said, body["status"].as_str().unwrap()), (ready, status));
    }

    #[test]
    fn we_are_ready_between_starting_and_draining() {
        let health = Health::new();
        check(&health, false, "starting");
        health.set(Phase::Ready);
        check(&health, true, "ready");
        health.set(Phase::Draining);
        check(&health, false, "draining");
    }

    #[test]
    fn a_failing_check_is_named_until_it_is_mended() {
        let health = Health::new();
        health.set(Phase::Ready);
        let failing = Arc::new(AtomicBool::new(true));
        let seen = Arc::clone(&failing);
        health.check(move || seen.load(Ordering::Relaxed).then_some("disk"));
        check(&health, false, "failing");
        assert!(health.report().1.contains(r#""reason":"disk""#));
        failing.store(false, Ordering::Relaxed);
        check(&health, true, "ready");
    }
}
