//! Ids: records name spans and traces by UUIDs, OTLP by 8 and 16 bytes.

use super::Record;
use crate::llm::{Uuid, names};
use crate::otlp::Item;
use crate::units::hex;
use sha2::{Digest, Sha256};

impl Record {
    /// The span's id as a UUID: as it reads, or the first 16 bytes of its text's SHA-256 where it is none.
    pub fn span_uuid(&self) -> Uuid {
        uuid(&self.span_id)
    }

    /// As [`span_uuid`](Record::span_uuid).
    pub fn trace_uuid(&self) -> Option<Uuid> {
        self.trace_id.as_deref().filter(|id| !id.is_empty()).map(uuid)
    }

    /// As [`span_uuid`](Record::span_uuid).
    pub fn parent_span_uuid(&self) -> Option<Uuid> {
        self.parent_span_id.as_deref().filter(|id| !id.is_empty()).map(uuid)
    }

    /// The span id in OTLP: the one that it had there, or what stands for its UUID.
    pub fn span_bytes(&self) -> Vec<u8> {
        given(&self.otlp_span_id).unwrap_or_else(|| self.span_uuid().span_id().to_vec())
    }

    /// The trace id in OTLP. What stands in no trace is one of its own.
    pub fn trace_bytes(&self) -> Vec<u8> {
        let trace = || self.trace_uuid().unwrap_or(self.span_uuid()).0.to_vec();
        given(&self.otlp_trace_id).unwrap_or_else(trace)
    }

    /// The parent's id in OTLP; empty on a root.
    pub fn parent_span_bytes(&self) -> Vec<u8> {
        let parent = || self.parent_span_uuid().map(|id| id.span_id().to_vec()).unwrap_or_default();
        given(&self.otlp_parent_span_id).unwrap_or_else(parent)
    }

    /// What is the same whenever the span is sent again: lower-case hex of the SHA-256 of its trace and span ids.
    pub fn record_id(&self) -> String {
        hex(&Sha256::new_with_prefix(self.trace_bytes()).chain_update(self.span_bytes()).finalize())
    }
}

fn given(id: &[u8]) -> Option<Vec<u8>> {
    (!id.is_empty()).then(|| id.to_vec())
}

fn uuid(text: &str) -> Uuid {
    Uuid::parse(text).unwrap_or_else(|_| hashed(text.as_bytes()))
}

fn hashed(bytes: &[u8]) -> Uuid {
    let digest = Sha256::digest(bytes);
    Uuid(std::array::from_fn(|n| digest[n]))
}

/// What an item without an id is known by: its bytes, but for what Sidelight has added to them, since that differs
/// from one exporter to the next (one is sent vectors) and from one delivery to the next (a worker did not answer).
pub(super) fn known_by(item: &Item<'_>) -> [u8; 8] {
    let (mut digest, mut from) = (Sha256::new(), 0);
    for ours in item.attributes().filter(|attribute| names::is_ours(attribute.key)) {
        digest.update(&item.message[from..ours.at.start]);
        from = ours.at.end;
    }
    let digest = digest.chain_update(&item.message[from..]).finalize();
    std::array::from_fn(|n| digest[n])
}

/// The UUID that an OTLP id shows as: zeros before it. One that is too long, as no rule allows, is hashed.
pub(super) fn padded(id: &[u8]) -> Uuid {
    let Some(zeros) = 16_usize.checked_sub(id.len()) else { return hashed(id) };
    let mut uuid = [0; 16];
    uuid[zeros..].copy_from_slice(id);
    Uuid(uuid)
}
