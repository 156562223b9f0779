//! Settings that are one of a few words.

use super::nearest::nearest;

/// The value that stands beside `text`. `Err` lists the words: `expected fsync, os or memory`.
pub fn one_of<T: Clone>(text: &str, words: &[(&'static str, T)]) -> Result<T, String> {
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(value.clone());
    }
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let mut expected = match names.split_last() {
        Some((last, [])) => last.to_string(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => "nothing".to_string(),
    };
    if let Some(near) = nearest(text, names) {
        expected.push_str(&format!(" (did you mean {near}?)"));
    }
    Err(expected)
}

/// Makes an enum of plain variants a [`Setting`](super::Setting) that is shown by the same words:
/// `choices!(Durability { Fsync = "fsync", Os = "os", Memory = "memory" });`
macro_rules! choices {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $crate::settings::Setting for $name {
            fn parse(text: &str) -> Result<Self, String> {
                $crate::settings::one_of(text, &[$(($word, $name::$variant)),+])
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(match self { $($name::$variant => $word),+ })
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
    };
}
pub(crate) use choices;
