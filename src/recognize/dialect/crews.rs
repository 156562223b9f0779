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
        Rule::Name("Crew*.kickoff*", step(Workflow)),
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
