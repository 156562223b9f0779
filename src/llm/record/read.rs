//! A record of a span, by what its call and our own attributes say.

use super::ids::{known_by, padded};
use super::{
    Environment, FinishReason, Message, Part, Record, SCHEMA_VERSION, TokenCountMethod, Vector, finite,
};
use crate::llm::{Call, Part as Sort, Side, Text, Uuid, names};
use crate::otlp::{Attributes, Item, Span, Value};
use std::borrow::Cow;

/// The number of `STATUS_CODE_ERROR`.
const ERROR: i32 = 2;

impl Record {
    /// What a recognised span, or a log record that is a call, tells, but for its resource and the texts, which are
    /// added on demand.
    ///
    /// Our own attributes win; where one is missing, what the call itself says.
    pub fn of(item: &Item<'_>, call: &Call<'_>) -> Record {
        let mut record = Record { schema_version: SCHEMA_VERSION, ..Record::default() };
        record.identify(item);
        record.time(call);
        record.name = item.name().to_string();
        match item.span() {
            Some(span) => {
                record.span_kind = span.kind();
                record.status_code = span.status_code();
                record.status_message = span.status_message().to_string();
            }
            None => record.status_code = if call.failed { ERROR } else { 0 },
        }
        record.take(call);
        record.sender(item.resource().attributes());
        record.own(item);
        record.own_trace();
        record.sum_up();
        record
    }

    /// Adds what the span's resource says of its sender.
    pub fn add_resource(&mut self, item: &Item<'_>) {
        let entries = item.resource().attributes();
        self.resource.extend(entries.map(|entry| (entry.key.to_string(), written(&entry.value()))));
    }

    /// Adds what was said.
    pub fn add_messages(&mut self, call: &Call<'_>) {
        self.input_messages = messages(call, Side::Input);
        self.output_messages = messages(call, Side::Output);
    }

    fn identify(&mut self, item: &Item<'_>) {
        // A log record stands in a span as another span would.
        let of_record = || item.log_record().map_or([&[][..]; 3], |log| [log.trace_id(), &[], log.span_id()]);
        let [trace, own, parent] = item.span().map_or_else(of_record, Span::ids);
        self.otlp_trace_id = trace.to_vec();
        self.otlp_span_id = if own.is_empty() { known_by(item).to_vec() } else { own.to_vec() };
        self.otlp_parent_span_id = parent.to_vec();
        self.span_id = padded(&self.otlp_span_id).to_string();
        self.trace_id = (!trace.is_empty()).then(|| padded(trace).to_string());
        self.parent_span_id = (!parent.is_empty()).then(|| padded(parent).to_string());
        if let Some(span) = item.span() {
            self.trace_flags = span.flags();
            self.trace_state = span.trace_state().to_string();
        }
    }

    fn time(&mut self, call: &Call<'_>) {
        self.begin(call.start_unix_nano);
        self.duration_nano = call.end_unix_nano.saturating_sub(call.start_unix_nano);
        self.latency_ms_total = signed(self.duration_nano.saturating_add(500_000) / 1_000_000);
        let first = call.time_to_first_chunk_s.filter(|seconds| (0.0..1e12).contains(seconds));
        self.time_to_first_chunk_nano = first.map(|seconds| (seconds * 1e9).round() as i64);
        self.latency_ms_ttft = first.map(|seconds| (seconds * 1e3).round() as i64);
    }

    fn take(&mut self, call: &Call<'_>) {
        let text = |text: &Option<Cow<'_, str>>| text.as_deref().unwrap_or_default().to_string();
        let count = |count: Option<u64>| count.map(signed);
        self.kind = call.kind.map_or("", |kind| kind.name()).to_string();
        self.dialects = call.dialects.iter().map(|dialect| dialect.to_string()).collect();
        self.operation = text(&call.operation);
        self.provider = text(&call.provider);
        self.request_model = text(&call.request_model);
        self.response_model = text(&call.response_model);
        self.session_id = call.conversation_id.as_deref().map(str::to_string);
        self.user_id = call.user_id.as_deref().map(str::to_string);
        self.tool_name = text(&call.tool_name);
        self.dimensions = count(call.dimensions);
        self.inputs = Some(call.inputs().len() as i64).filter(|inputs| *inputs > 0);
        self.finish_reasons = call.finish_reasons.iter().map(|reason| reason.to_string()).collect();
        self.usage_counted = call.usage_counted;
        self.input_tokens = count(call.usage.input);
        self.output_tokens = count(call.usage.output);
        self.cache_read_tokens = count(call.usage.cached_input);
        self.cache_write_tokens = count(call.usage.cache_write);
        self.reasoning_tokens = count(call.usage.reasoning);
        self.audio_input_tokens = count(call.usage.audio_input);
        self.audio_output_tokens = count(call.usage.audio_output);
        self.cost_pico_usd = call.cost_usd.and_then(pico);
    }

    fn sender(&mut self, resource: Attributes<'_>) {
        for entry in resource {
            let value = entry.value();
            let text = value.as_str();
            match (entry.key, text) {
                ("service.name", Some(name)) => self.service_name = name.to_string(),
                ("deployment.environment.name" | "deployment.environment", Some(name)) => {
                    self.environment = Environment::named(name) as i32;
                }
                _ => {}
            }
        }
    }

    /// Our own attributes and those of the app, in one walk.
    fn own(&mut self, item: &Item<'_>) {
        for attribute in item.attributes() {
            match attribute.key {
                names::TAGS => self.tags = texts(&attribute.value()),
                names::METADATA => self.metadata = written(&attribute.value()),
                key if key.starts_with("sidelight.") => {
                    self.found(key, &attribute.value());
                    self.restore(key, &attribute.value());
                }
                _ => {}
            }
        }
    }

    /// A record in no trace became one of its own: it is in none still.
    fn own_trace(&mut self) {
        let own = Uuid::parse(&self.span_id).is_ok_and(|id| id.0[..] == self.otlp_trace_id[..]);
        self.trace_id.take_if(|_| own);
    }

    /// What Sidelight found out about the span.
    fn found(&mut self, key: &str, value: &Value<'_>) {
        let flag = || value.as_bool().unwrap_or(false);
        let text = || value.as_str().unwrap_or_default().to_string();
        let money = || value.as_double().and_then(pico);
        match key {
            names::KIND => self.kind = text(),
            names::DIALECTS => self.dialects = texts(value),
            names::USAGE_COUNTED => self.usage_counted = flag(),
            names::TOKENS_INPUT => self.input_tokens = value.as_int(),
            names::TOKENS_OUTPUT => self.output_tokens = value.as_int(),
            names::TOKENS_METHOD => self.tokens_method = text(),
            names::COST_USD => self.cost_pico_usd = money(),
            names::COST_INPUT_USD => self.cost_input_pico_usd = money(),
            names::COST_OUTPUT_USD => self.cost_output_pico_usd = money(),
            names::PRICE_VERSION => self.cost_price_version = text(),
            names::PII_DETECTED => self.pii_detected = flag(),
            names::PII_TYPES => self.pii_types = texts(value),
            names::PII_COUNTS => self.pii_counts = value.items().filter_map(|count| count.as_int()).collect(),
            names::PII_ACTION => self.pii_action = text(),
            names::INJECTION_ATTEMPT => self.injection_attempt = flag(),
            names::INJECTION_SCORE => self.injection_score = value.as_double(),
            names::INJECTION_RULES => self.injection_rules = texts(value),
            names::SAMPLED => self.is_sampled = flag(),
            names::PROMPT_SHA256 => self.prompt_hash = Some(text()),
            names::EMBEDDING_MODEL => self.embedding_model = text(),
            names::EMBEDDING_VECTOR => self.prompt_embedding = floats(value),
            names::EMBEDDING_VECTORS => {
                self.text_embeddings = value.items().map(|row| Vector { values: floats(&row) }).collect();
            }
            _ => {}
        }
    }

    /// What a record had that OTLP has no home for.
    fn restore(&mut self, key: &str, value: &Value<'_>) {
        let text = || value.as_str().unwrap_or_default().to_string();
        let number = || value.as_int().unwrap_or(0);
        match key {
            names::SPAN_UUID => self.span_id = text(),
            names::PARENT_SPAN_UUID => self.parent_span_id = Some(text()),
            names::RECORD_TRACE_ID => self.trace_id = Some(text()),
            names::RECORD_SCHEMA_VERSION => self.schema_version = number(),
            names::RECORD_ENDPOINT => self.endpoint = text(),
            names::RECORD_PRICE_VERSION => self.price_version = text(),
            names::RECORD_TOKEN_COUNT_METHOD => {
                self.token_count_method = TokenCountMethod::named(&text()) as i32;
            }
            names::RECORD_INPUTS => self.inputs = value.as_int(),
            names::RETRY_COUNT => self.retry_count = number(),
            names::RECORD_ATTEMPTED_MODELS => self.attempted_models = texts(value),
            names::RECORD_RESPONSE_EMBEDDING => self.response_embedding = floats(value),
            _ => {}
        }
    }

    /// The fields of the predecessor that follow from others.
    fn sum_up(&mut self) {
        let known = |model: &String| !model.is_empty();
        let model = Some(&self.request_model).filter(|model| known(model)).unwrap_or(&self.response_model);
        self.model = model.clone();
        if self.usage_counted {
            self.prompt_tokens = self.input_tokens.unwrap_or(0);
            self.completion_tokens = self.output_tokens.unwrap_or(0);
            self.cost_usd_micro = self.cost_pico_usd.unwrap_or(0) / 1_000_000;
        }
        if self.price_version.is_empty() {
            self.price_version = self.cost_price_version.clone();
        }
        if self.token_count_method == TokenCountMethod::Unspecified as i32 {
            self.token_count_method = TokenCountMethod::named(&self.tokens_method) as i32;
        }
        let reason = self.finish_reasons.first().map_or("", String::as_str);
        self.finish_reason = FinishReason::named(reason) as i32;
    }
}

fn messages(call: &Call<'_>, side: Side) -> Vec<Message> {
    let texts: Vec<&Text<'_>> = call.texts.iter().filter(|text| text.side == side).collect();
    let message = |parts: &[&Text<'_>]| Message {
        role: role(parts).to_string(),
        parts: parts.iter().map(|text| part(text)).collect(),
    };
    texts.chunk_by(|one, next| one.message == next.message).map(message).collect()
}

/// Who said it: a tool's call is the assistant's.
fn role(parts: &[&Text<'_>]) -> &'static str {
    let said = parts.iter().find_map(|text| match text.part {
        Sort::ToolCall { .. } => Some("assistant"),
        Sort::ToolResult { .. } => Some("tool"),
        _ => None,
    });
    said.or_else(|| parts.first().map(|text| text.role.name())).unwrap_or_default()
}

fn part(text: &Text<'_>) -> Part {
    let word = |word: &Option<Cow<'_, str>>| word.as_deref().unwrap_or_default().to_string();
    let (kind, id, name) = match &text.part {
        Sort::Plain => ("text", String::new(), String::new()),
        Sort::Reasoning => ("reasoning", String::new(), String::new()),
        Sort::ToolCall { id, name } => ("tool_call", word(id), word(name)),
        Sort::ToolResult { id } => ("tool_call_response", word(id), String::new()),
    };
    Part { r#type: kind.to_string(), content: text.text.to_string(), id, name }
}

fn texts(list: &Value<'_>) -> Vec<String> {
    list.items().filter_map(|text| text.as_str().map(str::to_string)).collect()
}

fn floats(list: &Value<'_>) -> Vec<f32> {
    let mut numbers =
        list.items().filter_map(|number| number.as_double()).map(|number| number as f32).collect();
    finite(&mut numbers);
    numbers
}

/// A value as text; what is none, as JSON.
fn written(value: &Value<'_>) -> String {
    value.as_str().map_or_else(|| crate::llm::Node::value(value).to_json(), str::to_string)
}

/// By the fewest digits that mean the number, as it was written; `None` for what is no sum of money.
fn pico(usd: f64) -> Option<i64> {
    if !(0.0..9e6).contains(&usd) {
        return None;
    }
    let text = usd.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = &fraction[..fraction.len().min(12)];
    let up = fraction.as_bytes().get(12).is_some_and(|next| *next >= b'5');
    Some(format!("{whole}{digits:0<12}").parse::<i64>().ok()? + i64::from(up))
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
