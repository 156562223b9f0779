//! Passwords that are told: in a sentence, in a list of credentials, in a line of a file. Prose goes on with a word
//! behind "password", so that a value has to look like one here.

use super::password_values::{VALUE_MOST, is_secret, value};
use super::passwords::element;
use crate::enrich::scan::detector::{Detector, Edges, Find, Tier};
use std::ops::Range;

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "PASSWORD",
        tier: Tier::Shape,
        find: Find::Stem(
            r"(?i:password|passwd|passwort|passphrase|kennwort|passcode|pwd|pw|secret|mot de passe|wachtwoord|has(?:l|\xC5\x82)o|senha|parola|heslo|passord|adgangskode|salasana|clave|mdp|contrase(?:n|\xC3\xB1)a|l(?:o|\xC3\xB6)senord|jelsz(?:\xC3\xB3|av)|parol|ifre|requirepass|palavra.passe|kata sandi|lozinka)",
            told,
        ),
        edges: Edges::Free,
        finds: &[
            "my password is ⟦Rw0TmRTJw@$hdAxI⟧. It",
            "password is ⟦pixel-cobalt-summit-pixel7⟧",
            "login with pwd ⟦oVGc7MsIkN⟧.",
            "mein Passwort lautet ⟦Sommer2024!⟧",
            "moje heslo je ⟦Leto2024!⟧",
            "the secret there is ⟦Velvet!0658#⟧ and",
            "The admin password was changed to ⟦Velvet!0658#⟧ this morning",
            "Das Kennwort für den Server wurde auf ⟦Velvet!0658#⟧ gesetzt.",
            "Le mot de passe du wifi est ⟦Velvet!0658#⟧, merci",
            "La contraseña del servidor es ⟦Velvet!0658#⟧ y el usuario",
            "Lösenordet till servern är ⟦Velvet!0658#⟧.",
            "Sunucu şifresi ⟦Velvet!0658#⟧ olarak",
            "Username: jkim\nPassword\n⟦Velvet!0658#⟧\n",
            "use svc_etl with ⟦Velvet!0658#⟧ as the password, and",
            "password do router: ⟦Velvet!0658#⟧",
            "Key/password   ⟦Velvet!0658#⟧\n",
            "A nova palavra-passe é ⟦Velvet!0658#⟧.",
            "define('DB_PASSWORD', '⟦Velvet!0658#⟧');",
            "What is your password?\nuser: ⟦Velvet!0658#⟧",
            "whats the pw for the wiki?\nB: its ⟦Velvet!0658#⟧\n",
            "<wsse:Password Type=\"#PasswordText\">⟦Velvet!0658#⟧</wsse:Password>",
            "redis-server --requirepass ⟦Velvet!0658#⟧ --port 1",
            "props.put(\"password\", \"⟦Velvet!0658#⟧\");",
        ],
        leaves: &[
            "the password is wrong",
            "password is required!",
            "password is case-sensitive",
            "password Reset",
            "the secret santa list",
            "the password is SHA-256 hashed",
            "Your password was changed on 2026-03-21 at 10:11",
            "Das Passwort muss mindestens 12 Zeichen lang sein",
            "Password\nForgot it?",
            "password policy v2.0.1-RC1",
            "treat it as a password",
            "we store v2 as password hashes",
            "keys are derived from passwords (PBKDF2). Add",
            "host:port:password\npg1:5432:Velvet!0658#",
            "fields = [\"password\", \"email\"]",
            "Forgot your password?\nuser: I did Reset2FA",
            "<password type=\"text\">Password</password>",
        ],
        ..Detector::BASE
    },
    Detector {
        kind: "PASSWORD",
        find: Find::Stem(
            r"(?i:it is|it's|it was|it has|is it|ist es|es ist|lautet es|c'est|is het|het is) ",
            |text, stem| strong(text, stem.end),
        ),
        edges: Edges::Free,
        context: &[
            "password",
            "passwords",
            "secret",
            "passphrase",
            "credentials",
            "passwort",
            "kennwort",
            "mot de passe",
            "wachtwoord",
        ],
        finds: &["the secret is in the vault, and in prod it is ⟦ember-willow-falcon-velvet2⟧"],
        leaves: &["in staging it is 100 and in prod it is HTTP/2.0", "the password page: in prod it is slow"],
        tier: Tier::CheckedNear,
        ..Detector::BASE
    },
    Detector {
        kind: "PASSWORD",
        find: Find::Stem(
            r"(?i:credential|creds|login|log in|sign in|user/pass|zugangsdaten|identifiants|creden[cz]ia|inloggegevens)",
            behind_slash,
        ),
        edges: Edges::Free,
        finds: &[
            "credentials: root / ⟦Velvet!0658#⟧",
            "creds: admin/⟦Velvet!0658#⟧ ",
            "1. Log in with `ops` / `⟦Velvet!0658#⟧`",
        ],
        leaves: &["login at https://example.com/Reset/2024A", "log in and/or register", "Login: a / b"],
        ..Detector::BASE
    },
    Detector {
        kind: "PASSWORD",
        find: Find::Stem(r"(?i:identified by|ConvertTo-SecureString(?: -String)?) ", |text, stem| {
            value(text, stem.end).filter(|_| text[stem.end..].starts_with(['"', '\'']))
        }),
        edges: Edges::Free,
        finds: &[
            "CREATE USER 'etl'@'%' IDENTIFIED BY '⟦Velvet!0658#⟧';",
            "ConvertTo-SecureString \"⟦Velvet!0658#⟧\" -AsPlainText -Force",
        ],
        leaves: &["a person identified by 'id'", "IDENTIFIED BY ?"],
        ..Detector::BASE
    },
    Detector {
        kind: "PASSWORD",
        find: Find::At(LAST_BYTES, told_elsewhere),
        edges: Edges::Free,
        finds: &[
            "密码是⟦Rw0TmRTJw9x⟧",
            "パスワードは⟦abc12345⟧です",
            "비밀번호는 ⟦abc12345⟧ 입니다",
            "Мой пароль ⟦Qwerty123!⟧",
            "пароль — ⟦Qwerty123!⟧",
            "Пароль от сервера: ⟦Qwerty123!⟧, логин admin",
            "пароль от почты ⟦Qwerty123!⟧",
            "ο κωδικός μου είναι ⟦Qwerty123!⟧",
            "كلمة المرور هي ⟦Qwerty123⟧",
        ],
        leaves: &[
            "密码是必需的",
            "パスワードは8文字以上です",
            "пароль 12 символов",
            "비밀번호는 8자 이상",
            "пароль не короче 12 символов. Версия Qwerty123!",
        ],
        ..Detector::BASE
    },
];

/// Words behind which a password is told, in the languages of the nouns.
const VERBS: &[&str] = &[
    "is", "was", "are", "be", "ist", "war", "lautet", "est", "es", "era", "fue", "sea", "é", "è", "foi",
    "to", "brzmi", "je", "byl", "är", "er", "on", "este", "e", "become", "becomes", "says",
];
/// Words behind which it is told that it was changed, or for what it is; prose goes on in other ways too.
const TURNS: &[&str] =
    &["to", "auf", "en", "a", "in", "naar", "na", "till", "til", "para", "as", "of", "with", "mit", "using"];
/// How many words may stand between.
const WORDS_MOST: usize = 9;
/// How many blanks there may be between two columns.
const COLUMN_MOST: usize = 24;
/// How much of a sentence is read.
const SENTENCE_MOST: usize = 112;

/// The password that a sentence tells behind the noun that is `stem`, or the line below it.
fn told(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    // Inside of a longer word stands no noun, but for the ş that no word begins with.
    let before = text[..stem.start].chars().next_back();
    let noun = &text[stem.clone()];
    // Endings of the noun: `lösenordet`, `şifresi`.
    let ending = |b: &u8| b.is_ascii_lowercase() || !b.is_ascii();
    let end = stem.end + text.as_bytes()[stem.end..].iter().take(7).take_while(|b| ending(b)).count();
    let end = text.floor_char_boundary(end);
    let gap = text.as_bytes().get(end).copied().unwrap_or(0);
    if noun.starts_with("ifre") && !matches!(before, Some('ş' | 'Ş')) {
        return None;
    }
    if let Some(found) = before_it(text, stem.start).or_else(|| asked(text, end)) {
        return Some(found);
    }
    if gap == b' ' && matches!(before, Some('<' | ':')) {
        return in_element(text, end);
    }
    let start = end + 1;
    if matches!(gap, b'"' | b'\'') {
        return beside(text, start).filter(|found| looks_like_one(&text[found.clone()]));
    }
    // A name among those of other fields says nothing of the line below.
    let among_names = matches!(before, Some(':' | ',' | ';' | '|' | '\t'));
    if gap == b'\n' && !among_names {
        let line = text[start..].bytes().take(VALUE_MOST).position(|b| b == b'\n').unwrap_or(VALUE_MOST);
        let line = text[start..text.floor_char_boundary((start + line).min(text.len()))].trim();
        return strong(text, start).filter(|at| text[at.clone()] == *line && is_strong(line));
    }
    if gap != b' ' {
        return None;
    }
    // In two columns, the value stands a few blanks away.
    let start = start + text.as_bytes()[start..].iter().take(COLUMN_MOST).take_while(|b| **b == b' ').count();
    let rest = &text[start..text.floor_char_boundary((start + SENTENCE_MOST).min(text.len()))];
    let line = rest.split('\n').next().unwrap_or("");
    let short = ["pwd", "password", "passwd", "passcode"].iter().any(|n| noun.eq_ignore_ascii_case(n));
    let (mut at, mut last, mut behind_colon) = (start, "", false);
    for (n, word) in line.split(' ').take(WORDS_MOST).enumerate() {
        let is = |words: &[&str]| words.iter().any(|w| w.eq_ignore_ascii_case(last));
        if (n == 0 && short || is(VERBS))
            && let Some(found) = strong(text, at)
        {
            return Some(found);
        }
        if (n == 0 || behind_colon || is(TURNS))
            && let Some(found) = strong(text, at).filter(|found| is_strong(&text[found.clone()]))
        {
            return Some(found);
        }
        if word.ends_with(['.', '!', '?', ';']) {
            return None;
        }
        at += word.len() + 1;
        last = word.trim_end_matches([':', ',']);
        behind_colon = word.ends_with(':');
    }
    None
}

/// What an element holds whose name ends at `end`, attributes between: `<Password Type="Text">…</Password>`.
fn in_element(text: &str, end: usize) -> Option<Range<usize>> {
    const TAG_MOST: usize = 160;
    let tag = &text[end..text.floor_char_boundary((end + TAG_MOST).min(text.len()))];
    let close = tag.find(['>', '\n']).filter(|at| tag[*at..].starts_with('>') && tag[..*at].contains('='))?;
    element(text, end + close + 1)
}

/// The answer in the line below a question that goes on at `from`: `What is your password?` / `user: …`.
fn asked(text: &str, from: usize) -> Option<Range<usize>> {
    const QUESTION_MOST: usize = 48;
    const SPEAKER_MOST: usize = 32;
    const LEADS: &[&str] = &[
        "its", "it's", "it", "is", "sure,", "yes,", "ok,", "es", "ist", "das", "c'est", "est", "è", "é",
        "is:",
    ];
    let rest = &text[from..text.floor_char_boundary((from + QUESTION_MOST).min(text.len()))];
    let mark = rest
        .find(['?', '\n', '.'])
        .filter(|at| rest[*at..].starts_with("?\n") || rest[*at..].starts_with("? \n"))?;
    let line_start = from + mark + rest[mark..].find('\n')? + 1;
    let line = &text[line_start..text.floor_char_boundary((line_start + VALUE_MOST).min(text.len()))];
    let line = line.split(['\n', '\r']).next()?;
    let speaker = line.find(": ").filter(|at| *at <= SPEAKER_MOST).map_or(0, |at| at + 2);
    let mut at = line_start + speaker;
    for word in line[speaker..].split(' ').take(4) {
        if !LEADS.iter().any(|lead| lead.eq_ignore_ascii_case(word))
            && word.chars().any(char::is_alphanumeric)
        {
            return strong(text, at);
        }
        at += word.len() + 1;
    }
    None
}

/// The argument behind the name whose quote ends at `start`: `"password", "…"`.
fn beside(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = text[start..].strip_prefix(',')?;
    let start = text.len() - rest.trim_start_matches(' ').len();
    text[start..].starts_with(['"', '\'']).then(|| value(text, start))?
}

/// The value at `start`, if it looks like a password.
pub(super) fn strong(text: &str, start: usize) -> Option<Range<usize>> {
    let is_setting = |value: &str| {
        value.split_once('=').is_some_and(|(name, _)| {
            name.len() > 1 && name.bytes().all(|b| b.is_ascii_lowercase() || b"._-".contains(&b))
        })
    };
    value(text, start).filter(|at| looks_like_one(&text[at.clone()]) && !is_setting(&text[at.clone()]))
}

/// Whether it is too mixed for a word. What a sentence may end with says nothing.
pub(super) fn looks_like_one(value: &str) -> bool {
    const METHODS: &[&str] = &["sha", "md5", "base64", "bcrypt", "argon2", "aes", "utf", "pbkdf2", "http"];
    let bytes = value.trim_start_matches('(').trim_end_matches(['!', '?']).as_bytes();
    let [digits, capitals, small, marks] = kinds(bytes);
    let mixed = digits + capitals + small + marks;
    let method =
        METHODS.iter().any(|m| bytes.get(..m.len()).is_some_and(|b| b.eq_ignore_ascii_case(m.as_bytes())));
    // Names of things are in capitals and digits, and short.
    let name = small + marks == 0 && bytes.len() < 8;
    bytes.len() >= 6 && (mixed >= 3 || digits + marks >= 1 && mixed >= 2) && !method && !name
}

/// Whether it is as mixed as people are made to choose: letters of both kinds, a digit, eight characters.
pub(super) fn is_strong(value: &str) -> bool {
    let [digits, capitals, small, marks] = kinds(value.as_bytes());
    let named = value.starts_with(['v', 'V']) && value[1..].starts_with(|c: char| c.is_ascii_digit());
    value.len() >= 8
        && digits + capitals + small + marks >= 3
        && digits == 1
        && !named
        && !value.contains("://")
}

/// Whether there are digits, capitals, small letters, and other signs than joints of words: 1 or 0.
fn kinds(value: &[u8]) -> [u8; 4] {
    let any = |is: fn(&u8) -> bool| u8::from(value.iter().any(is));
    let is_sign = |b: &u8| b.is_ascii_punctuation() && !matches!(b, b'-' | b'\'' | b'.' | b'/' | b':' | b',');
    [any(u8::is_ascii_digit), any(u8::is_ascii_uppercase), any(u8::is_ascii_lowercase), any(is_sign)]
}

/// The password of `user / password`.
fn behind_slash(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let rest = &text[stem.end..text.floor_char_boundary((stem.end + 64).min(text.len()))];
    let line = rest.split('\n').next().unwrap_or("");
    let slash = line.find('/')?;
    let user = line[..slash].trim_end_matches([' ', '`', '"']);
    let named = user.ends_with(|c: char| c.is_ascii_alphanumeric());
    let start = slash + 1 + line[slash + 1..].bytes().take_while(|b| matches!(b, b' ' | b'`')).count();
    let found = strong(text, stem.end + start)?;
    let is_one = is_strong(&text[found.clone()]) && !text[found.clone()].contains('/');
    (named && is_one).then_some(found)
}

/// The password that stands before `as the password`, whose noun begins at `noun`.
fn before_it(text: &str, noun: usize) -> Option<Range<usize>> {
    const ARTICLES: &[&str] =
        &["the ", "your ", "my ", "a ", "its ", "le ", "la ", "el ", "il ", "o ", "das ", "het "];
    const AS: &[&str] = &[" as ", " als ", " comme ", " como ", " come ", " som "];
    let from = text.ceil_char_boundary(noun.saturating_sub(VALUE_MOST));
    let before = &text[from..noun];
    // The blank before the article stays: it is part of the word in front.
    let before = ARTICLES.iter().find_map(|word| before.strip_suffix(word)).unwrap_or(before);
    let before = AS.iter().find_map(|word| before.strip_suffix(word))?;
    let value = before.trim_end_matches(['"', '\'', '`']);
    let word = value.rsplit([' ', '\n']).next()?.trim_start_matches(['"', '\'', '`']);
    let end = from + value.len();
    (is_strong(word) && is_secret(word, true)).then(|| end - word.len()..end)
}

/// Words for a password in scripts whose words the engine does not begin at, and the bytes they end with.
const ELSEWHERE: &[&str] = &[
    "密码",
    "密碼",
    "口令",
    "パスワード",
    "비밀번호",
    "пароль",
    "Пароль",
    "пароля",
    "كلمة المرور",
    "סיסמה",
    "पासवर्ड",
    "รหัสผ่าน",
    "κωδικός",
    "πρόσβασης",
];
const LAST_BYTES: &[u8] = &[0x82, 0x81, 0xBC, 0xA4, 0x89, 0xB8, 0x8C, 0x8F, 0xB1, 0x94, 0xA1, 0x99];
/// What may stand between such a word and the value.
const BETWEEN: &[&str] = &[
    "是",
    "为",
    "為",
    "は",
    "는",
    "은",
    "이",
    "это",
    "هي",
    "היא",
    "है",
    "คือ",
    "είναι",
    "μου",
    "σας",
    "—",
    "–",
    "-",
    ":",
    "：",
    " ",
    "\"",
    "'",
    "「",
    "“",
];

/// The password behind a word that ends with the byte at `at`: it has to look like one.
fn told_elsewhere(text: &str, at: usize) -> Option<Range<usize>> {
    const BETWEEN_MOST: usize = 48;
    let before = text.get(..at + 1)?;
    ELSEWHERE.iter().find(|word| before.ends_with(*word))?;
    let mut rest = &text[at + 1..];
    for _ in 0..6 {
        rest = BETWEEN.iter().find_map(|word| rest.strip_prefix(word)).unwrap_or(rest);
    }
    let start = text.len() - rest.len();
    if start > at + 1
        && let Some(found) = run(text, start).filter(|found| looks_like_one(&text[found.clone()]))
    {
        return Some(found);
    }
    // Some words further on in the sentence.
    let line = &text[at + 1..text.floor_char_boundary((at + 1 + BETWEEN_MOST).min(text.len()))];
    let sentence = line.split(['.', '\n', '。']).next()?;
    let gaps = sentence.match_indices(' ').map(|(gap, _)| at + 1 + gap + 1);
    gaps.take(WORDS_MOST).find_map(|start| run(text, start).filter(|found| is_strong(&text[found.clone()])))
}

/// The run of signs at `start`, without what ends a sentence.
fn run(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = text.get(start..)?;
    let run =
        rest.bytes().take(VALUE_MOST).take_while(|b| b.is_ascii_graphic() && !b"\"'`<>".contains(b)).count();
    let value = rest[..run].trim_end_matches(['.', ',', ')', ';', ':']);
    is_secret(value, false).then_some(start..start + value.len())
}
