//! Claude Code, whose log events are all that tells of its calls, unless it is asked for spans too.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "claude-code",
    about: "Claude Code: spans and log events `claude_code.*`, bare token keys",
    source: "as Langfuse's ingestion reads the spans, Anthropic's monitoring documentation for the events; spec/dialects.md 2.12",
    marks: &[Mark::Name("claude_code.*"), Mark::Scope("com.anthropic.claude_code*")],
    rules: &[
        Rule::Key(
            "span.type",
            &[("interaction", step(Agent)), ("llm_request", call(Chat)), ("tool*", step(Tool))],
        ),
        // Its log records: the event's short name in an attribute, the whole in the body.
        Rule::Key(
            "event.name",
            &[
                ("api_request", call(Chat)),
                ("api_error", call(Chat)),
                ("api_*", step(Chat)),
                ("assistant_response", step(Chat)),
                ("tool_*", step(Tool)),
                ("user_prompt", step(Task)),
            ],
        ),
        Rule::Name("claude_code.llm_request*", call(Chat)),
        Rule::Name("claude_code.api_request", call(Chat)),
        Rule::Name("claude_code.api_error", call(Chat)),
        Rule::Name("claude_code.api_*", step(Chat)),
        Rule::Name("claude_code.assistant_response", step(Chat)),
        Rule::Name("claude_code.user_prompt", step(Task)),
        Rule::Name("claude_code.interaction*", step(Agent)),
        Rule::Name("claude_code.tool*", step(Tool)),
    ],
    fields: &[
        (RequestModel, "model", Word),
        (InputTokens, "input_tokens", Count),
        (OutputTokens, "output_tokens", Count),
        (CachedTokens, "cache_read_tokens", Count),
        (CacheWriteTokens, "cache_creation_tokens", Count),
        (Cost, "cost_usd", Dollars),
        (FirstChunk, "ttft_ms", Millis),
        (Took, "duration_ms", Millis),
        (FinishReasons, "stop_reason", Words),
        (UserId, "user.id", Word),
        (ToolName, "tool_name", Word),
        (ConversationId, "session.id", Word),
        (Input, "user_prompt", Say(Role::User)),
        (Input, "new_context", Say(Role::User)),
        (Input, "prompt", Say(Role::User)),
        (Input, "tool_input", Whole(Role::Tool)),
        (Input, "tool_parameters", Whole(Role::Tool)),
        (Output, "response.model_output", Say(Role::Assistant)),
        (Output, "response", Say(Role::Assistant)),
    ],
    cache_exclusive: &[("com.anthropic.claude_code*", "anthropic")],
    reports: &["api_request", "api_error", "claude_code.api_request", "claude_code.api_error"],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::{check, check_logs};
    use expect_test::expect;

    #[test]
    fn each_request_is_a_call_whose_log_event_is_all_there_is_of_it() {
        check_logs(
            r#"
api_request | com.anthropic.claude_code.events
session.id = 5a1a9b0e-1111-4222-8333-444455556666
user.id = 0123456789abcdef
prompt.id = 7
model = claude-sonnet-4-5-20250929
cost_usd = "0.0371"
duration_ms = "2130"
input_tokens = "12"
output_tokens = "345"
cache_read_tokens = "20480"
cache_creation_tokens = "512"
api_error | com.anthropic.claude_code.events
model = claude-sonnet-4-5-20250929
error = overloaded
status_code = "529"
duration_ms = "800"
api_response_body | com.anthropic.claude_code.events
body = {"model":"claude-sonnet-4-5","content":[{"type":"text","text":"hello"}],"usage":{"input_tokens":12,"output_tokens":345}}
"#,
            expect![[r#"
                api_request: chat counted claude-sonnet-4-5-20250929 by anthropic 12+345 cached 20480 written 512 exclusive $0.0371 user 0123456789abcdef in 5a1a9b0e-1111-4222-8333-444455556666 ["claude-code"]
                api_error: chat counted claude-sonnet-4-5-20250929 by anthropic failed ["claude-code"]
                api_response_body: chat - by - as claude-sonnet-4-5 ["claude-code"]
                  >0 Assistant: hello
            "#]],
        );
    }

    #[test]
    fn its_events_are_told_by_their_short_names() {
        check_logs(
            r#"
api_request | com.anthropic.claude_code.events
event.name = api_request
model = claude-sonnet-4-5
input_tokens = "5"
output_tokens = "3"
tool_result | com.anthropic.claude_code.events
event.name = tool_result
tool_name = Bash
tool_parameters = {"bash_command":"ls"}
user_prompt | com.anthropic.claude_code.events
event.name = user_prompt
prompt = hi
"#,
            expect![[r#"
                api_request: chat counted claude-sonnet-4-5 by anthropic 5+3 ["claude-code"]
                tool_result: tool - by - ["claude-code"]
                  <0 Tool: {"bash_command":"ls"}
                user_prompt: task - by - ["claude-code"]
                  <0 User: hi
            "#]],
        );
    }

    #[test]
    fn bare_token_keys_are_read_under_its_scope_only() {
        check(
            r#"
claude_code.llm_request | com.anthropic.claude_code.tracing
span.type = llm_request
model = claude-sonnet-4-5
input_tokens = 5
output_tokens = 3
cache_read_tokens = 2000
session.id = s-1
tool | com.anthropic.claude_code.tracing
span.type = tool
tool_input = {"command":"ls"}
"#,
            expect![[r#"
                claude_code.llm_request: chat counted claude-sonnet-4-5 by anthropic 5+3 cached 2000 exclusive in s-1 ["claude-code"]
                tool: tool - by - ["claude-code"]
                  <0 Tool: {"command":"ls"}
            "#]],
        );
    }
}
