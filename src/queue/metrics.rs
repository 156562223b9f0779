//! What the queue shows of itself.

use metrics::{Counter, Gauge, Histogram, Unit};

/// Handles are made once, under the recorder that is to have them.
#[derive(Clone)]
pub struct Metrics {
    /// Bytes that the log takes on disk, pre-written and recycled segments included.
    pub bytes: Gauge,
    /// Age of the oldest record that some lane is not yet done with.
    pub oldest: Gauge,
    /// Seconds from taking a group of records to having it safely on disk.
    pub commit: Histogram,
    /// Records in a group that was written and synced at once.
    pub group: Histogram,
    /// Records that could not be read back, each counted once.
    pub corrupt: Counter,
    /// Records that were refused because a lane or the disk was full.
    pub full: Counter,
    /// Writes, syncs, reads and other disk operations that failed.
    pub disk_errors: Counter,
    /// Items of dead letters that were dropped to make room for newer ones.
    pub dead_discarded: Counter,
}

impl Metrics {
    pub fn new() -> Metrics {
        gauge(
            "sidelight_queue_bytes",
            Unit::Bytes,
            "Bytes that the log takes on disk, pre-written and recycled segments included.",
        );
        gauge(
            "sidelight_queue_oldest_seconds",
            Unit::Seconds,
            "Age of the oldest record that some lane is not yet done with.",
        );
        histogram(
            "sidelight_queue_commit_seconds",
            Unit::Seconds,
            "Time from taking a group of records to having it safely on disk.",
        );
        histogram(
            "sidelight_queue_group_records",
            Unit::Count,
            "Records in a group that was written and synced at once.",
        );
        counter(
            "sidelight_queue_corrupt_records_total",
            "Records that could not be read back, each counted once.",
        );
        counter(
            "sidelight_queue_full_records_total",
            "Records that were refused because a lane or the disk was full.",
        );
        counter(
            "sidelight_queue_disk_errors_total",
            "Writes, syncs, reads and other disk operations that failed.",
        );
        counter(
            "sidelight_queue_dead_discarded_items_total",
            "Items of dead letters that were dropped to make room for newer ones.",
        );
        Metrics {
            bytes: metrics::gauge!("sidelight_queue_bytes"),
            oldest: metrics::gauge!("sidelight_queue_oldest_seconds"),
            commit: metrics::histogram!("sidelight_queue_commit_seconds"),
            group: metrics::histogram!("sidelight_queue_group_records"),
            corrupt: metrics::counter!("sidelight_queue_corrupt_records_total"),
            full: metrics::counter!("sidelight_queue_full_records_total"),
            dead_discarded: metrics::counter!("sidelight_queue_dead_discarded_items_total"),
            disk_errors: metrics::counter!("sidelight_queue_disk_errors_total"),
        }
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

fn gauge(name: &'static str, unit: Unit, help: &'static str) {
    metrics::describe_gauge!(name, unit, help);
}

fn histogram(name: &'static str, unit: Unit, help: &'static str) {
    metrics::describe_histogram!(name, unit, help);
}

fn counter(name: &'static str, help: &'static str) {
    metrics::describe_counter!(name, help);
}
