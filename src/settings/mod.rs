//! The configuration as parts read it: a tree that keeps positions, and a list of problems.
//!
//! A part starts from its own `Default` and lets a [`Section`] overwrite what the user has set:
//!
//! ```ignore
//! impl Config {
//!     pub fn read(&mut self, section: &mut Section<'_>) {
//!         section.get("max_size", &mut self.max_size);
//!         section.get("max_age", &mut self.max_age);
//!     }
//! }
//! ```
//!
//! Whatever key was never asked for is reported as unknown, with the nearest name that was. Every
//! problem carries file, line and full key, and one run shows all of them.

use std::fmt;

/// One mapping of the configuration, being read by the part that owns it.
pub struct Section<'a> {
    _tree: std::marker::PhantomData<&'a ()>,
}

/// A value that a part can read out of one scalar or list of the configuration.
pub trait Setting: Sized {
    /// Reads a scalar as written, quotes and `${…}` undone. `Err` says what was expected, such as
    /// `a duration like 5s or 500ms`.
    fn parse(text: &str) -> Result<Self, String>;
}

/// Text that must never be shown: prints as `****` everywhere, `{:?}` and serialisation included.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

impl Section<'_> {
    /// Overwrites `into` if `key` is set to something readable; a bad value becomes a problem.
    pub fn get<T: Setting>(&mut self, key: &'static str, into: &mut T) {
        let _ = (key, into);
        todo!()
    }

    /// As [`Section::get`] for a list of scalars; one scalar is a list of one.
    pub fn list<T: Setting>(&mut self, key: &'static str, into: &mut Vec<T>) {
        let _ = (key, into);
        todo!()
    }

    /// As [`Section::get`] for a map of scalars, such as `headers`.
    pub fn map<T: Setting>(&mut self, key: &'static str, into: &mut std::collections::BTreeMap<String, T>) {
        let _ = (key, into);
        todo!()
    }

    /// Lets `read` read the mapping under `key`. An absent key or `null` leaves the defaults, and
    /// `read` is called with an empty section so that known keys are known.
    pub fn section(&mut self, key: &'static str, read: impl FnOnce(&mut Section<'_>)) {
        let _ = (key, read);
        todo!()
    }

    /// Whether `key` is given at all, `null` included.
    pub fn has(&self, key: &str) -> bool {
        let _ = key;
        todo!()
    }

    /// Adds a problem with `key` of this section (`""`: with the section itself).
    pub fn problem(&mut self, key: &str, text: impl fmt::Display) {
        let _ = (key, text.to_string());
        todo!()
    }
}
