//! Google's Agent Development Kit, 1 and 2.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "google-adk",
    about: "Google ADK: `gcp.vertex.agent.*` (1.x), the conventions with log events (2.x)",
    source: "google-adk 1.14.1 and 2.13.0 as captured; spec/dialects.md 2.10",
    marks: &[Mark::Key("gcp.vertex.agent.*"), Mark::Scope("gcp.vertex.agent")],
    rules: &[
        Rule::Name("call_llm", call(Chat)),
        Rule::Name("generate_content*", call(Chat)),
        Rule::Name("agent_run*", step(Agent)),
        Rule::Name("invoke_agent*", step(Agent)),
        Rule::Name("invocation", step(Workflow)),
        Rule::Name("invoke_workflow*", step(Workflow)),
        Rule::Name("execute_tool*", step(Tool)),
        Rule::Has("gcp.vertex.agent.tool_call_args", step(Tool)),
    ],
    fields: &[
        (ConversationId, "gcp.vertex.agent.session_id", Word),
        (Input, "gcp.vertex.agent.tool_call_args", Whole(Role::Tool)),
        (Output, "gcp.vertex.agent.tool_response", Whole(Role::Tool)),
        (Input, "gcp.vertex.agent.llm_request", Say(Role::User)),
        (Output, "gcp.vertex.agent.llm_response", Say(Role::Assistant)),
    ],
    fallbacks: &[
        (RequestModel, "gcp.vertex.agent.llm_request", WordAt(&["model"])),
        (ResponseModel, "gcp.vertex.agent.llm_response", WordAt(&["model_version"])),
        (Input, "gcp.vertex.agent.data", Say(Role::User)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn a_gemini_request_is_read_out_of_one_attribute() {
        check(
            r#"
invocation | gcp.vertex.agent
  agent_run [helper] | gcp.vertex.agent
    call_llm | gcp.vertex.agent
    gen_ai.system = gcp.vertex.agent
    gen_ai.request.model = gemini-2.5-flash
    gcp.vertex.agent.session_id = s-1
    gcp.vertex.agent.llm_request = {"model":"gemini-2.5-flash","config":{"system_instruction":"be brief"},"contents":[{"parts":[{"text":"hi"}],"role":"user"}]}
    gcp.vertex.agent.llm_response = {"content":{"parts":[{"text":"hello"}],"role":"model"},"finish_reason":"STOP","usage_metadata":{"prompt_token_count":5,"candidates_token_count":3}}
    execute_tool look | gcp.vertex.agent
    gcp.vertex.agent.tool_call_args = {"id":7}
    gcp.vertex.agent.tool_response = {"name":"Ann"}
    gcp.vertex.agent.llm_request = {}
"#,
            expect![[r#"
                invocation: workflow - by - ["google-adk"]
                agent_run [helper]: agent - by - ["google-adk"]
                call_llm: chat counted gemini-2.5-flash by gcp.gemini 5+3 apart in s-1 ["STOP"] ["google-adk", "otel-semconv"]
                  <0 System: be brief
                  <1 User: hi
                  >0 Assistant: hello
                execute_tool look: tool - by - ["google-adk"]
                  <0 Tool: {"id":7}
                  >0 Tool: {"name":"Ann"}
            "#]],
        );
    }
}
