//! The configuration as parts read it: a tree that keeps positions, and a list of problems.
//!
//! A part starts from its own `Default` and lets a [`Section`] overwrite what the user has set:
//!
//! ```
//! use sidelight::{settings, units::Size};
//!
//! let (mut max_size, mut max_age) = (Size::gib(2), std::time::Duration::from_secs(86_400));
//! let problems = settings::read_text("sidelight.yaml", "max_size: 64MiB\nmax_ages: 3d\n", |section| {
//!     section.get("max_size", &mut max_size);
//!     section.get("max_age", &mut max_age);
//! });
//! assert_eq!(max_size, Size::mib(64));
//! assert_eq!(problems[0].to_string(), "sidelight.yaml:2: max_ages: unknown key; did you mean max_age?");
//! ```
//!
//! Whatever key was never asked for is reported as unknown, with the nearest name that was. Every
//! problem carries file, line and full key, and one run shows all of them.

mod choices;
mod host_port;
mod nearest;
mod problem;
mod section;
mod setting;
mod tree;
mod yaml;

pub(crate) use choices::choices;
pub use choices::one_of;
pub use host_port::HostPort;
pub use nearest::nearest;
pub use problem::Problem;
pub use section::{Component, Section, read};
pub use setting::{Secret, Setting};
pub use tree::{Entry, Node, Origin, Scalar, Value};
pub use yaml::parse;

/// What is said to those who ask for Kafka of a build that has none.
pub const NO_KAFKA: &str = "this build has no Kafka: it needs the cargo feature `kafka`";

/// Reads a whole YAML text, such as a price file, and gives every problem with it, sorted by position.
///
/// `name` is what problems call the text. Where the YAML itself is broken `take` is not called.
pub fn read_text(name: &str, text: &str, take: impl FnOnce(&mut Section<'_>)) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(root) = parse(&Origin::source(0, name), text, &mut problems) {
        problems.extend(read(&root, take));
    }
    problems.sort();
    problems
}

/// The problems that [`read_text`] finds in `c.yaml`, a line each: what tests of parts compare.
#[cfg(test)]
pub fn problems(text: &str, take: impl FnOnce(&mut Section<'_>)) -> String {
    read_text("c.yaml", text, take).iter().map(|problem| format!("{problem}\n")).collect()
}

#[cfg(test)]
mod tests;
