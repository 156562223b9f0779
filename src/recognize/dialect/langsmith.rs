//! LangSmith's OpenTelemetry export.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "langsmith",
    about: "LangSmith SDK with OpenTelemetry: `langsmith.*`, unindexed `gen_ai.prompt` and `gen_ai.completion`",
    source: "langsmith with langchain 1.4 as captured; spec/dialects.md 2.7",
    marks: &[Mark::Key("langsmith.*"), Mark::Key("gen_ai.serialized.*"), Mark::Scope("langsmith")],
    // Its `gen_ai.operation.name` says `embeddings` of a retriever and `chat` of a prompt template.
    rules: &[
        Rule::Both("langsmith.span.kind", "chain", "LangGraph", step(Agent)),
        Rule::Key(
            "langsmith.span.kind",
            &[
                ("llm", call(Chat)),
                ("embedding", call(Embeddings)),
                ("tool", step(Tool)),
                ("retriever", step(Retrieval)),
                ("chain", step(Task)),
                ("prompt", step(Task)),
                ("parser", step(Task)),
            ],
        ),
    ],
    fields: &[
        (Provider, "langsmith.metadata.ls_provider", Word),
        (RequestModel, "langsmith.metadata.ls_model_name", Word),
        (Usage, "langsmith.metadata.usage_metadata", Object),
        (Streaming, "langsmith.request.streaming", Flag),
        // Runs of one thread carry one of these; the trace's session is LangSmith's project.
        (ConversationId, "langsmith.metadata.thread_id", Word),
        (ConversationId, "langsmith.metadata.session_id", Word),
        (ConversationId, "langsmith.metadata.conversation_id", Word),
        (ConversationId, "langsmith.trace.session_id", Word),
        (UserId, "langsmith.metadata.user_id", Word),
        (ToolName, "langsmith.trace.name", Word),
        (Input, "gen_ai.prompt", Say(Role::User)),
        (Output, "gen_ai.completion", Say(Role::Assistant)),
    ],
    chunks: &["new_token"],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn a_thread_is_the_conversation_and_a_project_is_one_only_where_there_is_no_thread() {
        check(
            r#"
ChatOpenAI | langsmith
langsmith.span.kind = llm
langsmith.trace.session_id = project-1
langsmith.metadata.thread_id = t-5
ChatOpenAI | langsmith
langsmith.span.kind = llm
langsmith.trace.session_id = project-1
"#,
            expect![[r#"
                ChatOpenAI: chat counted - by - in t-5 ["langsmith"]
                ChatOpenAI: chat counted - by - in project-1 ["langsmith"]
            "#]],
        );
    }

    #[test]
    fn a_reply_that_names_its_type_is_read() {
        check(
            r#"
ChatOpenAI | langsmith
langsmith.span.kind = llm
gen_ai.completion = {"generations":[[{"text":"hello","type":"ChatGeneration","generation_info":{"finish_reason":"stop"},"message":{"lc":1,"type":"constructor","id":["langchain","schema","messages","AIMessage"],"kwargs":{"content":"hello","type":"ai"}}}]],"llm_output":null,"type":"LLMResult"}
LangGraph | langsmith
langsmith.span.kind = chain
"#,
            expect![[r#"
                ChatOpenAI: chat counted - by - ["stop"] ["langsmith", "otel-semconv"]
                  >0 Assistant: hello
                LangGraph: agent - by - ["langsmith"]
            "#]],
        );
    }

    #[test]
    fn a_serialised_langchain_run_is_read_and_a_retriever_is_no_embedding() {
        check(
            r#"
ChatOpenAI | langsmith
langsmith.span.kind = llm
langsmith.metadata.ls_provider = openai
gen_ai.operation.name = chat
gen_ai.system = langchain
gen_ai.request.model = gpt-4o
gen_ai.prompt = {"messages":[[{"lc":1,"type":"constructor","id":["langchain","schema","messages","HumanMessage"],"kwargs":{"content":"hi","type":"human"}}]]}
gen_ai.completion = {"generations":[[{"text":"hello","generation_info":{"finish_reason":"stop"},"message":{"lc":1,"type":"constructor","id":["langchain","schema","messages","AIMessage"],"kwargs":{"content":"hello","usage_metadata":{"input_tokens":5,"output_tokens":3}}}}]]}
R | langsmith
langsmith.span.kind = retriever
gen_ai.operation.name = embeddings
gen_ai.prompt = {"query":"boots"}
gen_ai.completion = {"documents":[{"page_content":"Tarn GTX","metadata":{}}]}
"#,
            expect![[r#"
                ChatOpenAI: chat counted gpt-4o by openai 5+3 ["stop"] ["langsmith", "otel-semconv"]
                  <0 User: hi
                  >0 Assistant: hello
                R: retrieval - by - ["langsmith", "otel-semconv"]
                  <0 User: boots
                  >0 Document: Tarn GTX
            "#]],
        );
    }
}
