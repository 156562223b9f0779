//! A model's own `tokenizer.json`, as Hugging Face's tokenizers keep it: byte-level BPE, which most open models
//! use. Other kinds are refused when the file is read, so that a count is exact or is not given.
//!
//! Special tokens in a text are text, as everywhere here; tokens that were added but are not special are found as such.

mod cut;
mod file;
mod letters;
#[cfg(test)]
mod tests;

use super::merge::Bpe;
use aho_corasick::AhoCorasick;
use cut::Step;
use file::Form;
use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use unicode_normalization_alignments::UnicodeNormalization;

/// The largest file that is read, in bytes: the largest known have 35 MB.
const LARGEST: u64 = 128 << 20;

/// One tokenizer, built from its file.
pub struct Tokenizer {
    /// How it is called in `sidelight.tokens.method`, after `tokenizer:`.
    name: String,
    forms: Vec<Form>,
    /// What is a token wherever it stands, before the rest is cut.
    added: Option<AhoCorasick>,
    steps: Vec<Step>,
    bpe: Bpe,
}

/// Why a `tokenizer.json` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("it cannot be read")]
    Unreadable(#[source] std::io::Error),
    #[error("it is larger than 128 MiB")]
    TooLarge,
    #[error("it is no tokenizer.json: {0}")]
    NoTokenizer(#[source] serde_json::Error),
    /// It is one, of a kind that cannot be counted here exactly; or it contradicts itself.
    #[error("{0}")]
    Unsupported(String),
}

impl Tokenizer {
    /// Reads the file at `path`; its counts are called `tokenizer:<name>`.
    pub fn open(name: &str, path: &Path) -> Result<Tokenizer, Unusable> {
        let mut text = String::new();
        let file = File::open(path).map_err(Unusable::Unreadable)?;
        file.take(LARGEST + 1).read_to_string(&mut text).map_err(Unusable::Unreadable)?;
        if text.len() as u64 > LARGEST {
            return Err(Unusable::TooLarge);
        }
        Tokenizer::read(name, &text)
    }

    /// As [`Tokenizer::open`], of what is in the file.
    pub fn read(name: &str, text: &str) -> Result<Tokenizer, Unusable> {
        let file::Parts { forms, added, steps, vocabulary } = file::read(text)?;
        let added = (!added.is_empty()).then(|| file::finder(&added)).transpose()?;
        Ok(Tokenizer { name: name.to_owned(), forms, added, steps, bpe: vocabulary.into() })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many tokens `text` is, without those that a chat template or a post-processor puts around it.
    pub fn count(&self, text: &str) -> u64 {
        self.bpe.counting(|count| {
            let (mut tokens, mut at) = (0, 0);
            let mut between = |text: &str| {
                let normal = self.normal(text);
                let mut tokens = 0;
                cut::pieces(&self.steps, &normal, &mut |piece| tokens += count(piece.as_bytes()));
                tokens
            };
            for found in self.added.iter().flat_map(|added| added.find_iter(text)) {
                tokens += 1 + between(&text[at..found.start()]);
                at = found.end();
            }
            (tokens + between(&text[at..])) as u64
        })
    }

    fn normal<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if text.is_ascii() {
            return Cow::Borrowed(text);
        }
        self.forms.iter().fold(Cow::Borrowed(text), |text, form| {
            Cow::Owned(match form {
                Form::Nfc => text.nfc().map(|(c, _)| c).collect(),
                Form::Nfd => text.nfd().map(|(c, _)| c).collect(),
                Form::Nfkc => text.nfkc().map(|(c, _)| c).collect(),
                Form::Nfkd => text.nfkd().map(|(c, _)| c).collect(),
            })
        })
    }
}
