//! National identifiers of Denmark, Finland, Norway and Sweden.

use crate::enrich::scan::checks::{Digits, is_day, luhn, weighted};
use crate::enrich::scan::detector::{Detector, Edges, Find, Spot, Tier};

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "SE_PERSONNUMMER",
        tier: Tier::Checked,
        find: Find::Shape(r"(?:19|20)?[0-9]{6}[-+][0-9]{4}"),
        edges: Edges::Number,
        valid: is_personnummer,
        context: PERSONNUMMER,
        finds: &["Mitt personnummer är ⟦19811218-9876⟧.", "⟦811218-9876⟧"],
        leaves: &["811218-9877", "819918-9876"],
    },
    Detector {
        kind: "SE_PERSONNUMMER",
        find: Find::Shape(r"(?:19|20)?[0-9]{10}"),
        valid: is_personnummer,
        context: PERSONNUMMER,
        finds: &["personnummer ⟦198112189876⟧"],
        leaves: &["parti 198112189876"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "FI_PERSONAL_IDENTITY_CODE",
        tier: Tier::Checked,
        find: Find::Shape(r"[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]"),
        edges: Edges::Number,
        valid: is_hetu,
        context: &[
            "henkilötunnus",
            "henkilötunnu",
            "hetu",
            "sotu",
            "henkilötunnuksen",
            "personbeteckning",
            "personal identity code",
            "sosiaaliturvatunnus",
        ],
        finds: &["Henkilötunnukseni on ⟦131052-308T⟧."],
        leaves: &["131052-308U", "133052-308T"],
    },
    Detector {
        kind: "DK_CPR",
        find: Find::Shape(r"[0-9]{6}[ -]?[0-9]{4}"),
        valid: |spot| {
            let d = Digits::of(spot.value());
            is_day(d.number(2..4), d.number(0..2))
        },
        context: &[
            "cpr",
            "cpr-nr",
            "cpr-nummer",
            "cpr-nummeret",
            "cprnr",
            "personnummer",
            "danish id",
            "cpr number",
            "personnr",
        ],
        finds: &["Mit CPR-nummer er ⟦070761-4285⟧."],
        leaves: &["070761-4285", "CPR 079961-4285"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "NO_FNR",
        find: Find::Shape(r"[0-9]{6} ?[0-9]{5}"),
        valid: is_fodselsnummer,
        context: &[
            "fødselsnummer",
            "fødselsnummeret",
            "fødselsnr",
            "personnummer",
            "fnr",
            "f.nr",
            "d-nummer",
            "dnr",
            "personnr",
            "norwegian id",
            "national identity",
            "birth number",
        ],
        finds: &["Fødselsnummeret mitt er ⟦01010750160⟧.", "fnr ⟦010107 50160⟧"],
        leaves: &["01010750160", "fnr 01010750161"],
        ..Detector::NUMBER
    },
];

const PERSONNUMMER: &[&str] = &[
    "personnummer",
    "persnr",
    "pers.nr",
    "samordningsnummer",
    "pnr",
    "personnr",
    "swedish id",
    "personal number",
    "personal identity",
];

/// Skatteverket SKV 704: Luhn over the last ten digits; 60 on the day for coordination numbers.
fn is_personnummer(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    let ten = &d[d.len() - 10..];
    let from = d.len() - 10;
    let day = d.number(from + 4..from + 6);
    luhn(ten) && is_day(d.number(from + 2..from + 4), if day > 60 { day - 60 } else { day })
}

/// Väestötietolaki, Digi- ja väestötietovirasto: nine digits modulo 31 pick the last character.
fn is_hetu(spot: &Spot<'_>) -> bool {
    const LAST: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
    let value = spot.value();
    let d = Digits::of(&value[..10]);
    let check = LAST[(d.number(0..9) % 31) as usize];
    value.as_bytes()[10] == check && is_day(d.number(2..4), d.number(0..2))
}

/// Skatteetaten: two check digits modulo 11; D-numbers carry 40 on the day, synthetic ones 80 on the month.
fn is_fodselsnummer(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    let first = weighted(&d, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]);
    let second = weighted(&d, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]);
    let (day, month) = (d.number(0..2), d.number(2..4));
    let day = if day > 40 { day - 40 } else { day };
    first.is_multiple_of(11)
        && second.is_multiple_of(11)
        && is_day(if month > 40 { month % 40 } else { month }, day)
}
