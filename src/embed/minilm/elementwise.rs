//! What a transformer does to each number or row between its products.
//!
//! Plain loops, compiled for the widest vectors that the processor has: `pulp` chooses at run time.

use pulp::Arch;

/// Numbers that are summed side by side, so that the sums are vectors too.
const LANES: usize = 16;

/// Source: `layer_norm_eps` of the model's `config.json`.
const EPSILON: f32 = 1e-12;

/// `x` of each row brought to mean 0 and variance 1, times `scale`, plus `shift`; rows are as long as `scale`.
pub fn layer_norm(rows: &mut [f32], scale: &[f32], shift: &[f32]) {
    Arch::new().dispatch(|| {
        for row in rows.chunks_exact_mut(scale.len()) {
            let mean = sum(row, |x| x) / row.len() as f32;
            let variance = sum(row, |x| (x - mean) * (x - mean)) / row.len() as f32;
            let factor = 1.0 / (variance + EPSILON).sqrt();
            for ((x, scale), shift) in row.iter_mut().zip(scale).zip(shift) {
                *x = (*x - mean) * factor * scale + shift;
            }
        }
    });
}

/// Adds `bias` to each row.
pub fn add_bias(rows: &mut [f32], bias: &[f32]) {
    Arch::new().dispatch(|| {
        for row in rows.chunks_exact_mut(bias.len()) {
            row.iter_mut().zip(bias).for_each(|(x, bias)| *x += bias);
        }
    });
}

/// Adds `bias` and `other` to each row.
pub fn add_bias_and(rows: &mut [f32], bias: &[f32], other: &[f32]) {
    Arch::new().dispatch(|| {
        for (row, other) in rows.chunks_exact_mut(bias.len()).zip(other.chunks_exact(bias.len())) {
            for ((x, bias), other) in row.iter_mut().zip(bias).zip(other) {
                *x += bias + other;
            }
        }
    });
}

/// Adds `bias` to each row, then takes the Gaussian error linear unit, the exact one.
pub fn gelu(rows: &mut [f32], bias: &[f32]) {
    Arch::new().dispatch(|| {
        for row in rows.chunks_exact_mut(bias.len()) {
            for (x, bias) in row.iter_mut().zip(bias) {
                let y = *x + bias;
                *x = 0.5 * y * (1.0 + erf(y * std::f32::consts::FRAC_1_SQRT_2));
            }
        }
    });
}

/// Each row of `columns` numbers as weights that sum to 1.
pub fn softmax(rows: &mut [f32], columns: usize) {
    Arch::new().dispatch(|| {
        for row in rows.chunks_exact_mut(columns) {
            let most = row.iter().fold(f32::NEG_INFINITY, |most, x| if *x > most { *x } else { most });
            row.iter_mut().for_each(|x| *x = exp(*x - most));
            let factor = 1.0 / sum(row, |x| x);
            row.iter_mut().for_each(|x| *x *= factor);
        }
    });
}

#[inline(always)]
fn sum(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (whole, rest) = row.as_chunks::<LANES>();
    for chunk in whole {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += of(*x);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|x| of(*x)).sum::<f32>()
}

/// The error function to 3e-7, as a quotient of two polynomials; it is ±1 from ±4 on.
///
/// Source: the coefficients that Eigen and XLA use for `f32`.
#[inline(always)]
#[expect(clippy::excessive_precision, reason = "as published")]
fn erf(x: f32) -> f32 {
    let x = if x > 4.0 { 4.0 } else { x };
    let x = if x < -4.0 { -4.0 } else { x };
    let square = x * x;
    let mut above = -2.726_142_258_013_06e-10;
    for c in [
        2.770_681_424_959_02e-08,
        -2.101_024_020_825_08e-06,
        -5.692_506_394_623_46e-05,
        -7.349_906_303_268_55e-04,
        -2.954_599_808_540_25e-03,
        -1.609_603_332_624_15e-02,
    ] {
        above = above * square + c;
    }
    let mut below = -1.456_607_184_649_96e-05;
    for c in [
        -2.133_740_552_789_05e-04,
        -1.682_826_974_382_03e-03,
        -7.373_329_167_204_68e-03,
        -1.426_473_905_141_89e-02,
    ] {
        below = below * square + c;
    }
    x * above / below
}

/// `e` to the power of `x`, which is not above 0, to 2e-7 of it; 0 stands for what is below `e^-87`.
///
/// `x` is split into whole powers of two, which go into the exponent's bits, and a rest of at most half of
/// one, for which the first terms of the series do.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Adding it moves the units digit of a number to the last bit.
    const ROUND: f32 = (3 << 22) as f32;
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = x - whole * (355.0 / 512.0) + whole * 2.121_944_4e-4;
    let mut series = 1.0 / 5040.0;
    for c in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        series = series * rest + c;
    }
    series * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The series of the error function, in twice the precision.
    fn exact_erf(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= -x * x / n as f64;
            sum += term / (2 * n + 1) as f64;
        }
        sum * 2.0 / std::f64::consts::PI.sqrt()
    }

    fn steps(from: f32, to: f32) -> impl Iterator<Item = f32> {
        (0..=4000).map(move |n| from + (to - from) * n as f32 / 4000.0)
    }

    #[test]
    fn the_error_function_is_right_to_the_last_digits() {
        for x in steps(-3.9, 3.9) {
            assert!((f64::from(erf(x)) - exact_erf(x.into())).abs() < 4e-7, "{x}: {}", erf(x));
        }
        assert_eq!((erf(10.0) - 1.0).abs() < 2e-7, (erf(-10.0) + 1.0).abs() < 2e-7);
    }

    #[test]
    fn the_exponential_is_right_to_the_last_digits() {
        for x in steps(-86.0, 0.0) {
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) - exact).abs() <= 4e-7 * exact, "{x}: {}", exp(x));
        }
        assert!(exp(-1e9) < 1e-37 && exp(f32::NEG_INFINITY) < 1e-37);
    }

    #[test]
    fn weights_sum_to_one_and_a_row_is_brought_to_mean_zero() {
        let mut row = [1.0, 2.0, 3.0, 1000.0, -1000.0];
        softmax(&mut row, 5);
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6 && row[3] > 0.999);
        let mut row: Vec<f32> = (0..40).map(|n| n as f32).collect();
        layer_norm(&mut row, &[2.0; 40], &[1.0; 40]);
        assert!((row.iter().sum::<f32>() / 40.0 - 1.0).abs() < 1e-5);
        assert!((row.iter().map(|x| (x - 1.0) * (x - 1.0)).sum::<f32>() / 40.0 - 4.0).abs() < 1e-4);
    }
}
