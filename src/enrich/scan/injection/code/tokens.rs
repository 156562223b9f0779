//! A value in pieces, as a database or a template would see it.

/// One piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token<'a> {
    Word(&'a str),
    Number(&'a str),
    /// A quote, a bracket, an operator: one character, but `||`, `&&`, `--`, `/*`, `<=` and the like are two.
    Sign(&'a str),
}

impl Token<'_> {
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Token::Word(w) if w.eq_ignore_ascii_case(word))
    }

    pub fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|w| self.is(w))
    }

    pub fn is_sign(&self, signs: &[&str]) -> bool {
        matches!(self, Token::Sign(s) if signs.contains(s))
    }
}

/// The text in pieces; `/*…*/` counts as a blank, as it does to a database, and so does the opening of a
/// `/*!…*/`. An apostrophe inside of an English word is part of it.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
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
            b if is_word(&b) => {
                i += run(is_word);
                i += contraction(&bytes[i..]);
                all.push(Token::Word(&text[start..i]));
            }
            b'/' if bytes[i..].starts_with(b"/*!") => {
                i += 3;
                i += bytes[i..].iter().take_while(|b| b.is_ascii_digit()).count();
            }
            b'/' if bytes[i..].starts_with(b"/*") => {
                let end = text[i + 2..].find("*/").map(|n| i + 2 + n + 2);
                if end.is_none() {
                    all.push(Token::Sign("/*"));
                }
                i = end.unwrap_or(bytes.len());
            }
            b if b.is_ascii_whitespace() || b.is_ascii_control() => i += 1,
            _ => {
                let two = bytes.get(i..i + 2).is_some_and(|t| {
                    matches!(t, b"||" | b"&&" | b"--" | b"<>" | b"!=" | b"<=" | b">=" | b"==" | b":=")
                });
                i += if two { 2 } else { text[i..].chars().next().map_or(1, char::len_utf8) };
                all.push(Token::Sign(&text[start..i]));
            }
        }
    }
    all
}

fn is_word(b: &u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'$' | b'@') || !b.is_ascii()
}

/// How long the `'s`, `'t`, `'re` at the start of `rest` is.
fn contraction(rest: &[u8]) -> usize {
    let endings: [&[u8]; 7] = [b"'s", b"'t", b"'re", b"'ve", b"'ll", b"'d", b"'m"];
    let ends = |n: usize| rest.get(n).is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'=');
    endings
        .iter()
        .find(|e| rest.get(..e.len()).is_some_and(|r| r.eq_ignore_ascii_case(e)) && ends(e.len()))
        .map_or(0, |e| e.len())
}
