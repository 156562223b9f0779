//! The size of a picture in a `data:` URL, from the first bytes of its file.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Width and height of a PNG, GIF or JPEG in a `data:` URL; `None` for all else.
pub(super) fn size(url: &str) -> Option<(u64, u64)> {
    let (_, data) = url.strip_prefix("data:")?.split_once(',')?;
    let bytes = head(data);
    png(&bytes).or_else(|| gif(&bytes)).or_else(|| jpeg(&bytes))
}

/// The bytes of `data` as far as it is base64; a size stands in the first 64 kB or not at all.
fn head(data: &str) -> Vec<u8> {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let symbols: Vec<u8> =
        data.bytes().filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')).take(88_000).collect();
    let whole = symbols.len() - usize::from(symbols.len() % 4 == 1);
    GeneralPurpose::new(&STANDARD, lenient).decode(&symbols[..whole]).unwrap_or_default()
}

fn png(bytes: &[u8]) -> Option<(u64, u64)> {
    let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let [.., w0, w1, w2, w3, h0, h1, h2, h3] = header.get(..16)? else {
        return None;
    };
    let side = |bytes: [u8; 4]| u64::from(u32::from_be_bytes(bytes));
    Some((side([*w0, *w1, *w2, *w3]), side([*h0, *h1, *h2, *h3])))
}

fn gif(bytes: &[u8]) -> Option<(u64, u64)> {
    let header = bytes.strip_prefix(b"GIF87a").or_else(|| bytes.strip_prefix(b"GIF89a"))?;
    let [w0, w1, h0, h1] = header.get(..4)? else {
        return None;
    };
    Some((u64::from(u16::from_le_bytes([*w0, *w1])), u64::from(u16::from_le_bytes([*h0, *h1]))))
}

/// Walks the segments to the first start of frame (C0 to CF but C4, C8 and CC).
fn jpeg(bytes: &[u8]) -> Option<(u64, u64)> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    loop {
        let marker = rest.iter().position(|byte| *byte == 0xff)?;
        rest = rest.get(marker..)?;
        let code = *rest.iter().find(|byte| **byte != 0xff)?;
        let after = rest.iter().position(|byte| *byte != 0xff)? + 1;
        rest = rest.get(after..)?;
        if matches!(code, 0x01 | 0xd0..=0xd9) {
            continue;
        }
        let length = usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?]));
        if matches!(code, 0xc0..=0xcf) && !matches!(code, 0xc4 | 0xc8 | 0xcc) {
            let [_, h0, h1, w0, w1] = rest.get(2..7)? else {
                return None;
            };
            return Some((
                u64::from(u16::from_be_bytes([*w0, *w1])),
                u64::from(u16::from_be_bytes([*h0, *h1])),
            ));
        }
        rest = rest.get(length.max(2)..)?;
    }
}
