//! Microsoft Agent Framework.

use super::*;
use Kind::*;

pub const DIALECT: Dialect = Dialect {
    name: "ms-agent-framework",
    about: "Microsoft Agent Framework: the conventions, provider `microsoft.agent_framework`",
    source: "agent-framework as captured; spec/dialects.md 1, 2.1, 2.2",
    marks: &[
        Mark::Key("agent_framework.*"),
        Mark::Value("gen_ai.provider.name", "microsoft.agent_framework"),
        Mark::Value("gen_ai.system", "microsoft.agent_framework"),
        Mark::Scope("agent_framework*"),
    ],
    rules: &[
        Rule::Name("workflow.run*", step(Workflow)),
        Rule::Name("workflow.build*", step(Workflow)),
        Rule::Name("executor.process*", step(Task)),
        Rule::Name("edge_group.process*", step(Task)),
        Rule::Name("message.send*", step(Task)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn the_call_lends_its_provider_and_the_agent_does_not_count() {
        check(
            r#"
invoke_agent helper | agent_framework
gen_ai.operation.name = invoke_agent
gen_ai.provider.name = microsoft.agent_framework
gen_ai.usage.input_tokens = 5
  chat gpt-4o | agent_framework
  gen_ai.operation.name = chat
  gen_ai.provider.name = microsoft.agent_framework
  gen_ai.request.model = gpt-4o
  gen_ai.usage.input_tokens = 5
"#,
            expect![[r#"
                invoke_agent helper: agent - by - 5+- ["ms-agent-framework", "otel-semconv"]
                chat gpt-4o: chat counted gpt-4o by openai 5+- ["ms-agent-framework", "otel-semconv"]
            "#]],
        );
    }
}
