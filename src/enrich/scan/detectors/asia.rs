//! National identifiers of Asia.

use crate::enrich::scan::checks::{Digits, is_day, is_repdigit, verhoeff, weighted};
use crate::enrich::scan::detector::{Detector, Edges, Find, Spot, Tier};

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "CN_RESIDENT_ID",
        tier: Tier::Checked,
        find: Find::Word(18..=18),
        edges: Edges::Number,
        valid: is_resident_id,
        context: &[
            "身份证",
            "身份證",
            "公民身份",
            "resident id",
            "居民",
            "证件号",
            "证件号码",
            "id card",
            "identity card",
            "chinese id",
        ],
        finds: &["我的身份证号是⟦11010519491231002X⟧。"],
        leaves: &["110105194912310021"],
    },
    Detector {
        kind: "IN_AADHAAR",
        find: Find::Shape(r"[2-9][0-9]{3}(?:[0-9]{8}| [0-9]{4} [0-9]{4}|-[0-9]{4}-[0-9]{4})"),
        valid: |spot| {
            let d = Digits::of(spot.value());
            verhoeff(&d) && !is_repdigit(&d)
        },
        context: &["aadhaar", "aadhar", "adhaar", "uidai", "uid", "आधार", "ஆதார்", "ఆధార్", "আধার", "ಆಧಾರ್", "vid"],
        finds: &["Aadhaar number ⟦4991 1866 5246⟧."],
        leaves: &["lot 499118665246", "Aadhaar 499118665247"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "IN_PAN",
        find: Find::Shape(r"[A-Z]{3}[ABCFGHLJPTK][A-Z][0-9]{4}[A-Z]"),
        context: &["pan", "pan card", "pan number", "permanent account", "income tax", "पैन", "tax id"],
        finds: &["PAN ⟦EKQHW9460E⟧, please"],
        leaves: &["EKQXW9460E", "AEKQHW9460E"],
        ..Detector::BASE
    },
    Detector {
        kind: "JP_MY_NUMBER",
        find: Find::Shape(r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}"),
        valid: is_my_number,
        context: &[
            "マイナンバー",
            "個人番号",
            "my number",
            "mynumber",
            "my number card",
            "マイナ",
            "個人ナンバー",
            "kojin bango",
        ],
        finds: &["マイナンバーは⟦1234 5678 9018⟧です。"],
        leaves: &["123456789018", "マイナンバーは123456789019"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "KR_RRN",
        tier: Tier::Shape,
        find: Find::Shape(r"[0-9]{6}-[1-8][0-9]{6}"),
        edges: Edges::Number,
        valid: |spot| {
            let d = Digits::of(spot.value());
            is_day(d.number(2..4), d.number(4..6))
        },
        context: &["주민등록", "주민번호", "외국인등록", "rrn", "resident registration", "jumin"],
        finds: &["주민등록번호는 ⟦500802-2857798⟧ 입니다"],
        leaves: &["509902-2857798", "500802-9857798"],
    },
    Detector {
        kind: "SG_NRIC_FIN",
        tier: Tier::Checked,
        find: Find::Shape(r"[STFGMstfgm][0-9]{7}[A-Za-z]"),
        valid: is_nric,
        context: &["nric", "fin", "identity card", "singpass", "work permit", "singapore"],
        finds: &["NRIC ⟦S1234567D⟧;", "my FIN is ⟦G5868918T⟧;"],
        leaves: &["S1234567E"],
        ..Detector::BASE
    },
    Detector {
        kind: "TH_TNIN",
        find: Find::Shape(
            r"[1-8](?:[0-9]{12}|-[0-9]{4}-[0-9]{5}-[0-9]{2}-[0-9]| [0-9]{4} [0-9]{5} [0-9]{2} [0-9])",
        ),
        valid: is_thai_id,
        context: &[
            "thai",
            "บัตรประชาชน",
            "ประชาชน",
            "national id",
            "เลขประจำตัว",
            "citizen id",
            "thai id",
            "identity number",
        ],
        finds: &["Thai national ID ⟦1-1017-00230-70-8⟧ and"],
        leaves: &["1101700230708", "Thai national ID 1101700230709"],
        ..Detector::NUMBER
    },
];

/// GB 11643-1999: a birthday, and ISO 7064 MOD 11-2 with X for ten.
fn is_resident_id(spot: &Spot<'_>) -> bool {
    let value = spot.value();
    if !value.as_bytes()[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let d = Digits::of(&value[..17]);
    let sum = weighted(&d, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
    let check = b"10X98765432"[(sum % 11) as usize];
    let lived = matches!(value.as_bytes()[0], b'1'..=b'8') && (1800..=2099).contains(&d.number(6..10));
    lived && value.as_bytes()[17].to_ascii_uppercase() == check && is_day(d.number(10..12), d.number(12..14))
}

/// Ordinance 85 of the Ministry of Internal Affairs (2014), article 5: weights 2 to 7 from the right.
fn is_my_number(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    let rest = weighted(&d[..11], &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    u32::from(d[11]) == if rest <= 1 { 0 } else { 11 - rest } && !is_repdigit(&d)
}

/// Immigration & Checkpoints Authority: weights 2765432, an offset by series, a letter by series.
fn is_nric(spot: &Spot<'_>) -> bool {
    let value = spot.value().as_bytes();
    let first = value[0].to_ascii_uppercase();
    let offset = match first {
        b'T' | b'G' => 4,
        b'M' => 3,
        _ => 0,
    };
    let rest = (weighted(&Digits::of(spot.value()), &[2, 7, 6, 5, 4, 3, 2]) + offset) as usize % 11;
    let letter = match first {
        b'S' | b'T' => b"JZIHGFEDCBA"[rest],
        b'F' | b'G' => b"XWUTRQPNMLK"[rest],
        _ => b"KLJNPQRTUWX"[10 - rest],
    };
    value[8].to_ascii_uppercase() == letter
}

/// Department of Provincial Administration: weights 13 to 2, modulo 11.
fn is_thai_id(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    let rest = weighted(&d[..12], &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    u32::from(d[12]) == (11 - rest) % 10
}
