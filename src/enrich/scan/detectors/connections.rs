//! Addresses that hold a password: `scheme://user:pass@host`.

use crate::enrich::scan::detector::{Detector, Edges, Find, Tier};
use crate::enrich::scan::marks;
use std::ops::Range;

pub const ROWS: &[Detector] = &[Detector {
    kind: "CONNECTION_STRING",
    tier: Tier::Checked,
    find: Find::At(b"@", connection),
    edges: Edges::Free,
    finds: &[
        "DATABASE_URL=⟦postgres://svc:z8ExzK6zQ@db.acme.io:5432/orders⟧, please",
        "⟦mongodb+srv://admin:vmtWGC@db.acme.io/users?retry=true⟧\"",
    ],
    leaves: &[
        "https://example.com/@user",
        "postgres://localhost/db",
        "postgres://user:${PASS}@host/db",
        "postgres://USER:PASSWORD@HOST:PORT/DB",
        "abc://username:password@example.com:123/path",
        "https://oauth2:glpat-LlILc94uM0oUxfIyADtq@gitlab.example/a.git",
        "ssh://git@host",
    ],
    ..Detector::BASE
}];

/// RFC 3986 with user and password before the `@` at `at`: the whole URL.
fn connection(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let from = at.saturating_sub(256);
    let back = bytes[from..at]
        .iter()
        .rev()
        .take_while(|b| !b.is_ascii_whitespace() && !b"\"'<>`@".contains(b))
        .count();
    let before = &bytes[at - back..at];
    let slashes = before.windows(3).rposition(|w| w == b"://")?;
    let userinfo = &before[slashes + 3..];
    let colon = userinfo.iter().position(|b| *b == b':')?;
    let password = text.get(at - (userinfo.len() - colon - 1)..at)?;
    let scheme = before[..slashes]
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-'))
        .count();
    // `user:password@` is how manuals show where they go.
    let is_shown =
        [b"user".as_slice(), b"username"].iter().any(|user| userinfo[..colon].eq_ignore_ascii_case(user))
            && ["password", "pass", "passwd", "pwd"].iter().any(|word| password.eq_ignore_ascii_case(word));
    let is_written = !password.is_empty() && is_secret_in_url(password);
    let plain = !userinfo.contains(&b'/') && is_written && !is_shown;
    // A token of a host of repositories is one in the URL too.
    let is_token = scheme_is_http(&before[..slashes]) && TOKENS.iter().any(|t| password.starts_with(t));
    let end = at
        + bytes[at..]
            .iter()
            .take(512)
            .take_while(|b| b.is_ascii_graphic() && !b"\"'<>`,;)}]|\\".contains(b))
            .count();
    let end = at + text[at..end].trim_end_matches(['.', '?', '!', ':']).len();
    (scheme >= 2 && plain && !is_token && end > at + 1).then(|| at - back + slashes - scheme..end)
}

/// Beginnings of tokens that have a type of their own, as they stand before the host of a clone's URL.
pub(super) const TOKENS: &[&str] =
    &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gldt-", "glcbt-"];

fn scheme_is_http(scheme: &[u8]) -> bool {
    scheme.ends_with(b"http") || scheme.ends_with(b"https")
}

fn is_secret_in_url(password: &str) -> bool {
    // What manuals write in its place.
    const PLACES: &[&str] = &["PASSWORD", "PASS", "PASSWD", "PWD", "SECRET", "YOUR_PASSWORD"];
    !(marks::is_mark(password)
        || PLACES.contains(&password)
        || password.starts_with("${")
        || password.starts_with('<')
        || password.starts_with("{{")
        || password.bytes().all(|b| b == b'*'))
}
