//! Identifiers of the United States of America.

use crate::enrich::scan::checks::{Digits, luhn};
use crate::enrich::scan::detector::{Detector, Edges, Find, Spot, Tier};

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "US_SSN",
        tier: Tier::Shape,
        find: Find::Shape(r"[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}"),
        edges: Edges::Number,
        valid: |spot| is_ssn(spot) && !is_a_part(spot),
        context: SSN,
        finds: &["ssn ⟦222-48-5171⟧ on file"],
        leaves: &[
            "666-54-7197",
            "581-00-8665",
            "000-12-3456",
            "222-48-0000",
            "Part 337-66-3542 is",
            "078-05-1120",
            "part no. 222-48-5171",
            "P/N 222-48-5171",
            "Cost centre: 222-48-5171",
            "drawing 222-48-5171 rev C",
        ],
    },
    Detector {
        kind: "US_SSN",
        tier: Tier::ShapeNear,
        find: Find::Shape(
            r"[0-8][0-9]{2}(?:[0-9]{6}| [0-9]{2} [0-9]{4}|\.[0-9]{2}\.[0-9]{4}|_[0-9]{2}_[0-9]{4})",
        ),
        edges: Edges::Number,
        valid: is_ssn,
        context: SSN,
        finds: &["SSN: ⟦485 88 2669⟧.", "social security ⟦485882669⟧", "ssn ⟦485_88_2669⟧"],
        leaves: &["batch 485882669"],
    },
    Detector {
        kind: "US_ITIN",
        tier: Tier::Shape,
        find: Find::Shape(r"9[0-9]{2}-[0-9]{2}-[0-9]{4}"),
        edges: Edges::Number,
        valid: |spot| is_itin(spot) && !is_a_part(spot),
        context: ITIN,
        finds: &["My ITIN is ⟦915-60-0350⟧"],
        leaves: &["915-49-0350", "Part 915-60-0350"],
    },
    Detector {
        kind: "US_ITIN",
        tier: Tier::ShapeNear,
        find: Find::Shape(r"9[0-9]{2} ?[0-9]{2} ?[0-9]{4}"),
        edges: Edges::Number,
        valid: is_itin,
        context: ITIN,
        finds: &["ITIN ⟦909 83 6210⟧,"],
        leaves: &["909 83 6210"],
    },
    Detector {
        kind: "ABA_ROUTING_NUMBER",
        find: Find::Shape(r"[0-9]{4}(?:[0-9]{5}|-[0-9]{4}-[0-9])"),
        valid: |spot| is_routing_number(&Digits::of(spot.value())),
        context: &[
            "aba",
            "routing",
            "rtn",
            "wire",
            "routing number",
            "routing no",
            "transit number",
            "transit routing",
            "fedwire",
            "ach",
            "bank routing",
            "micr",
            "usaba</cd></clrsysid><mmbid>",
        ],
        finds: &["ABA ⟦239843724⟧ for the wire", "\"routingNumber\":\"⟦059290094⟧\""],
        leaves: &["batch 239843724", "routing 239843725"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "US_BANK_NUMBER",
        tier: Tier::ShapeNear,
        find: Find::Shape(r"[0-9]{8,17}"),
        context: &[
            "bank account",
            "account",
            "account number",
            "account no",
            "account #",
            "account num",
            "checking account",
            "savings account",
            "checking",
            "savings",
            "acct",
            "acct no",
            "acct number",
            "acct #",
            "a/c",
            "a/c no",
            "bank acct",
            "bank",
            "direct deposit",
            "deposit to",
            "deposit account",
            "beneficiary account",
            "iban or account",
            "acct><id><othr><id>",
        ],
        finds: &["checking account ⟦77401266042⟧. It"],
        leaves: &["order 77401266042"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "US_PASSPORT",
        tier: Tier::ShapeNear,
        find: Find::Shape(r"[A-Z]?[0-9]{8,9}"),
        edges: Edges::Number,
        valid: |spot| spot.value().len() == 9,
        context: &[
            "passport",
            "passport number",
            "passport no",
            "passport #",
            "passports",
            "travel document",
            "passport book",
            "passeport",
            "reisepass",
            "pasaporte",
            "passaporto",
            "passaporte",
            "paspoort",
            "paszport",
            "паспорт",
            "护照",
            "パスポート",
            "여권",
        ],
        finds: &["my passport is ⟦X55799157⟧ and", "US passport number ⟦201417992⟧."],
        leaves: &["lot X55799157"],
    },
    Detector {
        kind: "US_DRIVER_LICENSE",
        tier: Tier::ShapeNear,
        find: Find::Shape(r"(?:[A-Z][0-9]{7,14}|[A-Z]{2}[0-9]{6,7}|[A-Z][0-9]{3}-[0-9]{4}-[0-9]{4})"),
        context: &[
            "driver license",
            "driver's license",
            "drivers license",
            "driver licence",
            "driver's licence",
            "drivers licence",
            "driving license",
            "driving licence",
            "driver's lic",
            "drivers lic",
            "driver lic",
            "dl number",
            "dl no",
            "dl",
            "d.l",
            "driver",
            "dl#",
            "dln",
            "oln",
            "operator's license",
            "driver id",
            "my license is",
            "her license is",
            "his license is",
            "licence is",
            "license number",
            "licence number",
            "license no",
            "license #",
            "operator license",
            "permis de conduire",
            "führerschein",
            "licencia de conducir",
            "dmv",
            "state id",
        ],
        finds: &["driver's license ⟦W8771520⟧,", "DL number: ⟦A2172792⟧;"],
        leaves: &["W8771520 screws"],
        ..Detector::NUMBER
    },
];

const SSN: &[&str] = &[
    "ssn",
    "ss number",
    "social security",
    "social security number",
    "social security no",
    "socialsecurity",
    "socialsec",
    "social sec",
    "ss#",
    "ssn4",
    "soc sec",
    "social",
    "seguro social",
    "número de seguro social",
    "tax id",
    "taxpayer id",
    "tin",
    "national id",
    "social number",
    "ref*sy*",
];
const ITIN: &[&str] =
    &["itin", "taxpayer", "tax id", "individual taxpayer", "taxpayer id", "w-7", "irs", "tax identification"];
/// Words before a number that make it a part's or an order's.
const PARTS: &[&str] = &[
    "part",
    "parts",
    "p/n",
    "s/n",
    "sku",
    "order",
    "item",
    "model",
    "lot",
    "ref",
    "reference",
    "serial",
    "batch",
    "ticket",
    "drawing",
    "sample",
    "specimen",
    "catalog",
    "catalogue",
    "article",
    "product",
    "code",
    "centre",
    "center",
    "gl",
    "version",
    "build",
    "invoice",
    "quote",
    "tracking",
    "asset",
    "bin",
    "shelf",
    "teil",
    "teilenummer",
    "artikel",
    "nsn",
];

/// Whether the label right before a number makes it a part's: `Part no. …`, `P/N …`, `cost centre …`.
fn is_a_part(spot: &Spot<'_>) -> bool {
    const LABEL_MOST: usize = 32;
    const NO: &[&str] = &["no", "nr", "num", "number", "numbers", "#", "№"];
    let from = spot.text.ceil_char_boundary(spot.at.start.saturating_sub(LABEL_MOST));
    let label = spot.text[from..spot.at.start].rsplit('\n').next().unwrap_or("");
    let mut words = label.rsplit([' ', ':', '.', '=', '(', '"', '\'']).filter(|word| !word.is_empty());
    let is = |word: &str, list: &[&str]| list.iter().any(|w| w.eq_ignore_ascii_case(word));
    let word = words.find(|word| !is(word, NO)).unwrap_or("");
    is(word.trim_end_matches('#'), PARTS)
}

/// Social Security Administration, POMS RM 10201.035: no area 000, 666 or 9xx, no group 00, no serial
/// 0000; and the numbers printed on sample cards. It has nine digits.
pub fn is_ssn(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    if d.len() != 9 {
        return false;
    }
    let (area, group, serial) = (d.number(0..3), d.number(3..5), d.number(5..9));
    let sample =
        matches!((area, group, serial), (78, 5, 1120) | (219, 9, 9999) | (457, 55, 5462) | (123, 45, 6789));
    !matches!(area, 0 | 666 | 900..) && group != 0 && serial != 0 && !sample
}

/// Internal Revenue Manual 3.13.5: the fourth and fifth digit lie in 50–65, 70–88, 90–92 or 94–99.
fn is_itin(spot: &Spot<'_>) -> bool {
    matches!(Digits::of(spot.value()).number(3..5), 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

/// American Bankers Association: weights 3-7-1, and a Federal Reserve district in front.
fn is_routing_number(d: &Digits) -> bool {
    let sum = super::super::checks::weighted(d, &[3, 7, 1, 3, 7, 1, 3, 7, 1]);
    d.len() == 9 && sum.is_multiple_of(10) && sum > 0
}

/// National Provider Identifier: Luhn over `80840` and the number (45 CFR 162.406).
pub fn is_npi(d: &Digits) -> bool {
    let mut whole = [8, 0, 8, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    if d.len() != 10 {
        return false;
    }
    whole[5..].copy_from_slice(d);
    luhn(&whole)
}
