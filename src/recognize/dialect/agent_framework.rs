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
