//! LiteLLM's own OpenTelemetry callback, and the spans of its proxy.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "litellm",
    about: "LiteLLM's otel callback: `litellm_request` with `gen_ai.*`, `metadata.user_api_key_*`, and its child `raw_gen_ai_request` with `llm.<provider>.*`",
    source: "litellm 1.106 as captured; spec/dialects.md 2.9",
    marks: &[
        Mark::Key("litellm.*"),
        Mark::Key("hidden_params"),
        Mark::Key("metadata.user_api_key_*"),
        Mark::Key("gen_ai.cost.*"),
        Mark::Key("llm.None.*"),
        Mark::Key("llm.openai.*"),
        Mark::Key("llm.anthropic.*"),
        Mark::Key("llm.azure.*"),
        Mark::Key("llm.bedrock.*"),
        Mark::Key("llm.vertex_ai.*"),
        Mark::Key("llm.gemini.*"),
        Mark::Key("llm.cohere.*"),
        Mark::Scope("litellm"),
    ],
    // `llm.request.type` is `completion` for chat.
    rules: &[
        Rule::Both("llm.None.documents", "*", "raw_gen_ai_request", echo(Rerank)),
        Rule::Both("llm.None.input", "*", "raw_gen_ai_request", echo(Embeddings)),
        Rule::Name("raw_gen_ai_request", echo(Chat)),
        Rule::Key(
            "llm.request.type",
            &[
                ("*embedding", call(Embeddings)),
                ("*rerank", call(Rerank)),
                ("*text_completion", call(Completion)),
                ("*completion", call(Chat)),
                ("*responses", call(Chat)),
                ("chat", call(Chat)),
            ],
        ),
        Rule::Name("litellm_request", call(Chat)),
        Rule::Name("guardrail", step(Task)),
    ],
    fields: &[
        (Cost, "gen_ai.cost.total_cost", Dollars),
        (UserId, "metadata.user_api_key_end_user_id", Word),
        (UserId, "llm.user", Word),
        (Streaming, "llm.is_streaming", Flag),
    ],
    fallbacks: &[
        (Provider, "litellm.provider.model", Word),
        (Host, "hidden_params", WordAt(&["api_base"])),
        (Tools, "llm.request.functions.*", Say(Role::System)),
        (RequestModel, "llm.openai.model", Word),
        (RequestModel, "llm.None.model", Word),
        (RequestModel, "litellm.provider.model", Word),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn the_raw_request_is_a_second_span_of_the_call() {
        check(
            r#"
litellm_request | litellm
gen_ai.request.model = gpt-4o
llm.request.type = completion
gen_ai.system = openai
gen_ai.usage.input_tokens = 5
gen_ai.usage.output_tokens = 3
gen_ai.cost.total_cost = 0.001
llm.is_streaming = False
gen_ai.response.finish_reasons = ["stop"]
gen_ai.input.messages = [{"role":"user","parts":[{"type":"text","content":"hi"}]}]
  raw_gen_ai_request | litellm
  llm.openai.messages = [{'role': 'user', 'content': 'hi'}]
"#,
            expect![[r#"
                litellm_request: chat counted gpt-4o by openai 5+3 $0.001 ["stop"] ["litellm", "traceloop", "otel-semconv"]
                  <0 User: hi
                raw_gen_ai_request: chat call gpt-4o by openai ["litellm"]
            "#]],
        );
    }
}
