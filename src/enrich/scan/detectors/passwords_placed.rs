//! Passwords that their place tells: beside a name in a list of settings or a form, the last argument of a call that
//! connects, the last field of a line of `.pgpass`.

use super::password_values::{VALUE_MOST, is_secret, value};
use super::passwords_told::{is_strong, strong};
use crate::enrich::scan::detector::{Detector, Edges, Find, Tier};
use std::ops::Range;

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "PASSWORD",
        find: Find::Stem(r#"(?i:name|key)["']?(?:: ?|=)["']?[A-Za-z_]"#, setting),
        edges: Edges::Free,
        finds: &[
            "- name: REDIS_PASSWORD\n  value: \"⟦Velvet!0658#⟧\"\n",
            "{\"name\":\"password\",\"value\":\"⟦Velvet!0658#⟧\"}",
            "- {name: DB_PASSWORD, value: ⟦Velvet!0658#⟧}",
            "<add key=\"DbPassword\" value=\"⟦Velvet!0658#⟧\"/>",
            "<input name=\"password\" type=\"password\" value=\"⟦Velvet!0658#⟧\">",
            "form-data; name=\"password\"\r\n\r\n⟦Velvet!0658#⟧\r\n--x",
        ],
        leaves: &[
            "- name: REDIS_PASSWORD\n  valueFrom: x",
            "- name: LOG_LEVEL\n  value: \"Velvet!0658#\"",
            "name: PASSWORD\nvalue: \"\"",
            "<input name=\"password\"> <input value=\"Velvet!0658#\">",
        ],
        ..Detector::BASE
    },
    Detector {
        kind: "PASSWORD",
        find: Find::Stem(
            r"(?:getConnection|mysqli?(?:_connect)?|PDO|[Ss]?e?t?[Bb]asic_?[Aa]uth|(?:Username)?PasswordCredentials?|PasswordAuthentication|NetworkCredential|connect|login|auth ?=) ?\(",
            last_argument,
        ),
        edges: Edges::Free,
        finds: &[
            "DriverManager.getConnection(\"jdbc:mysql://db/shop\", \"svc\", \"⟦Velvet!0658#⟧\");",
            "smtp.login(user, '⟦Velvet!0658#⟧')",
            "requests.get(url, auth=('ops', '⟦Velvet!0658#⟧'))",
            "req.SetBasicAuth(\"ops\", \"⟦Velvet!0658#⟧\")",
        ],
        leaves: &[
            "login('/api/v2/Login1')",
            "getConnection(url, user, password)",
            "auth=(user, os.environ['DB_PASS_2'])",
            "login(\"bob\", \"remember me\")",
            "auth=(\"token\", \"Basic1\")",
        ],
        ..Detector::BASE
    },
    Detector {
        kind: "PASSWORD",
        find: Find::Stem(r"(?:5[0-9]{3}|6432|[12]5432):[A-Za-z0-9_*-]", last_field),
        edges: Edges::Free,
        finds: &["db.acme.io:5432:shop:app:⟦Velvet!0658#⟧\n", "localhost:5433:*:postgres:⟦Velvet!0658#⟧"],
        leaves: &[
            "main.rs:1204:17:warn:Velvet!0658 is unused",
            "at 10:5432:shop:app:Velvet!0658#",
            "host:5432:shop",
        ],
        ..Detector::BASE
    },
    Detector {
        kind: "PASSWORD",
        find: Find::Stem(r"(?i:pass) [!-~]", |text, stem| {
            let is_sign = |b: u8| b.is_ascii_punctuation() && !b"-_./:,()".contains(&b);
            let found = strong(text, stem.end - 1)?;
            let told = &text[found.clone()];
            (is_strong(told) && told.bytes().any(is_sign)).then_some(found)
        }),
        finds: &["host pg1, user app, pass ⟦Velvet!0658#⟧"],
        edges: Edges::Free,
        leaves: &["pass Test1Rate on CI", "a pass on foo(Bar12345)", "pass --flag=Aa123456"],
        ..Detector::BASE
    },
    // A cell or a turn that is nothing but what people are made to choose, where the header or the question says so.
    Detector {
        kind: "PASSWORD",
        tier: Tier::ShapeNear,
        find: Find::At(b"!#*?%$", alone),
        edges: Edges::Free,
        context: &[
            "password",
            "passwords",
            "passwort",
            "kennwort",
            "passphrase",
            "pwd",
            "pw",
            "mot de passe",
            "contraseña",
            "wachtwoord",
            "hasło",
            "senha",
            "heslo",
            "lösenord",
            "пароль",
            "密码",
            "パスワード",
            "비밀번호",
            "şifre",
        ],
        finds: &[
            "user,password,role\ndana,⟦Velvet!0658#⟧,admin\njonas,⟦Meadow#4471⟧,user\n",
            "| user | password |\n|---|---|\n| admin | ⟦Velvet!0658#⟧ |\n",
            "whats the pw?\nB: ⟦Velvet!0658#⟧",
        ],
        leaves: &[
            "user,note\ndana,Velvet!0658#\n",
            "password rules\nNo Velvet!0658# in it\n",
            "password\nspring.mail.user=Velvet!0658#\n",
            "password,hint\nwhat is it?,a dog\n",
        ],
        ..Detector::BASE
    },
];

/// The word around the sign at `at`, if it is alone between two delimiters or in what somebody said.
fn alone(text: &str, at: usize) -> Option<Range<usize>> {
    const WORD_MOST: usize = 40;
    let bytes = text.as_bytes();
    if !bytes.get(at.checked_sub(1)?)?.is_ascii_alphanumeric() {
        return None;
    }
    let part = |b: &&u8| b.is_ascii_graphic() && !b",;|\"'`<>()[]{}=:".contains(b);
    let start = at - bytes[..at].iter().rev().take(WORD_MOST).take_while(part).count();
    let end = at + bytes[at..].iter().take(WORD_MOST).take_while(part).count();
    let end = start + text[start..end].trim_end_matches('.').len();
    let before = text[..start].trim_end_matches(' ');
    let begins = before.is_empty()
        || before.ends_with([',', ';', '|', '\t', '\n'])
        || before.ends_with(':') && start > before.len();
    let ends = text[end..].trim_start_matches(['.', ' ', '\r']);
    let ends = ends.is_empty() || ends.starts_with([',', ';', '|', '\t', '\n']);
    (begins && ends && is_strong(&text[start..end])).then_some(start..end)
}

/// Ends of the names of settings that hold a password, in lower case.
const SETTINGS: &[&str] = &["password", "passwd", "passphrase", "_pwd", "-pwd", "_pass", "-pass"];
/// How far the value of a setting may stand behind its name.
const APART_MOST: usize = 48;

/// The value of a setting or field whose name begins with the last byte of `stem`: `name: X` and beside or below it
/// `value: …`, or the body of a part of a form.
fn setting(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let from = stem.end - 1;
    let rest = &text[from..text.floor_char_boundary((from + VALUE_MOST).min(text.len()))];
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.'))?;
    let name = rest[..end].to_ascii_lowercase();
    if !SETTINGS.iter().any(|setting| name.ends_with(setting)) && name != "pwd" && name != "pass" {
        return None;
    }
    let apart = &rest[end..rest.floor_char_boundary(end + APART_MOST)];
    let body = apart.strip_prefix(['"', '\'']).unwrap_or(apart).trim_start_matches('\r');
    if let Some(body) = body.strip_prefix("\n\r\n").or(body.strip_prefix("\n\n")) {
        return value(text, from + end + apart.len() - body.len());
    }
    let word = apart.find("value").filter(|at| !apart[..*at].contains(['{', '}', '<', '>']))?;
    let behind = from + end + word + "value".len();
    let sign = text[behind..].bytes().take(4).position(|b| matches!(b, b':' | b'='))?;
    let is_quote = |b: u8| matches!(b, b'"' | b'\'' | b' ');
    if !text[behind..behind + sign].bytes().all(is_quote) {
        return None;
    }
    let gap = text[behind + sign + 1..].bytes().take_while(|b| *b == b' ').count();
    value(text, behind + sign + 1 + gap)
}

/// The last of two or more arguments of the call whose bracket ends `stem`, if it is a string that looks like one.
fn last_argument(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    const CALL_MOST: usize = 200;
    let rest = &text[stem.end..text.floor_char_boundary((stem.end + CALL_MOST).min(text.len()))];
    let line = rest.split('\n').next()?;
    let close = line.find(')').filter(|at| *at > 0)?;
    let quote = line[..close].chars().next_back().filter(|c| matches!(c, '"' | '\''))?;
    let inside = &line[..close - 1];
    let open = inside.rfind(quote)?;
    let is_second = inside[..open].trim_end().ends_with(',');
    let found = stem.end + open + 1..stem.end + close - 1;
    let told = &text[found.clone()];
    (is_second && is_secret(told, true) && is_strong(told)).then_some(found)
}

/// PostgreSQL, "The Password File": `host:port:database:user:password`, a line each. `stem` begins with the port.
fn last_field(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    const HOST_MOST: usize = 80;
    let before = text[..stem.start].strip_suffix(':')?;
    let from = before.ceil_char_boundary(before.len().saturating_sub(HOST_MOST));
    let host = before[from..].rsplit('\n').next()?;
    let is_host = |b: u8| b.is_ascii_alphanumeric() || b".-*/_".contains(&b);
    if host.is_empty() || !host.bytes().all(is_host) || before.len() - from == host.len() && from > 0 {
        return None;
    }
    let rest = &text[stem.start..text.floor_char_boundary((stem.start + VALUE_MOST).min(text.len()))];
    let line = rest.split(['\n', '\r']).next()?;
    let password = line.splitn(4, ':').nth(3)?;
    let start = stem.start + line.len() - password.len();
    strong(text, start).filter(|found| found.end == start + password.len())
}
