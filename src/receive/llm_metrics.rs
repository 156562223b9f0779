//! The metrics of LLM calls: the names that dashboards of the predecessor use, and OpenTelemetry's.
//!
//! Only spans whose usage counts are in them, and each once: not those that another Sidelight has
//! enriched before. Labels come from data, so they are capped.
//!
//! Source: spec of the predecessor, "Prometheus"; OpenTelemetry GenAI semantic conventions, metrics.

use crate::enrich::CallFacts;
use metrics::{Counter, Histogram, Recorder, counter, describe_counter, describe_histogram, histogram};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Values that one label may have; more of them read `other`.
const MOST_VALUES: usize = 200;

/// Sets of labels that one table may have; more of them are counted under `other` throughout.
const MOST_SERIES: usize = 2000;

const UNKNOWN: &str = "unknown";
const OTHER: &str = "other";

const PICO_PER_MICRO: u128 = 1_000_000;

/// Counts calls. Cloning shares it.
#[derive(Clone)]
pub struct LlmMetrics(Arc<Shared>);

struct Shared {
    recorder: Arc<dyn Recorder + Send + Sync>,
    tables: Mutex<Tables>,
}

/// Handles by labels, made when the labels are first seen.
#[derive(Default)]
struct Tables {
    services: Capped,
    models: Capped,
    providers: Capped,
    operations: Capped,
    reasons: Capped,
    scopes: Capped,
    calls: HashMap<[String; 3], Call>,
    finishes: HashMap<[String; 4], Counter>,
    operation_series: HashMap<[String; 3], Operation>,
}

/// The handles of one service, model and provider.
struct Call {
    labels: [String; 3],
    /// By status, then by [`retries`]. Those of calls that do not tell of retries are always there.
    spans: [[Option<Counter>; 3]; 2],
    prompt_tokens: Counter,
    completion_tokens: Counter,
    cost: Counter,
    /// What is too little for `cost` to show yet, in pico-dollars, so that the metric adds up.
    cost_left: u128,
    latency: Histogram,
    first_token: Histogram,
    pii: Counter,
    injections: Counter,
}

/// The handles of one operation, provider and model.
struct Operation {
    input_tokens: Histogram,
    output_tokens: Histogram,
    seconds: Histogram,
    failed_seconds: Histogram,
}

/// The values that a label has had.
#[derive(Default)]
struct Capped(HashSet<String>);

impl LlmMetrics {
    /// `recorder` is where series are made as their labels turn up.
    pub fn new(recorder: Arc<dyn Recorder + Send + Sync>) -> LlmMetrics {
        metrics::with_local_recorder(&*recorder, describe);
        LlmMetrics(Arc::new(Shared { recorder, tables: Mutex::default() }))
    }

    /// Counts the calls of one batch, once it is stored.
    pub fn record(&self, calls: &[CallFacts]) {
        self.unknown(calls);
        let counted = |call: &&CallFacts| call.model_call && call.usage_counted && !call.enriched_before;
        let mut calls = calls.iter().filter(counted).peekable();
        if calls.peek().is_none() {
            return;
        }
        let mut tables = self.0.tables.lock().unwrap_or_else(PoisonError::into_inner);
        metrics::with_local_recorder(&*self.0.recorder, || calls.for_each(|call| tables.record(call)));
    }
}

impl LlmMetrics {
    /// Counts spans that look like LLM calls and fit no dialect, by the scope that wrote them.
    fn unknown(&self, calls: &[CallFacts]) {
        let mut scopes = calls.iter().filter_map(|call| call.unknown_scope.as_deref()).peekable();
        if scopes.peek().is_none() {
            return;
        }
        let mut tables = self.0.tables.lock().unwrap_or_else(PoisonError::into_inner);
        metrics::with_local_recorder(&*self.0.recorder, || {
            for scope in scopes {
                let label = tables.scopes.label(scope);
                counter!("sidelight_recognize_unknown_spans_total", "scope" => label).increment(1);
            }
        });
    }
}

impl Tables {
    fn record(&mut self, facts: &CallFacts) {
        let service = self.services.label(&facts.service);
        let model = self.models.label(&facts.model);
        let provider = self.providers.label(&facts.provider);
        let operation = self.operations.label(&facts.operation);
        if let Some(reason) = &facts.finish_reason {
            let labels = [self.reasons.label(reason), model.clone(), provider.clone(), service.clone()];
            series(&mut self.finishes, labels, finish).increment(1);
        }
        let labels = [model.clone(), provider.clone(), service];
        series(&mut self.calls, labels, Call::new).record(facts);
        series(&mut self.operation_series, [operation, provider, model], Operation::new).record(facts);
    }
}

/// The entry of `labels`, made if they are new and there is room, else that of `other`.
fn series<const N: usize, T>(
    table: &mut HashMap<[String; N], T>,
    labels: [String; N],
    make: impl FnOnce(&[String; N]) -> T,
) -> &mut T {
    let room = table.len() < MOST_SERIES || table.contains_key(&labels);
    let labels = if room { labels } else { std::array::from_fn(|_| OTHER.to_string()) };
    table.entry(labels).or_insert_with_key(make)
}

impl Capped {
    fn label(&mut self, value: &str) -> String {
        if value.is_empty() {
            return UNKNOWN.to_string();
        }
        if !self.0.contains(value) {
            if self.0.len() == MOST_VALUES {
                return OTHER.to_string();
            }
            self.0.insert(value.to_string());
        }
        value.to_string()
    }
}

impl Call {
    fn new(labels: &[String; 3]) -> Call {
        let [model, provider, service] = labels.clone();
        let of = [("model", model), ("provider", provider), ("service_name", service.clone())];
        let with = |name: &'static str, value: &str| {
            let mut labels = of.to_vec();
            labels.push((name, value.to_string()));
            labels
        };
        let untold = |error| [None, None, Some(spans(labels, error, None))];
        Call {
            labels: labels.clone(),
            spans: [untold(false), untold(true)],
            prompt_tokens: counter!("llm_tokens_total", &with("token_type", "prompt")),
            completion_tokens: counter!("llm_tokens_total", &with("token_type", "completion")),
            cost: counter!("llm_cost_usd_micro_total", &of),
            cost_left: 0,
            latency: histogram!("llm_latency_ms_total", &of),
            first_token: histogram!("llm_latency_ms_ttft", &of),
            pii: counter!("llm_pii_detected_total", "service_name" => service.clone()),
            injections: counter!("llm_injection_attempts_total", "service_name" => service),
        }
    }

    fn record(&mut self, facts: &CallFacts) {
        let (place, _) = retries(facts.retried);
        let counter = &mut self.spans[usize::from(facts.error)][place];
        counter.get_or_insert_with(|| spans(&self.labels, facts.error, facts.retried)).increment(1);
        self.prompt_tokens.increment(facts.input_tokens.unwrap_or(0));
        self.completion_tokens.increment(facts.output_tokens.unwrap_or(0));
        let cost = facts.cost_pico_usd.unwrap_or(0).saturating_add(self.cost_left);
        self.cost.increment(u64::try_from(cost / PICO_PER_MICRO).unwrap_or(u64::MAX));
        self.cost_left = cost % PICO_PER_MICRO;
        if let Some(millis) = facts.duration_ms {
            self.latency.record(millis);
        }
        if let Some(millis) = facts.time_to_first_chunk_ms {
            self.first_token.record(millis);
        }
        self.pii.increment(facts.pii.into());
        self.injections.increment(facts.injection.into());
    }
}

/// The place and the value of the label `has_retries`.
fn retries(retried: Option<bool>) -> (usize, &'static str) {
    match retried {
        Some(false) => (0, "false"),
        Some(true) => (1, "true"),
        None => (2, UNKNOWN),
    }
}

fn spans(labels: &[String; 3], error: bool, retried: Option<bool>) -> Counter {
    let [model, provider, service] = labels.clone();
    let labels = [
        ("model", model),
        ("provider", provider),
        ("service_name", service),
        ("status", if error { "error" } else { "success" }.to_string()),
        ("has_retries", retries(retried).1.to_string()),
    ];
    counter!("llm_spans_total", &labels)
}

impl Operation {
    fn new(labels: &[String; 3]) -> Operation {
        let [operation, provider, model] = labels.clone();
        let of = vec![
            ("gen_ai_operation_name", operation),
            ("gen_ai_provider_name", provider),
            ("gen_ai_response_model", model),
        ];
        let with = |name: &'static str, value: &str| {
            let mut labels = of.clone();
            labels.push((name, value.to_string()));
            labels
        };
        Operation {
            input_tokens: histogram!("gen_ai_client_token_usage", &with("gen_ai_token_type", "input")),
            output_tokens: histogram!("gen_ai_client_token_usage", &with("gen_ai_token_type", "output")),
            seconds: histogram!("gen_ai_client_operation_duration_seconds", &of),
            failed_seconds: histogram!(
                "gen_ai_client_operation_duration_seconds",
                &with("error_type", "_OTHER")
            ),
        }
    }

    fn record(&self, facts: &CallFacts) {
        let tokens = [(&self.input_tokens, facts.input_tokens), (&self.output_tokens, facts.output_tokens)];
        for (histogram, tokens) in tokens {
            if let Some(tokens) = tokens {
                histogram.record(tokens as f64);
            }
        }
        if let Some(millis) = facts.duration_ms {
            let seconds = if facts.error { &self.failed_seconds } else { &self.seconds };
            seconds.record(millis / 1e3);
        }
    }
}

fn finish([reason, model, provider, service]: &[String; 4]) -> Counter {
    let labels = [
        ("finish_reason", reason.clone()),
        ("model", model.clone()),
        ("provider", provider.clone()),
        ("service_name", service.clone()),
    ];
    counter!("llm_finish_reason_total", &labels)
}

fn describe() {
    describe_counter!(
        "sidelight_recognize_unknown_spans_total",
        "Spans that look like LLM calls and fit no dialect, by the scope that wrote them"
    );
    describe_counter!("llm_spans_total", "LLM calls");
    describe_counter!("llm_tokens_total", "Tokens of LLM calls, by token_type prompt or completion");
    describe_counter!("llm_cost_usd_micro_total", "Cost of LLM calls in millionths of a US dollar");
    describe_histogram!("llm_latency_ms_total", "Duration of LLM calls in milliseconds");
    describe_histogram!("llm_latency_ms_ttft", "Time to the first token of LLM calls in milliseconds");
    describe_counter!("llm_pii_detected_total", "LLM calls in which personal data was found");
    describe_counter!("llm_injection_attempts_total", "LLM calls in which a prompt injection was attempted");
    describe_counter!("llm_finish_reason_total", "LLM calls by the reason why the model stopped");
    describe_histogram!("gen_ai_client_token_usage", "Tokens of an LLM call, by type");
    describe_histogram!("gen_ai_client_operation_duration_seconds", "Duration of an LLM call");
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use metrics_exporter_prometheus::PrometheusBuilder;

    /// What is shown once each of `batches` is recorded, but for comments and quantiles.
    fn shown(batches: &[Vec<CallFacts>]) -> String {
        let recorder = Arc::new(PrometheusBuilder::new().build_recorder());
        let metrics = LlmMetrics::new(recorder.clone());
        batches.iter().for_each(|calls| metrics.record(calls));
        let text = recorder.handle().render();
        let mut lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#') && !line.contains("quantile"))
            .collect();
        lines.sort_unstable();
        lines.join("\n") + "\n"
    }

    fn check(batches: &[Vec<CallFacts>], expected: Expect) {
        expected.assert_eq(&shown(batches));
    }

    fn call() -> CallFacts {
        CallFacts {
            service: "shop".to_string(),
            model: "gpt-4o".to_string(),
            provider: "openai".to_string(),
            operation: "chat".to_string(),
            model_call: true,
            usage_counted: true,
            input_tokens: Some(100),
            output_tokens: Some(20),
            cost_pico_usd: Some(600_000),
            duration_ms: Some(1500.0),
            ..CallFacts::default()
        }
    }

    #[test]
    fn a_call_is_in_every_metric_that_knows_of_it() {
        let told = CallFacts {
            finish_reason: Some("stop".to_string()),
            time_to_first_chunk_ms: Some(250.0),
            pii: true,
            injection: true,
            error: true,
            ..call()
        };
        check(
            &[vec![told]],
            expect![[r#"
            gen_ai_client_operation_duration_seconds_count{gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_response_model="gpt-4o",error_type="_OTHER"} 1
            gen_ai_client_operation_duration_seconds_count{gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_response_model="gpt-4o"} 0
            gen_ai_client_operation_duration_seconds_sum{gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_response_model="gpt-4o",error_type="_OTHER"} 1.5
            gen_ai_client_operation_duration_seconds_sum{gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_response_model="gpt-4o"} 0
            gen_ai_client_token_usage_count{gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_response_model="gpt-4o",gen_ai_token_type="input"} 1
            gen_ai_client_token_usage_count{gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_response_model="gpt-4o",gen_ai_token_type="output"} 1
            gen_ai_client_token_usage_sum{gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_response_model="gpt-4o",gen_ai_token_type="input"} 100
            gen_ai_client_token_usage_sum{gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_response_model="gpt-4o",gen_ai_token_type="output"} 20
            llm_cost_usd_micro_total{model="gpt-4o",provider="openai",service_name="shop"} 0
            llm_finish_reason_total{finish_reason="stop",model="gpt-4o",provider="openai",service_name="shop"} 1
            llm_injection_attempts_total{service_name="shop"} 1
            llm_latency_ms_total_count{model="gpt-4o",provider="openai",service_name="shop"} 1
            llm_latency_ms_total_sum{model="gpt-4o",provider="openai",service_name="shop"} 1500
            llm_latency_ms_ttft_count{model="gpt-4o",provider="openai",service_name="shop"} 1
            llm_latency_ms_ttft_sum{model="gpt-4o",provider="openai",service_name="shop"} 250
            llm_pii_detected_total{service_name="shop"} 1
            llm_spans_total{model="gpt-4o",provider="openai",service_name="shop",status="error",has_retries="unknown"} 1
            llm_spans_total{model="gpt-4o",provider="openai",service_name="shop",status="success",has_retries="unknown"} 0
            llm_tokens_total{model="gpt-4o",provider="openai",service_name="shop",token_type="completion"} 20
            llm_tokens_total{model="gpt-4o",provider="openai",service_name="shop",token_type="prompt"} 100
        "#]],
        );
    }

    #[test]
    fn costs_below_a_micro_dollar_add_up() {
        let text = shown(&[vec![call()], vec![call(), call(), call(), call()]]);
        assert!(text.contains(
            "llm_cost_usd_micro_total{model=\"gpt-4o\",provider=\"openai\",service_name=\"shop\"} 3\n"
        ));
    }

    #[test]
    fn retries_are_counted_where_a_call_tells_of_them() {
        let told = |retried| CallFacts { retried: Some(retried), ..call() };
        let text = shown(&[vec![told(true), told(true), told(false), call()]]);
        for (retried, count) in [("true", 2), ("false", 1), ("unknown", 1)] {
            let series = format!("status=\"success\",has_retries=\"{retried}\"}} {count}\n");
            assert!(text.contains(&series), "{text}");
        }
    }

    #[test]
    fn wrappers_and_what_was_counted_before_are_left_out() {
        let wrapper = CallFacts { usage_counted: false, ..call() };
        let before = CallFacts { enriched_before: true, ..call() };
        let tool = CallFacts { model_call: false, ..call() };
        assert_eq!(
            shown(&[vec![wrapper, before, tool]]),
            "
"
        );
    }

    #[test]
    fn what_is_not_told_is_unknown() {
        let bare = CallFacts { model_call: true, usage_counted: true, ..CallFacts::default() };
        assert!(
            shown(&[vec![bare]]).contains("model=\"unknown\",provider=\"unknown\",service_name=\"unknown\"")
        );
    }

    #[test]
    fn past_the_cap_a_label_reads_other_and_nothing_is_lost() {
        let calls = (0..300).map(|n| CallFacts { model: format!("m{n}"), ..call() }).collect();
        let text = shown(&[calls]);
        let spans = |model: &str| {
            let start = format!("llm_spans_total{{model=\"{model}\",");
            text.lines()
                .find(|line| line.starts_with(&start) && line.contains("success"))
                .map(|line| line.rsplit(' ').next().unwrap())
        };
        assert_eq!(
            (spans("m0"), spans("m199"), spans("m200"), spans("other")),
            (Some("1"), Some("1"), None, Some("100"))
        );
    }

    #[test]
    fn sets_of_labels_are_capped_as_a_whole() {
        let calls: Vec<CallFacts> = (0..150)
            .flat_map(|m| {
                (0..20).map(move |s| CallFacts { model: format!("m{m}"), service: format!("s{s}"), ..call() })
            })
            .collect();
        let text = shown(&[calls]);
        let sets = text.lines().filter(|line| line.starts_with("llm_cost_usd_micro_total")).count();
        assert_eq!(sets, MOST_SERIES + 1);
    }

    #[test]
    fn a_hundred_thousand_models_make_no_more_series_than_the_cap() {
        let many = |first: u32| {
            let one = |n: u32| CallFacts {
                model: format!("model-{n}"),
                service: format!("service-{}", n % 5_000),
                finish_reason: Some(format!("reason-{n}")),
                ..call()
            };
            (first..first + 1000).map(one).collect()
        };
        let text = shown(&(0..100).map(|batch| many(batch * 1000)).collect::<Vec<_>>());
        let of = |name: &str| text.lines().filter(|line| line.starts_with(name)).collect::<Vec<_>>();
        let sum = |lines: &[&str]| {
            lines.iter().filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum::<u64>()
        };
        let (spans, finishes) = (of("llm_spans_total{"), of("llm_finish_reason_total{"));
        // One more for `other` throughout.
        assert!(
            spans.len() <= 2 * (MOST_SERIES + 1) && finishes.len() <= MOST_SERIES + 1,
            "{} {}",
            spans.len(),
            finishes.len()
        );
        assert_eq!(
            (sum(&spans), sum(&finishes), sum(&of("llm_tokens_total{"))),
            (100_000, 100_000, 12_000_000)
        );
        assert!(text.lines().count() < 15 * (MOST_SERIES + 1), "{}", text.lines().count());
    }
}
