//! Against Hugging Face's library, on tokenizers of the kinds that open models use; `tests/oracles/tokenizer_json.py` made
//! them, and makes more.

use super::*;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

fn folder() -> PathBuf {
    let made = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tokenizers");
    std::env::var_os("SIDELIGHT_TOKENIZER_CASES").map_or_else(|| made.into(), PathBuf::from)
}

#[test]
fn texts_are_counted_as_hugging_face_counts_them() {
    let cases: Value =
        serde_json::from_str(&fs::read_to_string(folder().join("cases.json")).unwrap()).unwrap();
    let texts = cases["texts"].as_array().unwrap();
    for (kind, counts) in cases["counts"].as_object().unwrap() {
        let tokenizer = Tokenizer::open(kind, &folder().join(format!("{kind}.json"))).unwrap();
        for (text, count) in texts.iter().zip(counts.as_array().unwrap()) {
            assert_eq!(tokenizer.count(text.as_str().unwrap()), *count, "{kind} {text}");
        }
    }
}

/// What the smallest tokenizer says once `change` has had its way with it.
fn refused(change: impl FnOnce(&mut Value)) -> String {
    let mut file: Value =
        serde_json::from_str(&fs::read_to_string(folder().join("gpt2.json")).unwrap()).unwrap();
    change(&mut file);
    let error = Tokenizer::read("t", &file.to_string()).err().map(|error| error.to_string());
    error.unwrap_or_else(|| "it was taken".into())
}

#[test]
fn kinds_that_cannot_be_counted_exactly_are_named() {
    let look_behind = json!({"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "(?<=a)b"}});
    let sequence = |step: Value| json!({"type": "Sequence", "pretokenizers": [step, {"type": "ByteLevel"}]});
    for (key, value, said) in [
        ("/model/type", json!("Unigram"), "model: only byte-level BPE can be counted, and this is Unigram"),
        (
            "/model/byte_fallback",
            json!(true),
            "model: only byte-level BPE can be counted, and this BPE is of characters",
        ),
        (
            "/model/end_of_word_suffix",
            json!("</w>"),
            "model: only byte-level BPE can be counted, and this BPE is of characters",
        ),
        ("/model/dropout", json!(0.1), "model.dropout: with it a text is cut another way each time"),
        (
            "/model/merges/0",
            json!(["Ġ", "~~~"]),
            "model.merges: number 0 is of tokens that model.vocab lacks",
        ),
        ("/model/merges/0", json!("one"), "model.merges: number 0 is none of a byte-level vocabulary"),
        ("/model/vocab", json!({"a": 0}), "model.merges: number 0 is of tokens that model.vocab lacks"),
        ("/normalizer", json!({"type": "Lowercase"}), "normalizer: Lowercase is not supported"),
        ("/pre_tokenizer", json!(null), "pre_tokenizer: what has no type is not supported"),
        ("/pre_tokenizer", json!({"type": "Metaspace"}), "pre_tokenizer: Metaspace is not supported"),
        (
            "/pre_tokenizer",
            json!({"type": "Sequence", "pretokenizers": []}),
            "pre_tokenizer: it has no ByteLevel, and only byte-level BPE can be counted",
        ),
        (
            "/pre_tokenizer",
            sequence(look_behind),
            "pre_tokenizer: the expression \"(?<=a)b\" is not supported: it is wrong or looks around",
        ),
        (
            "/added_tokens/1/rstrip",
            json!(true),
            "added_tokens: single_word, lstrip and rstrip are not supported",
        ),
    ] {
        let change = |file: &mut Value| *file.pointer_mut(key).expect("a part of the file") = value;
        assert_eq!(refused(change), said, "{key}");
    }
    let no_merges = refused(|file| {
        let all = file["model"]["vocab"].as_object().unwrap().clone();
        file["model"]["vocab"] = all.into_iter().filter(|(token, _)| token != "!").collect();
        file["model"]["merges"] = json!([]);
    });
    assert_eq!(no_merges, "model.vocab: the byte 0x21 has no token, so it is not byte-level");
    assert!(refused(|file| *file = json!([1])).starts_with("it is no tokenizer.json: "));
}

/// The first merge takes what the last one makes, as training does not give it.
#[test]
fn a_list_out_of_order_is_merged_as_it_stands() {
    let text = fs::read_to_string(folder().join("gpt2.json")).unwrap();
    let mut file: Value = serde_json::from_str(&text).unwrap();
    let vocab = file["model"]["vocab"].as_object_mut().unwrap();
    for (id, token) in ["aab", "aa", "ab"].into_iter().enumerate() {
        vocab.insert(token.into(), json!(1_000 + id));
    }
    file["model"]["merges"] = json!([["aa", "b"], ["a", "b"], ["a", "a"]]);
    let tokenizer = Tokenizer::read("t", &file.to_string()).unwrap();
    // By rank: every `a b` first, then pairs of `a`; no `aa` is left before a `b`.
    for (text, tokens) in [("aab", 2), ("aaab", 2), ("aaaa", 2), ("aabaab", 4)] {
        assert_eq!(tokenizer.count(text), tokens, "{text}");
    }
    assert_eq!(tokenizer.count(&"a".repeat(1 << 17)), 1 << 16);
}

/// A megabyte of anything takes time that grows no faster than it.
#[test]
fn long_pieces_are_no_trouble() {
    let tokenizer = Tokenizer::open("t", &folder().join("qwen.json")).unwrap();
    for text in ["a", " ", "\n", "漢", "1", "\u{301}", "-"] {
        let few = tokenizer.count(&text.repeat(10_000));
        let many = tokenizer.count(&text.repeat(100_000));
        assert!(many.abs_diff(10 * few) <= 10, "{text:?}: {few} and {many}");
    }
}
