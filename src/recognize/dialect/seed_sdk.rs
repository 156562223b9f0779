//! The Python package instrumentation-sdk, whose users Sidelight takes over.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "seed-sdk",
    about: "instrumentation-sdk 1.8: `llm.model`, `llm.prompt`, `llm.response`, `llm.pii_detected`, `llm.latency_ms_*`",
    source: "instrumentation-sdk 1.8.1 as captured; spec/predecessor.md",
    marks: &[
        Mark::Key("llm.actual_model"),
        Mark::Key("llm.latency_ms_*"),
        Mark::Key("llm.cost_usd_micro"),
        Mark::Scope("instrumentation-sdk"),
    ],
    rules: &[
        Rule::Name("*embed*", call(Embeddings)),
        Rule::Has("llm.model", call(Chat)),
        Rule::Has("llm.actual_model", call(Chat)),
        Rule::Name("llm_call", call(Chat)),
    ],
    fields: &[
        (Provider, "llm.provider", Word),
        (RequestModel, "llm.model", Word),
        (ResponseModel, "llm.actual_model", Word),
        (InputTokens, "llm.prompt_tokens", Count),
        (OutputTokens, "llm.completion_tokens", Count),
        (CachedTokens, "llm.cached_tokens", Count),
        (Cost, "llm.cost_usd_micro", MicroDollars),
        (FirstChunk, "llm.latency_ms_ttft", Millis),
        (FinishReasons, "llm.finish_reason", Words),
        (UserId, "llm.user_id", Word),
        (ConversationId, "llm.session_id", Word),
        (Input, "llm.prompt", Say(Role::User)),
        (Output, "llm.response", Say(Role::Assistant)),
        (Output, "llm.completion", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};
