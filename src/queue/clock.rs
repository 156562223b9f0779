//! Wall time that does not jump while the queue is open.

use std::time::{Duration, Instant, SystemTime};

/// The wall clock as it stood at open, moved on by the monotonic clock. So a correction of the system's
/// clock neither expires a backlog nor keeps one for ever.
#[derive(Clone)]
pub struct Clock {
    opened: SystemTime,
    since: Since,
}

#[derive(Clone)]
enum Since {
    Start(Instant),
    #[cfg(test)]
    Told(std::sync::Arc<std::sync::Mutex<Duration>>),
}

/// Before this program existed: 2025-01-01. A record that claims to be older was stamped by a clock
/// that had not been set.
const PLAUSIBLE: Duration = Duration::from_secs(1_735_689_600);

impl Clock {
    pub fn start() -> Clock {
        Clock { opened: SystemTime::now(), since: Since::Start(Instant::now()) }
    }

    pub fn now(&self) -> SystemTime {
        self.opened + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        match &self.since {
            Since::Start(start) => start.elapsed(),
            #[cfg(test)]
            Since::Told(told) => *told.lock().unwrap(),
        }
    }

    /// How long ago a record was enqueued. A stamp that cannot be right, because it lies ahead or before
    /// this program existed, counts from when the queue was opened.
    pub fn age(&self, enqueued: SystemTime) -> Duration {
        let plausible = enqueued >= SystemTime::UNIX_EPOCH + PLAUSIBLE;
        match self.now().duration_since(enqueued) {
            Ok(age) if plausible => age,
            _ => self.elapsed(),
        }
    }
}

#[cfg(test)]
impl Clock {
    /// Stands still until [`Clock::advance`].
    pub fn at(opened: SystemTime) -> Clock {
        Clock { opened, since: Since::Told(Default::default()) }
    }

    pub fn advance(&self, by: Duration) {
        match &self.since {
            Since::Told(told) => *told.lock().unwrap() += by,
            Since::Start(_) => panic!("a running clock cannot be told the time"),
        }
    }
}
