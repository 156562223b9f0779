//! Passwords that their name gives away: `password = …`.

use super::password_names::{NAMES, SHORT_NAMES, ends_with};
use super::password_values::{VALUE_MOST, is_name_in_code, is_secret, is_word, value};
use crate::enrich::scan::detector::{Detector, Edges, Find};
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
