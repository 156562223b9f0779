//! The letters that stand for bytes in a byte-level vocabulary.
//!
//! Source: `bytes_to_unicode` of GPT-2, `bytes_char` of Hugging Face's tokenizers.

/// The bytes of a token that is written in letters; `None` where one of them stands for no byte.
pub(super) fn bytes(letters: &str) -> Option<Vec<u8>> {
    letters.chars().map(byte).collect()
}

/// Printable bytes of Latin-1 stand for themselves, the others in their order for U+0100 and on.
fn byte(letter: char) -> Option<u8> {
    let code = u32::from(letter);
    match u8::try_from(code) {
        Ok(byte) => is_printable(byte).then_some(byte),
        Err(_) => (0..=u8::MAX).filter(|byte| !is_printable(*byte)).nth((code - 0x100) as usize),
    }
}

fn is_printable(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_letter() {
        assert_eq!(bytes("ĠhiĊ"), Some(b" hi\n".to_vec()));
        assert_eq!(bytes("é"), Some(vec![0xe9]));
        assert_eq!(bytes("ĀŃ"), Some(vec![0, 0xad]));
        assert_eq!((bytes("a b"), bytes("漢"), bytes("ń")), (None, None, None));
        let mut all: Vec<u8> = (0..=0x143).filter_map(|code| byte(char::from_u32(code).unwrap())).collect();
        all.sort_unstable();
        assert_eq!(all, (0..=255).collect::<Vec<u8>>());
    }
}
