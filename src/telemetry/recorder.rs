//! The metrics of one agent, and how they are shown to Prometheus.

use super::process::Process;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Milliseconds to 120 s, the buckets that dashboards of the predecessor use (spec: interface §4).
const LATENCY_MS: &[f64] = &[
    10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_500.0, 5_000.0, 10_000.0, 30_000.0, 60_000.0, 120_000.0,
];

/// OpenTelemetry GenAI semantic conventions, `gen_ai.client.token.usage`.
const TOKEN_USAGE: &[f64] = &[
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

/// OpenTelemetry GenAI semantic conventions, `gen_ai.client.operation.duration`, in seconds.
const OPERATION_SECONDS: &[f64] =
    &[0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

/// How many records a commit of the queue takes at once.
const GROUP: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// Our own work, from tens of microseconds (a batch scanned) to seconds (a disk that stalls).
const OWN_SECONDS: &[f64] = &[
    0.00001, 0.000025, 0.0001, 0.00025, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// One agent's metrics. Cloning shares them; there is nothing global, so that several agents can live
/// in one process.
#[derive(Clone)]
pub struct Recorder {
    prometheus: Arc<PrometheusRecorder>,
    before_scrape: Arc<Mutex<Vec<Collect>>>,
}

type Collect = Box<dyn Fn() + Send>;

impl Recorder {
    /// An empty set of metrics, but for those of the process and the build.
    pub fn new() -> Recorder {
        let buckets = [
            (Matcher::Prefix("llm_latency_ms".into()), LATENCY_MS),
            (Matcher::Full("gen_ai_client_token_usage".into()), TOKEN_USAGE),
            (Matcher::Full("gen_ai_client_operation_duration_seconds".into()), OPERATION_SECONDS),
            (Matcher::Suffix("_records".into()), GROUP),
            (Matcher::Suffix("_seconds".into()), OWN_SECONDS),
        ];
        let builder = buckets.into_iter().fold(PrometheusBuilder::new(), |builder, (metric, buckets)| {
            builder.set_buckets_for_metric(metric, buckets).expect("no list of buckets is empty")
        });
        let recorder =
            Recorder { prometheus: Arc::new(builder.build_recorder()), before_scrape: Arc::default() };
        let process = recorder.scope(Process::new);
        recorder.before_scrape(move || process.collect());
        recorder
    }

    /// Runs `make` with `metrics::counter!` and its like registering here. Every part's
    /// `Metrics::new` is called in here, once.
    pub fn scope<T>(&self, make: impl FnOnce() -> T) -> T {
        metrics::with_local_recorder(&*self.prometheus, make)
    }

    /// Where series are made whose labels are not known beforehand.
    pub fn registry(&self) -> Arc<dyn metrics::Recorder + Send + Sync> {
        self.prometheus.clone()
    }

    /// Has `collect` called before each scrape, to set what is only looked up then. No two scrapes
    /// run at once, so what all `collect`s set is what that scrape shows.
    pub fn before_scrape(&self, collect: impl Fn() + Send + 'static) {
        self.collects().push(Box::new(collect));
    }

    /// All metrics in the text form of Prometheus, version 0.0.4.
    pub fn render(&self) -> String {
        let collects = self.collects();
        collects.iter().for_each(|collect| collect());
        self.prometheus.handle().render()
    }

    /// Folds what histograms have gathered since the last scrape, so that they stay small while
    /// nobody scrapes. To be called every few seconds.
    pub fn upkeep(&self) {
        self.prometheus.handle().run_upkeep();
    }

    /// A collect that panicked leaves the list as it was.
    fn collects(&self) -> MutexGuard<'_, Vec<Collect>> {
        self.before_scrape.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn two_recorders_share_nothing() {
        let (one, other) = (Recorder::new(), Recorder::new());
        one.scope(|| metrics::counter!("sidelight_test_total")).increment(3);
        assert!(one.render().contains("\nsidelight_test_total 3\n"));
        assert!(!other.render().contains("sidelight_test_total"));
    }

    #[test]
    fn a_collect_sets_what_its_scrape_shows() {
        let recorder = Recorder::new();
        let gauge = recorder.scope(|| metrics::gauge!("sidelight_test_scrapes"));
        let scrapes = AtomicU64::new(0);
        recorder.before_scrape(move || gauge.set((scrapes.fetch_add(1, Ordering::Relaxed) + 1) as f64));
        assert!(recorder.render().contains("sidelight_test_scrapes 1\n"));
        assert!(recorder.render().contains("sidelight_test_scrapes 2\n"));
    }

    #[test]
    fn every_histogram_has_buckets_that_fit_its_unit() {
        let recorder = Recorder::new();
        for (name, value, bucket) in [
            ("llm_latency_ms_total", 100_000.0, "llm_latency_ms_total_bucket{le=\"120000\"} 1"),
            ("llm_latency_ms_ttft", 30.0, "llm_latency_ms_ttft_bucket{le=\"50\"} 1"),
            ("gen_ai_client_token_usage", 20_000.0, "gen_ai_client_token_usage_bucket{le=\"65536\"} 1"),
            ("gen_ai_client_operation_duration_seconds", 50.0, "duration_seconds_bucket{le=\"81.92\"} 1"),
            (
                "sidelight_queue_commit_seconds",
                0.004,
                "sidelight_queue_commit_seconds_bucket{le=\"0.005\"} 1",
            ),
        ] {
            recorder.scope(|| metrics::histogram!(name)).record(value);
            let text = recorder.render();
            assert!(text.contains(bucket), "{name}: {text}");
        }
    }

    #[test]
    fn the_process_and_the_build_are_shown() {
        let text = Recorder::new().render();
        let build = format!("sidelight_build_info{{version=\"{}\"}} 1\n", env!("CARGO_PKG_VERSION"));
        assert!(text.contains(&build), "{text}");
        assert!(text.contains("\nprocess_resident_memory_bytes "), "{text}");
    }

    #[test]
    fn promtool_finds_nothing_to_say() {
        let child = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut child) = child else {
            eprintln!("SKIPPED: promtool is not installed");
            return;
        };
        let mut stdin = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut stdin, Recorder::new().render().as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}
