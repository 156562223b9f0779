//! One text and all that is known of it, as `sidelight scan` prints it.

use super::super::scan::Finding;
use super::{Leaf, Redactor, Tally, json};
use serde::Serialize;
use utoipa::ToSchema;

/// What `sidelight scan` says of one text.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    pub pii: Vec<Pii>,
    pub injection: bool,
    pub injection_score: f64,
    pub rules: Vec<&'static str>,
    pub redacted: String,
}

/// One finding, in UTF-8 bytes, end exclusive.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pii {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub start: usize,
    pub end: usize,
    pub score: f32,
}

/// Scans and redacts `text` as one leaf that a user wrote.
///
/// Offsets are of the text as it stands, JSON or not; `redacted` is what would be passed on.
pub fn report(redactor: &Redactor, text: &str) -> Report {
    let mut tally = Tally::default();
    let safe = redactor.leaf(Leaf { text, ..Leaf::default() }, &mut tally);
    let mut found = Vec::new();
    redactor.places(Leaf { text, ..Leaf::default() }, json::DEPTH, &mut found);
    let pii = found.into_iter().map(Pii::from).collect();
    Report {
        pii,
        injection: redactor.is_attempt(&tally.injection),
        injection_score: tally.injection.score,
        rules: tally.injection.rules,
        redacted: safe.unwrap_or_else(|| text.to_string()),
    }
}

impl From<Finding> for Pii {
    fn from(found: Finding) -> Pii {
        Pii { kind: found.kind, start: found.start, end: found.end, score: found.score }
    }
}
