//! Names, addresses and days of birth, by what introduces them and by their shape: off unless asked for by name.
//!
//! Most names stand in a sentence without any introduction, and are not found: that takes a model.

use crate::enrich::scan::checks::is_day;
use crate::enrich::scan::detector::{Detector, Edges, Find, Spot, Tier};
use std::ops::Range;

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "PERSON",
        tier: Tier::Optional,
        find: Find::Stem(
            r"(?i:(?:full |customer |patient |first |last )?name(?: is|:|=)|patient:|customer:|client:|contact:|cliente:|klant:|kunde:|nombre:|nome:|naam:|nom:|imi|ich bin|ich hei(?:ss|\xC3\x9F)e|mein name ist|ik ben|mijn naam is|me llamo|mi nombre es|je m'appelle|mon nom est|je soussign\xC3\xA9e?|mi chiamo|il mio nome|meu nome|jag heter|jeg heter|nazywam si\xC4\x99|dear|signed,?) ",
            introduced,
        ),
        edges: Edges::Free,
        finds: &[
            "Hi, my name is ⟦Jane van Doe⟧, please",
            "Customer: ⟦Sarah Rios⟧",
            "ich bin ⟦Jürgen Groß⟧ aus Ulm",
            "Je soussigné ⟦Thibault Godard⟧, né le",
        ],
        leaves: &["the file name is main.rs", "Dear all", "name: value", "my name is on the list"],
        ..Detector::BASE
    },
    Detector {
        kind: "PERSON",
        tier: Tier::Optional,
        find: Find::Stem(r"(?:Mr|Mrs|Ms|Dr|Prof|Herrn?|Frau|Mme|Sra?|Sig|Dott|Mevr|Dhr)\.? ", introduced),
        edges: Edges::Free,
        finds: &["see Dr. ⟦Anna Smith⟧ at nine", "Frau ⟦Weber⟧"],
        leaves: &["Dr. of it", "a Sr. developer"],
        ..Detector::BASE
    },
    Detector {
        kind: "PERSON",
        tier: Tier::Optional,
        find: Find::Stem(
            r"(?i:regards|sincerely|cheers|yours|thanks|gr(?:\xC3\xBC|ue)(?:\xC3\x9F|ss)en?|cordialement|saludos|atentamente|saluti|groet(?:en)?|abra\xC3\xA7os|atenciosamente),?\n",
            signed,
        ),
        edges: Edges::Free,
        finds: &["Kind regards,\n⟦Jane Doe⟧\n", "Viele Grüße\n\n⟦Tom⟧"],
        leaves: &["regards\nThe whole team of sales", "thanks\nfor it"],
        ..Detector::BASE
    },
    Detector {
        kind: "PERSON",
        tier: Tier::Optional,
        find: Find::Keyed(name_by_key),
        edges: Edges::Free,
        finds: &["fullName → ⟦Jane Doe⟧", "customer.name → ⟦Jane Doe⟧", "first_name → ⟦Jane⟧"],
        leaves: &["name → get_weather", "name → Weather", "file_name → Jane Doe"],
        ..Detector::BASE
    },
    Detector {
        kind: "STREET_ADDRESS",
        tier: Tier::Optional,
        find: Find::Stem(
            r"(?i:(?:home |postal |mailing |street |shipping |billing )?address(?: is|:|=)?|(?:i |we |he |she |who )?lives? at|located at|anschrift:?|adresse:?|adres:?|adress:?|wohnhaft(?: in)?|wohne in|demeurant|domicili\xC3\xA9e?|residente in|residente en|abita in|domicilio:?|direcci\xC3\xB3n:?|indirizzo:?|endere\xC3\xA7o:?|woonachtig(?: te)?|bosatt p\xC3\xA5)[ \n]",
            address,
        ),
        edges: Edges::Free,
        finds: &[
            "I live at ⟦134 Elliott Ways, Howardmouth, GU 85542⟧; and",
            "wohnhaft in ⟦Metzweg 3-2, 60194 Iserlohn⟧. Können",
            "demeurant ⟦15, rue de Lebreton, 34220 Hoareauboeuf⟧, demande",
        ],
        leaves: &["address is missing", "the address 10.0.0.1 of it", "located at the end of line 7"],
        ..Detector::BASE
    },
    Detector {
        kind: "STREET_ADDRESS",
        tier: Tier::Optional,
        find: Find::Stem(
            r"[0-9]{1,5}[A-Za-z]? (?:[A-Z][A-Za-z.']{1,20} ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Square|Terrace|Parkway|Pkwy)",
            |text, stem| {
                let behind = text.as_bytes().get(stem.end).copied().unwrap_or(b' ');
                let is_whole = !behind.is_ascii_alphanumeric() && behind != b'_';
                address(text, stem.start..stem.start).filter(|_| is_whole)
            },
        ),
        finds: &["ship it to ⟦742 Evergreen Terrace, Springfield, OR 97403⟧.", "at ⟦12 Main St⟧, please"],
        leaves: &["5 Big Data Ways", "12 Main points"],
        ..Detector::BASE
    },
    Detector {
        kind: "STREET_ADDRESS",
        tier: Tier::Optional,
        find: Find::Keyed(address_by_key),
        edges: Edges::Free,
        finds: &["shippingAddress → ⟦134 Elliott Ways, Howardmouth⟧", "street → ⟦Hauptstr. 5⟧"],
        leaves: &["address → 10.71.94.71", "ip_address → Pool 12", "street → unknown"],
        ..Detector::BASE
    },
    Detector {
        kind: "DATE_OF_BIRTH",
        tier: Tier::OptionalNear,
        find: Find::Shape(
            r"(?:[0-9]{1,2}[./-][0-9]{1,2}[./-](?:19|20)?[0-9]{2}|(?:19|20)[0-9]{2}[./-][0-9]{1,2}[./-][0-9]{1,2}|[0-9]{1,2}(?:st|nd|rd|th|\.)? (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6},? (?:19|20)[0-9]{2}|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6} [0-9]{1,2}(?:st|nd|rd|th)?,? (?:19|20)[0-9]{2})",
        ),
        valid: is_birthday,
        edges: Edges::Number,
        context: &[
            "born",
            "born on",
            "birth",
            "dob",
            "d.o.b",
            "date of birth",
            "birthday",
            "birthdate",
            "birth date",
            "geboren",
            "geb.",
            "geburtsdatum",
            "geburtstag",
            "né le",
            "née le",
            "naissance",
            "nacido",
            "nacida",
            "nacimiento",
            "nato",
            "nata",
            "nascita",
            "nascido",
            "nascida",
            "nascimento",
            "geboortedatum",
            "geboorte",
            "urodzony",
            "urodzona",
            "urodzenia",
            "född",
            "født",
            "fødselsdato",
            "födelsedatum",
            "syntynyt",
            "syntymäaika",
            "narozen",
            "doğum",
            "出生",
            "生年月日",
            "생년월일",
            "дата рождения",
            "родился",
            "родилась",
        ],
        finds: &[
            "DOB: ⟦11/07/1995⟧",
            "geboren am ⟦24.10.1969⟧, wohnhaft",
            "I was born on ⟦15 May 1964⟧.",
            "born ⟦October 7, 1960⟧",
        ],
        leaves: &["due on 11/07/2025", "DOB: 31/31/1990", "born to run since 10.0.1"],
    },
];

/// Words inside of names that are not in capitals.
const PARTICLES: &[&str] =
    &["van", "von", "de", "der", "den", "da", "di", "do", "dos", "la", "le", "del", "bin", "al", "y", "e"];
/// Words in capitals that follow an introduction and are nobody.
const NOBODY: &[&str] = &[
    "Sir", "Madam", "Team", "All", "Customer", "Support", "User", "The", "Your", "Our", "Mr", "Mrs", "Dr",
    "Hiring", "Monsieur", "Herr", "Frau",
];

/// The name that stands behind `stem`.
fn introduced(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let start =
        stem.end + text[stem.end..].len() - text[stem.end..].trim_start_matches([' ', '"', '\'']).len();
    name(text, start)
}

/// The name that is the whole next line.
fn signed(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let rest = &text[stem.end..];
    let start = stem.end + rest.len() - rest.trim_start_matches(['\n', ' ', '\r']).len();
    let at = name(text, start)?;
    text[at.end..].chars().next().is_none_or(|c| matches!(c, '\n' | '\r')).then_some(at)
}

/// One to four words in capitals, with particles between.
fn name(text: &str, start: usize) -> Option<Range<usize>> {
    const WORDS_MOST: usize = 5;
    let (mut end, mut at) = (start, start);
    let line = &text[start..text.floor_char_boundary((start + 80).min(text.len()))];
    let line = line.split(['\n', '\r', '\t']).next().unwrap_or("");
    for word in line.split(' ').take(WORDS_MOST) {
        let letters = word.trim_end_matches(|c: char| !c.is_alphabetic());
        let is_word = letters.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '-' | '’'));
        let mut chars = letters.chars();
        let capital = chars.next().is_some_and(char::is_uppercase)
            && (letters.len() == 1 || chars.any(char::is_lowercase));
        let initial = letters.len() == 1 && word[letters.len()..].starts_with('.');
        if capital && is_word && !NOBODY.contains(&letters) && (letters.len() > 1 || initial) {
            end = at + letters.len();
        } else if !(PARTICLES.contains(&word) && end > start) {
            break;
        }
        if word.len() > letters.len() && !initial {
            break;
        }
        at += word.len() + 1;
    }
    (end > start + 1).then_some(start..end)
}

/// The whole text that stands under the name of a name. A bare `name` is a person's if it has two words.
fn name_by_key(key: &str, text: &str) -> Option<Range<usize>> {
    let key: String = key.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    let sure = [
        "fullname",
        "firstname",
        "lastname",
        "surname",
        "givenname",
        "familyname",
        "displayname",
        "vorname",
        "nachname",
    ];
    let person = [
        "customername",
        "patientname",
        "contactname",
        "username",
        "holdername",
        "recipientname",
        "sendername",
    ];
    let whole = name(text, 0).filter(|at| at.len() == text.len())?;
    let likely = key == "name" || person.iter().any(|name| key.ends_with(name));
    (sure.iter().any(|name| key.ends_with(name)) || likely && text.contains(' ')).then_some(whole)
}

/// The address that begins behind `stem`: parts with capitals or numbers, with commas between, a number among them.
fn address(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    const MOST: usize = 120;
    let rest = &text[stem.end..text.floor_char_boundary((stem.end + MOST).min(text.len()))];
    let skipped = rest.len() - rest.trim_start_matches([' ', '\n', '\t', '"', ':']).len();
    let start = stem.end + skipped;
    let rest = &rest[skipped..];
    // "wohnhaft" introduces one, and so does "wohnhaft in".
    let (start, rest) = match rest.split_once(' ') {
        Some(("in" | "te" | "is" | "to", behind)) => (start + 3, behind),
        _ => (start, rest),
    };
    let stop = rest.char_indices().find(|(i, c)| {
        let sentence = *c == '.'
            && rest[i + 1..].chars().next().is_none_or(char::is_whitespace)
            && !is_short(&rest[..*i]);
        sentence || matches!(c, ';' | '"' | '<' | '|' | '{' | '\t' | '?' | '!') || *c == '\n'
    });
    let first = stop.map_or(rest.len(), |(i, _)| i);
    let line =
        if rest[first..].starts_with('\n') { &rest[..first + lines(&rest[first..])] } else { &rest[..first] };
    let (mut end, mut at) = (0, 0);
    for part in line.split_inclusive(", ") {
        let bare = part.trim_end_matches([' ', ',']);
        let starts = bare.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
        let says =
            bare.split(' ').filter(|word| word.len() > 3 && word.starts_with(char::is_lowercase)).count();
        if at > 0 && !starts && !bare.starts_with("rue ") || says > 2 {
            break;
        }
        end = at + bare.len();
        at += part.len();
    }
    let found = line[..end].trim_end();
    let digits = found.bytes().any(|b| b.is_ascii_digit());
    let letters = found.chars().filter(|c| c.is_alphabetic()).count();
    let capital = found.chars().any(char::is_uppercase);
    (digits && capital && letters >= 5).then_some(start..start + found.len())
}

/// How much of `rest`, which begins with a line break, is lines of the same address: up to the one with the postcode.
fn lines(rest: &str) -> usize {
    let mut length = 0;
    for line in rest[1..].split('\n').take(3) {
        let line = line.split(['.', ';', '\t']).next().unwrap_or("");
        let town = &line[..line
            .rfind(", ")
            .filter(|i| !line[i + 2..].bytes().any(|b| b.is_ascii_digit()))
            .unwrap_or(line.len())];
        let digits = town.bytes().filter(u8::is_ascii_digit).count();
        if town.contains([':', '@', '+'])
            || town.len() > 48
            || digits > 6
            || !town.trim_start().starts_with(char::is_uppercase)
        {
            return 0;
        }
        length += 1 + town.len();
        if digits > 0 {
            return length;
        }
        if town.len() < line.len() {
            return 0;
        }
    }
    0
}

/// Whether what stands before a dot is an abbreviation: `Apt.`, `pl.`, `St.`.
fn is_short(before: &str) -> bool {
    let word = before.rsplit([' ', ',']).next().unwrap_or("");
    (1..=4).contains(&word.len()) && word.chars().all(char::is_alphabetic) || word.ends_with("str")
}

/// The whole text that stands under the name of an address.
fn address_by_key(key: &str, text: &str) -> Option<Range<usize>> {
    let key: String = key.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    let names = [
        "homeaddress",
        "streetaddress",
        "shippingaddress",
        "billingaddress",
        "postaladdress",
        "mailingaddress",
        "street",
        "addressline",
        "anschrift",
    ];
    let named = key == "address" || names.iter().any(|name| key.ends_with(name));
    let whole = address(text, 0..0).filter(|at| at.len() == text.len());
    whole.filter(|_| named)
}

/// Whether the numbers can be a day in the past century.
fn is_birthday(spot: &Spot<'_>) -> bool {
    let value = spot.value();
    let numbers: Vec<u64> =
        value.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
    let year = |year: u64| (1900..=2030).contains(&year) || year < 100;
    match numbers[..] {
        [a, b, c] if a > 31 => year(a) && is_day(b, c),
        [a, b, c] => year(c) && (is_day(a, b) || is_day(b, a)),
        [day, of] => (1..=31).contains(&day) && year(of),
        _ => false,
    }
}
