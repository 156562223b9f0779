//! The current names of the GenAI conventions, filled where an item has none by that name.
//!
//! Source: open-telemetry/semantic-conventions-genai, `gen_ai` registry; `user.id`, `session.id` and
//! `server.*` of the general conventions. What was reported is copied, never changed: `input_tokens`
//! holds the cached ones or not, as the library has it.

mod messages;
mod tools;

use super::figures;
use super::given::Given;
use super::redact::Tally;
use super::texts::Texts;
use crate::llm::{Call, Kind, names};
use crate::otlp::Item;
use std::borrow::Cow;

/// An attribute to be written.
type Attribute = (&'static str, Given);

/// What is filled beyond the names.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fill {
    /// Messages, system instructions and tool definitions, rebuilt from whatever dialect.
    pub(super) messages: bool,
    /// The names of older conventions.
    pub(super) older: bool,
}

/// The attributes that `item` lacks of what is known of `call`.
pub(super) fn names(
    item: &Item<'_>,
    call: &Call<'_>,
    fill: Fill,
    texts: &Texts,
    tally: &mut Tally,
) -> Vec<Attribute> {
    let mut all = words(call, texts);
    all.extend(numbers(call));
    if fill.messages {
        all.extend(messages::rebuilt(call, texts, tally));
    }
    if fill.older {
        let older: Vec<Attribute> = older(call, texts).into_iter().flatten().collect();
        all.extend(older);
    }
    all.retain(|(key, _)| !item.attributes().keys().any(|there| there == *key));
    all
}

fn words(call: &Call<'_>, texts: &Texts) -> Vec<Attribute> {
    let text = |key, value: Option<&str>| Some((key, Given::Text(texts.safe(value?, key))));
    let server = call.host.as_deref().filter(|_| call.model_call).and_then(server);
    let reasons = call.finish_reasons.iter().map(|reason| texts.safe(&finish_reason(reason), "")).collect();
    let all = [
        text(names::OPERATION, figures::operation(call)),
        text(names::PROVIDER, call.provider.as_deref()),
        text(names::REQUEST_MODEL, call.request_model.as_deref()),
        text(names::RESPONSE_MODEL, call.response_model.as_deref()),
        text(names::RESPONSE_ID, call.response_id.as_deref().filter(|_| call.model_call)),
        text(names::CONVERSATION_ID, call.conversation_id.as_deref()),
        text(names::SESSION_ID, call.conversation_id.as_deref()),
        text(names::USER_ID, call.user_id.as_deref()),
        text(names::TOOL_NAME, call.tool_name.as_deref().filter(|_| call.kind == Some(Kind::Tool))),
        text(names::SERVER_ADDRESS, server.map(|(host, _)| host)),
        (!call.finish_reasons.is_empty()).then_some((names::FINISH_REASONS, Given::Texts(reasons))),
    ];
    all.into_iter().flatten().collect()
}

fn numbers(call: &Call<'_>) -> Vec<Attribute> {
    // Wrappers repeat the usage of the calls inside them: under the common names it would be summed twice.
    let usage = Some(call.usage).filter(|_| call.model_call && call.usage_counted).unwrap_or_default();
    let tokens = |key, value: Option<u64>| Some((key, Given::Int(i64::try_from(value?).ok()?)));
    let seconds = call.time_to_first_chunk_s.filter(|seconds| seconds.is_finite());
    let in_url = || call.host.as_deref().and_then(server).and_then(|(_, port)| port);
    let port = call.port.or_else(in_url).filter(|_| call.model_call);
    let all = [
        tokens(names::INPUT_TOKENS, usage.input),
        tokens(names::OUTPUT_TOKENS, usage.output),
        tokens(names::CACHE_READ_TOKENS, usage.cached_input),
        tokens(names::CACHE_WRITE_TOKENS, usage.cache_write),
        tokens(names::REASONING_TOKENS, usage.reasoning),
        tokens(names::AUDIO_INPUT_TOKENS, usage.audio_input),
        tokens(names::AUDIO_OUTPUT_TOKENS, usage.audio_output),
        tokens(names::SERVER_PORT, port.map(u64::from)),
        call.streaming.filter(|_| call.model_call).map(|streams| (names::STREAM, Given::Bool(streams))),
        seconds.map(|seconds| (names::TIME_TO_FIRST_CHUNK, Given::Double(seconds))),
    ];
    all.into_iter().flatten().collect()
}

/// The same by the names of 1.26 and of OpenLLMetry to 0.52, for back ends that know only those.
fn older(call: &Call<'_>, texts: &Texts) -> [Option<Attribute>; 6] {
    let usage = Some(call.usage).filter(|_| call.model_call && call.usage_counted).unwrap_or_default();
    let tokens = |key, value: Option<u64>| Some((key, Given::Int(i64::try_from(value?).ok()?)));
    let total = usage.input.zip(usage.output).map(|(input, output)| input.saturating_add(output));
    let system = call.provider.as_deref().map(|name| texts.safe(name, names::OLDER_PROVIDER));
    [
        system.map(|name| (names::OLDER_PROVIDER, Given::Text(name))),
        tokens(names::OLDER_INPUT_TOKENS, usage.input),
        tokens(names::OLDER_OUTPUT_TOKENS, usage.output),
        tokens(names::OLDER_TOTAL_TOKENS, total),
        tokens(names::OLDER_CACHE_READ_TOKENS, usage.cached_input),
        tokens(names::OLDER_CACHE_WRITE_TOKENS, usage.cache_write),
    ]
}

/// `FinishReason.STOP`, `tool-calls` and `MAX_TOKENS` in the conventions' spelling.
fn finish_reason(written: &str) -> Cow<'_, str> {
    let word = written.rsplit_once("FinishReason.").map_or(written, |(_, word)| word);
    let plain = |c: char| c.is_ascii_lowercase() || c == '_';
    if word.chars().all(plain) {
        return word.into();
    }
    if word.chars().all(|c| c.is_ascii_uppercase() || c == '_') || word.chars().all(|c| plain(c) || c == '-')
    {
        return word.to_ascii_lowercase().replace('-', "_").into();
    }
    word.into()
}

/// Host and port of `written`, which is a host or a URL; `None` where it is neither.
fn server(written: &str) -> Option<(&str, Option<u16>)> {
    let rest = written.split_once("://").map_or(written, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port.parse().ok()),
        _ => (authority, None),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    (!host.is_empty() && host.len() <= 253 && host.chars().all(plain)).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_out_of_a_url_without_what_else_stands_there() {
        for (written, expected) in [
            ("api.openai.com", Some(("api.openai.com", None))),
            ("https://api.openai.com/v1/", Some(("api.openai.com", None))),
            ("http://user:word@127.0.0.1:8080/v1?key=x", Some(("127.0.0.1", Some(8080)))),
            ("http://[::1]:11434", Some(("[::1]", Some(11434)))),
            ("::1", Some(("::1", None))),
            ("not a host", None),
            ("", None),
        ] {
            assert_eq!(server(written), expected, "{written}");
        }
    }

    #[test]
    fn finish_reasons_are_spelt_as_the_conventions_do() {
        for (written, expected) in [
            ("stop", "stop"),
            ("FinishReason.TOOL_CALLS", "tool_calls"),
            ("tool-calls", "tool_calls"),
            ("MAX_TOKENS", "max_tokens"),
            ("Some Text", "Some Text"),
        ] {
            assert_eq!(finish_reason(written), expected);
        }
    }
}
