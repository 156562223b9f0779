//! Which texts of a batch are to be embedded, and how their vectors get onto it.

use super::{Text, Vector};
use crate::llm::{Call, names};
use crate::otlp::{Batch, Item, Splice, encode};
use crate::recognize::{self, Found};
use std::ops::Range;

/// Of the inputs of one embeddings call, so many get a vector.
pub const MOST_INPUTS: usize = 64;

/// One span or log record that is to have vectors.
#[derive(Debug)]
pub struct Asked {
    /// Where it lies in the batch, and the number of its attributes' field.
    at: Range<usize>,
    field: u32,
    /// At least one.
    pub texts: Vec<String>,
    /// Texts past the bound.
    pub left_out: u64,
}

/// The items of `batch` that are sampled and free of personal data, have something to embed, and no vector yet.
pub fn find(batch: &Batch, text: Text) -> Vec<Asked> {
    let found = recognize::find(batch).into_iter().filter_map(|found| match found {
        Found::Call(item, call) if may_be_embedded(&item) => asked(&item, &call, text),
        _ => None,
    });
    found.collect()
}

/// Sidelight's own word on the item, written by `enrich`.
fn may_be_embedded(item: &Item<'_>) -> bool {
    let flag = |key| item.attributes().get(key).and_then(|value| value.as_bool());
    let stands = |key| item.attributes().get(key).is_some();
    flag(names::SAMPLED) == Some(true)
        && flag(names::PII_DETECTED) == Some(false)
        && !stands(names::EMBEDDING_VECTOR)
        && !stands(names::EMBEDDING_VECTORS)
}

fn asked(item: &Item<'_>, call: &Call<'_>, text: Text) -> Option<Asked> {
    let inputs = call.inputs();
    let prompt = || match text {
        Text::LastTurn => call.prompt_text(),
        Text::Whole => call.whole_input(),
    };
    let all = if inputs.is_empty() { prompt().into_iter().collect() } else { inputs };
    let left_out = all.len().saturating_sub(MOST_INPUTS) as u64;
    let texts: Vec<String> = all.into_iter().take(MOST_INPUTS).map(String::from).collect();
    let (at, field) = (item.at.clone(), item.attributes_field());
    (!texts.is_empty()).then_some(Asked { at, field, texts, left_out })
}

/// `batch` with the vectors of what was `asked`, made by `model`; each has one for each of its texts, or none.
pub fn put(batch: &Batch, asked: &[Asked], vectors: impl Fn(&str) -> Option<Vector>, model: &str) -> Batch {
    let mut splices = Vec::new();
    for asked in asked {
        let doubles = |text: &String| -> Vec<f64> {
            vectors(text).iter().flat_map(|vector| vector.iter().map(|x| f64::from(*x))).collect()
        };
        let rows: Vec<Vec<f64>> = asked.texts.iter().map(doubles).collect();
        let (key, value) = match rows.as_slice() {
            rows if rows.iter().all(Vec::is_empty) => continue,
            [row] => (names::EMBEDDING_VECTOR, encode::Value::Doubles(row)),
            rows => {
                let rows = rows.iter().map(|row| encode::Value::Doubles(row)).collect();
                (names::EMBEDDING_VECTORS, encode::Value::List(rows))
            }
        };
        let mut fields = Vec::new();
        encode::attribute(&mut fields, asked.field, key, &value);
        encode::attribute(&mut fields, asked.field, names::EMBEDDING_MODEL, &encode::Value::Str(model));
        splices.push(Splice::append(asked.at.clone(), fields));
    }
    batch.patch(&mut splices)
}
