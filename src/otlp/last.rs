//! Singular fields of a message: where the encoding repeats one, the last wins, as protobuf says.

use super::wire;

/// Every length-delimited field `number` of `message`.
pub(super) fn messages(message: &[u8], number: u32) -> impl Iterator<Item = &[u8]> {
    wire::delimited(message).filter(move |(found, _)| *found == number).map(|(_, body)| body)
}

pub(super) fn bytes(message: &[u8], number: u32) -> &[u8] {
    messages(message, number).last().unwrap_or_default()
}

pub(super) fn string(message: &[u8], number: u32) -> &str {
    utf8(bytes(message, number))
}

pub(super) fn uint(message: &[u8], number: u32) -> u64 {
    let last = wire::fields(message).filter_map(|field| match field.value {
        wire::Value::Varint(value) if field.number == number => Some(value),
        _ => None,
    });
    last.last().unwrap_or_default()
}

pub(super) fn fixed64(message: &[u8], number: u32) -> u64 {
    let last = wire::fields(message).filter_map(|field| match field.value {
        wire::Value::Fixed64(value) if field.number == number => Some(value),
        _ => None,
    });
    last.last().unwrap_or_default()
}

pub(super) fn fixed32(message: &[u8], number: u32) -> u32 {
    let last = wire::fields(message).filter_map(|field| match field.value {
        wire::Value::Fixed32(value) if field.number == number => Some(value),
        _ => None,
    });
    last.last().unwrap_or_default()
}

/// String fields were found to be UTF-8 by [`Batch::read`](super::Batch::read).
pub(super) fn utf8(text: &[u8]) -> &str {
    wire::utf8(text).unwrap_or_default()
}
