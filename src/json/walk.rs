//! The walk: one pass over a JSON text, a stack instead of recursion.
//!
//! Source: RFC 8259. Two liberties, both taken so that more texts are seen with their escapes undone: raw
//! control characters in strings, and the words NaN and Infinity, pass, since common writers leave them.

use super::Literal;
use super::escape::{hex4, unescape};
use std::borrow::Cow;
use std::ops::Range;

/// Every literal of `text`, in order, if it is one JSON object or array and nothing else.
///
/// A text that was cut off at its end, as SDKs do past an attribute limit, is walked as far as it goes;
/// an unfinished string is a literal up to the end. Anything else gives `None`: look at it as plain text.
/// Time is linear, and nesting past 1,000 levels gives `None`.
pub fn literals(text: &str) -> Option<Literals<'_>> {
    let start = text.bytes().position(|byte| !is_space(byte))?;
    if !matches!(text.as_bytes()[start], b'{' | b'[') {
        return None;
    }
    let fresh = Literals { text, at: 0, open: Vec::new(), expect: Expect::Value };
    let mut trial = fresh.clone();
    loop {
        match trial.step() {
            Step::Found(_) => (),
            Step::End => return Some(fresh),
            Step::Invalid => return None,
        }
    }
}

/// What a value is told of the key that stands so between its quotes: see [`Literal::key`].
pub fn key_above(raw: &str) -> Cow<'_, str> {
    unescape(&raw[..told(raw)])
}

/// How much of a key is told with its values.
fn told(raw: &str) -> usize {
    raw.floor_char_boundary(MOST_KEY)
}

/// See [`literals`].
#[derive(Clone, Debug)]
pub struct Literals<'a> {
    text: &'a str,
    at: usize,
    open: Vec<Open>,
    expect: Expect,
}

const MOST_NESTING: usize = 1000;
/// Longest key that is told with its values, so that time stays linear.
const MOST_KEY: usize = 256;
/// Shortest integer part of a number that is shown.
const LONG_NUMBER: usize = 9;

/// An object or array that is being walked.
#[derive(Clone, Debug)]
struct Open {
    is_object: bool,
    /// Where the key last seen lies; an array has the one it stands under.
    key: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Expect {
    Value,
    /// After `[`.
    ValueOrEnd,
    Key,
    /// After `{`.
    KeyOrEnd,
    CommaOrEnd,
    /// Only space may follow.
    Nothing,
}

enum Step {
    Found(Token),
    /// The text ended, whole or cut off.
    End,
    Invalid,
}

struct Token {
    is_key: bool,
    is_number: bool,
    at: Range<usize>,
}

impl<'a> Iterator for Literals<'a> {
    type Item = Literal<'a>;

    fn next(&mut self) -> Option<Literal<'a>> {
        let Step::Found(Token { is_key, is_number, at }) = self.step() else {
            return None;
        };
        let key = match self.open.last() {
            Some(open) if !is_key => unescape(&self.text[open.key.clone()]),
            _ => Cow::Borrowed(""),
        };
        Some(Literal { is_key, is_number, key, text: unescape(&self.text[at.clone()]), at })
    }
}

impl Literals<'_> {
    /// Goes on to the next literal.
    fn step(&mut self) -> Step {
        loop {
            self.skip_space();
            let Some(byte) = self.peek() else { return Step::End };
            match (self.expect, byte) {
                (Expect::Value | Expect::ValueOrEnd, b'{' | b'[') => {
                    if self.open.len() == MOST_NESTING {
                        return Step::Invalid;
                    }
                    self.begin(byte == b'{');
                }
                (Expect::ValueOrEnd | Expect::CommaOrEnd, b']') if !self.in_object() => self.close(),
                (Expect::KeyOrEnd | Expect::CommaOrEnd, b'}') if self.in_object() => self.close(),
                (Expect::CommaOrEnd, b',') => {
                    self.at += 1;
                    self.expect = if self.in_object() { Expect::Key } else { Expect::Value };
                }
                (Expect::Key | Expect::KeyOrEnd, b'"') => return self.key(),
                (Expect::Value | Expect::ValueOrEnd, b'"') => {
                    let found = self.string(false);
                    self.expect = Expect::CommaOrEnd;
                    return found;
                }
                (Expect::Value | Expect::ValueOrEnd, _) => match self.scalar() {
                    Some(Some(number)) => return Step::Found(number),
                    Some(None) => (),
                    None => return Step::Invalid,
                },
                _ => return Step::Invalid,
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn in_object(&self) -> bool {
        self.open.last().is_some_and(|open| open.is_object)
    }

    fn begin(&mut self, is_object: bool) {
        let key = match self.open.last() {
            Some(above) if !is_object => above.key.clone(),
            _ => 0..0,
        };
        self.open.push(Open { is_object, key });
        self.at += 1;
        self.expect = if is_object { Expect::KeyOrEnd } else { Expect::ValueOrEnd };
    }

    fn close(&mut self) {
        self.open.pop();
        self.at += 1;
        self.expect = if self.open.is_empty() { Expect::Nothing } else { Expect::CommaOrEnd };
    }

    /// A key, and the colon after it.
    fn key(&mut self) -> Step {
        let Step::Found(token) = self.string(true) else {
            return Step::Invalid;
        };
        self.skip_space();
        match self.peek() {
            Some(b':') => self.at += 1,
            Some(_) => return Step::Invalid,
            None => (),
        }
        if let Some(open) = self.open.last_mut() {
            open.key = token.at.start..token.at.start + told(&self.text[token.at.clone()]);
        }
        self.expect = Expect::Value;
        Step::Found(token)
    }

    /// The string that begins here.
    fn string(&mut self, is_key: bool) -> Step {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut at = start;
        while let Some(found) = bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'\\')) {
            at += found;
            if bytes[at] == b'"' {
                self.at = at + 1;
                return Step::Found(Token { is_key, is_number: false, at: start..at });
            }
            at += match bytes[at + 1..] {
                [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
                [b'u', ref digits @ ..] if hex4(digits, 0).is_some() => 6,
                [b'u', ref cut @ ..] if cut.len() < 4 && cut.iter().all(u8::is_ascii_hexdigit) => {
                    2 + cut.len()
                }
                [] => 1,
                _ => return Step::Invalid,
            };
        }
        self.at = bytes.len();
        Step::Found(Token { is_key, is_number: false, at: start..bytes.len() })
    }

    /// Passes over a word or number; a long number is shown. `None` where it is neither.
    fn scalar(&mut self) -> Option<Option<Token>> {
        let rest = &self.text[self.at..];
        let len = rest.bytes().position(|byte| !is_scalar(byte)).unwrap_or(rest.len());
        let cut = len == rest.len();
        let (scalar, start) = (&rest[..len], self.at);
        let word = ["true", "false", "null", "NaN", "Infinity", "-Infinity"]
            .iter()
            .any(|word| *word == scalar || cut && word.starts_with(scalar));
        if len == 0 || !word && !is_number(scalar, cut) {
            return None;
        }
        self.at += len;
        self.expect = Expect::CommaOrEnd;
        let digits = scalar.trim_start_matches('-').bytes().take_while(u8::is_ascii_digit).count();
        let long = digits >= LONG_NUMBER;
        Some(long.then_some(Token { is_key: false, is_number: true, at: start..start + len }))
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn is_scalar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}

/// Whether `scalar` is a JSON number, or the beginning of one where the text was `cut` off after it.
fn is_number(scalar: &str, cut: bool) -> bool {
    let rest = scalar.strip_prefix('-').unwrap_or(scalar);
    let (whole, rest) = digits(rest);
    let whole_ok = !whole.is_empty() && (whole.len() == 1 || !whole.starts_with('0'));
    let (fraction_ok, rest) = match rest.strip_prefix('.') {
        Some(rest) => {
            let (fraction, rest) = digits(rest);
            (!fraction.is_empty(), rest)
        }
        None => (true, rest),
    };
    let (exponent_ok, rest) = match rest.strip_prefix(['e', 'E']) {
        Some(rest) => {
            let (exponent, rest) = digits(rest.strip_prefix(['+', '-']).unwrap_or(rest));
            (!exponent.is_empty(), rest)
        }
        None => (true, rest),
    };
    let complete = whole_ok && fraction_ok && exponent_ok;
    rest.is_empty() && (complete || cut && (whole_ok || whole.is_empty()))
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect as Text, expect};
    use proptest::prelude::*;

    fn check(text: &str, expected: Text) {
        let shown = literals(text).map(|found| {
            found
                .map(|literal| {
                    let kind = match (literal.is_key, literal.is_number) {
                        (true, _) => "key",
                        (_, true) => "number",
                        _ => "text",
                    };
                    format!("{kind} {:?} under {:?} at {:?}\n", literal.text, literal.key, literal.at)
                })
                .collect::<String>()
        });
        expected.assert_eq(shown.as_deref().unwrap_or("not JSON"));
    }

    #[test]
    fn keys_and_values_are_shown_with_the_key_above() {
        check(
            r#" {"role": "user", "parts": [{"content": "hi"}, "x", ["y"]], "n": {"m": "z"}} "#,
            expect![[r#"
                key "role" under "" at 3..7
                text "user" under "role" at 11..15
                key "parts" under "" at 19..24
                key "content" under "" at 30..37
                text "hi" under "content" at 41..43
                text "x" under "parts" at 48..49
                text "y" under "parts" at 54..55
                key "n" under "" at 61..62
                key "m" under "" at 67..68
                text "z" under "m" at 72..73
            "#]],
        );
    }

    #[test]
    fn escapes_are_undone_and_keep_their_place() {
        check(
            r#"["a\u0040b.c", "plain", "\ud83d\ude00"]"#,
            expect![[r#"
            text "a@b.c" under "" at 2..12
            text "plain" under "" at 16..21
            text "😀" under "" at 25..37
        "#]],
        );
        check(
            r#"{"k\n": "v"}"#,
            expect![[r#"
            key "k\n" under "" at 2..5
            text "v" under "k\n" at 9..10
        "#]],
        );
    }

    #[test]
    fn long_numbers_are_shown() {
        check(
            r#"{"card": 4111111111111111, "n": 12, "f": 1.25e3, "g": -123456789.5}"#,
            expect![[r#"
                key "card" under "" at 2..6
                number "4111111111111111" under "card" at 9..25
                key "n" under "" at 28..29
                key "f" under "" at 37..38
                key "g" under "" at 50..51
                number "-123456789.5" under "g" at 54..66
            "#]],
        );
    }

    #[test]
    fn a_text_that_was_cut_off_is_walked_as_far_as_it_goes() {
        check(
            r#"{"role": "user", "content": "my mail is a\u0040"#,
            expect![[r#"
            key "role" under "" at 2..6
            text "user" under "role" at 10..14
            key "content" under "" at 18..25
            text "my mail is a@" under "content" at 29..47
        "#]],
        );
        check(
            r#"[{"role": "us"#,
            expect![[r#"
            key "role" under "" at 3..7
            text "us" under "role" at 11..13
        "#]],
        );
        check(r#"[1, tru"#, expect![]);
        check(
            r#"{"a": "b\u00"#,
            expect![[r#"
            key "a" under "" at 2..3
            text "b\\u00" under "a" at 7..12
        "#]],
        );
        check(
            r#"["abc",4111111111111"#,
            expect![[r#"
            text "abc" under "" at 2..5
            number "4111111111111" under "" at 7..20
        "#]],
        );
        check(
            r#"{"content"#,
            expect![[r#"
            key "content" under "" at 2..9
        "#]],
        );
        check("[", expect![]);
    }

    #[test]
    fn what_is_no_object_or_array_is_left_to_be_read_as_text() {
        let texts = r#"
            hello | "text" | 12 | [EMAIL] hello | {'a': 1} | {"a": 1} and more | [1,] | {,} | {"a":1,} | [01]
            [4111-1111-1111-1111] | [1 2] | {"a" "b"} | ["a" "b"] | {"a":} | {1: 2} | [} | {] | [1.] | [--1]
            [nul] | ["\x"] | ["\u0"] | ["\u12g4"]
        "#;
        for text in texts.lines().flat_map(|line| line.split('|')).chain(["", " "]) {
            assert!(literals(text).is_none(), "{text}");
        }
    }

    #[test]
    fn nesting_has_an_end() {
        assert!(literals(&"[".repeat(1000)).is_some());
        assert!(literals(&"[".repeat(1001)).is_none());
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            ".*".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::vec((".*", inner), 0..6)
                    .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    /// Every string of `value`, keys before their values.
    fn strings(value: &serde_json::Value, out: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => out.push(text.clone()),
            serde_json::Value::Array(values) => values.iter().for_each(|value| strings(value, out)),
            serde_json::Value::Object(entries) => entries.iter().for_each(|(key, value)| {
                out.push(key.clone());
                strings(value, out);
            }),
            _ => (),
        }
    }

    proptest! {
        #[test]
        fn every_string_of_valid_json_is_shown(value in json()) {
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                let mut expected = Vec::new();
                strings(&value, &mut expected);
                match literals(&text) {
                    Some(found) => {
                        let found: Vec<_> =
                            found.filter(|found| !found.is_number).map(|found| found.text.into_owned()).collect();
                        prop_assert_eq!(found, expected);
                    }
                    None => prop_assert!(!value.is_object() && !value.is_array()),
                }
            }
        }

        #[test]
        fn any_beginning_of_valid_json_is_walked(value in json(), end in 0.0..1.0) {
            let text = serde_json::json!([value]).to_string();
            let mut end = 1 + (text.len() as f64 * end) as usize;
            while !text.is_char_boundary(end) {
                end += 1;
            }
            prop_assert!(literals(&text[..end]).is_some(), "{}", &text[..end]);
        }

        #[test]
        fn literals_lie_where_they_say(value in json()) {
            let text = serde_json::json!({ "top": value }).to_string();
            for literal in literals(&text).unwrap() {
                let raw = &text[literal.at.clone()];
                if literal.is_number {
                    prop_assert_eq!(raw, &*literal.text);
                } else {
                    prop_assert_eq!(serde_json::from_str::<String>(&format!("\"{raw}\"")).unwrap(), &*literal.text);
                }
            }
        }
    }
}
