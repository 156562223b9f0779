//! Spans that the providers' own SDKs write beside an instrumentation's.

use super::*;
use Kind::*;

pub const DIALECT: Dialect = Dialect {
    name: "provider-sdk",
    about: "Native spans of the Anthropic (2 and later) and Mistral SDKs: metadata only, a second span of the same call where an instrumentation is at work",
    source: "anthropic 2.11 and mistralai as captured; spec/dialects.md 1",
    marks: &[
        Mark::Scope("com.anthropic.sdk.*"),
        Mark::Scope("mistralai_sdk_tracer"),
        Mark::Key("mistral_ai.*"),
        Mark::Key("anthropic.message.*"),
        Mark::Key("anthropic.response.*"),
        Mark::Key("anthropic.thinking.*"),
    ],
    rules: &[
        Rule::Scope("com.anthropic.sdk.*", echo(Chat)),
        Rule::Scope("mistralai_sdk_tracer", echo(Chat)),
    ],
    ..Dialect::NONE
};
