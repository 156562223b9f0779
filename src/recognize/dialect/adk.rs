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
        (Input, "gcp.vertex.agent.data", Say(Role::User)),
    ],
    ..Dialect::NONE
};
