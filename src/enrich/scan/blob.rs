//! Base64 and hexadecimal that says something: decoded once, and looked at like any other text.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::general_purpose};
use std::ops::Range;

/// Shortest run that is decoded, and the shortest word in it: most words of prose and code are shorter.
const LEAST: usize = 20;
const WORD_LEAST: usize = 12;
/// So much of a run is decoded to see whether it is text at all.
const HEAD: usize = 24;

const FORGIVING: GeneralPurposeConfig = general_purpose::NO_PAD
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, FORGIVING);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, FORGIVING);

/// Runs of base64 in one text that begin like text, ascending and apart.
#[derive(Default)]
pub struct Blobs {
    pub found: Vec<Range<usize>>,
    /// Where the run ends that was looked at last, whatever came of it: each is walked once.
    seen: usize,
}

impl Blobs {
    /// Forgets the text, keeps the room.
    pub fn clear(&mut self) {
        self.found.clear();
        self.seen = 0;
    }

    /// Adds the run around `word`, if it is long enough and begins like text. Words come in ascending order.
    pub fn look(&mut self, bytes: &[u8], word: &Range<usize>) {
        if word.len() < WORD_LEAST || word.start < self.seen {
            return;
        }
        let inside = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
        let back = bytes[self.seen..word.start].iter().rev().take_while(|b| inside(b)).count();
        let on = bytes[word.end..].iter().take_while(|b| inside(b)).count();
        #[cfg(test)]
        super::work::add(back + on);
        let (start, end) = (word.start - back, word.end + on);
        self.seen = end;
        if end - start >= LEAST && reads_as_text(&bytes[start..end.min(start + HEAD)]) {
            let padding = bytes[end..].iter().take(2).take_while(|b| **b == b'=').count();
            self.found.push(start..end + padding);
        }
    }
}

/// What `run` says, if that is text.
pub fn decode(run: &str) -> Option<String> {
    let mut says = vec![0; run.len()];
    let length = unhex(run.as_bytes(), &mut says).or_else(|| base64(run.as_bytes(), &mut says))?;
    says.truncate(length);
    String::from_utf8(says).ok().filter(|text| !text.chars().any(is_control))
}

/// Whether `head`, of at most [`HEAD`] bytes, says something. Allocates nothing: clean text is full of ids.
fn reads_as_text(head: &[u8]) -> bool {
    let mut says = [0; HEAD];
    unhex(&head[..head.len() & !1], &mut says).is_some_and(|length| is_text(&says[..length]))
        || base64(&head[..head.len() & !3], &mut says).is_some_and(|length| is_text(&says[..length]))
}

/// Whether `bytes` are UTF-8 without control characters; the last character may be cut off.
fn is_text(bytes: &[u8]) -> bool {
    let whole = match std::str::from_utf8(bytes) {
        Ok(_) => bytes,
        Err(error) if error.error_len().is_none() => &bytes[..error.valid_up_to()],
        Err(_) => return false,
    };
    std::str::from_utf8(whole).is_ok_and(|text| !text.chars().any(is_control))
}

fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

/// Writes what `run` is base64 of to `says`, which is as long at least, and says how many bytes that is.
fn base64(run: &[u8], says: &mut [u8]) -> Option<usize> {
    STANDARD.decode_slice(run, says).or_else(|_| URL_SAFE.decode_slice(run, says)).ok()
}

/// The same of hexadecimal digits.
fn unhex(run: &[u8], says: &mut [u8]) -> Option<usize> {
    if run.len() % 2 == 1 || !run.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let digit = |b: u8| char::from(b).to_digit(16).unwrap_or(0) as u8;
    run.chunks(2).zip(says).for_each(|(pair, says)| *says = digit(pair[0]) << 4 | digit(pair[1]));
    Some(run.len() / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, says: Option<&str>) {
        let word = text.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(0);
        let end = text[word..].find(|c: char| !c.is_ascii_alphanumeric()).map_or(text.len(), |i| word + i);
        let mut blobs = Blobs::default();
        blobs.look(text.as_bytes(), &(word..end));
        assert_eq!(blobs.found.pop().and_then(|run| decode(&text[run])).as_deref(), says, "{text}");
    }

    #[test]
    fn text_in_base64_and_hexadecimal_is_read() {
        check("UGhvbmU6ICsxIDMxOC02ODItODU2MQ==", Some("Phone: +1 318-682-8561"));
        check("UGhvbmU6ICsxIDMxOC02ODItODU2MQ", Some("Phone: +1 318-682-8561"));
        check("6d61696c206a616e65406578616d706c652e636f6d", Some("mail jane@example.com"));
    }

    #[test]
    fn names_hashes_and_pictures_are_none() {
        check("startTimeUnixNanoOfTheSpan", None);
        check("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", None);
        check("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk", None);
    }
}
