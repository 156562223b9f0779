//! Payment cards, ISO/IEC 7812-1: an issuer's range, its length, and the Luhn digit.

use crate::enrich::scan::checks::{Digits, is_repdigit, luhn};
use crate::enrich::scan::detector::{Detector, Edges, Find, Spot, Tier};

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "CREDIT_CARD",
        tier: Tier::Checked,
        find: Find::Shape(
            r"[2-6][0-9]{3}(?:(?:[ -]?[0-9]{4}){3}|[ -]?[0-9]{6}[ -]?[0-9]{4,5}|\.[0-9]{4}\.[0-9]{4}\.[0-9]{4})",
        ),
        edges: Edges::Digits,
        valid: is_card,
        context: WORDS,
        finds: &[
            "pay with ⟦4111 1111 1111 1111⟧ please",
            "⟦2221-0000-0000-0009⟧",
            "amex ⟦3782 822463 10005⟧.",
            "x_⟦4111111111111111⟧_y",
            "diners ⟦30569309025904⟧",
        ],
        leaves: &["order 4111 1111 1111 1112", "voucher 9078587684752", "4.111111111111111"],
    },
    Detector {
        kind: "CREDIT_CARD",
        tier: Tier::CheckedNear,
        find: Find::Shape(
            r"(?:[3-6][0-9]{11,18}|(?:2131|1800)[0-9]{11}|[3-6][0-9](?:[ -][0-9]{2}){7}|[3-6][0-9]{3}(?:(?:,[0-9]{4}){3}|(?:/[0-9]{4}){3}|(?:_[0-9]{4}){3}|(?:, [0-9]{4}){3})|[3-6](?:[-.][0-9]){14,15})",
        ),
        edges: Edges::Number,
        valid: is_rare_card,
        context: WORDS,
        finds: &[
            "my card ⟦4222222222222⟧",
            "maestro ⟦676770830005⟧",
            "my card: ⟦41 11 11 11 11 11 11 11⟧",
            "card ⟦4111,1111,1111,1111⟧",
            "card ⟦4111/1111/1111/1111⟧",
            "card ⟦4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1⟧",
        ],
        leaves: &[
            "tracking 4222222222222",
            "card limits: 4111,1111,1111,1112",
            "sizes 4111, 1111, 1111, 1111",
        ],
    },
];

const WORDS: &[&str] = &[
    "card",
    "card number",
    "card no",
    "card #",
    "cardnumber",
    "cardno",
    "card_number",
    "debit card",
    "credit card",
    "visa",
    "mastercard",
    "master card",
    "amex",
    "american express",
    "maestro",
    "discover",
    "jcb",
    "diners",
    "unionpay",
    "carte bancaire",
    "carte bleue",
    "carte de crédit",
    "numéro de carte",
    "n° de carte",
    "carte",
    "tarjeta",
    "tarjeta de crédito",
    "kreditkarte",
    "kreditkartennummer",
    "kartennummer",
    "karte",
    "carta di credito",
    "carta",
    "cartão",
    "cartão de crédito",
    "creditcard",
    "creditcardnummer",
    "karta",
    "kartę",
    "karty",
    "kartą",
    "karcie",
    "numer karty",
    "kort",
    "kortnummer",
    "kreditkort",
    "kredittkort",
    "kortti",
    "kortin",
    "kredi kartı",
    "kart",
    "číslo karty",
    "kartu",
    "信用卡",
    "银行卡",
    "銀行卡",
    "卡号",
    "卡號",
    "クレジットカード",
    "カード",
    "カード番号",
    "카드",
    "카드번호",
    "карт",
    "карта",
    "карты",
    "номер карты",
    "pan number",
    "pan",
    "primary account",
    "cc",
    "charge",
    "cc number",
    "ccnum",
    "cc_num",
    "cvv",
    "exp date",
];

fn is_card(spot: &Spot<'_>) -> bool {
    let digits = Digits::of(spot.value());
    issuer_takes(&digits) && luhn(&digits) && !is_repdigit(&digits) && separators_agree(spot.value())
}

/// Maestro and other lengths from 12 to 19: the first digit alone says little.
fn is_rare_card(spot: &Spot<'_>) -> bool {
    let digits = Digits::of(spot.value());
    let range = match digits[0] {
        // JCB's old numbers of 15 digits.
        1 | 2 => digits.len() == 15,
        3 => digits.len() >= 14,
        4 => matches!(digits.len(), 13 | 16 | 19),
        5 => matches!(digits[1], 0 | 6..=8) || digits.len() == 16,
        _ => true,
    };
    range && luhn(&digits) && !is_repdigit(&digits)
}

/// Issuer ranges and lengths as the networks publish them; Mastercard's 2221–2720 since 2017.
fn issuer_takes(digits: &Digits) -> bool {
    let four = digits.number(0..4);
    let two = four / 100;
    match digits.len() {
        14 => matches!(two, 36 | 38 | 39) || (3000..=3059).contains(&four) || four == 3095,
        15 => matches!(two, 34 | 37),
        16 => {
            two / 10 == 4
                || (51..=55).contains(&two)
                || (2221..=2720).contains(&four)
                || (3528..=3589).contains(&four)
                || matches!(two, 30 | 36 | 38 | 39 | 50 | 56..=58 | 60..=69)
                || (2200..=2204).contains(&four)
        }
        _ => false,
    }
}

/// One kind of separator throughout, or none.
fn separators_agree(value: &str) -> bool {
    let mut marks = value.bytes().filter(|b| !b.is_ascii_digit());
    let first = marks.next();
    marks.all(|b| Some(b) == first)
}
