//! A JSON text made shorter that stays JSON: long strings are cut first, then elements are left out.

use super::escape::{escape, unescape};
use super::literals;
use serde::de::IgnoredAny;

/// Below this many bytes strings are not cut further: elements at the end go instead.
const SHORTEST: usize = 16;

/// `text` in at most `most` bytes, if it is one whole JSON object or array; `None` where it is not, or where
/// `most` has no room for two brackets.
///
/// Every string value keeps its beginning, all of them up to the same length, so that a conversation keeps
/// its turns and roles; a string that is JSON itself stays so too. Where that is not enough the last
/// elements are left out. Keys, numbers and words are kept as they are.
pub fn shorten(text: &str, most: usize) -> Option<String> {
    if most < 2 || serde_json::from_str::<IgnoredAny>(text).is_err() {
        return None;
    }
    let values: Vec<_> = literals(text)?
        .filter(|literal| !literal.is_key && !literal.is_number)
        .map(|found| found.at)
        .collect();
    if text.len() <= most {
        return Some(text.to_string());
    }
    let lens: Vec<usize> = values.iter().map(|at| at.len()).collect();
    let fixed = text.len() - lens.iter().sum::<usize>();
    let each = level(&lens, most.saturating_sub(fixed)).max(SHORTEST);
    let mut out = String::with_capacity(most);
    let mut kept = 0;
    for at in values.into_iter().filter(|at| at.len() > each) {
        out.push_str(&text[kept..at.start]);
        cut_literal(&text[at.clone()], each, &mut out);
        kept = at.end;
    }
    out.push_str(&text[kept..]);
    Some(if out.len() <= most { out } else { leave_out(&out, most) })
}

/// The length to which all of `lens` have to be cut so that together they take `room` at most.
pub fn level(lens: &[usize], room: usize) -> usize {
    let mut lens = lens.to_vec();
    lens.sort_unstable();
    let (mut left, mut count) = (room, lens.len());
    for len in lens {
        if len * count > left {
            return left / count;
        }
        left -= len;
        count -= 1;
    }
    usize::MAX
}

/// Appends the inside of a string literal in at most `most` bytes.
fn cut_literal(raw: &str, most: usize, out: &mut String) {
    let text = unescape(raw);
    // Escaping makes JSON inside JSON longer, mostly by its quotes.
    if let Some(inner) = shorten(&text, most - most / 4) {
        let start = out.len();
        escape(&inner, out);
        if out.len() - start <= most {
            return;
        }
        out.truncate(start);
    }
    out.push_str(&raw[..whole_escapes(raw, most)]);
}

/// The end of what fits into `most` bytes of `raw` without a character or an escape cut in two.
fn whole_escapes(raw: &str, most: usize) -> usize {
    let mut end = 0;
    while let Some(next) = raw[end..].chars().next() {
        let rest = &raw[end..];
        let len = match next {
            '\\' if is_high_surrogate(rest) => 12,
            '\\' if rest[1..].starts_with('u') => 6,
            '\\' => 2,
            other => other.len_utf8(),
        };
        if end + len > most.min(raw.len()) {
            break;
        }
        end += len;
    }
    end
}

/// Whether an escape begins here that needs the next one beside it.
fn is_high_surrogate(rest: &str) -> bool {
    let mut chars = rest.bytes().skip(1);
    let u = chars.next() == Some(b'u');
    let d = chars.next().is_some_and(|byte| byte.eq_ignore_ascii_case(&b'd'));
    u && d && chars.next().is_some_and(|byte| matches!(byte, b'8' | b'9' | b'a' | b'b' | b'A' | b'B'))
}

/// As many whole elements of valid `text` as fit into `most` bytes, every bracket closed.
fn leave_out(text: &str, most: usize) -> String {
    let bytes = text.as_bytes();
    let mut open: Vec<u8> = Vec::new();
    let mut best = (0, Vec::new());
    let (mut in_string, mut at) = (false, 0);
    while at < bytes.len() && at + open.len() <= most {
        let byte = bytes[at];
        at += 1;
        match byte {
            b'\\' if in_string => at += 1,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                open.push(if byte == b'{' { b'}' } else { b']' });
                // Nothing stands in it yet: closed here it is empty.
                note(&mut best, at, &open, most);
            }
            b'}' | b']' => {
                open.pop();
                note(&mut best, at, &open, most);
            }
            // All before the comma is whole.
            b',' => note(&mut best, at - 1, &open, most),
            _ => {}
        }
    }
    let (end, open) = best;
    let closing = open.iter().rev().map(|byte| char::from(*byte));
    text[..end].chars().chain(closing).collect()
}

fn note(best: &mut (usize, Vec<u8>), end: usize, open: &[u8], most: usize) {
    if end + open.len() <= most {
        *best = (end, open.to_vec());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn check(text: &str, most: usize, expected: Option<&str>) {
        assert_eq!(shorten(text, most).as_deref(), expected);
    }

    #[test]
    fn the_longest_strings_are_cut_and_the_turns_stay() {
        let text = r#"[{"role":"system","content":"be kind and helpful to them all"},{"role":"user","content":"hi"}]"#;
        let cut = r#"[{"role":"system","content":"be kind and helpful t"},{"role":"user","content":"hi"}]"#;
        check(text, 84, Some(cut));
    }

    #[test]
    fn elements_go_where_cutting_strings_is_not_enough() {
        check("[1, 22, 333, 4444]", 10, Some("[1, 22]"));
        check(r#"{"a": {"b": 1, "c": [1, 2, 3]}, "d": 4}"#, 24, Some(r#"{"a": {"b": 1, "c": []}}"#));
        check("[1, 2, 3]", 2, Some("[]"));
    }

    #[test]
    fn what_is_not_json_is_not_for_us() {
        check("hello", 3, None);
        check(r#"{"cut": "of"#, 3, None);
        check("\"a string\"", 4, None);
        check("[1]", 1, None);
    }

    #[test]
    fn escapes_are_not_cut_in_two() {
        let text = format!(r#"["{}"]"#, r"\ud83d\ude00".repeat(4));
        check(&text, 30, Some(r#"["\ud83d\ude00\ud83d\ude00"]"#));
        let text = format!(r#"["{}\\\\\\\\"]"#, "x".repeat(15));
        check(&text, 20, Some(r#"["xxxxxxxxxxxxxxx"]"#));
    }

    #[test]
    fn json_inside_json_stays_json() {
        let arguments = json!({ "query": "word ".repeat(40), "limit": 5 }).to_string();
        let text = json!([{ "name": "search", "arguments": arguments }]).to_string();
        let short: Value = serde_json::from_str(&shorten(&text, 150).unwrap()).unwrap();
        let inner: Value = serde_json::from_str(short[0]["arguments"].as_str().unwrap()).unwrap();
        assert_eq!(inner["limit"], 5);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,80}".prop_map(Value::from),
            "[\"\\\\\n\u{e9}\u{1f600}]{0,40}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("[a-z\"]{0,9}", inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_left_is_json_and_fits(value in any_json(), most in 2usize..400, pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            match shorten(&text, most) {
                None => prop_assert!(!value.is_object() && !value.is_array()),
                Some(short) => {
                    prop_assert!(short.len() <= most);
                    let short: Value = serde_json::from_str(&short).unwrap();
                    prop_assert_eq!(short.is_array(), value.is_array());
                }
            }
        }
    }
}
