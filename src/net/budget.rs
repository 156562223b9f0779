//! One bound on the bytes in flight, shared by every connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many bytes may be held at once, by everybody together. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    held: AtomicUsize,
}

/// What one request holds of a [`Budget`]; dropping it gives everything back.
///
/// Bytes are taken here first and allocated afterwards, so a buffer never stands outside the bound.
#[derive(Debug)]
pub struct Hold {
    budget: Budget,
    bytes: usize,
}

/// Others hold too much at the moment; the sender should come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many bytes in flight")]
pub struct Full;

impl Budget {
    /// A budget of `most` bytes.
    pub fn new(most: usize) -> Budget {
        Budget(Arc::new(Shared { most, held: AtomicUsize::new(0) }))
    }

    /// Bytes held at this moment by all requests together.
    pub fn held(&self) -> usize {
        self.0.held.load(Ordering::Relaxed)
    }

    /// A hold of nothing yet.
    pub fn hold(&self) -> Hold {
        Hold { budget: self.clone(), bytes: 0 }
    }
}

impl Hold {
    /// Takes `bytes` more, or nothing at all.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Full> {
        let Shared { most, held } = &*self.budget.0;
        let fits = |now: usize| now.checked_add(bytes).filter(|then| then <= most);
        // Relaxed: the number guards no other memory.
        held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).map_err(|_| Full)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Gives `bytes` back. What is not held cannot be given back: more than that counts as all.
    pub fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.budget.0.held.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_takes_nothing() {
        let budget = Budget::new(10);
        let mut first = budget.hold();
        first.grow(7).unwrap();
        assert_eq!(budget.hold().grow(4), Err(Full));
        assert_eq!(budget.held(), 7);
        budget.hold().grow(3).unwrap();
    }

    #[test]
    fn everything_comes_back_when_a_hold_is_dropped() {
        let budget = Budget::new(10);
        let mut hold = budget.hold();
        hold.grow(10).unwrap();
        hold.shrink(4);
        assert_eq!(budget.held(), 6);
        drop(hold);
        assert_eq!(budget.held(), 0);
    }

    #[test]
    fn a_sum_past_the_number_range_does_not_fit() {
        let budget = Budget::new(usize::MAX);
        let mut hold = budget.hold();
        hold.grow(1).unwrap();
        assert_eq!(hold.grow(usize::MAX), Err(Full));
    }
}
