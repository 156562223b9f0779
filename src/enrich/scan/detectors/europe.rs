//! National identifiers of France, the Low Countries, Portugal and Central Europe.

use crate::enrich::scan::checks::{Digits, is_day, is_repdigit, weighted};
use crate::enrich::scan::detector::{Detector, Edges, Find, Spot, Tier};

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "FR_NIR",
        tier: Tier::Checked,
        find: Find::Shape(
            r"[123478](?: [0-9]{2} [0-9]{2} [0-9][0-9AB] [0-9]{3} [0-9]{3} [0-9]{2}|[0-9]{4}[0-9][0-9AB][0-9]{6} ?[0-9]{2})",
        ),
        edges: Edges::Number,
        valid: is_nir,
        context: &[
            "sécurité sociale",
            "n° ss",
            "numéro ss",
            "no ss",
            "nir",
            "insee",
            "carte vitale",
            "numéro de sécu",
            "num sécu",
            "sécu",
            "n° sécu",
            "assuré",
            "french social",
        ],
        finds: &["sociale est ⟦2 04 05 80 768 560 20⟧.", "⟦104065326486513⟧"],
        leaves: &["2 04 05 80 768 560 21", "104065326486514"],
    },
    Detector {
        kind: "NL_BSN",
        find: Find::Shape(r"[0-9]{9}|[0-9]{4}\.[0-9]{2}\.[0-9]{3}"),
        valid: is_bsn,
        context: &[
            "bsn",
            "burgerservicenummer",
            "burgerservicenr",
            "sofinummer",
            "burger service nummer",
            "sofinummer",
            "sofi-nummer",
            "sofi",
            "bsn-nummer",
            "bsnr",
            "citizen service",
            "dutch id",
            "burgernummer",
        ],
        finds: &["Mijn BSN is ⟦111222333⟧.", "⟦111222333⟧ (BSN) en"],
        leaves: &["partij 111222333", "BSN 111222334"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "BE_NRN",
        tier: Tier::Checked,
        find: Find::Shape(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}"),
        edges: Edges::Number,
        valid: is_nrn,
        context: NRN,
        finds: &["rijksregisternummer ⟦85.07.30-033.28⟧."],
        leaves: &["85.07.30-033.29"],
    },
    Detector {
        kind: "BE_NRN",
        find: Find::Shape(r"[0-9]{6}[ -]?[0-9]{3}[ .]?[0-9]{2}"),
        valid: is_nrn,
        context: NRN,
        finds: &["INSZ: ⟦85073003328⟧."],
        leaves: &["lot 85073003328"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "PT_NIF",
        find: Find::Shape(r"[1-35689][0-9]{2} ?[0-9]{3} ?[0-9]{3}"),
        valid: |spot| {
            let d = Digits::of(spot.value());
            let rest = weighted(&d[..8], &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
            u32::from(d[8]) == if rest < 2 { 0 } else { 11 - rest }
        },
        context: &[
            "nif",
            "contribuinte",
            "nº contribuinte",
            "número fiscal",
            "número de identificação fiscal",
            "identificação fiscal",
            "nipc",
            "finanças",
            "tax number",
            "portuguese tax",
            "fiscal number",
        ],
        finds: &["O meu NIF é ⟦309975840⟧."],
        leaves: &["lote 309975840", "NIF 309975841"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "PL_PESEL",
        find: Find::Shape(r"[0-9]{11}"),
        valid: is_pesel,
        context: &["pesel", "pesela", "pesel-em", "numer pesel", "nr pesel"],
        finds: &["Mój PESEL to ⟦44051401359⟧."],
        leaves: &["44051401359", "PESEL 44051401358"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "RO_CNP",
        find: Find::Shape(r"[1-9][0-9]{12}"),
        valid: is_cnp,
        context: &[
            "cnp",
            "c.n.p",
            "cod numeric personal",
            "codul numeric",
            "personal numeric code",
            "cnp-ul",
        ],
        finds: &["CNP-ul meu este ⟦2810909261291⟧."],
        leaves: &["2810909261291", "CNP 2810909261292"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "CZ_RC",
        find: Find::Shape(r"[0-9]{6}/?[0-9]{3,4}"),
        valid: is_rodne_cislo,
        context: &[
            "rodné číslo",
            "rodného čísla",
            "rodným číslem",
            "rodnému číslu",
            "r.č",
            "rč",
            "rodné č",
            "birth number",
            "personal number",
        ],
        finds: &["Moje rodné číslo je ⟦635410/3272⟧."],
        leaves: &["635410/3272", "rodné číslo 635410/3273"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "TR_NATIONAL_ID",
        find: Find::Shape(r"[1-9][0-9]{10}"),
        valid: is_tc_kimlik,
        context: &[
            "kimlik",
            "tckn",
            "tc no",
            "t.c",
            "tc kimlik",
            "vatandaşlık",
            "kimlik no",
            "turkish id",
            "national id",
            "identity number",
            "citizenship number",
            "tc numarası",
        ],
        finds: &["TC kimlik numaram ⟦10000000146⟧."],
        leaves: &["10000000146", "kimlik 10000000147"],
        ..Detector::NUMBER
    },
];

const NRN: &[&str] = &[
    "rijksregister",
    "rijksregisternummer",
    "insz",
    "inss",
    "registre national",
    "numéro national",
    "niss",
    "rrn",
    "nrn",
    "nationaal nummer",
    "national register",
    "national number",
    "nationalregister",
];

/// INSEE: 97 less the thirteen digits modulo 97; Corsica's 2A and 2B count as 19 and 18.
fn is_nir(spot: &Spot<'_>) -> bool {
    let mut number = 0u64;
    let mut digits = 0;
    for b in spot.value().bytes().filter(|b| *b != b' ') {
        let digit = match b {
            b'A' => 9,
            b'B' => 8,
            _ => b - b'0',
        };
        if b.is_ascii_uppercase() {
            number -= 1;
        }
        number = number * 10 + u64::from(digit);
        digits += 1;
    }
    let (body, key) = (number / 100, number % 100);
    let month = body / 10_u64.pow(8) % 100;
    digits == 15 && 97 - body % 97 == key && matches!(month, 1..=12 | 20 | 30..=42 | 50..=99)
}

/// Rijksdienst voor Identiteitsgegevens, Logisch Ontwerp BRP: the eleven test with weight −1 last.
fn is_bsn(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    let sum = weighted(&d[..8], &[9, 8, 7, 6, 5, 4, 3, 2]);
    sum >= 11 && sum % 11 == u32::from(d[8]) && !is_repdigit(&d)
}

/// Rijksregister: 97 less the first nine digits modulo 97, with a 2 in front for those born from 2000.
fn is_nrn(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    let (body, key) = (d.number(0..9), d.number(9..11));
    let check = |n: u64| 97 - n % 97 == key;
    // Twenty or forty on the month mark numbers that were given without a known sex.
    let month = d.number(2..4) % 20;
    (check(body) || check(2_000_000_000 + body)) && month <= 12 && d.number(4..6) <= 31 && !is_repdigit(&d)
}

/// Dz. U. 2011 nr 84 poz. 457 (PESEL): weights 1-3-7-9; the century is added to the month.
fn is_pesel(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    let sum = weighted(&d, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]);
    sum.is_multiple_of(10) && is_day(d.number(2..4) % 20, d.number(4..6))
}

/// Legea 105/1996: weights 279146358279, modulo 11, ten counts as one.
fn is_cnp(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    let rest = weighted(&d[..12], &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    u32::from(d[12]) == if rest == 10 { 1 } else { rest } && is_day(d.number(3..5), d.number(5..7))
}

/// Zákon 133/2000 Sb.: divisible by eleven (since 1954); women carry 50 on the month, spare series 20.
fn is_rodne_cislo(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    let month = d.number(2..4) % 50;
    let month = if month > 20 { month - 20 } else { month };
    let divisible = match d.len() {
        10 => d.number(0..10).is_multiple_of(11) || d.number(0..9) % 11 == 10 && d[9] == 0,
        _ => d.len() == 9 && spot.value().contains('/') && d.number(0..2) < 54,
    };
    divisible && is_day(month, d.number(4..6))
}

/// Nüfus Hizmetleri: the tenth digit from odd and even places, the eleventh the sum of the ten.
fn is_tc_kimlik(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    let odd = weighted(&d, &[1, 0, 1, 0, 1, 0, 1, 0, 1]);
    let even = weighted(&d, &[0, 1, 0, 1, 0, 1, 0, 1]);
    let tenth = (odd * 7 + 90 - even) % 10;
    let sum: u32 = d[..10].iter().map(|d| u32::from(*d)).sum();
    tenth == u32::from(d[9]) && sum % 10 == u32::from(d[10])
}
