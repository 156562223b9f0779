//! What is seldom personal by itself: off unless asked for by name.

use crate::enrich::scan::detector::{Detector, Edges, Find, Tier};
use std::ops::Range;

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "UUID",
        tier: Tier::Optional,
        find: Find::At(b"-", uuid),
        finds: &["Trace ⟦a7b73f63-c0bb-48bd-8664-dc77c10a4597⟧ calls"],
        leaves: &["a7b73f63-c0bb-48bd-8664"],
        ..Detector::BASE
    },
    Detector {
        kind: "URL",
        tier: Tier::Optional,
        find: Find::Stem(r"(?i:https?|ftp)://[A-Za-z0-9\[]", url),
        edges: Edges::Free,
        finds: &["see ⟦https://example.com/a?b=c#d⟧, or not", "(⟦http://example.com⟧)"],
        leaves: &["https://", "file:///etc/hosts"],
        ..Detector::BASE
    },
];

/// RFC 9562, from the first dash.
fn uuid(text: &str, dash: usize) -> Option<Range<usize>> {
    let start = dash.checked_sub(8)?;
    let value = text.as_bytes().get(start..start + 36)?;
    let fits = |(b, kind): (&u8, &u8)| match kind {
        b'-' => *b == b'-',
        b'V' => matches!(b, b'1'..=b'8'),
        b'N' => b"89abAB".contains(b),
        _ => b.is_ascii_hexdigit(),
    };
    value.iter().zip(b"xxxxxxxx-xxxx-Vxxx-Nxxx-xxxxxxxxxxxx").all(fits).then_some(start..start + 36)
}

/// RFC 3986, up to a character that cannot be part of it, less the sentence's own signs.
fn url(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let rest = &text[stem.start..];
    let run =
        rest.bytes().take(2048).take_while(|b| b.is_ascii_graphic() && !b"\"'<>`\\^{|}".contains(b)).count();
    let value = rest[..run].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']']);
    Some(stem.start..stem.start + value.len())
}
