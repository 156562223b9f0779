//! Every literal of a JSON text lies where it says and says what serde_json reads; nothing is missed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sidelight::json::literals;

fuzz_target!(|text: &str| {
    let valid = serde_json::from_str::<serde_json::Value>(text);
    let Some(found) = literals(text) else {
        // Ours nests deeper than serde_json; what serde_json takes, we take.
        assert!(!matches!(valid, Ok(value) if value.is_object() || value.is_array()));
        return;
    };
    for literal in found {
        let raw = &text[literal.at.clone()];
        let mut offsets = literal.offsets(text);
        assert_eq!(offsets.range(0..literal.text.len()), literal.at);
        if valid.is_ok() && !literal.is_number {
            assert_eq!(
                serde_json::from_str::<String>(&format!("\"{raw}\"")).expect("a string"),
                literal.text
            );
        }
    }
});
