//! The Langfuse SDKs, Python and JavaScript, 3 to 5.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "langfuse",
    about: "Langfuse SDK 3 to 5: `langfuse.observation.*`, `langfuse.trace.*`",
    source: "langfuse 5.0.4 (Python) and 5.11 (JS) as captured; spec/dialects.md 2.6",
    marks: &[Mark::Key("langfuse.*"), Mark::Scope("langfuse-sdk")],
    rules: &[
        Rule::Both("langfuse.observation.type", "chain", "LangGraph", step(Agent)),
        // The JavaScript package calls every call a generation.
        Rule::Both("langfuse.observation.type", "generation", "*.embeddings", call(Embeddings)),
        Rule::Key(
            "langfuse.observation.type",
            &[
                ("generation", call(Chat)),
                ("embedding", call(Embeddings)),
                ("tool", step(Tool)),
                ("retriever", step(Retrieval)),
                ("agent", step(Agent)),
                ("chain", step(Task)),
                ("evaluator", step(Task)),
                ("guardrail", step(Task)),
                ("span", step(Task)),
                ("event", step(Task)),
            ],
        ),
    ],
    fields: &[
        (Provider, "langfuse.observation.metadata.ls_provider", Word),
        (RequestModel, "langfuse.observation.metadata.ls_model_name", Word),
        (ResponseModel, "langfuse.observation.model.name", Word),
        (Usage, "langfuse.observation.usage_details", Object),
        (Cost, "langfuse.observation.cost_details", DollarsAt(&["total"])),
        (FirstChunk, "langfuse.observation.completion_start_time", Instant),
        (FinishReasons, "langfuse.observation.metadata.finish_reason", Words),
        (UserId, "langfuse.user.id", Word),
        (UserId, "user.id", Word),
        (ConversationId, "session.id", Word),
        (ConversationId, "langfuse.session.id", Word),
        (Input, "langfuse.observation.input", Say(Role::User)),
        (Output, "langfuse.observation.output", Say(Role::Assistant)),
    ],
    fallbacks: &[
        (System, "langfuse.observation.metadata.instructions", Say(Role::System)),
        (Tools, "langfuse.observation.metadata.tools", Say(Role::System)),
        (RequestModel, "langfuse.observation.model.name", Word),
        (Input, "langfuse.trace.input", Say(Role::User)),
        (Output, "langfuse.trace.output", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn embeddings_that_are_called_a_generation_are_embeddings() {
        check(
            r#"
OpenAI.embeddings | langfuse-sdk
langfuse.observation.type = generation
langfuse.observation.input = ["hi"]
vectors | langfuse-sdk
langfuse.observation.type = generation
langfuse.observation.model.name = text-embedding-3-small
"#,
            expect![[r#"
                OpenAI.embeddings: embeddings counted - by - ["langfuse"]
                  <0 Document: hi
                vectors: embeddings counted text-embedding-3-small by openai as text-embedding-3-small ["langfuse"]
            "#]],
        );
    }

    #[test]
    fn a_generation_is_read_with_its_excluding_usage_classes() {
        check(
            r#"
OpenAI-generation | langfuse-sdk
langfuse.observation.type = generation
langfuse.observation.model.name = gpt-4o-2024-08-06
langfuse.observation.input = [{"role":"user","content":"hi"}]
langfuse.observation.output = {"role":"assistant","content":"hello"}
langfuse.observation.usage_details = {"input":3,"output":3,"input_cache_read":2}
langfuse.observation.cost_details = {"total":0.001}
langfuse.observation.completion_start_time = "2026-02-28T23:59:59.500Z"
user.id = u-1
session.id = s-1
"#,
            expect![[r#"
                OpenAI-generation: chat counted gpt-4o-2024-08-06 by openai as gpt-4o-2024-08-06 5+3 cached 2 $0.001 after 0.5s user u-1 in s-1 ["langfuse"]
                  <0 User: hi
                  >0 Assistant: hello
            "#]],
        );
    }

    #[test]
    fn a_level_tells_of_an_error_where_no_status_does() {
        check(
            r#"
OpenAI.chat | langfuse-sdk
langfuse.observation.type = generation
langfuse.observation.model.name = gpt-4o
langfuse.observation.level = ERROR
langfuse.observation.status_message = refused
"#,
            expect![[r#"
                OpenAI.chat: chat counted gpt-4o by openai as gpt-4o failed ["langfuse"]
            "#]],
        );
    }
}
