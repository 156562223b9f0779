//! What several tests stand on.
pub mod agent;
pub mod flood;
pub mod pack;
pub mod process;
pub mod spans;
#[allow(dead_code, reason = "a full set of ways to misbehave is easier to read than what is in use today")]
pub mod upstream;
pub mod wire;
