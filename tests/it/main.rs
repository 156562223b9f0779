//! The integration tests, one binary.
mod cli;
mod layers;
mod otlp_clients;
mod support;
