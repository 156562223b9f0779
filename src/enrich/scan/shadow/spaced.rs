//! Values written apart: digits with spaces between, addresses said in words.

use std::ops::Range;

/// So many characters that stand singly are one value written apart.
const LEAST: usize = 6;
/// The longest run that is looked at from one place: an address of 40 characters.
const MOST: usize = 80;

/// The run of single characters, each with one space behind, around the space at `space`: `4 1 1 1 1 1`. `None`
/// unless there are six digits among them, or an address.
#[inline]
pub fn run(bytes: &[u8], space: usize) -> Option<Range<usize>> {
    // Cheap, since most spaces stand behind a word: one character, a space, one character, a space.
    if bytes.get(space + 2) != Some(&b' ') {
        return None;
    }
    run_around(bytes, space)
}

fn run_around(bytes: &[u8], space: usize) -> Option<Range<usize>> {
    let single = |at: usize| {
        bytes.get(at).is_some_and(u8::is_ascii_graphic)
            && bytes.get(at + 1).is_none_or(|b| !b.is_ascii_alphanumeric())
    };
    let start = space.checked_sub(1)?;
    let begins = start == 0 || !bytes[start - 1].is_ascii_alphanumeric();
    if !begins || !single(start) || !single(space + 1) {
        return None;
    }
    let mut end = space;
    while bytes.get(end) == Some(&b' ') && single(end + 1) && end - start < 2 * MOST {
        end += 2;
    }
    let run = &bytes[start..end];
    let digits = run.iter().filter(|b| b.is_ascii_digit()).count();
    let is_address = run.contains(&b'@') && run.contains(&b'.');
    let is_value = digits >= LEAST || is_address || digits >= 3 && !run.iter().any(u8::is_ascii_lowercase);
    (end - start > 2 * LEAST - 2 && is_value).then_some(start..end)
}

/// Words for `@` and for the dot. Those of other languages count only before a well-known ending.
const AT: &[&str] =
    &["at", "arroba", "arobase", "chiocciola", "aet", "apenstaartje", "malpa", "snabel-a", "klammeraffe"];
const DOT: &[&str] =
    &["dot", "punto", "ponto", "point", "punkt", "punt", "kropka", "piste", "prikk", "tecka"];
const ENDINGS: &[&str] = &[
    "com", "org", "net", "info", "eu", "io", "co", "de", "fr", "es", "it", "pt", "br", "nl", "be", "pl",
    "se", "no", "dk", "fi", "at", "ch", "uk", "us", "mx", "ar", "cl", "dev", "app", "edu", "gov", "biz",
    "me", "cz", "ro", "ru",
];

/// What an address is written with instead of its sign, at the space, bracket or sign at `at`: how long it is,
/// and the sign.
pub fn sign(bytes: &[u8], at: usize) -> Option<(usize, char)> {
    let mut from = at;
    let space = bytes.get(from) == Some(&b' ');
    from += usize::from(space);
    let closing = match bytes.get(from)? {
        b'[' => Some(b']'),
        b'(' => Some(b')'),
        b'{' => Some(b'}'),
        b'<' => Some(b'>'),
        _ => None,
    };
    let open = from + usize::from(closing.is_some());
    let rest = &bytes[open..];
    let is = |words: &[&'static str]| {
        let said =
            |w: &&&'static str| rest.get(..w.len()).is_some_and(|r| r.eq_ignore_ascii_case(w.as_bytes()));
        words.iter().find(said).map(|w| w.len())
    };
    let (length, sign) = match rest.first()? {
        b'@' => (1, '@'),
        b'.' => (1, '.'),
        _ => is(AT).map(|n| (n, '@')).or_else(|| is(DOT).map(|n| (n, '.')))?,
    };
    let mut end = open + length;
    if let Some(closing) = closing {
        if bytes.get(end) != Some(&closing) {
            return None;
        }
        end += 1;
    }
    // A word has to stand apart; a sign in brackets or with a space before it may.
    let space_behind = bytes.get(end) == Some(&b' ');
    if closing.is_none() && (!space || !space_behind) {
        return None;
    }
    Some((end + usize::from(space_behind) - at, sign))
}

/// Whether the word or sign behind a space or bracket may be one of [`sign`]'s: two bytes tell.
fn may_say_sign(rest: &[u8]) -> bool {
    let second = rest.get(1).map_or(0, |b| b | 0x20);
    match rest.first().map_or(0, |b| b | 0x20) {
        b'a' => matches!(second, b't' | b'r' | b'e' | b'p'),
        b'd' => second == b'o',
        b'p' => matches!(second, b'u' | b'o' | b'i' | b'r') && rest.len() > 4,
        b'c' => second == b'h',
        b'k' => matches!(second, b'l' | b'r'),
        b'm' => second == b'a',
        b's' => second == b'n',
        b't' => second == b'e',
        // With the bit set, `[` is `{` and `@` is a backquote.
        sign => matches!(sign, b'`' | b'.' | b'{' | b'(' | b'<'),
    }
}

/// Where the address ends whose disguised `@` (or a dot before it) stands at `at`; `at` itself where there is none.
#[inline]
pub fn address(bytes: &[u8], at: usize) -> usize {
    let begins =
        at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || matches!(bytes[at - 1], b'_' | b'-' | b'+'));
    if begins && may_say_sign(&bytes[at + 1..]) { address_around(bytes, at) } else { at }
}

fn address_around(bytes: &[u8], at: usize) -> usize {
    let mut end = at;
    let mut signs = 0;
    let mut has_at = false;
    let mut english = true;
    // `look at example.com` is no address: one sign in words needs another.
    let mut said_at = false;
    let mut said_dot = false;
    loop {
        match sign(bytes, end) {
            Some((length, sign)) => {
                if sign == '@' && has_at || sign == '.' && !has_at && signs > 2 {
                    return at;
                }
                has_at |= sign == '@';
                let said = bytes[end..end + length].trim_ascii();
                said_at |= sign == '@' && said[0].is_ascii_alphabetic();
                said_dot |= sign == '.';
                english &= !said[0].is_ascii_alphabetic()
                    || said.eq_ignore_ascii_case(b"at")
                    || said.eq_ignore_ascii_case(b"dot");
                end += length;
            }
            // A sign in plain sight may stand among them.
            None if matches!(bytes.get(end), Some(b'.' | b'@')) && signs > 0 => {
                has_at |= bytes[end] == b'@';
                end += 1;
            }
            None => return at,
        }
        signs += 1;
        let label = bytes[end..]
            .iter()
            .take(64)
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            .count();
        if label == 0 || label == 64 || signs > 9 {
            return at;
        }
        let name = &bytes[end..end + label];
        end += label;
        let goes_on = sign(bytes, end).is_some()
            || matches!(bytes.get(end), Some(b'.' | b'@'))
                && bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric);
        if !goes_on || has_at && signs > 1 && !continues(bytes, end) {
            let known = ENDINGS.iter().any(|e| name.eq_ignore_ascii_case(e.as_bytes()));
            let plausible = (2..=24).contains(&label) && name.iter().all(u8::is_ascii_alphabetic);
            let is_address = has_at && signs > 1 && plausible && (english || known);
            return if is_address && (said_dot || !said_at) { end } else { at };
        }
    }
}

/// Whether another dot follows that belongs to the address: the end of a sentence does not.
fn continues(bytes: &[u8], at: usize) -> bool {
    match sign(bytes, at) {
        Some((length, sign)) => {
            let said = bytes[at..at + length].trim_ascii();
            sign == '.' && (said != b"." || bytes.get(at + length).is_some_and(u8::is_ascii_lowercase))
        }
        None => bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric),
    }
}
