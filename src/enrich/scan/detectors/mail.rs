//! E-mail addresses, RFC 5321 §4.1.2 and RFC 6531, as people write them: no comments, a real domain.

use super::connections::TOKENS;
use crate::enrich::scan::detector::{Detector, Edges, Find, Tier};
use std::ops::Range;

pub const ROWS: &[Detector] = &[Detector {
    kind: "EMAIL_ADDRESS",
    tier: Tier::Checked,
    find: Find::At(b"@", address),
    edges: Edges::Free,
    finds: &[
        "write to ⟦jane.doe+news@mail.example.co.uk⟧.",
        "邮箱是⟦a_b@example.org⟧。",
        "mailto:⟦x@example.com⟧?subject=hi",
        "<⟦x-y@example.com⟧>",
        "an ⟦jane@münchen.de⟧ senden",
        "⟦почта@пример.рф⟧",
        "⟦\"jane doe\"@example.com⟧",
        "⟦ops@[81.2.69.142]⟧",
        "COM+⟦jane@example.com⟧:EM'",
    ],
    leaves: &[
        "root@web-01:~#",
        "git@github.com:acme/widgets.git",
        "left-pad@1.3.0",
        "logo@2x.png",
        "a@b",
        "@media screen",
        "{\"a\":\"b\",\"@type\":\"x.com\"}",
        "look at example.com, or live at H.No 7",
        "$ ssh -p 2222 deploy@build.acme.internal uptime",
        "scp deploy@build.acme.internal:/tmp/x .",
        "Message-ID: <20260314101112.4711.ab@mail.example.com>",
        "References: <a1b2c3d4e5f6@x.example>\n <99887766.5544@y.example>",
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
    let start = quoted_local(bytes, at).or_else(|| local(text, at))?;
    let end = at + 1 + domain(&bytes[at + 1..]).or_else(|| literal(&text[at + 1..]))?;
    let is_remote = &bytes[start..at] == b"git" && bytes.get(end) == Some(&b':') || is_token(text, at);
    (!is_remote && !is_login(text, start, end) && !is_message_id(text, start)).then_some(start..end)
}

/// Whether it is a user and a host: behind the name of a command that logs in there, or before a path of that host.
fn is_login(text: &str, start: usize, end: usize) -> bool {
    const COMMANDS: &[&str] = &["ssh", "sftp", "mosh", "ssh-copy-id", "autossh"];
    let from = text.ceil_char_boundary(start.saturating_sub(64));
    let words = text[from..start].rsplit('\n').next().unwrap_or("").split_ascii_whitespace();
    // Its options and what they take may stand between.
    let mut words =
        words.rev().skip_while(|word| word.starts_with('-') || word.contains('/') || is_number(word));
    let command = words.next().unwrap_or("").trim_start_matches(['`', '$', '"', '\'']);
    let path = text[end..].starts_with(":/") || text[end..].starts_with(":~");
    COMMANDS.contains(&command) || path
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_digit())
}

/// RFC 5322 §3.6.4 and RFC 5545 §3.8.4.7: identifiers of messages and events that are built like an address. Their
/// field names them, and no mailbox is so full of digits.
fn is_message_id(text: &str, start: usize) -> bool {
    const FIELDS: &[&str] =
        &["message-id:", "in-reply-to:", "references:", "content-id:", "uid:", "msgid=", "message-id="];
    const DIGITS: usize = 6;
    const LINE_MOST: usize = 400;
    let from = text.ceil_char_boundary(start.saturating_sub(LINE_MOST));
    let local = text[start..].bytes().take(LOCAL_MOST).take_while(|b| *b != b'@');
    if local.filter(u8::is_ascii_digit).count() < DIGITS {
        return false;
    }
    let before = &text[from..start];
    // A field goes on in lines that begin with a blank.
    let mut end = before.len();
    while let Some(line) = before[..end].rfind('\n').filter(|at| before[at + 1..].starts_with([' ', '\t'])) {
        end = line;
    }
    let field = before[..end].rfind('\n').map_or(0, |at| at + 1);
    let field = before[field..].trim_start();
    FIELDS.iter().any(|name| {
        field.get(..name.len()).is_some_and(|f| f.eq_ignore_ascii_case(name))
            || before.trim_end_matches('<').to_ascii_lowercase().ends_with(name)
    })
}

/// Whether what stands before `at` is a token with a type of its own, as in the URL of a clone.
fn is_token(text: &str, at: usize) -> bool {
    const TOKEN_MOST: usize = 120;
    let run = text.as_bytes()[..at].iter().rev().take(TOKEN_MOST).take_while(|b| is_local(char::from(**b)));
    let start = at - run.count();
    TOKENS.iter().any(|token| text.get(start..at).is_some_and(|run| run.starts_with(token)))
}

/// Where the local part before `at` begins. Letters beyond ASCII belong to it (RFC 6531), but for those of scripts
/// that set no spaces between words.
fn local(text: &str, at: usize) -> Option<usize> {
    let from = text.ceil_char_boundary(at.saturating_sub(LOCAL_MOST));
    let belongs = |c: &char| is_local(*c) || ('\u{C0}'..='\u{4FF}').contains(c);
    let run: usize = text[from..at].chars().rev().take_while(belongs).map(char::len_utf8).sum();
    let run = text[at - run..at].trim_start_matches(['.', '-', '%', '+']);
    // The element in front in a message of EDIFACT: `COM+jane@example.com:EM`.
    let run = run.strip_prefix("COM+").unwrap_or(run);
    (!run.is_empty() && !run.ends_with('.')).then_some(at - run.len())
}

/// RFC 5321: a local part in quotes, `"jane doe"@example.com`, from its first quote.
fn quoted_local(bytes: &[u8], at: usize) -> Option<usize> {
    let close = at.checked_sub(1).filter(|i| bytes[*i] == b'"')?;
    let from = close.saturating_sub(LOCAL_MOST);
    let open = from + memchr::memrchr(b'"', &bytes[from..close])?;
    let inside = &bytes[open + 1..close];
    let ends = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let fits = inside.iter().all(|b| is_local(char::from(*b)) || *b == b' ')
        && ends(inside.first())
        && ends(inside.last());
    let apart = open == 0 || !bytes[open - 1].is_ascii_alphanumeric();
    (fits && apart).then_some(open)
}

fn is_local(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-')
}

/// Whether a byte is part of a letter from U+00C0 to U+04FF: Latin with marks, Greek, Cyrillic.
fn is_wide(b: u8) -> bool {
    matches!(b, 0x80..=0xBF | 0xC3..=0xD3)
}

/// How many bytes of `rest` are an address in brackets, `[192.0.2.1]`.
fn literal(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('[')?;
    let end = inside.bytes().take(46).position(|b| b == b']')?;
    inside[..end].trim_start_matches("IPv6:").parse::<std::net::IpAddr>().ok().map(|_| end + 2)
}

/// How many bytes of `rest` are a host name with a top-level domain of letters.
fn domain(rest: &[u8]) -> Option<usize> {
    let run = rest
        .iter()
        .take(DOMAIN_MOST)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-') || is_wide(**b))
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
    let letters = label.iter().all(u8::is_ascii_alphabetic)
        || !label[0].is_ascii()
            && std::str::from_utf8(label).is_ok_and(|l| l.chars().all(char::is_alphabetic));
    let letters = (2..=24).contains(&label.len()) && letters;
    let punycode = label.len() > 4 && label[..4].eq_ignore_ascii_case(b"xn--");
    let file = FILES.iter().any(|f| f.as_bytes().eq_ignore_ascii_case(label));
    (letters || punycode) && !file
}
