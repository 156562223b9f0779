//! ClickHouse's engine behind its HTTP interface, of one test.

use super::{Process, eventually, free_port, installed};
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct ClickHouse {
    pub port: u16,
    folder: PathBuf,
    process: Option<Process>,
}

/// What the server is to be told, so that few can ask it.
pub const PASSWORD: &str = "made-up-password";

impl ClickHouse {
    /// `None`, which it says aloud, where the engine could not be installed.
    pub async fn start(folder: &Path) -> Option<ClickHouse> {
        installed("clickhouse/bin/python")?;
        let mut server = ClickHouse { port: free_port(), folder: folder.to_path_buf(), process: None };
        server.come_back().await;
        Some(server)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Of its first process.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("it runs").id()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process.take().expect("it runs").kill();
    }

    /// Starts it on its old data and waits until it answers.
    pub async fn come_back(&mut self) {
        let serve = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/backends/clickhouse/serve.py");
        let mut python = Command::new(installed("clickhouse/bin/python").expect("it was there"));
        python.args([serve, &self.port.to_string()]).arg(self.folder.join("clickhouse")).arg(PASSWORD);
        self.process = Some(Process::start("clickhouse", &self.folder, &mut python));
        eventually("ClickHouse to answer", || async { self.try_ask("SELECT 1").await.ok() }).await;
    }

    /// What a query answers: a line for each row, its columns joined by tabs.
    pub async fn ask(&self, sql: &str) -> String {
        self.try_ask(sql).await.unwrap_or_else(|said| panic!("{sql}: {said}"))
    }

    async fn try_ask(&self, sql: &str) -> Result<String, String> {
        let request = super::client().post(self.url()).header("x-clickhouse-key", PASSWORD);
        let answer = request.body(sql.to_string()).send().await.map_err(|error| error.to_string())?;
        let fine = answer.status().is_success();
        let text = answer.text().await.map_err(|error| error.to_string())?;
        if fine { Ok(text) } else { Err(text) }
    }
}
