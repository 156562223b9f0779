//! Any text through the scanner: offsets on character borders, and what was redacted stays redacted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sidelight::enrich::redact::{Config, InjectionConfig, Leaf, Redactor, Tally};
use sidelight::enrich::scan::{Around, Reading, Scanner};
use std::sync::LazyLock;

static REDACTOR: LazyLock<Redactor> =
    LazyLock::new(|| Redactor::build(&Config::default(), &InjectionConfig::default()));

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut findings = Vec::new();
    Scanner::default().scan(&Reading::of(&text), Around::default(), &mut findings);
    let mut last = 0;
    for found in &findings {
        assert!(last <= found.start && found.start < found.end);
        assert!(text.is_char_boundary(found.start) && text.is_char_boundary(found.end));
        last = found.end;
    }
    let leaf = |text| Leaf { text, ..Leaf::default() };
    if let Some(safe) = REDACTOR.leaf(leaf(&text), &mut Tally::default()) {
        assert_eq!(REDACTOR.leaf(leaf(&safe), &mut Tally::default()), None);
    }
});
