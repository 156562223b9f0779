//! Telephone numbers, ITU-T E.164: a country's code and at most 15 digits; national forms beside a word.

use super::phone_words::WORDS;
use crate::enrich::scan::detector::{Detector, Edges, Find, Spot, Tier};
use std::ops::Range;

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "PHONE_NUMBER",
        tier: Tier::Shape,
        find: Find::At(b"+", with_plus),
        edges: Edges::Word,
        context: WORDS,
        finds: &[
            "call ⟦+49 30 461805⟧ now",
            "⟦+1 (415) 555-0132⟧",
            "⟦+33-6-15-23-80-23⟧.",
            "⟦+49(0)9367 778519⟧",
            "COM+⟦+49 171 454989⟧:TE'",
        ],
        leaves: &["C++ 2011", "x+4930461805", "+999 1234 56789", "+12", "2+2=4"],
        ..Detector::BASE
    },
    Detector {
        kind: "PHONE_NUMBER",
        tier: Tier::Shape,
        find: Find::Stem(r"00[1-9]", with_zeros),
        edges: Edges::Number,
        valid: |spot| spot.value().bytes().any(|b| !b.is_ascii_digit()) && !spot.follows(NUMBERED),
        context: WORDS,
        finds: &["⟦0086 131 2312 0532⟧", "⟦001-209-280-9756x51483⟧"],
        leaves: &["0012345678901", "00 00 00", "ticket 0042-2584-7413"],
    },
    Detector {
        kind: "PHONE_NUMBER",
        tier: Tier::ShapeNear,
        find: Find::Stem(r"00[1-9][0-9]{7}", with_zeros),
        edges: Edges::Number,
        context: WORDS,
        finds: &["call me at ⟦0018452497348⟧"],
        leaves: &["0018452497348", "call 00 00 00"],
        ..Detector::BASE
    },
    Detector {
        kind: "PHONE_NUMBER",
        tier: Tier::Shape,
        find: Find::At(b"(", area_in_brackets),
        edges: Edges::Number,
        context: WORDS,
        finds: &["⟦(516) 906-5080⟧", "or ⟦(302)510-9915⟧ | x"],
        leaves: &["f(516) 906", "(1999) 906-5080"],
        ..Detector::BASE
    },
    Detector {
        kind: "PHONE_NUMBER",
        tier: Tier::Shape,
        find: Find::Stem(r"(?:1[ .-])?[2-9][0-9]{2}[.-][2-9][0-9]{2}[.-][0-9]{4}", extended),
        edges: Edges::Number,
        valid: |spot| !spot.is_other_number(),
        context: WORDS,
        finds: &["⟦608-233-2676⟧", "⟦608.233.2676⟧!", "⟦678.438.8767x53972⟧"],
        leaves: &["608-133-2676", "order 608-233-2676", "2608-233-2676", "calculate 212-555-0147"],
    },
    // A line of contacts needs no label: a number that begins with its trunk prefix, next to an address of mail.
    Detector {
        kind: "PHONE_NUMBER",
        tier: Tier::Shape,
        find: Find::Stem(r"0[1-9][0-9]{0,3}[ /.-]", national),
        edges: Edges::Number,
        valid: |spot| is_beside_mail(spot) && !is_other_number(spot),
        context: WORDS,
        finds: &[
            "Lagos | ⟦0803 972 3331⟧ | x@example.com",
            "x@example.com, ⟦0151 23456789⟧",
            "T ⟦020 7460 1815⟧ | M ⟦0161 496 0815⟧ | x@example.com",
        ],
        leaves: &["0803 972 3331", "order 0803 972 3331 | x@example.com", "03.11.2026 | x@example.com"],
    },
    Detector {
        kind: "PHONE_NUMBER",
        tier: Tier::ShapeNear,
        find: Find::At(b"(", national_in_brackets),
        edges: Edges::Number,
        valid: |spot| !is_other_number(spot),
        context: WORDS,
        finds: &["Telefonnummer ist ⟦(01375) 123912⟧.", "Звоните: ⟦8 (495) 123-45-67⟧"],
        leaves: &["(01375) 123912", "call (2021) 1", "call (20231105)"],
    },
    Detector {
        kind: "PHONE_NUMBER",
        tier: Tier::ShapeNear,
        find: Find::Stem(r"[0-9](?:[0-9]|[ -][0-9]{3,4}[ -])", national),
        edges: Edges::Number,
        valid: |spot| !is_other_number(spot),
        context: WORDS,
        finds: &[
            "my mobile is ⟦0121 283 7227⟧",
            "tel. ⟦01 27 90 48 13⟧",
            "Telefon: ⟦030.079617⟧",
            "call ⟦4155550132⟧",
            "text(phone_number=⟦4155550132⟧)",
            "call notify(to=\"⟦07700900123⟧\")",
            "call Jane (office ⟦4155550132⟧)",
            "tel. kom. ⟦797 217 892⟧",
            "celular ⟦9 5960 2534⟧",
            "тел. ⟦8 903 123-45-67⟧",
            "Telefon: ⟦089 / 82 43 23 55⟧",
            "soittakaa ⟦040 356 8377⟧",
            "제 번호는 ⟦010-9872-5739⟧",
        ],
        leaves: &[
            "phone bills of 2021",
            "lot 0121 283 7227",
            "mobile since 12 03 2021",
            "Call get_invoice(20231105)",
            "call get_population(city, 8336817)",
            "call get_weather(lat=52.520008, lon=13.404954)",
            "call weather at 52.520 13.405",
            "tool_call id 1767225600",
            "call since 1767225600",
            "call size=8336817",
            "call {\"population\": 8336817}",
            "mobile: build 20231105",
            "text → value 740373115",
            "mobile build 8336817",
            "mobil 602, č.j. 607415/2026",
            "Call us about case 2026-121468",
            "Tel Aviv 1909-2026",
            "CEP 01310-100",
            "Contatore 9067420783",
            "Telefon defekt, Vorgangsnummer 482915537",
            "Teléfono averiado. Expediente 482915537",
            "手机坏了。客户编号 482915537",
            "NSS 92788359159  Tel. 55 1234",
        ],
    },
];

/// Country codes assigned by ITU-T, Annex to Operational Bulletin 994: one and two digits. Every
/// other code has three, of which these first two digits are in use.
const ONE: &[u8] = b"17";
const TWO: &[&[u8; 2]] = &[
    b"20", b"27", b"30", b"31", b"32", b"33", b"34", b"36", b"39", b"40", b"41", b"43", b"44", b"45", b"46",
    b"47", b"48", b"49", b"51", b"52", b"53", b"54", b"55", b"56", b"57", b"58", b"60", b"61", b"62", b"63",
    b"64", b"65", b"66", b"81", b"82", b"84", b"86", b"90", b"91", b"92", b"93", b"94", b"95", b"98",
];
const THREE: &[&[u8; 2]] = &[
    b"21", b"22", b"23", b"24", b"25", b"26", b"29", b"35", b"37", b"38", b"42", b"50", b"59", b"67", b"68",
    b"69", b"80", b"85", b"87", b"88", b"96", b"97", b"99",
];

/// The least and most digits of an international number, with its country's code.
const INTERNATIONAL: (usize, usize) = (8, 15);

fn with_plus(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || matches!(bytes[at - 1], b'+' | b')')) {
        // The plus that parts the elements of EDIFACT stands before the number's own: `COM++49…:TE`.
        return if bytes[..at].ends_with(b"COM+") { with_plus_at(bytes, at) } else { None };
    }
    with_plus_at(bytes, at)
}

fn with_plus_at(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let end = at + 1 + international(&bytes[at + 1..])?;
    Some(at..extension(bytes, end))
}

fn with_zeros(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let end = stem.start + 2 + international(&bytes[stem.start + 2..])?;
    Some(stem.start..extension(bytes, end))
}

/// How many bytes of `rest` are a number that begins with its country's code.
fn international(rest: &[u8]) -> Option<usize> {
    let first = *rest.first()?;
    let two = [first, *rest.get(1)?];
    let third = rest.get(2);
    let unassigned = two == *b"99" && matches!(third, Some(b'0' | b'1' | b'7' | b'9'))
        || two == *b"42" && !matches!(third, Some(b'0' | b'1' | b'3') | None);
    let known = ONE.contains(&first) || TWO.contains(&&two) || THREE.contains(&&two) && !unassigned;
    let (least, most) = if first == b'1' { (11, 11) } else { INTERNATIONAL };
    let (bytes, digits) = dialled(rest, most);
    (known && digits >= least).then_some(bytes)
}

/// The matched number with its extension.
fn extended(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    Some(stem.start..extension(text.as_bytes(), stem.end))
}

fn national_in_brackets(text: &str, at: usize) -> Option<Range<usize>> {
    let starts = text.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit);
    let glued = at > 0 && text.as_bytes()[at - 1].is_ascii_alphanumeric();
    if !starts || glued {
        return None;
    }
    // A trunk prefix may stand before the area: `8 (495) …`.
    let bytes = text.as_bytes();
    let apart = |i: usize| i == 0 || !bytes[i - 1].is_ascii_alphanumeric() && bytes[i - 1] != b'.';
    let prefix = at > 1 && bytes[at - 1] == b' ' && bytes[at - 2].is_ascii_digit() && apart(at - 2);
    let found = national(text, at..at + 1)?;
    Some(if prefix { at - 2..found.end } else { found })
}

fn area_in_brackets(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let area = bytes.get(at + 1..at + 5)?;
    if !area[..3].iter().all(u8::is_ascii_digit) || area[0] < b'2' || area[3] != b')' {
        return None;
    }
    if at > 0 && bytes[at - 1].is_ascii_alphanumeric() {
        return None;
    }
    let (length, digits) = dialled(&bytes[at..], 10);
    (digits == 10).then(|| at..extension(bytes, at + length))
}

/// Groups of digits without a code: 7 to 11 of them, not a date.
fn national(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let (length, digits) = dialled(&bytes[stem.start..], 12);
    let value = &bytes[stem.start..stem.start + length];
    let first = value.iter().take_while(|b| b.is_ascii_digit()).count();
    let is_date = digits == 8 && first != 3 && value.iter().filter(|b| !b.is_ascii_digit()).count() == 2;
    // Three, two and four are how a social security number is written.
    let is_ssn = digits == 9 && value.len() == 11 && value[3] == b'-' && value[6] == b'-';
    ((7..=12).contains(&digits) && !is_date && !is_ssn)
        .then(|| stem.start..extension(bytes, stem.start + length))
}

/// Words before a number that make it a thing's.
const NUMBERED: &[&str] = &[
    "id",
    "ids",
    "build",
    "version",
    "revision",
    "order",
    "invoice",
    "ticket",
    "case",
    "part",
    "sku",
    "lot",
    "ref",
    "epoch",
    "timestamp",
    "seed",
];

/// Whether a national number is rather one that a program wrote: a word such as "call" stands beside many.
fn is_other_number(spot: &Spot<'_>) -> bool {
    let value = spot.value().trim_start_matches('(');
    // The postcode of Brazil has the name that a mobile telephone has in Turkey.
    let is_postcode = spot.follows(&["cep"]) && value.len() == 9 && value.as_bytes()[5] == b'-';
    let is_of_other = is_postcode || is_of_a_year(value) || is_numbered_otherwise(spot);
    if spot.follows(NUMBERED) || value.split(' ').all(is_decimal) || is_of_other {
        return true;
    }
    let is_bare = value.bytes().all(|b| b.is_ascii_digit());
    is_bare && (is_time(value) || !value.starts_with('0') && is_argument(&spot.text[..spot.at.start]))
}

/// Whether bare digits without a trunk prefix stand right behind a compound that ends with a word for a number, and
/// does not speak of telephones: `Vorgangsnummer 482915537`, `ärendenr 482915537`.
fn is_numbered_otherwise(spot: &Spot<'_>) -> bool {
    const NOUNS: &[&str] = &[
        "nummer", "nummeret", "numero", "nr", "szám", "番号", "编号", "單號", "单号", "번호", "kód", "kode",
        "code",
    ];
    const WORD_MOST: usize = 40;
    if !spot.value().bytes().all(|b| b.is_ascii_digit()) || spot.value().starts_with('0') {
        return false;
    }
    let from = spot.text.ceil_char_boundary(spot.at.start.saturating_sub(WORD_MOST));
    let before = spot.text[from..spot.at.start].trim_end_matches([' ', ':', '.', '：']);
    let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    let is_compound = NOUNS.iter().any(|noun| word.len() > noun.len() && word.ends_with(noun));
    is_compound && !speaks_of_phones(word)
}

/// Whether a number is that of a file, with its year (`607415/2026`, `2026-121468`), or a span of years.
fn is_of_a_year(number: &str) -> bool {
    let is_year = |part: &str| part.len() == 4 && (part.starts_with("19") || part.starts_with("20"));
    let parts = number.split_once('/').map(|(first, last)| (first, last, false));
    let parts = parts.or_else(|| number.split_once('-').map(|(first, last)| (first, last, true)));
    parts.is_some_and(|(first, last, dash)| {
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        digits(first) && digits(last) && (is_year(last) && !first.starts_with('0') || dash && is_year(first))
    })
}

/// Whether a word of `text` looks like an address of mail.
fn has_mail(mut text: &str) -> bool {
    while let Some(at) = memchr::memchr(b'@', text.as_bytes()) {
        let (local, host) = text.split_at(at);
        let end = host.find(' ').unwrap_or(host.len());
        if !local.is_empty() && !local.ends_with(' ') && host[..end].contains('.') {
            return true;
        }
        text = &host[end..];
    }
    false
}

/// Whether an address of mail stands on the same line.
fn is_beside_mail(spot: &Spot<'_>) -> bool {
    const LINE_MOST: usize = 80;
    let from = spot.text.ceil_char_boundary(spot.at.start.saturating_sub(LINE_MOST));
    let to = spot.text.floor_char_boundary((spot.at.end + LINE_MOST).min(spot.text.len()));
    let before = spot.text[from..spot.at.start].rsplit('\n').next().unwrap_or("");
    let behind = spot.text[spot.at.end..to].split('\n').next().unwrap_or("");
    has_mail(before) || has_mail(behind)
}

/// Whether `number` has a decimal point: one dot, and no trunk prefix `0` in front.
fn is_decimal(number: &str) -> bool {
    !number.starts_with('0')
        && number.split_once('.').is_some_and(|(_, fraction)| fraction.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether bare digits are a day, `YYYYMMDD` or `YYYYMMDDhhmm`, or Unix seconds between 2014 and 2033.
fn is_time(digits: &str) -> bool {
    let within = |at: Range<usize>, least, most| digits.get(at).is_some_and(|d| (least..=most).contains(&d));
    match digits.len() {
        8 | 12 => within(0..4, "1900", "2099") && within(4..6, "01", "12") && within(6..8, "01", "31"),
        10 => within(0..2, "14", "19"),
        _ => false,
    }
}

/// Whether what follows `before` is the value of a name (`size=`, `"size":`) or stands between the
/// parentheses of a call (`size(`), and that name does not speak of telephones.
fn is_argument(before: &str) -> bool {
    const REACH: usize = 64;
    let before = &before[before.floor_char_boundary(before.len().saturating_sub(REACH))..];
    let value_of = before.trim_end_matches([' ', '"', '\'']);
    let assigned = value_of.strip_suffix('=').or(value_of.strip_suffix("\":"));
    if let Some(assigned) = assigned {
        return !speaks_of_phones(name_at_end(assigned.trim_end_matches([' ', '"', '\''])));
    }
    let mut closed = 0;
    let opening = before.bytes().rposition(|b| {
        closed += i32::from(b == b')') - i32::from(b == b'(');
        closed < 0
    });
    let name = opening.map_or("", |at| name_at_end(&before[..at]));
    !name.is_empty() && !speaks_of_phones(name)
}

/// The name that ends right where `text` does, or `""`.
fn name_at_end(text: &str) -> &str {
    text.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("")
}

/// Whether a program's name, such as `phoneNumber` or `to_tel`, has one of [`WORDS`] in it; "call" says nothing.
fn speaks_of_phones(name: &str) -> bool {
    const LONG: usize = 5;
    let name = name.to_lowercase();
    WORDS.iter().any(|word| match word.len() {
        LONG.. => name.contains(word),
        _ => *word != "call" && name.split('_').any(|part| part == *word),
    })
}

/// Bytes and digits of the longest run of at most `most` digits with single separators between.
fn dialled(rest: &[u8], most: usize) -> (usize, usize) {
    let mut digits = 0;
    let mut end = 0;
    let mut gap = 0;
    let mut open = false;
    let mut area = None;
    for (i, b) in rest.iter().enumerate() {
        match b {
            b'0'..=b'9' if digits == most => break,
            b'0'..=b'9' => {
                digits += 1;
                end = i + 1;
                gap = 0;
            }
            b' ' | b'-' | b'.' | b'/' if gap == 0 || gap == 1 && rest[i - 1] == b')' => gap += 1,
            // The area code and the number behind it: `089 / 82 43`.
            b'/' | b'-' if gap == 1 && rest[0] == b'0' && area.is_none() && (3..=6).contains(&i) => {
                if rest[i - 1] != b' ' || rest.get(i + 1) != Some(&b' ') {
                    break;
                }
                area = Some(i);
            }
            b' ' if area == Some(i.wrapping_sub(1)) => {}
            b'(' if gap <= 1 && !open => {
                open = true;
                gap = 0;
            }
            b')' if open => {
                open = false;
                gap = 1;
            }
            _ => break,
        }
    }
    // A last group that was cut in two belongs to something else.
    if digits == most && rest.get(end).is_some_and(u8::is_ascii_digit) {
        return (0, 0);
    }
    (end, digits)
}

/// Where the number ends with its extension, such as `x51483` or ` ext. 12`.
fn extension(bytes: &[u8], end: usize) -> usize {
    let rest = &bytes[end..];
    for mark in [b"x".as_slice(), b" x", b" ext. ", b" ext ", b" ext."] {
        let digits =
            rest.get(mark.len()..).map_or(0, |r| r.iter().take(7).take_while(|b| b.is_ascii_digit()).count());
        if rest.starts_with(mark) && (1..=6).contains(&digits) {
            return end + mark.len() + digits;
        }
    }
    end
}
