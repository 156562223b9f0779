//! The queue as a whole, on real and on faulty disks.

mod dead;
mod fault;
mod faults;
mod lanes;
mod limits;
mod model;
mod power;
mod rig;
mod tools;
mod torn;
mod whole;
