//! The Python package instrumentation-sdk, whose users Sidelight takes over.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "seed-sdk",
    about: "instrumentation-sdk 1.8: `llm.model`, `llm.prompt`, `llm.response`, `llm.pii_detected`, `llm.latency_ms_*`",
    source: "instrumentation-sdk 1.8.1 as captured; spec/predecessor.md",
    marks: &[
        Mark::Key("llm.actual_model"),
        Mark::Key("llm.latency_ms_*"),
        Mark::Key("llm.cost_usd_micro"),
        Mark::Scope("instrumentation-sdk"),
    ],
    rules: &[
        Rule::Name("*embed*", call(Embeddings)),
        Rule::Has("llm.model", call(Chat)),
        Rule::Has("llm.actual_model", call(Chat)),
        Rule::Name("llm_call", call(Chat)),
    ],
    fields: &[
        (Provider, "llm.provider", Word),
        (RequestModel, "llm.model", Word),
        (ResponseModel, "llm.actual_model", Word),
        (InputTokens, "llm.prompt_tokens", Count),
        (OutputTokens, "llm.completion_tokens", Count),
        (CachedTokens, "llm.cached_tokens", Count),
        (Cost, "llm.cost_usd_micro", MicroDollars),
        (FirstChunk, "llm.latency_ms_ttft", Millis),
        (FinishReasons, "llm.finish_reason", Words),
        (UserId, "llm.user_id", Word),
        (ConversationId, "llm.session_id", Word),
        (Input, "llm.prompt", Say(Role::User)),
        (Output, "llm.response", Say(Role::Assistant)),
        (Output, "llm.completion", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn the_packages_keys_are_read() {
        check(
            r#"
llm_call | instrumentation-sdk
llm.model = gpt-4o
llm.provider = openai
llm.prompt = hi
llm.response = hello
llm.prompt_tokens = 5
llm.completion_tokens = 3
llm.cost_usd_micro = 1500
llm.latency_ms_ttft = 120
llm.user_id = u-1
"#,
            expect![[r#"
                llm_call: chat counted gpt-4o by openai 5+3 $0.0015 after 0.12s user u-1 ["seed-sdk"]
                  <0 User: hi
                  >0 Assistant: hello
            "#]],
        );
    }
}
