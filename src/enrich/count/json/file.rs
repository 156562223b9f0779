//! What a `tokenizer.json` says, as far as it is about counting.
//!
//! Source: the serialised form of Hugging Face's tokenizers 0.23.

use super::Unusable;
use super::cut::{Expression, GPT2, Step};
use super::letters;
use crate::enrich::count::listed::NoToken;
use crate::enrich::count::vocabulary::Vocabulary;
use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// What a tokenizer is built of.
pub(super) struct Parts {
    pub(super) forms: Vec<Form>,
    pub(super) added: Vec<String>,
    pub(super) steps: Vec<Step>,
    pub(super) vocabulary: Vocabulary,
}

/// A normal form of Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
}

#[derive(Deserialize)]
struct File<'a> {
    #[serde(default)]
    added_tokens: Vec<Added>,
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    /// Read once its type is known: others have other members.
    #[serde(borrow)]
    model: &'a RawValue,
}

#[derive(Deserialize)]
struct Added {
    content: String,
    #[serde(default)]
    special: bool,
    #[serde(default)]
    single_word: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
}

#[derive(Deserialize)]
struct Kind {
    r#type: Option<String>,
}

#[derive(Deserialize)]
struct Bpe {
    vocab: HashMap<String, u32>,
    merges: Vec<Merge>,
    dropout: Option<f64>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
    #[serde(default)]
    byte_fallback: bool,
    #[serde(default)]
    ignore_merges: bool,
}

/// Two forms are about: `"a b"`, and since 2024 `["a", "b"]`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    Joined(String),
    Parts(String, String),
}

pub(super) fn read(text: &str) -> Result<Parts, Unusable> {
    let file: File<'_> = serde_json::from_str(text).map_err(Unusable::NoTokenizer)?;
    let kind: Kind = serde_json::from_str(file.model.get()).map_err(Unusable::NoTokenizer)?;
    if let Some(kind) = kind.r#type.filter(|kind| kind != "BPE") {
        let why = format!("model: only byte-level BPE can be counted, and this is {kind}");
        return Err(Unusable::Unsupported(why));
    }
    let bpe: Bpe = serde_json::from_str(file.model.get()).map_err(Unusable::NoTokenizer)?;
    let parts = || {
        check(&bpe)?;
        let mut forms = Vec::new();
        normalizer(&file.normalizer, &mut forms)?;
        Ok(Parts {
            forms,
            added: added(file.added_tokens)?,
            steps: pre_tokenizer(&file.pre_tokenizer)?,
            vocabulary: vocabulary(&bpe)?,
        })
    };
    parts().map_err(Unusable::Unsupported)
}

/// What finds the longest of `added`.
pub(super) fn finder(added: &[String]) -> Result<AhoCorasick, Unusable> {
    let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(added);
    finder.map_err(|error| Unusable::Unsupported(format!("added_tokens: {error}")))
}

fn check(bpe: &Bpe) -> Result<(), String> {
    let of_words = [&bpe.continuing_subword_prefix, &bpe.end_of_word_suffix];
    if bpe.byte_fallback || of_words.into_iter().flatten().any(|affix| !affix.is_empty()) {
        return Err("model: only byte-level BPE can be counted, and this BPE is of characters".into());
    }
    if bpe.dropout.is_some_and(|dropout| dropout > 0.0) {
        return Err("model.dropout: with it a text is cut another way each time".into());
    }
    Ok(())
}

fn vocabulary(bpe: &Bpe) -> Result<Vocabulary, String> {
    let mut tokens: Vec<(&String, u32)> = bpe.vocab.iter().map(|(token, id)| (token, *id)).collect();
    tokens.sort_unstable_by_key(|(token, id)| (*id, *token));
    // What is not written in the letters of bytes was added; no merge makes it.
    let tokens = tokens.into_iter().filter_map(|(token, _)| letters::bytes(token).filter(|t| !t.is_empty()));
    let merges = bpe.merges.iter().enumerate().map(|(place, merge)| {
        let parts = match merge {
            Merge::Joined(both) => both.split_once(' '),
            Merge::Parts(left, right) => Some((left.as_str(), right.as_str())),
        };
        let bytes = parts.and_then(|(left, right)| Some((letters::bytes(left)?, letters::bytes(right)?)));
        bytes.ok_or_else(|| format!("model.merges: number {place} is none of a byte-level vocabulary"))
    });
    let merges = merges.collect::<Result<Vec<_>, String>>()?;
    let vocabulary = Vocabulary::listed(tokens, &merges, bpe.ignore_merges).map_err(|NoToken(place)| {
        format!("model.merges: number {place} is of tokens that model.vocab lacks")
    })?;
    // Bytes that no UTF-8 text has may be missing.
    let mut needed = (0..=0xbf).chain(0xc2..=0xf4);
    match needed.find(|byte| vocabulary.rank(&[*byte]).is_none()) {
        Some(byte) => Err(format!("model.vocab: the byte {byte:#04x} has no token, so it is not byte-level")),
        None => Ok(vocabulary),
    }
}

fn added(tokens: Vec<Added>) -> Result<Vec<String>, String> {
    let plain = tokens.into_iter().filter(|token| !token.special && !token.content.is_empty());
    let one = |token: Added| match token.single_word || token.lstrip || token.rstrip {
        true => Err("added_tokens: single_word, lstrip and rstrip are not supported".to_owned()),
        false => Ok(token.content),
    };
    plain.map(one).collect()
}

fn normalizer(said: &Value, forms: &mut Vec<Form>) -> Result<(), String> {
    match said["type"].as_str() {
        None if said.is_null() => {}
        Some("NFC") => forms.push(Form::Nfc),
        Some("NFD") => forms.push(Form::Nfd),
        Some("NFKC") => forms.push(Form::Nfkc),
        Some("NFKD") => forms.push(Form::Nfkd),
        Some("Sequence") => {
            let steps = said["normalizers"].as_array().map_or(&[][..], Vec::as_slice);
            steps.iter().try_for_each(|step| normalizer(step, forms))?;
        }
        kind => return Err(unsupported("normalizer", kind)),
    }
    Ok(())
}

fn pre_tokenizer(said: &Value) -> Result<Vec<Step>, String> {
    let (mut steps, mut byte_level) = (Vec::new(), false);
    let sequence = match said["type"].as_str() {
        Some("Sequence") => said["pretokenizers"].as_array().map_or(&[][..], Vec::as_slice),
        _ => std::slice::from_ref(said),
    };
    for step in sequence {
        if byte_level {
            return Err("pre_tokenizer: nothing may come after ByteLevel".into());
        }
        let flag = |key: &str| step[key].as_bool().unwrap_or(true);
        match step["type"].as_str() {
            Some("ByteLevel") => {
                byte_level = true;
                steps.extend(flag("add_prefix_space").then_some(Step::Space));
                if flag("use_regex") {
                    steps.push(Step::Split(Expression::new(GPT2, true)?));
                }
            }
            Some("Split") => steps.push(Step::Split(split(step)?)),
            Some("Digits") => {
                let digits = if step["individual_digits"] == true { r"\p{N}" } else { r"\p{N}+" };
                steps.push(Step::Split(Expression::new(digits, true)?));
            }
            kind => return Err(unsupported("pre_tokenizer", kind)),
        }
    }
    match byte_level {
        true => Ok(steps),
        false => Err("pre_tokenizer: it has no ByteLevel, and only byte-level BPE can be counted".into()),
    }
}

fn split(step: &Value) -> Result<Expression, String> {
    let between = match (step["behavior"].as_str(), step["invert"] == true) {
        (Some("Isolated"), _) => true,
        (Some("Removed"), true) => false,
        (behavior, _) => return Err(unsupported("pre_tokenizer.behavior", behavior)),
    };
    let pattern = &step["pattern"];
    let literal = || pattern["String"].as_str().map(regex_syntax::escape);
    let expression = pattern["Regex"].as_str().map(str::to_owned).or_else(literal);
    let expression = expression.ok_or("pre_tokenizer: a Split without a pattern")?;
    Expression::new(&expression, between).map_err(|why| format!("pre_tokenizer: {why}"))
}

fn unsupported(key: &str, kind: Option<&str>) -> String {
    format!("{key}: {} is not supported", kind.unwrap_or("what has no type"))
}
