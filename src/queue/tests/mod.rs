//! The queue as a whole, on real and on faulty disks.

mod whole;
