//! Numbers that a line break cuts in two: a copy in which they are whole.

use super::{Joint, Shadow};

/// The furthest that a number is followed on either side of a break.
const REACH: usize = 40;

/// The copy, if some number may go on in the next line. Columns of numbers stay what they are.
pub fn joined(text: &str) -> Option<Shadow> {
    let bytes = text.as_bytes();
    let mut shadow = Shadow::default();
    let mut copied = 0;
    for at in memchr::memchr_iter(b'\n', bytes) {
        let Some((start, end)) = gap(bytes, at).filter(|(start, _)| *start >= copied) else {
            continue;
        };
        shadow.text.push_str(&text[copied..start]);
        shadow.joints.push(Joint { shadow: shadow.text.len(), original: end, wide: 0 });
        copied = end;
    }
    if shadow.joints.is_empty() {
        return None;
    }
    shadow.text.push_str(&text[copied..]);
    Some(shadow)
}

/// The blanks around the break at `at`, if a number goes on behind them.
fn gap(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let blank = |b: &u8| matches!(b, b' ' | b'\r' | b'\t');
    let start = at - bytes[..at].iter().rev().take(4).take_while(|b| blank(b)).count();
    let end = at + 1 + bytes[at + 1..].iter().take(4).take_while(|b| blank(b)).count();
    let last = *bytes.get(start.checked_sub(1)?)?;
    let first = *bytes.get(end)?;
    let goes_on = last.is_ascii_digit()
        || matches!(last, b'-' | b'.') && start > 1 && bytes[start - 2].is_ascii_digit();
    let comes = first.is_ascii_digit() || first == b'-' && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
    if !goes_on || !comes {
        return None;
    }
    let part = |b: &u8| b.is_ascii_digit() || matches!(b, b' ' | b'-' | b'.' | b'\r');
    let back = bytes[..start].iter().rev().take(REACH).take_while(|b| part(b)).count();
    let on = bytes[end..].iter().take(REACH).take_while(|b| part(b)).count();
    let next_line =
        bytes.get(end + on) == Some(&b'\n') && bytes.get(end + on + 1).is_some_and(u8::is_ascii_digit);
    let line_before = start
        .checked_sub(back + 1)
        .is_some_and(|i| bytes[i] == b'\n' && i > 0 && bytes[i - 1].is_ascii_digit());
    // A last cell and the first of the next row are two.
    let word =
        bytes[..start - back].iter().rev().take(REACH).take_while(|b| b.is_ascii_alphanumeric()).count();
    let in_table = start.checked_sub(back + word + 1).is_some_and(|i| matches!(bytes[i], b',' | b';' | b'|'))
        && matches!(bytes.get(end + on), Some(b',' | b';' | b'|'));
    (!next_line && !line_before && !in_table).then_some((start, end))
}
