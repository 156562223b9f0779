//! Mastra's own telemetry, beside the conventions and without them.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "mastra",
    about: "Mastra's exporters: `mastra.span.type`, `mastra.<type>.input`, `mastra.<type>.output`",
    source: "mastra-ai/mastra, @mastra/otel-exporter and @mastra/otel-bridge, as their readers take them",
    marks: &[Mark::Key("mastra.*"), Mark::Scope("@mastra/*"), Mark::Scope("mastra*")],
    rules: &[Rule::Key(
        "mastra.span.type",
        &[
            ("agent_run", step(Agent)),
            ("workflow_run", step(Workflow)),
            ("model_generation", call(Chat)),
            ("model_inference", call(Chat)),
            ("llm_generation", call(Chat)),
            ("rag_embedding", call(Embeddings)),
            ("rag_vector_operation", step(Retrieval)),
            ("rag_ingestion", step(Task)),
            ("tool_call", step(Tool)),
            ("mcp_tool_call", step(Tool)),
            ("*", step(Task)),
        ],
    )],
    fields: &[
        (Input, "mastra.model_generation.input", Say(Role::User)),
        (Output, "mastra.model_generation.output", Say(Role::Assistant)),
        (Input, "mastra.model_inference.input", Say(Role::User)),
        (Output, "mastra.model_inference.output", Say(Role::Assistant)),
        (Input, "mastra.model_step.input", Say(Role::User)),
        (Output, "mastra.model_step.output", Say(Role::Assistant)),
        (Input, "mastra.agent_run.input", Say(Role::User)),
        (Output, "mastra.agent_run.output", Say(Role::Assistant)),
        (Input, "mastra.workflow_run.input", Say(Role::User)),
        (Output, "mastra.workflow_run.output", Say(Role::Assistant)),
        (Input, "mastra.tool_call.input", Whole(Role::Tool)),
        (Output, "mastra.tool_call.output", Whole(Role::Tool)),
        (Input, "mastra.mcp_tool_call.input", Whole(Role::Tool)),
        (Output, "mastra.mcp_tool_call.output", Whole(Role::Tool)),
        (ToolName, "mastra.tool_call.toolId", Word),
        (ToolName, "mastra.mcp_tool_call.toolId", Word),
        (FirstChunk, "mastra.completion_start_time", Instant),
    ],
    fallbacks: &[
        (RequestModel, "mastra.metadata.modelMetadata", WordAt(&["modelId"])),
        (Provider, "mastra.metadata.modelMetadata", WordAt(&["modelProvider"])),
        (RequestModel, "mastra.model_generation.model", Word),
        (Provider, "mastra.model_generation.provider", Word),
        (Usage, "mastra.model_generation.usage", Object),
        (ConversationId, "mastra.metadata.threadId", Word),
        (ConversationId, "mastra.metadata.sessionId", Word),
        (UserId, "mastra.metadata.userId", Word),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn spans_without_any_key_of_the_conventions_are_read() {
        check(
            r#"
invoke_agent helper | @mastra/otel-exporter
mastra.span.type = agent_run
mastra.agent_run.input = hi
  chat gpt-4o | @mastra/otel-exporter
  mastra.span.type = model_generation
  mastra.model_generation.input = {"messages":[{"role":"user","content":"hi"}]}
  mastra.model_generation.output = {"text":"hello"}
  mastra.metadata.modelMetadata = {"modelId":"gpt-4o","modelProvider":"openai"}
    step | @mastra/otel-exporter
    mastra.span.type = model_step
    mastra.model_step.output = {"text":"hello"}
  execute_tool look | @mastra/otel-exporter
  mastra.span.type = tool_call
  mastra.tool_call.toolId = look
  mastra.tool_call.input = {"id":7}
"#,
            expect![[r#"
                invoke_agent helper: agent - by - ["mastra"]
                  <0 User: hi
                chat gpt-4o: chat counted gpt-4o by openai ["mastra"]
                  <0 User: hi
                  >0 Assistant: hello
                step: task - by - ["mastra"]
                  >0 Assistant: hello
                execute_tool look: tool - by - ["mastra"]
                  <0 Tool: {"id":7}
            "#]],
        );
    }
}
