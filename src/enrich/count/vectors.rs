//! The predecessor's recorded counts, where they are tiktoken's; `tests/data/token_vectors.json`.

use super::{Tokenizer, image, predecessor};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../tests/data/token_vectors.json")).expect("JSON")
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} of {value}"))
}

#[test]
fn texts_are_counted_as_recorded() {
    let vectors = vectors();
    for case in vectors["counts"].as_array().unwrap() {
        let content = text(&vectors["texts"], text(case, "text"));
        let model = text(case, "model");
        assert_eq!(Tokenizer::of(model).count(content), case["tokens"], "{case}");
    }
}

#[test]
fn random_texts_are_counted_as_recorded() {
    for case in vectors()["random"].as_array().unwrap() {
        for model in ["gpt-4", "gpt-4o"] {
            assert_eq!(Tokenizer::of(model).count(text(case, "text")), case[model], "{model} {case}");
        }
    }
}

#[test]
fn messages_are_counted_as_recorded() {
    for case in vectors()["messages"].as_array().unwrap() {
        let (messages, model) = (case["messages"].as_array().unwrap(), text(case, "model"));
        // The predecessor counts no picture whose URL is given plainly.
        if !case["messages"].to_string().contains("\"image_url\":\"") {
            let count = Tokenizer::of(model).count_request(model, messages, &[]);
            assert_eq!(count.unwrap(), case["tokens"], "{case}");
        }
    }
}

/// All of the predecessor's answers, estimates and failures included.
#[test]
fn the_predecessor_would_have_answered_the_same() {
    let vectors = vectors();
    for case in vectors["predecessor"].as_array().unwrap() {
        let prompt = match case["text"].as_str() {
            Some(name) => &vectors["texts"][name],
            None => &case["prompt"],
        };
        let answer = predecessor::count(prompt, text(case, "model")).ok();
        let expected = case["tokens"].as_u64().zip(case["method"].as_str());
        assert_eq!(answer, expected, "{case}");
    }
}

#[test]
fn a_message_that_is_no_object_is_named() {
    let messages = [serde_json::json!({}), serde_json::json!("hi")];
    let error = Tokenizer::of("gpt-4o").count_request("gpt-4o", &messages, &[]).unwrap_err();
    assert_eq!(error.to_string(), "message 1 is not an object");
}

#[test]
fn images_are_counted_as_recorded() {
    let vectors = vectors();
    for case in vectors["images"].as_array().unwrap() {
        let size = (case["width"].as_u64().unwrap(), case["height"].as_u64().unwrap());
        assert_eq!(predecessor::picture(Some(size), text(case, "detail")).unwrap(), case["tokens"], "{case}");
    }
    for case in vectors["images_random_high"].as_array().unwrap() {
        let number = |index: usize| case[index].as_u64().unwrap();
        assert_eq!(predecessor::picture(Some((number(0), number(1))), "high"), Some(number(2)), "{case}");
    }
}

#[test]
fn sizes_are_read_from_data_urls_as_recorded() {
    for case in vectors()["image_formats"].as_array().unwrap() {
        let size = image::size(text(case, "url"));
        let side = |index: usize| case["parsed_dims"][index].as_u64();
        let expected = side(0).zip(side(1));
        assert_eq!(size, expected, "{case}");
        let detail = case["detail"].as_str().unwrap_or("high");
        assert_eq!(predecessor::picture(size, detail).unwrap(), case["tokens"], "{case}");
    }
}
