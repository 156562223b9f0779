//! Pydantic AI and Logfire's instrumentations.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "pydantic-ai",
    about: "Pydantic AI (instrumentation 1 to 5) and Logfire: `logfire.*`, `pydantic_ai.*`, `all_messages_events`, `request_data`",
    source: "pydantic-ai 0.4.11 and 2.68, logfire 5.2 as captured; spec/dialects.md 2.8",
    marks: &[
        Mark::Key("pydantic_ai.*"),
        Mark::Key("all_messages_events"),
        Mark::Key("model_request_parameters"),
        Mark::Key("request_data"),
        Mark::Key("response_data"),
        Mark::Scope("pydantic-ai*"),
        Mark::Scope("logfire.openai*"),
        Mark::Scope("logfire.anthropic*"),
        Mark::Name("pydantic_ai.*"),
    ],
    rules: &[
        Rule::Name("agent run*", step(Agent)),
        // Logfire's OpenAI Agents integration.
        Rule::Name("Agent run: *", step(Agent)),
        Rule::Name("Function: *", step(Tool)),
        Rule::Name("OpenAI Agents trace: *", step(Workflow)),
        Rule::Name("Task: *", step(Workflow)),
        Rule::Name("Turn *", step(Task)),
        Rule::Name("Handoff: *", step(Task)),
        Rule::Name("Guardrail *", step(Task)),
        Rule::Name("running tool", step(Tool)),
        Rule::Name("running tools", step(Task)),
        Rule::Name("running * tools", step(Task)),
        Rule::Has("tool_arguments", step(Tool)),
        // Of a stream, the first span has the request and the second, of no length, the reply and the usage.
        Rule::Both("logfire.span_type", "log", "streaming response from *", call(Chat)),
        Rule::Both("logfire.exception.fingerprint", "*", "Chat Completion with *", call(Chat)),
        Rule::Lacks("gen_ai.usage.*", "gen_ai.response.model", "Chat Completion with *", echo(Chat)),
        Rule::Lacks("gen_ai.usage.*", "gen_ai.response.model", "Message with *", echo(Chat)),
        Rule::Lacks("gen_ai.usage.*", "gen_ai.response.model", "Responses API with *", echo(Chat)),
        Rule::Name("Chat Completion with *", call(Chat)),
        Rule::Name("Responses API with *", call(Chat)),
        Rule::Name("Message with *", call(Chat)),
        Rule::Name("Completion with *", call(Completion)),
        Rule::Name("Embedding Creation with *", call(Embeddings)),
    ],
    fields: &[
        (RequestModel, "model_name", Word),
        (CachedTokens, "gen_ai.usage.details.cached_tokens", Count),
        (CachedTokens, "gen_ai.usage.details.cache_read_tokens", Count),
        (ReasoningTokens, "gen_ai.usage.details.reasoning_tokens", Count),
        (Usage, "gen_ai.usage.raw", Object),
        (Cost, "operation.cost", Dollars),
        (Input, "tool_arguments", Whole(Role::Tool)),
        (Output, "tool_response", Whole(Role::Tool)),
        (System, "response", SayAt(&["instructions"], Role::System)),
        (Input, "raw_input", Say(Role::User)),
        (Input, "events", Say(Role::User)),
        (Input, "all_messages_events", Say(Role::User)),
        (Input, "pydantic_ai.all_messages", Say(Role::User)),
        (Input, "request_data", Say(Role::User)),
        (Output, "response_data", Say(Role::Assistant)),
        (Output, "final_result", Say(Role::Assistant)),
    ],
    fallbacks: &[
        (Streaming, "request_data", FlagAt(&["stream"])),
        (RequestModel, "request_data", WordAt(&["model"])),
        (Usage, "usage", Object),
        (ResponseId, "response_id", Word),
        (ToolName, "name", Word),
        (Tools, "model_request_parameters", SayAt(&["function_tools"], Role::System)),
        (Tools, "request_data", SayAt(&["tools"], Role::System)),
        (Output, "response", Say(Role::Assistant)),
        (Input, "input", Say(Role::User)),
        (Output, "output", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn the_events_attribute_of_old_versions_is_read() {
        check(
            r#"
agent run | pydantic-ai
model_name = gpt-4o
all_messages_events = [{"content":"hi","role":"user","event.name":"gen_ai.user.message"}]
gen_ai.usage.input_tokens = 5
  chat gpt-4o | pydantic-ai
  gen_ai.operation.name = chat
  gen_ai.system = openai
  gen_ai.request.model = gpt-4o
  gen_ai.usage.input_tokens = 5
  events = [{"content":"hi","role":"user","event.name":"gen_ai.user.message"},{"index":0,"message":{"role":"assistant","content":"hello"},"event.name":"gen_ai.choice"}]
  running tool | pydantic-ai
  gen_ai.tool.name = look
  tool_arguments = {"id":7}
  tool_response = Ann
"#,
            expect![[r#"
                agent run: agent gpt-4o by - 5+- ["pydantic-ai", "otel-semconv"]
                  <0 User: hi
                chat gpt-4o: chat counted gpt-4o by openai 5+- ["pydantic-ai", "otel-semconv"]
                  <0 User: hi
                  >0 Assistant: hello
                running tool: tool - by - ["pydantic-ai", "otel-semconv"]
                  <0 Tool: {"id":7}
                  >0 Tool: Ann
            "#]],
        );
    }
}
