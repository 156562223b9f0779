//! The protobuf wire format, read and written in place.
//!
//! [`Fields`] walks one message and yields borrowed fields. It allocates nothing, never looks inside a
//! nested message, and stops at the first byte that is not valid framing: what has to be checked is
//! checked once, by [`Batch::read`](super::Batch::read).

use std::ops::Range;

/// One field of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Field<'a> {
    pub number: u32,
    pub value: Value<'a>,
    /// Where the whole field lies, tag included, as offsets into the walked message.
    pub at: Range<usize>,
}

/// The value of a field, by wire type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    /// Length-delimited: a string, bytes, a message, or packed scalars.
    Bytes(&'a [u8]),
    /// What stands between the two tags of a group; no field of OTLP is one.
    Group(&'a [u8]),
    Fixed32(u32),
}

/// The fields of `message`, in wire order.
pub fn fields(message: &[u8]) -> Fields<'_> {
    Fields { message, next: 0 }
}

/// Walks the fields of one message; see [`fields`].
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    message: &'a [u8],
    next: usize,
}

impl<'a> Fields<'a> {
    /// Where the next field begins; the end of the message once all of it was well framed.
    pub(super) fn position(&self) -> usize {
        self.next
    }

    /// What is not walked yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.message[self.next..]
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        if self.next >= self.message.len() {
            return None;
        }
        let field = field(self.message, self.next)?;
        self.next = field.at.end;
        Some(field)
    }
}

/// Number and content of each length-delimited field of `message`, in wire order.
///
/// As [`fields`], and half of its time, for walks that look at nothing else.
#[inline]
pub fn delimited(message: &[u8]) -> Delimited<'_> {
    Delimited { rest: message }
}

/// Walks the length-delimited fields of one message; see [`delimited`].
#[derive(Clone, Debug)]
pub struct Delimited<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Delimited<'a> {
    type Item = (u32, &'a [u8]);

    #[inline(always)]
    fn next(&mut self) -> Option<(u32, &'a [u8])> {
        loop {
            let [tag, after @ ..] = self.rest else { return None };
            self.rest = match tag {
                // A tag of one byte, as all but `Span.flags` and what is unknown have.
                0x08..0x80 if tag & 7 == 2 => {
                    let (len, start) = varint(after, 0)?;
                    let (content, rest) = after[start..].split_at_checked(usize::try_from(len).ok()?)?;
                    self.rest = rest;
                    return Some((u32::from(tag >> 3), content));
                }
                0x08..0x80 if tag & 7 == 1 => after.get(8..)?,
                _ => {
                    let field = field(self.rest, 0)?;
                    let rest = &self.rest[field.at.end..];
                    if let Value::Bytes(content) = field.value {
                        self.rest = rest;
                        return Some((field.number, content));
                    }
                    rest
                }
            };
        }
    }
}

impl<'a> Field<'a> {
    /// Number and content of a length-delimited field.
    #[inline]
    pub fn bytes(&self) -> Option<(u32, &'a [u8])> {
        match self.value {
            Value::Bytes(content) => Some((self.number, content)),
            _ => None,
        }
    }

    /// Where the content of a length-delimited field lies in the walked message.
    #[inline]
    pub fn content(&self) -> Option<Range<usize>> {
        self.bytes().map(|(_, content)| self.at.end - content.len()..self.at.end)
    }
}

/// The field that begins at `start`, or `None` where the framing is broken.
#[inline(always)]
fn field(message: &[u8], start: usize) -> Option<Field<'_>> {
    let (tag, at) = varint(message, start)?;
    let number = u32::try_from(tag).ok()? >> 3;
    if number == 0 {
        return None;
    }
    let (value, end) = match tag & 7 {
        0 => varint(message, at).map(|(value, end)| (Value::Varint(value), end))?,
        1 => (Value::Fixed64(u64::from_le_bytes(array(message, at)?)), at + 8),
        2 => {
            let (len, content) = varint(message, at)?;
            let end = content.checked_add(usize::try_from(len).ok()?)?;
            (Value::Bytes(message.get(content..end)?), end)
        }
        3 => {
            let (content, end) = group(message, at, number)?;
            (Value::Group(&message[at..content]), end)
        }
        5 => (Value::Fixed32(u32::from_le_bytes(array(message, at)?)), at + 4),
        _ => return None,
    };
    Some(Field { number, value, at: start..end })
}

/// Where the content of the group that was opened just before `at` ends, and where its end tag does.
#[cold]
#[inline(never)]
fn group(message: &[u8], mut at: usize, number: u32) -> Option<(usize, usize)> {
    let mut open = vec![number];
    loop {
        let (tag, after) = varint(message, at)?;
        let number = u32::try_from(tag).ok()? >> 3;
        match tag & 7 {
            3 => {
                open.push(number);
                at = after;
            }
            4 => {
                if open.pop() != Some(number) {
                    return None;
                }
                if open.is_empty() {
                    return Some((at, after));
                }
                at = after;
            }
            _ => at = field(message, at)?.at.end,
        }
    }
}

/// The varint at `at` and where it ends; `None` past 64 bits or past the end.
#[inline(always)]
pub fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let first = *bytes.get(at)?;
    if first < 0x80 {
        return Some((u64::from(first), at + 1));
    }
    let second = *bytes.get(at + 1)?;
    if second < 0x80 {
        return Some((u64::from(first & 0x7f) | u64::from(second) << 7, at + 2));
    }
    long_varint(bytes, at)
}

#[cold]
#[inline(never)]
fn long_varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0;
    for i in 0..10 {
        let byte = *bytes.get(at + i)?;
        if i == 9 && 1 < byte {
            return None;
        }
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return Some((value, at + i + 1));
        }
    }
    None
}

#[inline]
fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// Key and value of a map entry (a `KeyValue`) that holds just these, each once and in this order, as nearly
/// all do; `None` says no more than that a look at its fields is needed.
#[inline(always)]
pub fn entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let [0x0a, key_len @ 0..0x80, rest @ ..] = bytes else {
        return None;
    };
    let (key, [0x12, value @ ..]) = rest.split_at_checked(usize::from(*key_len))? else {
        return None;
    };
    let (len, start) = varint(value, 0)?;
    let value = &value[start..];
    (len == value.len() as u64).then_some((key, value))
}

/// Number and content of the one field of `message`, if it has one alone and that is length-delimited.
#[inline]
pub fn sole_bytes(message: &[u8]) -> Option<(u32, &[u8])> {
    let [tag @ 0x08..0x80, after @ ..] = message else { return None };
    let (len, start) = varint(after, 0)?;
    let content = &after[start..];
    (tag & 7 == 2 && len == content.len() as u64).then_some((u32::from(tag >> 3), content))
}

/// `bytes` as text, if they are UTF-8.
///
/// Long texts that are not ASCII throughout, as prompts are, take a third of the time of the standard
/// library's check.
#[inline]
pub fn utf8(bytes: &[u8]) -> Option<&str> {
    if bytes.len() < 64 { std::str::from_utf8(bytes).ok() } else { simdutf8::basic::from_utf8(bytes).ok() }
}

/// Bytes that [`put_varint`] writes for `value`.
#[inline]
pub fn varint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// Appends a varint.
#[inline]
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while 0x80 <= value {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a varint field.
pub fn put_uint(out: &mut Vec<u8>, number: u32, value: u64) {
    put_varint(out, u64::from(number) << 3);
    put_varint(out, value);
}

/// Appends a field of eight bytes.
pub fn put_fixed64(out: &mut Vec<u8>, number: u32, value: u64) {
    put_varint(out, u64::from(number) << 3 | 1);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a field of four bytes.
pub fn put_fixed32(out: &mut Vec<u8>, number: u32, value: u32) {
    put_varint(out, u64::from(number) << 3 | 5);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a length-delimited field.
pub fn put_bytes(out: &mut Vec<u8>, number: u32, content: &[u8]) {
    put_varint(out, u64::from(number) << 3 | 2);
    put_varint(out, content.len() as u64);
    out.extend_from_slice(content);
}

/// Appends a length-delimited field whose content `write` appends.
pub fn put_message(out: &mut Vec<u8>, number: u32, write: impl FnOnce(&mut Vec<u8>)) {
    let start = begin_message(out, number);
    write(out);
    end_message(out, start);
}

/// Appends the head of a length-delimited field; what is appended from here to [`end_message`], which
/// takes the result, is its content.
pub fn begin_message(out: &mut Vec<u8>, number: u32) -> usize {
    put_varint(out, u64::from(number) << 3 | 2);
    out.push(0);
    out.len()
}

/// Writes the length of the content that began at `start`.
pub fn end_message(out: &mut Vec<u8>, start: usize) {
    let len = out.len() - start;
    if len < 0x80 {
        out[start - 1] = len as u8;
        return;
    }
    let mut varint = Vec::with_capacity(10);
    put_varint(&mut varint, len as u64);
    out.splice(start - 1..start, varint);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &[u8], expected: &[(u32, Value<'_>)]) {
        let found: Vec<_> = fields(message).map(|field| (field.number, field.value)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_wire_type_is_read() {
        let mut message = Vec::new();
        put_uint(&mut message, 1, 300);
        put_fixed64(&mut message, 2, 7);
        put_bytes(&mut message, 3, b"abc");
        put_fixed32(&mut message, 20, 9);
        check(
            &message,
            &[
                (1, Value::Varint(300)),
                (2, Value::Fixed64(7)),
                (3, Value::Bytes(b"abc")),
                (20, Value::Fixed32(9)),
            ],
        );
    }

    #[test]
    fn a_group_is_one_field_with_what_stands_in_it() {
        check(
            &[0x0b, 0x13, 0x08, 1, 0x14, 0x0c, 0x08, 2],
            &[(1, Value::Group(&[0x13, 0x08, 1, 0x14])), (1, Value::Varint(2))],
        );
    }

    #[test]
    fn a_walk_stops_where_the_framing_breaks() {
        check(&[0x08, 1, 0x12, 9, 1], &[(1, Value::Varint(1))]);
        check(&[0x08, 1, 0x0b, 0x14], &[(1, Value::Varint(1))]);
        check(&[0x00, 1], &[]);
    }

    #[test]
    fn a_varint_has_64_bits_at_most() {
        assert_eq!(varint(&[0xff; 9], 0), None);
        let mut most = vec![0xff; 9];
        most.push(1);
        assert_eq!(varint(&most, 0), Some((u64::MAX, 10)));
        most[9] = 2;
        assert_eq!(varint(&most, 0), None);
    }

    #[test]
    fn a_written_varint_has_the_length_that_was_said() {
        for value in (0..64).flat_map(|bit| [1u64 << bit, (1 << bit) - 1]).chain([u64::MAX]) {
            let mut out = Vec::new();
            put_varint(&mut out, value);
            assert_eq!(varint_len(value), out.len());
            assert_eq!(varint(&out, 0), Some((value, out.len())));
        }
    }
}
