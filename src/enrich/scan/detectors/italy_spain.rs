//! National identifiers of Italy and Spain.

use crate::enrich::scan::checks::Digits;
use crate::enrich::scan::detector::{Detector, Find, Spot, Tier};

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "IT_FISCAL_CODE",
        tier: Tier::Checked,
        find: Find::Word(16..=16),
        valid: is_fiscal_code,
        context: &[
            "codice fiscale",
            "cod fiscale",
            "cod. fisc",
            "codice fisc",
            "cf",
            "c.f",
            "c.f.",
            "fiscal code",
            "tax code",
        ],
        finds: &["codice fiscale ⟦RSSMRA85T10A562S⟧, nato"],
        leaves: &["RSSMRA85T10A562T"],
        ..Detector::BASE
    },
    Detector {
        kind: "ES_NIF",
        tier: Tier::Checked,
        find: Find::Shape(r"[0-9]{8}-?[A-HJ-NP-TV-Za-hj-np-tv-z]"),
        valid: |spot| has_letter(Digits::of(spot.value()).number(0..8), spot.value()),
        context: &[
            "dni",
            "nif",
            "d.n.i",
            "n.i.f",
            "documento nacional",
            "documento de identidad",
            "doc identidad",
        ],
        finds: &["Mi DNI es ⟦12345678Z⟧.", "⟦88422444-W⟧; Mi"],
        leaves: &["12345678A", "123456789Z"],
        ..Detector::BASE
    },
    Detector {
        kind: "ES_NIE",
        tier: Tier::Checked,
        find: Find::Shape(r"[XYZxyz]-?[0-9]{7}-?[A-HJ-NP-TV-Za-hj-np-tv-z]"),
        valid: is_nie,
        context: &["nie", "n.i.e", "extranjero", "extranjería", "número de identidad"],
        finds: &["Mi NIE es ⟦X-2796214-N⟧ /", "⟦X1234567L⟧"],
        leaves: &["X1234567M"],
        ..Detector::BASE
    },
];

/// Decreto Ministeriale 23 dicembre 1976: odd places by a table, even ones by value, modulo 26.
fn is_fiscal_code(spot: &Spot<'_>) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let value = spot.value().as_bytes();
    // A letter for a digit tells people apart whose codes would be the same (omocodia).
    let fits = |b: &u8, kind: u8| match kind {
        b'A' => b.is_ascii_alphabetic(),
        b'M' => b"ABCDEHLMPRST".contains(&b.to_ascii_uppercase()),
        _ => b.is_ascii_digit() || b"LMNPQRSTUV".contains(&b.to_ascii_uppercase()),
    };
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    if digits < 2 || !value.iter().zip(b"AAAAAA99M99A999A").all(|(b, kind)| fits(b, *kind)) {
        return false;
    }
    let worth = |b: &u8| {
        if b.is_ascii_digit() { b - b'0' } else { b.to_ascii_uppercase() - b'A' }
    };
    let sum: u32 = value[..15]
        .iter()
        .map(worth)
        .enumerate()
        .map(|(i, n)| if i % 2 == 0 { ODD[usize::from(n)] } else { u32::from(n) })
        .sum();
    sum % 26 == u32::from(worth(&value[15]))
}

/// Orden INT/2058/2008: the number modulo 23 picks the letter.
fn has_letter(number: u64, value: &str) -> bool {
    const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    value.bytes().last().map(|b| b.to_ascii_uppercase()) == Some(LETTERS[(number % 23) as usize])
}

/// X, Y and Z in front stand for 0, 1 and 2.
fn is_nie(spot: &Spot<'_>) -> bool {
    let value = spot.value();
    let first = u64::from(value.as_bytes()[0].to_ascii_uppercase() - b'X');
    has_letter(first * 10_000_000 + Digits::of(value).number(0..7), value)
}
