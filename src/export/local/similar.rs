//! Calls whose prompts mean about the same as a text: every vector of the store is looked at.

use super::calls::{CALL, Call, Calls, call};
use super::filter::Filter;
use super::store::StoreError;
use rusqlite::params_from_iter;
use rusqlite::types::Value;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

/// Numbers that are multiplied side by side, so that the compiler makes vectors of them.
const LANES: usize = 16;

/// A call, and how near its prompt is.
#[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct Similar {
    /// The cosine between the two vectors: 1 for the same text, about 0 for one of another subject.
    pub similarity: f32,
    #[serde(flatten)]
    pub call: Call,
}

/// A vector of the store by its row, ordered by how near it is.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Near {
    /// The cosine, in whole millionths: a number that has an order.
    millionths: i32,
    row: Reverse<i64>,
}

impl Calls {
    /// The calls that pass `filter` and whose prompts are nearest to `vector`, the nearest first. Only vectors
    /// of `model` are compared. A call that embeds several texts is as near as the nearest of them.
    pub fn similar(
        &self,
        vector: &[f32],
        model: &str,
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<Similar>, StoreError> {
        let mut nearest = self.nearest(vector, model)?;
        let mut passes = filter.condition();
        passes.and("NOT pii", []);
        passes.and("(trace_id, span_id) = (SELECT trace_id, span_id FROM vectors WHERE rowid = ?)", []);
        let sql = format!("SELECT {CALL} FROM calls WHERE {}", passes.sql);
        let mut statement = self.connection.prepare(&sql)?;
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        while found.len() < limit
            && let Some(Near { millionths, row }) = nearest.pop()
        {
            let values = passes.values.iter().cloned().chain([Value::Integer(row.0)]);
            let mut rows = statement.query(params_from_iter(values))?;
            if let Some(row) = rows.next()? {
                let call = call(row)?;
                if seen.insert((call.trace_id.clone(), call.span_id.clone())) {
                    found.push(Similar { similarity: millionths as f32 / 1e6, call });
                }
            }
        }
        Ok(found)
    }

    /// Every vector of `model` and of the right length.
    fn nearest(&self, vector: &[f32], model: &str) -> Result<BinaryHeap<Near>, StoreError> {
        let own = length(vector);
        let mut statement = self.connection.prepare("SELECT rowid, model, vector FROM vectors")?;
        let mut rows = statement.query([])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(2)?.as_blob().unwrap_or_default();
            if bytes.len() == 4 * vector.len() && row.get_ref(1)?.as_str() == Ok(model) {
                let (product, other) = product_and_length(vector, bytes);
                let cosine = product / (own * other);
                let millionths = if cosine.is_finite() { (cosine * 1e6).round() as i32 } else { 0 };
                all.push(Near { millionths, row: Reverse(row.get(0)?) });
            }
        }
        Ok(BinaryHeap::from(all))
    }
}

/// The sum of the products of `vector` and the floats in `bytes`, and the length of the latter.
fn product_and_length(vector: &[f32], bytes: &[u8]) -> (f32, f32) {
    let (mut products, mut squares) = ([0.0; LANES], [0.0; LANES]);
    let (chunks, rest) = vector.as_chunks::<LANES>();
    let (numbers, _) = bytes.as_chunks::<4>();
    let (others, other_rest) = numbers.as_chunks::<LANES>();
    for (chunk, other) in chunks.iter().zip(others) {
        for lane in 0..LANES {
            let other = f32::from_le_bytes(other[lane]);
            products[lane] += chunk[lane] * other;
            squares[lane] += other * other;
        }
    }
    for ((product, square), (x, other)) in
        products.iter_mut().zip(&mut squares).zip(rest.iter().zip(other_rest))
    {
        let other = f32::from_le_bytes(*other);
        *product += x * other;
        *square += other * other;
    }
    (products.iter().sum(), squares.iter().sum::<f32>().sqrt())
}

fn length(vector: &[f32]) -> f32 {
    vector.iter().map(|x| x * x).sum::<f32>().sqrt()
}
