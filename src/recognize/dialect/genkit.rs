//! Firebase Genkit.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "genkit",
    about: "Firebase Genkit: `genkit:*`, with a colon",
    source: "genkit 1.42 as captured; spec/dialects.md 2.12",
    marks: &[Mark::Key("genkit:*"), Mark::Scope("genkit-tracer")],
    rules: &[
        Rule::Key(
            "genkit:metadata:subtype",
            &[
                ("model", call(Chat)),
                ("background-model", call(Chat)),
                ("embedder", call(Embeddings)),
                ("reranker", call(Rerank)),
                ("tool", step(Tool)),
                ("tool.v2", step(Tool)),
                ("retriever", step(Retrieval)),
                ("indexer", step(Retrieval)),
                ("agent", step(Agent)),
                ("flow", step(Workflow)),
                ("prompt", step(Task)),
                ("executable-prompt", step(Task)),
                ("util", step(Task)),
            ],
        ),
        Rule::Key(
            "genkit:type",
            &[
                ("flow", step(Workflow)),
                ("flowStep", step(Task)),
                ("util", step(Task)),
                ("action", step(Task)),
                ("promptTemplate", step(Task)),
            ],
        ),
    ],
    fields: &[
        (RequestModel, "genkit:name", Word),
        (ConversationId, "genkit:sessionId", Word),
        (Input, "genkit:input", Say(Role::User)),
        (Output, "genkit:output", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};
