//! A shell command smuggled in a value: what ends the command it is put into, and begins another.

use super::alone;
use super::commands::is_command;

/// Longest text that is a value rather than a script or a question about one.
const LONGEST: usize = 400;

/// What an honest line of shell begins with, beside the commands that an attack runs.
const HONEST: &[&str] = &[
    "docker",
    "podman",
    "git",
    "npm",
    "npx",
    "yarn",
    "pnpm",
    "make",
    "cargo",
    "cd",
    "kubectl",
    "helm",
    "terraform",
    "apt",
    "apt-get",
    "brew",
    "pip",
    "pip3",
    "go",
    "mvn",
    "gradle",
    "systemctl",
    "journalctl",
    "service",
    "for",
    "while",
    "if",
    "then",
    "source",
    "alias",
    "unzip",
    "rsync",
    "jq",
    "watch",
    "nohup",
    "time",
    "tee",
    "ffmpeg",
    "convert",
    "psql",
    "mysql",
    "redis-cli",
    "aws",
    "gcloud",
    "az",
];

/// Words of a command line that hardly stand in an honest value.
const TELLING: &[&str] = &[
    "/etc/passwd",
    "/etc/shadow",
    "/etc/hosts",
    "/etc/group",
    "/dev/tcp/",
    "/bin/sh",
    "/bin/bash",
    "-e /bin",
    "|sh",
    "| sh",
    "|bash",
    "| bash",
    "rm -rf /",
    "${ifs}",
    "$ifs",
    "-i >&",
    "boot.ini",
    "win.ini",
    "\\windows\\",
    "cmd /c",
    "cmd.exe",
    "net user",
    "whoami",
    ";id;",
    "chmod +x",
    "0>&1",
    "{cat,/",
    "$(id)",
    "`id`",
];

/// How sure it is that `text` is an attack, 0 to 1.
pub fn judge(text: &str) -> f64 {
    if text.len() > LONGEST
        || !text.bytes().any(|b| {
            matches!(b, b';' | b'|' | b'&' | b'`' | b'$' | b'\n' | b'{' | b'/' | b'<' | b'\\' | b'(')
        })
    {
        return 0.0;
    }
    let lower = text.to_ascii_lowercase();
    let words = lower.split_ascii_whitespace().count();
    let breaks = breaks(&lower, text);
    let Some(first) = breaks.first() else {
        return alone::judge(&lower, words);
    };
    let head = lower[..*first].trim();
    let telling = TELLING.iter().any(|t| lower.contains(t));
    // A line that is a command to begin with is honest shell, unless it reads what only an attack reads.
    // `name$(id)`, `host|| ping`: glued to a value as no author writes it.
    let glued =
        !head.is_empty() && !lower[..*first].ends_with([' ', '\n']) && !lower[*first..].starts_with(';');
    let mut spoken = head.split_ascii_whitespace();
    let honest =
        spoken.next().is_some_and(|word| is_command(word) || HONEST.contains(&word) || is_assigned(word))
            && (!glued || head.contains('='))
            || head.starts_with('$')
            || head.starts_with('#');
    match (honest, telling) {
        (true, false) => 0.0,
        (true, true) => 0.55,
        (false, true) => 0.65,
        (false, false) if head.is_empty() => 0.55,
        (false, false) => {
            if words <= 14 && !head.ends_with(['.', ',', '?', '!']) && !is_quoted(&lower, *first) {
                0.55
            } else {
                0.0
            }
        }
    }
}

/// Whether a name in capitals is given a value, as in a script: `NAME=…`.
fn is_assigned(word: &str) -> bool {
    let name = word.split('=').next().unwrap_or_default();
    name.len() < word.len() && name.len() > 1 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Where a separator stands that a command follows, or a substitution that runs one. Sixteen at most.
/// `said` is the text with its capitals: what begins a line or follows a semicolon with one is prose.
fn breaks(text: &str, said: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let is_prose = !text.is_ascii() || text.split_ascii_whitespace().count() > 5;
    let mut found = Vec::new();
    for (i, byte) in bytes.iter().enumerate() {
        let skip = match byte {
            b';' => 1,
            // Set apart by spaces in a sentence it is a quotation.
            b'`' if !is_prose || i > 0 && !bytes[i - 1].is_ascii_whitespace() => 1,
            // A reference in source code, a value in the query of an address.
            b'&' if i > 0
                && matches!(bytes[i - 1], b' ' | b'(' | b'|')
                && bytes.get(i + 1).is_some_and(u8::is_ascii_alphabetic) =>
            {
                continue;
            }
            b'|' | b'&' => 1 + usize::from(bytes.get(i + 1) == Some(byte)),
            b'\n' if !is_prose => 1,
            b'$' if bytes.get(i + 1) == Some(&b'(') && bytes.get(i + 2) != Some(&b'(') => 2,
            b'{' if bytes.get(i + 1).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'/') => 1,
            _ => continue,
        };
        let rest = text[i + skip..].trim_start_matches([' ', '\t', '"', '\'', '(', '{', '\\']);
        let word = rest
            .find(|c: char| {
                !(c.is_ascii_alphanumeric()
                    || matches!(c, '/' | '_' | '.' | '\\' | '\'' | '"' | '$' | '@' | '*' | '?'))
            })
            .map_or(rest, |end| &rest[..end]);
        let plain: String = word.chars().filter(|c| !matches!(c, '\\' | '\'' | '"')).collect();
        let behind = &rest[word.len()..];
        let prose = *byte == b'\n' || *byte == b';';
        if *byte == b'\n' && text[..i].trim().is_empty() {
            continue;
        }
        if prose && said.as_bytes().get(text.len() - rest.len()).is_some_and(u8::is_ascii_uppercase) {
            continue;
        }
        let named = behind.starts_with(['=', ':'])
            || plain == "export" && !behind.contains('=')
            || *byte == b'{' && !behind.starts_with(',')
            || plain == "base64" && behind.starts_with(',');
        if is_command(&plain) && !named && is_called(&plain, behind, prose) {
            found.push(i);
            if found.len() == 16 {
                break;
            }
        }
    }
    found
}

/// Whether what stands behind a command looks like its arguments or its end, not like a sentence.
fn is_called(command: &str, behind: &str, prose: bool) -> bool {
    let rest = behind.trim_start_matches([' ', '\t']);
    let first = rest.split_ascii_whitespace().next().unwrap_or("");
    let is_ended = rest.is_empty()
        || rest.starts_with([';', '|', '&', '`', ')', '#', '\n', '>', '<', '"', '\'', '}', '%', ',']);
    let argued = first.starts_with(['-', '/', '$', '.', '~', '>', '<', '\\', '{', '"', '\'', '*', '%'])
        || first.bytes().any(|b| b.is_ascii_digit() || matches!(b, b'/' | b'.' | b':' | b'='))
        || first.starts_with("http");
    let plain = [
        "echo", "net", "type", "cat", "wget", "curl", "nslookup", "system", "touch", "useradd", "ping",
        "kill", "export", "rm", "uname",
    ]
    .contains(&command);
    is_ended
        || argued
        || plain && !prose
        || plain && first.len() > 1 && rest.split_ascii_whitespace().count() <= 4
}

/// Whether the place lies in code that is set apart by backticks: a question about it.
fn is_quoted(text: &str, at: usize) -> bool {
    text.matches('`').count() >= 2 && text[..at].matches('`').count() % 2 == 1
}
