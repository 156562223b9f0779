//! Agents at a developer's desk: Gemini CLI and its kin, Codex, Copilot.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "coding-agents",
    about: "Gemini CLI, Qwen Code, Codex CLI, Copilot (CLI and VS Code): log events `gemini_cli.*`, `qwen-code.*`, `codex.*`, `copilot_chat.*`",
    source: "google-gemini/gemini-cli `telemetry/types.ts`, openai/codex `otel/src/events/session_telemetry.rs`, the vendors' telemetry documentation; spec/dialects.md 1, 2.12",
    marks: &[
        Mark::Name("gemini_cli.*"),
        Mark::Name("qwen-code.*"),
        Mark::Name("codex.*"),
        Mark::Name("github.copilot.*"),
        Mark::Name("copilot_chat.*"),
        Mark::Key("github.copilot.*"),
        Mark::Key("copilot_chat.*"),
        Mark::Scope("gemini-cli*"),
        Mark::Scope("qwen-code*"),
        Mark::Scope("codex*"),
        Mark::Scope("copilot-chat*"),
    ],
    rules: &[
        Rule::Name("*.api_response", call(Chat)),
        Rule::Name("*.api_error", call(Chat)),
        Rule::Name("*.api_request", step(Chat)),
        // Of the events of a stream one ends it, and tells what the call took.
        Rule::Both("event.kind", "response.completed", "codex.sse_event", call(Chat)),
        Rule::Lacks("error.message", "input_token_count", "codex.sse_event", call(Chat)),
        Rule::Name("codex.sse_event", step(Chat)),
        Rule::Name("codex.websocket_*", step(Chat)),
        Rule::Name("*.tool_call", step(Tool)),
        Rule::Name("copilot_chat.tool.call", step(Tool)),
        Rule::Has("copilot_chat.hook_*", step(Task)),
        Rule::Name("*.tool_result", step(Tool)),
        Rule::Name("*.tool_decision", step(Tool)),
        Rule::Name("*.user_prompt", step(Task)),
        Rule::Key("gen_ai.operation.name", &[("system_prompt", step(Task)), ("user_prompt", step(Task))]),
    ],
    fields: &[
        (RequestModel, "model", Word),
        (InputTokens, "input_token_count", Count),
        (OutputTokens, "output_token_count", Count),
        (CachedTokens, "cached_content_token_count", Count),
        (CachedTokens, "cached_token_count", Count),
        (CacheWriteTokens, "cache_write_token_count", Count),
        (ReasoningTokens, "thoughts_token_count", Count),
        (ReasoningTokens, "reasoning_token_count", Count),
        (FirstChunk, "copilot_chat.time_to_first_token", Millis),
        (Took, "duration_ms", Millis),
        (FinishReasons, "finish_reasons", Words),
        (UserId, "user.email", Word),
        (ToolName, "function_name", Word),
        (ToolName, "tool_name", Word),
        (ConversationId, "session.id", Word),
        (ConversationId, "conversation.id", Word),
        (Input, "prompt", Say(Role::User)),
        (Input, "request_text", Say(Role::User)),
        (Input, "copilot_chat.user_request", Say(Role::User)),
        (Input, "copilot_chat.hook_input", Whole(Role::Tool)),
        (Input, "function_args", Whole(Role::Tool)),
        (Input, "arguments", Whole(Role::Tool)),
        (Output, "response_text", Say(Role::Assistant)),
        (Output, "output", Whole(Role::Tool)),
        (Output, "copilot_chat.hook_output", Whole(Role::Tool)),
    ],
    // Gemini's candidates are without its thoughts.
    reasoning_exclusive: &["gemini-cli*", "qwen-code*"],
    reports: &["gemini_cli.api_response", "gemini_cli.api_error", "qwen-code.api_*", "codex.sse_event"],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::{check, check_logs};
    use expect_test::expect;

    #[test]
    fn a_call_that_gemini_cli_reports_twice_counts_once() {
        check_logs(
            r#"
gemini_cli.api_response | gemini-cli
session.id = s-1
model = gemini-2.5-pro
duration_ms = 1500
input_token_count = 100
output_token_count = 20
cached_content_token_count = 10
thoughts_token_count = 7
total_token_count = 127
status_code = 200
finish_reasons = ["stop"]
response_text = hello
gen_ai.client.inference.operation.details | gemini-cli
session.id = s-1
gen_ai.operation.name = generate_content
gen_ai.provider.name = gcp.gen_ai
gen_ai.request.model = gemini-2.5-pro
gen_ai.response.id = r-1
gen_ai.usage.input_tokens = 100
gen_ai.usage.output_tokens = 20
gen_ai.input.messages = [{"role":"user","parts":[{"type":"text","content":"hi"}]}]
gemini_cli.api_error | gemini-cli
in = 7
model = gemini-2.5-pro
error.message = quota
gen_ai.client.inference.operation.details | gemini-cli
in = 7
gen_ai.operation.name = generate_content
gen_ai.request.model = gemini-2.5-pro
"#,
            expect![[r#"
                gemini_cli.api_response: chat counted gemini-2.5-pro by gcp.gemini 100+20 cached 10 reasoning 7 apart in s-1 ["stop"] ["coding-agents"]
                  >0 Assistant: hello
                gen_ai.client.inference.operation.details: chat call gemini-2.5-pro by gcp.gemini 100+20 in s-1 ["coding-agents", "otel-semconv"]
                  <0 User: hi
                gemini_cli.api_error: chat counted gemini-2.5-pro by gcp.gemini failed ["coding-agents"]
                gen_ai.client.inference.operation.details: chat gemini-2.5-pro by - ["coding-agents", "otel-semconv"]
            "#]],
        );
    }

    #[test]
    fn what_copilot_writes_in_vs_code_is_read() {
        check(
            r#"
chat gpt-4o | copilot-chat
gen_ai.operation.name = chat
gen_ai.provider.name = github
gen_ai.request.model = gpt-4o
gen_ai.usage.input_tokens = 12
gen_ai.usage.output_tokens = 3
copilot_chat.time_to_first_token = 450
execute_hook PreToolUse | copilot-chat
copilot_chat.hook_type = PreToolUse
copilot_chat.hook_input = rm -r /tmp/x
"#,
            expect![[r#"
                chat gpt-4o: chat counted gpt-4o by github 12+3 after 0.45s ["coding-agents", "otel-semconv"]
                execute_hook PreToolUse: task - by - ["coding-agents"]
                  <0 Tool: rm -r /tmp/x
            "#]],
        );
        check_logs(
            r#"
copilot_chat.user.feedback | vscode
rating = up
copilot_chat.user_request = hi
copilot_chat.tool.call | copilot-chat
gen_ai.tool.name = readFile
"#,
            expect![[r#"
                copilot_chat.user.feedback: - - by - ["coding-agents"]
                  <0 User: hi
                copilot_chat.tool.call: tool - by - ["coding-agents", "otel-semconv"]
            "#]],
        );
    }

    #[test]
    fn the_end_of_a_stream_of_codex_is_its_call() {
        check_logs(
            r#"
codex.api_request | codex_otel
model = gpt-5-codex
duration_ms = 90
http.response.status_code = 200
codex.sse_event | codex_otel
event.kind = response.output_item.done
model = gpt-5-codex
codex.sse_event | codex_otel
event.kind = response.completed
conversation.id = c-1
model = gpt-5-codex
input_token_count = "100"
output_token_count = "20"
cached_token_count = 64
reasoning_token_count = 8
tool_token_count = "120"
"#,
            expect![[r#"
                codex.api_request: chat gpt-5-codex by - ["coding-agents"]
                codex.sse_event: chat gpt-5-codex by - ["coding-agents"]
                codex.sse_event: chat counted gpt-5-codex by openai 100+20 cached 64 reasoning 8 in c-1 ["coding-agents"]
            "#]],
        );
    }

    #[test]
    fn a_cli_names_its_own_operations() {
        check(
            r#"
llm_call | gemini-cli
gen_ai.operation.name = llm_call
gen_ai.request.model = gemini-2.5-pro
gen_ai.usage.input_tokens = 5
user_prompt | gemini-cli
gen_ai.operation.name = user_prompt
prompt = hi
"#,
            expect![[r#"
                llm_call: chat counted gemini-2.5-pro by gcp.gemini 5+- ["coding-agents", "otel-semconv"]
                user_prompt: task - by - ["coding-agents", "otel-semconv"]
                  <0 User: hi
            "#]],
        );
    }
}
