//! Text that has to be decoded to be read: base64, hexadecimal, rot13, letters set apart by spaces.
//! Undone once, bounded, and only where a text speaks of decoding or is spaced out.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Shortest and longest run that is decoded, and how many of them.
const BLOB: std::ops::RangeInclusive<usize> = 16..=16 << 10;
const BLOBS: usize = 8;
/// Longest text that is read as rot13 or spaced letters.
const WHOLE_MOST: usize = 16 << 10;

/// Whether the text is mostly single letters with single spaces between.
pub fn is_spaced(text: &str) -> bool {
    let head = &text.as_bytes()[..text.len().min(64)];
    let alone =
        head.windows(3).filter(|w| w[0] == b' ' && w[1].is_ascii_alphanumeric() && w[2] == b' ').count();
    head.len() >= 24 && alone * 3 >= head.len()
}

/// Whether digits stand for letters in many words: `1gn0r3 4ll`.
pub fn is_leet(text: &str) -> bool {
    let head = &text[..text.floor_char_boundary(400)];
    if !head.bytes().any(|b| b.is_ascii_digit()) {
        return false;
    }
    let words = head.split_ascii_whitespace().count();
    let mixed = head.split_ascii_whitespace().filter(|word| is_leet_word(word.as_bytes())).count();
    mixed >= 3 && mixed * 3 >= words
}

/// Whether a digit that looks like a letter stands before a letter.
fn is_leet_word(word: &[u8]) -> bool {
    let digit = word.iter().position(|b| is_leet_digit(*b));
    word.len() >= 3 && digit.is_some_and(|at| word[at..].iter().any(u8::is_ascii_alphabetic))
}

fn is_leet_digit(b: u8) -> bool {
    matches!(b, b'0' | b'1' | b'3' | b'4' | b'5' | b'7' | b'@' | b'$')
}

/// Digits as the letters that they look like.
fn unleet(c: char) -> char {
    match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        _ => c,
    }
}

/// Calls `judge` with each reading of `text` that may hold another text.
pub fn each(text: &str, mut judge: impl FnMut(&str)) {
    let runs = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_')));
    for run in runs.filter(|run| BLOB.contains(&run.len())).take(BLOBS) {
        if let Some(plain) = hex(run).or_else(|| base64(run)) {
            judge(&plain);
        }
    }
    let head = &text[..text.floor_char_boundary(WHOLE_MOST)];
    if is_spaced(text) {
        judge(&closed_up(head));
    }
    if is_leet(text) {
        judge(&head.chars().map(unleet).collect::<String>());
    }
    judge(&head.chars().map(rot13).collect::<String>());
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

/// The bytes as text, if they read like one.
fn readable(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    text.chars().all(|c| !c.is_control() || c.is_whitespace()).then_some(text)
}

fn rot13(c: char) -> char {
    let turn = |base: u8| char::from((c as u8 - base + 13) % 26 + base);
    match c {
        'a'..='z' => turn(b'a'),
        'A'..='Z' => turn(b'A'),
        _ => c,
    }
}

/// Single spaces dropped, longer gaps kept as one.
fn closed_up(text: &str) -> String {
    let mut out = String::with_capacity(text.len() / 2);
    let mut spaces = 0;
    for c in text.chars() {
        if c == ' ' {
            spaces += 1;
            continue;
        }
        if spaces > 1 {
            out.push(' ');
        }
        spaces = 0;
        out.push(c);
    }
    out
}
