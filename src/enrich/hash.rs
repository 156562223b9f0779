//! The hash of a prompt: equal prompts are known by it, and nothing of them is told.

use crate::llm::Call;
use sha2::{Digest, Sha256};

/// SHA-256 of [`Call::prompt_text`] in UTF-8, as 64 lower-case hex digits; `None` where there is no user
/// text.
pub fn prompt_sha256(call: &Call<'_>) -> Option<String> {
    Some(sha256_hex(call.prompt_text()?.as_bytes()))
}

pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.map(|half| char::from_digit(u32::from(half), 16).expect("a half byte")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::{Part, Role, Side, Text};

    #[test]
    fn the_hash_is_of_the_last_user_turn() {
        let text = |role, message, text: &'static str| Text {
            role,
            side: Side::Input,
            message,
            text: text.into(),
            part: Part::Plain,
            leaf: 0..0,
            shared: false,
        };
        let texts = vec![text(Role::System, 0, "be brief"), text(Role::User, 1, "abc")];
        let call = Call { texts: texts.into(), ..Call::default() };
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(prompt_sha256(&call).as_deref(), Some(abc));
        assert_eq!(prompt_sha256(&Call::default()), None);
    }
}
