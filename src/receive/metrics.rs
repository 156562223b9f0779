//! What the receivers show of themselves.

use super::intake::{Door, Via};
use super::refusal::Refusal;
use crate::otlp::Signal;
use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Handles are made once, in [`Metrics::new`]; every label value is known beforehand.
#[derive(Clone)]
pub struct Metrics {
    doors: Vec<PerDoor>,
    /// Bytes of requests that were received and are not answered yet, over all connections.
    pub in_flight: Gauge,
    /// Connections that were hung up on because too many were open.
    pub turned_away: Counter,
}

#[derive(Clone)]
struct PerDoor {
    /// Items that were accepted: from then on they are ours to deliver.
    accepted: Count,
    /// Items that were refused, by reason; a request that could not be read counts as one.
    refused: Vec<Count>,
}

/// A counter that can be read back.
#[derive(Clone)]
struct Count {
    shown: Counter,
    total: Arc<AtomicU64>,
}

/// What came through one door since the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    pub door: Door,
    /// Items.
    pub accepted: u64,
    /// Items by reason, without those of which there are none.
    pub refused: Vec<(&'static str, u64)>,
}

impl Metrics {
    /// To be called within the recorder that shall hold them.
    pub fn new() -> Metrics {
        describe_counter!(
            "sidelight_receiver_accepted_items_total",
            "Spans, log records and data points that were accepted"
        );
        describe_counter!(
            "sidelight_receiver_refused_items_total",
            "Spans, log records and data points that were refused; a request that could not be read counts as one"
        );
        describe_gauge!(
            "sidelight_receiver_in_flight_bytes",
            "Bytes of requests that were received and are not answered yet"
        );
        describe_counter!(
            "sidelight_receiver_turned_away_connections_total",
            "Connections that were hung up on because too many were open"
        );
        let doors = Door::all().map(PerDoor::new).collect();
        Metrics {
            doors,
            in_flight: gauge!("sidelight_receiver_in_flight_bytes"),
            turned_away: counter!("sidelight_receiver_turned_away_connections_total"),
        }
    }

    /// Counts `items` that are safely in the queue.
    pub fn accepted(&self, door: Door, items: u32) {
        self.doors[door.index()].accepted.add(items);
    }

    /// What came through each door since the start.
    pub fn totals(&self) -> Vec<Totals> {
        Door::all().zip(&self.doors).map(|(door, counts)| counts.totals(door)).collect()
    }

    /// Counts `items` that were turned away.
    pub fn refused(&self, door: Door, items: u32, refusal: &Refusal) {
        self.doors[door.index()].refused[refusal.index()].add(items);
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

impl PerDoor {
    fn new(Door { signal, via }: Door) -> PerDoor {
        let (signal, transport) = (signal.name(), via.name());
        let refused = |reason| {
            let labels = [("signal", signal), ("transport", transport), ("reason", reason)];
            Count::of(counter!("sidelight_receiver_refused_items_total", &labels))
        };
        let labels = [("signal", signal), ("transport", transport)];
        PerDoor {
            accepted: Count::of(counter!("sidelight_receiver_accepted_items_total", &labels)),
            refused: Refusal::REASONS.map(refused).to_vec(),
        }
    }

    fn totals(&self, door: Door) -> Totals {
        let reasons = Refusal::REASONS.into_iter().zip(self.refused.iter().map(Count::total));
        let refused = reasons.filter(|(_, items)| *items > 0).collect();
        Totals { door, accepted: self.accepted.total(), refused }
    }
}

impl Count {
    fn of(shown: Counter) -> Count {
        Count { shown, total: Arc::default() }
    }

    fn add(&self, items: u32) {
        self.shown.increment(items.into());
        self.total.fetch_add(items.into(), Ordering::Relaxed);
    }

    fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }
}

impl Door {
    fn all() -> impl Iterator<Item = Door> {
        Signal::ALL.into_iter().flat_map(|signal| Via::ALL.map(|via| Door { signal, via }))
    }

    /// Its place in [`Door::all`].
    fn index(self) -> usize {
        (self.signal as usize - 1) * Via::ALL.len() + self.via as usize
    }
}
