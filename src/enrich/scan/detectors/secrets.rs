//! Keys and tokens of services, told by their prefix. Sources: each service's own documentation of
//! its token format, and the rules of gitleaks (MIT) where a service documents none.

use crate::enrich::scan::detector::{Detector, Edges, Find, Spot, Tier};
use std::ops::{Range, RangeInclusive};

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "AWS_ACCESS_KEY",
        find: Find::Shape(r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"),
        valid: varied,
        // Test suites write keys that end so; so do people who hide one.
        finds: &[
            "aws_access_key_id = ⟦AKIA4W7BSKPARHGPIM2U⟧",
            "leaked ⟦ASIAYDDKTCN2TP6IAHHI⟧.",
            "⟦AKIATXSPDYPAMEXAMPLE⟧",
        ],
        leaves: &["AKIA1234", "AKIAAAAAAAAAAAAAAAAA", "XAKIA4W7BSKPARHGPIM2U"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "GITHUB_TOKEN",
        find: Find::Stem(r"gh[pousr]_[A-Za-z0-9]{4}|github_pat_[A-Za-z0-9]{4}", |text, stem| {
            token(text, stem, 40..=110, is_word)
        }),
        valid: varied,
        finds: &[
            "my PAT is ⟦ghp_ERKkIHpoLN4OYbNXF37Qcx1vvwCa32zUVsH4⟧.",
            "⟦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⟧",
        ],
        leaves: &["ghp_short", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "GITLAB_TOKEN",
        find: Find::Stem(
            r"gl(?:pat|dt|rt|ptt|ft|ffct|soat|agent|cbt|imt|oas)-[A-Za-z0-9_-]{4}|GR1348941[A-Za-z0-9_-]{4}",
            gitlab,
        ),
        valid: varied,
        finds: &[
            "GITLAB_TOKEN=⟦glpat-LlILc-94uM0oUxfIyADt⟧,",
            "⟦glpat-LlILc94uM0oUxfIyADtq7Rk2Wm9.01.0a1b2c3d4⟧.",
        ],
        leaves: &["glpat-short"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "OPENAI_API_KEY",
        find: Find::Stem(r"sk-(?:proj-|svcacct-|admin-|None-)?[A-Za-z0-9_-]{16}", openai),
        finds: &[
            "OPENAI_API_KEY=⟦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⟧, please",
            "⟦sk-proj-mdz55GBhyX1huVLZwJUTrTMWp260ndYAQs4UURwVq7y6he9jFpDF9o8Tg4T0Nw_4AsHA44ZoBsT3BlbkFJlj⟧",
        ],
        leaves: &["sk-learn", "sk-toggleable-container-class-name-here", "sk-xxxxxxxxxxxxxxxxxxxxxxxx"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "ANTHROPIC_API_KEY",
        tier: Tier::Checked,
        find: Find::Stem(r"sk-ant-[a-z0-9]{3,8}-[A-Za-z0-9_-]{8}", dashed),
        valid: varied,
        finds: &["key ⟦sk-ant-api03-TJUmHUWrI8IsoepJ0WpPmIYSzCvLiVFuXWoTGdJHNW3RaZiZ5XV3HsOcvLYiAfOQ⟧."],
        leaves: &["sk-ant-api03-…"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "GOOGLE_API_KEY",
        find: Find::Stem(r"AIza[A-Za-z0-9_-]{4}", |text, stem| token(text, stem, 39..=39, is_dashed)),
        valid: varied,
        finds: &["maps key ⟦AIzaIu0ClJkMi69OYQw5X8_uK0kJOso0BXeLYE6⟧."],
        leaves: &["AIzaShort"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "SLACK_TOKEN",
        find: Find::Stem(r"x(?:ox[abeoprs]|app)-[0-9A-Za-z]{1,14}-[0-9A-Za-z]", dashed),
        valid: varied,
        finds: &["slack bot token ⟦xoxb-294098301863-5052336419323-435179ENlqZCU5RK0EnpThBi⟧"],
        leaves: &["xoxb-your-token"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "SLACK_WEBHOOK",
        tier: Tier::Checked,
        find: Find::Stem(
            r"https://hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[A-Z0-9]",
            path,
        ),
        finds: &[
            "post to ⟦https://hooks.slack.com/services/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⟧;",
        ],
        leaves: &["https://hooks.slack.com/services/T/B/x"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "STRIPE_KEY",
        find: Find::Stem(
            r"(?:sk|rk|pk)_(?:live|test|prod)_[A-Za-z0-9]{4}|whsec_[A-Za-z0-9]{4}",
            |text, stem| token(text, stem, 18..=128, |b| b.is_ascii_alphanumeric()),
        ),
        valid: |spot| !spot.value().starts_with("pk_") && varied(spot),
        finds: &["stripe key ⟦sk_test_knUhSQn8I9DDxEqGXsTutxiO⟧."],
        leaves: &["sk_test_xxx", "pk_test_knUhSQn8I9DDxEqGXsTutxiO"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "HUGGINGFACE_TOKEN",
        find: Find::Stem(r"(?:hf|api_org)_[A-Za-z]{4}", |text, stem| {
            token(text, stem, 37..=42, |b| b.is_ascii_alphabetic()).filter(|at| matches!(at.len(), 37 | 42))
        }),
        valid: varied,
        finds: &["login --token ⟦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⟧."],
        leaves: &["hf_hub_download"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "NPM_TOKEN",
        find: Find::Stem(r"npm_[A-Za-z0-9]{4}", |text, stem| token(text, stem, 40..=40, is_word)),
        valid: varied,
        finds: &["npm token ⟦npm_yy9TtFF9ZgUJmlvQ7mLI8r3zqOe0hWAy6IM7⟧"],
        leaves: &["npm_config_registry"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "PYPI_TOKEN",
        find: Find::Stem(r"pypi-AgE[A-Za-z0-9_-]{20}", dashed),
        finds: &[
            "-p ⟦pypi-AgEIcHlwaS5vcmc7aJPJ1QquakYN4HRLIPi4IF9XvFHjhNAxtU3Y7PGe2GZdZ3tmhCMJZhARZ5x6pLoKdyBUnCNmHt⟧.",
        ],
        leaves: &["pypi-AgEshort"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "SENDGRID_KEY",
        find: Find::Stem(r"SG\.[A-Za-z0-9_-]{22}\.", |text, stem| token(text, stem, 69..=69, is_dashed)),
        finds: &["⟦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⟧, please"],
        leaves: &["SG.short.short"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "TWILIO_KEY",
        find: Find::Stem(r"SK[0-9a-f]{4}", |text, stem| {
            token(text, stem, 34..=34, |b| b.is_ascii_hexdigit())
        }),
        valid: varied,
        finds: &["twilio api key ⟦SK90fc0e07e5f72a3faffd18788b2ae7b6⟧,"],
        leaves: &["SKU-90fc0e07", "SK90fc0e07e5f72a3faffd18788b2ae7b"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "AZURE_STORAGE_KEY",
        tier: Tier::Checked,
        find: Find::Stem(r"AccountKey=[A-Za-z0-9+/]{8}", azure),
        edges: Edges::Free,
        finds: &[
            "AccountKey=⟦MGaRujpd/SRgm6EAWHfa6+my6w0WOs5W0JO+mshDKwxmDIH7bn+93/VkQihE0jjMyiB0bwlRjnQnZaPjLGwCSg==⟧;End",
        ],
        leaves: &["AccountKey=short"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "AZURE_STORAGE_KEY",
        tier: Tier::Checked,
        find: Find::Stem(
            r"(?i:account[ _-]?key|storage[ _-]?key|(?:primary|secondary|storage)_access_key|AZURE_STORAGE_(?:ACCOUNT_)?KEY)",
            azure_said,
        ),
        edges: Edges::Free,
        finds: &[
            "The storage account key is `⟦MGaRujpd/SRgm6EAWHfa6+my6w0WOs5W0JO+mshDKwxmDIH7bn+93/VkQihE0jjMyiB0bwlRjnQnZaPjLGwCSg==⟧`",
            "\"accountKey\": \"⟦MGaRujpd/SRgm6EAWHfa6+my6w0WOs5W0JO+mshDKwxmDIH7bn+93/VkQihE0jjMyiB0bwlRjnQnZaPjLGwCSg==⟧\"",
        ],
        leaves: &["the account key is in the vault", "storage_key: short", "primary_access_key = \"short\""],
        ..Detector::TOKEN
    },
    Detector {
        kind: "TELEGRAM_BOT_TOKEN",
        tier: Tier::Checked,
        find: Find::Stem(r"(?:bot)?[0-9]{8,10}:AA[A-Za-z0-9_-]", telegram),
        edges: Edges::Free,
        finds: &[
            "bot token: ⟦9387562157:AAPm1MuXTA6FCgZiDT220K0CaQvfsOkJtwQ⟧.",
            "https://api.telegram.org/bot⟦9387562157:AAPm1MuXTA6FCgZiDT220K0CaQvfsOkJtwQ⟧/getMe",
        ],
        leaves: &["12345678:short", "9387562157:AAPm1MuXTA6FCgZiDT220K0CaQvfsOkJtwQx0123"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "DIGITALOCEAN_TOKEN",
        find: Find::Stem(r"do[opr]_v1_[0-9a-f]{4}", |text, stem| token(text, stem, 71..=71, is_word)),
        finds: &["-t ⟦dop_v1_3288a98f98efd4294e47c5ee92df009b21535bcfd591f7601ed4b9787dc8c5e6⟧"],
        leaves: &["dop_v1_3288a98f"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "SHOPIFY_TOKEN",
        find: Find::Stem(r"shp(?:at|ca|pa|ss|ua)_[0-9a-fA-F]{4}", |text, stem| {
            token(text, stem, 38..=38, is_word)
        }),
        finds: &["Token: ⟦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⟧."],
        leaves: &["shpat_07ddb"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "DATABRICKS_TOKEN",
        find: Find::Stem(r"dapi[0-9a-f]{4}", |text, stem| {
            token(text, stem, 36..=38, is_dashed).filter(|at| matches!(at.len(), 36 | 38))
        }),
        finds: &["DATABRICKS_TOKEN=⟦dapi21071b98de4eb0936e2b33260cdbf21b⟧."],
        leaves: &["dapi21071b98"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "JWT",
        tier: Tier::Checked,
        find: Find::Stem(r"ey[IJ][A-Za-z0-9_-]{5}", jwt),
        finds: &[
            "Bearer ⟦eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI2ODQwNjgwNTIxIn0.Eg-C3ZiMGWz0abc⟧.",
            "⟦eyJhbGciOiJub25lIn0.eyJzdWIiOiJhYmMifQ.⟧ unsigned",
        ],
        leaves: &["eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ9.abc.def"],
        edges: Edges::Free,
        ..Detector::TOKEN
    },
];

/// Whether it is more than a placeholder: at least six different characters behind the prefix.
fn varied(spot: &Spot<'_>) -> bool {
    let tail = &spot.value().as_bytes()[spot.value().len().min(4)..];
    let mut seen = 0u128;
    tail.iter().for_each(|b| seen |= 1 << (b & 127));
    seen.count_ones() >= 6 && !is_placeholder(spot.value())
}

/// Whether the value says that it is none.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    ["xxxx", "your", "1234567890abcdef"].iter().any(|p| value.contains(p))
}

/// `stem` and the run of `inside` bytes behind it, if they are of one of the `lengths` together.
fn token(
    text: &str,
    stem: Range<usize>,
    lengths: RangeInclusive<usize>,
    inside: fn(u8) -> bool,
) -> Option<Range<usize>> {
    let rest = text.as_bytes()[stem.end..].iter().take(lengths.end() + 1);
    let end = stem.end + rest.take_while(|b| inside(**b)).count();
    lengths.contains(&(end - stem.start)).then_some(stem.start..end)
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

fn is_dashed(b: u8) -> bool {
    is_word(b) || b == b'-'
}

/// To the end of the run of letters, digits, dashes and underscores.
fn dashed(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    run(text, stem, is_dashed)
}

/// To the end of the path of a URL: at least three parts behind `services`.
fn path(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let whole = run(text, stem, |b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_'))?;
    (whole.len() >= 60).then_some(whole)
}

/// Longest tokens that services hand out; a certificate chain inside a JWT reaches 8 kB.
const RUN_MOST: usize = 8 << 10;

/// The run of `inside` bytes around `stem`, which has to begin with the stem: a run is walked once.
fn run(text: &str, stem: Range<usize>, inside: fn(u8) -> bool) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if stem.start > 0 && inside(bytes[stem.start - 1]) {
        return None;
    }
    let more = bytes[stem.end..].iter().take(RUN_MOST).take_while(|b| inside(**b)).count();
    Some(stem.start..stem.end + more)
}

/// The number of a bot, a colon and 35 characters; in a URL `bot` stands right before it.
fn telegram(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let bot = if text[stem.clone()].starts_with("bot") { 3 } else { 0 };
    let found = token(text, stem.start + bot..stem.end, 43..=46, is_dashed)?;
    let ends = text.as_bytes().get(found.end).is_none_or(|b| !is_dashed(*b));
    ends.then_some(found)
}

/// Newer ones carry a version and a check behind dots.
fn gitlab(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let more = bytes[stem.end..].iter().take(320).take_while(|b| is_dashed(**b) || **b == b'.').count();
    let value = text[stem.start..stem.end + more].trim_end_matches('.');
    (24..=320).contains(&value.len()).then_some(stem.start..stem.start + value.len())
}

/// `sk-` is also a prefix of class names: a key has digits and capitals, and 32 characters or more.
fn openai(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let whole = dashed(text, stem)?;
    let value = &text.as_bytes()[whole.clone()];
    let body = &value[3..];
    let mixed = [u8::is_ascii_digit, u8::is_ascii_uppercase, u8::is_ascii_lowercase]
        .iter()
        .all(|is| body.iter().any(is));
    (value.len() >= 32 && mixed && !value.starts_with(b"sk-ant-")).then_some(whole)
}

/// RFC 7519: header and claims are base64url of an object, hence begin with `ey`; a signature, or
/// nothing behind the last dot, follows.
fn jwt(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let whole = run(text, stem, |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))?;
    let value = &text[whole.clone()];
    let mut parts = value.split('.');
    let (header, claims) = (parts.next()?, parts.next()?);
    let signature = parts.next()?;
    let signed = header.len() + claims.len() + 2 + signature.len();
    // Without a signature the dot counts only where nothing but the text's end or a blank follows.
    (header.len() >= 16 && claims.len() >= 8 && claims.starts_with("ey"))
        .then(|| whole.start..whole.start + signed)
}

/// The value behind `AccountKey=`.
fn azure(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    azure_at(text, stem.start + "AccountKey=".len())
}

/// The value a word or two behind a name for it.
fn azure_said(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    const BETWEEN_MOST: usize = 16;
    let rest = &text.as_bytes()[stem.end..];
    let between = rest.iter().take(BETWEEN_MOST).rposition(|b| b" \"'\\`:=>\n".contains(b))? + 1;
    azure_at(text, stem.end + between)
}

/// 64 bytes in base64.
fn azure_at(text: &str, start: usize) -> Option<Range<usize>> {
    let value = text.as_bytes().get(start..start + 88)?;
    let body = value[..86].iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    (body && value.ends_with(b"==")).then_some(start..start + 88)
}
