//! Splices: chosen bytes of an encoded request replaced, and every length above them made right.

use super::wire::{self, put_varint, varint_len};
use std::cmp::Reverse;
use std::ops::Range;

/// Replaces `at` by `with` inside one length-delimited field.
///
/// `inside` is where the content of that field lies in the batch: a string leaf for a change of its
/// text, a whole message for an append (`at` empty, at its end) or a cut of one of its fields (`at`
/// covers tag to end). `at` lies within `inside`; splices do not overlap. Several at one place are
/// written in the order given, what goes into an inner field before what goes after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    pub inside: Range<usize>,
    pub at: Range<usize>,
    pub with: Vec<u8>,
}

impl Splice {
    /// Appends the encoded fields `with` to the message at `message`.
    pub fn append(message: Range<usize>, with: Vec<u8>) -> Splice {
        Splice {
            at: message.end..message.end,
            inside: message,
            with,
        }
    }

    /// Takes the field at `field`, tag to end, out of the message at `message`.
    pub fn cut(message: Range<usize>, field: Range<usize>) -> Splice {
        Splice {
            inside: message,
            at: field,
            with: Vec::new(),
        }
    }
}

/// A length prefix to be rewritten.
struct Frame {
    /// Where the length stands.
    at: Range<usize>,
    new_len: usize,
}

/// `otlp` with `splices` applied, in one allocation. Sorts `splices`.
pub(super) fn apply(otlp: &[u8], splices: &mut [Splice]) -> Vec<u8> {
    splices.sort_by_key(|splice| (splice.at.start, splice.at.end, Reverse(splice.inside.start)));
    let mut frames = Vec::new();
    let len = measure(otlp, 0..otlp.len(), splices, &mut frames);
    let mut out = Vec::with_capacity(len);
    let mut kept = 0;
    let mut frames = frames.into_iter().peekable();
    for splice in splices.iter() {
        while let Some(frame) = frames.next_if(|frame| frame.at.start < splice.at.start) {
            out.extend_from_slice(&otlp[kept..frame.at.start]);
            put_varint(&mut out, frame.new_len as u64);
            kept = frame.at.end;
        }
        out.extend_from_slice(&otlp[kept..splice.at.start]);
        out.extend_from_slice(&splice.with);
        kept = splice.at.end;
    }
    out.extend_from_slice(&otlp[kept..]);
    debug_assert_eq!(
        out.len(),
        len,
        "each splice names a field of the batch, and none overlap"
    );
    out
}

/// The new length of the message at `content`, whose `splices` are sorted; adds the frames in it whose
/// length changes, in wire order.
///
/// A field that holds the `inside` of a splice is the one to go down into: no schema is needed.
fn measure(otlp: &[u8], content: Range<usize>, splices: &[Splice], frames: &mut Vec<Frame>) -> usize {
    let mut len = content.len();
    let mut rest = splices;
    for field in wire::fields(&otlp[content.clone()]) {
        let start = content.start + field.at.start;
        let own = rest.iter().take_while(|splice| splice.at.start <= start).count();
        len = rest[..own].iter().fold(len, resized);
        rest = &rest[own..];
        if rest.is_empty() {
            return len;
        }
        let Some(child) = field.content() else { continue };
        let child = content.start + child.start..content.start + child.end;
        let inner = rest
            .iter()
            .take_while(|splice| holds(&child, &splice.inside))
            .count();
        if inner > 0 {
            len = len - (content.start + field.at.end - start)
                + measure_child(otlp, start, child, &rest[..inner], frames);
            rest = &rest[inner..];
        }
    }
    rest.iter().fold(len, resized)
}

/// The new length of the whole field that begins at `start` and has its content at `child`.
fn measure_child(
    otlp: &[u8],
    start: usize,
    child: Range<usize>,
    splices: &[Splice],
    frames: &mut Vec<Frame>,
) -> usize {
    let tag_end = wire::varint(otlp, start).expect("a field begins with its tag").1;
    let slot = frames.len();
    frames.push(Frame {
        at: tag_end..child.start,
        new_len: child.len(),
    });
    let new_len = measure(otlp, child.clone(), splices, frames);
    if new_len == child.len() {
        frames.remove(slot);
        return child.end - start;
    }
    frames[slot].new_len = new_len;
    tag_end - start + varint_len(new_len as u64) + new_len
}

fn resized(len: usize, splice: &Splice) -> usize {
    len + splice.with.len() - splice.at.len()
}

fn holds(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
