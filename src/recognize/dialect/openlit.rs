//! OpenLIT, Python and JavaScript, old and new.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "openlit",
    about: "OpenLIT: the conventions with `telemetry.sdk.name=openlit` on the span; to 1.33 `gen_ai.content.prompt` events",
    source: "openlit 1.32.10 and 1.45 as captured; spec/dialects.md 2.12",
    marks: &[
        Mark::Value("telemetry.sdk.name", "openlit"),
        Mark::Key("openlit.*"),
        Mark::Key("gen_ai.sdk.version"),
        Mark::Key("gen_ai.endpoint"),
        Mark::Scope("openlit.*"),
        Mark::Scope("@openlit/*"),
    ],
    rules: &[
        Rule::Key("gen_ai.operation.name", &[("vectordb", step(Retrieval)), ("db", step(Retrieval))]),
        Rule::Key("db.operation", &[("*", step(Retrieval))]),
        Rule::Key("db.operation.name", &[("*", step(Retrieval))]),
    ],
    fields: &[
        // Seconds, and set on calls that do not stream.
        (FirstChunk, "gen_ai.server.time_to_first_token", Seconds),
    ],
    fallbacks: &[(Host, "gen_ai.endpoint", Word)],
    cache_exclusive: &[("*openlit*", "anthropic"), ("*openlit*", "aws.bedrock")],
    reasoning_exclusive: &["openlit.instrumentation.google*"],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn old_prompt_events_and_seconds_are_read_and_no_price_is_no_cost() {
        check(
            r#"
chat gpt-4o | openlit.otel.tracing
telemetry.sdk.name = openlit
gen_ai.operation.name = chat
gen_ai.system = openai
gen_ai.request.model = gpt-4o
gen_ai.request.is_stream = true
gen_ai.server.time_to_first_token = 1
gen_ai.usage.cost = 0
gen_ai.usage.input_tokens = 5
gen_ai.usage.output_tokens = 3
! gen_ai.content.prompt
gen_ai.prompt = user: hi
! gen_ai.content.completion
gen_ai.completion = hello
"#,
            expect![[r#"
                chat gpt-4o: chat counted gpt-4o by openai 5+3 after 1s ["openlit", "otel-semconv"]
                  <0 User: user: hi
                  >0 Assistant: hello
            "#]],
        );
    }
}
