//! Servers that run models: vLLM, SGLang, Text Generation Inference.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "serving",
    about: "vLLM, SGLang and Text Generation Inference: the server's own span, with `gen_ai.latency.*` and tokens, without texts",
    source: "vllm-project/vllm, tracing; the others' documentation",
    marks: &[
        Mark::Key("gen_ai.latency.*"),
        Mark::Scope("vllm*"),
        Mark::Scope("sglang*"),
        Mark::Scope("text-generation-*"),
        Mark::Scope("text_generation_*"),
    ],
    rules: &[
        Rule::Name("*mbed*", call(Embeddings)),
        Rule::Name("*erank*", call(Rerank)),
        Rule::Name("llm_request", call(Chat)),
        Rule::Has("gen_ai.usage.*", call(Chat)),
        Rule::Name("generate*", call(Completion)),
        Rule::Name("chat_completions", call(Chat)),
    ],
    fields: &[
        (FirstChunk, "gen_ai.latency.time_to_first_token", Seconds),
        (FirstChunk, "gen_ai.latency.ttft_ms", Millis),
    ],
    fallbacks: &[(ResponseId, "gen_ai.request.id", Word), (Input, "inputs", Say(Role::User))],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn the_servers_span_is_a_call_without_texts() {
        check(
            r#"
llm_request | vllm.llm_engine
gen_ai.request.id = chatcmpl-0123456789abcdef0123
gen_ai.request.max_tokens = 64
gen_ai.usage.prompt_tokens = 5
gen_ai.usage.completion_tokens = 3
gen_ai.latency.time_to_first_token = 0.12
gen_ai.latency.e2e = 0.4
"#,
            expect![[r#"
                llm_request: chat counted - by - 5+3 after 0.12s ["serving", "otel-semconv"]
            "#]],
        );
    }
}
