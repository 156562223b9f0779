//! Evidence that stands in no words: an image whose address is to carry away what a placeholder names.

use super::rules::Roles;
use super::{Evidence, Pack};
use crate::llm::Role;

/// So many addresses of one text are looked at, and so many bytes of each.
const MOST: usize = 32;
const LONGEST: usize = 400;

/// Adds what `text` shows.
pub fn look(text: &str, role: Option<Role>, evidence: &mut Vec<Evidence>) {
    if Roles::NotSystem.hold(role) && images(text).any(carries_something) {
        evidence.push(Evidence { name: "image_with_placeholder", pack: Pack::Links, weight: 0.6 });
    }
}

/// The addresses of images, in Markdown and HTML.
fn images(text: &str) -> impl Iterator<Item = &str> {
    let markdown = text.match_indices("![").take(MOST).filter_map(|(at, _)| {
        let rest = cut(&text[at..]);
        rest.find("](").map(|open| &rest[open + 2..])
    });
    let html = text.match_indices("<img").take(MOST).filter_map(|(at, _)| {
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
    let bracketed = path.contains(['[', '{', '<', '$']);
    let capitals = path
        .split(['=', '/', '&', '?'])
        .any(|part| part.len() >= 4 && part.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'));
    bracketed || capitals && path.contains('=')
}
