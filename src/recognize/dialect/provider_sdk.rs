//! Spans that the providers' own SDKs write beside an instrumentation's.

use super::*;
use Kind::*;

pub const DIALECT: Dialect = Dialect {
    name: "provider-sdk",
    about: "Native spans of the Anthropic (2 and later) and Mistral SDKs: metadata only, a second span of the same call where an instrumentation is at work",
    source: "anthropic 2.11 and mistralai as captured; spec/dialects.md 1",
    marks: &[
        Mark::Scope("com.anthropic.sdk.*"),
        Mark::Scope("mistralai_sdk_tracer"),
        Mark::Key("mistral_ai.*"),
        Mark::Key("anthropic.message.*"),
        Mark::Key("anthropic.response.*"),
        Mark::Key("anthropic.thinking.*"),
    ],
    rules: &[Rule::Scope("com.anthropic.sdk.*", echo(Chat)), Rule::Scope("mistralai_sdk_tracer", echo(Chat))],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn the_sdks_own_span_counts_only_where_it_is_alone() {
        check(
            r#"
anthropic.chat | opentelemetry.instrumentation.anthropic
gen_ai.operation.name = chat
gen_ai.provider.name = anthropic
gen_ai.request.model = claude-sonnet-4-5
gen_ai.response.id = msg_1
gen_ai.usage.input_tokens = 5
anthropic.messages.create | com.anthropic.sdk.python
gen_ai.operation.name = chat
gen_ai.provider.name = anthropic
gen_ai.request.model = claude-sonnet-4-5
gen_ai.response.id = msg_1
gen_ai.usage.input_tokens = 5
anthropic.messages.create | com.anthropic.sdk.python
gen_ai.operation.name = chat
gen_ai.provider.name = anthropic
gen_ai.request.model = claude-sonnet-4-5
gen_ai.response.id = msg_2
gen_ai.usage.input_tokens = 7
"#,
            expect![[r#"
                anthropic.chat: chat counted claude-sonnet-4-5 by anthropic 5+- ["otel-semconv"]
                anthropic.messages.create: chat call claude-sonnet-4-5 by anthropic 5+- ["provider-sdk", "otel-semconv"]
                anthropic.messages.create: chat counted claude-sonnet-4-5 by anthropic 7+- ["provider-sdk", "otel-semconv"]
            "#]],
        );
    }
}
