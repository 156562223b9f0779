//! The model against references: a tiny one always, all-MiniLM-L6-v2 where its weights are.

use super::*;
use serde_json::Value;
use std::fs;
use std::sync::LazyLock;

/// Where the tiny model lies; `make.py` beside it tells what it is.
const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/model");
const TINY_SHA256: &str = "9f9a60954f1ef8cf02444401fc573aea3597448cf76b04545b6c9ff30acb4264";

/// An unoptimised build takes a second for 256 tokens.
const MOST_TOKENS: usize = if cfg!(debug_assertions) { 32 } else { 256 };

/// The ids that `model` has for the texts of `reference` are the same, and its vectors point the same way.
fn check(model: &MiniLm, reference: &str) {
    let reference: Value = serde_json::from_str(reference).unwrap();
    for item in reference["items"].as_array().unwrap() {
        let text = item["text"].as_str().unwrap();
        let ids: Vec<Value> = model.wordpiece.ids(text).into_iter().map(Value::from).collect();
        assert_eq!(Value::from(ids), item["input_ids"], "{text:?}");
        if model.dimensions() == 384 && item["input_ids"].as_array().unwrap().len() > MOST_TOKENS {
            continue;
        }
        let vector = model.vector(text).unwrap();
        let expected: Vec<f64> =
            item["embedding"].as_array().unwrap().iter().filter_map(Value::as_f64).collect();
        assert_eq!(vector.len(), expected.len());
        let cosine: f64 = vector.iter().zip(&expected).map(|(x, y)| f64::from(*x) * y).sum();
        let most = vector.iter().zip(&expected).map(|(x, y)| (f64::from(*x) - y).abs()).fold(0.0, f64::max);
        assert!(cosine >= 0.999_99 && most < 1e-5, "{text:?}: cosine {cosine}, off by {most}");
    }
}

static TINY_MODEL: LazyLock<MiniLm> =
    LazyLock::new(|| MiniLm::load(Path::new(TINY), Expected::Weights(TINY_SHA256)).unwrap());

/// all-MiniLM-L6-v2, where `SIDELIGHT_TEST_MODEL` names it or `make model` has put it.
fn real() -> Option<MiniLm> {
    let named = std::env::var_os("SIDELIGHT_TEST_MODEL").map(PathBuf::from);
    let made = concat!(env!("CARGO_MANIFEST_DIR"), "/sidelight-data/model");
    let directory = named.unwrap_or_else(|| made.into());
    if !directory.join(WEIGHTS).exists() {
        eprintln!("skipped: {} has no model; `make model` fetches it", directory.display());
        return None;
    }
    Some(MiniLm::load(&directory, Expected::AllMiniLm).unwrap())
}

#[test]
fn the_tiny_model_answers_as_numpy_does() {
    check(&TINY_MODEL, &fs::read_to_string(format!("{TINY}/vectors.json")).unwrap());
}

#[test]
fn the_real_model_answers_as_sentence_transformers_does() {
    let shared = std::env::var("SIDELIGHT_SHARED").unwrap_or_else(|_| "../shared".to_string());
    let Ok(reference) = fs::read_to_string(format!("{shared}/embeddings/minilm_vectors.json")) else {
        return eprintln!("skipped: {shared} has no reference vectors");
    };
    if let Some(model) = real() {
        check(&model, &reference);
    }
}

/// The cases of the tiny vocabulary lie beside it; `tests/oracles/make` makes many of the real one.
#[test]
fn wordpiece_cuts_as_hugging_face_does() {
    check_pieces(&TINY_MODEL, &format!("{TINY}/wordpiece.jsonl"));
    if let Ok(cases) = std::env::var("SIDELIGHT_WORDPIECE_CASES") {
        check_pieces(&real().expect("the model that they were made with"), &cases);
    }
}

fn check_pieces(model: &MiniLm, cases: &str) {
    for line in fs::read_to_string(cases).unwrap().lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let text = case["text"].as_str().unwrap();
        let ids: Vec<Value> = model.wordpiece.ids(text).into_iter().map(Value::from).collect();
        assert_eq!(Value::from(ids), case["ids"], "{text:?}");
    }
}

/// What loading the tiny model says once `break_it` has had its way with a copy of it.
fn refused(break_it: impl FnOnce(&Path)) -> String {
    let directory = tempfile::tempdir().unwrap();
    for name in [WEIGHTS, VOCABULARY] {
        fs::copy(Path::new(TINY).join(name), directory.path().join(name)).unwrap();
    }
    break_it(directory.path());
    let error = MiniLm::load(directory.path(), Expected::Weights(TINY_SHA256)).err().unwrap();
    let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
    format!("{error}{source}").replace(&directory.path().display().to_string(), "DIR")
}

#[test]
fn weights_that_are_not_the_expected_ones_are_named_by_their_digest() {
    let said = refused(|directory| {
        let mut bytes = fs::read(directory.join(WEIGHTS)).unwrap();
        bytes.truncate(1000);
        fs::write(directory.join(WEIGHTS), bytes).unwrap();
    });
    let begin = "DIR/model.safetensors is not the file that was expected: its sha256 is ";
    assert!(said.starts_with(begin) && said.ends_with(&format!(", not {TINY_SHA256}")), "{said}");

    let wrong = MiniLm::load(Path::new(TINY), Expected::AllMiniLm).err().unwrap().to_string();
    assert!(wrong.contains(TINY_SHA256) && wrong.ends_with(WEIGHTS_SHA256), "{wrong}");
}

#[test]
fn what_is_missing_is_said() {
    let said = refused(|directory| fs::remove_file(directory.join(VOCABULARY)).unwrap());
    assert_eq!(said, "there is no DIR/vocab.txt; `make model` fetches it into the data directory");
    let said = refused(|directory| fs::write(directory.join(VOCABULARY), "a\nb\n").unwrap());
    assert_eq!(said, "DIR/vocab.txt: the vocabulary has no [PAD]");
    let said = refused(|directory| {
        let pieces = fs::read_to_string(directory.join(VOCABULARY)).unwrap() + &"more\n".repeat(100);
        fs::write(directory.join(VOCABULARY), pieces).unwrap();
    });
    assert!(said.contains(" pieces, and the weights "), "{said}");
}

#[test]
fn a_file_of_weights_may_say_anything_and_is_refused_in_words() {
    let header = |json: &str| [&(json.len() as u64).to_le_bytes()[..], json.as_bytes()].concat();
    let cut = r#"{"embeddings.word_embeddings.weight":{"dtype":"F32","shape":[4,4],"data_offsets":[0,64]}}"#;
    let wild = r#"{"embeddings.word_embeddings.weight":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,64]}}"#;
    for (bytes, expected) in [
        (Vec::new(), "cannot be read"),
        (vec![0xff; 100], "is no safetensors file"),
        (header("{"), "is no safetensors file"),
        (header(cut), "has no tensor embeddings.position_embeddings.weight"),
        (header(wild), "is no safetensors file"),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        let read = Weights::open(File::open(file.path()).unwrap()).and_then(|weights| Bert::read(&weights));
        let said = read.err().unwrap().to_string();
        assert!(said.starts_with(expected), "{said}");
    }
}

#[test]
fn no_text_costs_more_than_its_first_part() {
    for text in ["the cat ", " ", "x", "\u{301}", "สวัสดีชาวโลก", "[", "[CLS", "\u{200b}", "北"]
    {
        let long = text.repeat((1 << 18) / text.len());
        let first = &long[..long.floor_char_boundary(32 << 10)];
        assert_eq!(TINY_MODEL.wordpiece.ids(&long), TINY_MODEL.wordpiece.ids(first), "{text:?}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_has_a_vector_of_length_one(text in "\\PC{0,40}|[a-z\u{300}-\u{310} \\[\\]#北]{0,40}") {
        let vector = TINY_MODEL.vector(&text).unwrap();
        let length: f32 = vector.iter().map(|x| x * x).sum();
        proptest::prop_assert!((length - 1.0).abs() < 1e-4);
    }
}
