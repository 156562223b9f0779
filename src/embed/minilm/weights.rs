//! `model.safetensors`: its tensors, read one by one, and its digest.

use ndarray::Array2;
use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// A longer header is no model of the family.
const MOST_HEADER: u64 = 1 << 20;

/// Before the header stands its length.
const LENGTH: u64 = 8;

/// A file of tensors, of which each read goes to the disk.
pub struct Weights {
    file: Arc<File>,
    header: Metadata,
    /// Where the tensors begin, in bytes.
    begin: u64,
}

/// Why a file of weights cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    #[error("cannot be read")]
    Disk(#[from] io::Error),
    #[error("is no safetensors file")]
    Format,
    #[error("has no tensor {name} of {shape:?} numbers of 32 bits")]
    Tensor { name: String, shape: Vec<usize> },
}

impl Weights {
    pub fn open(file: File) -> Result<Weights, WeightsError> {
        let mut length = [0; LENGTH as usize];
        file.read_exact_at(&mut length, 0)?;
        let length = u64::from_le_bytes(length);
        if length > MOST_HEADER {
            return Err(WeightsError::Format);
        }
        let mut header = vec![0; length as usize];
        file.read_exact_at(&mut header, LENGTH)?;
        let header = serde_json::from_slice(&header).map_err(|_| WeightsError::Format)?;
        Ok(Weights { file: Arc::new(file), header, begin: LENGTH + length })
    }

    /// Rows and columns of the matrix `name`.
    pub fn shape(&self, name: &str) -> Result<(usize, usize), WeightsError> {
        match self.header.info(name).map(|info| info.shape.as_slice()) {
            Some([rows, columns]) => Ok((*rows, *columns)),
            _ => Err(missing(name, &[])),
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.header.info(name).is_some()
    }

    pub fn row(&self, name: &str, len: usize) -> Result<Vec<f32>, WeightsError> {
        self.read(name, &[len])
    }

    /// The first `rows` of the matrix `name`.
    pub fn matrix(&self, name: &str, rows: usize, columns: usize) -> Result<Array2<f32>, WeightsError> {
        let (all, _) = self.shape(name)?;
        let mut numbers = self.read(name, &[all, columns])?;
        numbers.truncate(rows * columns);
        Array2::from_shape_vec((rows, columns), numbers).map_err(|_| missing(name, &[rows, columns]))
    }

    /// The matrix `name`, of which rows are to be read one at a time.
    pub fn table(&self, name: &str, rows: usize, columns: usize) -> Result<Table, WeightsError> {
        let begin = self.at(name, &[rows, columns])?;
        Ok(Table { file: self.file.clone(), begin, rows, columns })
    }

    fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
        let at = self.at(name, shape)?;
        let mut bytes = vec![0; 4 * shape.iter().product::<usize>()];
        self.file.read_exact_at(&mut bytes, at)?;
        Ok(numbers(&bytes).collect())
    }

    /// Where the tensor begins in the file, if it is of that shape.
    fn at(&self, name: &str, shape: &[usize]) -> Result<u64, WeightsError> {
        let bytes = shape.iter().try_fold(4, |bytes: usize, n| bytes.checked_mul(*n));
        let fits = |info: &&TensorInfo| {
            let (begin, end) = info.data_offsets;
            info.dtype == Dtype::F32 && info.shape == shape && end.checked_sub(begin) == bytes
        };
        let info = self.header.info(name).filter(fits).ok_or_else(|| missing(name, shape))?;
        Ok(self.begin + info.data_offsets.0 as u64)
    }
}

/// SHA-256 of the whole of `file`, as 64 lower-case hex digits.
pub fn sha256(file: &File) -> io::Result<String> {
    let (mut hash, mut at, mut part) = (Sha256::new(), 0, vec![0; 1 << 18]);
    loop {
        match file.read_at(&mut part, at)? {
            0 => return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            read => {
                hash.update(&part[..read]);
                at += read as u64;
            }
        }
    }
}

/// A matrix that stays in its file: of the 47 MB of a vocabulary, a text needs a few rows.
pub struct Table {
    file: Arc<File>,
    begin: u64,
    rows: usize,
    columns: usize,
}

impl Table {
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Reads row `n` into `into`, which is as long as a row.
    pub fn read(&self, n: u32, into: &mut [f32]) -> io::Result<()> {
        let mut bytes = vec![0; 4 * self.columns];
        let at = self.begin + u64::from(n) * bytes.len() as u64;
        self.file.read_exact_at(&mut bytes, at)?;
        into.iter_mut().zip(numbers(&bytes)).for_each(|(into, number)| *into = number);
        Ok(())
    }
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes))
}

fn missing(name: &str, shape: &[usize]) -> WeightsError {
    WeightsError::Tensor { name: name.to_string(), shape: shape.to_vec() }
}
