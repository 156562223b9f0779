//! International bank account numbers, ISO 13616: a country's length and MOD 97-10 = 1.

use crate::enrich::scan::checks::mod97;
use crate::enrich::scan::detector::{Detector, Edges, Find, Tier};
use std::ops::Range;

pub const ROWS: &[Detector] = &[
    IBAN,
    Detector {
        // SWIFT MT 940, field 86: the account of the other side is its subfield 31, without a blank.
        find: Find::Stem(r"3[18][A-Z]{2}[0-9]{2} ?[A-Z0-9]", |text, stem| {
            let is_subfield = text[..stem.start].ends_with('?');
            is_subfield.then(|| number(text, stem.start + 2..stem.end))?
        }),
        edges: Edges::Free,
        finds: &["?21MIETE?31⟦DE89370400440532013000⟧?32X"],
        leaves: &["31DE89370400440532013000"],
        ..IBAN
    },
];

const IBAN: Detector = Detector {
    kind: "IBAN_CODE",
    tier: Tier::Checked,
    find: Find::Stem(r"(?:[A-Za-z]{2}|[A-Z]{2} )[0-9]{2}[ -]?[A-Za-z0-9]", number),
    edges: Edges::Word,
    context: &[
        "iban",
        "account",
        "bank",
        "konto",
        "kontonummer",
        "compte",
        "cuenta",
        "conto",
        "conta",
        "rekening",
        "rekeningnummer",
        "überweis",
        "überweisung",
        "bankverbindung",
        "virement",
        "transfer",
        "payout",
        "rib",
        "rachunek",
        "konto bankowe",
        "tili",
        "tilinumero",
        "hesap",
        "účet",
        "cont",
        "счет",
        "счёт",
        "账户",
        "帳戶",
        "口座",
        "계좌",
    ],
    finds: &[
        "auf ⟦DE89 3704 0044 0532 0130 00⟧ überweisen",
        "IBAN:⟦GB82WEST12345698765432⟧, thanks",
        "⟦NO93 8601 1117 947⟧ and more text",
        "in pairs: ⟦DE 89 37 04 00 44 05 32 01 30 00⟧",
    ],
    leaves: &["DE88 3704 0044 0532 0130 00", "NO7029297680836", "ab12 cd34"],
    ..Detector::BASE
};

/// Country and length, from the SWIFT IBAN registry, release 99.
const LENGTHS: &[(&[u8; 2], u8)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HN", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
    (b"YE", 30),
];

/// The whole number that begins with `stem`: as many letters and digits as its country has, single
/// spaces or dashes between them allowed.
fn number(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let bytes = &text.as_bytes()[stem.start..];
    let country = [bytes[0].to_ascii_uppercase(), bytes[1].to_ascii_uppercase()];
    let length = LENGTHS.iter().find(|(code, _)| **code == country)?.1;
    let mut code = [0u8; 34];
    let mut count = 0;
    let mut end = 0;
    while count < usize::from(length) {
        match bytes.get(end)? {
            b if b.is_ascii_alphanumeric() => {
                code[count] = *b;
                count += 1;
            }
            b' ' | b'-' if end > 0 && bytes[end - 1].is_ascii_alphanumeric() => {}
            _ => return None,
        }
        end += 1;
    }
    let code = &code[..count];
    let rest = mod97(code[4..].iter().chain(&code[..4]).copied());
    (rest == 1).then_some(stem.start..stem.start + end)
}
