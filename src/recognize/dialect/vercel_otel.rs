//! The Vercel AI SDK 7 (`@ai-sdk/otel`): the conventions, with steps of its own.

use super::*;
use Kind::*;

pub const DIALECT: Dialect = Dialect {
    name: "vercel-ai-otel",
    about: "Vercel AI SDK 7 (`@ai-sdk/otel`): the semantic conventions under the scope `gen_ai`",
    source: "vercel/ai 7.0.173 as captured; spec/dialects.md 2.5",
    marks: &[Mark::Scope("gen_ai")],
    rules: &[Rule::Key(
        "gen_ai.operation.name",
        &[("agent_step", step(Task)), ("invoke_agent", step(Agent))],
    )],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn an_agent_and_its_steps_are_no_calls() {
        check(
            r#"
invoke_agent helper | gen_ai
gen_ai.operation.name = invoke_agent
gen_ai.usage.input_tokens = 5
  step 0 | gen_ai
  gen_ai.operation.name = agent_step
    chat gpt-4o | gen_ai
    gen_ai.operation.name = chat
    gen_ai.provider.name = openai
    gen_ai.request.model = gpt-4o
    gen_ai.usage.input_tokens = 5
    gen_ai.client.operation.time_to_first_chunk = 0.12
"#,
            expect![[r#"
                invoke_agent helper: agent - by - 5+- ["vercel-ai-otel", "otel-semconv"]
                step 0: task - by - ["vercel-ai-otel", "otel-semconv"]
                chat gpt-4o: chat counted gpt-4o by openai 5+- after 0.12s ["vercel-ai-otel", "otel-semconv"]
            "#]],
        );
    }
}
