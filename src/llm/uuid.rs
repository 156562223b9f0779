//! UUIDs, by which the predecessor's records name spans and traces.

use crate::units::hex;
use sha2::{Digest, Sha256};
use std::fmt;

/// 16 bytes in network order. Prints in lower case with dashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uuid(pub [u8; 16]);

/// Why a text is no UUID, in the words of the predecessor's answers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotUuid {
    #[error("invalid character: found `{found}` at {at}")]
    Character { found: char, at: usize },
    #[error("invalid length: expected length 32 for simple format, found {0}")]
    Length(usize),
    #[error("invalid group length in group {group}: expected {expected}, found {found}")]
    Group { group: usize, expected: usize, found: usize },
    #[error("invalid group count: expected 5, found {0}")]
    Groups(usize),
}

const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

/// Where dashes stand, the first first.
const DASHES: [usize; 4] = [8, 13, 18, 23];

impl Uuid {
    /// Reads 32 hex digits, with dashes or without, in braces or after `urn:uuid:` or not.
    pub fn parse(text: &str) -> Result<Uuid, NotUuid> {
        if let Some(uuid) = canonical(text.as_bytes()) {
            return Ok(uuid);
        }
        let inner = text.strip_prefix("urn:uuid:").unwrap_or(text);
        let inner = inner.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(inner);
        let odd = inner.chars().enumerate().find(|(_, c)| !c.is_ascii_hexdigit() && *c != '-');
        if let Some((at, found)) = odd {
            return Err(NotUuid::Character { found, at });
        }
        let groups: Vec<&str> = inner.split('-').collect();
        match groups.len() {
            1 if inner.len() != 32 => return Err(NotUuid::Length(inner.len())),
            1 => {}
            5 => {
                let wrong = (0..5).find(|n| groups[*n].len() != GROUPS[*n]);
                if let Some(group) = wrong {
                    let (expected, found) = (GROUPS[group], groups[group].len());
                    return Err(NotUuid::Group { group, expected, found });
                }
            }
            count => return Err(NotUuid::Groups(count)),
        }
        let number = u128::from_str_radix(&groups.concat(), 16).expect("32 hex digits were counted");
        Ok(Uuid(number.to_be_bytes()))
    }

    /// The OTLP span id that stands for it: the first 8 bytes of its SHA-256. One that begins with 8 zeros was
    /// made of a span id, which is its end.
    pub fn span_id(&self) -> [u8; 8] {
        let (zeros, id) = self.0.split_at(8);
        if zeros == [0; 8] && id != [0; 8] {
            return std::array::from_fn(|n| id[n]);
        }
        let digest = Sha256::digest(self.0);
        std::array::from_fn(|n| digest[n])
    }
}

/// The one spelling that nearly all have: 36 characters, dashes in their places. Measured: a tenth of the time.
fn canonical(text: &[u8]) -> Option<Uuid> {
    let text: &[u8; 36] = text.try_into().ok()?;
    if DASHES.iter().any(|at| text[*at] != b'-') {
        return None;
    }
    let mut digits = text.iter().filter(|byte| **byte != b'-').map(|byte| char::from(*byte).to_digit(16));
    let mut uuid = [0; 16];
    for byte in &mut uuid {
        *byte = (digits.next()?? << 4 | digits.next()??) as u8;
    }
    digits.next().is_none().then_some(Uuid(uuid))
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = hex(&self.0);
        DASHES.into_iter().for_each(|at| text.insert(at, '-'));
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "123e4567-e89b-42d3-a456-426614174000";

    #[test]
    fn a_uuid_prints_as_it_reads_however_it_was_written() {
        for text in [
            TEXT,
            "123e4567e89b42d3a456426614174000",
            "urn:uuid:123e4567-e89b-42d3-a456-426614174000",
            "{123E4567-E89B-42D3-A456-426614174000}",
        ] {
            assert_eq!(Uuid::parse(text).map(|uuid| uuid.to_string()), Ok(TEXT.to_string()), "{text}");
        }
    }

    #[test]
    fn what_is_no_uuid_is_told_why() {
        for (text, why) in [
            ("unique-id", "invalid character: found `u` at 0"),
            ("", "invalid length: expected length 32 for simple format, found 0"),
            ("12-34", "invalid group count: expected 5, found 2"),
            ("1-2-3-4-5", "invalid group length in group 0: expected 8, found 1"),
            ("é", "invalid character: found `é` at 0"),
        ] {
            assert_eq!(Uuid::parse(text).expect_err(text).to_string(), why, "{text}");
        }
    }
}
