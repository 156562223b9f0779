//! Why a command did not do what it was asked, and the exit status that says so.

use crate::settings::Problem;
use std::io::{self, Write};

/// The exit status of a command that ran to its end.
pub type Outcome = Result<u8, Failure>;

pub const FINE: u8 = 0;
pub const REFUSED: u8 = 1;
pub const BAD_INPUT: u8 = 2;
pub const CANNOT_START: u8 = 3;

pub enum Failure {
    /// The configuration, with every problem it has.
    Refused(Vec<Problem>),
    /// What stdin, a file or the arguments hold is not what the command needs.
    BadInput(anyhow::Error),
    /// A port in use, a directory that cannot be written.
    CannotStart(anyhow::Error),
    /// Whoever read our output has seen enough, as in `sidelight calls | head`.
    Unheard,
}

impl Failure {
    pub fn status(&self) -> u8 {
        match self {
            Failure::Refused(_) => REFUSED,
            Failure::BadInput(_) => BAD_INPUT,
            Failure::CannotStart(_) => CANNOT_START,
            Failure::Unheard => FINE,
        }
    }

    /// Says what is wrong, each problem on a line of its own.
    pub fn report(&self, to: &mut dyn Write) -> io::Result<()> {
        match self {
            Failure::Refused(problems) => problems.iter().try_for_each(|problem| writeln!(to, "{problem}")),
            Failure::BadInput(error) | Failure::CannotStart(error) => writeln!(to, "sidelight: {error:#}"),
            Failure::Unheard => Ok(()),
        }
    }
}

/// Reading stdin or writing stdout went wrong.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Unheard,
            _ => Failure::BadInput(error.into()),
        }
    }
}
