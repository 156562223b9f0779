//! Texts in numbers and in Morse.

/// So many numbers are read.
const MOST: usize = 4096;

/// Whether the text begins with nothing but numbers that may be characters.
pub fn is_all(text: &str) -> bool {
    let head = &text.as_bytes()[..text.len().min(48)];
    head.len() == 48
        && (head.iter().all(|b| b.is_ascii_digit() || matches!(b, b' ' | b',' | b'\n')) || is_hex_pairs(head))
}

/// Bytes in hexadecimal with a space or a colon between.
fn is_hex_pairs(text: &[u8]) -> bool {
    let pair = |c: &[u8]| c[..2].iter().all(u8::is_ascii_hexdigit) && matches!(c[2], b' ' | b':' | b'-');
    text.chunks_exact(3).all(pair)
}

/// The characters that its numbers stand for: eight bits each, or 32 to 126. What is no number is left out.
pub fn text(text: &str) -> String {
    let start = &text.as_bytes()[..text.len().min(24)];
    if start.len() == 24 && is_hex_pairs(start) && start.iter().any(|b| b.is_ascii_alphabetic()) {
        let byte =
            |part: &str| u8::from_str_radix(part, 16).ok().filter(|b| (32..127).contains(b)).map(char::from);
        return text.split([' ', ':', '-']).take(MOST).filter_map(byte).collect();
    }
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    numbers.take(MOST).filter_map(character).collect()
}

fn character(number: &str) -> Option<char> {
    let code = match number.len() {
        8 => u8::from_str_radix(number, 2).ok()?,
        2 | 3 => number.parse().ok()?,
        _ => return None,
    };
    (32..127).contains(&code).then(|| char::from(code))
}

/// ITU-R M.1677-1, by dots and dashes: the letters.
const MORSE: [&str; 26] = [
    ".-", "-...", "-.-.", "-..", ".", "..-.", "--.", "....", "..", ".---", "-.-", ".-..", "--", "-.", "---",
    ".--.", "--.-", ".-.", "...", "-", "..-", "...-", ".--", "-..-", "-.--", "--..",
];

/// The letters that stand in it as Morse; a slash is a space.
pub fn morse(text: &str) -> String {
    let letter = |part: &str| match part {
        "/" | "|" => Some(' '),
        _ => (b'a'..).zip(MORSE).find(|(_, code)| *code == part).map(|(letter, _)| char::from(letter)),
    };
    text.split_ascii_whitespace().take(MOST).filter_map(letter).collect()
}
