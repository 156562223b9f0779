//! Agent frameworks under OpenInference that add keys of their own.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "agent-frameworks",
    about: "CrewAI, smolagents, Agno and DSPy: OpenInference or OpenLLMetry spans with bare keys `crew_*`, `smolagents.*`, `agno.*`",
    source: "their OpenInference packages as captured; spec/dialects.md 1, 2.12",
    marks: &[
        Mark::Key("crew_*"),
        Mark::Key("crewai.*"),
        Mark::Key("task_key"),
        Mark::Key("smolagents.*"),
        Mark::Key("agno.*"),
    ],
    rules: &[
        Rule::Name("Crew*.kickoff", step(Workflow)),
        Rule::Name("crewai.workflow", step(Workflow)),
        Rule::Name("*.task", step(Task)),
        Rule::Name("*.agent", step(Agent)),
    ],
    fallbacks: &[
        (Input, "smolagents.task", Say(Role::User)),
        (Input, "crew_inputs", Say(Role::User)),
        (Output, "task_output", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn crews_are_workflows_and_carry_their_inputs() {
        check(
            r#"
Crew_1.kickoff | openinference.instrumentation.crewai
openinference.span.kind = CHAIN
crew_inputs = {"topic":"boots"}
"#,
            expect![[r#"
                Crew_1.kickoff: workflow - by - ["openinference", "agent-frameworks"]
                  <0 User: {"topic":"boots"}
            "#]],
        );
    }
}
