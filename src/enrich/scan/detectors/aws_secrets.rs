//! Secret keys of AWS: behind their name, under it, and beside the access key that they belong to.

use crate::enrich::scan::detector::{Detector, Edges, Find, Tier};
use std::ops::Range;

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "AWS_SECRET_KEY",
        tier: Tier::Checked,
        find: Find::Stem(r"(?i:secret[_ -]?(?:access)?[_ -]?key)", aws_secret),
        edges: Edges::Free,
        finds: &[
            "aws_secret_access_key = ⟦fJbvzXW/ZKI5YF+8mZEVxDSob7g3PL1iGjWZYnKl⟧\n",
            "\"SecretAccessKey\": \"⟦fJbvzXW/ZKI5YF+8mZEVxDSob7g3PL1iGjWZYnKl⟧\"",
        ],
        leaves: &["aws_secret_access_key = changeme-in-vault", "secret_key = 0123456789"],
        ..Detector::BASE
    },
    Detector {
        kind: "AWS_SECRET_KEY",
        tier: Tier::Checked,
        find: Find::Keyed(aws_secret_by_key),
        edges: Edges::Free,
        finds: &["SecretAccessKey → ⟦fJbvzXW/ZKI5YF+8mZEVxDSob7g3PL1iGjWZYnKl⟧"],
        leaves: &["secretKey → 0123456789", "image → fJbvzXW/ZKI5YF+8mZEVxDSob7g3PL1iGjWZYnKl"],
        ..Detector::BASE
    },
    Detector {
        kind: "AWS_SECRET_KEY",
        tier: Tier::Checked,
        find: Find::Stem(r"(?:AKIA|ASIA)[A-Z2-7]{16}", beside_access_key),
        edges: Edges::Free,
        finds: &["access key AKIA4W7BSKPARHGPIM2U, secret ⟦fJbvzXW/ZKI5YF+8mZEVxDSob7g3PL1iGjWZYnKl⟧"],
        leaves: &[
            "AKIA4W7BSKPARHGPIM2U of 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
            "AKIA4W7BSKPARHGPIM2U, secret in the vault",
        ],
        ..Detector::BASE
    },
];

/// Forty characters of base64 behind a name that says secret key.
fn aws_secret(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let gap = text.as_bytes()[stem.end..].iter().take(12).take_while(|b| b" \"'\\:=>,`".contains(b)).count();
    (gap > 0).then(|| aws_secret_at(text, stem.end + gap))?
}

/// The same of a whole text whose key says so.
fn aws_secret_by_key(key: &str, text: &str) -> Option<Range<usize>> {
    let named = [b"secretaccesskey".as_slice(), b"secret_access_key", b"aws_secret_key", b"awssecretkey"];
    let ends = |name: &&[u8]| {
        key.len() >= name.len() && key.as_bytes()[key.len() - name.len()..].eq_ignore_ascii_case(name)
    };
    (text.len() == AWS_SECRET && named.iter().any(ends)).then(|| aws_secret_at(text, 0))?
}

/// The secret that stands at most a few words behind the access key that is `stem`.
fn beside_access_key(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    const REACH: usize = 48;
    let rest = &text.as_bytes()[stem.end..(stem.end + REACH).min(text.len())];
    let starts = (1..rest.len()).filter(|i| is_base64(&rest[*i]) && !is_base64(&rest[i - 1]));
    starts.filter_map(|i| aws_secret_at(text, stem.end + i)).find(|at| {
        // A hash in hexadecimal has no capitals, and a path is no key.
        text[at.clone()].bytes().any(|b| b.is_ascii_lowercase())
    })
}

const AWS_SECRET: usize = 40;

fn is_base64(b: &u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')
}

fn aws_secret_at(text: &str, start: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let length = bytes[start..].iter().take(AWS_SECRET + 1).take_while(|b| is_base64(b)).count();
    let mixed =
        |value: &[u8]| value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_uppercase);
    (length == AWS_SECRET && mixed(&bytes[start..start + AWS_SECRET])).then_some(start..start + AWS_SECRET)
}
