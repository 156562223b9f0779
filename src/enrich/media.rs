//! Inline media taken out of a text: what was an image of a megabyte becomes its hash, type and size.
//!
//! Looked for in the raw text, so that a plain string, a part in JSON, and JSON inside JSON are one
//! case: base64 needs no escapes (but for `\/`), and neither does what takes its place.

mod pixels;

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::ops::Range;

/// Runs of base64 shorter than this are left alone, whatever is written before them.
const SHORTEST: usize = 16;

/// Without a type written before it, a run shorter than this is no media.
const SHORTEST_BARE: usize = 64;

/// A run of base64 without a type to it, neither written before nor to be told from its first bytes, is media
/// from this many characters on.
const SHORTEST_UNTYPED: usize = 1024;

/// `text` with a reference in the place of each piece of media, such as
/// `[media:image/png;sha256=9f86…;bytes=8192]`; `None` where there is none.
///
/// Of a picture whose header gives them, `;pixels=640x480` follows. The hash and the size are of the decoded bytes, so that the same picture is known again. Taken out are
/// `data:` URLs in base64 of any type, and runs of base64 that begin as a known format does or that are
/// long and decode to no text. A text that is only encoded stays, to be scanned.
pub fn replace(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut kept = 0;
    for run in runs(text.as_bytes()) {
        let (start, mime) = data_url(&text[kept..run.start])
            .map_or((run.start, None), |(before, mime)| (run.start - before, Some(mime)));
        let Some(reference) = reference(&text[run.clone()], mime) else {
            continue;
        };
        out.push_str(&text[kept..start]);
        out.push_str(&reference);
        kept = run.end;
    }
    if kept == 0 {
        return None;
    }
    out.push_str(&text[kept..]);
    Some(out)
}

/// Backslashes before one slash: JSON in JSON in JSON doubles them.
const MOST_ESCAPES: usize = 8;

/// The longest runs of base64 in `text`, their padding included.
fn runs(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let start = at;
            at = run_end(text, start);
            if at - start >= SHORTEST {
                while text.get(at) == Some(&b'=') {
                    at += 1;
                }
                return Some(start..at);
            }
            at = at.max(start + 1);
        }
        None
    })
}

/// Where the run ends that begins at `start`. A slash may be escaped, as some write it in JSON.
fn run_end(text: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        match text.get(at) {
            Some(byte) if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_') => {
                at += 1
            }
            Some(b'\\') => {
                let slashes = text[at..].iter().take(MOST_ESCAPES).take_while(|byte| **byte == b'\\').count();
                match text.get(at + slashes) {
                    Some(b'/') => at += slashes + 1,
                    _ => return at,
                }
            }
            _ => return at,
        }
    }
}

/// Where `before` ends with `data:TYPE;…;base64,`: how long that is, and the type.
fn data_url(before: &str) -> Option<(usize, &str)> {
    const LONGEST: usize = 200;
    let head = before.strip_suffix("base64,")?;
    let from = head.rfind("data:").filter(|from| before.len() - from <= LONGEST)?;
    let mime = head[from + 5..].split(';').next().unwrap_or("");
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '+' | '.' | '\\');
    mime.chars().all(plain).then(|| (before.len() - from, mime))
}

/// What takes the place of `run`, if it is media: `mime` is the type that was written before it.
fn reference(run: &str, mime: Option<&str>) -> Option<String> {
    let symbols: Vec<u8> = run.bytes().filter(|byte| !matches!(byte, b'\\' | b'=')).collect();
    let bytes = decode(&symbols)?;
    let mime = match mime {
        Some(mime) => mime.replace('\\', ""),
        None if symbols.len() < SHORTEST_BARE => return None,
        None => sniff(&bytes).or_else(|| is_binary(&symbols, &bytes).then_some(""))?.to_owned(),
    };
    let mime = if mime.is_empty() { "application/octet-stream" } else { &mime };
    let mut reference = format!("[media:{mime};sha256=");
    for byte in Sha256::digest(&bytes) {
        let _ = write!(reference, "{byte:02x}");
    }
    let _ = write!(reference, ";bytes={}", bytes.len());
    if let Some((width, height)) = pixels::size(&bytes) {
        let _ = write!(reference, ";pixels={width}x{height}");
    }
    reference.push(']');
    Some(reference)
}

/// `symbols` decoded; the last few that make no whole byte, as where an SDK cut the value, are left out.
fn decode(symbols: &[u8]) -> Option<Vec<u8>> {
    let url_safe = symbols.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let whole = symbols.len() - usize::from(symbols.len() % 4 == 1);
    let alphabet = if url_safe { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, lenient).decode(&symbols[..whole]).ok()
}

/// The type of a file by its first bytes.
fn sniff(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"BM", "image/bmp"),
        (b"II*\0", "image/tiff"),
        (b"MM\0*", "image/tiff"),
        (b"%PDF-", "application/pdf"),
        (b"ID3", "audio/mpeg"),
        (b"\xff\xfb", "audio/mpeg"),
        (b"\xff\xf3", "audio/mpeg"),
        (b"OggS", "audio/ogg"),
        (b"fLaC", "audio/flac"),
        (b"\x1aE\xdf\xa3", "video/webm"),
        (b"PK\x03\x04", "application/zip"),
        (b"\x1f\x8b", "application/gzip"),
    ];
    // Two letters prove nothing: what they begin has to go on as no text does.
    let found =
        MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic) && std::str::from_utf8(bytes).is_err());
    if let Some((_, mime)) = found {
        return Some(mime);
    }
    match (bytes.get(..4)?, bytes.get(4..8)?, bytes.get(8..12)?) {
        (b"RIFF", _, b"WEBP") => Some("image/webp"),
        (b"RIFF", _, b"WAVE") => Some("audio/wav"),
        (_, b"ftyp", _) => Some("video/mp4"),
        _ => None,
    }
}

/// Whether `symbols` are a long run that can only be encoded bytes: upper and lower case and digits, and no text
/// behind them.
fn is_binary(symbols: &[u8], bytes: &[u8]) -> bool {
    symbols.len() >= SHORTEST_UNTYPED
        && symbols.iter().any(u8::is_ascii_uppercase)
        && symbols.iter().any(u8::is_ascii_lowercase)
        && symbols.iter().any(u8::is_ascii_digit)
        && std::str::from_utf8(bytes).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::prelude::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0123456789012345678901234567890123456789\xff\xfe";

    fn check(text: &str, expected: Expect) {
        expected.assert_eq(&replace(text).unwrap_or_else(|| "(same)".into()));
    }

    #[test]
    fn a_data_url_becomes_a_reference() {
        let png = BASE64_STANDARD.encode(PNG);
        check(
            &format!("see data:image/png;base64,{png} here"),
            expect![
                "see [media:image/png;sha256=e0d0dd82a6614e4e8d64563f9eab05f144b82b17545ea06b81f6967269285fb0;bytes=50] here"
            ],
        );
        check(
            &format!(r#"{{"url":"data:image\/png;base64,{png}"}}"#),
            expect![[
                r#"{"url":"[media:image/png;sha256=e0d0dd82a6614e4e8d64563f9eab05f144b82b17545ea06b81f6967269285fb0;bytes=50]"}"#
            ]],
        );
    }

    #[test]
    fn a_part_in_json_is_known_by_its_first_bytes() {
        let png = BASE64_STANDARD.encode(PNG);
        check(
            &format!(r#"{{"type":"blob","content":"{png}"}}"#),
            expect![[
                r#"{"type":"blob","content":"[media:image/png;sha256=e0d0dd82a6614e4e8d64563f9eab05f144b82b17545ea06b81f6967269285fb0;bytes=50]"}"#
            ]],
        );
        check(
            &format!(r#"{{"a":"{{\"data\":\"{png}\"}}"}}"#),
            expect![[
                r#"{"a":"{\"data\":\"[media:image/png;sha256=e0d0dd82a6614e4e8d64563f9eab05f144b82b17545ea06b81f6967269285fb0;bytes=50]\"}"}"#
            ]],
        );
    }

    #[test]
    fn two_pictures_are_two_references() {
        let png = BASE64_STANDARD.encode(PNG);
        check(
            &format!("data:image/png;base64,{png} and {png}"),
            expect![
                "[media:image/png;sha256=e0d0dd82a6614e4e8d64563f9eab05f144b82b17545ea06b81f6967269285fb0;bytes=50] and [media:image/png;sha256=e0d0dd82a6614e4e8d64563f9eab05f144b82b17545ea06b81f6967269285fb0;bytes=50]"
            ],
        );
    }

    #[test]
    fn escaped_slashes_do_not_hide_the_rest() {
        let jpeg = BASE64_STANDARD.encode([&b"\xff\xd8\xff\xe0"[..], &[0xff; 60]].concat());
        assert!(jpeg.contains('/'));
        let escaped = replace(&format!(r#""{}""#, jpeg.replace('/', r"\/"))).unwrap();
        assert_eq!(escaped, replace(&format!(r#""{jpeg}""#)).unwrap());
    }

    #[test]
    fn a_value_cut_short_is_a_reference_to_what_is_left() {
        let png = BASE64_STANDARD.encode(PNG);
        for cut in 1..4 {
            let text = format!("data:image/png;base64,{}", &png[..png.len() - 4 - cut]);
            assert!(replace(&text).unwrap().starts_with("[media:image/png;"), "{cut}");
        }
    }

    #[test]
    fn long_binary_is_media_and_what_may_be_text_is_not() {
        let bytes: Vec<u8> = (0..2_000u32).map(|n| ((n * 7919) >> 3) as u8).collect();
        assert!(
            replace(&BASE64_STANDARD.encode(&bytes)).unwrap().starts_with("[media:application/octet-stream;")
        );
        for text in [
            BASE64_STANDARD.encode("mail jane@example.com, please. ".repeat(60)),
            "a".repeat(5_000),
            "ACGT".repeat(1_000),
            "deadbeef0123".repeat(200),
            "the quick brown fox ".repeat(100),
        ] {
            check(&text, expect!["(same)"]);
        }
    }

    proptest! {
        #[test]
        fn replacing_is_done_once(text in "([ -~]|data:image/png;base64,|[A-Za-z0-9+/=]{60,90}|\\\\/){0,12}") {
            if let Some(once) = replace(&text) {
                prop_assert_eq!(replace(&once), None);
            }
        }

        #[test]
        fn json_stays_json(bytes in prop::collection::vec(any::<u8>(), 48..200), note: String) {
            let url = format!("data:x/y;base64,{}", BASE64_STANDARD.encode(bytes));
            let json = serde_json::json!({ "url": url, "note": note }).to_string();
            let replaced = replace(&json).expect("a data URL");
            prop_assert!(serde_json::from_str::<serde_json::Value>(&replaced).is_ok(), "{}", replaced);
        }
    }
}
