//! Agent frameworks under OpenInference that add keys of their own.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "agent-frameworks",
    about: "CrewAI (its own telemetry too), smolagents, Agno, DSPy, Flue and agentUniverse: bare keys `crew_*`, `crewai_version`, `smolagents.*`, `agno.*`, `au.*`",
    source: "their OpenInference packages as captured, crewAI's telemetry, @flue/opentelemetry, agentUniverse's guidebook; spec/dialects.md 1, 2.12",
    marks: &[
        Mark::Key("crew_*"),
        Mark::Key("crewai.*"),
        Mark::Key("crewai_*"),
        Mark::Key("task_key"),
        Mark::Key("smolagents.*"),
        Mark::Key("agno.*"),
        Mark::Key("phidata.*"),
        Mark::Key("dspy.*"),
        Mark::Key("flue.*"),
        Mark::Key("au.span.kind"),
        Mark::Scope("crewai*"),
        Mark::Scope("smolagents*"),
        Mark::Scope("dspy*"),
    ],
    rules: &[
        Rule::Key("au.span.kind", &[("llm", call(Chat)), ("agent", step(Agent)), ("tool", step(Tool))]),
        Rule::Name("Crew*.kickoff", step(Workflow)),
        Rule::Name("crewai.workflow", step(Workflow)),
        // crewAI's own telemetry.
        Rule::Name("Crew *", step(Workflow)),
        Rule::Name("Flow *", step(Workflow)),
        Rule::Name("Task *", step(Task)),
        Rule::Name("Tool *", step(Tool)),
        Rule::Has("flue.tool.*", step(Tool)),
        Rule::Has("flue.workflow.*", step(Workflow)),
        Rule::Has("flue.task.*", step(Agent)),
        Rule::Name("*.task", step(Task)),
        Rule::Name("*.agent", step(Agent)),
    ],
    fallbacks: &[
        (Input, "smolagents.task", Say(Role::User)),
        (Input, "crew_inputs", Say(Role::User)),
        (Input, "flue.turn.input", Say(Role::User)),
        (Output, "flue.turn.output", Say(Role::Assistant)),
        (Input, "flue.tool.arguments", Whole(Role::Tool)),
        (Output, "flue.tool.result", Whole(Role::Tool)),
        (Input, "flue.task.prompt", Say(Role::User)),
        (Output, "flue.task.result", Say(Role::Assistant)),
        (Input, "flue.workflow.payload", Say(Role::User)),
        (Output, "flue.workflow.result", Say(Role::Assistant)),
        (ToolName, "flue.tool.name", Word),
        (Output, "task_output", Say(Role::Assistant)),
        (RequestModel, "au.llm.name", Word),
        (FirstChunk, "au.llm.first_token.duration", Seconds),
        (ToolName, "au.tool.name", Word),
        (Input, "au.llm.input", Say(Role::User)),
        (Output, "au.llm.output", Say(Role::Assistant)),
        (Input, "au.agent.input", Say(Role::User)),
        (Output, "au.agent.output", Say(Role::Assistant)),
        (Input, "au.tool.input", Say(Role::User)),
        (Output, "au.tool.output", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn the_telemetry_that_crewai_keeps_itself_is_known() {
        check(
            r#"
Crew Created | crewai.telemetry
crewai_version = 0.80
python_version = 3.12
Task Execution | app
crewai_version = 0.80
formatted_description = look for boots
"#,
            expect![[r#"
                Crew Created: workflow - by - ["agent-frameworks"]
                Task Execution: task - by - ["agent-frameworks"]
            "#]],
        );
    }

    #[test]
    fn what_agent_universe_writes_is_read() {
        check(
            r#"
llm | agentuniverse
au.span.kind = llm
au.llm.name = gpt-4o
au.llm.input = {"messages":[{"role":"user","content":"hi"}]}
au.llm.output = hello
au.llm.usage.prompt_tokens = 5
au.llm.usage.completion_tokens = 3
tool | agentuniverse
au.span.kind = tool
au.tool.name = search
au.tool.input = hi
"#,
            expect![[r#"
                llm: chat counted gpt-4o by openai 5+3 ["agent-frameworks"]
                  <0 User: hi
                  >0 Assistant: hello
                tool: tool - by - ["agent-frameworks"]
                  <0 Tool: hi
            "#]],
        );
    }

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
