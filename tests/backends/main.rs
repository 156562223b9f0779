//! Stories with real parts: a Python app in front, real stores behind. `make test-backends` installs them first.
//!
//! Each test starts its own processes on free ports of loopback in its own folder, and stops them.

#[allow(dead_code, reason = "the benchmark of the stores stands on the same parts")]
mod support;

mod clickhouse;
mod collector;
mod dashboards;
#[cfg(feature = "kafka")]
mod fleet;
mod jaeger;
#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "kafka")]
mod logs;
mod page;
#[cfg(feature = "kafka")]
mod poison;
mod postgres;
mod prometheus;
mod queries;
#[cfg(feature = "kafka")]
mod scale;
mod tempo;
mod tls;
mod toxiproxy;
mod vectors;
