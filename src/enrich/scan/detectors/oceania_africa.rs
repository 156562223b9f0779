//! National identifiers of Australia and South Africa.

use crate::enrich::scan::checks::{Digits, is_day, luhn, weighted};
use crate::enrich::scan::detector::{Detector, Find, Spot};

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "AU_TFN",
        find: Find::Shape(r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}"),
        valid: |spot| {
            let sum = weighted(&Digits::of(spot.value()), &[1, 4, 3, 7, 5, 8, 6, 9, 10]);
            sum > 0 && sum.is_multiple_of(11)
        },
        context: &["tfn", "t.f.n", "tax file", "tax file number", "taxfile", "australian tax", "ato"],
        finds: &["my tax file number is ⟦123 456 782⟧.", "\"taxFileNumber\":\"⟦123456782⟧\""],
        leaves: &["lot 123456782", "TFN 123456783"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "AU_ABN",
        find: Find::Shape(r"[1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}"),
        valid: is_abn,
        context: &["abn", "a.b.n", "australian business", "business number", "abn number", "abn no", "gst"],
        finds: &["Our ABN is ⟦51 824 753 556⟧."],
        leaves: &["51824753556", "ABN 51824753557"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "AU_MEDICARE",
        find: Find::Shape(r"[2-6][0-9]{3}[ -]?[0-9]{5}[ -]?[0-9](?:[ -/]?[1-9])?"),
        valid: |spot| {
            let d = Digits::of(spot.value());
            weighted(&d[..8], &[1, 3, 7, 9, 1, 3, 7, 9]) % 10 == u32::from(d[8]) && d[9] != 0
        },
        context: &["medicare", "medicare card", "medicare number", "medicare no", "medicarenumber", "irn"],
        finds: &["Medicare card ⟦2123 45670 1⟧."],
        leaves: &["2123456701", "medicare 2123 45671 1"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "ZA_ID_NUMBER",
        find: Find::Shape(r"[0-9]{6} ?[0-9]{4} ?[01][0-9]{2}"),
        valid: |spot| {
            let d = Digits::of(spot.value());
            luhn(&d) && is_day(d.number(2..4), d.number(4..6))
        },
        context: &[
            "south african",
            "south africa",
            "id number",
            "id no",
            "identity number",
            "sa id",
            "rsa id",
            "identity document",
            "id book",
            "green id",
            "said",
            "rsa",
            "id nommer",
            "identiteitsnommer",
            "national id",
        ],
        finds: &["South African ID number ⟦8001015009087⟧."],
        leaves: &["8001015009087", "SA ID 8001015009088"],
        ..Detector::NUMBER
    },
];

/// Australian Business Register: one less on the first digit, weights 10, 1, 3 … 19, modulo 89.
fn is_abn(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    let sum = weighted(&d, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    d.len() == 11 && sum >= 10 && (sum - 10).is_multiple_of(89)
}
