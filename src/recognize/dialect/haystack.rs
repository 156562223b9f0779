//! Haystack's own tracing.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "haystack",
    about: "Haystack: `haystack.component.*`, `haystack.pipeline.*`, under whatever scope the app chose",
    source: "haystack 2.19 as captured; spec/dialects.md 2.12",
    marks: &[Mark::Key("haystack.*")],
    rules: &[
        Rule::Key(
            "haystack.component.type",
            &[
                ("*ChatGenerator", call(Chat)),
                ("*Generator", call(Completion)),
                ("*Embedder", call(Embeddings)),
                ("*Ranker", call(Rerank)),
                ("*Retriever", step(Retrieval)),
                ("*ToolInvoker", step(Tool)),
                ("Agent", step(Agent)),
                ("*", step(Task)),
            ],
        ),
        Rule::Name("haystack.agent.run", step(Agent)),
        Rule::Name("haystack.pipeline.*", step(Workflow)),
        Rule::Name("haystack.async_pipeline.*", step(Workflow)),
        Rule::Has("haystack.pipeline.*", step(Workflow)),
    ],
    fields: &[
        (Input, "haystack.component.input", Say(Role::User)),
        (Output, "haystack.component.output", Say(Role::Assistant)),
    ],
    fallbacks: &[
        (ResponseModel, "haystack.component.output", WordAt(&["replies", "meta", "model"])),
        (ResponseModel, "haystack.component.output", WordAt(&["meta", "model"])),
        (Input, "haystack.pipeline.input_data", Say(Role::User)),
        (Output, "haystack.pipeline.output_data", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn components_are_told_apart_and_usage_stands_in_the_reply() {
        check(
            r#"
haystack.pipeline.run | my_application
haystack.pipeline.input_data = {"llm":{"messages":"x"}}
  haystack.component.run | my_application
  haystack.component.name = llm
  haystack.component.type = OpenAIChatGenerator
  haystack.component.input = {"messages":[{"role":"user","meta":{},"name":null,"content":[{"text":"hi"}]}]}
  haystack.component.output = {"replies":[{"role":"assistant","meta":{"model":"gpt-4o-2024-08-06","finish_reason":"stop","usage":{"completion_tokens":3,"prompt_tokens":5}},"content":[{"text":"hello"}]}]}
  haystack.component.run | my_application
  haystack.component.type = InMemoryBM25Retriever
  haystack.component.input = {"query":"boots"}
"#,
            expect![[r#"
                haystack.pipeline.run: workflow - by - ["haystack"]
                  <0 User: {"llm":{"messages":"x"}}
                haystack.component.run: chat counted - by openai as gpt-4o-2024-08-06 5+3 ["stop"] ["haystack"]
                  <0 User: hi
                  >0 Assistant: hello
                haystack.component.run: retrieval - by - ["haystack"]
                  <0 User: boots
            "#]],
        );
    }
}
