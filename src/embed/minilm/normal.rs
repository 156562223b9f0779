//! What BERT's normaliser makes of a text, character by character, so that nobody reads past what is needed.

use unicode_categories::UnicodeCategories;
use unicode_normalization_alignments::UnicodeNormalization;

/// The characters of `text` as the vocabulary knows them: without control characters and accents, in lower
/// case, each Chinese character between spaces.
///
/// Categories and decompositions are those of the two crates that the reference uses, whose tables are older
/// than today's Unicode: newer ones give other tokens. Source: `BertNormalizer` of Hugging Face tokenizers
/// with the settings of all-MiniLM-L6-v2, `tokenizer.json`.
pub fn normal(text: &str) -> impl Iterator<Item = char> {
    let spaced = text.chars().filter_map(cleaned).flat_map(spaced);
    let bare = spaced.nfd().map(|(c, _)| c).filter(|c| !is_accent(*c));
    bare.flat_map(char::to_lowercase)
}

/// Whether `c` is a word of its own.
pub fn is_punctuation(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_punctuation() } else { !is_letter(c) && c.is_punctuation() }
}

fn is_accent(c: char) -> bool {
    !c.is_ascii() && !is_letter(c) && c.is_mark_nonspacing()
}

fn is_control(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_control() } else { !is_letter(c) && (c == '\u{fffd}' || c.is_other()) }
}

/// Whether `c` is of a block that holds letters only; the tables would say no eight times over.
fn is_letter(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

/// `None`: dropped. Of the control characters that are spaces too, only three count as spaces.
fn cleaned(c: char) -> Option<char> {
    match c {
        '\t' | '\n' | '\r' => Some(' '),
        c if is_control(c) => None,
        c if c.is_whitespace() => Some(' '),
        c => Some(c),
    }
}

fn spaced(c: char) -> impl Iterator<Item = char> {
    let space = is_chinese(c).then_some(' ');
    space.into_iter().chain([c]).chain(space)
}

/// The blocks that the reference takes for Chinese; it leaves out U+2B820 to U+2B91F.
fn is_chinese(c: char) -> bool {
    matches!(
        c,
        '\u{4e00}'..='\u{9fff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{20000}'..='\u{2a6df}'
            | '\u{2a700}'..='\u{2b73f}'
            | '\u{2b740}'..='\u{2b81f}'
            | '\u{2b920}'..='\u{2ceaf}'
            | '\u{f900}'..='\u{faff}'
            | '\u{2f800}'..='\u{2fa1f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(normal(text).collect::<String>(), expected);
    }

    #[test]
    fn accents_capitals_and_control_characters_go() {
        check("Ça\tVA\u{200b}\u{a0}Ünïcode\u{0}\u{fffd}\u{b}\u{85} İ", "ca va unicode i");
    }

    #[test]
    fn chinese_characters_stand_alone() {
        check("a北京", "a 北  京 ");
    }

    #[test]
    fn letters_are_nothing_else() {
        let of_tables = |c: char| c.is_punctuation() || c.is_mark_nonspacing() || c.is_other();
        assert!(!('\0'..=char::MAX).any(|c| is_letter(c) && of_tables(c)));
    }

    #[test]
    fn what_newer_unicode_calls_control_or_mark_stays() {
        // U+11F02 came with Unicode 15; the reference's tables know neither it nor its category.
        check("\u{11f02}", "\u{11f02}");
    }
}
