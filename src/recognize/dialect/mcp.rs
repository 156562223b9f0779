//! The Model Context Protocol.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "mcp",
    about: "Model Context Protocol: the conventions' `mcp.*`, OpenLLMetry's, OpenLIT's, FastMCP's `fastmcp.*`",
    source: "semantic conventions 1.39 and later; OpenLLMetry, OpenLIT and FastMCP sources; spec/dialects.md 2.12",
    marks: &[
        Mark::Key("mcp.*"),
        Mark::Key("fastmcp.*"),
        Mark::Value("rpc.system", "mcp"),
        Mark::Value("rpc.system.name", "mcp"),
        Mark::Scope("opentelemetry.instrumentation.mcp*"),
        Mark::Scope("fastmcp*"),
    ],
    rules: &[
        Rule::Key(
            "mcp.method.name",
            &[("tools/call", step(Tool)), ("sampling/createMessage", step(Task)), ("*", step(Task))],
        ),
        Rule::Key("rpc.method", &[("tools/call", step(Tool)), ("*", step(Task))]),
        Rule::Key("fastmcp.component.type", &[("tool", step(Tool)), ("*", step(Task))]),
        Rule::Name("*.tool", step(Tool)),
        Rule::Name("*.mcp", step(Task)),
        Rule::Name("tools/call*", step(Tool)),
    ],
    fields: &[
        (ConversationId, "mcp.session.id", Word),
        (ToolName, "mcp.tool.name", Word),
        (Input, "mcp.request.argument", Whole(Role::Tool)),
        (Output, "mcp.response.value", Whole(Role::Tool)),
        (Input, "mcp.tool.arguments", Whole(Role::Tool)),
        (Output, "mcp.tool.result", Whole(Role::Tool)),
        (Input, "mcp.request.payload", Whole(Role::Tool)),
        (Output, "mcp.response.payload", Whole(Role::Tool)),
        (Input, "mcp.params", Whole(Role::Tool)),
        (Output, "mcp.result", Whole(Role::Tool)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn fastmcp_is_known_without_the_conventions() {
        check(
            r#"
tools/call look | fastmcp
rpc.system = mcp
rpc.method = tools/call
fastmcp.component.key = tool:look@
prompts/get | app
rpc.system = mcp
"#,
            expect![[r#"
                tools/call look: tool - by - ["mcp"]
                prompts/get: - - by - ["mcp"]
            "#]],
        );
    }

    #[test]
    fn a_tool_call_is_a_tool_and_no_model_call() {
        check(
            r#"
tools/call look | opentelemetry.instrumentation.mcp
mcp.method.name = tools/call
mcp.request.argument = {"id":7}
mcp.response.value = Ann
"#,
            expect![[r#"
                tools/call look: tool - by - ["mcp"]
                  <0 Tool: {"id":7}
                  >0 Tool: Ann
            "#]],
        );
    }
}
