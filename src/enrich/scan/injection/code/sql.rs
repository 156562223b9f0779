//! SQL smuggled in a value: judged by its structure, not by words that a question about SQL uses too.
//!
//! A value that attacks closes the query it is put into and goes on: with a condition that always or
//! never holds, another query, a comment over the rest. So the pieces behind each place where a query
//! could be closed are looked at. The idea of judging kinds of tokens is that of libinjection.

use super::sql_calls::{self, STALLS};
use super::tokens::{Token, tokens};

/// Longest text that is a value rather than a prompt about SQL.
const LONGEST: usize = 1000;
const MOST_WORDS: usize = 90;
/// So many places of one text are looked at, and so many pieces behind each.
const MOST_PLACES: usize = 64;
const REACH: usize = 40;

/// How sure it is that `text` is an attack, 0 to 1. `is_read` says that it is what a tool is called with or gives
/// back, where whole statements are at home.
pub fn judge(text: &str, is_read: bool) -> f64 {
    if text.len() > LONGEST || !could_be(text) || is_source(text) {
        return 0.0;
    }
    let all = tokens(text);
    let words = all.iter().filter(|t| matches!(t, Token::Word(_))).count();
    if words > MOST_WORDS || words > 4 && text.trim_end().ends_with('?') {
        return 0.0;
    }
    let statement = opens_statement(&all);
    if statement && is_read && !text.contains(['\'', '"']) {
        return 0.0;
    }
    if all.windows(2).any(|w| w[0].is("waitfor") && w[1].is("delay")) {
        return 0.6;
    }
    let places = (0..all.len()).filter_map(|i| Some((i, closing(&all, i)?))).take(MOST_PLACES);
    let judged = places.map(|(i, how)| {
        // A whole statement is a question about SQL, until a quote of its own is closed too early.
        let rest = &all[i..all.len().min(i + REACH)];
        if statement && how != Closing::Quote { 0.0 } else { goes_on(rest, how, &all[..i]) }
    });
    judged.fold(0.0, f64::max).max(if statement && is_read { 0.0 } else { sql_calls::judge(&all, statement) })
}

/// Whether it is a statement by itself, maybe in brackets or behind a comment: nothing is broken out of.
fn opens_statement(all: &[Token<'_>]) -> bool {
    let is_union = all.iter().any(|t| t.is("union"));
    let first = all.iter().find(|t| !(is_union && t.is_sign(&["("])));
    first
        .is_some_and(|t| t.is_any(STATEMENTS) || t.is_any(&["with", "explain", "pragma", "show", "describe"]))
}

/// So many lines are no value any more, unless they are empty.
const MOST_LINES: usize = 5;

/// Whether it is source code rather than a value: several lines of it.
fn is_source(text: &str) -> bool {
    memchr::memchr_iter(b'\n', text.trim().as_bytes()).nth(MOST_LINES - 1).is_some()
}

/// A cheap look before anything is taken apart: a sign of code, or a keyword that opens a condition.
fn could_be(text: &str) -> bool {
    text.bytes()
        .any(|b| matches!(b, b'\'' | b'"' | b'=' | b';' | b'(' | b'#' | b'*' | b'@' | b'<' | b'>' | b'`'))
        || ["order ", "union ", "and ", "or ", "having "]
            .iter()
            .any(|word| text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word)))
        || text.as_bytes().windows(7).any(|w| w.eq_ignore_ascii_case(b" union "))
}

/// What stands before a place where a query could go on.
#[derive(Clone, Copy, PartialEq)]
enum Closing {
    /// Nothing: the text begins there.
    Start,
    /// A quote.
    Quote,
    /// A bracket, a number, or a word that is a value.
    Value,
}

/// Whether a query could be closed before the piece at `i`.
fn closing(all: &[Token<'_>], i: usize) -> Option<Closing> {
    match i.checked_sub(1).map(|before| all[before]) {
        None => Some(Closing::Start),
        Some(Token::Sign("'" | "\"" | "`" | "‘" | "’")) => Some(Closing::Quote),
        Some(Token::Sign(")" | "*")) | Some(Token::Number(_)) => Some(Closing::Value),
        Some(Token::Word(_)) if all[i].is_any(&["or", "and", "union", "having", "order", "xor"]) => {
            Some(Closing::Value)
        }
        Some(Token::Word(_)) if all[i].is_sign(&[";", "||", "&&"]) => Some(Closing::Value),
        Some(Token::Word(_)) => None,
        Some(Token::Sign(_)) => Some(Closing::Value),
    }
}

const STATEMENTS: &[&str] = &[
    "select", "drop", "insert", "update", "delete", "exec", "execute", "declare", "shutdown", "create",
    "alter", "truncate", "waitfor", "grant", "begin", "merge", "call", "copy", "use", "desc",
];

/// How sure it is that `rest` carries an attack on, behind a place that is closed by `how`.
fn goes_on(rest: &[Token<'_>], how: Closing, before: &[Token<'_>]) -> f64 {
    let skipped = rest.iter().take_while(|t| t.is_sign(&[")", "'", "\"", "`"])).count();
    let rest = &rest[skipped..];
    let Some((first, behind)) = rest.split_first() else {
        return 0.0;
    };
    if first.is("union") {
        return if is_union_select(behind) { 0.7 } else { 0.0 };
    }
    if first.is_any(&[
        "or", "and", "xor", "having", "rlike", "like", "where", "div", "not", "between", "in", "is",
    ]) || first.is_sign(&[
        "||", "&&", "|", "&", "^", "=", "+", "-", "*", "/", "<", ">", "!", "~", "%", "<=", ">=", "<>", "!=",
    ]) {
        // `git pull || true`, `(a) and b == 2`: of shell and of source code.
        if first.is_sign(&["||", "&&"])
            && behind.first().is_some_and(|t| t.is_any(&["true", "exit", "echo"]))
            && behind.len() <= 2
        {
            return 0.0;
        }
        if how == Closing::Value && behind.iter().any(|t| t.is_sign(&["==", ":="])) {
            return 0.0;
        }
        let strong =
            first.is_any(&["or", "and", "xor", "having", "rlike", "div"]) || first.is_sign(&["||", "&&"]);
        return condition(behind, strong, how);
    }
    if first.is_sign(&[";"]) {
        // `drop(x)` is a call of a function.
        let is_call = behind
            .first()
            .is_some_and(|t| t.is_any(&["drop", "insert", "update", "delete", "create", "copy"]));
        if is_call && behind.get(1).is_some_and(|t| t.is_sign(&["("])) {
            return 0.0;
        }
        let quoted = how == Closing::Quote
            || has_comment(behind)
            || before.iter().any(|t| t.is_sign(&["'", "\"", "="]));
        let is_cut = how == Closing::Quote && has_comment(behind);
        return if behind.first().is_some_and(|t| t.is_any(STATEMENTS))
            && (is_statement(behind) || is_cut)
            && (quoted || before.len() <= 4)
        {
            0.65
        } else {
            0.0
        };
    }
    if first.is_any(&["order", "group"]) && behind.first().is_some_and(|t| t.is("by")) {
        let column = matches!(behind.get(1), Some(Token::Number(_)))
            || behind.get(1).is_some_and(|t| t.is_any(STALLS));
        let ends = behind.get(2).is_none_or(|t| t.is_sign(&["--", "#", "/*", ",", "(", ";"]));
        return if column && ends && before.len() <= 6 { 0.5 } else { 0.0 };
    }
    // `' insert into users …; --`: no semicolon, but a comment over what the query went on with.
    if how == Closing::Quote
        && before.len() <= 2
        && first.is_any(STATEMENTS)
        && is_statement(rest)
        && has_comment(behind)
    {
        return 0.55;
    }
    if first.is("into") && behind.first().is_some_and(|t| t.is_any(&["outfile", "dumpfile"])) {
        return 0.6;
    }
    if first.is("procedure") && behind.first().is_some_and(|t| t.is("analyse"))
        || first.is("waitfor") && behind.first().is_some_and(|t| t.is_any(&["delay", "time"]))
    {
        return 0.6;
    }
    // `admin'--`: one word, a quote, a comment over the rest.
    let cut_off = first.is_sign(&["--", "#", "/*"]) && how == Closing::Quote;
    let rest_is_void = behind.is_empty() || first.is_sign(&["--"]) && behind.len() <= 4;
    if cut_off && rest_is_void && (1..=4).contains(&before.len()) { 0.55 } else { 0.0 }
}

/// `[all|distinct] [(] select`, with a column list behind it that is not prose.
fn is_union_select(rest: &[Token<'_>]) -> bool {
    let skipped = rest
        .iter()
        .take(8)
        .take_while(|t| t.is_any(&["all", "distinct"]) || matches!(t, Token::Sign(_) | Token::Number(_)))
        .count();
    let select = rest.get(skipped).is_some_and(
        |t| matches!(t, Token::Word(w) if w.get(..6).is_some_and(|s| s.eq_ignore_ascii_case("select"))),
    );
    select
        && rest.get(skipped + 1).is_none_or(|t| {
            !t.is_any(&[
                "and",
                "in",
                "or",
                "statements",
                "statement",
                "queries",
                "are",
                "is",
                "to",
                "clause",
                "query",
                "committee",
                "the",
                "a",
            ])
        })
}

/// Whether a word of SQL follows the verb of a statement, rather than prose.
fn is_statement(rest: &[Token<'_>]) -> bool {
    const SECOND: &[&str] = &[
        "table",
        "database",
        "into",
        "from",
        "user",
        "view",
        "index",
        "set",
        "function",
        "procedure",
        "login",
        "delay",
        "time",
        "schema",
        "master",
        "xp_cmdshell",
        "sp_password",
        "all",
        "top",
        "distinct",
        "or",
        "immediate",
    ];
    rest.iter().skip(1).take(4).any(|t| {
        t.is_any(SECOND)
            || matches!(t, Token::Sign("@" | "*" | "(" | "="))
            || matches!(t, Token::Word(w) if w.starts_with('@') || w.contains("xp_") || w.contains('.'))
    }) || rest.len() == 1
        || rest.get(1).is_some_and(|t| t.is_sign(&["--", "#", ";"]))
}

fn has_comment(rest: &[Token<'_>]) -> bool {
    rest.iter().any(|t| t.is_sign(&["--", "#", "/*"]))
}

/// A condition behind a connective: `1=1`, `'a' like 'a'`, `sleep(5)`, `(select …`, `true --`.
fn condition(rest: &[Token<'_>], strong: bool, how: Closing) -> f64 {
    let inner = rest.iter().take_while(|t| t.is_sign(&["(", "!", "~", "-", "+"]) || t.is("not")).count();
    let Some(first) = rest.get(inner) else {
        return 0.0;
    };
    if first.is("select") && inner > 0 || first.is("exists") {
        return if is_code(rest) { 0.6 } else { 0.0 };
    }
    if first.is_any(STALLS) && rest.get(inner + 1).is_some_and(|t| t.is_sign(&["("])) {
        return 0.6;
    }
    let Some((left, at)) = operand(rest, 0) else {
        return 0.0;
    };
    let operator = rest.get(at).is_some_and(|t| {
        t.is_sign(&["=", "<", ">", "<>", "!=", "<=", ">=", "==", ":=", "|", "&", "^"])
            || t.is_any(&[
                "like", "between", "rlike", "regexp", "is", "in", "sounds", "glob", "div", "mod", "not",
            ])
    });
    if operator && strong {
        let Some((right, end)) = operand(rest, at + 1) else {
            return 0.0;
        };
        if left.is_constant() && right.is_constant() || left == right {
            return 0.6;
        }
        // `' or name like '%a'` closes a quote before and leaves one open, or comments the rest away.
        let closed = rest[end..].is_empty() || has_comment(&rest[end..]);
        let code = left.is_code() || right.is_code();
        let told = code
            || how == Closing::Quote && right.is_constant()
            || how == Closing::Start && has_comment(&rest[end..]);
        return if closed && told { 0.55 } else { 0.0 };
    }
    let ends = rest.get(at).is_some_and(|t| t.is_sign(&["--", "#", "/*", ";"]));
    let last = rest.get(at).is_none() && how == Closing::Quote;
    let bare = !first.is_sign(&["'", "\"", "`"]) || rest.len() <= inner + 2;
    if strong && bare && left.is_constant() && (ends || last) && how != Closing::Value { 0.5 } else { 0.0 }
}

/// One side of a comparison.
#[derive(PartialEq)]
enum Operand<'a> {
    Constant,
    /// A function is called, or a variable of the database read.
    Code,
    Name(&'a str),
}

impl Operand<'_> {
    fn is_constant(&self) -> bool {
        matches!(self, Operand::Constant | Operand::Code)
    }

    fn is_code(&self) -> bool {
        matches!(self, Operand::Code)
    }
}

/// The operand that begins at `from`, brackets and arithmetic included, and where it ends.
fn operand<'a>(rest: &[Token<'a>], from: usize) -> Option<(Operand<'a>, usize)> {
    let mut at = from;
    let mut kind = None;
    while let Some(token) = rest.get(at) {
        match token {
            Token::Sign("(" | ")" | "-" | "+" | "!" | "~" | "*" | "/" | "%" | "@" | "||") => at += 1,
            Token::Sign("=" | "<" | ">" | "&" | "|" | "^" | ">=" | "<=") if kind.is_none() && at > from => {
                at += 1
            }
            _ if kind.is_some()
                && !matches!(rest[at - 1], Token::Sign(s) if !matches!(s, ")" | "'" | "\"")) =>
            {
                break;
            }
            Token::Number(_) => (kind, at) = (kind.or(Some(Operand::Constant)), at + 1),
            Token::Sign(quote @ ("'" | "\"" | "`")) => {
                let end = rest[at + 1..].iter().position(|t| t.is_sign(&[quote]));
                at = end.map_or(rest.len(), |n| at + n + 2);
                kind = kind.or(Some(Operand::Constant));
            }
            Token::Word(_) if token.is_any(&["true", "false", "null", "not", "binary"]) => {
                (kind, at) = (kind.or(Some(Operand::Constant)), at + 1)
            }
            Token::Word(_)
                if token.is_any(&[
                    "like", "between", "rlike", "regexp", "is", "in", "and", "or", "having", "select",
                ]) =>
            {
                break;
            }
            Token::Word(word) => {
                let called = rest.get(at + 1).is_some_and(|t| t.is_sign(&["("]));
                let code = called || word.starts_with('@') || at > from && rest[at - 1].is_sign(&["@"]);
                kind = Some(if code { Operand::Code } else { kind.unwrap_or(Operand::Name(word)) });
                at = if called { close(rest, at + 1) } else { at + 1 };
            }
            Token::Sign(_) => break,
        }
    }
    Some((kind?, at))
}

/// Behind the bracket that closes the one at `open`.
fn close(rest: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (i, token) in rest.iter().enumerate().skip(open) {
        depth += usize::from(token.is_sign(&["("]));
        depth = depth.saturating_sub(usize::from(token.is_sign(&[")"])));
        if depth == 0 {
            return i + 1;
        }
    }
    rest.len()
}

fn is_code(rest: &[Token<'_>]) -> bool {
    rest.iter().filter(|t| matches!(t, Token::Sign(_) | Token::Number(_))).count() >= 2
}
