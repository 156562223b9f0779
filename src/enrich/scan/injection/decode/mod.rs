//! Other readings of a text: what has to be decoded, spelt, put together or turned round before it can be read.
//!
//! Each is made once and from a bounded part of the text. Runs that may be base64, hexadecimal or words without
//! spaces are looked at in every text; the rest only where the text speaks of decoding or looks like it.

mod numbers;
mod runs;
mod spelt;
mod typos;

use super::lexicon::Spacing;

/// Longest text that is read another way as a whole.
const WHOLE_MOST: usize = 16 << 10;
/// Longest that each of the other 24 shifts of a Caesar cipher is tried on.
const SHIFTED_MOST: usize = 400;

/// Calls `judge` with each reading of `text` that may hold another text. `said` says that it speaks of decoding.
pub fn each(text: &str, said: bool, mut judge: impl FnMut(&str, Spacing)) {
    runs::each(text, &mut judge);
    let head = &text[..text.floor_char_boundary(WHOLE_MOST)];
    if spelt::is_spaced(head) {
        let (closed, spacing) = spelt::closed_up(head);
        judge(&closed, spacing);
    }
    if spelt::is_leet(head) {
        judge(&spelt::unleet(head), Spacing::Kept);
    }
    if spelt::is_accented(head) {
        judge(&spelt::unaccented(head), Spacing::Kept);
    }
    if let Some(mended) = typos::mended(head) {
        judge(&mended, Spacing::Kept);
    }
    if said || spelt::is_sum(head) {
        judge(&spelt::literals(head), Spacing::Kept);
    }
    if said || numbers::is_all(head) {
        judge(&numbers::text(head), Spacing::Kept);
    }
    if said {
        ciphers(head, &mut judge);
    }
}

/// Calls `judge` with what `text` may say as a whole: letters shifted, turned round, or in Morse. A short text is read
/// in each way, a long one in those that it names.
fn ciphers(text: &str, judge: &mut impl FnMut(&str, Spacing)) {
    let plain = text.to_ascii_lowercase();
    let names = |words: &[&str]| words.iter().any(|word| plain.contains(word));
    let is_short = text.len() <= SHIFTED_MOST;
    if is_short || names(ROTATED) {
        judge(&shifted(text, 13), Spacing::Kept);
    }
    if is_short || names(REVERSED) {
        judge(&text.chars().rev().collect::<String>(), Spacing::Kept);
    }
    if names(&[".-", "-."]) {
        judge(&numbers::morse(text), Spacing::Kept);
    }
    if names(&["caesar", "shift", "cipher"]) {
        let start = &text[..text.floor_char_boundary(SHIFTED_MOST)];
        (1..26).filter(|by| *by != 13).for_each(|by| judge(&shifted(start, by), Spacing::Kept));
    }
}

/// What names the cipher that shifts letters by 13, or is a word of an attack in it.
const ROTATED: &[&str] =
    &["rot", "cipher", "caesar", "vtaber", "qvfert", "sbetrg", "cerivbh", "flfgrz", "ehyrf"];
/// What names a text that is turned round, or is a word of an attack so.
const REVERSED: &[&str] = &[
    "revers",
    "backward",
    "mirror",
    "erongi",
    "suoiverp",
    "tpmorp",
    "metsys",
    "tegrof",
    "rückwärts",
    "envers",
    "al rev",
    "contr",
    "achterstevoren",
    "od ty",
    "задом",
    "倒着",
    "逆さ",
    "거꾸로",
];

/// Each letter so many places on in the alphabet.
fn shifted(text: &str, by: u8) -> String {
    let turn = |c: char, base: u8| char::from((c as u8 - base + by) % 26 + base);
    let shift = |c: char| match c {
        'a'..='z' => turn(c, b'a'),
        'A'..='Z' => turn(c, b'A'),
        _ => c,
    };
    text.chars().map(shift).collect()
}
