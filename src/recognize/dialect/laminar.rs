//! Laminar.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "laminar",
    about: "Laminar: `lmnr.span.type`, `lmnr.span.input`, `lmnr.span.output`",
    source: "as Langfuse's ingestion reads it; spec/dialects.md 2.12",
    marks: &[Mark::Key("lmnr.*"), Mark::Scope("lmnr*")],
    rules: &[Rule::Key(
        "lmnr.span.type",
        &[
            ("LLM", call(Chat)),
            ("TOOL", step(Tool)),
            ("PIPELINE", step(Workflow)),
            ("EVALUATOR", step(Task)),
            ("EXECUTOR", step(Task)),
            ("EVALUATION", step(Workflow)),
            ("DEFAULT", step(Task)),
        ],
    )],
    fallbacks: &[
        (Input, "lmnr.span.input", Say(Role::User)),
        (Output, "lmnr.span.output", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};
