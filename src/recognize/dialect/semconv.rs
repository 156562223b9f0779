//! The GenAI semantic conventions, all generations: what others are normalised to.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "otel-semconv",
    about: "OpenTelemetry's GenAI semantic conventions, 1.26 to 1.44 and the genai repository: attributes, span events, log events",
    source: "open-telemetry/semantic-conventions and semantic-conventions-genai; spec/dialects.md 2.1, 2.2, 4",
    marks: &[
        Mark::Key("gen_ai.*"),
        Mark::Name("gen_ai.*"),
        Mark::Scope("opentelemetry.instrumentation.openai_v2"),
        Mark::Scope("opentelemetry.util.genai.*"),
        Mark::Scope("opentelemetry.instrumentation.genai.*"),
        Mark::Scope("opentelemetry.instrumentation.google_genai"),
        Mark::Scope("opentelemetry.instrumentation.vertexai*"),
        Mark::Scope("@opentelemetry/instrumentation-openai"),
    ],
    rules: &[
        Rule::Key(
            "gen_ai.operation.name",
            &[
                ("chat", call(Chat)),
                ("generate_content", call(Chat)),
                ("llm_request", call(Chat)),
                ("llm_call", call(Chat)),
                ("generate", call(Chat)),
                ("chat_completion", call(Chat)),
                ("chat.completions", call(Chat)),
                ("responses", call(Chat)),
                ("message", call(Chat)),
                ("messages", call(Chat)),
                ("image_generation", call(Completion)),
                ("image_edit", call(Completion)),
                ("images_generate", call(Completion)),
                ("generate_image", call(Completion)),
                ("transcription", call(Completion)),
                ("audio", call(Completion)),
                ("text_completion", call(Completion)),
                ("completion", call(Completion)),
                ("embeddings", call(Embeddings)),
                ("embedding", call(Embeddings)),
                ("embed", call(Embeddings)),
                ("rerank", call(Rerank)),
                ("invoke_agent", step(Agent)),
                ("create_agent", step(Agent)),
                ("agent_call", step(Agent)),
                ("agent", step(Agent)),
                ("run_agent", step(Agent)),
                ("handoff", step(Task)),
                ("conversation", step(Workflow)),
                ("execute_code", step(Tool)),
                ("code_execution", step(Tool)),
                ("guardrail", step(Task)),
                ("evaluate", step(Task)),
                ("evaluation", step(Task)),
                ("task", step(Task)),
                ("chain", step(Task)),
                ("invoke_workflow", step(Workflow)),
                ("workflow", step(Workflow)),
                ("execute_tool", step(Tool)),
                ("tool_call", step(Tool)),
                ("tool", step(Tool)),
                ("tools/call", step(Tool)),
                ("retrieval", step(Retrieval)),
                ("retrieve", step(Retrieval)),
                ("vector_db_retrieve", step(Retrieval)),
                ("search_memory", step(Retrieval)),
                ("*_memory", step(Task)),
                ("execute_task", step(Task)),
                ("execute_event_loop_cycle", step(Task)),
                ("agent_step", step(Task)),
                ("plan", step(Task)),
                ("framework", step(Workflow)),
            ],
        ),
        Rule::Has("gen_ai.tool.call.arguments", step(Tool)),
        Rule::Has("gen_ai.tool.call.result", step(Tool)),
        Rule::Has("gen_ai.retrieval.*", step(Retrieval)),
        Rule::Name("gen_ai.system.message", call(Chat)),
        Rule::Name("gen_ai.user.message", call(Chat)),
        Rule::Name("gen_ai.assistant.message", call(Chat)),
        Rule::Name("gen_ai.tool.message", call(Chat)),
        Rule::Name("gen_ai.choice", call(Chat)),
        Rule::Name("chat *", call(Chat)),
        Rule::Name("embeddings *", call(Embeddings)),
        Rule::Name("text_completion *", call(Completion)),
        Rule::Name("generate_content *", call(Chat)),
        Rule::Name("execute_tool *", step(Tool)),
        Rule::Name("invoke_agent*", step(Agent)),
        Rule::Name("create_agent*", step(Agent)),
    ],
    fields: &[
        (Provider, "gen_ai.provider.name", Word),
        (Provider, "gen_ai.system", Word),
        (RequestModel, "gen_ai.request.model", Word),
        (ResponseModel, "gen_ai.response.model", Word),
        (ResponseId, "gen_ai.response.id", Word),
        (Operation, "gen_ai.operation.name", Word),
        (InputTokens, "gen_ai.usage.input_tokens", Count),
        (InputTokens, "gen_ai.usage.prompt_tokens", Count),
        // Semantic Kernel of .NET, to 1.20.
        (InputTokens, "gen_ai.response.prompt_tokens", Count),
        (OutputTokens, "gen_ai.usage.output_tokens", Count),
        (OutputTokens, "gen_ai.usage.completion_tokens", Count),
        (OutputTokens, "gen_ai.response.completion_tokens", Count),
        (CachedTokens, "gen_ai.usage.cache_read.input_tokens", Count),
        (CachedTokens, "gen_ai.usage.cache_read_input_tokens", Count),
        (CachedTokens, "gen_ai.usage.input_tokens.cached", Count),
        (CachedTokens, "gen_ai.usage.cached_tokens", Count),
        (CachedTokens, "gen_ai.usage.cached_input_tokens", Count),
        (CacheWriteTokens, "gen_ai.usage.cache_write.input_tokens", Count),
        (CacheWriteTokens, "gen_ai.usage.cache_creation.input_tokens", Count),
        (CacheWriteTokens, "gen_ai.usage.cache_creation_input_tokens", Count),
        (CacheWriteTokens, "gen_ai.usage.cache_write_input_tokens", Count),
        (ReasoningTokens, "gen_ai.usage.reasoning.output_tokens", Count),
        (ReasoningTokens, "gen_ai.usage.reasoning_tokens", Count),
        (ReasoningTokens, "gen_ai.usage.output_tokens.reasoning", Count),
        (AudioInputTokens, "gen_ai.usage.audio.input_tokens", Count),
        (AudioOutputTokens, "gen_ai.usage.audio.output_tokens", Count),
        (TotalTokens, "gen_ai.usage.total_tokens", Count),
        (ServiceTier, "openai.response.service_tier", Word),
        (ServiceTier, "gen_ai.openai.response.service_tier", Word),
        (ServiceTier, "openai.request.service_tier", Word),
        (ServiceTier, "gen_ai.openai.request.service_tier", Word),
        (Cost, "gen_ai.usage.cost", Dollars),
        (Cost, "gen_ai.usage.cost.amount", Dollars),
        (Cost, "gen_ai.usage.cost_usd", Dollars),
        (Cost, "gen_ai.usage.total_cost", Dollars),
        (Dimensions, "gen_ai.embeddings.dimension.count", Count),
        (Streaming, "gen_ai.request.stream", Flag),
        (Streaming, "gen_ai.is_streaming", Flag),
        (Streaming, "gen_ai.request.is_stream", Flag),
        (FirstChunk, "gen_ai.response.time_to_first_chunk", Seconds),
        (FirstChunk, "gen_ai.client.operation.time_to_first_chunk", Seconds),
        (FinishReasons, "gen_ai.response.finish_reasons", Words),
        (FinishReasons, "gen_ai.response.finish_reason", Words),
        (ConversationId, "gen_ai.conversation.id", Word),
        (ToolName, "gen_ai.tool.name", Word),
        (Tools, "gen_ai.tool.definitions", Say(Role::System)),
        (Port, "server.port", Count),
        (UserId, "user.id", Word),
        (UserId, "enduser.id", Word),
        (UserId, "gen_ai.user", Word),
        (UserId, "gen_ai.request.user", Word),
        (UserId, "gen_ai.user.id", Word),
        (System, "gen_ai.system_instructions", Say(Role::System)),
        (Documents, "gen_ai.rerank.documents", Say(Role::Document)),
        (Input, "gen_ai.input.messages", Say(Role::User)),
        (Output, "gen_ai.output.messages", Say(Role::Assistant)),
        // Flattened, as Future AGI and others write them.
        (Input, "gen_ai.input.messages.*", Say(Role::User)),
        (Output, "gen_ai.output.messages.*", Say(Role::Assistant)),
    ],
    fallbacks: &[
        (ConversationId, "session.id", Word),
        (FirstChunk, "gen_ai.server.time_to_first_token", SecondsOrMillis),
        (Input, "gen_ai.prompt", Say(Role::User)),
        (Input, "gen_ai.prompts", Say(Role::User)),
        (Input, "gen_ai.request.messages", Say(Role::User)),
        (Output, "gen_ai.response.text", Say(Role::Assistant)),
        (Output, "gen_ai.completions", Say(Role::Assistant)),
        (Input, "gen_ai.retrieval.query.text", Say(Role::User)),
        (Input, "gen_ai.memory.query.text", Say(Role::User)),
        (Input, "gen_ai.embeddings.input", Say(Role::Document)),
        (Input, "gen_ai.tool.call.arguments", Whole(Role::Tool)),
        (Output, "gen_ai.completion", Say(Role::Assistant)),
        // Cloudflare's gateway, Langfuse's recipe for any OTel SDK.
        (Input, "gen_ai.prompt_json", Say(Role::User)),
        (Output, "gen_ai.completion_json", Say(Role::Assistant)),
        // any-agent.
        (Input, "gen_ai.tool.args", Whole(Role::Tool)),
        (Output, "gen_ai.output", Say(Role::Assistant)),
        (Output, "gen_ai.retrieval.documents", Say(Role::Document)),
        (Output, "gen_ai.tool.call.result", Whole(Role::Tool)),
        (Host, "server.address", Word),
    ],
    events: &[
        ("gen_ai.system.message", Side::Input, Role::System, MESSAGE),
        ("gen_ai.user.message", Side::Input, Role::User, MESSAGE),
        ("gen_ai.assistant.message", Side::Input, Role::Assistant, MESSAGE),
        ("gen_ai.tool.message", Side::Input, Role::Tool, MESSAGE),
        ("gen_ai.choice", Side::Output, Role::Assistant, MESSAGE),
        ("gen_ai.content.prompt", Side::Input, Role::User, &["gen_ai.prompt", "gen_ai.input.messages"]),
        (
            "gen_ai.content.completion",
            Side::Output,
            Role::Assistant,
            &["gen_ai.completion", "gen_ai.output.messages"],
        ),
        (
            "gen_ai.client.inference.operation.details",
            Side::Input,
            Role::System,
            &["gen_ai.system_instructions"],
        ),
        ("gen_ai.client.inference.operation.details", Side::Input, Role::User, &["gen_ai.input.messages"]),
        (
            "gen_ai.client.inference.operation.details",
            Side::Output,
            Role::Assistant,
            &["gen_ai.output.messages"],
        ),
    ],
    cache_exclusive: &[
        ("opentelemetry.instrumentation.botocore.*", "aws.bedrock"),
        ("opentelemetry.instrumentation.genai.bedrock", "aws.bedrock"),
    ],
    ..Dialect::NONE
};

/// Where a message event keeps it: Strands, Azure, and what 1.26 wrote.
const MESSAGE: &[&str] =
    &["gen_ai.event.content", "content", "message", "tool.result", "gen_ai.prompt", "gen_ai.completion"];

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn current_attributes_are_read() {
        check(
            r#"
chat gpt-4o | opentelemetry.instrumentation.genai.openai
gen_ai.operation.name = chat
gen_ai.provider.name = openai
gen_ai.request.model = gpt-4o
gen_ai.response.model = gpt-4o-2024-08-06
gen_ai.request.stream = true
gen_ai.response.time_to_first_chunk = 0.12
gen_ai.response.finish_reasons = ["stop"]
gen_ai.usage.input_tokens = 5
gen_ai.usage.output_tokens = 3
gen_ai.usage.cache_read.input_tokens = 2
gen_ai.conversation.id = c-1
gen_ai.system_instructions = [{"type":"text","content":"be brief"}]
gen_ai.input.messages = [{"role":"user","parts":[{"type":"text","content":"hi"}]},{"role":"assistant","parts":[{"type":"tool_call","id":"1","name":"look","arguments":{"id":7}}]},{"role":"tool","parts":[{"type":"tool_call_response","id":"1","result":"Ann"}]}]
gen_ai.output.messages = [{"role":"assistant","parts":[{"type":"reasoning","content":"hm"},{"type":"text","content":"hello"}],"finish_reason":"stop"}]
"#,
            expect![[r#"
                chat gpt-4o: chat counted gpt-4o by openai as gpt-4o-2024-08-06 5+3 cached 2 after 0.12s in c-1 ["stop"] ["otel-semconv"]
                  <0 System: be brief
                  <1 User: hi
                  <2 Tool: {"id":7}
                  <3 Tool: Ann
                  >0 Assistant: hm
                  >0 Assistant: hello
            "#]],
        );
    }

    #[test]
    fn http_spans_of_the_same_trace_are_carriers_and_no_calls() {
        check(
            r#"
POST | opentelemetry.instrumentation.httpx
http.url = http://x/?q=hi
  chat gpt-4o | app
  gen_ai.operation.name = chat
  gen_ai.request.model = gpt-4o
"#,
            expect![[r#"
                POST: carrier
                chat gpt-4o: chat counted gpt-4o by openai ["otel-semconv"]
            "#]],
        );
    }
}
