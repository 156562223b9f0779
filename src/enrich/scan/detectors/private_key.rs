//! Private keys in PEM, RFC 7468 and what OpenSSH and OpenPGP make of it: the whole block.

use crate::enrich::scan::detector::{Detector, Edges, Find};
use memchr::memmem;
use std::ops::Range;

pub const ROWS: &[Detector] = &[Detector {
    kind: "PRIVATE_KEY",
    find: Find::At(b"-", block),
    edges: Edges::Free,
    finds: &[
        "key:\n⟦-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----⟧\n",
        "⟦-----BEGIN PGP PRIVATE KEY BLOCK-----\nabc\n-----END PGP PRIVATE KEY BLOCK-----⟧",
        "> ⟦-----BEGIN PRIVATE KEY-----\n> MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n> 7VJTUt9Us8cKj\n> -----END PRIVATE KEY-----⟧",
        "⟦-----BEGIN PRIVATE KEY-----<br>MIIEvQIBADANBgkqhkiG9w0BAQEFAASC<br>-----END PRIVATE KEY-----⟧",
        "⟦-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC⟧ what is this?",
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
/// What is left of a line that was cut off is taken for base64 from this length on, and for a word below it.
const SHORTEST_LINE: usize = 24;
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
    let rest = &rest[..memmem::find(rest, BEGIN).unwrap_or(rest.len())];
    // Whatever stands between the lines: marks of quotes and comments, tags, the quotation marks of code.
    if let Some(end) = closing_line(rest) {
        return end;
    }
    // A block that was cut off ends where a line of it does, or where words follow.
    let (mut length, mut covered) = (0, 0);
    for line in rest.split_inclusive(|b| *b == b'\n') {
        let start = line.iter().position(|b| !b"> #*|'\"+\t\r".contains(b)).unwrap_or(line.len());
        let line_is = &line[start..];
        let run = line_is.iter().take_while(|b| is_base64(**b)).count();
        let words_follow = !line_is[run..].iter().all(|b| b" ,;'\"+\\\r\n".contains(b));
        if length > 0 || !is_header(line_is) {
            if words_follow && run < SHORTEST_LINE {
                break;
            }
            length = covered + start + run;
        }
        covered += line.len();
        if words_follow && !is_header(line_is) {
            break;
        }
    }
    length
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=\\".contains(&byte)
}

/// Such as `DEK-Info: AES-128-CBC,…`, which stand before the key.
fn is_header(line: &[u8]) -> bool {
    let name = line.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
    name > 0 && line[name..].starts_with(b": ")
}

/// Where the closing line `-----END …-----` ends.
fn closing_line(rest: &[u8]) -> Option<usize> {
    let begin = rest.windows(9).position(|w| w == b"-----END ")?;
    let label = &rest[begin + 9..rest.len().min(begin + 9 + LABEL_MOST)];
    let dashes = label.windows(5).position(|w| w == b"-----")?;
    let of_a_key = memmem::find(&label[..dashes], b"PRIVATE KEY").is_some();
    of_a_key.then_some(begin + 9 + dashes + 5)
}
