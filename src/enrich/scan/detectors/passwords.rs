//! Secrets that only their name gives away: `password = …`, AWS secret keys, `scheme://user:pass@host`.

use crate::enrich::scan::detector::{Detector, Edges, Find, Tier};
use crate::enrich::scan::marks;
use std::ops::Range;

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "PASSWORD",
        find: Find::At(b":=>", named_value),
        edges: Edges::Free,
        finds: &[
            "password: ⟦3ilpK!k2G%O⟧; created=",
            "{\"dbPassword\": \"⟦hunter2 or so⟧\"}",
            "Passwort: ⟦Sommer!2024⟧",
            "DB_PASSWORD=⟦z8ExzK6zQfcl58⟧\n",
            "login?pwd=⟦s3cretZ⟧&x=1",
            "passwd='⟦a b!c⟧'",
            "<Password>⟦Winter#23⟧</Password>",
            "<property name=\"db.password\">⟦Winter#23⟧</property>",
            "{ :password => '⟦Winter#23⟧' }",
            "user: admin / pass: ⟦Winter2023#⟧",
            "user/pass = svc/⟦Winter2023#⟧",
            "密码：⟦Winter23x⟧，请勿外传",
            "const PASSWORD: &'static str = \"⟦Winter23x⟧\";",
            "password: str = '⟦Winter23x⟧'",
            "Mật khẩu: ⟦Winter23x⟧",
            "Κωδικός πρόσβασης: ⟦Winter23x⟧",
        ],
        leaves: &[
            "password: ",
            "Password reset: see below",
            "password: ${DB_PASSWORD}",
            "password: [PASSWORD]",
            "password=os.environ['X']",
            "password = getpass.getpass('Password: ')",
            "password=config.password",
            "password: DB_PASSWORD",
            "the compass: north-by-northwest7",
            "password=<your-password>",
            "password == other",
            "password=****",
            "<password>",
            "<Password/> is <b>needed</b>",
            "password > 8 characters",
            "PASSWORD: ${PG_PASSWORD:?unset}",
            "PGPASSWORD=$PGPASSWORD psql",
            "WHERE password = :password",
            "set PWD=%DB_PASS%",
            "password: {type: string, minLength: 8}",
            "read -p \"Password: \" PW; echo \"done\"",
            "Password: Enter your password here",
            "Visitor pass: NRIC S1234567D",
            "密码：至少8位。忘记密码？",
            "パスワード：8文字以上で入力",
            "Password: 8-16 characters",
            "Пароль: обязателен",
            "PASSWORD: &db_password",
            "password: process.env.DB_PASSWORD",
            "pub password: SecretString,",
            "password: Option<String>,",
            "self.password = hash_password(raw)",
            "pub password: windows_core::PWSTR,",
            "fn scram(password: &[u8]) -> String",
            "const EP_PASSWORD: EDITPARTS = 4i32;",
            "password = \":****\"",
            "\"login.password\":\"Your Password\"",
            "\"password\":\"required|min:8\"",
            "$password = $_POST['password'];",
            "<label for=\"password\">Password:</label>",
            "รหัสผ่าน: ต้องมีอย่างน้อย 8 ตัว",
            "password=`cat /run/secret`",
            "First pass: tokenizer2 done",
        ],
        ..Detector::BASE
    },
    Detector {
        kind: "PASSWORD",
        find: Find::Keyed(kept_under),
        edges: Edges::Free,
        finds: &["db.password → ⟦hunter2x⟧", "userPwd → ⟦Sommer!2024⟧"],
        leaves: &[
            "password → Your password",
            "password → string",
            "passwordHint → dog2",
            "password → [PASSWORD]",
        ],
        ..Detector::BASE
    },
    Detector {
        kind: "AWS_SECRET_KEY",
        tier: Tier::Checked,
        find: Find::Stem(r"(?i:secret[_ -]?(?:access)?[_ -]?key)", aws_secret),
        edges: Edges::Free,
        finds: &[
            "aws_secret_access_key = ⟦fJbvzXW/ZKI5YF+8mZEVxDSob7g3PL1iGjWZYnKl⟧\n",
            "\"SecretAccessKey\": \"⟦fJbvzXW/ZKI5YF+8mZEVxDSob7g3PL1iGjWZYnKl⟧\"",
        ],
        leaves: &["aws_secret_access_key = changeme-in-vault", "secret_key = 0123456789"],
        ..Detector::BASE
    },
    Detector {
        kind: "AWS_SECRET_KEY",
        tier: Tier::Checked,
        find: Find::Keyed(aws_secret_by_key),
        edges: Edges::Free,
        finds: &["SecretAccessKey → ⟦fJbvzXW/ZKI5YF+8mZEVxDSob7g3PL1iGjWZYnKl⟧"],
        leaves: &["secretKey → 0123456789", "image → fJbvzXW/ZKI5YF+8mZEVxDSob7g3PL1iGjWZYnKl"],
        ..Detector::BASE
    },
    Detector {
        kind: "AWS_SECRET_KEY",
        tier: Tier::Checked,
        find: Find::Stem(r"(?:AKIA|ASIA)[A-Z2-7]{16}", beside_access_key),
        edges: Edges::Free,
        finds: &["access key AKIA4W7BSKPARHGPIM2U, secret ⟦fJbvzXW/ZKI5YF+8mZEVxDSob7g3PL1iGjWZYnKl⟧"],
        leaves: &[
            "AKIA4W7BSKPARHGPIM2U of 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
            "AKIA4W7BSKPARHGPIM2U, secret in the vault",
        ],
        ..Detector::BASE
    },
    Detector {
        kind: "CONNECTION_STRING",
        tier: Tier::Checked,
        find: Find::At(b"@", connection),
        edges: Edges::Free,
        finds: &[
            "DATABASE_URL=⟦postgres://svc:z8ExzK6zQ@db.acme.io:5432/orders⟧, please",
            "⟦mongodb+srv://admin:vmtWGC@db.acme.io/users?retry=true⟧\"",
        ],
        leaves: &[
            "https://example.com/@user",
            "postgres://localhost/db",
            "postgres://user:${PASS}@host/db",
            "postgres://USER:PASSWORD@HOST:PORT/DB",
            "abc://username:password@example.com:123/path",
            "https://oauth2:glpat-LlILc94uM0oUxfIyADtq@gitlab.example/a.git",
            "ssh://git@host",
        ],
        ..Detector::BASE
    },
];

/// Ends of key names, in lower case, behind which a value is a secret.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "passwort",
    "kennwort",
    "pwd",
    "passphrase",
    "contraseña",
    "contrasena",
    "mot de passe",
    "wachtwoord",
    "hasło",
    "haslo",
    "senha",
    "密码",
    "パスワード",
    "비밀번호",
    "пароль",
    "парола",
    "mdp",
    "palavra-passe",
    "palavra passe",
    "mật khẩu",
    "kata sandi",
    "kata laluan",
    "lozinka",
    "slaptažodis",
    "salasõna",
    "πρόσβασης",
    "المرور",
    "رمز عبور",
    "סיסמה",
    "รหัสผ่าน",
    "पासवर्ड",
];

/// Names that count only where no letter stands before: `pass` is not in `compass`.
const SHORT_NAMES: &[&str] = &[
    "pass",
    "pw",
    "psw",
    "clave",
    "parola",
    "şifre",
    "Şifre",
    "sifre",
    "geslo",
    "parool",
    "parol",
    "heslo",
    "jelszó",
    "salasana",
    "lösenord",
    "adgangskode",
    "kodeord",
    "passord",
    "암호",
    "密碼",
    "口令",
    "暗証番号",
];

/// Whether some name ends with a byte (bit 0), or has it as its last but one (bit 1): most words before a colon are
/// turned away by it.
const LAST_TWO: [u8; 256] = {
    let mut ends = [0; 256];
    let lists = [NAMES, SHORT_NAMES];
    let mut list = 0;
    while list < lists.len() {
        let mut i = 0;
        while i < lists[list].len() {
            let name = lists[list][i].as_bytes();
            ends[name[name.len() - 1] as usize] |= 1;
            ends[name[name.len() - 2] as usize] |= 2;
            i += 1;
        }
        list += 1;
    }
    ends
};

/// How many quotes and blanks may stand between a name and its sign, and how long a value may be.
const QUOTES_MOST: usize = 8;
pub(super) const VALUE_MOST: usize = 128;

/// The value behind the `:` or `=` at `at`, if the name before it is one of a password.
fn named_value(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let quotes = bytes[..at].iter().rev().take(QUOTES_MOST).take_while(|b| b" \"'\\".contains(b)).count();
    let name = &bytes[..at - quotes];
    let [.., before_last, last] = name else { return None };
    let (before_last, last) = (before_last.to_ascii_lowercase(), last.to_ascii_lowercase());
    if LAST_TWO[usize::from(last)] & 1 == 0 || LAST_TWO[usize::from(before_last)] & 2 == 0 {
        return None;
    }
    let is_named = |n: &&&str| n.as_bytes()[n.len() - 1] == last && ends_with(name, n);
    let stands_alone = |n: &&&str| {
        let before = name.len().checked_sub(n.len() + 1).map_or(b' ', |i| name[i]);
        !before.is_ascii_alphabetic() && before < 0x80
    };
    let long = NAMES.iter().find(is_named);
    let noun = long.or_else(|| SHORT_NAMES.iter().filter(is_named).find(stands_alone))?;
    let before = &name[..name.len() - noun.len()];
    if bytes[at] == b'>' {
        return element(text, at + 1);
    }
    let gap = text[at + 1..].bytes().take(8).take_while(|b| matches!(b, b' ' | b'\\' | b'>')).count();
    let mut start = at + 1 + gap;
    let is_quoted = bytes[name.len()..at].iter().any(|b| *b != b' ');
    if !is_quoted && closes_a_prompt(bytes, start, before) {
        return None;
    }
    if bytes[at] == b':'
        && let Some(behind) = behind_a_type(text, start)
    {
        start = behind;
    }
    if names_a_pair(before) {
        start = behind_the_user(text, start)?;
    }
    let found = value(text, start)?;
    // `${PASSWORD:?unset}` says what a shell does without one.
    let in_shell = text[found.clone()].starts_with('?') && text[found.end..].starts_with('}');
    // Short names are words of other things too: `Visitor pass: NRIC`.
    let is_quoted = found.start > 0 && matches!(bytes[found.start - 1], b'"' | b'\'' | b'`');
    let is_said = long.is_none() && !is_quoted && text[at..].starts_with(": ");
    let is_word = is_said && !is_mixed(&text[found.clone()]);
    (!in_shell && !is_word).then_some(found)
}

/// Whether the quote at `start` closes a text that asks for a password: `"Password: " PW; echo "done"`. `before` is
/// what stands before the name.
fn closes_a_prompt(bytes: &[u8], start: usize, before: &[u8]) -> bool {
    const PROMPT_MOST: usize = 48;
    let Some(quote) = bytes.get(start).filter(|b| matches!(b, b'"' | b'\'')) else { return false };
    let tail = &bytes[before.len().saturating_sub(PROMPT_MOST)..before.len()];
    let Some(open) = tail.iter().rposition(|b| matches!(b, b'"' | b'\'' | b'\n')) else { return false };
    // The text begins right behind its quote, and no word stands right before that.
    let begins = tail.get(open + 1).copied().unwrap_or(b'P').is_ascii_alphanumeric();
    let apart = open == 0 || !tail[open - 1].is_ascii_alphanumeric() && tail[open - 1] != b'\\';
    tail[open] == *quote && begins && apart
}

/// Where the text begins that a declaration gives to a name: `password: &str = "…"`.
fn behind_a_type(text: &str, start: usize) -> Option<usize> {
    const TYPE_MOST: usize = 48;
    let rest = &text[start..text.floor_char_boundary((start + TYPE_MOST).min(text.len()))];
    let sign = rest.find(" = ").or_else(|| rest.find("= "))?;
    let is_type = |b: u8| b.is_ascii_alphanumeric() || b"_:&'<>[]?|. ".contains(&b);
    let behind = sign + rest[sign..].find('=')? + 2;
    (sign > 0 && rest[..sign].bytes().all(is_type) && rest[behind..].starts_with(['"', '\'']))
        .then_some(start + behind)
}

/// Whether `before` the name of the password stands that of the user: `user/pass`, `login / password`.
fn names_a_pair(before: &[u8]) -> bool {
    const USERS: &[&str] = &["user", "username", "usr", "login", "id", "account", "benutzer", "usuario"];
    let before = before.trim_ascii_end();
    let Some(user) = before.strip_suffix(b"/").map(<[u8]>::trim_ascii_end) else { return false };
    USERS.iter().any(|name| ends_with(user, name))
}

/// Where the second of two values that a slash parts begins, on the line that goes on at `start`.
fn behind_the_user(text: &str, start: usize) -> Option<usize> {
    const USER_MOST: usize = 64;
    let rest = &text[start..text.floor_char_boundary((start + USER_MOST).min(text.len()))];
    let slash = rest.split('\n').next()?.find('/')?;
    let gap = rest[slash + 1..].bytes().take_while(|b| *b == b' ').count();
    Some(start + slash + 1 + gap)
}

/// Whether a value is made of three kinds of signs: capitals, small letters, digits, others.
fn is_mixed(value: &str) -> bool {
    let any = |is: fn(&u8) -> bool| u8::from(value.bytes().any(|b| is(&b)));
    let letters = any(u8::is_ascii_uppercase) + any(u8::is_ascii_lowercase);
    letters + any(u8::is_ascii_digit) + any(u8::is_ascii_punctuation) >= 3
}

/// What an element of XML holds, up to its closing tag.
pub(super) fn element(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = &text[start..text.floor_char_boundary((start + VALUE_MOST).min(text.len()))];
    let held = &rest[..rest.find('<').filter(|end| rest[*end..].starts_with("</"))?];
    let lower = held.to_lowercase();
    let is_label = NAMES.iter().any(|name| lower.contains(name));
    (!held.contains(['\n', '>']) && is_secret(held, true) && !is_label).then_some(start..start + held.len())
}

fn ends_with(name: &[u8], word: &str) -> bool {
    name.len() >= word.len() && name[name.len() - word.len()..].eq_ignore_ascii_case(word.as_bytes())
}

/// The quoted or bare value at `start`; placeholders, variables and code are none.
pub(super) fn value(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = &text[start..text.floor_char_boundary((start + VALUE_MOST).min(text.len()))];
    if marks::end(rest.as_bytes(), 0).is_some() && rest.starts_with('[') {
        return None;
    }
    let quote = rest.bytes().next().filter(|b| matches!(b, b'"' | b'\'' | b'`'));
    let (start, length) = match quote {
        Some(quote) => (start + 1, rest[1..].bytes().position(|b| b == quote || b == b'\n')?),
        None => (start, bare_length(rest)),
    };
    let value = &text[start..start + length];
    let is_prose = match quote {
        None => goes_on_as_prose(value, &text[start + length..]),
        // A shell puts what a command says in its place.
        Some(quote) => quote == b'`' && value.contains(' '),
    };
    (is_secret(value, quote.is_some()) && !is_prose).then_some(start..start + length)
}

/// Whether a bare `value` is the first word of a sentence that `rest` goes on with, a word of another script, or the
/// name of a type: `password: SecretString,`.
fn goes_on_as_prose(value: &str, rest: &str) -> bool {
    let is_letters = value.chars().all(char::is_alphabetic);
    let is_word = is_letters && !value.chars().skip(1).any(char::is_uppercase);
    let goes_on = rest.strip_prefix(' ').is_some_and(|rest| rest.starts_with(char::is_lowercase));
    let is_foreign = !value.is_ascii() && !value.bytes().any(|b| b.is_ascii_alphanumeric());
    let is_type = is_letters && (rest.starts_with([',', ';', '<', '>', ')']) || rest.starts_with(" = "));
    is_word && (goes_on || !value.is_ascii()) || is_foreign || is_type
}

/// Up to a blank or what ends a value in code, a query or a sentence.
fn bare_length(rest: &str) -> usize {
    // Scripts that set no spaces between words go on right behind a password.
    let run = rest.find(|c: char| {
        c.is_ascii_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | ';') || c >= '\u{2E80}'
    });
    let run = run.unwrap_or(rest.len());
    let in_query = rest[..run].find("&").filter(|i| rest[*i..run].contains('='));
    rest[..in_query.unwrap_or(run)].trim_end_matches(['.', ',', ')', '}', ']', ':', '\\', '|']).len()
}

pub(super) fn is_secret(value: &str, quoted: bool) -> bool {
    let bytes = value.as_bytes();
    let Some(first) = bytes.first() else { return false };
    let dull = bytes.iter().all(|b| b == first) || value.contains("****") || marks::is_mark(value);
    let code = matches!(first, b'$' | b'{' | b'<' | b'%' | b'=')
        && bytes.get(1).is_some_and(|b| b"{(<%=".contains(b))
        || value.starts_with('<') && value.ends_with('>')
        || is_reference(value, quoted)
        || quoted && *first == b' '
        || !quoted
            && (matches!(first, b'{' | b'[')
                || value.contains("::")
                || value.starts_with("&[")
                || is_span_of_lengths(value)
                || is_call(value)
                || value.contains('(') && value.ends_with([')', '('])
                || value.contains("environ")
                || value.contains("getenv")
                || is_name_in_code(value));
    let word = value.bytes().all(|b| b.is_ascii_lowercase() || b == b' ') && !quoted
        || is_word(value.split('|').next().unwrap_or(""))
        || is_label(value);
    bytes.len() >= 4 && !dull && !code && !word
}

/// Whether a value stands for another: `$DB_PASSWORD`, `%DB_PASS%`; without quotes `:password`, `@pw`, `&pw` as well.
fn is_reference(value: &str, quoted: bool) -> bool {
    let signs: &[char] = if quoted { &['$', '%'] } else { &['$', '%', ':', '@', '&', '*', '!'] };
    let Some(name) = value.strip_prefix(signs) else { return false };
    let name = name.strip_suffix(['%', '!']).unwrap_or(name);
    let is_name = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b':' | b'.');
    let constant = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    !name.is_empty() && (name.bytes().all(is_name) || constant && value.starts_with(['$', '%']))
}

/// Whether code stands for the value: `hash_password(raw)`, `$_POST['password']`, or a variable named after it.
fn is_call(value: &str) -> bool {
    let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'$');
    let called = value.split_once(['(', '[']).is_some_and(|(name, rest)| {
        !name.is_empty()
            && name.bytes().all(is_name)
            && (rest.is_empty() || !name.ends_with(|c: char| c.is_ascii_digit()))
    });
    let named = ["password", "passwd", "passphrase"].iter().find_map(|name| value.strip_prefix(name));
    called || named.is_some_and(|rest| rest.len() <= 1)
}

/// Whether it says how long a password may be: `8-16`.
fn is_span_of_lengths(value: &str) -> bool {
    let is_length = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    value.split_once(['-', '~']).is_some_and(|(least, most)| is_length(least) && is_length(most))
}

/// Whether an unquoted value is a variable or a constant: `config.password`, `db_password`, `DB_PASSWORD`.
pub(super) fn is_name_in_code(value: &str) -> bool {
    let parted = value.contains(['.', '_']);
    let lower = value.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'.' | b'_'));
    let part_is_word = |part: &str| part.len() > 1 && part.bytes().skip(1).all(|b| b.is_ascii_lowercase());
    let is_words = |name: &str| name.split('_').all(part_is_word);
    let is_constant = |name: &str| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    parted && lower && value.split('.').all(|name| is_words(name) || is_constant(name))
}

/// The whole text that stands under the name of a password. One that only names it is a label.
fn kept_under(key: &str, text: &str) -> Option<Range<usize>> {
    let is_named = |name: &str| {
        let short = SHORT_NAMES.contains(&name);
        let whole =
            || key.len() == name.len() || !key.as_bytes()[key.len() - name.len() - 1].is_ascii_alphabetic();
        ends_with(key.as_bytes(), name) && (!short || whole())
    };
    if text.len() > VALUE_MOST
        || text.contains(char::is_whitespace)
        || !NAMES.iter().chain(SHORT_NAMES).any(|n| is_named(n))
    {
        return None;
    }
    let lower = text.to_lowercase();
    let label = NAMES.iter().any(|name| lower.contains(name)) || is_name_in_code(text);
    (is_secret(text, true) && !label && !is_word(&lower)).then_some(0..text.len())
}

/// Whether a value is what a form or a translation calls the field: letters that name a password again.
fn is_label(value: &str) -> bool {
    let is_letters = value.chars().all(|c| c.is_alphabetic() || c == ' ');
    let lower = if is_letters { value.to_lowercase() } else { String::new() };
    NAMES.iter().any(|name| lower.contains(name))
}

/// Values that say something of a password, and are none.
fn is_word(value: &str) -> bool {
    [
        "none",
        "null",
        "true",
        "false",
        "string",
        "required",
        "optional",
        "redacted",
        "hidden",
        "changeme",
        "undefined",
    ]
    .iter()
    .any(|word| word.eq_ignore_ascii_case(value))
}

/// Forty characters of base64 behind a name that says secret key.
fn aws_secret(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let gap = text.as_bytes()[stem.end..].iter().take(12).take_while(|b| b" \"'\\:=>,`".contains(b)).count();
    (gap > 0).then(|| aws_secret_at(text, stem.end + gap))?
}

/// The same of a whole text whose key says so.
fn aws_secret_by_key(key: &str, text: &str) -> Option<Range<usize>> {
    let named = [b"secretaccesskey".as_slice(), b"secret_access_key", b"aws_secret_key", b"awssecretkey"];
    let ends = |name: &&[u8]| {
        key.len() >= name.len() && key.as_bytes()[key.len() - name.len()..].eq_ignore_ascii_case(name)
    };
    (text.len() == AWS_SECRET && named.iter().any(ends)).then(|| aws_secret_at(text, 0))?
}

/// The secret that stands at most a few words behind the access key that is `stem`.
fn beside_access_key(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    const REACH: usize = 48;
    let rest = &text.as_bytes()[stem.end..(stem.end + REACH).min(text.len())];
    let starts = (1..rest.len()).filter(|i| is_base64(&rest[*i]) && !is_base64(&rest[i - 1]));
    starts.filter_map(|i| aws_secret_at(text, stem.end + i)).find(|at| {
        // A hash in hexadecimal has no capitals, and a path is no key.
        text[at.clone()].bytes().any(|b| b.is_ascii_lowercase())
    })
}

const AWS_SECRET: usize = 40;

fn is_base64(b: &u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')
}

fn aws_secret_at(text: &str, start: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let length = bytes[start..].iter().take(AWS_SECRET + 1).take_while(|b| is_base64(b)).count();
    let mixed =
        |value: &[u8]| value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_uppercase);
    (length == AWS_SECRET && mixed(&bytes[start..start + AWS_SECRET])).then_some(start..start + AWS_SECRET)
}

/// RFC 3986 with user and password before the `@` at `at`: the whole URL.
fn connection(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let from = at.saturating_sub(256);
    let back = bytes[from..at]
        .iter()
        .rev()
        .take_while(|b| !b.is_ascii_whitespace() && !b"\"'<>`@".contains(b))
        .count();
    let before = &bytes[at - back..at];
    let slashes = before.windows(3).rposition(|w| w == b"://")?;
    let userinfo = &before[slashes + 3..];
    let colon = userinfo.iter().position(|b| *b == b':')?;
    let password = text.get(at - (userinfo.len() - colon - 1)..at)?;
    let scheme = before[..slashes]
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-'))
        .count();
    // `user:password@` is how manuals show where they go.
    let is_shown =
        [b"user".as_slice(), b"username"].iter().any(|user| userinfo[..colon].eq_ignore_ascii_case(user))
            && ["password", "pass", "passwd", "pwd"].iter().any(|word| password.eq_ignore_ascii_case(word));
    let is_written = !password.is_empty() && is_secret_in_url(password);
    let plain = !userinfo.contains(&b'/') && is_written && !is_shown;
    // A token of a host of repositories is one in the URL too.
    let is_token = scheme_is_http(&before[..slashes]) && TOKENS.iter().any(|t| password.starts_with(t));
    let end = at
        + bytes[at..]
            .iter()
            .take(512)
            .take_while(|b| b.is_ascii_graphic() && !b"\"'<>`,;)}]|\\".contains(b))
            .count();
    let end = at + text[at..end].trim_end_matches(['.', '?', '!', ':']).len();
    (scheme >= 2 && plain && !is_token && end > at + 1).then(|| at - back + slashes - scheme..end)
}

/// Beginnings of tokens that have a type of their own, as they stand before the host of a clone's URL.
pub(super) const TOKENS: &[&str] =
    &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gldt-", "glcbt-"];

fn scheme_is_http(scheme: &[u8]) -> bool {
    scheme.ends_with(b"http") || scheme.ends_with(b"https")
}

fn is_secret_in_url(password: &str) -> bool {
    // What manuals write in its place.
    const PLACES: &[&str] = &["PASSWORD", "PASS", "PASSWD", "PWD", "SECRET", "YOUR_PASSWORD"];
    !(marks::is_mark(password)
        || PLACES.contains(&password)
        || password.starts_with("${")
        || password.starts_with('<')
        || password.starts_with("{{")
        || password.bytes().all(|b| b == b'*'))
}
