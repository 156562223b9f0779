//! What tests count to see that the work stays linear: steps of the automaton and candidates weighed.

use std::cell::Cell;

thread_local!(static DONE: Cell<usize> = const { Cell::new(0) });

pub fn add(n: usize) {
    DONE.set(DONE.get() + n);
}

/// What was counted on this thread since the last time.
pub fn take() -> usize {
    DONE.take()
}
