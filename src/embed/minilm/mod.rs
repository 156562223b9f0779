//! all-MiniLM-L6-v2, and others of its family, in this process.

mod bert;
mod elementwise;
mod normal;
#[cfg(test)]
mod tests;
mod weights;
mod wordpiece;

use bert::Bert;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use weights::{Weights, WeightsError};
use wordpiece::{NoVocabulary, WordPiece};

/// Its weights, in a model directory.
pub const WEIGHTS: &str = "model.safetensors";

/// Its vocabulary, in a model directory.
const VOCABULARY: &str = "vocab.txt";

/// SHA-256 of the two files of sentence-transformers/all-MiniLM-L6-v2 at revision
/// 1110a243fdf4706b3f48f1d95db1a4f5529b4d41, which `make model` fetches.
const WEIGHTS_SHA256: &str = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";
const VOCABULARY_SHA256: &str = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3";

/// A sentence model, loaded and ready. Holds its layers in memory (43 MB for all-MiniLM-L6-v2) and its table of
/// words open on disk.
pub struct MiniLm {
    bert: Bert,
    wordpiece: WordPiece,
}

/// What the files of a model have to be, by their digests.
#[derive(Clone, Copy, Debug)]
pub enum Expected<'a> {
    /// Weights and vocabulary of all-MiniLM-L6-v2.
    AllMiniLm,
    /// The weights of another model of the family; this is their SHA-256 in hex.
    Weights(&'a str),
}

impl Expected<'_> {
    /// What the vectors of such a model are known by: only those of one model can be compared.
    pub fn name(&self) -> String {
        match self {
            Expected::AllMiniLm => "all-MiniLM-L6-v2".to_string(),
            Expected::Weights(sha256) => format!("minilm:{sha256:.8}"),
        }
    }
}

/// Why a model cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Nobody has put a model there.
    #[error("there is no {}; `make model` fetches it into the data directory", path.display())]
    Absent { path: PathBuf },
    #[error("cannot read {}", path.display())]
    Disk {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} is not the file that was expected: its sha256 is {found}, not {expected}", path.display())]
    Digest { path: PathBuf, found: String, expected: String },
    #[error("{}", path.display())]
    Weights {
        path: PathBuf,
        #[source]
        source: WeightsError,
    },
    #[error("{}", path.display())]
    Vocabulary {
        path: PathBuf,
        #[source]
        source: NoVocabulary,
    },
    #[error("{} has {pieces} pieces, and the weights {rows} rows for them", path.display())]
    Sizes { path: PathBuf, pieces: usize, rows: usize },
}

impl MiniLm {
    /// Loads the model in `directory`, once its files are what was `expected`.
    pub fn load(directory: &Path, expected: Expected<'_>) -> Result<MiniLm, LoadError> {
        let (weights, vocabulary) = match expected {
            Expected::AllMiniLm => (WEIGHTS_SHA256, Some(VOCABULARY_SHA256)),
            Expected::Weights(sha256) => (sha256, None),
        };
        let path = directory.join(WEIGHTS);
        let wrong = |source| LoadError::Weights { path: path.clone(), source };
        let weights = Weights::open(open(&path, Some(weights))?).map_err(wrong)?;
        let bert = Bert::read(&weights).map_err(wrong)?;
        let wordpiece = read_vocabulary(directory.join(VOCABULARY), vocabulary)?;
        if wordpiece.len() > bert.words() {
            return Err(LoadError::Sizes { path, pieces: wordpiece.len(), rows: bert.words() });
        }
        Ok(MiniLm { bert, wordpiece })
    }

    /// How many numbers a vector has: 384 for all-MiniLM-L6-v2.
    pub fn dimensions(&self) -> usize {
        self.bert.dimensions()
    }

    /// The vector of `text`, of length 1. A text past 256 tokens is cut, not refused; an empty one has a
    /// vector too. Blocks, for 10 to 50 ms where 256 tokens are reached.
    ///
    /// Errors only where the file of the weights cannot be read any more.
    pub fn vector(&self, text: &str) -> io::Result<Vec<f32>> {
        self.vector_of(&self.ids(text))
    }

    /// The pieces of `text` as numbers of the vocabulary, 2 to 256 of them.
    pub fn ids(&self, text: &str) -> Vec<u32> {
        self.wordpiece.ids(text)
    }

    /// As [`MiniLm::vector`], of a text that is cut already: 1 to 256 numbers of its vocabulary.
    pub fn vector_of(&self, ids: &[u32]) -> io::Result<Vec<f32>> {
        self.bert.vector(ids)
    }
}

fn read_vocabulary(path: PathBuf, sha256: Option<&str>) -> Result<WordPiece, LoadError> {
    let text = io::read_to_string(open(&path, sha256)?);
    let text = text.map_err(|source| LoadError::Disk { path: path.clone(), source })?;
    WordPiece::new(text).map_err(|source| LoadError::Vocabulary { path, source })
}

/// Opens `path` and checks its digest.
fn open(path: &Path, sha256: Option<&str>) -> Result<File, LoadError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => LoadError::Absent { path: path.to_path_buf() },
        _ => LoadError::Disk { path: path.to_path_buf(), source },
    };
    let file = File::open(path).map_err(unreadable)?;
    if let Some(expected) = sha256 {
        let found = weights::sha256(&file).map_err(unreadable)?;
        if !found.eq_ignore_ascii_case(expected) {
            let (path, expected) = (path.to_path_buf(), expected.to_string());
            return Err(LoadError::Digest { path, found, expected });
        }
    }
    Ok(file)
}
