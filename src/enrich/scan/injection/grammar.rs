//! Finds combinations of concepts that stand close together, and takes back what is negated or reported.

use super::Evidence;
use super::lexicon::{Concept, Hit, LEXICON, Spacing};
use super::rules::{self, Order, Rule};
use crate::llm::Role;
use std::ops::Range;
use std::sync::LazyLock;

/// The rules, by the concepts that may complete them.
struct Grammar {
    by_concept: Vec<Vec<&'static Rule>>,
}

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| {
    let mut by_concept = vec![Vec::new(); Concept::ALL.len()];
    for rule in rules::all() {
        let completing = match rule.order {
            Order::Any => rule.says,
            Order::AsSaid => &rule.says[rule.says.len() - 1..],
        };
        for (i, concept) in completing.iter().enumerate() {
            if !completing[..i].contains(concept) {
                by_concept[*concept as usize].push(rule);
            }
        }
    }
    Grammar { by_concept }
});

/// More of either changes no score.
const MOST_FIRED: usize = 64;
const MOST_NOTES: usize = 256;

/// A rule that has found its concepts.
struct Fired {
    rule: &'static Rule,
    at: Range<usize>,
    /// Its first concept: the verb, where there is one.
    verb: Hit,
}

/// Adds the rules that fire in `text`, which is in lower case; true where it speaks of decoding.
pub fn look(text: &str, role: Option<Role>, spacing: Spacing, evidence: &mut Vec<Evidence>) -> bool {
    // Of each concept the last word seen, and the one before it.
    let mut seen: [[Option<Hit>; 2]; Concept::ALL.len()] = [[None; 2]; Concept::ALL.len()];
    let (mut fired, mut notes): (Vec<Fired>, Vec<Hit>) = (Vec::new(), Vec::new());
    LEXICON.each(text, spacing, |hit| {
        let last = &mut seen[hit.concept as usize];
        if last[0].is_none_or(|last| last.end <= hit.start) {
            last[1] = last[0];
        }
        last[0] = Some(hit);
        if matches!(
            hit.concept,
            Concept::Not | Concept::Report | Concept::Mention | Concept::Indefinite | Concept::Reworked
        ) {
            if notes.len() < MOST_NOTES {
                notes.push(hit);
            }
            return;
        }
        for rule in &GRAMMAR.by_concept[hit.concept as usize] {
            if fired.len() < MOST_FIRED
                && let Some((at, verb)) = complete(text, rule, hit, &seen)
                && rule.roles.hold(role)
                && !(rule.one_sentence && ends_sentence(&text[at.clone()]))
            {
                fired.push(Fired { rule, at, verb });
            }
        }
    });
    if is_read(role) {
        notes.retain(|note| !matches!(note.concept, Concept::Report | Concept::Mention));
    }
    fired.retain(|fired| {
        !(fired.rule.can_be_taken_back && is_taken_back(text, fired, &notes) || is_reworked(fired, &notes))
    });
    evidence.extend(fired.iter().map(|fired| fired.rule).map(|rule| Evidence {
        name: rule.name,
        pack: rule.pack,
        weight: rule.weight,
    }));
    seen[Concept::Decode as usize][0].is_some()
}

/// Where `rule` stands that `hit` completes, and its first concept.
fn complete(text: &str, rule: &Rule, hit: Hit, seen: &[[Option<Hit>; 2]]) -> Option<(Range<usize>, Hit)> {
    let mut at = hit.start..hit.end;
    let (mut later, mut used) = (hit, false);
    for (i, concept) in rule.says.iter().enumerate().rev() {
        let is_hit = *concept == hit.concept && !used;
        used |= is_hit;
        let word = if is_hit {
            hit
        } else {
            // In a given order it stands before what follows it, else before what completes the rule.
            let limit = if rule.order == Order::AsSaid { later.start } else { hit.start };
            seen[*concept as usize].into_iter().flatten().find(|word| word.end <= limit)?
        };
        at = at.start.min(word.start)..at.end.max(word.end);
        if is_longer(text, &at, rule.within)
            || rule.order == Order::AsSaid && is_hit && i + 1 < rule.says.len()
        {
            return None;
        }
        later = word;
    }
    Some((at, later))
}

/// Whether `at` has more than `most` letters: one of Chinese, Japanese or Korean says as much as two of others.
fn is_longer(text: &str, at: &Range<usize>, most: usize) -> bool {
    let letters =
        || text[at.clone()].chars().map(|c| if u32::from(c) < 0x1100 { 1 } else { 2 }).sum::<usize>();
    // No letter has more than two bytes for each that it counts.
    at.len() > most && (at.len() > 2 * most || letters() > most)
}

/// Whether a sentence ends inside of `text`.
fn ends_sentence(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = |(i, pair): (usize, &[u8])| match pair[0] {
        b'.' => matches!(pair[1], b' ' | b'\n'),
        b'!' | b'?' => !matches!(pair[1], b'"' | b'\'' | b'!' | b'?' | b'=') && !is_query(&bytes[i + 1..]),
        _ => pair == b"\n\n",
    };
    let item = |i: usize| matches!(text[i + 1..].trim_start_matches(' ').as_bytes(), [b'-' | b'*', ..]);
    bytes.windows(2).enumerate().any(ends)
        || text.contains(['。', '！', '？'])
        || memchr::memchr_iter(b'\n', bytes).any(item)
}

/// Whether `rest` begins like the query of an address: a name and `=`.
fn is_query(rest: &[u8]) -> bool {
    rest.iter().take(20).find(|b| !b.is_ascii_alphanumeric()) == Some(&b'=')
}

/// At most so many bytes between a negation and its verb, and between a report and what it reports.
const NEGATION_REACH: usize = 7;
const REPORT_REACH: usize = 160;

/// Whether a model only reads it, so that no speech in it is reported by whoever speaks to the model: a result of a
/// tool, a document.
fn is_read(role: Option<Role>) -> bool {
    matches!(role, Some(Role::Tool | Role::Document))
}

/// Whether the text above that is asked for is one that the speaker goes on to change: `for four people`.
fn is_reworked(fired: &Fired, notes: &[Hit]) -> bool {
    let is_above =
        |concept| matches!(concept, &Concept::TextAbove | &Concept::SystemPrompt | &Concept::GivenOrders);
    let behind = |note: &&Hit| note.concept == Concept::Reworked && note.start >= fired.at.end;
    fired.rule.says.iter().any(is_above)
        && notes.iter().filter(behind).any(|note| note.start - fired.at.end <= REPORT_REACH)
}

/// Whether what fired is only quoted, or one of `notes` takes it back.
fn is_taken_back(text: &str, fired: &Fired, notes: &[Hit]) -> bool {
    notes.iter().any(|note| takes_back(text, note, fired)) || is_mentioned(text, &fired.at, notes)
}

/// Whether `note` says that what fired is not meant: not to be done, or only spoken of.
fn takes_back(text: &str, note: &Hit, fired: &Fired) -> bool {
    match note.concept {
        Concept::Not => {
            let before = note.end <= fired.verb.start && fired.verb.start - note.end <= NEGATION_REACH;
            // In some languages it follows the verb.
            let behind = note.start >= fired.verb.end
                && note.start - fired.verb.end <= 1
                && !text.as_bytes()[note.start].is_ascii();
            before || behind
        }
        Concept::Indefinite => {
            // `your company guidelines` are not a model's own.
            let is_owned =
                |concept| matches!(concept, &Concept::Your | &Concept::Bounds | &Concept::OwnPrompt);
            let names_an_owner =
                fired.rule.says.iter().any(is_owned) && !text[note.start..].starts_with("your ");
            (!names_an_owner || note.end > fired.at.end)
                && note.start < fired.at.end
                && fired.at.start < note.end
        }
        Concept::Report => {
            let between = if note.start < fired.at.start {
                note.end.min(fired.at.start)..fired.at.start
            } else if note.start >= fired.at.end && is_quoted_at(text, fired.at.end) {
                fired.at.end..note.start
            } else {
                return false;
            };
            between.len() <= REPORT_REACH && !ends_sentence(&text[between])
        }
        _ => false,
    }
}

/// Whether a quotation ends right behind `at`.
fn is_quoted_at(text: &str, at: usize) -> bool {
    text[at..].chars().take(8).any(|c| matches!(c, '"' | '\'' | '”' | '»' | '」' | '`' | '’' | '“'))
}

/// Whether what stands at `at`, or the end of it, lies in quotation marks, and words outside of them speak of what
/// is said there.
fn is_mentioned(text: &str, at: &Range<usize>, notes: &[Hit]) -> bool {
    let speaks = |note: &Hit| matches!(note.concept, Concept::Report | Concept::Mention);
    if !notes.iter().any(speaks) {
        return false;
    }
    quotation(text, at).is_some_and(|quote| {
        notes.iter().filter(|note| speaks(note)).any(|note| {
            let before = note.end <= quote.start && quote.start - note.end <= MENTION_REACH;
            before || note.start >= quote.end && note.start - quote.end <= MENTION_REACH
        })
    })
}

/// How far a quotation reaches, and how far from it words speak of it.
const QUOTATION_REACH: usize = 120;
const MENTION_REACH: usize = 80;

/// The quotation around `at`, its marks included. A value of JSON, HTML or a setting is none.
fn quotation(text: &str, at: &Range<usize>) -> Option<Range<usize>> {
    let from = text.floor_char_boundary(at.start.saturating_sub(QUOTATION_REACH));
    let before = &text[from..at.end];
    let behind = &text[at.end..text.floor_char_boundary(at.end + QUOTATION_REACH)];
    let marks = [
        ("\"", "\""),
        ("“", "”"),
        ("„", "“"),
        ("„", "”"),
        ("«", "»"),
        ("「", "」"),
        ("‘", "’"),
        (" '", "'"),
        (":'", "'"),
        ("`", "`"),
    ];
    marks.iter().find_map(|(open, close)| {
        let start = before.rfind(open).filter(|i| !before[i + open.len()..].contains(close))?;
        let end = behind.find(close)?;
        let mut outside = before[..start].bytes().rev();
        let is_value = match outside.find(|b| *b != b' ') {
            Some(b'=') => true,
            Some(b':') => matches!(outside.next(), Some(b'"' | b'\'')),
            _ => false,
        };
        (!is_value).then(|| from + start..at.end + end + close.len())
    })
}
