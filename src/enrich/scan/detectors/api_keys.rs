//! Keys and tokens of services that have no type of their own, told by their prefix, by their name, or by the header
//! that carries them. Sources: each service's own documentation of its tokens, and the rules of gitleaks (MIT) where
//! a service documents none.

use super::password_values::is_name_in_code;
use super::secrets::is_placeholder;
use crate::enrich::scan::detector::{Body, Detector, Edges, Find, Prefix, Spot, Tier};
use crate::enrich::scan::marks;
use std::ops::Range;

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "API_KEY",
        find: Find::Prefixed(PREFIXES),
        valid: is_random,
        finds: &[
            "OPENROUTER_API_KEY=⟦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⟧",
            "groq: ⟦gsk_9fK2mQ8rT5vX1zA4cE7gJ0lN3pS6uW9yB2dF5hK8mQ1rT4vX⟧.",
            "⟦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⟧ of langsmith",
            "\"⟦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⟧\"",
            "voyage ⟦pa-9fK2mQ8rT5vX1zA4cE7gJ0lN3pS6uW9yB2dF5hK8mQ1⟧",
        ],
        leaves: &[
            "pa-systems-of-the-large-hall-and-of-the-foyer-2",
            "fw_update_channel_stable_2024",
            "re_compile_all_the_patterns_now_1",
            "gsk_your_key_here",
            "pul-request-4821",
        ],
        ..Detector::TOKEN
    },
    Detector {
        kind: "API_KEY",
        find: Find::Stem(r"pat[A-Za-z0-9]{14}\.", |text, stem| {
            let hex =
                text.as_bytes()[stem.end..].iter().take(65).take_while(|b| b.is_ascii_hexdigit()).count();
            (hex == 64).then(|| stem.start..stem.end + hex)
        }),
        valid: is_random,
        finds: &[
            "airtable ⟦patGk3mQ8rT5vX1zA.9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08⟧",
        ],
        leaves: &["patterns.9f86d081884c7d65"],
        ..Detector::TOKEN
    },
    Detector {
        kind: "API_KEY",
        find: Find::At(b"~", azure_secret),
        valid: is_random,
        edges: Edges::Free,
        finds: &["AZURE_CLIENT_SECRET=⟦abc8Q~DEF1234ghiJKL5678mnoPQR90stuVWX12⟧"],
        leaves: &["about 8Q~ in it", "~/bin/run"],
        ..Detector::BASE
    },
    Detector {
        kind: "API_KEY",
        find: Find::Stem(r"atlasv1\.[A-Za-z0-9_-]", terraform),
        edges: Edges::Free,
        finds: &["⟦9fK2mQ8rT5vX1z.atlasv1.A4cE7gJ0lN3pS6uW9yB2dF5hK8mQ1rT4vX9fK2mQ8rT5vX1zA4cE7gJ0lN3pS⟧"],
        leaves: &["use atlasv1.client for it"],
        ..Detector::BASE
    },
    Detector {
        kind: "API_KEY",
        tier: Tier::Shape,
        find: Find::At(b":=", named),
        edges: Edges::Free,
        finds: &[
            "X-Api-Key: ⟦9f86d081884c7d659a2feaa0c55ad015⟧",
            "client_secret=⟦8hQabcDEF1234ghiJKL5678mno⟧&grant_type=x",
            "export DATADOG_API_KEY='⟦9f86d081884c7d659a2feaa0c55ad015⟧'",
            "\"accessToken\": \"⟦v2-9fK2mQ8rT5vX1zA4cE7g⟧\"",
            "{\"token\": \"⟦9fK2mQ8rT5vX1zA4cE7gJ0lN3pS6⟧\"}",
        ],
        leaves: &[
            "api_key: ${API_KEY}",
            "api_key = os.environ[\"OPENAI_API_KEY_2\"]",
            "max_output_tokens: 4096",
            "next_page_token: 9f86d081884c7d659a2feaa0c55ad015",
            "cache_key: user-profile-1234-v2-en-gb",
            "access_token: <your-access-token-1>",
            "api_key=settings.openai_api_key_v1",
            "accessToken: getAccessToken(user1, tenant2)",
        ],
        ..Detector::BASE
    },
    Detector {
        kind: "API_KEY",
        find: Find::Keyed(named_by_key),
        edges: Edges::Free,
        finds: &["apiKey → ⟦9f86d081884c7d659a2feaa0c55ad015⟧"],
        leaves: &["page_token → 9f86d081884c7d659a2feaa0c55ad015", "api_key → sk-...a1b2"],
        ..Detector::BASE
    },
    Detector {
        kind: "AUTH_TOKEN",
        find: Find::Stem(
            r#"(?i:authorization)["']?(?::|=>|=) ?["']?(?i:bearer|basic|token|apikey|digest) "#,
            credentials,
        ),
        edges: Edges::Free,
        finds: &[
            "curl -H \"Authorization: Basic ⟦YWRtaW46czNjcmV0UGFzczk=⟧\" https://x",
            "authorization: Bearer ⟦9f86d081884c7d659a2feaa0c55ad015a3bf4f1b⟧",
        ],
        leaves: &[
            "Authorization: Bearer <token>",
            "Authorization: Bearer $TOKEN",
            "authorization: basic access",
        ],
        ..Detector::BASE
    },
    Detector {
        kind: "AUTH_TOKEN",
        find: Find::Stem(r"Bearer ", |text, stem| credentials(text, stem).filter(|at| at.len() >= LEAST)),
        valid: is_random,
        edges: Edges::Free,
        finds: &["it sends Bearer ⟦9f86d081884c7d659a2feaa0c55ad015a3bf4f1b⟧ along"],
        leaves: &["Bearer token", "Bearer of the news from 1848"],
        ..Detector::BASE
    },
    Detector {
        kind: "AUTH_TOKEN",
        find: Find::Stem(r#"(?i:set-cookie|cookie)["']?(?::|=>|=) ?["']?[A-Za-z_]"#, |text, stem| {
            cookies(text, stem.end - 1)
        }),
        edges: Edges::Free,
        finds: &[
            "Cookie: theme=dark; sessionid=⟦9f86d081884c7d659a2feaa0c55ad015⟧; lang=en",
            "Set-Cookie: JSESSIONID=⟦A1B2C3D4E5F60718293A4B5C6D7E8F90⟧; Path=/; HttpOnly",
        ],
        leaves: &["Cookie: theme=dark; lang=en", "Set-Cookie: a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT"],
        ..Detector::BASE
    },
    Detector {
        kind: "AUTH_TOKEN",
        find: Find::Keyed(carried_by_key),
        edges: Edges::Free,
        finds: &[
            "http.request.header.authorization → Basic ⟦YWRtaW46czNjcmV0UGFzczk=⟧",
            "cookie → theme=dark; sid=⟦9f86d081884c7d659a2feaa0c55ad015⟧",
        ],
        leaves: &["authorization → required", "cookie → theme=dark"],
        ..Detector::BASE
    },
    Detector {
        kind: "PASSWORD",
        find: Find::Stem(r"curl ", of_user),
        edges: Edges::Free,
        finds: &["curl -s -u admin:⟦s3cretPass9⟧ https://api.example.com"],
        leaves: &["curl -u admin https://api.example.com", "curl -u $USER:$PASS https://x"],
        ..Detector::BASE
    },
];

/// What follows a prefix, and in what length.
const fn key(prefix: &'static str, body: Body, least: usize, most: usize) -> Prefix {
    Prefix { prefix, body, least, most }
}

/// By service: inference, tools around it, hosting, code, payment, mail.
const PREFIXES: &[Prefix] = &[
    key("sk-or-v1-", Body::Hex, 40, 64),
    key("gsk_", Body::Letters, 40, 60),
    key("pplx-", Body::Letters, 40, 60),
    key("xai-", Body::Letters, 60, 100),
    key("r8_", Body::Letters, 37, 40),
    key("tgp_v1_", Body::Dashed, 40, 50),
    key("pa-", Body::Dashed, 40, 50),
    key("nvapi-", Body::Dashed, 60, 70),
    key("fw_", Body::Letters, 20, 30),
    key("csk-", Body::Letters, 40, 60),
    key("jina_", Body::Letters, 60, 70),
    key("tvly-", Body::Dashed, 28, 60),
    key("fc-", Body::Hex, 32, 32),
    key("sk_", Body::Hex, 48, 48),
    key("rpa_", Body::Letters, 40, 50),
    key("pcsk_", Body::Word, 60, 80),
    key("vck_", Body::Dashed, 50, 80),
    key("ABSK", Body::Base64, 109, 272),
    key("bedrock-api-key-", Body::Base64, 40, 2000),
    key("lsv2_pt_", Body::Word, 40, 50),
    key("lsv2_sk_", Body::Word, 40, 50),
    key("sk-lf-", Body::Dashed, 36, 36),
    key("pk-lf-", Body::Dashed, 36, 36),
    key("phx_", Body::Letters, 40, 60),
    key("ntn_", Body::Letters, 40, 50),
    key("secret_", Body::Letters, 43, 43),
    key("lin_api_", Body::Letters, 40, 40),
    key("lin_oauth_", Body::Letters, 40, 64),
    key("figd_", Body::Dashed, 40, 50),
    key("PMAK-", Body::Dashed, 59, 59),
    key("apify_api_", Body::Letters, 36, 40),
    key("ops_eyJ", Body::Base64, 200, 2000),
    key("A3-", Body::Capitals, 30, 40),
    key("AGE-SECRET-KEY-1", Body::Capitals, 58, 58),
    key("hvs.", Body::Dashed, 90, 130),
    key("hvb.", Body::Dashed, 138, 300),
    key("dp.pt.", Body::Letters, 40, 60),
    key("dp.st.", Body::Dotted, 40, 80),
    key("dp.sa.", Body::Letters, 40, 60),
    key("sbp_", Body::Hex, 40, 40),
    key("sb_secret_", Body::Dashed, 30, 60),
    key("pscale_tkn_", Body::Dotted, 32, 64),
    key("pscale_oauth_", Body::Dotted, 32, 64),
    key("pscale_pw_", Body::Dotted, 32, 64),
    key("AVNS_", Body::Dashed, 19, 24),
    key("4b1d", Body::Letters, 38, 38),
    key("LTAI", Body::Letters, 16, 24),
    key("GOCSPX-", Body::Dashed, 28, 28),
    key("ya29.", Body::Dashed, 60, 1200),
    key("1//0", Body::Dashed, 60, 200),
    key("AQVN", Body::Dashed, 35, 38),
    key("v1.0-", Body::Dashed, 171, 171),
    key("fo1_", Body::Dashed, 43, 43),
    key("fm1a_", Body::Base64, 100, 2000),
    key("fm1r_", Body::Base64, 100, 2000),
    key("fm2_", Body::Base64, 100, 2000),
    key("HRKU-", Body::Dashed, 60, 64),
    key("nfp_", Body::Letters, 36, 40),
    key("tskey-auth-", Body::Dashed, 24, 64),
    key("tskey-api-", Body::Dashed, 24, 64),
    key("tskey-client-", Body::Dashed, 24, 64),
    key("dnkey-", Body::Dashed, 70, 90),
    key("sha256~", Body::Dashed, 43, 43),
    key("pnu_", Body::Letters, 36, 36),
    key("pul-", Body::Hex, 40, 40),
    key("ico-", Body::Letters, 32, 32),
    key("dt0c01.", Body::Dotted, 80, 100),
    key("glc_", Body::Base64, 32, 400),
    key("glsa_", Body::Word, 41, 41),
    key("eyJrIjoi", Body::Base64, 70, 400),
    key("NRAK-", Body::Letters, 27, 27),
    key("NRII-", Body::Dashed, 32, 32),
    key("sntrys_", Body::Base64, 80, 500),
    key("sntryu_", Body::Hex, 64, 64),
    key("dckr_pat_", Body::Dashed, 24, 40),
    key("dckr_oat_", Body::Dashed, 24, 40),
    key("ATATT3", Body::Base64, 150, 260),
    key("ATBB", Body::Letters, 28, 36),
    key("AKCp", Body::Letters, 69, 73),
    key("cmVmd", Body::Letters, 59, 59),
    key("API-", Body::Capitals, 26, 30),
    key("pat.", Body::Dotted, 60, 80),
    key("sat.", Body::Dotted, 60, 80),
    key("bkua_", Body::Hex, 40, 40),
    key("CLOJARS_", Body::Letters, 60, 60),
    key("rubygems_", Body::Hex, 48, 48),
    key("rdme_", Body::Letters, 70, 70),
    key("squ_", Body::Hex, 40, 40),
    key("sqp_", Body::Hex, 40, 40),
    key("sqa_", Body::Hex, 40, 40),
    key("sgp_", Body::Word, 40, 62),
    key("CFPAT-", Body::Dashed, 43, 43),
    key("sq0csp-", Body::Dashed, 40, 50),
    key("sq0atp-", Body::Dashed, 22, 60),
    key("FLWSECK_TEST-", Body::Dashed, 12, 40),
    key("FLWSECK-", Body::Dashed, 32, 60),
    key("EZAK", Body::Letters, 54, 54),
    key("EZTK", Body::Letters, 54, 54),
    key("shippo_live_", Body::Hex, 40, 40),
    key("shippo_test_", Body::Hex, 40, 40),
    key("duffel_live_", Body::Dashed, 43, 43),
    key("duffel_test_", Body::Dashed, 43, 43),
    key("sm_aat_", Body::Letters, 16, 16),
    key("sm_pat_", Body::Letters, 16, 16),
    key("sm_sat_", Body::Letters, 16, 16),
    key("tk-us-", Body::Dashed, 48, 48),
    key("s-s4t2ud-", Body::Hex, 64, 64),
    key("s-s4t2af-", Body::Hex, 64, 64),
    key("p8e-", Body::Letters, 32, 32),
    key("sl.", Body::Dashed, 130, 200),
    key("fio-u-", Body::Dashed, 64, 64),
    key("tfp_", Body::Dotted, 59, 64),
    key("xkeysib-", Body::Dashed, 80, 82),
    key("xsmtpsib-", Body::Dashed, 80, 82),
    key("mlsn.", Body::Hex, 64, 64),
    key("re_", Body::Word, 30, 40),
];

/// Names, in small letters and without what joins their words, whose value is a key or a token.
const NAMES: &[&str] = &[
    "apikey",
    "secretkey",
    "accesskey",
    "accountkey",
    "signingkey",
    "encryptionkey",
    "masterkey",
    "authkey",
    "subscriptionkey",
    "authtoken",
    "accesstoken",
    "refreshtoken",
    "sessiontoken",
    "privatetoken",
    "bearertoken",
    "apitoken",
    "bottoken",
    "servicetoken",
    "deploytoken",
    "oauthtoken",
    "secrettoken",
    "csrftoken",
    "clientsecret",
    "appsecret",
    "apisecret",
    "signingsecret",
    "webhooksecret",
    "consumersecret",
    "sharedsecret",
    "jwtsecret",
    "tokensecret",
    "authsecret",
];
/// The longest of them, and the longest that is read of a name as it is written.
const NAME_MOST: usize = 15;
const WRITTEN_MOST: usize = 32;
/// The shortest value that a name alone makes a key, and the longest.
const LEAST: usize = 16;
const MOST: usize = 4096;

/// Whether it is more than words and a placeholder: digits among letters, and many different characters.
fn is_random(spot: &Spot<'_>) -> bool {
    let value = spot.value();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let mut seen = 0u128;
    value.bytes().for_each(|b| seen |= 1 << (b & 127));
    // Words in a row have few digits; a key of letters has one in six.
    digits * 12 >= value.len() && seen.count_ones() >= 10 && !is_placeholder(value)
}

fn is_body(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"_-+/=.~".contains(&b)
}

/// Whether `value`, which a name or a header announces, is a key.
fn is_key(value: &str) -> bool {
    let fits = (LEAST..=MOST).contains(&value.len()) && value.bytes().all(is_body);
    let spot = Spot { text: value, at: 0..value.len() };
    fits && is_random(&spot) && !is_name_in_code(value)
}

/// Whether `name` ends as one of a key does, however its words are joined.
fn names_a_key(name: &[u8]) -> bool {
    // Each of them ends in `key`, `token` or `secret`, and most words before a colon do not.
    let [.., a, b, c] = name else { return false };
    if !matches!([a | 0x20, b | 0x20, c | 0x20], [b'k', b'e', b'y'] | [b'k', b'e', b'n'] | [b'r', b'e', b't'])
    {
        return false;
    }
    let mut tail = [0; NAME_MOST];
    let mut from = NAME_MOST;
    for b in name.iter().rev().take(WRITTEN_MOST) {
        if b.is_ascii_alphanumeric() && from > 0 {
            from -= 1;
            tail[from] = b.to_ascii_lowercase();
        } else if !matches!(b, b'_' | b'-' | b'.' | b' ') {
            break;
        }
    }
    let tail = &tail[from..];
    tail == b"token" || tail == b"secret" || NAMES.iter().any(|known| tail.ends_with(known.as_bytes()))
}

/// The key behind the `:` or `=` at `at`, if the name before it is one of a key.
fn named(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let quotes = bytes[..at].iter().rev().take(8).take_while(|b| b" \"'\\]".contains(b)).count();
    if !names_a_key(&bytes[..at - quotes]) {
        return None;
    }
    let gap = bytes[at + 1..].iter().take(8).take_while(|b| b" \"'\\>`".contains(b)).count();
    key_at(text, at + 1 + gap)
}

/// The key that begins at `start`.
fn key_at(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = &text.as_bytes()[start..];
    let run = rest.iter().take(MOST + 1).take_while(|b| is_body(**b)).count();
    let called = rest.get(run) == Some(&b'(');
    let value = text[start..start + run].trim_end_matches('.');
    (!called && is_key(value)).then_some(start..start + value.len())
}

/// The whole text that stands under the name of a key.
fn named_by_key(key: &str, text: &str) -> Option<Range<usize>> {
    (names_a_key(key.as_bytes()) && is_key(text)).then_some(0..text.len())
}

/// What follows the scheme of an `Authorization` header.
fn credentials(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let rest = &text.as_bytes()[stem.end..];
    let run = rest.iter().take(MOST).take_while(|b| is_body(**b)).count();
    let value = text[stem.end..stem.end + run].trim_end_matches('.');
    let mixed = value.bytes().any(|b| b.is_ascii_digit() || b == b'=') && value.len() >= 8;
    (mixed && !is_placeholder(value)).then_some(stem.end..stem.end + value.len())
}

/// From the first value of a cookie that is random to the last one.
fn cookies(text: &str, start: usize) -> Option<Range<usize>> {
    let line = text[start..]
        .bytes()
        .take(MOST)
        .take_while(|b| b.is_ascii_graphic() && !b"\"'".contains(b) || *b == b' ');
    let end = start + line.count();
    let mut found: Option<Range<usize>> = None;
    let mut at = start;
    for pair in text[start..end].split(';') {
        if let Some((_, value)) = pair.split_once('=')
            && is_key(value.trim_end())
        {
            let value = at + pair.len() - value.len()..at + pair.trim_end().len();
            found = Some(found.map_or(value.start, |found| found.start)..value.end);
        }
        at += pair.len() + 1;
    }
    found
}

/// What stands under the name of a header that carries credentials.
fn carried_by_key(key: &str, text: &str) -> Option<Range<usize>> {
    let ends = |name: &str| {
        key.len() >= name.len()
            && key.as_bytes()[key.len() - name.len()..].eq_ignore_ascii_case(name.as_bytes())
    };
    if ends("cookie") {
        return cookies(text, 0);
    }
    let (scheme, _) = text.split_once(' ').filter(|(_, value)| !value.contains(' '))?;
    (ends("authorization") && scheme.bytes().all(|b| b.is_ascii_alphabetic()))
        .then(|| credentials(text, 0..scheme.len() + 1))?
}

/// The password of `-u user:password`, a little behind the command.
fn of_user(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    const REACH: usize = 72;
    let line = &text[stem.end..text.floor_char_boundary((stem.end + REACH).min(text.len()))];
    let line = line.split('\n').next()?;
    let behind = |word: &&str| ["-u", "--user"].iter().any(|flag| word.split('=').next() == Some(flag));
    let before: usize = line.split(' ').take_while(|word| !behind(word)).map(|word| word.len() + 1).sum();
    let flag = before + line.get(before..)?.find([' ', '='])?;
    let bytes = text.as_bytes();
    let sign = stem.end + flag;
    if !matches!(bytes.get(sign)?, b' ' | b'=') {
        return None;
    }
    let start = sign + 1 + usize::from(matches!(bytes.get(sign + 1)?, b'"' | b'\''));
    if !bytes.get(start)?.is_ascii_alphanumeric() {
        return None;
    }
    let word = |from: usize, stop: &[u8]| {
        bytes[from..].iter().take(128).take_while(|b| b.is_ascii_graphic() && !stop.contains(b)).count()
    };
    let colon = start + word(start, b":\"'");
    if bytes.get(colon) != Some(&b':') {
        return None;
    }
    let end = colon + 1 + word(colon + 1, b"\"'");
    let value = &text[colon + 1..end];
    let given = value.len() >= 4 && !value.starts_with(['$', '<', '{', '*', '[']) && !marks::is_mark(value);
    given.then_some(colon + 1..end)
}

/// An Azure client secret: three characters, a digit, `Q~`, and 31 to 34 more.
fn azure_secret(text: &str, tilde: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let inside = |b: &u8| b.is_ascii_alphanumeric() || b"_~.-".contains(b);
    let start = tilde.checked_sub(5)?;
    let head = &bytes[start..tilde];
    let fits = head[4] == b'Q' && head[3].is_ascii_digit() && head[..3].iter().all(inside);
    let apart = start == 0 || !inside(&bytes[start - 1]);
    let body = bytes[tilde + 1..].iter().take(35).take_while(|b| inside(b)).count();
    (fits && apart && (31..=34).contains(&body)).then_some(start..tilde + 1 + body)
}

/// A token of Terraform Cloud: 14 characters, `.atlasv1.`, and 60 to 70 more.
fn terraform(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let start = stem.start.checked_sub(15)?;
    let head = text.as_bytes()[start..stem.start].strip_suffix(b".")?;
    let rest = text.as_bytes()[stem.end..].iter().take(72);
    let body = rest.take_while(|b| b.is_ascii_alphanumeric() || b"_-=".contains(b)).count();
    (head.iter().all(u8::is_ascii_alphanumeric) && (59..=70).contains(&body))
        .then_some(start..stem.end + body)
}
