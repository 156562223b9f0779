//! ASCII text in UTF-16, where it came as bytes: a zero before or behind each character.

use std::ops::Range;

/// Fewer characters in a row may be anything.
const LEAST: usize = 4;

/// The stretch of zeros and single bytes in turn that begins with the zero at `at`, if it is long enough.
pub fn run(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let zeros = bytes[at..].chunks(2).take_while(|pair| pair[0] == 0 && pair.get(1) != Some(&0)).count();
    (zeros >= LEAST).then(|| at..(at + 2 * zeros - 1).min(bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::super::fold;

    fn check(text: &str, reads: Option<&str>) {
        assert_eq!(fold(text).as_ref().map(|shadow| shadow.text.as_str()), reads, "{text:?}");
    }

    #[test]
    fn utf_16_is_read_in_either_order_of_bytes_and_lists_apart_by_zeros_are_not() {
        check("c\0a\0r\0d\0 \x001\0", Some("card 1"));
        check("\0c\0a\0r\0d", Some("card"));
        check("on c\0a\0r\0d\0.", Some("on card."));
        for list in ["PATH=/bin\0USER=jane\0", "a\0b\0c\0", "\0\0\0\0\0\0\0\0", "\0"] {
            check(list, None);
        }
    }
}
