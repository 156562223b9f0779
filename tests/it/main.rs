//! The integration tests, one binary.
mod calls;
mod cli;
mod corpus;
mod corpus_enrich;
mod detect;
mod layers;
mod otlp_clients;
mod shared;
mod support;
