//! SQL smuggled in a value: judged by its structure, not by words that a question about SQL uses too.

use super::Evidence;

/// Longest text that is a value rather than a prompt about SQL.
const LONGEST: usize = 2000;

/// Adds what `text` shows: a query closed and continued, a tautology, a second query, a stall.
pub fn look(text: &str, evidence: &mut Vec<Evidence>) {
    if text.len() > LONGEST || !could_be(text.as_bytes()) {
        return;
    }
    let words = tokens(text);
    let marks = [
        (union_select(&words), 0.7),
        (tautology(&words), 0.6),
        (stacked(&words), 0.6),
        (stalls(&words), 0.6),
        (probes(&words), 0.6),
    ];
    for (_, weight) in marks.into_iter().filter(|(seen, _)| *seen) {
        evidence.push(Evidence { name: "sql_injection", weight });
    }
}

/// A cheap look before anything is taken apart: some sign of code is there.
fn could_be(bytes: &[u8]) -> bool {
    bytes.iter().any(|b| matches!(b, b'\'' | b'"' | b'=' | b';' | b'(' | b'#' | b'*' | b'@'))
        || bytes.iter().any(u8::is_ascii_digit)
}

/// One piece of SQL.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Number(&'a str),
    /// A quote, a bracket, an operator: one byte, but `||`, `&&`, `--` and `/*` are two.
    Sign(&'a str),
}

/// The text in pieces; `/*…*/` counts as a blank, as it does to a database.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut all = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        let start = i;
        let run = |is: fn(&u8) -> bool| bytes[start..].iter().take_while(|b| is(b)).count();
        match bytes[i] {
            b if b.is_ascii_digit() => {
                i += run(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b'x' | b'X'));
                all.push(Token::Number(&text[start..i]));
            }
            b if b.is_ascii_alphabetic() || b == b'_' || b == b'@' || !b.is_ascii() => {
                i += run(|b| {
                    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'$' | b'@') || !b.is_ascii()
                });
                all.push(Token::Word(&text[start..i]));
            }
            b'/' if bytes[i..].starts_with(b"/*") && !bytes[i..].starts_with(b"/*!") => {
                let end = text[i + 2..].find("*/").map(|n| i + 2 + n + 2);
                if end.is_none() {
                    all.push(Token::Sign("/*"));
                }
                i = end.unwrap_or(bytes.len());
            }
            b if b.is_ascii_whitespace() => i += 1,
            _ => {
                let two =
                    bytes.get(i..i + 2).is_some_and(|t| matches!(t, b"||" | b"&&" | b"--" | b"<>" | b"!="));
                i += if two { 2 } else { 1 };
                all.push(Token::Sign(&text[start..i]));
            }
        }
    }
    all
}

impl Token<'_> {
    fn is(&self, word: &str) -> bool {
        matches!(self, Token::Word(w) if w.eq_ignore_ascii_case(word))
    }

    fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|w| self.is(w))
    }

    fn is_sign(&self, signs: &[&str]) -> bool {
        matches!(self, Token::Sign(s) if signs.contains(s))
    }
}

/// `union [all|distinct] [(] select` with a column list behind it that is not prose.
fn union_select(all: &[Token<'_>]) -> bool {
    all.iter().enumerate().any(|(i, token)| {
        let rest = &all[i..];
        let skipped = rest.iter().skip(1).take(6).position(|t| t.is("select"));
        let between = |n: usize| {
            rest[1..1 + n]
                .iter()
                .all(|t| t.is_any(&["all", "distinct"]) || matches!(t, Token::Sign(_) | Token::Number(_)))
        };
        let column = skipped.and_then(|n| rest.get(n + 2));
        token.is("union")
            && skipped.is_some_and(between)
            && column.is_some_and(|t| !t.is_any(&["and", "in", "statements", "queries", "are", "is", "to"]))
            && leads_in(&all[..i])
    })
}

/// Whether what stands before could be the value that a query was closed on, rather than a question.
fn leads_in(before: &[Token<'_>]) -> bool {
    match before.last() {
        None => true,
        Some(Token::Number(_) | Token::Sign(_)) => true,
        Some(Token::Word(w)) => {
            w.eq_ignore_ascii_case("null")
                || !w.bytes().all(|b| b.is_ascii_alphabetic())
                || before.iter().any(|t| matches!(t, Token::Sign("'" | "\"" | ")" | "-" | "=")))
        }
    }
}

/// `' or 1=1`, `1 and 'a'='a`, `') or ('x' like 'x`: a comparison of two constants behind a connective
/// that follows a quote, a bracket or a number.
fn tautology(all: &[Token<'_>]) -> bool {
    all.iter().enumerate().any(|(i, token)| {
        let connective = token.is_any(&["or", "and", "xor", "having", "where", "rlike", "div"])
            || token.is_sign(&["||", "&&"]);
        let closes =
            i > 0 && (all[i - 1].is_sign(&["'", "\"", ")", "`"]) || matches!(all[i - 1], Token::Number(_)));
        connective && closes && compares_constants(&all[i + 1..all.len().min(i + 14)])
    })
}

fn compares_constants(rest: &[Token<'_>]) -> bool {
    let operator = rest.iter().position(|t| {
        t.is_sign(&["=", "<", ">", "<>", "!="]) || t.is_any(&["like", "between", "regexp", "is", "in"])
    });
    let constant = |t: &Token<'_>| {
        matches!(t, Token::Number(_))
            || t.is_sign(&["'", "\""])
            || t.is_any(&["true", "false", "null", "not"])
    };
    let edge = |t: &&Token<'_>| !t.is_sign(&["(", ")", "-", "!", "~", "+"]);
    let Some(at) = operator else { return false };
    let left = rest[..at].iter().find(edge);
    let right = rest[at + 1..].iter().find(edge);
    left.is_some_and(constant) && right.is_some_and(constant)
}

/// A quote or number, then `;` and a statement that changes something.
fn stacked(all: &[Token<'_>]) -> bool {
    const STATEMENTS: &[&str] = &[
        "drop", "insert", "update", "delete", "exec", "execute", "declare", "shutdown", "create", "alter",
        "truncate", "waitfor", "grant", "select", "begin", "if",
    ];
    all.windows(3).any(|w| {
        let closed = w[0].is_sign(&["'", "\"", ")"]) || matches!(w[0], Token::Number(_));
        closed && w[1].is_sign(&[";"]) && w[2].is_any(STATEMENTS)
    }) && all.iter().any(|t| t.is_sign(&["'", "--", "#", "\""]))
}

/// Functions that only make a database wait, called.
fn stalls(all: &[Token<'_>]) -> bool {
    all.windows(3).any(|w| {
        let call = w[0].is_any(&[
            "sleep",
            "benchmark",
            "pg_sleep",
            "dbms_pipe.receive_message",
            "randomblob",
            "dbms_lock.sleep",
        ]) && w[1].is_sign(&["("])
            && (matches!(w[2], Token::Number(_))
                || w[2].is_sign(&["("])
                || w[2].is_any(&["chr", "char", "md5", "sha1"]));
        call && has_sql_beside(all) || w[0].is("waitfor") && w[1].is("delay")
    })
}

fn has_sql_beside(all: &[Token<'_>]) -> bool {
    all.iter()
        .any(|t| t.is_any(&["select", "and", "or", "if", "case", "rlike", "union", "procedure", "like"]))
}

/// Functions and tables that read a database out, inside a value that closes a query.
fn probes(all: &[Token<'_>]) -> bool {
    const READS: &[&str] = &[
        "information_schema.tables",
        "information_schema.columns",
        "information_schema.schemata",
        "information_schema.character_sets",
        "extractvalue",
        "updatexml",
        "group_concat",
        "concat_ws",
        "xp_cmdshell",
        "load_file",
        "sysobjects",
        "sysusers",
        "utl_inaddr.get_host_address",
        "ctxsys.drithsx.sn",
        "xmltype",
        "rdb$relations",
        "all_users",
        "mysql.user",
        "json_keys",
        "make_set",
        "elt",
        "load_extension",
        "utl_http.request",
        "sys.fn_varbintohexstr",
        "msysaccessobjects",
        "domain.domains",
    ];
    let reads = all.iter().any(|t| t.is_any(READS));
    let opens = all.first().is_some_and(|t| matches!(t, Token::Number(_) | Token::Sign(_)));
    let closed = all.windows(2).any(|w| {
        (w[0].is_sign(&["'", "\"", ")"]) || matches!(w[0], Token::Number(_)))
            && w[1].is_any(&[
                "and",
                "or",
                "union",
                "having",
                "rlike",
                "procedure",
                "limit",
                "like",
                "where",
                "group",
                "order",
            ])
    });
    reads && (closed || opens && all.iter().any(|t| t.is("select")))
}
