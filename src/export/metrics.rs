//! What exporters show of themselves: each attempt as it is made, and the ledger at each scrape.

use super::Verdict;
use crate::otlp::Signal;
use crate::queue::{Line, Queue};
use metrics::{Counter, Gauge, Histogram};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Attempts by how they ended, in the order of [`outcome`].
const OUTCOMES: [&str; 5] = ["sent", "later", "too_large", "hold", "refused"];

/// Why items are dropped: the queue's reasons and ours. What is none of them counts as `other`.
const DROPPED: [&str; 9] = [
    "not_carried",
    "sampled",
    "partial_success",
    "expired",
    "queue_full",
    "corrupt",
    "removed",
    "unaccounted",
    "other",
];

/// Why items are in the dead letters.
const DEAD: [&str; 6] = ["refused", "too_large", "invalid_id", "given_up", "not_replayed", "other"];

/// The attempts of one exporter. Handles are made once, in `new`. Cloning shares them.
#[derive(Clone)]
pub struct Metrics {
    /// Requests to the peer by signal and outcome.
    requests: [[Counter; 5]; 3],
    /// How long a request took, whatever its outcome.
    seconds: Histogram,
    /// Items whose texts were cut for the peer.
    trimmed: Counter,
    /// Traces that came near what the peer keeps of one.
    large_traces: Counter,
}

impl Metrics {
    pub fn new(exporter: &str) -> Metrics {
        metrics::describe_counter!("sidelight_exporter_requests_total", "Requests to the peer by outcome");
        metrics::describe_histogram!(
            "sidelight_exporter_request_seconds",
            "How long a request to the peer took"
        );
        metrics::describe_counter!(
            "sidelight_exporter_trimmed_items_total",
            "Items whose texts were cut because they were too long for the peer"
        );
        metrics::describe_counter!(
            "sidelight_exporter_large_traces_total",
            "Traces that came near the size past which the peer drops their spans"
        );
        let counter = |signal: Signal, outcome| {
            let labels =
                [("exporter", exporter.to_string()), ("signal", signal.name().into()), ("outcome", outcome)];
            metrics::counter!("sidelight_exporter_requests_total", &labels)
        };
        Metrics {
            requests: Signal::ALL.map(|signal| OUTCOMES.map(|outcome| counter(signal, outcome.to_string()))),
            seconds: metrics::histogram!("sidelight_exporter_request_seconds", "exporter" => exporter.to_string()),
            trimmed: metrics::counter!("sidelight_exporter_trimmed_items_total", "exporter" => exporter.to_string()),
            large_traces: metrics::counter!("sidelight_exporter_large_traces_total", "exporter" => exporter.to_string()),
        }
    }

    /// Counts items whose texts were cut.
    pub fn trimmed(&self, items: u64) {
        self.trimmed.increment(items);
    }

    /// Counts a trace that came near what the peer keeps of one.
    pub fn large_trace(&self) {
        self.large_traces.increment(1);
    }

    /// Counts one attempt.
    pub fn attempt(&self, signal: Signal, verdict: &Verdict, took: Duration) {
        self.requests[signal as usize - 1][outcome(verdict)].increment(1);
        self.seconds.record(took.as_secs_f64());
    }
}

fn outcome(verdict: &Verdict) -> usize {
    match verdict {
        Verdict::Sent { .. } | Verdict::Kept { .. } => 0,
        Verdict::Later { .. } | Verdict::Throttled { .. } => 1,
        Verdict::TooLarge(_) => 2,
        Verdict::Hold(_) => 3,
        Verdict::Spoilt(_) | Verdict::Refused(_) => 4,
    }
}

/// The ledgers of all lanes as metrics. They are only set at a scrape, all at one moment, so that for
/// each exporter and signal
/// accepted + recovered + replayed = sent + dropped + dead + waiting.
pub struct Ledgers {
    queue: Queue,
    lanes: Mutex<BTreeMap<String, [Entries; 3]>>,
}

/// One line of a ledger.
struct Entries {
    accepted: Counter,
    recovered: Counter,
    replayed: Counter,
    sent: Counter,
    dropped: [Counter; 9],
    dead: [Counter; 6],
    waiting: Gauge,
}

impl Ledgers {
    /// For the lanes that `queue` has now.
    pub fn new(queue: &Queue) -> Ledgers {
        describe();
        let ledgers = Ledgers { queue: queue.clone(), lanes: Mutex::default() };
        ledgers.meet();
        ledgers
    }

    /// Takes in lanes that were added since. Called where metrics can be made.
    pub fn meet(&self) {
        let mut lanes = self.lanes();
        for (name, _) in self.queue.ledgers() {
            let entries = || Signal::ALL.map(|signal| Entries::new(&name, signal));
            lanes.entry(name.to_string()).or_insert_with(entries);
        }
    }

    /// Brings the metrics up to date, from all ledgers at one moment. To be called before each scrape.
    pub fn collect(&self) {
        let lanes = self.lanes();
        for (name, ledger) in self.queue.ledgers() {
            let Some(lane) = lanes.get(&*name) else {
                continue;
            };
            for (entries, signal) in lane.iter().zip(Signal::ALL) {
                entries.set(ledger.line(signal as u8));
            }
        }
    }

    /// A panic leaves nothing half-written here.
    fn lanes(&self) -> MutexGuard<'_, BTreeMap<String, [Entries; 3]>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn new(exporter: &str, signal: Signal) -> Entries {
        let labels = [("exporter", exporter.to_string()), ("signal", signal.name().to_string())];
        let reasoned = |name: &'static str, reason: &str| {
            let [exporter, signal] = labels.clone();
            metrics::counter!(name, &[exporter, signal, ("reason", reason.to_string())])
        };
        Entries {
            accepted: metrics::counter!("sidelight_exporter_accepted_items_total", &labels),
            recovered: metrics::counter!("sidelight_exporter_recovered_items_total", &labels),
            replayed: metrics::counter!("sidelight_exporter_replayed_items_total", &labels),
            sent: metrics::counter!("sidelight_exporter_sent_items_total", &labels),
            dropped: DROPPED.map(|reason| reasoned("sidelight_exporter_dropped_items_total", reason)),
            dead: DEAD.map(|reason| reasoned("sidelight_exporter_dead_items_total", reason)),
            waiting: metrics::gauge!("sidelight_exporter_waiting_items", &labels),
        }
    }

    fn set(&self, line: &Line) {
        self.accepted.absolute(line.accepted);
        self.recovered.absolute(line.recovered);
        self.replayed.absolute(line.replayed);
        self.sent.absolute(line.sent);
        set_by_reason(&self.dropped, &DROPPED, &line.dropped);
        set_by_reason(&self.dead, &DEAD, &line.dead);
        self.waiting.set(line.waiting.items as f64);
    }
}

/// The last of `known` takes what is none of the others.
fn set_by_reason(counters: &[Counter], known: &[&str], counts: &BTreeMap<&'static str, u64>) {
    let of = |reason: &str| counts.get(reason).copied().unwrap_or(0);
    let named: u64 = known[..known.len() - 1].iter().map(|reason| of(reason)).sum();
    for (counter, reason) in counters.iter().zip(&known[..known.len() - 1]) {
        counter.absolute(of(reason));
    }
    counters[known.len() - 1].absolute(counts.values().sum::<u64>() - named);
}

fn describe() {
    for (name, help) in [
        (
            "sidelight_exporter_accepted_items_total",
            "Items accepted since the start, for this exporter to deliver",
        ),
        ("sidelight_exporter_recovered_items_total", "Items that waited on disk at the start"),
        ("sidelight_exporter_replayed_items_total", "Items taken back out of the dead letters"),
        ("sidelight_exporter_sent_items_total", "Items that the peer has taken"),
        ("sidelight_exporter_dropped_items_total", "Items given up"),
        ("sidelight_exporter_dead_items_total", "Items set aside in the dead letters"),
    ] {
        metrics::describe_counter!(name, help);
    }
    metrics::describe_gauge!("sidelight_exporter_waiting_items", "Items still to be delivered");
}
