//! One recognised span or log record, read into a [`Call`].

use super::class::Seen;
use super::dialect::{Bills, Class, Dialect, Field, UNKNOWN, matches};
use super::facts::{Fact, Facts};
use super::heard::Heard;
use super::index::Dialects;
use super::record;
use crate::llm::{Call, Kind, Node, Odd, Texts, Tier, Usage, provider};
use crate::otlp::{Attribute, Batch, Event, Item};
use std::borrow::Cow;

/// What `item` says in `dialects`, and whose tokens it reports.
pub fn read<'a>(batch: &'a Batch, item: &Item<'a>, dialects: Dialects) -> (Call<'a>, Bills) {
    let attributes: Vec<Attribute<'a>> = item.attributes().collect();
    let events: Vec<Event<'a>> = item.span().into_iter().flat_map(|span| span.events()).collect();
    let told = dialects == Dialects::UNKNOWN || dialects.table().any(|dialect| dialect.facts_in_events);
    let in_events: Vec<Attribute<'a>> =
        events.iter().filter(|_| told).flat_map(|event| event.attributes()).collect();
    let (name, scope) = (item.name(), item.scope().name());
    let seen = Seen { name, scope, attributes: &attributes, in_events: &in_events };
    let mut class = seen.class(dialects);
    let start = item.span().map_or(0, |span| span.start_time_unix_nano());
    let facts = Facts::gather(&attributes, &in_events, dialects, start);
    class.kind = by_model(class, &facts);
    let mut odd = facts.odd;
    if dropped(item) > 0 {
        odd.add(Odd::DroppedAttributes);
    }

    let mut call = Call {
        dialects: names(dialects),
        kind: class.kind,
        model_call: class.call
            && item.log_record().is_none_or(|record| record::is_own_call(record, seen.name, dialects)),
        operation: facts.word(Field::Operation),
        request_model: facts.word(Field::RequestModel).map(bare),
        response_model: facts.word(Field::ResponseModel).map(bare),
        response_id: facts.word(Field::ResponseId),
        cost_usd: facts.number(Field::Cost),
        conversation_id: facts.word(Field::ConversationId),
        user_id: facts.word(Field::UserId),
        dimensions: facts.count(Field::Dimensions),
        odd,
        ..Call::default()
    };
    if class.call && call.request_model.is_none() {
        let named = || model_in_name(seen.name).filter(|_| call.model_call).map(Cow::Borrowed);
        call.request_model = facts.word(Field::StepModel).map(bare).or_else(named);
    }
    if class.kind == Some(Kind::Tool) {
        let named = || tool_in_name(seen.name).map(Cow::Borrowed);
        call.tool_name = facts.word(Field::ToolName).or_else(|| facts.word(Field::StepModel)).or_else(named);
    }
    let times = record::times(item, &facts);
    (call.start_unix_nano, call.end_unix_nano) = (times.start, times.end);
    call.failed = record::failed(item);
    call.host = facts.word(Field::Host);
    call.port = facts.count(Field::Port).and_then(|port| u16::try_from(port).ok());
    call.tools = tools(&facts);
    call.provider = provider_of(&facts, &call);
    call.usage = usage(&facts, &seen, dialects, &call);
    call.tier = facts.word(Field::ServiceTier).map(|word| Tier::named(&word)).unwrap_or_default();
    if call.cost_usd == Some(0.0) && !call.usage.is_empty() {
        // OpenLIT writes 0 for a price that it does not know.
        call.cost_usd = None;
    }
    timing(&mut call, &facts, &seen, &events, dialects, start);
    let finish_reasons = match facts.get(Field::FinishReasons) {
        Some(Fact::Words(reasons)) => Some(reasons.clone()),
        _ => None,
    };
    // Beside it may stand the library's own record of the call.
    let is_second = item.log_record().is_some() && seen.name == record::DETAILS;
    let heard = Heard { item: item.clone(), name: seen.name, facts, events, dialects, class };
    match finish_reasons {
        Some(reasons) => {
            call.finish_reasons = reasons;
            call.texts = Texts::later(move || heard.conversation(batch).texts);
        }
        None => {
            let talk = heard.conversation(batch);
            call.finish_reasons = talk.finish_reasons;
            call.texts = talk.texts.into();
        }
    }
    let bills = if is_second { Bills::Echo } else { class.bills };
    (call, bills)
}

/// How many attributes the SDK left out.
fn dropped(item: &Item<'_>) -> u32 {
    let of_record = || item.log_record().map_or(0, |record| record.dropped_attributes_count());
    item.span().map_or_else(of_record, |span| span.dropped_attributes_count())
}

/// What the model may call, where that is written as a structure.
fn tools<'a>(facts: &Facts<'a>) -> Option<Node<'a>> {
    let mut written = facts.all(Field::Tools).filter_map(|fact| match fact {
        Fact::Texts(said, _) => Some(said.node()),
        _ => None,
    });
    written.find(|tools| matches!(tools, Node::List(_) | Node::Map(_))).cloned()
}

/// What is asked of a model that can only embed or rerank is no chat, whatever the library calls it.
fn by_model(class: Class, facts: &Facts<'_>) -> Option<Kind> {
    let models = [Field::RequestModel, Field::StepModel, Field::ResponseModel];
    let mut models = models.into_iter().filter_map(|field| facts.word(field).map(bare));
    match class.kind {
        Some(Kind::Chat | Kind::Completion) if class.call => {
            models.find_map(|model| provider::only(&model)).or(class.kind)
        }
        kind => kind,
    }
}

fn bare(model: Cow<'_, str>) -> Cow<'_, str> {
    match model {
        Cow::Borrowed(model) => provider::bare_model(model).into(),
        Cow::Owned(model) => provider::bare_model(&model).to_string().into(),
    }
}

/// `chat gpt-4o`: the conventions name a span by operation and model, which is all that is left of
/// some failed calls.
fn model_in_name(name: &str) -> Option<&str> {
    let model = name.split_once(' ').map(|(_, model)| model)?;
    (!model.contains(' ') && provider::is_model(model)).then_some(model)
}

/// `execute_tool look`, as the conventions and others name such a span.
fn tool_in_name(name: &str) -> Option<&str> {
    const BEGINNINGS: &[&str] = &["execute_tool ", "tools/call ", "Tool: ", "running tool: "];
    let tool = BEGINNINGS.iter().find_map(|begin| name.strip_prefix(begin))?;
    (!tool.is_empty()).then_some(tool)
}

fn names(dialects: Dialects) -> Vec<&'static str> {
    let unknown = dialects.table().next().is_none().then_some(UNKNOWN);
    dialects.table().map(|dialect| dialect.name).chain(unknown).collect()
}

fn provider_of<'a>(facts: &Facts<'a>, call: &Call<'a>) -> Option<Cow<'a, str>> {
    let written = facts.all(Field::Provider).find_map(|fact| match fact {
        Fact::Word(Cow::Borrowed(word)) => provider::clean(provider::in_path(word)),
        _ => None,
    });
    if written.is_some() || !call.model_call {
        return written;
    }
    let host = facts.word(Field::Host).and_then(|host| provider::of_host(&host));
    let mut models = [&call.request_model, &call.response_model].into_iter().flatten();
    host.or_else(|| models.find_map(|model| provider::of_model(model))).map(Cow::Borrowed)
}

fn usage(facts: &Facts<'_>, seen: &Seen<'_, '_>, dialects: Dialects, call: &Call<'_>) -> Usage {
    let mut usage = Usage {
        input: facts.count(Field::InputTokens),
        output: facts.count(Field::OutputTokens),
        cached_input: facts.count(Field::CachedTokens),
        cache_write: facts.count(Field::CacheWriteTokens),
        reasoning: facts.count(Field::ReasoningTokens),
        audio_input: facts.count(Field::AudioInputTokens),
        audio_output: facts.count(Field::AudioOutputTokens),
        total: facts.count(Field::TotalTokens),
        ..Usage::default()
    };
    let objects = facts.all(Field::Usage).filter_map(|fact| match fact {
        Fact::Usage(usage) => Some(**usage),
        _ => None,
    });
    let replies = facts.all(Field::Output).filter_map(|fact| match fact {
        Fact::Texts(reply, _) if reply.may_hold_usage() => Usage::find(reply.node()),
        _ => None,
    });
    if call.model_call {
        usage = objects.chain(replies).fold(usage, Usage::or);
        if usage.is_empty() && matches!(call.kind, Some(Kind::Embeddings | Kind::Rerank)) {
            usage.input = facts.count(Field::TotalTokens);
        }
    }
    if usage.input.unwrap_or(0) == 0 && usage.output.unwrap_or(0) == 0 {
        // No call takes nothing and gives nothing: the library had nothing to report.
        usage = Usage::default();
    }
    usage.cache_exclusive |= exclusive(&usage, seen.scope, dialects, call.provider.as_deref());
    usage.reasoning_exclusive |= usage.reasoning.is_some()
        && dialects
            .table()
            .flat_map(|dialect| dialect.reasoning_exclusive)
            .any(|scope| matches(scope, seen.scope));
    if call.model_call {
        usage.settle(call.provider.as_deref().is_some_and(|name| name.starts_with("gcp.")));
    }
    usage
}

/// Whether the cached tokens come on top of `usage.input`.
fn exclusive(usage: &Usage, scope: &str, dialects: Dialects, provider: Option<&str>) -> bool {
    let cached = usage.cached_input.unwrap_or(0).saturating_add(usage.cache_write.unwrap_or(0));
    let declared = |dialect: &Dialect| {
        dialect.cache_exclusive.iter().any(|(scopes, whose)| {
            matches(scopes, scope) && provider.is_some_and(|name| matches(whose, name))
        })
    };
    cached > usage.input.unwrap_or(u64::MAX) || (cached > 0 && dialects.table().any(declared))
}

/// Whether it streamed, and when the first chunk came.
fn timing(
    call: &mut Call<'_>,
    facts: &Facts<'_>,
    seen: &Seen<'_, '_>,
    events: &[Event<'_>],
    dialects: Dialects,
    start: u64,
) {
    let is_chunk = |name: &str| {
        dialects.table().flat_map(|dialect| dialect.chunks).any(|pattern| matches(pattern, name))
    };
    let chunk = events.iter().find(|event| is_chunk(event.name()));
    let operation = seen.text("ai.operationId").unwrap_or_default();
    let streams = operation.contains("stream") || operation.contains("Stream") || chunk.is_some();
    call.streaming = facts.flag(Field::Streaming).or(streams.then_some(true));
    if call.streaming == Some(false) || !call.model_call {
        return;
    }
    let at = chunk.and_then(|event| event.time_unix_nano().checked_sub(start)).filter(|_| start > 0);
    call.time_to_first_chunk_s = facts.number(Field::FirstChunk).or(at.map(|nanos| nanos as f64 / 1e9));
    if call.time_to_first_chunk_s.is_some() {
        call.streaming = Some(true);
    }
}
