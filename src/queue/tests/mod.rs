//! The queue as a whole, on real and on faulty disks.

mod dead;
mod whole;
