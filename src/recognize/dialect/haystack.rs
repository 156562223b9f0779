//! Haystack's own tracing.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "haystack",
    about: "Haystack: `haystack.component.*`, `haystack.pipeline.*`, under whatever scope the app chose",
    source: "haystack 2.19 as captured; spec/dialects.md 2.12",
    marks: &[Mark::Key("haystack.*")],
    rules: &[
        Rule::Key(
            "haystack.component.type",
            &[
                ("*ChatGenerator", call(Chat)),
                ("*Generator", call(Completion)),
                ("*Embedder", call(Embeddings)),
                ("*Ranker", call(Rerank)),
                ("*Retriever", step(Retrieval)),
                ("*ToolInvoker", step(Tool)),
                ("Agent", step(Agent)),
                ("*", step(Task)),
            ],
        ),
        Rule::Name("haystack.agent.run", step(Agent)),
        Rule::Name("haystack.pipeline.*", step(Workflow)),
        Rule::Name("haystack.async_pipeline.*", step(Workflow)),
        Rule::Has("haystack.pipeline.*", step(Workflow)),
    ],
    fields: &[
        (Input, "haystack.component.input", Say(Role::User)),
        (Output, "haystack.component.output", Say(Role::Assistant)),
    ],
    fallbacks: &[
        (Input, "haystack.pipeline.input_data", Say(Role::User)),
        (Output, "haystack.pipeline.output_data", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};
