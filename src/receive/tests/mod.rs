//! The receivers against real sockets: every answer to the letter.

mod config;
mod connections;
mod grpc;
mod http;
pub(super) mod support;
