//! National identifiers of Germany, Austria and Switzerland.

use crate::enrich::scan::checks::{Digits, is_day, mod11_10, weighted};
use crate::enrich::scan::detector::{Detector, Edges, Find, Spot, Tier};

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "DE_TAX_ID",
        find: Find::Shape(r"[1-9][0-9](?:[0-9]{9}| [0-9]{3} [0-9]{3} [0-9]{3})"),
        valid: is_tax_id,
        context: &[
            "steuer",
            "steuerid",
            "steuer-id",
            "steuernummer",
            "steueridentifikationsnummer",
            "steuer-identifikationsnummer",
            "steuer-idnr",
            "st.-id",
            "st-id",
            "idnr",
            "id-nr",
            "identifikationsnr",
            "identifikationsnummer",
            "idno",
            "tin",
            "tax id",
            "german tax",
            "tax number",
            "tax identification",
            "elster",
            "finanzamt",
        ],
        finds: &["Meine Steuer-ID lautet ⟦86 095 742 719⟧", "Steueridentifikationsnummer: ⟦86095742719⟧."],
        leaves: &["Charge 86095742719", "Steuer-ID 86095742718"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "DE_SOCIAL_SECURITY",
        tier: Tier::Checked,
        find: Find::Shape(r"[0-9]{2} ?[0-9]{6} ?[A-Z] ?[0-9]{3}"),
        edges: Edges::Number,
        valid: is_insurance_number,
        context: &[
            "versicherungsnummer",
            "rentenversicherung",
            "sozialversicherung",
            "sozialversicherungsnummer",
            "svnr",
            "rvnr",
            "sv-nummer",
            "sv-nr",
            "rv-nummer",
            "rentenversicherungsnummer",
            "sozialversicherungsausweis",
            "social security",
        ],
        finds: &["Rentenversicherungsnummer: ⟦15070649C103⟧.", "⟦65 170839 J 003⟧"],
        leaves: &["15070649C104", "15079949C103"],
    },
    Detector {
        kind: "DE_ID_CARD",
        tier: Tier::ShapeNear,
        find: Find::Word(9..=10),
        valid: is_id_card,
        context: &[
            "personalausweis",
            "ausweis",
            "ausweisnummer",
            "ausweis-nr",
            "ausweisnr",
            "personalausweisnummer",
            "id card",
            "identity card",
            "perso",
            "pa-nummer",
            "identitätskarte",
            "national id",
            "dokumentennummer",
        ],
        finds: &["Ausweisnummer: ⟦T220001293⟧.", "Personalausweisnummer ⟦LZ6311T475⟧"],
        leaves: &["Artikel T220001293"],
        ..Detector::BASE
    },
    Detector {
        kind: "AT_SVNR",
        find: Find::Shape(r"[1-9][0-9]{3} ?[0-9]{6}"),
        valid: is_svnr,
        context: &[
            "vers.-nr",
            "versicherungsnr",
            "svnr",
            "sv-nr",
            "sozialversicherung",
            "sozialversicherungsnummer",
            "versicherungsnummer",
            "ögk",
            "sv-nummer",
            "e-card",
            "vsnr",
            "sva",
            "svs",
            "austrian social",
            "social insurance",
        ],
        finds: &["österreichische SVNR ⟦1237 010180⟧.", "SVNR ⟦1237010180⟧"],
        leaves: &["Charge 1237010180", "SVNR 1238010180"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "CH_AHV",
        tier: Tier::Checked,
        find: Find::Shape(r"756\.?[0-9]{4}\.?[0-9]{4}\.?[0-9]{2}"),
        edges: Edges::Number,
        valid: is_ahv,
        context: &[
            "ahv",
            "avs",
            "oasi",
            "navs",
            "ahv-nr",
            "ahv-nummer",
            "numéro avs",
            "numero avs",
            "sozialversicherungsnummer",
        ],
        finds: &["AHV-Nummer ⟦756.9217.0769.85⟧.", "⟦7569217076985⟧"],
        leaves: &["756.9217.0769.86"],
    },
];

/// § 139b AO, Bundeszentralamt für Steuern: among the first ten digits one comes twice or three
/// times, and the last is the check digit of ISO 7064 MOD 11,10.
fn is_tax_id(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    let mut counts = [0; 10];
    d[..10].iter().for_each(|d| counts[usize::from(*d)] += 1);
    let repeated = counts.iter().filter(|n| **n > 1).count();
    repeated == 1 && counts.iter().all(|n| *n <= 3) && mod11_10(&d)
}

/// Deutsche Rentenversicherung, § 147 SGB VI and VKVV § 2: area, birthday, initial, serial, check digit.
fn is_insurance_number(spot: &Spot<'_>) -> bool {
    let value = spot.value();
    let letter = value.bytes().find(u8::is_ascii_uppercase).map_or(0, |b| b - b'A' + 1);
    let d = Digits::of(value);
    let mut whole = [0u8; 12];
    whole[..8].copy_from_slice(&d[..8]);
    (whole[8], whole[9]) = (letter / 10, letter % 10);
    whole[10..].copy_from_slice(&d[8..10]);
    let sum: u32 = whole
        .iter()
        .zip([2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1])
        .map(|(d, w)| u32::from(*d) * w)
        .map(|product| product / 10 + product % 10)
        .sum();
    // A woman's or a repeated birthday carries 50 on the day in some old numbers.
    let day = d.number(2..4);
    sum % 10 == u32::from(d[10]) && is_day(d.number(4..6), if day > 50 { day - 50 } else { day })
}

/// ICAO 9303 part 3, §4.9: weights 7-3-1 over the serial give the tenth character, where it is there.
fn is_id_card(spot: &Spot<'_>) -> bool {
    let value = spot.value().as_bytes();
    let is_used = |b: &u8| b.is_ascii_digit() || b"CFGHJKLMNPRTVWXYZ".contains(b);
    if value[0].is_ascii_digit() || !value.iter().all(is_used) {
        return false;
    }
    let has_digit = value.iter().any(u8::is_ascii_digit);
    let worth = |b: u8| {
        if b.is_ascii_digit() { u32::from(b - b'0') } else { u32::from(b - b'A') + 10 }
    };
    let sum: u32 = value[..9].iter().zip([7, 3, 1].into_iter().cycle()).map(|(b, w)| worth(*b) * w).sum();
    has_digit
        && value.get(9).is_none_or(|check| check.is_ascii_digit() && sum % 10 == u32::from(check - b'0'))
}

/// § 31 ASVG: a serial, a check digit modulo 11, the birthday.
fn is_svnr(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    let sum = weighted(&d, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]);
    // Months 13 and above stand for birthdays whose serials ran out.
    sum % 11 == u32::from(d[3]) && (1..=31).contains(&d.number(4..6)) && (1..=15).contains(&d.number(6..8))
}

/// GS1 check digit over `756` and the number (Zentrale Ausgleichsstelle).
fn is_ahv(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    weighted(&d, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10)
}
