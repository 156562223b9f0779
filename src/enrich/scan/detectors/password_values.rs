//! What may be a password where one is named: no placeholder, no variable, no code, no word of a sentence.

use super::password_names::NAMES;
use crate::enrich::scan::marks;
use std::ops::Range;

pub const VALUE_MOST: usize = 128;

/// The quoted or bare value at `start`; placeholders, variables and code are none.
pub fn value(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = &text[start..text.floor_char_boundary((start + VALUE_MOST).min(text.len()))];
    if marks::end(rest.as_bytes(), 0).is_some() && rest.starts_with('[') {
        return None;
    }
    let quote = rest.bytes().next().filter(|b| matches!(b, b'"' | b'\'' | b'`'));
    let (start, length) = match quote {
        Some(quote) => (start + 1, rest[1..].bytes().position(|b| b == quote || b == b'\n')?),
        None => (start, bare_length(rest)),
    };
    let value = &text[start..start + length];
    let is_prose = match quote {
        None => goes_on_as_prose(value, &text[start + length..]),
        // A shell puts what a command says in its place.
        Some(quote) => quote == b'`' && value.contains(' '),
    };
    (is_secret(value, quote.is_some()) && !is_prose).then_some(start..start + length)
}

/// Whether a bare `value` is the first word of a sentence that `rest` goes on with, a word of another script, or the
/// name of a type: `password: SecretString,`.
fn goes_on_as_prose(value: &str, rest: &str) -> bool {
    let is_letters = value.chars().all(char::is_alphabetic);
    let is_word = is_letters && !value.chars().skip(1).any(char::is_uppercase);
    let goes_on = rest.strip_prefix(' ').is_some_and(|rest| rest.starts_with(char::is_lowercase));
    let is_foreign = !value.is_ascii() && !value.bytes().any(|b| b.is_ascii_alphanumeric());
    let is_type = is_letters && (rest.starts_with([',', ';', '<', '>', ')']) || rest.starts_with(" = "));
    is_word && (goes_on || !value.is_ascii()) || is_foreign || is_type
}

/// Up to a blank or what ends a value in code, a query or a sentence.
fn bare_length(rest: &str) -> usize {
    // Scripts that set no spaces between words go on right behind a password.
    let run = rest.find(|c: char| {
        c.is_ascii_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | ';') || c >= '\u{2E80}'
    });
    let run = run.unwrap_or(rest.len());
    let in_query = rest[..run].find("&").filter(|i| rest[*i..run].contains('='));
    rest[..in_query.unwrap_or(run)].trim_end_matches(['.', ',', ')', '}', ']', ':', '\\', '|']).len()
}

pub fn is_secret(value: &str, quoted: bool) -> bool {
    let bytes = value.as_bytes();
    let Some(first) = bytes.first() else { return false };
    let dull = bytes.iter().all(|b| b == first) || value.contains("****") || marks::is_mark(value);
    let code = matches!(first, b'$' | b'{' | b'<' | b'%' | b'=')
        && bytes.get(1).is_some_and(|b| b"{(<%=".contains(b))
        || value.starts_with('<') && value.ends_with('>')
        || is_reference(value, quoted)
        || quoted && *first == b' '
        || !quoted
            && (matches!(first, b'{' | b'[')
                || value.contains("::")
                || value.starts_with("&[")
                || is_span_of_lengths(value)
                || is_call(value)
                || value.contains('(') && value.ends_with([')', '('])
                || value.contains("environ")
                || value.contains("getenv")
                || is_name_in_code(value));
    let word = value.bytes().all(|b| b.is_ascii_lowercase() || b == b' ') && !quoted
        || is_word(value.split('|').next().unwrap_or(""))
        || is_label(value);
    bytes.len() >= 4 && !dull && !code && !word
}

/// Whether a value stands for another: `$DB_PASSWORD`, `%DB_PASS%`; without quotes `:password`, `@pw`, `&pw` as well.
fn is_reference(value: &str, quoted: bool) -> bool {
    let signs: &[char] = if quoted { &['$', '%'] } else { &['$', '%', ':', '@', '&', '*', '!'] };
    let Some(name) = value.strip_prefix(signs) else { return false };
    let name = name.strip_suffix(['%', '!']).unwrap_or(name);
    let is_name = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b':' | b'.');
    let constant = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    !name.is_empty() && (name.bytes().all(is_name) || constant && value.starts_with(['$', '%']))
}

/// Whether code stands for the value: `hash_password(raw)`, `$_POST['password']`, or a variable named after it.
fn is_call(value: &str) -> bool {
    let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'$');
    let called = value.split_once(['(', '[']).is_some_and(|(name, rest)| {
        !name.is_empty()
            && name.bytes().all(is_name)
            && (rest.is_empty() || !name.ends_with(|c: char| c.is_ascii_digit()))
    });
    let named = ["password", "passwd", "passphrase"].iter().find_map(|name| value.strip_prefix(name));
    called || named.is_some_and(|rest| rest.len() <= 1)
}

/// Whether it says how long a password may be: `8-16`.
fn is_span_of_lengths(value: &str) -> bool {
    let is_length = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    value.split_once(['-', '~']).is_some_and(|(least, most)| is_length(least) && is_length(most))
}

/// Whether an unquoted value is a variable or a constant: `config.password`, `db_password`, `DB_PASSWORD`.
pub fn is_name_in_code(value: &str) -> bool {
    let parted = value.contains(['.', '_']);
    let lower = value.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'.' | b'_'));
    let part_is_word = |part: &str| part.len() > 1 && part.bytes().skip(1).all(|b| b.is_ascii_lowercase());
    let is_words = |name: &str| name.split('_').all(part_is_word);
    let is_constant = |name: &str| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    parted && lower && value.split('.').all(|name| is_words(name) || is_constant(name))
}

/// Whether a value is what a form or a translation calls the field: letters that name a password again.
fn is_label(value: &str) -> bool {
    let is_letters = value.chars().all(|c| c.is_alphabetic() || c == ' ');
    let lower = if is_letters { value.to_lowercase() } else { String::new() };
    NAMES.iter().any(|name| lower.contains(name))
}

/// Values that say something of a password, and are none.
pub fn is_word(value: &str) -> bool {
    [
        "none",
        "null",
        "true",
        "false",
        "string",
        "required",
        "optional",
        "redacted",
        "hidden",
        "changeme",
        "undefined",
    ]
    .iter()
    .any(|word| word.eq_ignore_ascii_case(value))
}
