//! LlamaIndex's own tracing: what its dispatcher tells, in the events of a span.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "llama-index",
    about: "LlamaIndex's own OpenTelemetry integration: `llamaindex.*`, span events `LLMChatStartEvent` and kin",
    source: "run-llama/llama_index, llama-index-observability-otel and core/instrumentation/events",
    marks: &[Mark::Key("llamaindex.*"), Mark::Scope("llamaindex.opentelemetry*")],
    rules: &[
        // An engine's `chat` is a step around the model's.
        Rule::Name("*Engine.*", step(Workflow)),
        Rule::Name("*Agent.*", step(Agent)),
        Rule::Name("*Workflow.*", step(Workflow)),
        Rule::Name("*Tool.*", step(Tool)),
        Rule::Name("*Retriever.*", step(Retrieval)),
        Rule::Name("*Rerank.*", call(Rerank)),
        Rule::Name("*Embedding.*", call(Embeddings)),
        Rule::Name("*chat_with_tools", step(Task)),
        Rule::Name("*.chat", call(Chat)),
        Rule::Name("*.achat", call(Chat)),
        Rule::Name("*.stream_chat", call(Chat)),
        Rule::Name("*.astream_chat", call(Chat)),
        Rule::Name("*.complete", call(Completion)),
        Rule::Name("*.acomplete", call(Completion)),
        Rule::Name("*.stream_complete", call(Completion)),
        Rule::Name("*.astream_complete", call(Completion)),
        Rule::Has("llamaindex.*", step(Task)),
    ],
    fields: &[
        (RequestModel, "model_dict.model", Word),
        (RequestModel, "model_dict.model_name", Word),
        (ResponseModel, "response.raw.model", Word),
        (ResponseId, "response.raw.id", Word),
        (InputTokens, "response.raw.usage.prompt_tokens", Count),
        (InputTokens, "response.raw.usage.input_tokens", Count),
        (OutputTokens, "response.raw.usage.completion_tokens", Count),
        (OutputTokens, "response.raw.usage.output_tokens", Count),
    ],
    events: &[
        ("LLMChatStartEvent", Side::Input, Role::User, &["messages"]),
        ("LLMChatEndEvent", Side::Output, Role::Assistant, SAID),
        ("LLMCompletionStartEvent", Side::Input, Role::User, &["prompt"]),
        ("LLMCompletionEndEvent", Side::Output, Role::Assistant, SAID),
        ("EmbeddingEndEvent", Side::Input, Role::Document, &["chunks"]),
        ("QueryStartEvent", Side::Input, Role::User, &["query", "query.query_str"]),
        (
            "RetrievalStartEvent",
            Side::Input,
            Role::User,
            &["str_or_query_bundle", "str_or_query_bundle.query_str"],
        ),
        ("AgentToolCallEvent", Side::Input, Role::Tool, &["arguments"]),
    ],
    facts_in_events: true,
    ..Dialect::NONE
};

/// A reply whose message was taken apart, or was not.
const SAID: &[&str] = &["response.message.blocks", "response.message.content", "response.text", "response"];

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn a_call_is_read_out_of_its_events() {
        check(
            r#"
ReActAgent.run | llamaindex.opentelemetry.tracer
llamaindex.run_id = r-1
  OpenRouter.astream_chat | llamaindex.opentelemetry.tracer
  llamaindex.run_id = r-1
  ! LLMChatStartEvent
  messages = [{"role":"system","additional_kwargs":{},"blocks":[{"block_type":"text","text":"be brief"}]},{"role":"user","additional_kwargs":{},"blocks":[{"block_type":"text","text":"hi"}]}]
  model_dict.model_name = openai/gpt-4o-mini
  class_name = LLMChatStartEvent
  ! LLMChatEndEvent
  response.message.role = assistant
  response.message.blocks = [{"block_type":"text","text":"hello"}]
  response.raw.usage.prompt_tokens = 5
  response.raw.usage.completion_tokens = 3
  class_name = LLMChatEndEvent
9f1c2c5e-2f7d-4c1b-9a59-0d6d3a5b1f00 | llamaindex.opentelemetry.tracer
! LLMCompletionStartEvent
prompt = hi
"#,
            expect![[r#"
                ReActAgent.run: agent - by - ["llama-index"]
                OpenRouter.astream_chat: chat counted gpt-4o-mini by openai 5+3 ["llama-index"]
                  <0 System: be brief
                  <1 User: hi
                  >0 Assistant: hello
                9f1c2c5e-2f7d-4c1b-9a59-0d6d3a5b1f00: - - by - ["llama-index"]
                  <0 User: hi
            "#]],
        );
    }
}
