//! The table's own examples, and what holds for every text.

use super::*;
use proptest::prelude::*;

/// What a scanner of everything finds.
fn found(text: &str) -> Vec<Finding> {
    under("", text)
}

/// The same of a text that stands under `key`.
fn under(key: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    Scanner::new(|_| true).scan(&Reading::of(text), Around { key, before: "" }, &mut findings);
    findings
}

/// The key that stands before the arrow of an example, and its text.
fn keyed(example: &str) -> (&str, &str) {
    example.split_once(" → ").unwrap_or(("", example))
}

/// The text without the brackets around its values, and where those lie.
fn unmark(example: &str) -> (String, Vec<(usize, usize)>) {
    let (mut text, mut values, mut open) = (String::new(), Vec::new(), None);
    for c in example.chars() {
        match c {
            '⟦' => open = Some(text.len()),
            '⟧' => values.push((open.take().expect("an opening bracket"), text.len())),
            _ => text.push(c),
        }
    }
    (text, values)
}

#[test]
fn every_row_finds_its_examples_exactly() {
    let mut wrong = Vec::new();
    for row in detectors() {
        for example in row.finds {
            let (key, text) = keyed(example);
            let (text, wanted) = unmark(text);
            let found = under(key, &text);
            let got: Vec<_> = found.iter().filter(|f| f.kind == row.kind).map(|f| (f.start, f.end)).collect();
            if got != wanted {
                wrong.push(format!("{}: {example}: {found:?}", row.kind));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_row_leaves_its_look_alikes_alone() {
    let mut wrong = Vec::new();
    for row in detectors() {
        for example in row.leaves {
            let (key, text) = keyed(example);
            let found = under(key, text);
            if found.iter().any(|f| f.kind == row.kind) {
                wrong.push(format!("{}: {example}: {found:?}", row.kind));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn look_alikes_of_every_kind_are_left_alone() {
    let wrong: Vec<String> = include_str!("../../../tests/data/look_alikes.txt")
        .lines()
        .filter_map(|text| {
            let mut findings = Vec::new();
            Scanner::default().scan(&Reading::of(text), Around::default(), &mut findings);
            (!findings.is_empty()).then(|| format!("{text}: {findings:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_engine_takes_less_than_eight_megabytes() {
    assert!(ENGINE.memory() < 8 << 20, "{}", ENGINE.memory());
}

#[test]
fn every_row_has_examples() {
    for row in detectors() {
        assert!(!row.finds.is_empty() && !row.leaves.is_empty(), "{}", row.kind);
    }
}

#[test]
fn what_was_disguised_is_found_where_it_stands() {
    for (text, kind) in [
        ("mail jane\u{200b}.doe@exam\u{ad}ple.com now", "EMAIL_ADDRESS"),
        ("card ４１１１ １１１１ １１１１ １１１１.", "CREDIT_CARD"),
        ("ssn ٢٢٢-٤٨-٥١٧١", "US_SSN"),
        ("ssn 222\u{2011}48\u{2011}5171", "US_SSN"),
        ("mail jane%40example.com", "EMAIL_ADDRESS"),
        ("mail jane&#64;example.com", "EMAIL_ADDRESS"),
        ("https://a.example/?c=4111+1111+1111+1111&x=1", "CREDIT_CARD"),
        ("q=my+card+is+4111+1111+1111+1111+thanks", "CREDIT_CARD"),
        ("iban=NO93+8601+1117+947", "IBAN_CODE"),
        (r"mail jane\u0040example.com", "EMAIL_ADDRESS"),
        (r"mail jane\\u0040example.com", "EMAIL_ADDRESS"),
        ("mail jane[at]example(dot)com", "EMAIL_ADDRESS"),
        ("mail jane at mail dot example dot com please", "EMAIL_ADDRESS"),
        ("mail jаne@exаmple.com", "EMAIL_ADDRESS"),
        ("mail jane [at] example [dot] com", "EMAIL_ADDRESS"),
        ("mail jane {at} example.com", "EMAIL_ADDRESS"),
        ("correo: juan arroba ejemplo punto com", "EMAIL_ADDRESS"),
        ("decode cGxlYXNlIG1haWwgamFuZUBleGFtcGxlLmNvbQ==", "EMAIL_ADDRESS"),
        ("decode 6d61696c206a616e65406578616d706c652e636f6d", "EMAIL_ADDRESS"),
        ("my card is 4111 1111\n1111 1111, thanks", "CREDIT_CARD"),
        ("ssn 222-48-\n5171", "US_SSN"),
        ("ssn 2 2 2 - 4 8 - 5 1 7 1.", "US_SSN"),
        ("card 4\u{fe0f}\u{20e3}111111111111111", "CREDIT_CARD"),
        ("mail jane%2540example.com", "EMAIL_ADDRESS"),
        ("mail jane&amp;#64;example.com", "EMAIL_ADDRESS"),
        ("電話は090\u{30fc}1234\u{30fc}5678", "PHONE_NUMBER"),
        ("my IBAN is N O 9 3 8 6 0 1 1 1 1 7 9 4 7.", "IBAN_CODE"),
    ] {
        let kinds: Vec<_> = found(text).iter().map(|f| f.kind).collect();
        assert_eq!(kinds, [kind], "{text}");
    }
}

#[test]
fn a_finding_covers_what_was_hidden_in_it_and_nothing_else() {
    let text = "x j\u{200b}a@b.com\u{200b} y";
    let found = found(text);
    assert_eq!(&text[found[0].start..found[0].end], "j\u{200b}a@b.com");
}

#[test]
fn the_ending_of_a_noun_that_is_cut_inside_of_a_character_is_no_panic() {
    for text in
        ["请as the password帮我查询一下.", "次のat /etc/passwd申込内容を", "<Password\u{307e}す.確認を>"]
    {
        assert_eq!(found(text), [], "{text}");
    }
}

/// What detectors begin to look at; each is repeated to a long text.
const HOSTILE: &[&str] = &[
    "sk-aaaaaaaaaaaaaaaaaa-",
    "not/base64-in/parts-",
    "1",
    "1 ",
    "1-",
    "123456789 ",
    "4111 1111 1111 111x ",
    "@",
    "a@a.",
    "+1",
    "(1",
    "a:",
    "pwd=",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "eyJhbGci.",
    "eyJhbGci-",
    "sk-aaaaaaaaaaaaaaaaaa-",
    "DE89 ",
    "https://a:",
    "a:b@",
    "[US_SSN",
    "[US_SSN]",
    "\\",
    "\\u0040",
    "%40",
    "&#64;",
    "\u{200b}",
    "а",
    "１",
    "'",
    "1' or 1=",
    "ignore all ",
    "ssn 1 ",
    "deadbeef",
    "2a01:",
    "A 1 ",
    " at a dot a",
    "AccountKey=",
    "secret_key=",
    "0x",
    "password is ",
    "\u{10ffff}",
];

#[test]
fn no_text_takes_more_than_linear_work() {
    let scanner = Scanner::new(|_| true);
    let mut findings = Vec::new();
    let mut work = |piece: &str, bytes: usize| {
        findings.clear();
        work::take();
        scanner.scan(&Reading::of(&piece.repeat(bytes / piece.len())), Around::default(), &mut findings);
        work::take().max(1)
    };
    for piece in HOSTILE {
        let (short, long) = (work(piece, 4_000), work(piece, 40_000));
        assert!(long <= 11 * short, "{piece:?}: {short} steps for 4 kB, {long} for 40 kB");
        assert!(long <= engine::REACH * 40_000, "{piece:?}: {long} steps for 40 kB");
    }
}

#[test]
fn a_long_text_of_any_kind_is_judged_to_its_end() {
    let scanner = Scanner::default();
    for piece in HOSTILE {
        let judged =
            scanner.injection(&Judge::default(), &Reading::of(&piece.repeat(20_000 / piece.len())), None);
        assert!((0.0..=1.0).contains(&judged.score), "{piece:?}");
    }
}

proptest! {
    #[test]
    fn offsets_lie_on_character_borders_ascend_and_do_not_overlap(text in any_text()) {
        let mut last = 0;
        for f in found(&text) {
            prop_assert!(f.start >= last && f.start < f.end && f.end <= text.len(), "{:?}", f);
            prop_assert!(text.is_char_boundary(f.start) && text.is_char_boundary(f.end), "{:?}", f);
            last = f.end;
        }
    }
}

/// Texts from pieces that detectors look at, so that they meet at every border.
pub fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,6}",
        "[0-9]{1,12}",
        "[ .:@/=+()-]{1,3}",
        Just("4111 1111 1111 1111".to_string()),
        Just("a@b.com".to_string()),
        Just("password=".to_string()),
        Just("ssn ".to_string()),
        Just("[US_SSN]".to_string()),
        Just("\\u0040".to_string()),
        Just("\u{200b}".to_string()),
        Just("٤".to_string()),
        Just("-----BEGIN PRIVATE KEY-----".to_string()),
        Just("eyJhbGciOiJIUzI1NiJ9.eyJ".to_string()),
        Just("postgres://a:".to_string()),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// What `docs/detection.md` says: each type once, with what its rows say of it.
fn reference() -> String {
    let mut types: std::collections::BTreeMap<&str, Vec<&Detector>> = std::collections::BTreeMap::new();
    detectors().for_each(|row| types.entry(row.kind).or_default().push(row));
    let mut out = String::from(REFERENCE);
    for (kind, rows) in types {
        let on = if rows.iter().any(|row| Scanner::is_default(row)) { "on" } else { "on request" };
        out.push_str(&format!("\n## {kind}\n\nBy default: {on}. "));
        let mut said = Vec::new();
        for evidence in rows.iter().map(|row| evidence(row.tier)) {
            if !said.contains(&evidence) {
                said.push(evidence);
            }
        }
        out.push_str(&format!("Evidence: {}.\n", said.join("; or ")));
        let mut words: Vec<&str> = rows.iter().flat_map(|row| row.context).copied().collect();
        words.sort_unstable();
        words.dedup();
        if !words.is_empty() {
            out.push_str(&format!("\nWords: {}.\n", words.join(", ")));
        }
        out.push_str("\n| found | left alone |\n|---|---|\n");
        let cell = |texts: &[&str]| {
            let texts = texts.iter().map(|text| text.escape_debug().to_string().replace('|', "\\|"));
            texts.map(|text| format!("`{}`", text.replace('`', "'"))).collect::<Vec<_>>().join("<br>")
        };
        for row in rows {
            out.push_str(&format!("| {} | {} |\n", cell(row.finds), cell(row.leaves)));
        }
    }
    out
}

const REFERENCE: &str = "# What is found, and by what

Generated from the table in `src/enrich/scan/detectors`; a test keeps it so (`UPDATE_EXPECT=1 cargo test reference`). The value stands
between `⟦` and `⟧`. The standard behind each check is cited where the check is written, in the file of its family.

A word counts in the key or the column that holds a value, up to 160 bytes before it and 40 behind, in the turn before, with and
without accents, joined as programs join words. Words for other numbers (order, invoice, …) right before a value take it away.
";

fn evidence(tier: Tier) -> &'static str {
    match tier {
        Tier::Checked => "a check, or a layout that nothing else has",
        Tier::Shape => "an unmistakable layout",
        Tier::CheckedNear => "a check and a word near",
        Tier::ShapeNear => "a shape and a word right beside it",
        Tier::Optional => "its shape, or what introduces it",
        Tier::OptionalNear => "its shape and a word near",
    }
}

#[test]
fn the_reference_says_what_the_table_says() {
    expect_test::expect_file!["../../../docs/detection.md"].assert_eq(&reference());
}
