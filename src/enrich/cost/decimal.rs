//! Amounts of money out of decimal numbers, and back, without a float in between.

/// No price is larger: a million dollars, for a million tokens or for one call.
const LARGEST: u128 = 1_000_000;

/// `text` times ten to the power of `places`, exactly. `None` where it is no plain decimal number, is
/// negative, has more than `places` places, or is larger than a million.
pub(super) fn exact(text: &str, places: u32) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if text.ends_with('.') || fraction.len() > places as usize {
        return None;
    }
    scaled(whole, fraction, 0, places)
}

/// As [`exact`], of a number as JSON writes it, `2.5e-06`: rounded to the nearest where it is finer.
pub(super) fn rounded(text: &str, places: u32) -> Option<u64> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    scaled(whole, fraction, exponent.parse().ok()?, places)
}

/// `whole.fraction` times ten to the power of `exponent` and `places`.
fn scaled(whole: &str, fraction: &str, exponent: i32, places: u32) -> Option<u64> {
    let digits = format!("{whole}{fraction}");
    if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.len() > 30 {
        return None;
    }
    let number: u128 = digits.parse().ok()?;
    let shift = i64::from(exponent) + i64::from(places) - i64::try_from(fraction.len()).ok()?;
    let power = 10u128.checked_pow(u32::try_from(shift.unsigned_abs()).ok()?);
    let amount = match power {
        Some(power) if shift >= 0 => number.checked_mul(power)?,
        Some(power) => number / power + u128::from(number % power >= power / 2 + power % 2),
        None if shift < 0 || number == 0 => 0,
        None => return None,
    };
    let fits = amount <= LARGEST * 10u128.pow(places);
    u64::try_from(amount).ok().filter(|_| fits)
}

/// The shortest decimal number that is `amount` divided by ten to the power of `places`.
pub(super) fn written(amount: u64, places: u32) -> String {
    let unit = 10u64.pow(places);
    let fraction = format!("{:0width$}", amount % unit, width = places as usize);
    let fraction = fraction.trim_end_matches('0');
    let whole = amount / unit;
    if fraction.is_empty() { whole.to_string() } else { format!("{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_are_read_exactly_or_not_at_all() {
        for (text, pico) in [("2.50", 2_500_000), ("0.000001", 1), ("15", 15_000_000), ("0", 0)] {
            assert_eq!(exact(text, 6), Some(pico), "{text}");
        }
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1e3",
            "0.0000001",
            "1,5",
            "1000001",
            "99999999999999999999",
            "٣",
        ] {
            assert_eq!(exact(text, 6), None, "{text}");
        }
    }

    #[test]
    fn json_numbers_are_rounded_to_the_nearest() {
        for (text, pico) in [
            ("2.5e-06", 2_500_000),
            ("7.5E-8", 75_000),
            ("0.00001", 10_000_000),
            ("1.0000000000000001e-07", 100_000),
            ("4.9e-13", 0),
            ("5e-13", 1),
            ("0", 0),
            ("0.0", 0),
            ("0e99", 0),
            ("1e-400", 0),
        ] {
            assert_eq!(rounded(text, 12), Some(pico), "{text}");
        }
        for text in ["", "e", "-1", "1e400", "1e7", "null", "NaN", "1e", "1e99999999999"] {
            assert_eq!(rounded(text, 12), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(amount in 0..1_000_000_000_000u64) {
            prop_assert_eq!(exact(&written(amount, 6), 6), Some(amount));
            prop_assert_eq!(rounded(&written(amount, 6), 6), Some(amount));
        }
    }
}
