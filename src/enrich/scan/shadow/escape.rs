//! Escapes of JSON, URLs and HTML, undone once: what `\u0040`, `%40` and `&#64;` stand for.

/// The escape at the start of `rest`: its length in bytes and the character that it stands for.
pub fn read(rest: &str) -> Option<(usize, char)> {
    match rest.as_bytes()[0] {
        b'\\' => backslash(rest.as_bytes()),
        b'%' => percent(rest.as_bytes()),
        b'&' => entity(rest),
        _ => None,
    }
}

/// Whether the per cent sign at `at` begins the only escape of a letter, a digit or a space in a word that has nothing
/// of a URL or a form in it: `Summit%50!` is rather how a password goes.
pub fn is_lone(bytes: &[u8], at: usize) -> bool {
    const WORD_MOST: usize = 64;
    let stands_for = bytes.get(at + 1..at + 3).and_then(hex).map_or(0, |code| code as u8);
    if !stands_for.is_ascii_alphanumeric() && stands_for != b' ' {
        return false;
    }
    let is_word = |b: &&u8| !b.is_ascii_whitespace();
    let before = bytes[..at].iter().rev().take(WORD_MOST).take_while(is_word);
    let behind = bytes[at + 1..].iter().take(WORD_MOST).take_while(is_word);
    before.chain(behind).all(|b| !b"%=&?/:@+".contains(b))
}

/// JSON, Python and JavaScript: one or more backslashes (text that was quoted twice) and what follows.
fn backslash(bytes: &[u8]) -> Option<(usize, char)> {
    let slashes = bytes.iter().take(8).take_while(|b| **b == b'\\').count();
    let rest = &bytes[slashes..];
    match rest.first()? {
        b'u' if rest.get(1) == Some(&b'{') => {
            let digits = rest[2..].iter().take(7).position(|b| *b == b'}')?;
            Some((slashes + digits + 3, char::from_u32(hex(&rest[2..2 + digits])?)?))
        }
        b'u' => unit(&rest[1..]).and_then(|high| match high {
            0xD800..=0xDBFF => {
                let low = rest[5..].strip_prefix(&bytes[..slashes])?.strip_prefix(b"u").and_then(unit)?;
                let code =
                    0x10000 + ((high - 0xD800) << 10) + low.checked_sub(0xDC00).filter(|l| *l < 0x400)?;
                Some((slashes + 5 + slashes + 5, char::from_u32(code)?))
            }
            _ => Some((slashes + 5, char::from_u32(high)?)),
        }),
        b'x' => Some((slashes + 3, char::from(hex(rest.get(1..3)?)? as u8)))
            .filter(|(_, c)| c.is_ascii_graphic() || *c == ' '),
        b'n' | b'r' | b't' => Some((slashes + 1, '\n')),
        b'"' => Some((slashes + 1, '"')),
        b'/' => Some((slashes + 1, '/')),
        _ => None,
    }
}

fn unit(bytes: &[u8]) -> Option<u32> {
    hex(bytes.get(..4)?)
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |n, b| Some(n * 16 + char::from(*b).to_digit(16)?))
}

/// RFC 3986 §2.1, printable characters only; a per cent sign that was escaped itself (`%2540`), and the form that
/// JavaScript once had (`%u0040`).
fn percent(bytes: &[u8]) -> Option<(usize, char)> {
    if bytes.get(1) == Some(&b'u') {
        return Some((6, char::from_u32(unit(&bytes[2..])?)?)).filter(|(_, c)| !c.is_control());
    }
    let again = bytes[1..].chunks(2).take(4).take_while(|pair| *pair == b"25").count() * 2;
    let value = |from: usize| hex(bytes.get(from..from + 2)?).map(|code| char::from(code as u8));
    let (length, c) = match value(1 + again) {
        Some(c) => (3 + again, c),
        None => (3, value(1)?),
    };
    (c.is_ascii_graphic() || c == ' ').then_some((length, c))
}

/// Numeric character references of HTML and the five named ones.
fn entity(rest: &str) -> Option<(usize, char)> {
    // An ampersand that was escaped itself: `&amp;#64;`.
    let twice = rest.strip_prefix("&amp;").is_some_and(|rest| rest.starts_with('#'));
    let start = if twice { 5 } else { 1 };
    let end = start + rest[start..].bytes().take(10).position(|b| b == b';')?;
    let name = &rest[start..end];
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "commat" => '@',
        "period" => '.',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((end + 1, c))
}
