//! What one value can be read as.

use crate::units::{self, Size};
use std::fmt;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

/// A value that a part can read out of one scalar of the configuration.
pub trait Setting: Sized {
    /// Reads a scalar as written, quotes and `${…}` undone. `Err` says what was expected, such as
    /// `a duration like 5s or 500ms`.
    fn parse(text: &str) -> Result<Self, String>;
}

/// Text that must never be shown: prints as `****` everywhere, `{:?}` and serialisation included.
/// An empty one shows as empty, so that `print-config` says whether it is set.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl Secret {
    fn mask(&self) -> &'static str {
        if self.0.is_empty() { "" } else { "****" }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mask())
    }
}

impl serde::Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.mask())
    }
}

impl Setting for Secret {
    fn parse(text: &str) -> Result<Secret, String> {
        Ok(Secret(text.to_string()))
    }
}

impl Setting for String {
    fn parse(text: &str) -> Result<String, String> {
        Ok(text.to_string())
    }
}

impl Setting for PathBuf {
    fn parse(text: &str) -> Result<PathBuf, String> {
        Ok(PathBuf::from(text))
    }
}

impl Setting for bool {
    fn parse(text: &str) -> Result<bool, String> {
        text.parse().map_err(|_| "true or false".to_string())
    }
}

impl Setting for Duration {
    fn parse(text: &str) -> Result<Duration, String> {
        units::parse_duration(text).ok_or_else(|| "a duration like 500ms, 5s or 1h".to_string())
    }
}

impl Setting for Size {
    fn parse(text: &str) -> Result<Size, String> {
        Size::parse(text).ok_or_else(|| "a size like 512, 64KiB or 2GiB".to_string())
    }
}

impl Setting for f64 {
    fn parse(text: &str) -> Result<f64, String> {
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| "a number".to_string())
    }
}

/// `None` stays where the key is absent or `null`.
impl<T: Setting> Setting for Option<T> {
    fn parse(text: &str) -> Result<Option<T>, String> {
        T::parse(text).map(Some)
    }
}

macro_rules! whole_numbers {
    ($($number:ident),+) => {$(
        impl Setting for $number {
            fn parse(text: &str) -> Result<$number, String> {
                let range = || format!("a whole number from {} to {}", $number::MIN, $number::MAX);
                text.parse().map_err(|_| range())
            }
        }
    )+};
}
whole_numbers!(u8, u16, u32, u64, usize, i32, i64, NonZeroU32, NonZeroU64, NonZeroUsize);
