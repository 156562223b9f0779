//! The section `queue`, and what one lane may set differently.

use crate::settings::{Section, choices};
use crate::units::{Size, duration_text, serialize_duration};
use std::path::PathBuf;
use std::time::Duration;

/// The section `queue`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Config {
    /// Where segments, cursors and dead letters lie. Empty: `queue` in the data directory.
    pub directory: PathBuf,
    pub durability: Durability,
    /// Bytes on disk, pre-written and recycled segments included; also the most that waits for a lane.
    pub max_size: Size,
    /// Older records are dropped, counted and logged.
    #[serde(serialize_with = "serialize_duration")]
    pub max_age: Duration,
    pub when_full: WhenFull,
    /// Bytes received and not yet answered, all connections together. The intake keeps to it.
    pub max_in_flight: Size,
    pub dead: Dead,
}

/// The section `queue.dead`: what is kept of dead letters.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Dead {
    /// Bytes of payload, of all exporters together; the oldest letters make room.
    pub max_size: Size,
    #[serde(serialize_with = "serialize_duration")]
    pub max_age: Duration,
}

impl Default for Dead {
    fn default() -> Dead {
        Dead { max_size: Size::gib(1), max_age: Duration::from_secs(30 * 24 * 3600) }
    }
}

/// What `accepted` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// fdatasync before the answer: survives power loss.
    Fsync,
    /// Written to the page cache before the answer: survives kill -9.
    Os,
    /// Kept in memory only.
    Memory,
}

choices!(Durability { Fsync = "fsync", Os = "os", Memory = "memory" });

/// What becomes of a new record that a lane has no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// Senders are told to come back.
    Refuse,
    /// The oldest records of that lane are dropped and counted.
    DropOldest,
}

choices!(WhenFull { Refuse = "refuse", DropOldest = "drop_oldest" });

/// The section `queue` of an exporter: what is set here wins over [`Config`] for its lane.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Overrides {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_size: Option<Size>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_given")]
    pub max_age: Option<Duration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_full: Option<WhenFull>,
}

/// What a lane keeps to: [`Config`] with its [`Overrides`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub max_size: u64,
    pub max_age: Duration,
    pub when_full: WhenFull,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            directory: PathBuf::new(),
            durability: Durability::Fsync,
            max_size: Size::gib(2),
            max_age: Duration::from_secs(24 * 3600),
            when_full: WhenFull::Refuse,
            max_in_flight: Size::mib(64),
            dead: Dead::default(),
        }
    }
}

/// Below this the log would be all overhead.
const LEAST_SIZE: Size = Size::mib(1);

impl Config {
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("directory", &mut self.directory);
        section.get("durability", &mut self.durability);
        section.get("max_size", &mut self.max_size);
        section.get("max_age", &mut self.max_age);
        section.get("when_full", &mut self.when_full);
        section.get("max_in_flight", &mut self.max_in_flight);
        section.section("dead", |dead| {
            dead.get("max_size", &mut self.dead.max_size);
            dead.get("max_age", &mut self.dead.max_age);
            check_size(dead, self.dead.max_size);
            check_age(dead, self.dead.max_age);
        });
        check_size(section, self.max_size);
        check_age(section, self.max_age);
    }

    /// The usual size of a segment, its header included. A record that is larger than that gets a
    /// segment to itself.
    pub(super) fn segment_size(&self) -> u64 {
        (self.max_size.0 / 8).min(Size::mib(64).0)
    }

    /// The largest payload that is taken: half of what the queue may hold, and what a length field can say.
    pub fn largest_record(&self) -> u64 {
        (self.max_size.0 / 2).min(Size::gib(1).0)
    }

    pub(super) fn limits(&self, overrides: &Overrides) -> Limits {
        Limits {
            max_size: overrides.max_size.unwrap_or(self.max_size).0,
            max_age: overrides.max_age.unwrap_or(self.max_age),
            when_full: overrides.when_full.unwrap_or(self.when_full),
        }
    }
}

impl Overrides {
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("max_size", &mut self.max_size);
        section.get("max_age", &mut self.max_age);
        section.get("when_full", &mut self.when_full);
        if let Some(size) = self.max_size {
            check_size(section, size);
        }
        if let Some(age) = self.max_age {
            check_age(section, age);
        }
    }
}

fn check_size(section: &mut Section<'_>, size: Size) {
    if size < LEAST_SIZE {
        section.problem("max_size", format!("{size} is less than {LEAST_SIZE}"));
    }
}

fn check_age(section: &mut Section<'_>, age: Duration) {
    if age < Duration::from_secs(1) {
        section.problem("max_age", format!("{} is less than 1s", duration_text(age)));
    }
}

fn serialize_given<S: serde::Serializer>(age: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    match age {
        Some(age) => serialize_duration(age, to),
        None => to.serialize_none(),
    }
}
