//! Tokens of a picture in a message, by the published rules of each family of models.
//!
//! All of it is an estimate: providers change the rules without a word, and some measured otherwise.
//! Sources: OpenAI's guide "Images and vision" (tiles, patches), with factors as users measured them on the API
//! where those differ; Anthropic's guide "Vision"; Google's guide "Understand and count tokens".

/// How a family counts.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rule {
    /// So much for the picture, and so much for each tile of 512 pixels once its short side is `short`.
    Tiles { base: u64, tile: u64, short: u64 },
    /// Patches of 32 pixels, at most `budget`, times thousandths.
    Patches { budget: u64, thousandths: u64 },
    /// A token for 750 pixels, once it fits into 1568 by 1568.
    Area,
    /// 258 for each tile of 768 pixels, one for a small picture.
    Gemini,
}

/// Rules by how names begin, the longest first.
const RULES: &[(&str, Rule)] = &[
    ("gpt-4o-mini", tiles(2833, 5667)),
    ("gpt-4.1-mini", patches(1536, 1620)),
    ("gpt-4.1-nano", patches(1536, 2460)),
    ("gpt-4", tiles(85, 170)),
    ("chatgpt-4o", tiles(85, 170)),
    ("gpt-5-mini", patches(1536, 1200)),
    ("gpt-5-nano", patches(1536, 1500)),
    ("gpt-5.4-mini", patches(1536, 1200)),
    ("gpt-5.4-nano", patches(1536, 1200)),
    ("gpt-5.2", patches(1536, 1200)),
    ("gpt-5.4", patches(2500, 1200)),
    ("gpt-5.5", patches(2500, 1200)),
    ("gpt-5", tiles(70, 140)),
    ("o4-mini", patches(1536, 1720)),
    ("o1", tiles(75, 150)),
    ("o3", tiles(75, 150)),
    ("computer-use", tiles(65, 129)),
    ("gpt-image-1", Rule::Tiles { base: 65, tile: 129, short: 512 }),
    ("claude", Rule::Area),
    ("gemini", Rule::Gemini),
];

const fn tiles(base: u64, tile: u64) -> Rule {
    Rule::Tiles { base, tile, short: 768 }
}

const fn patches(budget: u64, thousandths: u64) -> Rule {
    Rule::Patches { budget, thousandths }
}

/// Where nobody says how large a picture is, it is taken for one of this size.
const UNKNOWN: (u64, u64) = (1024, 1024);

/// Tokens of a picture of `size` pixels (width, height) for `model`, named without what serves it, at `detail`:
/// `low`, or anything else for `high`. A side of no pixels is one of one.
pub(super) fn tokens(model: &str, size: Option<(u64, u64)>, detail: &str) -> u64 {
    let (width, height) = size.unwrap_or(UNKNOWN);
    let (width, height) = (width.clamp(1, 100_000), height.clamp(1, 100_000));
    let rule =
        RULES.iter().find(|(start, _)| model.starts_with(start)).map_or(tiles(85, 170), |(_, rule)| *rule);
    let low = detail == "low";
    match rule {
        Rule::Tiles { base, .. } if low => base,
        Rule::Tiles { base, tile, short } => {
            let (width, height) = fit(width, height, 2048.0);
            let scale = (short as f64 / width.min(height)).min(1.0);
            base + tile * count(width * scale, 512.0) * count(height * scale, 512.0)
        }
        Rule::Patches { budget, thousandths } => {
            let patches = in_patches(width as f64, height as f64, if low { 256 } else { budget });
            (patches * thousandths).div_ceil(1_000)
        }
        Rule::Area => {
            let (width, height) = fit(width, height, 1568.0);
            (width * height / 750.0).ceil() as u64
        }
        Rule::Gemini if width <= 384 && height <= 384 => 258,
        Rule::Gemini => 258 * width.div_ceil(768) * height.div_ceil(768),
    }
}

/// Brought down until both sides are `most` at most.
fn fit(width: u64, height: u64, most: f64) -> (f64, f64) {
    let scale = (most / width.max(height) as f64).min(1.0);
    (width as f64 * scale, height as f64 * scale)
}

/// How many pieces of `unit` a side needs; a rounding error is no piece.
fn count(side: f64, unit: f64) -> u64 {
    (side / unit - 1e-9).ceil().max(1.0) as u64
}

fn in_patches(width: f64, height: f64, budget: u64) -> u64 {
    const PATCH: f64 = 32.0;
    let all = count(width, PATCH) * count(height, PATCH);
    if all <= budget {
        return all;
    }
    let scale = (PATCH * PATCH * budget as f64 / (width * height)).sqrt();
    let (across, down) = (width * scale / PATCH, height * scale / PATCH);
    let scale = scale * (across.floor() / across).min(down.floor() / down);
    count(width * scale, PATCH) * count(height * scale, PATCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(model: &str, size: (u64, u64), detail: &str, expected: u64) {
        assert_eq!(tokens(model, Some(size), detail), expected, "{model} {size:?} {detail}");
    }

    #[test]
    fn tiles_are_counted_as_published() {
        check("gpt-4o", (1024, 1024), "high", 765);
        check("gpt-4o", (2048, 4096), "high", 1105);
        check("gpt-4o-2024-08-06", (4096, 8192), "low", 85);
        check("gpt-4o-mini", (1024, 1024), "high", 2833 + 4 * 5667);
        check("gpt-5", (1024, 1024), "high", 630);
        check("o3", (512, 512), "auto", 225);
    }

    #[test]
    fn patches_are_counted_as_published() {
        check("gpt-4.1-mini", (1024, 1024), "high", 1659);
        check("o4-mini", (1800, 2400), "high", (1452 * 1720u64).div_ceil(1000));
        check("gpt-5-mini", (32, 32), "high", 2);
    }

    #[test]
    fn other_families_have_their_own_rules() {
        check("claude-sonnet-4-5", (1000, 1000), "high", 1334);
        check("claude-sonnet-4-5", (8000, 8000), "high", 3279);
        check("gemini-2.5-flash", (384, 384), "high", 258);
        check("gemini-2.5-flash", (960, 540), "high", 516);
        check("llava", (1024, 1024), "high", 765);
    }

    #[test]
    fn no_size_is_too_odd() {
        for size in [(0, 0), (0, 9), (1, 100_000), (u64::MAX, u64::MAX), (u64::MAX, 1)] {
            for model in ["gpt-4o", "gpt-5.4", "claude-x", "gemini-x", "gpt-image-1"] {
                assert!(tokens(model, Some(size), "high") < 20_000_000, "{model} {size:?}");
            }
        }
        assert_eq!(tokens("gpt-4o", None, "high"), 765);
    }
}
