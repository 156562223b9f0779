//! Work that is too long for a socket's thread: at most one piece a core at a time, panics caught.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// So many pieces of work at a time; more wait their turn. Cloning shares it.
#[derive(Clone)]
pub struct Pool(Arc<Semaphore>);

/// The work panicked. What it said was written by the panic hook; it is never passed on, since it
/// could quote content.
#[derive(Debug)]
pub struct Panicked;

impl Pool {
    /// As many at a time as there are cores.
    pub fn new() -> Pool {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Pool(Arc::new(Semaphore::new(cores)))
    }

    /// Runs `work` on a thread that may block. If the caller goes away the work still ends.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let turn = Arc::clone(&self.0).acquire_owned().await.expect("the semaphore is never closed");
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            here(work)
        });
        // A task that blocks cannot be cancelled, except by the end of the runtime.
        done.await.unwrap_or(Err(Panicked))
    }
}

/// Runs `work` here and now.
///
/// What it worked on is dropped with the panic, so no half-done state is seen afterwards.
pub fn here<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Panicked)
}
