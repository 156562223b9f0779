//! Addresses of crypto currencies: Bitcoin with its checksums, Ethereum by its form.

use crate::enrich::scan::detector::{Detector, Edges, Find, Spot, Tier};
use sha2::{Digest, Sha256};
use std::ops::{Range, RangeInclusive};

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "CRYPTO",
        tier: Tier::Checked,
        find: Find::Word(26..=35),
        edges: Edges::Token,
        valid: is_base58_check,
        context: WORDS,
        finds: &["send BTC to ⟦1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa⟧.", "⟦3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy⟧"],
        leaves: &["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"],
    },
    Detector {
        kind: "CRYPTO",
        tier: Tier::Checked,
        find: Find::Stem(r"(?:bc1|BC1)[02-9ac-hj-np-zAC-HJ-NP-Z]{4}", |text, stem| {
            whole(text, stem, 14..=74)
        }),
        edges: Edges::Token,
        valid: is_bech32,
        context: WORDS,
        finds: &[
            "my wallet is ⟦bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4⟧,",
            "⟦bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr⟧",
        ],
        leaves: &["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"],
    },
    Detector {
        kind: "CRYPTO",
        tier: Tier::Shape,
        find: Find::Stem(r"0x[0-9a-fA-F]{8}", |text, stem| whole(text, stem, 42..=42)),
        edges: Edges::Token,
        context: WORDS,
        finds: &["my wallet is ⟦0x4908259704f693d809087a69d6c49937e62e21ef⟧."],
        leaves: &[
            "0x4908259704f693d809087a69d6c49937e62e21ef00",
            "0x0000000000000000000000000000000000000000",
        ],
        valid: |spot| {
            let digits = || spot.value().bytes().skip(2);
            digits().all(|b| b.is_ascii_hexdigit()) && digits().any(|b| b != b'0')
        },
    },
];

const WORDS: &[&str] = &[
    "wallet",
    "btc",
    "bitcoin",
    "eth",
    "ethereum",
    "crypto",
    "address",
    "bech32",
    "segwit",
    "usdt",
    "deposit address",
    "billetera",
    "portefeuille",
];

/// The word that begins with `stem`, if it is of one of the `lengths`.
fn whole(text: &str, stem: Range<usize>, lengths: RangeInclusive<usize>) -> Option<Range<usize>> {
    let rest = text.as_bytes()[stem.end..].iter().take(lengths.end() + 1);
    let end = stem.end + rest.take_while(|b| b.is_ascii_alphanumeric()).count();
    lengths.contains(&(end - stem.start)).then_some(stem.start..end)
}

/// Base58Check: 25 bytes, the last four of which begin the double SHA-256 of the rest.
/// Source: the Bitcoin wiki, "Base58Check encoding".
fn is_base58_check(spot: &Spot<'_>) -> bool {
    const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    if !spot.value().starts_with(['1', '3']) {
        return false;
    }
    let mut bytes = [0u8; 25];
    for c in spot.value().bytes() {
        let Some(mut carry) = ALPHABET.iter().position(|a| *a == c) else {
            return false;
        };
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = (carry & 255) as u8;
            carry >>= 8;
        }
        if carry > 0 {
            return false;
        }
    }
    let check = Sha256::digest(Sha256::digest(&bytes[..21]));
    bytes[21..] == check[..4]
}

/// BIP 173 and BIP 350: a BCH code over the human-readable part `bc` and the data.
fn is_bech32(spot: &Spot<'_>) -> bool {
    const ALPHABET: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
    let step = |sum: u32, value: u32| {
        let top = sum >> 25;
        (0..5)
            .filter(|i| top >> i & 1 == 1)
            .fold((sum & 0x1ff_ffff) << 5 ^ value, |sum, i| sum ^ GENERATOR[i])
    };
    let prefix = [3, 3, 0, 2, 3].into_iter().fold(1, step);
    let mut sum = prefix;
    for c in spot.value().bytes().skip(3) {
        let Some(value) = ALPHABET.iter().position(|a| *a == c.to_ascii_lowercase()) else {
            return false;
        };
        sum = step(sum, value as u32);
    }
    sum == 1 || sum == 0x2bc8_30a3
}
