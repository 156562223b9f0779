//! E-mail addresses, RFC 5321 §4.1.2, as people write them: no quotes, no comments, a real domain.

use crate::enrich::scan::detector::{Detector, Edges, Find, Tier};
use std::ops::Range;

pub const ROWS: &[Detector] = &[Detector {
    kind: "EMAIL_ADDRESS",
    tier: Tier::Checked,
    find: Find::At(b'@', address),
    edges: Edges::Free,
    finds: &[
        "write to ⟦jane.doe+news@mail.example.co.uk⟧.",
        "邮箱是⟦a_b@example.org⟧。",
        "mailto:⟦x@example.com⟧?subject=hi",
        "<⟦x-y@example.com⟧>",
    ],
    leaves: &[
        "root@web-01:~#",
        "git@github.com:acme/widgets.git",
        "left-pad@1.3.0",
        "logo@2x.png",
        "a@b",
        "@media screen",
    ],
    ..Detector::BASE
}];

/// RFC 5321 §4.5.3.1: 64 octets before the sign, 255 behind.
const LOCAL_MOST: usize = 64;
const DOMAIN_MOST: usize = 255;

/// Endings of files, which stand behind an `@` in names such as `logo@2x.png`.
const FILES: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "js", "mjs", "ts", "tsx", "jsx", "css", "html",
    "json", "xml", "yml", "yaml", "txt", "pdf", "zip", "gz", "tgz", "exe", "dll", "so",
];

fn address(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let local_from = at.saturating_sub(LOCAL_MOST);
    let local = bytes[local_from..at].iter().rev().take_while(|b| is_local(**b)).count();
    let dots = bytes[at - local..at].iter().take_while(|b| matches!(b, b'.' | b'-' | b'%' | b'+')).count();
    let start = at - local + dots;
    let end = at + 1 + domain(&bytes[at + 1..])?;
    let is_remote = &bytes[start..at] == b"git" && bytes.get(end) == Some(&b':');
    (start < at && bytes[at - 1] != b'.' && !is_remote).then_some(start..end)
}

fn is_local(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'%' | b'+' | b'-')
}

/// How many bytes of `rest` are a host name with a top-level domain of letters.
fn domain(rest: &[u8]) -> Option<usize> {
    let run = rest
        .iter()
        .take(DOMAIN_MOST)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        .count();
    let mut end = 0;
    let mut labels = 0;
    let mut from = 0;
    for label in rest[..run].split(|b| *b == b'.') {
        if label.is_empty() || label[0] == b'-' || label.len() > 63 {
            break;
        }
        labels += 1;
        // A dash at the end belongs to the sentence.
        let dashes = label.iter().rev().take_while(|b| **b == b'-').count();
        let label = &label[..label.len() - dashes];
        if labels > 1 && is_top_level(label) {
            end = from + label.len();
        }
        if dashes > 0 {
            break;
        }
        from += label.len() + 1;
    }
    (end > 0).then_some(end)
}

fn is_top_level(label: &[u8]) -> bool {
    let letters = (2..=24).contains(&label.len()) && label.iter().all(u8::is_ascii_alphabetic);
    let punycode = label.len() > 4 && label[..4].eq_ignore_ascii_case(b"xn--");
    let file = FILES.iter().any(|f| f.as_bytes().eq_ignore_ascii_case(label));
    (letters || punycode) && !file
}
