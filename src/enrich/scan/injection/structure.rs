//! Evidence that stands in no words: an image whose address is to carry away what a placeholder names.

use super::rules::Roles;
use super::{Evidence, Pack};
use crate::llm::Role;
use memchr::memmem;

/// So many addresses of one text are looked at, and so many bytes of each.
const MOST: usize = 32;
const LONGEST: usize = 400;

/// Adds what `text` shows.
pub fn look(text: &str, role: Option<Role>, evidence: &mut Vec<Evidence>) {
    if Roles::NotSystem.hold(role)
        && (images(text).any(carries_something) || links(text).any(carries_a_secret))
    {
        evidence.push(Evidence { name: "image_with_placeholder", pack: Pack::Links, weight: 0.6 });
    }
}

/// The addresses of images, in Markdown and HTML.
fn images(text: &str) -> impl Iterator<Item = &str> {
    let markdown = memmem::find_iter(text.as_bytes(), "![").take(MOST).filter_map(|at| {
        let rest = cut(&text[at..]);
        rest.find("](").map(|open| &rest[open + 2..])
    });
    let html = memmem::find_iter(text.as_bytes(), "<img").take(MOST).filter_map(|at| {
        let rest = cut(&text[at..]);
        rest.find("src=").map(|src| rest[src + 4..].trim_start_matches(['"', '\'', '\\']))
    });
    markdown.chain(html)
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}

/// Whether the address at the start of `rest` leads to another host with a placeholder behind it: in brackets, or
/// in capitals behind `=` or `/`.
fn carries_something(rest: &str) -> bool {
    let end = rest.find([')', '"', '\'', '>', '\n']).unwrap_or(rest.len());
    let address = &rest[..end];
    if !(address.starts_with("http") || address.starts_with("//")) {
        return false;
    }
    let Some(path) =
        address.split_once("//").and_then(|(_, rest)| rest.split_once(['/', '?'])).map(|(_, path)| path)
    else {
        return false;
    };
    path.match_indices(['[', '{', '<', '$']).any(|(at, _)| opens_name(&path[at + 1..]))
        || path.contains('=') && path.split(['=', '/', '&', '?']).any(is_placeholder)
}

/// Whether a name begins behind a bracket: `[DATA]`, `{{ user }}`, but not `[0]`.
fn opens_name(rest: &str) -> bool {
    let name = rest.trim_start_matches(['{', '[', '<', '%', ' ', '\'']);
    name.bytes().take(3).filter(u8::is_ascii_alphabetic).count() == 3
}

/// Whether it is a name in capitals that somebody is to fill in: `YOUR_KEY`, `HISTORY`.
fn is_placeholder(part: &str) -> bool {
    let capitals =
        part.len() >= 3 && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    capitals && (part.contains('_') || SECRETS.iter().any(|word| part.eq_ignore_ascii_case(word)))
}

/// What an attacker has put into an address.
const SECRETS: &[&str] = &[
    "data",
    "history",
    "chat",
    "secret",
    "secrets",
    "prompt",
    "token",
    "session",
    "conversation",
    "summary",
    "message",
    "messages",
    "answer",
    "input",
    "key",
    "email",
    "payload",
    "base64",
    "cookie",
    "password",
    "context",
    "memory",
    "content",
    "contents",
    "text",
    "query",
    "response",
    "stolen",
    "leak",
    "info",
];

/// The addresses of Markdown links.
fn links(text: &str) -> impl Iterator<Item = &str> {
    memmem::find_iter(text.as_bytes(), "](").take(MOST).map(|at| cut(&text[at + 2..]))
}

/// Whether a link takes along what only the reader has: a placeholder in braces that is called so.
fn carries_a_secret(rest: &str) -> bool {
    let end = rest.find([')', '\n', ' ']).unwrap_or(rest.len());
    let address = &rest[..end];
    let is_secret = |(at, _)| {
        let name = address[at..].trim_start_matches('{').trim_start_matches(' ');
        let word = |w: &str| {
            SECRETS[1..].contains(&w)
                && !matches!(w, "text" | "content" | "query" | "key" | "input" | "email")
        };
        name.split(['_', '-', '}', '.']).take(3).any(word)
    };
    address.starts_with("http") && address.contains('=') && address.match_indices('{').any(is_secret)
}
