//! What a fault of ours says: where it is, and never what its message quotes, which may be a prompt.

use std::io::{self, Write};
use std::panic::{self, Location};
use tracing::error;

/// Has every panic told by its place alone: as a log where there is one, else on stderr.
pub fn keep_quiet() {
    panic::set_hook(Box::new(|panic| {
        let at = place(panic.location());
        if tracing::dispatcher::has_been_set() {
            error!(at, "a fault in Sidelight; please report it with this place");
        } else {
            // Nobody may be there to read it.
            let _ = writeln!(io::stderr(), "sidelight: a fault at {at}; please report it with this place");
        }
    }));
}

/// File and line, without the folders of the machine that built it.
fn place(location: Option<&Location<'_>>) -> String {
    let Some(location) = location else {
        return "an unknown place".to_string();
    };
    let file = location.file();
    let inside = file.rfind("/src/").map_or(file, |at| &file[at + 1..]);
    format!("{inside}:{}", location.line())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_file_and_a_line() {
        let here = Location::caller();
        assert_eq!(place(Some(here)), format!("src/cli/fault.rs:{}", here.line()));
        assert_eq!(place(None), "an unknown place");
    }
}
