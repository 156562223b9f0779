//! The plus signs of forms and queries: `card=4111+1111+1111+1111` is one number in four groups.
//!
//! Everywhere else a plus is itself: in addresses (`jane+shop@example.com`), in base64 and in sums. So only those
//! count that part groups as numbers are written in, in what was given as a value.
//!
//! Source: WHATWG URL Standard, application/x-www-form-urlencoded.

/// Looks at the pluses of one text, from its beginning to its end.
#[derive(Default)]
pub struct Form {
    /// The plus last looked at.
    last: usize,
    /// Whether it stands in a value.
    in_value: bool,
}

/// No group of a card's or an account's number is longer.
const LONGEST: usize = 6;

impl Form {
    /// Whether the plus at `at` stands for a space.
    pub fn is_space(&mut self, bytes: &[u8], at: usize) -> bool {
        let before = bytes[..at].iter().rev().take(LONGEST + 1).take_while(|b| is_grouped(**b)).count();
        let after = bytes[at + 1..].iter().take(LONGEST + 1).take_while(|b| is_grouped(**b)).count();
        let groups = &bytes[at - before..at + 1 + after];
        let end = &bytes[at + 1 + after..];
        (2..=LONGEST).contains(&before)
            && (1..=LONGEST).contains(&after)
            && groups.iter().any(u8::is_ascii_digit)
            && !at.checked_sub(before + 1).is_some_and(|i| bytes[i].is_ascii_alphanumeric())
            && !end.first().is_some_and(|b| b.is_ascii_alphanumeric() || b"@=/._-".contains(b))
            && !end.starts_with(b"%40")
            && self.in_value(bytes, at)
    }

    /// Each byte is looked at once, however many pluses there are.
    fn in_value(&mut self, bytes: &[u8], at: usize) -> bool {
        let since = std::mem::replace(&mut self.last, at);
        if let Some(other) = bytes[since..at].iter().rev().find(|b| !is_encoded(**b)) {
            self.in_value = *other == b'=';
        }
        self.in_value
    }
}

fn is_grouped(byte: u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase()
}

/// What a value may be made of once it is encoded.
fn is_encoded(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+%.*_~-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::super::fold;

    fn check(text: &str, expected: &str) {
        let folded = fold(text).map_or_else(|| text.to_string(), |shadow| shadow.text);
        assert_eq!(folded, expected);
    }

    #[test]
    fn a_plus_between_the_groups_of_a_number_is_a_space() {
        check("?q=my+card+is+4111+1111+1111+1111&x=1", "?q=my+card+is+4111 1111 1111 1111&x=1");
        check("iban=GB82+WEST+1234+5698+7654+32", "iban=GB82 WEST 1234 5698 7654 32");
        check("c=3782+822463+10005", "c=3782 822463 10005");
        check(r#"{"body":"tel=%2B44+20+7946+0958"}"#, r#"{"body":"tel=+44 20 7946 0958"}"#);
    }

    #[test]
    fn any_other_plus_is_itself() {
        check("4155+2671 is a sum", "4155+2671 is a sum");
        check("a=1&f(4155+2671)", "a=1&f(4155+2671)");
        check("to=12+34@example.com", "to=12+34@example.com");
        check("key=wJal+rXUtnFEMI/K7MDENG+bPxRfiCY", "key=wJal+rXUtnFEMI/K7MDENG+bPxRfiCY");
        check("x=1234567+12", "x=1234567+12");
    }
}
