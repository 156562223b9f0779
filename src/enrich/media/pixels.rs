//! The size of a picture in pixels, by the first bytes of its file.

/// Width and height of a PNG, GIF, JPEG or WebP; `None` where the header does not give them.
///
/// Source: PNG 1.2 (IHDR), GIF89a (logical screen), ITU-T T.81 annex B (frame header), RFC 9649 (VP8, VP8L, VP8X).
pub(super) fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let (width, height) = match bytes {
        [0x89, b'P', b'N', b'G', ..] => png(bytes),
        [b'G', b'I', b'F', b'8', ..] => Some((le16(bytes, 6)?, le16(bytes, 8)?)),
        [0xff, 0xd8, 0xff, ..] => jpeg(bytes),
        [b'R', b'I', b'F', b'F', ..] => webp(bytes),
        _ => None,
    }?;
    (width > 0 && height > 0).then_some((width, height))
}

fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    let be32 = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    (bytes.get(12..16)? == b"IHDR").then_some((be32(16)?, be32(20)?))
}

/// Segments before the frame: no picture has more.
const MOST_SEGMENTS: usize = 200;

fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let be16 = |at: usize| Some(u32::from(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?)));
    let mut at = 2;
    for _ in 0..MOST_SEGMENTS {
        let [0xff, marker, ..] = bytes.get(at..)? else { return None };
        match marker {
            // A fill byte, and markers without a segment.
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            // A frame of any process; C4, C8 and CC are tables.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Some((be16(at + 7)?, be16(at + 5)?));
            }
            0xd9 | 0xda => return None,
            _ => at += 2 + be16(at + 2)? as usize,
        }
    }
    None
}

fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    let le24 = |at: usize| Some(le16(bytes, at)? | u32::from(*bytes.get(at + 2)?) << 16);
    match bytes.get(12..16)? {
        b"VP8 " => Some((le16(bytes, 26)? & 0x3fff, le16(bytes, 28)? & 0x3fff)),
        b"VP8L" => {
            let bits = u32::from_le_bytes(*bytes.get(21..)?.first_chunk()?);
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => Some((le24(24)? + 1, le24(27)? + 1)),
        _ => None,
    }
}

fn le16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(bytes: &[u8], expected: Option<(u32, u32)>) {
        assert_eq!(size(bytes), expected, "{bytes:02x?}");
    }

    #[test]
    fn every_header_gives_its_size() {
        check(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x02\x80\0\0\x01\xe0\x08", Some((640, 480)));
        check(b"GIF89a\x80\x02\xe0\x01", Some((640, 480)));
        check(b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc2\0\x11\x08\x01\xe0\x02\x80\x03", Some((640, 480)));
        check(b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01", Some((640, 480)));
        check(b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x7f\xc2\x77\0", Some((640, 480)));
        check(b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0", Some((640, 480)));
    }

    #[test]
    fn a_header_that_is_cut_or_none_has_no_size() {
        check(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x02", None);
        check(b"\xff\xd8\xff\xda\0\x04", None);
        check(b"\xff\xd8\xff\xe0\0\0\xff\xd9", None);
        check(b"GIF89a\0\0\0\0", None);
        check(b"%PDF-1.7", None);
    }

    proptest! {
        #[test]
        fn no_bytes_stop_it(head in 0usize..4, rest in proptest::collection::vec(any::<u8>(), 0..200)) {
            let magic: &[u8] = [&b"\x89PNG\r\n\x1a\n"[..], b"GIF89a", b"\xff\xd8\xff", b"RIFF0000WEBPVP8"][head];
            let _ = size(&[magic, &rest].concat());
        }
    }
}
