//! The encodings of OpenAI's models, and exact counts in them.

use super::kinds::{DIGITS, KINDS, Kind, kind};
use super::merge::Bpe;
use super::split::{Rules, pieces};
use super::vocabulary::Vocabulary;
use std::sync::LazyLock;

/// A published encoding. Special tokens in a text are ordinary text, as the provider's API bills them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    O200kBase,
    /// The ranks of `o200k_base`; only its special tokens differ.
    O200kHarmony,
    Cl100kBase,
    P50kBase,
    R50kBase,
}

static O200K: LazyLock<Bpe> = LazyLock::new(|| {
    Vocabulary::read(include_bytes!("../../../assets/o200k_base.ranks.zst"), std::iter::empty()).into()
});
static CL100K: LazyLock<Bpe> = LazyLock::new(|| {
    Vocabulary::read(include_bytes!("../../../assets/cl100k_base.ranks.zst"), std::iter::empty()).into()
});
/// What `p50k_base` adds to `r50k_base` are the runs of 2 to 25 spaces.
static P50K: LazyLock<Bpe> =
    LazyLock::new(|| Vocabulary::read(R50K_RANKS, (2..=25).map(|spaces| vec![b' '; spaces])).into());
static R50K: LazyLock<Bpe> = LazyLock::new(|| Vocabulary::read(R50K_RANKS, std::iter::empty()).into());
const R50K_RANKS: &[u8] = include_bytes!("../../../assets/r50k_base.ranks.zst");

impl Encoding {
    pub const ALL: [Encoding; 5] = [
        Encoding::O200kBase,
        Encoding::O200kHarmony,
        Encoding::Cl100kBase,
        Encoding::P50kBase,
        Encoding::R50kBase,
    ];

    /// The published name, such as `o200k_base`.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::O200kBase => "o200k_base",
            Encoding::O200kHarmony => "o200k_harmony",
            Encoding::Cl100kBase => "cl100k_base",
            Encoding::P50kBase => "p50k_base",
            Encoding::R50kBase => "r50k_base",
        }
    }

    /// How many tokens `text` is: exactly what tiktoken's `encode_ordinary` gives, in time that grows
    /// no faster than the text. The first call for a vocabulary builds it, and others wait for that.
    pub fn count(self, text: &str) -> u64 {
        self.bpe().counting(|count| {
            let mut tokens = 0;
            pieces(self.rules(), text, |piece| tokens += count(piece));
            tokens as u64
        })
    }

    /// As [`Encoding::count`], by kind of piece, and in the last place digits.
    pub(super) fn count_by_kind(self, text: &str) -> [u64; KINDS] {
        let mut counts = [0; KINDS];
        self.bpe().counting(|count| {
            pieces(self.rules(), text, |piece| {
                let text = std::str::from_utf8(piece).expect("pieces end between characters");
                let kind = kind(text);
                counts[kind as usize] += count(piece) as u64;
                if kind == Kind::Number {
                    counts[DIGITS] += text.chars().filter(|c| c.is_numeric()).count() as u64;
                }
            });
        });
        counts
    }

    /// Builds the vocabulary unless it is built; some milliseconds of work that a start can do early.
    pub fn prepare(self) {
        self.bpe();
    }

    pub(super) fn bpe(self) -> &'static Bpe {
        match self {
            Encoding::O200kBase | Encoding::O200kHarmony => &O200K,
            Encoding::Cl100kBase => &CL100K,
            Encoding::P50kBase => &P50K,
            Encoding::R50kBase => &R50K,
        }
    }

    fn rules(self) -> Rules {
        match self {
            Encoding::O200kBase | Encoding::O200kHarmony => Rules::O200k,
            Encoding::Cl100kBase => Rules::Cl100k,
            Encoding::P50kBase | Encoding::R50kBase => Rules::Gpt2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::prelude::*;
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};
    use std::fmt::Write;
    use tiktoken_rs::CoreBPE;

    fn oracle(encoding: Encoding) -> &'static CoreBPE {
        match encoding {
            Encoding::O200kBase => tiktoken_rs::o200k_base_singleton(),
            Encoding::O200kHarmony => tiktoken_rs::o200k_harmony_singleton(),
            Encoding::Cl100kBase => tiktoken_rs::cl100k_base_singleton(),
            Encoding::P50kBase => tiktoken_rs::p50k_base_singleton(),
            Encoding::R50kBase => tiktoken_rs::r50k_base_singleton(),
        }
    }

    /// The count is the oracle's, and so is every piece: equal pieces in equal places.
    fn check(encoding: Encoding, text: &str) {
        let expected = oracle(encoding).encode_ordinary(text).len() as u64;
        assert_eq!(encoding.count(text), expected, "{} of {text:?}", encoding.name());
    }

    /// Texts out of what the expressions tell apart: scripts, cases, marks, digits, blanks, contractions.
    fn texts() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            "[a-z]{1,8}",
            "[A-Z]{1,4}[a-z]{0,3}",
            "'(s|t|re|ve|m|ll|d|S|LL|ſ|x)",
            "[0-9]{1,7}",
            "[ \\t]{1,5}",
            "[\\r\\n \\t]{1,4}",
            "[!-/:-@\\[-`{-~]{1,5}",
            "[漢字かなカナ한국]{1,4}",
            "[а-яА-Я]{1,5}",
            "[\u{300}-\u{303}\u{93e}ʰǅªß]{1,3}",
            "[\u{a0}\u{2003}\u{3000}\u{85}\u{2028}]{1,2}",
            "[٠-٩½²Ⅷ]{1,4}",
            "\\PC{1,3}",
            "<\\|(endoftext|im_start|fim_prefix)\\|>",
            "[🦀👩‍💻🏽\u{fe0f}]{1,3}",
            any::<char>().prop_map(String::from),
        ];
        prop::collection::vec(word, 0..12).prop_map(|words| words.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn counts_are_those_of_tiktoken(text in texts()) {
            for encoding in [Encoding::O200kBase, Encoding::Cl100kBase, Encoding::P50kBase, Encoding::R50kBase] {
                check(encoding, &text);
            }
        }
    }

    #[test]
    #[ignore = "a quarter of an hour: the nightly target runs it"]
    fn a_million_counts_are_those_of_tiktoken() {
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(1_000_000));
        let run = runner.run(&texts(), |text| {
            Encoding::ALL.into_iter().for_each(|encoding| check(encoding, &text));
            Ok(())
        });
        run.expect("no text is counted differently");
    }

    #[test]
    fn pieces_longer_than_a_window_are_counted_as_tiktoken_counts_them() {
        let mut seed = 1u64;
        let mut random = |from: &[u8], len: usize| -> String {
            let step = |s: &mut u64| {
                *s = s.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (*s >> 33) as usize
            };
            (0..len).map(|_| char::from(from[step(&mut seed) % from.len()])).collect()
        };
        let alphabet = b"abcdefghijklmnopqrstuvwxyz";
        for text in [
            random(alphabet, 30_000),
            random(b"ab", 20_000),
            random(b"-=", 20_000),
            "-".repeat(20_001),
            "a".repeat(20_003),
            "漢字".repeat(4_000),
            " ".repeat(9_000) + "x",
            "\n".repeat(9_000),
            "=-".repeat(7_000),
        ] {
            for encoding in [Encoding::O200kBase, Encoding::Cl100kBase, Encoding::R50kBase] {
                check(encoding, &text);
            }
        }
    }

    #[test]
    fn special_tokens_in_a_text_are_text() {
        let count = Encoding::O200kBase.count("<|endoftext|>");
        assert!(count > 1, "{count}");
    }

    /// The digests that Python tiktoken 0.14 checks its downloads against.
    #[test]
    fn the_ranks_are_the_published_ones() {
        for (encoding, digest) in [
            (Encoding::O200kBase, "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"),
            (Encoding::Cl100kBase, "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"),
            (Encoding::P50kBase, "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069"),
            (Encoding::R50kBase, "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"),
        ] {
            let vocabulary = &encoding.bpe().vocabulary;
            let mut file = String::new();
            for index in 0..vocabulary.len() {
                // The one gap: 50256 of p50k_base is its end-of-text token.
                let rank = index + u32::from(encoding == Encoding::P50kBase && index >= 50256);
                let token = BASE64_STANDARD.encode(vocabulary.token(index));
                writeln!(file, "{token} {rank}").unwrap();
            }
            let found =
                Sha256::digest(file).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            assert_eq!(found, digest, "{}", encoding.name());
        }
    }
}
