//! Sizes as people write them: `64MiB`, `20 MB`, `512`.

use std::fmt;

/// A number of bytes. Reads `512`, `64KiB`, `64MiB`, `2GiB` and the decimal `kB`, `MB`, `GB`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(pub u64);

impl Size {
    pub const fn kib(n: u64) -> Size {
        Size(n << 10)
    }

    pub const fn mib(n: u64) -> Size {
        Size(n << 20)
    }

    pub const fn gib(n: u64) -> Size {
        Size(n << 30)
    }
}

impl fmt::Display for Size {
    /// The largest binary unit that divides it: `2GiB`, `1536MiB`, `10B`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Size(n) = *self;
        for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
            if n != 0 && n % (1 << shift) == 0 {
                return write!(f, "{}{unit}", n >> shift);
            }
        }
        write!(f, "{n}B")
    }
}
