//! What the settings name by file: read before a part is built with it.

use super::Config;
use super::cost::{self, Prices};
use super::count::{self, Tokenizers};
use super::patterns::{self, Patterns};
use std::error::Error;

/// The contents of the files that `enrich` names.
#[derive(Default)]
pub struct Files {
    pub prices: Prices,
    pub patterns: Patterns,
    pub tokenizers: Tokenizers,
}

/// Why a file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("enrich.cost.prices")]
    Prices(#[source] cost::LoadError),
    #[error("enrich.patterns")]
    Patterns(#[source] patterns::LoadError),
    #[error("enrich.tokens.tokenizers")]
    Tokenizers(#[source] count::LoadError),
}

impl LoadError {
    /// The error and what is behind it, in one line.
    pub fn told(&self) -> String {
        let mut text = self.to_string();
        let mut next = self.source();
        while let Some(source) = next {
            text = format!("{text}: {source}");
            next = source.source();
        }
        text
    }
}

impl Files {
    pub fn load(config: &Config) -> Result<Files, LoadError> {
        let prices = Prices::load(&config.cost.prices).map_err(LoadError::Prices)?;
        let patterns = Patterns::load(&config.patterns).map_err(LoadError::Patterns)?;
        let tokenizers = Tokenizers::load(&config.tokens.tokenizers).map_err(LoadError::Tokenizers)?;
        Ok(Files { prices, patterns, tokenizers })
    }
}

/// Prices, and nothing else.
impl From<Prices> for Files {
    fn from(prices: Prices) -> Files {
        Files { prices, ..Files::default() }
    }
}
