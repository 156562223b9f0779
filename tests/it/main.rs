//! The integration tests, one binary.
mod cli;
mod corpus;
mod layers;
mod otlp_clients;
mod shared;
mod support;
