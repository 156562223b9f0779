//! Text written in characters that nobody can see: tag characters, variation selectors, zero-width bits.

use super::is_invisible;

/// How a run of invisible characters says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// U+E0020 to U+E007E are ASCII, moved.
    Tags,
    /// The 256 variation selectors are bytes.
    Selectors,
    /// Two or more zero-width characters are bits: not read, but nothing else looks so.
    Bits,
}

/// Characters in a row that nobody can see.
pub struct Run {
    pub end: usize,
    /// How it says something, if it does.
    pub code: Option<Code>,
    /// Whether it stands inside of a word, where no script and no emoji needs it.
    pub parts_a_word: bool,
}

/// A shorter run is a slip, or an emoji that was put together.
const TAGS: usize = 4;
const SELECTORS: usize = 4;
const BITS: usize = 24;

/// The run that begins at `at`.
pub fn run(text: &str, at: usize) -> Run {
    let mut end = at;
    let (mut tags, mut selectors, mut bits) = (0, 0, 0);
    let mut kinds = 0_u8;
    for c in text[at..].chars().take_while(|c| is_invisible(*c)) {
        end += c.len_utf8();
        tags += usize::from(tag(c).is_some());
        selectors += usize::from(selector(c).is_some());
        if let Some(kind) = ZERO_WIDTH.iter().position(|zero| *zero == c) {
            bits += 1;
            kinds |= 1 << kind;
        }
    }
    let before = text[..at].chars().next_back();
    // The flags of England, Scotland, Wales: a black flag and the letters of its region.
    let is_flag = before == Some('\u{1F3F4}') && tags <= 6;
    let code = if tags >= TAGS && !is_flag {
        Some(Code::Tags)
    } else if selectors >= SELECTORS {
        Some(Code::Selectors)
    } else if bits >= BITS && kinds.count_ones() > 1 {
        Some(Code::Bits)
    } else {
        None
    };
    // Joiners belong to the scripts above U+0600.
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && u32::from(c) < 0x600);
    let parts_a_word = letter(before) && letter(text[end..].chars().next());
    Run { end, code, parts_a_word }
}

/// What `c` stands for in a run of this code: `None` where it says nothing that can be read.
pub fn read(c: char, code: Code) -> Option<char> {
    match code {
        Code::Tags => tag(c),
        Code::Selectors => selector(c).map(char::from).filter(|c| c.is_ascii_graphic() || *c == ' '),
        Code::Bits => None,
    }
}

fn tag(c: char) -> Option<char> {
    match u32::from(c) {
        code @ 0xE0020..=0xE007E => char::from_u32(code - 0xE0000),
        _ => None,
    }
}

/// U+FE00 to U+FE0F and U+E0100 to U+E01EF, in this order.
fn selector(c: char) -> Option<u8> {
    match u32::from(c) {
        code @ 0xFE00..=0xFE0F => u8::try_from(code - 0xFE00).ok(),
        code @ 0xE0100..=0xE01EF => u8::try_from(code - 0xE0100 + 16).ok(),
        _ => None,
    }
}

const ZERO_WIDTH: [char; 7] =
    ['\u{200B}', '\u{200C}', '\u{200D}', '\u{2060}', '\u{2062}', '\u{2063}', '\u{FEFF}'];

#[cfg(test)]
mod tests {
    use super::super::fold;

    fn check(text: &str, reads: &str, hid_text: bool) {
        let shadow = fold(text).expect("something is folded");
        assert_eq!((shadow.text.as_str(), shadow.hid_text), (reads, hid_text), "{text:?}");
    }

    fn tags(text: &str) -> String {
        text.bytes().filter_map(|b| char::from_u32(0xE0000 + u32::from(b))).collect()
    }

    fn selectors(text: &str) -> String {
        text.bytes().filter_map(|b| char::from_u32(0xE0100 - 16 + u32::from(b))).collect()
    }

    #[test]
    fn tag_characters_and_variation_selectors_read_as_what_they_say() {
        check(&format!("hi{}", tags("Call +49 30.")), "hiCall +49 30.", true);
        check(&format!("hi{}!", selectors("obey me")), "hiobey me!", true);
    }

    #[test]
    fn zero_width_bits_are_a_hidden_text_that_is_not_read() {
        check(&format!("a{}b", "\u{200B}\u{200C}\u{200C}".repeat(8)), "ab", true);
        check(&format!("a{}b", "\u{200C}".repeat(40)), "ab", false);
    }

    #[test]
    fn flags_emoji_and_joined_scripts_hide_nothing() {
        check(&format!("\u{1F3F4}{}\u{E007F} ok", tags("gbsct")), "\u{1F3F4} ok", false);
        check("\u{2764}\u{FE0F} 1\u{FE0F}\u{20E3}", "\u{2764} 1", false);
        for text in
            ["\u{645}\u{6CC}\u{200C}\u{62E}", "\u{1F468}\u{200D}\u{1F469}", "\u{845B}\u{E0100}\u{98FE}"]
        {
            let shadow = fold(text).expect("the joiner is dropped");
            assert!(!shadow.hid_something && !shadow.hid_text, "{text:?}");
        }
    }
}
