//! The bytes of a segment: header, seal and record. `docs/queue-format.md` is the format.

use super::tally::{Amount, KINDS, Tally};
use super::{Record, Stored};
use bytes::Bytes;
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The first bytes of a segment, before its records.
pub const BLOCK: u64 = 4096;
/// Bytes of a record before its metadata.
pub const RECORD_HEADER: usize = 40;

/// Where the header's two copies begin.
pub const HEADER_AT: [usize; 2] = [0, 1024];
pub const HEADER_LEN: usize = 64;
/// Where the seal's two copies begin.
pub const SEAL_AT: [usize; 2] = [2048, 3072];
const SEAL_LEN: usize = 256;

const VERSION: u8 = 1;
const HEADER_MAGIC: &[u8; 8] = b"SLSEGMNT";
const SEAL_MAGIC: &[u8; 8] = b"SLSEALED";
/// Begins a record. Its first byte occurs in no UTF-8 text, which makes looking for it quick.
pub const RECORD_MAGIC: [u8; 4] = [0xFB, b'S', b'L', b'R'];

/// What a segment says of itself when it is taken into use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Sequence of its first record.
    pub first: u64,
    /// Goes into each record's checksum; new with each use of the file.
    pub salt: u64,
    pub created: SystemTime,
}

/// What a segment says of itself when it is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// One past the last record's sequence.
    pub end: u64,
    /// One past the last record's last byte.
    pub offset: u64,
    pub oldest: SystemTime,
    pub newest: SystemTime,
    pub tally: Tally,
}

/// What stands where a segment's header should.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    Header(Header),
    /// Whole, and of this format, which is not ours.
    Version(u16),
    /// Zeros: written ahead and never used.
    Blank,
    Damaged,
}

impl Header {
    /// The whole block at the start of a segment, not sealed.
    pub fn block(&self) -> Vec<u8> {
        let mut area = [0; HEADER_LEN];
        area[..8].copy_from_slice(HEADER_MAGIC);
        area[8] = VERSION;
        put_u64(&mut area, 16, self.first);
        put_u64(&mut area, 24, self.salt);
        put_u64(&mut area, 32, nanos(self.created));
        let sum = crc32c::crc32c(&area[..60]);
        area[60..].copy_from_slice(&sum.to_le_bytes());

        let mut block = vec![0; BLOCK as usize];
        for at in HEADER_AT {
            block[at..at + HEADER_LEN].copy_from_slice(&area);
        }
        block
    }

    /// Reads the header out of a segment's block, or as much of it as there is.
    pub fn find(block: &[u8]) -> Found {
        let areas = || HEADER_AT.iter().filter_map(|at| block.get(*at..at + HEADER_LEN));
        if let Some(header) = areas().find_map(Header::read) {
            return Found::Header(header);
        }
        if let Some(version) = areas().find_map(other_version) {
            return Found::Version(version);
        }
        if areas().flatten().all(|byte| *byte == 0) { Found::Blank } else { Found::Damaged }
    }

    fn read(area: &[u8]) -> Option<Header> {
        let sum = crc32c::crc32c(&area[..60]).to_le_bytes();
        let good = area[..8] == *HEADER_MAGIC && area[8] == VERSION && area[60..] == sum;
        good.then(|| Header {
            first: get_u64(area, 16),
            salt: get_u64(area, 24),
            created: time(get_u64(area, 32)),
        })
    }
}

/// The version of a header that is whole and not of ours: the magic, the place of the version and that of the
/// checksum are the same in all.
fn other_version(area: &[u8]) -> Option<u16> {
    let sum = crc32c::crc32c(&area[..60]).to_le_bytes();
    let version = u16::from_le_bytes([area[8], area[9]]);
    let whole = area[..8] == *HEADER_MAGIC && area[60..] == sum;
    (whole && version != u16::from(VERSION)).then_some(version)
}

/// Why a queue of `version` cannot be opened, and what to do about it.
pub fn foreign(version: u16) -> io::Error {
    let text = format!(
        "the queue on disk is of format version {version}, and this Sidelight reads version {VERSION}: \
         let the Sidelight that wrote it deliver what waits there, or move its files away"
    );
    io::Error::new(io::ErrorKind::InvalidData, text)
}

impl Seal {
    /// One copy, to be written at each of [`SEAL_AT`].
    pub fn area(&self, salt: u64) -> Vec<u8> {
        let mut area = vec![0; SEAL_LEN];
        area[..8].copy_from_slice(SEAL_MAGIC);
        area[8] = VERSION;
        put_u64(&mut area, 16, self.end);
        put_u64(&mut area, 24, self.offset);
        put_u64(&mut area, 32, nanos(self.oldest));
        put_u64(&mut area, 40, nanos(self.newest));
        for (slot, amount) in self.tally.iter().enumerate() {
            put_u64(&mut area, 48 + 24 * slot, amount.records);
            put_u64(&mut area, 56 + 24 * slot, amount.items);
            put_u64(&mut area, 64 + 24 * slot, amount.bytes);
        }
        let sum = crc32c::crc32c_append(salted(salt), &area[..SEAL_LEN - 4]);
        area[SEAL_LEN - 4..].copy_from_slice(&sum.to_le_bytes());
        area
    }

    /// Reads the seal out of a segment's block. `None`: not sealed, or by an earlier use of the file.
    pub fn find(block: &[u8], salt: u64) -> Option<Seal> {
        let mut areas = SEAL_AT.iter().filter_map(|at| block.get(*at..at + SEAL_LEN));
        areas.find_map(|area| Seal::read(area, salt))
    }

    fn read(area: &[u8], salt: u64) -> Option<Seal> {
        let sum = crc32c::crc32c_append(salted(salt), &area[..SEAL_LEN - 4]).to_le_bytes();
        if area[..8] != *SEAL_MAGIC || area[8] != VERSION || area[SEAL_LEN - 4..] != sum {
            return None;
        }
        let mut tally = Tally::default();
        for slot in 0..KINDS {
            tally[slot] = Amount {
                records: get_u64(area, 48 + 24 * slot),
                items: get_u64(area, 56 + 24 * slot),
                bytes: get_u64(area, 64 + 24 * slot),
            };
        }
        Some(Seal {
            end: get_u64(area, 16),
            offset: get_u64(area, 24),
            oldest: time(get_u64(area, 32)),
            newest: time(get_u64(area, 40)),
            tally,
        })
    }
}

/// Bytes that a record with this payload takes in a segment.
pub fn record_len(payload: usize) -> u64 {
    (RECORD_HEADER + payload) as u64
}

/// Appends the header of a record to `out`; the payload follows it on disk.
pub fn put_record(salt: u64, sequence: u64, enqueued: SystemTime, record: &Record, out: &mut Vec<u8>) {
    let mut header = [0; RECORD_HEADER];
    header[..4].copy_from_slice(&RECORD_MAGIC);
    header[4] = VERSION;
    header[5] = record.kind;
    header[6] = record.flags;
    header[8..12].copy_from_slice(&record.items.to_le_bytes());
    put_u64(&mut header, 16, sequence);
    put_u64(&mut header, 24, nanos(enqueued));
    let payload = u32::try_from(record.payload.len()).expect("push refuses what is larger");
    header[32..36].copy_from_slice(&payload.to_le_bytes());
    let sum = checksum(salt, &header, &record.payload);
    header[36..].copy_from_slice(&sum.to_le_bytes());
    out.extend_from_slice(&header);
}

/// The header of a record as found, not yet known to be good.
#[derive(Clone, Copy, Debug)]
pub struct RecordHeader {
    pub sequence: u64,
    metadata: u32,
    payload: u32,
}

impl RecordHeader {
    /// `None` if `bytes` cannot begin a record.
    pub fn read(bytes: &[u8]) -> Option<RecordHeader> {
        let header = bytes.get(..RECORD_HEADER)?;
        let good = header[..4] == RECORD_MAGIC && header[4] == VERSION && header[7] == 0;
        good.then(|| RecordHeader {
            sequence: get_u64(header, 16),
            metadata: get_u32(header, 12),
            payload: get_u32(header, 32),
        })
    }

    /// Bytes of the whole record.
    pub fn len(&self) -> u64 {
        RECORD_HEADER as u64 + u64::from(self.metadata) + u64::from(self.payload)
    }

    /// Whether the checksum over `record`, header included, is right.
    pub fn verify(&self, record: &[u8], salt: u64) -> bool {
        let sum = checksum(salt, &record[..RECORD_HEADER], &record[RECORD_HEADER..]);
        record[36..RECORD_HEADER] == sum.to_le_bytes()
    }

    /// The record that was verified; the payload shares `record`.
    pub fn take(&self, record: &Bytes) -> Stored {
        Stored {
            sequence: self.sequence,
            enqueued: time(get_u64(record, 24)),
            record: Record {
                kind: record[5],
                flags: record[6],
                items: get_u32(record, 8),
                payload: record.slice(RECORD_HEADER + self.metadata as usize..),
            },
        }
    }
}

fn checksum(salt: u64, header: &[u8], body: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(salted(salt), &header[..36]), body)
}

fn salted(salt: u64) -> u32 {
    crc32c::crc32c(&salt.to_le_bytes())
}

/// Nanoseconds since the epoch; times before it read as the epoch.
pub fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

pub fn time(nanos: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanos)
}

pub fn put_u64(bytes: &mut [u8], at: usize, value: u64) {
    bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

/// Callers have checked that `bytes` reaches so far.
pub fn get_u64(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

fn get_u32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}
