//! National identifiers of Canada and Latin America.

use crate::enrich::scan::checks::{Digits, is_day, is_repdigit, luhn, weighted};
use crate::enrich::scan::detector::{Detector, Edges, Find, Spot, Tier};

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "CA_SIN",
        find: Find::Shape(r"[1-9][0-9]{2}(?:[0-9]{6}| [0-9]{3} [0-9]{3}|-[0-9]{3}-[0-9]{3})"),
        valid: |spot| luhn(&Digits::of(spot.value())),
        context: &[
            "sin",
            "social insurance",
            "sin number",
            "sin card",
            "numéro d'assurance sociale",
            "assurance sociale",
            "n.a.s",
            "nas",
        ],
        finds: &["my SIN is ⟦654-034-297⟧.", "Social Insurance Number: ⟦318894631⟧"],
        leaves: &["batch 318894631", "SIN 318894632"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "BR_CPF",
        tier: Tier::Checked,
        find: Find::Shape(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}"),
        edges: Edges::Number,
        valid: is_cpf,
        context: CPF,
        finds: &["CPF: ⟦409.140.467-72⟧,"],
        leaves: &["409.140.467-73", "111.111.111-11"],
    },
    Detector {
        kind: "BR_CPF",
        find: Find::Shape(r"[0-9]{9}-?[0-9]{2}"),
        valid: is_cpf,
        context: CPF,
        finds: &["CPF ⟦40914046772⟧"],
        leaves: &["lote 40914046772"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "BR_CNPJ",
        tier: Tier::Checked,
        find: Find::Shape(r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}/[0-9]{4}-[0-9]{2}"),
        edges: Edges::Number,
        valid: is_cnpj,
        context: CNPJ,
        finds: &["CNPJ da empresa: ⟦21.535.312/0001-70⟧."],
        leaves: &["21.535.312/0001-71"],
    },
    Detector {
        kind: "BR_CNPJ",
        find: Find::Shape(r"[0-9]{14}"),
        valid: is_cnpj,
        context: CNPJ,
        finds: &["CNPJ ⟦21535312000170⟧"],
        leaves: &["21535312000170"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "MX_CURP",
        tier: Tier::Checked,
        find: Find::Shape(r"[A-Z][AEIOUX][A-Z]{2}[0-9]{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-Z]{3}[A-Z0-9][0-9]"),
        valid: is_curp,
        context: &["curp", "clave única"],
        finds: &["Mi CURP es ⟦BOXW310820HNERXN09⟧."],
        leaves: &["BOXW310820HNERXN08"],
        ..Detector::BASE
    },
    Detector {
        kind: "CL_RUT",
        find: Find::Shape(r"[0-9]{1,2}(?:\.[0-9]{3}\.[0-9]{3}|[0-9]{6})-?[0-9kK]"),
        valid: is_rut,
        context: &[
            "rut",
            "run",
            "r.u.t",
            "r.u.n",
            "cédula",
            "cédula de identidad",
            "rol único",
            "tributario",
            "carnet",
        ],
        finds: &["Mi RUT es ⟦18.082.990-3⟧.", "RUT ⟦10117237-6⟧"],
        leaves: &["18.082.990-3", "RUT 18.082.990-4"],
        ..Detector::NUMBER
    },
];

const CNPJ: &[&str] = &["cnpj", "cadastro nacional", "pessoa jurídica", "empresa"];

const CPF: &[&str] = &["cpf", "cadastro de pessoa", "cadastro de pessoas", "taxpayer", "contribuinte"];

/// Receita Federal: two check digits modulo 11.
fn is_cpf(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    let check = |count: usize| {
        let sum: u32 =
            d[..count].iter().zip((2..=count as u32 + 1).rev()).map(|(d, w)| u32::from(*d) * w).sum();
        sum * 10 % 11 % 10 == u32::from(d[count])
    };
    d.len() == 11 && !is_repdigit(&d) && check(9) && check(10)
}

/// Receita Federal, Instrução Normativa 2119: two check digits modulo 11 with weights 2 to 9.
fn is_cnpj(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    let check = |count: usize| {
        let sum: u32 = d[..count].iter().rev().zip((2..=9).cycle()).map(|(d, w)| u32::from(*d) * w).sum();
        let rest = sum % 11;
        (if rest < 2 { 0 } else { 11 - rest }) == u32::from(d[count])
    };
    d.len() == 14 && !is_repdigit(&d) && check(12) && check(13)
}

/// RENAPO, "Instructivo normativo para la asignación de la CURP": weights 18 to 2, modulo 10.
fn is_curp(spot: &Spot<'_>) -> bool {
    let value = spot.value().as_bytes();
    let worth = |b: u8| match b {
        b'0'..=b'9' => u32::from(b - b'0'),
        // Ñ stands between N and O.
        b'A'..=b'N' => u32::from(b - b'A') + 10,
        _ => u32::from(b - b'A') + 11,
    };
    let sum: u32 = value[..17].iter().zip((2..=18).rev()).map(|(b, w)| worth(*b) * w).sum();
    let date = Digits::of(&spot.value()[4..10]);
    (10 - sum % 10) % 10 == worth(value[17]) && is_day(date.number(2..4), date.number(4..6))
}

/// Registro Civil de Chile: weights 2 to 7 from the right, modulo 11, `K` for ten.
fn is_rut(spot: &Spot<'_>) -> bool {
    let value = spot.value();
    let (body, last) = value.split_at(value.len() - 1);
    let d = Digits::of(body);
    let reversed: [u8; 8] = std::array::from_fn(|i| d.len().checked_sub(i + 1).map_or(0, |at| d[at]));
    let sum = weighted(&reversed, &[2, 3, 4, 5, 6, 7, 2, 3]);
    let check = match 11 - sum % 11 {
        11 => b'0',
        10 => b'K',
        n => b'0' + n as u8,
    };
    (7..=8).contains(&d.len()) && last.as_bytes()[0].to_ascii_uppercase() == check
}
