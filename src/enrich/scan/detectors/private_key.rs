//! Private keys in PEM, RFC 7468 and what OpenSSH and OpenPGP make of it: the whole block.

use crate::enrich::scan::detector::{Detector, Edges, Find};
use std::ops::Range;

pub const ROWS: &[Detector] = &[Detector {
    kind: "PRIVATE_KEY",
    find: Find::At(b"-", block),
    edges: Edges::Free,
    finds: &[
        "key:\n⟦-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----⟧\n",
        "⟦-----BEGIN PGP PRIVATE KEY BLOCK-----\nabc\n-----END PGP PRIVATE KEY BLOCK-----⟧",
        "cut: ⟦-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj⟧",
    ],
    leaves: &[
        "-----BEGIN CERTIFICATE-----\nMIIEow\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----",
        "----- a line -----",
    ],
    ..Detector::BASE
}];

const BEGIN: &[u8] = b"-----BEGIN ";
/// The longest label in use is `PGP PRIVATE KEY BLOCK`.
const LABEL_MOST: usize = 32;
/// A key of 16384 bits is under 13 kB.
const BLOCK_MOST: usize = 16 << 10;

fn block(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let rest = &bytes[at..];
    if !rest.starts_with(BEGIN) || at > 0 && bytes[at - 1] == b'-' {
        return None;
    }
    let label = &rest[BEGIN.len()..rest.len().min(BEGIN.len() + LABEL_MOST)];
    let label_end = label.windows(5).position(|w| w == b"-----")?;
    if !label[..label_end].windows(11).any(|w| w == b"PRIVATE KEY") {
        return None;
    }
    let body = BEGIN.len() + label_end + 5;
    Some(at..at + body + body_length(&rest[body..]))
}

/// Up to the closing line; where there is none, as far as it reads like base64 in lines.
fn body_length(rest: &[u8]) -> usize {
    let rest = &rest[..rest.len().min(BLOCK_MOST)];
    let key = rest
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || b"+/=:,.\\ \t\r\n".contains(b) || **b == b'-')
        .count();
    if let Some(end) = closing_line(&rest[..key]) {
        return end;
    }
    // Words of a sentence that follows are not part of a key that was cut off.
    let mut length = 0;
    for line in rest[..key].split_inclusive(|b| *b == b'\n') {
        let base64 = line.trim_ascii();
        if !base64.is_empty() && base64.contains(&b' ') {
            break;
        }
        length += line.len();
    }
    rest[..length].trim_ascii_end().len()
}

/// Where the closing line `-----END …-----` ends.
fn closing_line(rest: &[u8]) -> Option<usize> {
    let begin = rest.windows(9).position(|w| w == b"-----END ")?;
    let label = &rest[begin + 9..rest.len().min(begin + 9 + LABEL_MOST)];
    let dashes = label.windows(5).position(|w| w == b"-----")?;
    Some(begin + 9 + dashes + 5)
}
