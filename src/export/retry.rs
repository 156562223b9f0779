//! How long to wait before the next attempt: exponential backoff with jitter, and what a peer asked for.

use crate::settings::Section;
use std::time::Duration;

/// No peer can make us wait longer than this: one that asks for a year is asked again.
const LONGEST_WISH: Duration = Duration::from_secs(5 * 60);

/// The section `retry_on_failure`, with the key names of the OpenTelemetry Collector.
///
/// The first pause is shorter than the Collector's 5 s, since a sidecar's peer is mostly restarting
/// when it is away. Nothing is given up by default: the queue's own age and size are the limit.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Config {
    /// Whether a batch is tried again at all; otherwise it goes to the dead letters at once.
    pub enabled: bool,
    /// The first pause.
    #[serde(serialize_with = "crate::units::serialize_duration")]
    pub initial_interval: Duration,
    /// How far a pause may stray to either side, as a part of itself: 0 to 1.
    pub randomization_factor: f64,
    /// What each pause is multiplied by to give the next.
    pub multiplier: f64,
    /// The longest pause that we choose ourselves.
    #[serde(serialize_with = "crate::units::serialize_duration")]
    pub max_interval: Duration,
    /// Batches that were tried for longer go to the dead letters; 0 tries for ever.
    #[serde(serialize_with = "crate::units::serialize_duration")]
    pub max_elapsed_time: Duration,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            enabled: true,
            initial_interval: Duration::from_secs(1),
            randomization_factor: 0.5,
            multiplier: 1.5,
            max_interval: Duration::from_secs(30),
            max_elapsed_time: Duration::ZERO,
        }
    }
}

impl Config {
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("enabled", &mut self.enabled);
        section.get("initial_interval", &mut self.initial_interval);
        section.get("randomization_factor", &mut self.randomization_factor);
        section.get("multiplier", &mut self.multiplier);
        section.get("max_interval", &mut self.max_interval);
        section.get("max_elapsed_time", &mut self.max_elapsed_time);
        if !(0.0..=1.0).contains(&self.randomization_factor) {
            section.problem("randomization_factor", "must be between 0 and 1");
        }
        if !(1.0..=100.0).contains(&self.multiplier) {
            section.problem("multiplier", "must be between 1 and 100");
        }
        if self.initial_interval.is_zero() || self.max_interval < self.initial_interval {
            section.problem("initial_interval", "must be more than 0 and at most max_interval");
        }
    }
}

/// The pauses between the attempts at one batch.
#[derive(Clone, Debug)]
pub struct Backoff {
    config: Config,
    next: Duration,
    /// On attempts and pauses.
    spent: Duration,
}

impl Backoff {
    pub fn new(config: &Config) -> Backoff {
        Backoff { config: config.clone(), next: config.initial_interval, spent: Duration::ZERO }
    }

    /// The pause before the next attempt, or `None` where there shall be none.
    ///
    /// `wish` is the least that the peer asked for. `chance` is a random number from 0 up to 1: at .5
    /// the pause is the plain interval.
    pub fn pause(&mut self, wish: Option<Duration>, chance: f64) -> Option<Duration> {
        let limit = self.config.max_elapsed_time;
        let more = self.config.enabled && (limit.is_zero() || self.spent < limit);
        more.then(|| self.next_pause(wish, chance))
    }

    /// As [`Backoff::pause`], but there always is one.
    pub fn next_pause(&mut self, wish: Option<Duration>, chance: f64) -> Duration {
        let stray = 1.0 + self.config.randomization_factor * (2.0 * chance - 1.0);
        let own = self.next.mul_f64(stray);
        self.next = self.next.mul_f64(self.config.multiplier).min(self.config.max_interval);
        let pause = own.max(wish.unwrap_or_default().min(LONGEST_WISH));
        self.spent += pause;
        pause
    }

    /// An attempt took so long, which is part of the elapsed time.
    pub fn took(&mut self, attempt: Duration) {
        self.spent += attempt;
    }

    /// The peer took something: the next trouble starts from the first interval again.
    pub fn reset(&mut self) {
        self.next = self.config.initial_interval;
        self.spent = Duration::ZERO;
    }
}

/// A number from 0 up to 1 that differs from process to process and call to call: enough to keep
/// peers from being asked in step.
pub fn chance() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    (RandomState::new().hash_one(0u8) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pauses(config: Config, wishes: &[Option<u64>]) -> Vec<Option<Duration>> {
        let mut backoff = Backoff::new(&config);
        wishes.iter().map(|wish| backoff.pause(wish.map(Duration::from_secs), 0.5)).collect()
    }

    fn seconds(all: &[f64]) -> Vec<Option<Duration>> {
        all.iter().map(|s| Some(Duration::from_secs_f64(*s))).collect()
    }

    #[test]
    fn pauses_grow_up_to_the_longest() {
        let config = Config { max_interval: Duration::from_secs(2), ..Config::default() };
        assert_eq!(pauses(config, &[None; 4]), seconds(&[1.0, 1.5, 2.0, 2.0]));
    }

    #[test]
    fn a_peers_wish_is_obeyed_but_not_for_a_year() {
        let wishes = [Some(0), Some(10), Some(365 * 86_400)];
        assert_eq!(pauses(Config::default(), &wishes), seconds(&[1.0, 10.0, 300.0]));
    }

    #[test]
    fn trying_ends_after_the_elapsed_time() {
        let config = Config { max_elapsed_time: Duration::from_secs(2), ..Config::default() };
        assert_eq!(pauses(config, &[None; 3])[2], None);
        assert_eq!(pauses(Config { enabled: false, ..Config::default() }, &[None]), [None]);
    }

    #[test]
    fn attempts_that_time_out_are_part_of_the_elapsed_time() {
        let config = Config { max_elapsed_time: Duration::from_secs(2), ..Config::default() };
        let mut backoff = Backoff::new(&config);
        backoff.took(Duration::from_secs(2));
        assert_eq!(backoff.pause(None, 0.5), None);
    }

    #[test]
    fn chances_differ() {
        assert_ne!(chance(), chance());
    }

    proptest! {
        #[test]
        fn a_pause_stays_within_its_spread(chance in 0.0..1.0f64, attempts in 1..40usize) {
            let config = Config::default();
            let mut backoff = Backoff::new(&config);
            for _ in 0..attempts {
                let plain = backoff.next;
                let pause = backoff.pause(None, chance).expect("it never ends by itself");
                prop_assert!(pause >= plain / 2 && pause <= plain * 3 / 2);
            }
        }
    }
}
