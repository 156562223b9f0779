//! Command-line agents: Gemini CLI, Codex, Copilot.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "coding-agents",
    about: "Gemini CLI, Codex CLI, Copilot CLI: log events `gemini_cli.*`, `codex.*`, `copilot.*`",
    source: "the vendors' telemetry documentation; spec/dialects.md 1, 2.12",
    marks: &[
        Mark::Name("gemini_cli.*"),
        Mark::Name("codex.*"),
        Mark::Name("github.copilot.*"),
        Mark::Scope("gemini-cli*"),
        Mark::Scope("codex*"),
    ],
    rules: &[
        Rule::Name("*.api_response", call(Chat)),
        Rule::Name("codex.sse_event", echo(Chat)),
        Rule::Name("*.tool_call", step(Tool)),
        Rule::Name("*.tool_result", step(Tool)),
        Rule::Name("*.tool_decision", step(Tool)),
        Rule::Key("gen_ai.operation.name", &[("system_prompt", step(Task)), ("user_prompt", step(Task))]),
    ],
    fields: &[
        (RequestModel, "model", Word),
        (InputTokens, "input_token_count", Count),
        (OutputTokens, "output_token_count", Count),
        (CachedTokens, "cached_content_token_count", Count),
        (CachedTokens, "cached_token_count", Count),
        (ReasoningTokens, "thoughts_token_count", Count),
        (ReasoningTokens, "reasoning_token_count", Count),
        (UserId, "user.email", Word),
        (ToolName, "function_name", Word),
        (ToolName, "tool_name", Word),
        (ConversationId, "session.id", Word),
        (ConversationId, "conversation.id", Word),
        (Input, "prompt", Say(Role::User)),
        (Input, "request_text", Say(Role::User)),
        (Input, "function_args", Whole(Role::Tool)),
        (Input, "arguments", Whole(Role::Tool)),
        (Output, "response_text", Say(Role::Assistant)),
        (Output, "output", Whole(Role::Tool)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

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
