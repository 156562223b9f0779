//! The attributes that Observe asks for on manual spans.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "observe-manual",
    about: "Manual spans after Observe's recipe: `llm.request.model`, `llm.request.type`, `gen_ai.is_llm_root`, `gen_ai.prompt.N.*`",
    source: "Observe, \"Other instrumentation for LLM observability\"",
    marks: &[
        Mark::Key("llm.request.model"),
        Mark::Key("llm.response.model"),
        Mark::Key("gen_ai.is_llm_root"),
        Mark::Key("gen_ai.token.type"),
    ],
    rules: &[Rule::Key(
        "llm.request.type",
        &[
            ("chat", call(Chat)),
            ("completion", call(Completion)),
            ("embedding", call(Embeddings)),
            ("rerank", call(Rerank)),
        ],
    )],
    fields: &[
        (RequestModel, "llm.request.model", Word),
        (ResponseModel, "llm.response.model", Word),
        (Input, "gen_ai.prompt.*", Say(Role::User)),
        (Output, "gen_ai.completion.*", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};
