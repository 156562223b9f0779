//! How a text is cut before its bytes are merged: the pre-tokenizer's steps, one within the other.

use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input};

/// The look-ahead that these expressions have, and that a linear engine has not.
const BLANK: &str = r"\s+(?!\S)";

/// Source: `ByteLevel` of Hugging Face's tokenizers, after GPT-2.
pub(super) const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

/// One step of a pre-tokenizer.
#[derive(Debug)]
pub(super) enum Step {
    /// A space goes before what begins with none.
    Space,
    Split(Expression),
}

/// A regular expression by which a text is split into what matches.
#[derive(Debug)]
pub(super) struct Expression {
    regex: Regex,
    /// Which of its patterns stands for [`BLANK`], if one does.
    blank: Option<usize>,
    /// Whether what lies between matches is a piece as well, or left out.
    between: bool,
}

impl Expression {
    /// `\s+(?!\S)` may be one of the alternatives, followed by `\s+` or `\s`; other look-around is refused, in words.
    pub(super) fn new(text: &str, between: bool) -> Result<Expression, String> {
        let (patterns, blank) = match text.split_once(BLANK) {
            None => (vec![text], None),
            Some((before, after)) => {
                let before = before.strip_suffix('|').or(before.is_empty().then_some(before));
                let after = after.strip_prefix('|').filter(|after| after.starts_with(r"\s"));
                let (Some(before), Some(after)) = (before, after) else {
                    return Err(format!("the look-ahead in {text:?} is not supported there"));
                };
                // What cannot match stands where there is nothing before.
                (vec![if before.is_empty() { r"[^\s\S]" } else { before }, r"\s+", after], Some(1))
            }
        };
        let regex = Regex::new_many(&patterns)
            .map_err(|_| format!("the expression {text:?} is not supported: it is wrong or looks around"))?;
        Ok(Expression { regex, blank, between })
    }

    fn split<'t>(&self, text: &'t str, each: &mut dyn FnMut(&'t str)) {
        let mut at = 0;
        while at < text.len() {
            let input = Input::new(text).span(at..text.len()).anchored(Anchored::No);
            let Some(found) = self.regex.find(input) else {
                break;
            };
            let end = match self.blank {
                Some(blank) if found.pattern().as_usize() == blank => {
                    without_last(text, found.start(), found.end())
                }
                _ => found.end(),
            };
            if end == found.start() {
                break; // An empty match moves nothing on; the rest is one piece.
            }
            if self.between && found.start() > at {
                each(&text[at..found.start()]);
            }
            each(&text[found.start()..end]);
            at = end;
        }
        if self.between && at < text.len() {
            each(&text[at..]);
        }
    }
}

/// Where `\s+(?!\S)|\s+` ends, of white space that lies from `start` to `end`: before its last character, if
/// something follows and there is another.
fn without_last(text: &str, start: usize, end: usize) -> usize {
    let last = text[start..end].char_indices().next_back().map_or(0, |(offset, _)| start + offset);
    if end == text.len() || last == start { end } else { last }
}

/// Calls `each` with the pieces that `steps` make of `text`, in order.
pub(super) fn pieces(steps: &[Step], text: &str, each: &mut dyn FnMut(&str)) {
    match steps.split_first() {
        _ if text.is_empty() => {}
        None => each(text),
        Some((Step::Space, rest)) if text.starts_with(' ') => pieces(rest, text, each),
        Some((Step::Space, rest)) => pieces(rest, &format!(" {text}"), each),
        Some((Step::Split(expression), rest)) => {
            expression.split(text, &mut |piece| pieces(rest, piece, each));
        }
    }
}
