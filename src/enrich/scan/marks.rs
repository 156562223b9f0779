//! The marks that redaction leaves: `[TYPE]`, `[TYPE:abcdefghijklmnop]`, `[REMOVED]`, `[WITHHELD]`.
//!
//! They are opaque: no value begins in one and no word in one is context, so that a text that has
//! been redacted once stays as it is.

use super::custom::names;
use super::detectors;
use std::sync::LazyLock;

pub const REMOVED: &str = "[REMOVED]";
pub const WITHHELD: &str = "[WITHHELD]";

/// Letters of a keyed hash: four bits each, `a` to `p`, which no detector takes for a number.
pub const HASH_LETTERS: usize = 16;

/// The longest name of a type.
pub const NAME_MOST: usize = 40;

/// Every name of the table that a mark may carry, sorted.
static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut names: Vec<_> = detectors::all().map(|row| row.kind).chain(["REMOVED", "WITHHELD"]).collect();
    names.sort_unstable();
    names.dedup();
    names
});

/// Where the mark ends that begins with the `[` at `at`, if there is one.
pub fn end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at + 1..)?;
    let name = rest
        .iter()
        .take(NAME_MOST)
        .take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b'_')
        .count();
    if name < 3 || !is_name(&rest[..name]) {
        return None;
    }
    let past = at + 1 + name;
    match rest.get(name)? {
        b']' => Some(past + 1),
        b':' => {
            let hash = rest.get(name + 1..name + 1 + HASH_LETTERS)?;
            let closed = rest.get(name + 1 + HASH_LETTERS) == Some(&b']');
            (closed && hash.iter().all(|b| (b'a'..=b'p').contains(b))).then_some(past + 2 + HASH_LETTERS)
        }
        _ => None,
    }
}

fn is_name(name: &[u8]) -> bool {
    NAMES.binary_search_by(|known| known.as_bytes().cmp(name)).is_ok()
        || std::str::from_utf8(name).is_ok_and(|name| names::TYPES.find(name).is_some())
}

/// Whether `value` is one mark and nothing else.
pub fn is_mark(value: &str) -> bool {
    value.starts_with('[') && end(value.as_bytes(), 0) == Some(value.len())
}

/// Whether the byte at `at` lies inside a mark.
pub fn covers(bytes: &[u8], at: usize) -> bool {
    let from = at.saturating_sub(NAME_MOST + HASH_LETTERS + 3);
    let open = bytes[from..at].iter().rposition(|b| *b == b'[');
    open.and_then(|i| end(bytes, from + i)).is_some_and(|end| end > at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_known_by_its_type_and_its_hash() {
        assert!(
            is_mark("[EMAIL_ADDRESS]")
                && is_mark("[US_SSN:abcdefghijklmnop]")
                && is_mark(REMOVED)
                && is_mark(WITHHELD)
        );
        for no in ["[INST]", "[US_SSN:abcdefghijklmnoz]", "[US_SSN", "[]", "[US_SSN:]", "[US_SSN] "] {
            assert!(!is_mark(no), "{no}");
        }
        assert!(covers(b"a [US_SSN] b", 4) && !covers(b"a [US_SSN] b", 11));
    }
}
