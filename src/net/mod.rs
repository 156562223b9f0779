//! Listeners, TLS, auth, and bodies that cannot grow past a bound. Knows bytes and connections only.

pub mod auth;
pub mod body;
pub mod budget;
pub mod converse;
pub mod cors;
pub mod decode;
pub mod listen;
pub mod patient;
pub mod tls;
