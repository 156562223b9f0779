//! Calls that report what they took together with those before them: what each took alone.
//!
//! Spring AI 1 asks the tools itself, inside of one call of its user, and adds the usage of each request to that of
//! the next; the spans of these requests are siblings. Version 2 asks each in a step of its own, and adds nothing.

use super::Found;
use super::dialect;
use crate::llm::{Call, Usage};
use std::collections::HashMap;

/// Takes from each call of a library with running totals what the calls before it reported.
pub fn settle(found: &mut [Found<'_>]) {
    let mut rows: HashMap<(&[u8], &[u8]), Vec<usize>> = HashMap::new();
    for (n, one) in found.iter().enumerate() {
        if let Found::Call(item, call) = one
            && call.model_call
            && let Some(span) = item.span()
            && !span.parent_span_id().is_empty()
            && dialect::has_running_totals(&call.dialects)
        {
            rows.entry((item.trace_id(), span.parent_span_id())).or_default().push(n);
        }
    }
    let mut alone: Vec<(usize, Usage)> = Vec::new();
    for mut row in rows.into_values() {
        row.sort_by_key(|n| call(&found[*n]).map_or(0, |call| call.start_unix_nano));
        alone.extend(row.windows(2).filter_map(|pair| {
            let (before, after) = (call(&found[pair[0]])?, call(&found[pair[1]])?);
            Some((pair[1], beyond(before, after)?))
        }));
    }
    for (n, usage) in alone {
        if let Found::Call(_, call) = &mut found[n] {
            call.usage = usage;
        }
    }
}

/// What `after` took beyond `before`, where the one goes on from the other: with the answers of the tools that the
/// other asked for.
fn beyond(before: &Call<'_>, after: &Call<'_>) -> Option<Usage> {
    let asked = before.finish_reasons.iter().any(|reason| reason.to_ascii_lowercase().contains("tool"));
    let same = before.request_model == after.request_model;
    let (one, two) = (before.usage, after.usage);
    let input = two.input?.checked_sub(one.input?).filter(|_| asked && same)?;
    let output = two.output?.checked_sub(one.output?)?;
    let less = |all: Option<u64>, part: Option<u64>| Some(all?.saturating_sub(part.unwrap_or(0)));
    Some(Usage {
        input: Some(input),
        output: Some(output),
        cached_input: less(two.cached_input, one.cached_input),
        cache_write: less(two.cache_write, one.cache_write),
        reasoning: less(two.reasoning, one.reasoning),
        total: None,
        ..two
    })
}

fn call<'f, 'a>(found: &'f Found<'a>) -> Option<&'f Call<'a>> {
    match found {
        Found::Call(_, call) => Some(call),
        Found::Carrier(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    /// Spring AI 1.1 and 2.0 as captured.
    #[test]
    fn a_running_total_is_taken_apart_and_what_each_step_took_is_not() {
        check(
            r#"
call | org.springframework.boot
gen_ai.operation.name = framework
spring.ai.kind = advisor
  chat gpt-4o | org.springframework.boot
  gen_ai.operation.name = chat
  gen_ai.request.model = gpt-4o
  gen_ai.response.finish_reasons = ["TOOL_CALLS"]
  gen_ai.usage.input_tokens = 31
  gen_ai.usage.output_tokens = 17
  spring.ai.model.request.tool.names = ["look"]
  chat gpt-4o | org.springframework.boot
  gen_ai.operation.name = chat
  gen_ai.request.model = gpt-4o
  gen_ai.response.finish_reasons = ["TOOL_CALLS"]
  gen_ai.usage.input_tokens = 71
  gen_ai.usage.output_tokens = 20
  spring.ai.model.request.tool.names = ["look"]
  chat gpt-4o | org.springframework.boot
  gen_ai.operation.name = chat
  gen_ai.request.model = gpt-4o
  gen_ai.response.finish_reasons = ["STOP"]
  gen_ai.usage.input_tokens = 121
  gen_ai.usage.output_tokens = 25
  spring.ai.model.request.tool.names = ["look"]
  call | org.springframework.boot
  spring.ai.kind = advisor
    chat gpt-4o | org.springframework.boot
    gen_ai.operation.name = chat
    gen_ai.request.model = gpt-4o
    gen_ai.response.finish_reasons = ["STOP"]
    gen_ai.usage.input_tokens = 200
    gen_ai.usage.output_tokens = 30
    spring.ai.model.request.tool.names = ["look"]
"#,
            expect![[r#"
                call: task - by - ["spring-ai", "otel-semconv"]
                chat gpt-4o: chat counted gpt-4o by openai 31+17 ["TOOL_CALLS"] ["spring-ai", "otel-semconv"]
                chat gpt-4o: chat counted gpt-4o by openai 40+3 ["TOOL_CALLS"] ["spring-ai", "otel-semconv"]
                chat gpt-4o: chat counted gpt-4o by openai 50+5 ["STOP"] ["spring-ai", "otel-semconv"]
                call: task - by - ["spring-ai"]
                chat gpt-4o: chat counted gpt-4o by openai 200+30 ["STOP"] ["spring-ai", "otel-semconv"]
            "#]],
        );
    }
}
