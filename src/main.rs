//! The binary: reads the environment and exits; everything else is in the library.

use std::process::ExitCode;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let environment = std::env::vars_os().collect();
    ExitCode::from(sidelight::cli::main(std::env::args_os(), &environment))
}
