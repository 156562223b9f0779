//! OpenLIT, Python and JavaScript, old and new.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "openlit",
    about: "OpenLIT: the conventions with `telemetry.sdk.name=openlit` on the span; to 1.33 `gen_ai.content.prompt` events",
    source: "openlit 1.32.10 and 1.45 as captured; spec/dialects.md 2.12",
    marks: &[
        Mark::Value("telemetry.sdk.name", "openlit"),
        Mark::Key("openlit.*"),
        Mark::Key("gen_ai.sdk.version"),
        Mark::Key("gen_ai.endpoint"),
        Mark::Scope("openlit.*"),
        Mark::Scope("@openlit/*"),
    ],
    rules: &[
        Rule::Key(
            "gen_ai.operation.name",
            &[("vectordb", step(Retrieval)), ("db", step(Retrieval))],
        ),
        Rule::Key("db.operation", &[("*", step(Retrieval))]),
        Rule::Key("db.operation.name", &[("*", step(Retrieval))]),
    ],
    fields: &[
        // Seconds, and set on calls that do not stream.
        (FirstChunk, "gen_ai.server.time_to_first_token", Seconds),
    ],
    cache_exclusive: &[("*openlit*", "anthropic"), ("*openlit*", "aws.bedrock")],
    ..Dialect::NONE
};
