//! The tokenizers that a user gives, by the names of models: the setting `enrich.tokens.tokenizers`.

use super::json::{self, Unusable};
use super::models::{Tokenizer, bare, fits};
use crate::enrich::allow::is_name;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Which models have a tokenizer of their own. Cloning shares them.
#[derive(Clone, Default)]
pub struct Tokenizers {
    /// By the name of the model, bare and in lower case; longer names come first.
    given: Vec<(String, Arc<json::Tokenizer>)>,
}

/// Why a tokenizer that was given cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(
        "{0:?} is no name of a model: letters, digits and `.-_:/`, and `*` at its end for all that begin so"
    )]
    Name(String),
    #[error("the tokenizer {file} cannot be used")]
    File { file: PathBuf, source: Unusable },
}

impl Tokenizers {
    /// Reads the files of `settings`, by the names of the models that they are for: the forms of names that
    /// [`Tokenizer::of`] takes, a name with `*` at its end for all that begin so.
    pub fn load(settings: &BTreeMap<String, PathBuf>) -> Result<Tokenizers, LoadError> {
        let mut given = Vec::with_capacity(settings.len());
        for (model, file) in settings {
            given.push((bare(&model.to_ascii_lowercase()).to_owned(), Arc::new(open(model, file)?)));
        }
        given.sort_by_key(|(model, _)| std::cmp::Reverse(model.len()));
        Ok(Tokenizers { given })
    }

    /// The way to count for `model`: the tokenizer that was given for it, else as [`Tokenizer::of`] says.
    pub fn of(&self, model: &str) -> Tokenizer {
        if self.given.is_empty() {
            return Tokenizer::of(model);
        }
        let lower = model.to_ascii_lowercase();
        let given = self.given.iter().find(|(name, _)| fits(bare(&lower), name));
        given.map_or_else(|| Tokenizer::of(model), |(_, tokenizer)| Tokenizer::Given(Arc::clone(tokenizer)))
    }
}

fn open(model: &str, file: &Path) -> Result<json::Tokenizer, LoadError> {
    let name = model.trim_end_matches(['*', '-']);
    if !is_name(name) {
        return Err(LoadError::Name(model.to_owned()));
    }
    json::Tokenizer::open(name, file).map_err(|source| LoadError::File { file: file.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    const LLAMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tokenizers/llama3.json");

    fn load(settings: &[(&str, &str)]) -> Result<Tokenizers, LoadError> {
        Tokenizers::load(&settings.iter().map(|(model, file)| ((*model).into(), file.into())).collect())
    }

    #[test]
    fn a_given_tokenizer_counts_for_the_models_of_its_name_and_no_other() {
        let qwen = LLAMA.replace("llama3", "qwen");
        let given =
            load(&[("meta-llama/Llama-3.3-70B", LLAMA), ("my-*", LLAMA), ("my-qwen", &qwen)]).unwrap();
        for (model, method) in [
            ("meta-llama/Llama-3.3-70B-Instruct", "tokenizer:meta-llama/Llama-3.3-70B"),
            ("llama-3.3-70b", "tokenizer:meta-llama/Llama-3.3-70B"),
            ("my-tuned:latest", "tokenizer:my"),
            ("vllm/my-qwen-7b", "tokenizer:my-qwen"),
            ("llama-3.1-8b", "estimate:llama"),
            ("gpt-4o", "tokenizer:o200k_base"),
        ] {
            assert_eq!(given.of(model).method(), method, "{model}");
        }
        assert!(given.of("llama-3.3-70b").count("hello world") > 2);
    }

    #[test]
    fn what_cannot_be_used_is_named_with_its_reason() {
        for (model, file, said) in [
            (
                "jane@example.com",
                LLAMA,
                "\"jane@example.com\" is no name of a model: letters, digits and `.-_:/`, and `*` at its end for all that begin so",
            ),
            ("m", "no/such.json", "the tokenizer no/such.json cannot be used: it cannot be read"),
            ("m", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "is no tokenizer.json"),
        ] {
            let error = load(&[(model, file)]).err().unwrap();
            let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
            assert!(format!("{error}{source}").contains(said), "{error}{source}");
        }
    }
}
