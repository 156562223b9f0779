//! Check digits: the arithmetic that several standards share.

/// The decimal digits of a value, everything else skipped, without allocating.
#[derive(Clone, Copy)]
pub struct Digits {
    digits: [u8; Digits::MOST],
    count: usize,
}

impl Digits {
    const MOST: usize = 32;

    /// None at all where there are more than 32.
    pub fn of(value: &str) -> Digits {
        let mut all = Digits { digits: [0; Digits::MOST], count: 0 };
        for b in value.bytes().filter(u8::is_ascii_digit) {
            if all.count == Digits::MOST {
                return Digits { count: 0, ..all };
            }
            all.digits[all.count] = b - b'0';
            all.count += 1;
        }
        all
    }

    /// The number that the digits in `range` spell; they must be at most 18.
    pub fn number(&self, range: std::ops::Range<usize>) -> u64 {
        self[range].iter().fold(0, |n, d| n * 10 + u64::from(*d))
    }
}

impl std::ops::Deref for Digits {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.digits[..self.count]
    }
}

/// ISO/IEC 7812-1 annex B, with the check digit last.
pub fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| {
            let d = u32::from(d);
            if i % 2 == 0 { d } else { d * 2 - if d > 4 { 9 } else { 0 } }
        })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// The sum of each digit times its weight, over the shorter of the two.
pub fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(&d, &w)| u32::from(d) * w).sum()
}

/// ISO/IEC 7064 MOD 97-10 over letters (A = 10 … Z = 35) and digits.
pub fn mod97(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0, |rest, b| match b {
        b'0'..=b'9' => (rest * 10 + u32::from(b - b'0')) % 97,
        b'A'..=b'Z' => (rest * 100 + u32::from(b - b'A') + 10) % 97,
        b'a'..=b'z' => (rest * 100 + u32::from(b - b'a') + 10) % 97,
        _ => rest,
    })
}

/// ISO/IEC 7064 MOD 11,10, with the check digit last.
pub fn mod11_10(digits: &[u8]) -> bool {
    let Some((last, body)) = digits.split_last() else {
        return false;
    };
    let product = body.iter().fold(10, |product, &d| {
        let sum = (u32::from(d) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == u32::from(*last)
}

/// J. Verhoeff, "Error detecting decimal codes" (1969), with the check digit last.
pub fn verhoeff(digits: &[u8]) -> bool {
    // Multiplication in the dihedral group D5, and the powers of its permutation.
    const D: [[u8; 10]; 10] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ];
    const P: [[u8; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    let check = digits
        .iter()
        .rev()
        .enumerate()
        .fold(0, |c, (i, &d)| D[usize::from(c)][usize::from(P[i % 8][usize::from(d)])]);
    !digits.is_empty() && check == 0
}

/// Whether day and month exist; the year is not known to the century.
pub fn is_day(month: u64, day: u64) -> bool {
    let most = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=most).contains(&day)
}

/// Whether all digits are the same: no issuer hands that out.
pub fn is_repdigit(digits: &[u8]) -> bool {
    digits.windows(2).all(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standards_pass() {
        assert!(luhn(&Digits::of("4111 1111 1111 1111")));
        assert!(verhoeff(&Digits::of("2363")));
        assert!(mod11_10(&Digits::of("0794 5")) && mod11_10(&Digits::of("86095742719")));
        assert_eq!(mod97("00210005230004567890 BE00".bytes()), mod97("00210005230004567890BE00".bytes()));
    }

    #[test]
    fn one_wrong_digit_is_always_noticed_by_luhn_and_verhoeff() {
        for (place, delta) in (0..4).flat_map(|p| (1..10).map(move |d| (p, d))) {
            let mut wrong = [2, 3, 6, 3];
            wrong[place] = (wrong[place] + delta) % 10;
            assert!(!verhoeff(&wrong), "{wrong:?}");
            let mut wrong = [7, 9, 9, 2, 7, 3, 9, 8, 7, 1, 3];
            assert!(luhn(&wrong));
            wrong[place] = (wrong[place] + delta) % 10;
            assert!(!luhn(&wrong), "{wrong:?}");
        }
    }

    #[test]
    fn more_than_32_digits_are_no_number() {
        assert_eq!(Digits::of(&"1".repeat(33)).len(), 0);
    }
}
