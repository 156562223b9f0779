//! Words that are spelt, dressed up or cut in pieces: letters set apart, digits for letters, accents, sums of strings.

use super::super::lexicon::Spacing;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What is set between letters.
fn is_gap(b: u8) -> bool {
    matches!(b, b' ' | b'-' | b'.' | b'_' | b'*' | b'|' | b'/' | b'~' | b'\n')
}

/// Whether a good part of the text is single letters with a sign or a space between.
pub fn is_spaced(text: &str) -> bool {
    let head = &text.as_bytes()[..text.len().min(64)];
    let alone = |w: &&[u8]| w[0].is_ascii_alphanumeric() && is_gap(w[1]) && w[2].is_ascii_alphanumeric();
    head.len() >= 16 && head.windows(3).filter(alone).count() * 4 >= head.len()
}

/// Letters that one and the same sign sets apart put together, and how the words then stand.
pub fn closed_up(text: &str) -> (String, Spacing) {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut at = 0;
    while at < bytes.len() {
        let gap = bytes.get(at + 1).copied().unwrap_or(0);
        let opens = is_gap(gap) && (at == 0 || !bytes[at - 1].is_ascii_alphanumeric());
        let mut end = at;
        // Letter, gap, letter, the gap always the same, and no letter right behind another.
        while opens
            && bytes[end].is_ascii_alphanumeric()
            && bytes.get(end + 1) == Some(&gap)
            && bytes.get(end + 2).is_some_and(u8::is_ascii_alphanumeric)
            && bytes.get(end + 3).is_none_or(|b| !b.is_ascii_alphanumeric())
        {
            end += 2;
        }
        out.extend(bytes[at..=end].iter().filter(|b| end == at || **b != gap));
        at = end + 1;
        // What follows letters that were set apart is the end of a word, and no more.
        if opens && bytes.get(at).copied().is_some_and(is_gap) {
            out.push(b' ');
            at += bytes[at..].iter().take_while(|b| is_gap(**b)).count();
        }
    }
    let closed = String::from_utf8_lossy(&out).into_owned();
    let words = closed.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let spacing = if words.clone().any(|word| word.len() > 20) { Spacing::None } else { Spacing::Kept };
    (closed, spacing)
}

/// Whether digits and signs stand for letters in many words: `1gn0r3 4ll`.
pub fn is_leet(text: &str) -> bool {
    let head = &text[..text.floor_char_boundary(400)];
    if !head.bytes().any(|b| b.is_ascii_digit() || matches!(b, b'!' | b'@' | b'$')) {
        return false;
    }
    let words = head.split_ascii_whitespace().count();
    let mixed = head.split_ascii_whitespace().filter(|word| is_leet_word(word.as_bytes())).count();
    mixed >= 2 && mixed * 4 >= words
}

/// Whether a digit or sign that looks like a letter stands before a letter, or inside of a word.
fn is_leet_word(word: &[u8]) -> bool {
    let digit = word.iter().position(|b| unleet_char(char::from(*b)) != char::from(*b));
    word.len() >= 3 && digit.is_some_and(|at| word[at..].iter().any(u8::is_ascii_alphabetic))
        || word.len() >= 3
            && word[0].is_ascii_alphabetic()
            && word.iter().filter(|b| b.is_ascii_digit()).count() >= 2
}

/// Digits as the letters that they look like; a double one is a double l.
pub fn unleet(text: &str) -> String {
    text.replace("11", "ll").chars().map(unleet_char).collect()
}

fn unleet_char(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        _ => c,
    }
}

/// Whether most words have an accent, as no language has it.
pub fn is_accented(text: &str) -> bool {
    let head = &text[..text.floor_char_boundary(200)];
    let accent = |c: char| matches!(c, '\u{C0}'..='\u{17F}' | '\u{300}'..='\u{36F}');
    if !head.contains(accent) {
        return false;
    }
    let words = head.split_whitespace().filter(|word| word.len() > 2);
    let accented = words.clone().filter(|word| word.contains(accent)).count();
    accented >= 3 && accented * 3 >= words.count() * 2
}

pub fn unaccented(text: &str) -> String {
    text.nfd().filter(|c| !is_combining_mark(*c)).collect()
}

/// Whether strings are added up: `"ignore" + "all"`, `a+b`.
pub fn is_sum(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'+', bytes).take(16).any(|at| {
        let quote = |b: Option<&u8>| b.is_some_and(|b| matches!(b, b'"' | b'\''));
        let before = bytes[..at].iter().rev().find(|b| **b != b' ');
        let behind = bytes[at + 1..].iter().find(|b| **b != b' ');
        quote(before) && quote(behind)
    }) || has_two_variables(bytes)
}

/// `a='…'; b='…'`: short names that are given strings.
fn has_two_variables(bytes: &[u8]) -> bool {
    let given = memchr::memchr_iter(b'=', bytes).take(16).filter(|at| {
        let name = bytes[..*at]
            .iter()
            .rev()
            .skip_while(|b| **b == b' ')
            .take_while(|b| b.is_ascii_alphanumeric())
            .count();
        let value = bytes[at + 1..].iter().find(|b| **b != b' ');
        (1..=6).contains(&name) && value.is_some_and(|b| matches!(b, b'"' | b'\''))
    });
    given.count() >= 2
}

/// What stands in quotation marks put together: once as it is, once with spaces.
pub fn literals(text: &str) -> String {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['"', '\'']) {
        let quote = rest.as_bytes()[open];
        let inside = &rest[open + 1..];
        let Some(close) = memchr::memchr(quote, inside.as_bytes()) else {
            break;
        };
        // An apostrophe in a word opens nothing.
        let apostrophe = open > 0 && rest.as_bytes()[open - 1].is_ascii_alphanumeric();
        if apostrophe {
            rest = inside;
            continue;
        }
        parts.push(&inside[..close]);
        rest = &inside[close + 1..];
    }
    if parts.len() < 2 { String::new() } else { format!("{}.\n{}.\n", parts.concat(), parts.join(" ")) }
}
