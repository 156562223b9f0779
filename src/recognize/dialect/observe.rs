//! The attributes that Observe asks for on manual spans.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "observe-manual",
    about: "Manual spans after Observe's recipe: `llm.request.model`, `llm.request.type`, `gen_ai.is_llm_root`, `gen_ai.prompt.N.*`",
    source: "Observe, \"Other instrumentation for LLM observability\"",
    marks: &[
        Mark::Key("llm.request.model"),
        Mark::Key("llm.response.model"),
        Mark::Key("gen_ai.is_llm_root"),
        Mark::Key("gen_ai.token.type"),
    ],
    rules: &[Rule::Key(
        "llm.request.type",
        &[
            ("chat", call(Chat)),
            ("completion", call(Completion)),
            ("embedding", call(Embeddings)),
            ("rerank", call(Rerank)),
        ],
    )],
    fields: &[
        (RequestModel, "llm.request.model", Word),
        (ResponseModel, "llm.response.model", Word),
        (Input, "gen_ai.prompt.*", Say(Role::User)),
        (Output, "gen_ai.completion.*", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn the_recipes_keys_are_read() {
        check(
            r#"
llm.chat | acme.manual
gen_ai.is_llm_root = true
gen_ai.system = OpenAI
llm.request.type = chat
llm.request.model = gpt-4o
llm.response.model = gpt-4o-2024-08-06
gen_ai.prompt.0.role = user
gen_ai.prompt.0.content = hi
gen_ai.completion.0.role = assistant
gen_ai.completion.0.content = hello
gen_ai.usage.prompt_tokens = 5
gen_ai.usage.completion_tokens = 3
"#,
            expect![[r#"
                llm.chat: chat counted gpt-4o by openai as gpt-4o-2024-08-06 5+3 ["traceloop", "observe-manual", "otel-semconv"]
                  <0 User: hi
                  >0 Assistant: hello
            "#]],
        );
    }
}
