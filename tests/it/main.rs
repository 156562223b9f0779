//! The integration tests, one binary.
mod calls;
mod cli;
mod corpus;
mod corpus_agent;
mod corpus_enrich;
mod corpus_wire;
mod detect;
mod embed;
mod kill;
mod layers;
mod line;
mod manage;
mod otlp_clients;
mod reload;
mod sampling;
mod shared;
mod support;
