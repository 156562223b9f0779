//! Runs without a space: words joined by signs or by capitals, base64, base32, hexadecimal.

use super::super::lexicon::Spacing;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Shortest and longest run that is looked at, and how many of them.
const LEAST: usize = 16;
const MOST: usize = 16 << 10;
const RUNS: usize = 256;
/// The longest that is read as joined words, and how many of those blobs are decoded.
const JOINED_MOST: usize = 200;
const BLOBS: usize = 16;

/// Calls `judge` with the words of all joined runs, with those that nothing sets apart, and with each blob.
pub fn each(text: &str, judge: &mut impl FnMut(&str, Spacing)) {
    let (mut joined, mut glued) = (String::new(), String::new());
    let mut blobs = 0;
    for run in runs(text).take(RUNS) {
        if run.len() <= JOINED_MOST && is_words(run) {
            let before = joined.len();
            separate(run, &mut joined);
            if !joined[before..].trim_end().contains(' ') {
                glued.push_str(run);
                glued.push_str(". ");
                joined.truncate(before);
            }
        } else if blobs < BLOBS
            && let Some(plain) = hex(run).or_else(|| base64(run)).or_else(|| base32(run))
        {
            blobs += 1;
            judge(&plain, Spacing::Kept);
        }
    }
    if !joined.is_empty() {
        judge(&joined, Spacing::Kept);
    }
    if !glued.is_empty() {
        judge(&glued, Spacing::None);
    }
}

/// Part of a run: letters, digits and the signs that join words or stand in base64.
const IN_RUN: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        let byte = b as u8;
        table[b] = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'.' | b'=');
        b += 1;
    }
    table
};

/// The runs of `text`, in order. Most words are skipped in one step: where no byte of a run stands `LEAST` on, none
/// that begins here is long enough.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at + LEAST <= bytes.len() {
            // From the back, so that a border far on skips everything before it.
            if let Some(border) = bytes[at..at + LEAST].iter().rposition(|b| !IN_RUN[usize::from(*b)]) {
                at += border + 1;
                continue;
            }
            let start = at;
            let length = bytes[start..].iter().take_while(|b| IN_RUN[usize::from(**b)]).count();
            at = start + length;
            if length <= MOST {
                return Some(text[start..at].trim_end_matches('='));
            }
        }
        None
    })
}

/// Whether it is made of letters and what joins them, in words of a length that words have.
fn is_words(run: &str) -> bool {
    let letters = run.bytes().filter(u8::is_ascii_alphabetic).count();
    let mut parts = 0;
    let mut last = b' ';
    for b in run.bytes() {
        let hump = b.is_ascii_uppercase() && last.is_ascii_lowercase();
        parts += usize::from(hump || !b.is_ascii_alphanumeric() && last.is_ascii_alphanumeric());
        last = b;
    }
    letters * 10 >= run.len() * 8 && parts * 3 <= run.len() && !run.bytes().any(|b| b.is_ascii_digit())
}

/// Adds the words of a run, with spaces between them, and a full stop.
fn separate(run: &str, words: &mut String) {
    let mut last = b' ';
    for b in run.bytes() {
        let is_sign = !b.is_ascii_alphanumeric();
        if b.is_ascii_uppercase() && last.is_ascii_lowercase() || is_sign && last.is_ascii_alphanumeric() {
            words.push(' ');
        }
        if !is_sign {
            words.push(char::from(b));
        }
        last = b;
    }
    words.truncate(words.trim_end().len());
    words.push_str(".\n");
}

fn hex(run: &str) -> Option<String> {
    if run.len() % 2 == 1 || !run.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    readable(run.as_bytes().chunks(2).map(byte).collect::<Option<Vec<u8>>>()?)
}

fn base64(run: &str) -> Option<String> {
    let bytes = STANDARD_NO_PAD.decode(run).or_else(|_| URL_SAFE_NO_PAD.decode(run)).ok()?;
    readable(bytes)
}

/// RFC 4648 §6, padding left out.
fn base32(run: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(run.len() * 5 / 8);
    let (mut bits, mut held) = (0_u32, 0);
    for b in run.bytes() {
        let five = match b {
            b'A'..=b'Z' => b - b'A',
            b'2'..=b'7' => b - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u32::from(five);
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    readable(bytes)
}

/// The bytes as text, if they read like one.
fn readable(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    text.chars().all(|c| !c.is_control() || c.is_whitespace()).then_some(text)
}
