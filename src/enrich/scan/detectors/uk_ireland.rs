//! National identifiers of the United Kingdom and Ireland.

use crate::enrich::scan::checks::{Digits, is_repdigit, weighted};
use crate::enrich::scan::detector::{Detector, Find, Spot, Tier};

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "UK_NINO",
        find: Find::Shape(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]"),
        valid: |spot| {
            !["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"].contains(&&spot.value()[..2])
                && !spot.is_other_number()
        },
        context: &[
            "nino",
            "national insurance",
            "ni number",
            "ni no",
            "insurance number",
            "n.i. number",
            "nat ins",
            "hmrc",
            "paye",
        ],
        finds: &["NI number ⟦TB232479D⟧, bank", "⟦HS 20 92 54 B⟧ --"],
        leaves: &["GB123456A", "TB232479E", "QQ123456C", "SKU AB123456C"],
        ..Detector::BASE
    },
    Detector {
        kind: "UK_NHS",
        find: Find::Shape(r"[0-9]{3}(?:[0-9]{7}|[ -][0-9]{3}[ -][0-9]{4})"),
        valid: is_nhs,
        context: &[
            "nhs",
            "nhs number",
            "nhs no",
            "national health",
            "health service",
            "patient",
            "health number",
            "gp surgery",
            "gp practice",
            "letter",
        ],
        finds: &["NHS number ⟦9434765919⟧\n", "nhs no is ⟦943-476-5919⟧"],
        leaves: &["order 9434765919", "NHS 9434765918"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "IE_PPS",
        tier: Tier::Checked,
        find: Find::Shape(r"[0-9]{7}[A-W][A-IW]?"),
        valid: is_pps,
        context: &["pps", "ppsn", "pps number", "personal public service", "irish"],
        finds: &["my PPSN is ⟦5077669P⟧.", "⟦2486618DW⟧. Can"],
        leaves: &["5077669Q", "50776690P"],
        ..Detector::BASE
    },
];

/// NHS Data Dictionary, "NHS Number": weights 10 to 2, modulo 11.
fn is_nhs(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    let rest = 11 - weighted(&d[..9], &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    !is_repdigit(&d) && rest % 11 == u32::from(d[9])
}

/// Department of Social Protection: weights 8 to 2, and 9 for a second letter, modulo 23.
fn is_pps(spot: &Spot<'_>) -> bool {
    let value = spot.value().as_bytes();
    let second = value.get(8).map_or(0, |b| if *b == b'W' { 0 } else { u32::from(b - b'A') + 1 });
    let sum = weighted(&Digits::of(spot.value()), &[8, 7, 6, 5, 4, 3, 2]) + second * 9;
    let check = (sum % 23) as u8;
    value[7] == if check == 0 { b'W' } else { b'A' + check - 1 }
}
