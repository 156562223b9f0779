//! A record as an OTLP span.

use super::ids::padded;
use super::{Environment, FinishReason, Message, Record, TokenCountMethod, Vector};
use crate::llm::{Kind, names};
use crate::otlp::encode::{Value, attribute, trace_state};
use crate::otlp::wire::{put_bytes, put_fixed32, put_fixed64, put_message, put_uint};

/// The name of the scope that such spans are under.
const SCOPE: &str = "sidelight.record";

/// `SPAN_KIND_CLIENT` of the trace schema.
const CLIENT: u64 = 3;

/// What takes an attribute.
type Add<'a> = dyn FnMut(&str, Value<'_>) + 'a;

impl Record {
    /// An encoded export request that holds the call as its one span.
    ///
    /// What the GenAI conventions have a name for goes by it; what Sidelight found out, by its own names; the rest
    /// is under `sidelight.record.`. A hash and vectors go on only with a call that is sampled and free of
    /// personal data.
    pub fn to_otlp(&self) -> Vec<u8> {
        let mut request = Vec::with_capacity(1024);
        put_message(&mut request, 1, |group| {
            put_message(group, 1, |resource| {
                self.resource(&mut |key, value| attribute(resource, 1, key, &value))
            });
            put_message(group, 2, |scope| {
                put_message(scope, 1, |of| put_bytes(of, 1, SCOPE.as_bytes()));
                put_message(scope, 2, |span| self.span(span));
            });
        });
        request
    }

    fn resource(&self, add: &mut Add<'_>) {
        const SERVICE: &str = "service.name";
        const ENVIRONMENT: &str = "deployment.environment.name";
        let environment = Environment::try_from(self.environment).unwrap_or(Environment::Unspecified);
        add(SERVICE, Value::Str(&self.service_name));
        let said = ["deployment.environment", ENVIRONMENT].iter().any(|key| self.resource.contains_key(*key));
        if environment != Environment::Unspecified && !said {
            add(ENVIRONMENT, Value::Str(environment.word()));
        }
        for (key, value) in self.resource.iter().filter(|(key, _)| *key != SERVICE) {
            add(key, Value::Str(value));
        }
    }

    fn span(&self, out: &mut Vec<u8>) {
        let start = self.start_unix_nano().unwrap_or(0);
        let took = u64::try_from(self.latency_ms_total).unwrap_or(0).saturating_mul(1_000_000);
        let took = if self.is_of_span() { self.duration_nano } else { took };
        let parent = self.parent_span_bytes();
        put_bytes(out, 1, &self.trace_bytes());
        put_bytes(out, 2, &self.span_bytes());
        if !self.trace_state.is_empty() {
            trace_state(out, &self.trace_state);
        }
        if !parent.is_empty() {
            put_bytes(out, 4, &parent);
        }
        match self.is_of_span() {
            true => put_bytes(out, 5, self.name.as_bytes()),
            false => put_bytes(out, 5, format!("{} {}", self.told_operation(), self.model).as_bytes()),
        }
        put_uint(out, 6, if self.is_of_span() { self.span_kind as u64 } else { CLIENT });
        put_fixed64(out, 7, start);
        put_fixed64(out, 8, start.saturating_add(took));
        self.attributes(&mut |key, value| attribute(out, 9, key, &value));
        if self.status_code != 0 || !self.status_message.is_empty() {
            put_message(out, 15, |status| {
                put_bytes(status, 2, self.status_message.as_bytes());
                put_uint(status, 3, self.status_code as u64);
            });
        }
        if self.trace_flags != 0 {
            put_fixed32(out, 16, self.trace_flags);
        }
    }

    fn attributes(&self, add: &mut Add<'_>) {
        self.uuids(add);
        self.call(add);
        match self.is_of_span() {
            true => self.counted(add),
            false => self.reported(add),
        }
        let first = self.time_to_first_chunk_nano.map(|nanos| nanos as f64 / 1e9);
        let first = first.or(self.latency_ms_ttft.map(|ms| ms as f64 / 1e3));
        if let Some(first) = first.filter(|seconds| *seconds >= 0.0) {
            add(names::TIME_TO_FIRST_CHUNK, Value::Double(first));
        }
        self.reasons(add);
        text(add, names::USER_ID, self.user_id.as_deref().unwrap_or(""));
        text(add, names::CONVERSATION_ID, self.session_id.as_deref().unwrap_or(""));
        self.flags(add);
        self.prompt(add);
        self.kept(add);
        messages(add, names::INPUT_MESSAGES, &self.input_messages);
        messages(add, names::OUTPUT_MESSAGES, &self.output_messages);
        strings(add, names::TAGS, &self.tags);
        text(add, names::METADATA, &self.metadata);
    }

    /// The ids as records have them, where OTLP's own do not say the same.
    fn uuids(&self, add: &mut Add<'_>) {
        if self.span_id != padded(&self.span_bytes()).to_string() {
            add(names::SPAN_UUID, Value::Str(&self.span_id));
        }
        let parent = self.parent_span_id.as_deref().unwrap_or("");
        if !parent.is_empty() && parent != padded(&self.parent_span_bytes()).to_string() {
            add(names::PARENT_SPAN_UUID, Value::Str(parent));
        }
        let trace = self.trace_id.as_deref().unwrap_or("");
        if !trace.is_empty() && trace != padded(&self.trace_bytes()).to_string() {
            add(names::RECORD_TRACE_ID, Value::Str(trace));
        }
    }

    fn call(&self, add: &mut Add<'_>) {
        if !self.is_of_span() {
            add(names::OPERATION, Value::Str(self.told_operation()));
            text(add, names::PROVIDER, &self.provider);
            add(names::REQUEST_MODEL, Value::Str(&self.model));
            return self.embedded(add);
        }
        text(add, names::KIND, &self.kind);
        strings(add, names::DIALECTS, &self.dialects);
        text(add, names::OPERATION, &self.operation);
        text(add, names::PROVIDER, &self.provider);
        text(add, names::REQUEST_MODEL, &self.request_model);
        text(add, names::RESPONSE_MODEL, &self.response_model);
        text(add, names::TOOL_NAME, &self.tool_name);
        self.embedded(add);
    }

    /// The operation of a record that was no span: a chat, as all of the predecessor's are, if it does not say that it
    /// embeds.
    fn told_operation(&self) -> &'static str {
        let embeds = self.kind == Kind::Embeddings.name();
        if embeds { Kind::Embeddings.name() } else { Kind::Chat.name() }
    }

    fn embedded(&self, add: &mut Add<'_>) {
        int(add, names::DIMENSIONS, self.dimensions);
        int(add, names::RECORD_INPUTS, self.inputs);
    }

    /// Tokens and cost of one of the predecessor's records, whose app reports them.
    fn reported(&self, add: &mut Add<'_>) {
        add(names::INPUT_TOKENS, Value::Int(self.prompt_tokens));
        add(names::OUTPUT_TOKENS, Value::Int(self.completion_tokens));
        if self.cost_usd_micro > 0 {
            add(names::REPORTED_COST, Value::Double(self.cost_usd_micro as f64 / 1e6));
        }
    }

    /// Tokens and cost as Sidelight found them: what nobody reported does not stand as if.
    fn counted(&self, add: &mut Add<'_>) {
        let reported = matches!(self.tokens_method.as_str(), "reported" | "");
        add(names::USAGE_COUNTED, Value::Bool(self.usage_counted));
        if reported {
            int(add, names::INPUT_TOKENS, self.input_tokens);
            int(add, names::OUTPUT_TOKENS, self.output_tokens);
        }
        if !self.tokens_method.is_empty() {
            int(add, names::TOKENS_INPUT, self.input_tokens);
            int(add, names::TOKENS_OUTPUT, self.output_tokens);
            add(names::TOKENS_METHOD, Value::Str(&self.tokens_method));
        }
        int(add, names::CACHE_READ_TOKENS, self.cache_read_tokens);
        int(add, names::CACHE_WRITE_TOKENS, self.cache_write_tokens);
        int(add, names::REASONING_TOKENS, self.reasoning_tokens);
        int(add, names::AUDIO_INPUT_TOKENS, self.audio_input_tokens);
        int(add, names::AUDIO_OUTPUT_TOKENS, self.audio_output_tokens);
        let mut usd = |key, pico: Option<i64>| {
            if let Some(pico) = pico {
                add(key, Value::Double(pico as f64 / 1e12));
            }
        };
        match self.cost_price_version.is_empty() {
            true => usd(names::REPORTED_COST, self.cost_pico_usd),
            false => usd(names::COST_USD, self.cost_pico_usd),
        }
        usd(names::COST_INPUT_USD, self.cost_input_pico_usd);
        usd(names::COST_OUTPUT_USD, self.cost_output_pico_usd);
        text(add, names::PRICE_VERSION, &self.cost_price_version);
    }

    fn reasons(&self, add: &mut Add<'_>) {
        let reason = FinishReason::try_from(self.finish_reason).unwrap_or(FinishReason::Unspecified);
        if !self.finish_reasons.is_empty() {
            strings(add, names::FINISH_REASONS, &self.finish_reasons);
        } else if reason != FinishReason::Unspecified {
            add(names::FINISH_REASONS, Value::Strs(&[reason.word()]));
        }
    }

    fn flags(&self, add: &mut Add<'_>) {
        let mut flag = |key, flag: bool| {
            if flag || self.is_of_span() {
                add(key, Value::Bool(flag));
            }
        };
        flag(names::PII_DETECTED, self.pii_detected);
        flag(names::INJECTION_ATTEMPT, self.injection_attempt);
        strings(add, names::PII_TYPES, &self.pii_types);
        if !self.pii_counts.is_empty() {
            add(names::PII_COUNTS, Value::Ints(&self.pii_counts));
        }
        text(add, names::PII_ACTION, &self.pii_action);
        if let Some(score) = self.injection_score {
            add(names::INJECTION_SCORE, Value::Double(score));
        }
        strings(add, names::INJECTION_RULES, &self.injection_rules);
        add(names::SAMPLED, Value::Bool(self.is_sampled));
    }

    fn prompt(&self, add: &mut Add<'_>) {
        if !self.is_sampled || self.pii_detected {
            return;
        }
        text(add, names::PROMPT_SHA256, self.prompt_hash.as_deref().unwrap_or(""));
        text(add, names::EMBEDDING_MODEL, &self.embedding_model);
        floats(add, names::EMBEDDING_VECTOR, &self.prompt_embedding);
        floats(add, names::RECORD_RESPONSE_EMBEDDING, &self.response_embedding);
        if !self.text_embeddings.is_empty() {
            let rows = self.text_embeddings.iter().map(|Vector { values }| list(values)).collect();
            add(names::EMBEDDING_VECTORS, Value::List(rows));
        }
    }

    /// What has no other home. Of a record made of a span, what the span did not hold is not said.
    fn kept(&self, add: &mut Add<'_>) {
        let method =
            TokenCountMethod::try_from(self.token_count_method).unwrap_or(TokenCountMethod::Unspecified);
        add(names::RECORD_SCHEMA_VERSION, Value::Int(self.schema_version));
        text(add, names::RECORD_ENDPOINT, &self.endpoint);
        if self.price_version != self.cost_price_version {
            text(add, names::RECORD_PRICE_VERSION, &self.price_version);
        }
        if method != TokenCountMethod::Unspecified && method != TokenCountMethod::named(&self.tokens_method) {
            add(names::RECORD_TOKEN_COUNT_METHOD, Value::Str(method.word()));
        }
        if !self.is_of_span() || self.retry_count != 0 {
            add(names::RETRY_COUNT, Value::Int(self.retry_count));
        }
        strings(add, names::RECORD_ATTEMPTED_MODELS, &self.attempted_models);
    }
}

fn text(add: &mut Add<'_>, key: &str, text: &str) {
    if !text.is_empty() {
        add(key, Value::Str(text));
    }
}

fn int(add: &mut Add<'_>, key: &str, number: Option<i64>) {
    if let Some(number) = number {
        add(key, Value::Int(number));
    }
}

fn strings(add: &mut Add<'_>, key: &str, texts: &[String]) {
    if !texts.is_empty() {
        add(key, Value::Strs(&texts.iter().map(String::as_str).collect::<Vec<_>>()));
    }
}

fn floats(add: &mut Add<'_>, key: &str, values: &[f32]) {
    if !values.is_empty() {
        add(key, list(values));
    }
}

fn list(values: &[f32]) -> Value<'static> {
    Value::List(values.iter().map(|value| Value::Double(f64::from(*value))).collect())
}

/// In the form of the GenAI conventions.
fn messages(add: &mut Add<'_>, key: &str, messages: &[Message]) {
    if !messages.is_empty() {
        add(key, Value::List(messages.iter().map(turn).collect()));
    }
}

fn turn(message: &Message) -> Value<'_> {
    let parts = message.parts.iter().map(|part| {
        let said = match part.r#type.as_str() {
            "tool_call" => "arguments",
            "tool_call_response" => "response",
            _ => "content",
        };
        let mut entries = vec![("type", Value::Str(&part.r#type)), (said, Value::Str(&part.content))];
        entries.extend((!part.id.is_empty()).then_some(("id", Value::Str(&part.id))));
        entries.extend((!part.name.is_empty()).then_some(("name", Value::Str(&part.name))));
        Value::Map(entries)
    });
    Value::Map(vec![("role", Value::Str(&message.role)), ("parts", Value::List(parts.collect()))])
}
