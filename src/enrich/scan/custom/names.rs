//! Names that users give to types and rules of their own.
//!
//! A name is kept for the life of the process, so that findings, marks and metrics refer to it as to one of the
//! table, and what was said under an earlier configuration is still known. There is room for a bounded number.

use std::sync::OnceLock;

/// Names of one sort, each once.
pub struct Names([OnceLock<&'static str>; MOST]);

/// So many names a process may ever hear of: a file has at most half of it.
const MOST: usize = 512;

/// Types of personal data and secrets.
pub static TYPES: Names = Names([const { OnceLock::new() }; MOST]);
/// Rules for injections.
pub static RULES: Names = Names([const { OnceLock::new() }; MOST]);

impl Names {
    /// The kept name; `None` where there is no room for another one.
    pub fn keep(&self, name: &str) -> Option<&'static str> {
        let kept = |slot: &OnceLock<&'static str>| *slot.get_or_init(|| String::from(name).leak());
        self.0.iter().map(kept).find(|kept| *kept == name)
    }

    /// The name, if somebody gave it.
    pub fn find(&self, name: &str) -> Option<&'static str> {
        self.all().find(|kept| *kept == name)
    }

    /// Every name that was given, in order.
    pub fn all(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map_while(|slot| slot.get().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once_and_there_is_a_last_one() {
        static FEW: Names = Names([const { OnceLock::new() }; MOST]);
        let first = FEW.keep("ONE");
        assert_eq!((first, FEW.keep("ONE"), FEW.find("TWO")), (Some("ONE"), Some("ONE"), None));
        (1..MOST).for_each(|n| assert!(FEW.keep(&n.to_string()).is_some()));
        assert_eq!((FEW.keep("one more"), FEW.keep("ONE")), (None, Some("ONE")));
        assert_eq!(FEW.all().count(), MOST);
    }
}
