//! How an exporter fares, for people who look: kept by its lane, read by the management API.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// What a lane last heard from its peer. Cloning shares it.
#[derive(Clone, Default)]
pub struct Standing(Arc<Mutex<State>>);

/// How an exporter fares at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    pub trouble: Option<Trouble>,
    /// The last failure, whether it is over or not.
    pub last_error: Option<LastError>,
}

/// Why an exporter does not deliver at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub since: SystemTime,
    /// Whether somebody has to mend something first; else it is only a matter of time.
    pub held: bool,
}

/// A failure, fit to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastError {
    pub at: SystemTime,
    /// What went wrong, scrubbed and short.
    pub said: String,
}

impl Standing {
    /// How it is now.
    pub fn state(&self) -> State {
        self.lock().clone()
    }

    /// An attempt failed, which `said` tells in words that were scrubbed. Whether all was well before.
    pub(super) fn failed(&self, said: &str, held: bool, now: SystemTime) -> bool {
        let mut state = self.lock();
        let since = state.trouble.map_or(now, |trouble| trouble.since);
        state.last_error = Some(LastError { at: now, said: said.to_string() });
        state.trouble.replace(Trouble { since, held }).is_none()
    }

    /// A batch was given up for good, which does not keep others from being delivered.
    pub(super) fn gave_up(&self, said: &str, now: SystemTime) {
        self.lock().last_error = Some(LastError { at: now, said: said.to_string() });
    }

    /// An attempt succeeded. Whether that ends a trouble.
    pub(super) fn delivered(&self) -> bool {
        self.lock().trouble.take().is_some()
    }

    /// A panic leaves nothing half-written here.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn trouble_begins_with_the_first_failure_and_ends_with_a_delivery() {
        let standing = Standing::default();
        let start = SystemTime::UNIX_EPOCH;
        assert!(standing.failed("connection refused", false, start));
        assert!(!standing.failed("401", true, start + Duration::from_secs(9)));
        let state = standing.state();
        assert_eq!(state.trouble, Some(Trouble { since: start, held: true }));
        assert!(standing.delivered() && !standing.delivered());
        let state = standing.state();
        assert_eq!((state.trouble, state.last_error.unwrap().said), (None, "401".to_string()));
    }
}
