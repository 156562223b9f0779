//! Passwords among the arguments of a command: `mysql -pX`, `redis-cli -a X`. Sources: the manual page of each command.

use super::secrets::is_placeholder;
use crate::enrich::scan::detector::{Detector, Edges, Find};
use crate::enrich::scan::marks;
use std::ops::Range;

pub const ROWS: &[Detector] = &[Detector {
    kind: "PASSWORD",
    find: Find::Stem(
        r"(?:mysql|mariadb|mongo|sshpass|redis-cli|sqlcmd|ldap|docker login|helm registry|htpasswd)[a-z -]",
        argument,
    ),
    edges: Edges::Free,
    finds: &[
        "mysql -u root -p⟦hunter2x⟧ shop",
        "mysqldump -h db -p'⟦s3cret one⟧' shop > dump.sql",
        "sshpass -p ⟦Winter#23⟧ ssh me@host",
        "redis-cli -h cache -a ⟦Qx81kdmZ⟧ ping",
        "docker login -u me -p ⟦Qx81kdmZ⟧ registry.example",
        "htpasswd -cb .htpasswd me ⟦Qx81kdmZ⟧",
    ],
    leaves: &[
        "mysql -u root -p shop",
        "mysql -p$MYSQL_PWD shop",
        "mysql -u root -p<password>",
        "docker login -p $TOKEN",
        "redis-cli ping; ls -a folder",
        "the mysql process of 10-percent",
        "htpasswd -c .htpasswd me",
        "htpasswd -b FILE USER PASSWORD",
    ],
    ..Detector::BASE
}];

/// How many bytes behind a command are looked at.
const LINE_MOST: usize = 120;

/// The value of the flag that takes a password, on the line of the command that is `stem`.
fn argument(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let flag = match &text[stem.clone()] {
        command if command.starts_with("redis") => "-a",
        command if command.starts_with("sqlcmd") => "-P",
        command if command.starts_with("ldap") => "-w",
        command if command.starts_with("htpasswd") => return last_argument(text, stem),
        _ => "-p",
    };
    // Behind a blank, these two read the name of a database, and ask for the password.
    let glued = text[stem.clone()].starts_with("mysql") || text[stem.clone()].starts_with("mariadb");
    let line = &text[stem.end..text.floor_char_boundary((stem.end + LINE_MOST).min(text.len()))];
    let line = line.split(['\n', ';', '|', '&']).next()?;
    let behind =
        line.match_indices(flag).find(|(i, _)| *i == 0 || line.as_bytes()[i - 1] == b' ')?.0 + flag.len();
    let gap = usize::from(!glued && line[behind..].starts_with(' '));
    let start = behind + gap;
    let quote = line[start..].bytes().next().filter(|b| matches!(b, b'"' | b'\''));
    let (start, length) = match quote {
        Some(quote) => (start + 1, line[start + 1..].bytes().position(|b| b == quote)?),
        None => {
            let ends = |b: u8| b.is_ascii_whitespace() || b"\"'`".contains(&b);
            (start, line[start..].bytes().position(ends).unwrap_or(line.len() - start))
        }
    };
    is_one(&line[start..start + length]).then(|| stem.end + start..stem.end + start + length)
}

/// What `htpasswd -b` takes last: file, user, password.
fn last_argument(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let line = &text[stem.end..text.floor_char_boundary((stem.end + LINE_MOST).min(text.len()))];
    let line = line.split(['\n', ';', '|', '&']).next()?;
    let (mut at, mut operands, mut in_batch) = (stem.end, 0, false);
    for word in line.split(' ') {
        if word.starts_with('-') {
            in_batch |= word.contains('b');
        } else {
            operands += 1;
        }
        if operands == 3 {
            return (in_batch && is_one(word)).then(|| at..at + word.len());
        }
        at += word.len() + 1;
    }
    None
}

/// Whether it is a password rather than what stands for one.
fn is_one(value: &str) -> bool {
    let is_one = value.len() >= 4 && !value.starts_with(['$', '<', '{', '*', '[', '-']);
    let says_so = is_placeholder(value) || value.to_ascii_lowercase().contains("password");
    is_one && !says_so && !marks::is_mark(value)
}
