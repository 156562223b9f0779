//! The forward pass of a small BERT: numbers of a vocabulary in, one vector out.

use super::elementwise::{add_bias, add_bias_and, gelu, layer_norm, softmax};
use super::weights::{Table, Weights, WeightsError};
use super::wordpiece::MOST_TOKENS;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, Axis, Slice};
use std::io;

/// Numbers that each head looks at; all models of the family have as many.
const HEAD: usize = 32;

/// The encoder of a sentence model of the MiniLM family, in 32-bit floats.
///
/// Source: `BertModel` with mean pooling and L2 norm, as sentence-transformers/all-MiniLM-L6-v2 is used.
pub struct Bert {
    words: Table,
    /// Where a word stands, with what every word of a first sentence has: `MOST_TOKENS` rows.
    places: Array2<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

struct Layer {
    /// Query, key and value side by side.
    attention: Linear,
    mixed: Linear,
    norm_mixed: Norm,
    up: Linear,
    down: Linear,
    norm_out: Norm,
}

/// `x` times `weight` (a row for each number that goes in), plus `bias`.
struct Linear {
    weight: Array2<f32>,
    bias: Vec<f32>,
}

struct Norm {
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl Bert {
    /// Takes the sizes from the tensors' shapes.
    pub fn read(weights: &Weights) -> Result<Bert, WeightsError> {
        let words = "embeddings.word_embeddings.weight";
        let (count, hidden) = weights.shape(words)?;
        let mut places = weights.matrix("embeddings.position_embeddings.weight", MOST_TOKENS, hidden)?;
        places += &weights.matrix("embeddings.token_type_embeddings.weight", 1, hidden)?.row(0);
        let layers = (0..)
            .map(|n| format!("encoder.layer.{n}"))
            .take_while(|layer| weights.has(&format!("{layer}.output.dense.weight")));
        Ok(Bert {
            words: weights.table(words, count, hidden)?,
            places,
            norm: Norm::read(weights, "embeddings", hidden)?,
            layers: layers.map(|layer| Layer::read(weights, &layer, hidden)).collect::<Result<_, _>>()?,
        })
    }

    /// How many words there are.
    pub fn words(&self) -> usize {
        self.words.rows()
    }

    /// How many numbers a vector has.
    pub fn dimensions(&self) -> usize {
        self.places.ncols()
    }

    /// The vector of `ids`, of length 1: 1 to [`MOST_TOKENS`] rows of the table of words.
    pub fn vector(&self, ids: &[u32]) -> io::Result<Vec<f32>> {
        let mut x = self.places.slice_axis(Axis(0), (..ids.len()).into()).to_owned();
        let mut word = vec![0.0; self.dimensions()];
        for (mut row, id) in x.rows_mut().into_iter().zip(ids) {
            self.words.read(*id, &mut word)?;
            row.iter_mut().zip(&word).for_each(|(x, word)| *x += word);
        }
        self.norm.apply(&mut x);
        for layer in &self.layers {
            layer.apply(&mut x);
        }
        Ok(direction(&x))
    }
}

/// The mean of the rows, brought to length 1.
fn direction(x: &Array2<f32>) -> Vec<f32> {
    let mut sum = Array1::<f32>::zeros(x.ncols());
    x.rows().into_iter().for_each(|row| sum += &row);
    let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
    sum.iter().map(|x| x / length).collect()
}

impl Layer {
    fn read(weights: &Weights, layer: &str, hidden: usize) -> Result<Layer, WeightsError> {
        let (inner, _) = weights.shape(&format!("{layer}.intermediate.dense.weight"))?;
        let linear = |name: &str, from, to| Linear::read(weights, &[&format!("{layer}.{name}")], from, to);
        let parts = ["query", "key", "value"].map(|name| format!("{layer}.attention.self.{name}"));
        Ok(Layer {
            attention: Linear::read(weights, &parts.each_ref().map(String::as_str), hidden, hidden)?,
            mixed: linear("attention.output.dense", hidden, hidden)?,
            norm_mixed: Norm::read(weights, &format!("{layer}.attention.output"), hidden)?,
            up: linear("intermediate.dense", hidden, inner)?,
            down: linear("output.dense", inner, hidden)?,
            norm_out: Norm::read(weights, &format!("{layer}.output"), hidden)?,
        })
    }

    /// Overwrites `x`, a row for each token, with what the layer makes of it.
    fn apply(&self, x: &mut Array2<f32>) {
        let mut asked = self.attention.times(x);
        add_bias(flat(&mut asked), &self.attention.bias);
        let mut mixed = self.mixed.times(&attend(&asked));
        add_bias_and(flat(&mut mixed), &self.mixed.bias, flat(x));
        self.norm_mixed.apply(&mut mixed);
        let mut inner = self.up.times(&mixed);
        gelu(flat(&mut inner), &self.up.bias);
        self.down.times_into(&inner, x);
        add_bias_and(flat(x), &self.down.bias, flat(&mut mixed));
        self.norm_out.apply(x);
    }
}

/// What each token takes from all others: `asked` holds query, key and value of each.
fn attend(asked: &Array2<f32>) -> Array2<f32> {
    let (tokens, hidden) = (asked.nrows(), asked.ncols() / 3);
    let mut taken = Array2::zeros((tokens, hidden));
    let mut weights = Array2::zeros((tokens, tokens));
    for head in (0..hidden).step_by(HEAD) {
        let columns = |begin: usize| Slice::from(begin..begin + HEAD);
        let part = |n: usize| asked.slice_axis(Axis(1), columns(n * hidden + head));
        general_mat_mul((HEAD as f32).powf(-0.5), &part(0), &part(1).t(), 0.0, &mut weights);
        softmax(flat(&mut weights), tokens);
        general_mat_mul(1.0, &weights, &part(2), 0.0, &mut taken.slice_axis_mut(Axis(1), columns(head)));
    }
    taken
}

impl Linear {
    /// Reads layers that take the same numbers and stand side by side in what comes out.
    fn read(weights: &Weights, names: &[&str], from: usize, to: usize) -> Result<Linear, WeightsError> {
        let mut weight = Array2::zeros((from, to * names.len()));
        let mut bias = Vec::new();
        for (n, name) in names.iter().enumerate() {
            let columns = Slice::from(n * to..(n + 1) * to);
            // In the file a row is for a number that comes out.
            weight
                .slice_axis_mut(Axis(1), columns)
                .assign(&weights.matrix(&format!("{name}.weight"), to, from)?.t());
            bias.extend(weights.row(&format!("{name}.bias"), to)?);
        }
        Ok(Linear { weight, bias })
    }

    fn times(&self, x: &Array2<f32>) -> Array2<f32> {
        let mut out = Array2::zeros((x.nrows(), self.weight.ncols()));
        self.times_into(x, &mut out);
        out
    }

    fn times_into(&self, x: &Array2<f32>, out: &mut Array2<f32>) {
        general_mat_mul(1.0, x, &self.weight, 0.0, out);
    }
}

impl Norm {
    fn read(weights: &Weights, of: &str, hidden: usize) -> Result<Norm, WeightsError> {
        Ok(Norm {
            scale: weights.row(&format!("{of}.LayerNorm.weight"), hidden)?,
            shift: weights.row(&format!("{of}.LayerNorm.bias"), hidden)?,
        })
    }

    fn apply(&self, x: &mut Array2<f32>) {
        layer_norm(flat(x), &self.scale, &self.shift);
    }
}

/// The numbers of `x`, row after row.
fn flat(x: &mut Array2<f32>) -> &mut [f32] {
    x.as_slice_mut().expect("it was made in one piece")
}
