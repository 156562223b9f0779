//! The metrics of the process and of the build, under the names that Prometheus clients share.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

/// Read from the system at each scrape; what a system does not tell stays 0.
pub struct Process {
    /// User and system CPU time spent, in seconds.
    cpu: Counter,
    /// Open file descriptors.
    open_fds: Gauge,
    /// The most file descriptors that may be open.
    max_fds: Gauge,
    /// Virtual memory, in bytes.
    virtual_memory: Gauge,
    /// Resident memory, in bytes.
    resident_memory: Gauge,
    /// Start of the process, in seconds since 1970.
    start: Gauge,
    /// Threads of the operating system.
    threads: Gauge,
}

impl Process {
    pub fn new() -> Process {
        super::stderr::describe();
        describe_gauge!("sidelight_build_info", "What was built: its version; always 1.");
        gauge!("sidelight_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        describe_counter!("process_cpu_seconds_total", "User and system CPU time spent, in seconds.");
        describe_gauge!("process_open_fds", "Open file descriptors.");
        describe_gauge!("process_max_fds", "The most file descriptors that may be open.");
        describe_gauge!("process_virtual_memory_bytes", "Virtual memory, in bytes.");
        describe_gauge!("process_resident_memory_bytes", "Resident memory, in bytes.");
        describe_gauge!("process_start_time_seconds", "Start of the process, in seconds since 1970.");
        describe_gauge!("process_threads", "Threads of the operating system.");
        Process {
            cpu: counter!("process_cpu_seconds_total"),
            open_fds: gauge!("process_open_fds"),
            max_fds: gauge!("process_max_fds"),
            virtual_memory: gauge!("process_virtual_memory_bytes"),
            resident_memory: gauge!("process_resident_memory_bytes"),
            start: gauge!("process_start_time_seconds"),
            threads: gauge!("process_threads"),
        }
    }

    /// Looks everything up now.
    pub fn collect(&self) {
        let now = metrics_process::collector::collect();
        // Whole seconds: counters are integers here, and a rate over a minute can bear it.
        self.cpu.absolute(now.cpu_seconds_total.unwrap_or_default() as u64);
        self.open_fds.set(now.open_fds.unwrap_or_default() as f64);
        self.max_fds.set(now.max_fds.unwrap_or_default() as f64);
        self.virtual_memory.set(now.virtual_memory_bytes.unwrap_or_default() as f64);
        self.resident_memory.set(now.resident_memory_bytes.unwrap_or_default() as f64);
        self.start.set(now.start_time_seconds.unwrap_or_default() as f64);
        self.threads.set(now.threads.unwrap_or_default() as f64);
    }
}
