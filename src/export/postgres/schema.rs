//! The schema: shipped as migrations, applied by us or by hand.

use super::Config;
use super::failure::Failure;
use super::session::{self, Target};
use crate::export::BoxError;
use crate::export::store::{Schema, Table};
use futures_util::future::BoxFuture;
use std::fmt::Write;
use tokio_postgres::Client;

/// Each brings a table of the version before it up to its own, counted from 1. None is ever changed once it was
/// released: what comes later is a further one.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../schema/postgres/0001_predecessor.sql"),
    include_str!("../../../schema/postgres/0002_sidelight.sql"),
];

/// Where pgvector is there.
const VECTORS: &str = include_str!("../../../schema/postgres/vectors.sql");

/// Where the version of each table is written down, beside it.
const VERSIONS: &str = "sidelight_schema";

/// The schema of one exporter's table.
pub struct Made(pub Config);

impl Schema for Made {
    fn store(&self) -> &'static str {
        "postgres"
    }

    fn sql(&self) -> String {
        let table = &self.0.table;
        let mut sql = String::from(
            "-- Without pgvector: leave out the lines that name it, and write real[] for vector(384).\n\
             BEGIN;\nCREATE EXTENSION IF NOT EXISTS vector;\n",
        );
        for migration in MIGRATIONS.iter().chain([&VECTORS]) {
            sql += &filled(migration, table, true);
        }
        let default = table.beside('"', &format!("{}_default", table.name()));
        writeln!(sql, "CREATE TABLE IF NOT EXISTS {default} PARTITION OF {} DEFAULT;", table.quoted('"'))
            .expect("a string takes all");
        writeln!(sql, "{};\n{};\nCOMMIT;", versions(table), booked(table)).expect("a string takes all");
        sql
    }

    fn apply(&self) -> BoxFuture<'_, Result<Vec<String>, BoxError>> {
        Box::pin(async move {
            let target = Target::new(&self.0)?;
            let partitions = &self.0.partitions;
            let done = session::once(&target, async |client: &mut Client| {
                let mut done = apply(client, &target.table).await?;
                super::partitions::maintain(client, &target.table, partitions).await?;
                let vectors =
                    if has_vectors(client, &target.table).await? { "by pgvector" } else { "as real[]" };
                done.push(format!("{}: vectors are kept {vectors}", target.table));
                Ok(done)
            });
            Ok(done.await?)
        })
    }
}

/// What an exporter does on its own: makes the table where there is none, and brings one up to date that was made
/// by us. Another's table is not touched without being asked, since its columns would be written anew.
pub async fn keep_up(client: &Client, table: &Table) -> Result<(), Failure> {
    let (exists, version) = version(client, table).await?;
    let ours_and_old = version.is_some_and(|version| version < current());
    if !exists || ours_and_old {
        apply(client, table).await?;
    }
    Ok(())
}

/// Brings the table to the current version, whoever made it. Says what was done, a line each.
async fn apply(client: &Client, table: &Table) -> Result<Vec<String>, Failure> {
    client.batch_execute("BEGIN").await?;
    // Gateways that start at the same time wait for each other here.
    client
        .query_one(
            "SELECT pg_advisory_xact_lock(hashtext('sidelight schema'), hashtext($1))",
            &[&table.quoted('"')],
        )
        .await?;
    let vectors = with_pgvector(client).await?;
    let (exists, version) = version(client, table).await?;
    let from = version.unwrap_or(0);
    for migration in MIGRATIONS.iter().skip(usize::try_from(from).unwrap_or(0)) {
        client.batch_execute(&filled(migration, table, vectors)).await?;
    }
    if has_vectors(client, table).await? {
        client.batch_execute(&filled(VECTORS, table, true)).await?;
    }
    client.batch_execute(&format!("{}; {}; COMMIT", versions(table), booked(table))).await?;
    let did = match (exists, from < current()) {
        (false, _) => format!("{table}: made, version {}", current()),
        (true, true) => format!("{table}: brought from version {from} to {}", current()),
        (true, false) => format!("{table}: is at version {from}"),
    };
    Ok(vec![did])
}

/// Whether vectors can be columns; pgvector is installed into the database where we may.
async fn with_pgvector(client: &Client) -> Result<bool, Failure> {
    let installed = || client.query_opt("SELECT FROM pg_extension WHERE extname = 'vector'", &[]);
    if installed().await?.is_some() {
        return Ok(true);
    }
    if client.query_opt("SELECT FROM pg_available_extensions WHERE name = 'vector'", &[]).await?.is_none() {
        return Ok(false);
    }
    client.batch_execute("SAVEPOINT extension").await?;
    if client.batch_execute("CREATE EXTENSION vector").await.is_err() {
        // Some databases let only a superuser do it.
        client.batch_execute("ROLLBACK TO SAVEPOINT extension").await?;
    }
    Ok(installed().await?.is_some())
}

/// Whether the table keeps its vectors by pgvector.
async fn has_vectors(client: &Client, table: &Table) -> Result<bool, Failure> {
    const IS_VECTOR: &str = "\
        SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid \
        WHERE a.attrelid = to_regclass($1) AND a.attname = 'prompt_embedding' AND t.typname = 'vector'";
    Ok(client.query_opt(IS_VECTOR, &[&table.quoted('"')]).await?.is_some())
}

/// Whether the table is there, and its version where it has one.
async fn version(client: &Client, table: &Table) -> Result<(bool, Option<i32>), Failure> {
    let books = table.beside('"', VERSIONS);
    let there = client
        .query_one(
            "SELECT to_regclass($1) IS NOT NULL, to_regclass($2) IS NOT NULL",
            &[&table.quoted('"'), &books],
        )
        .await?;
    let (exists, booked): (bool, bool) = (there.try_get(0)?, there.try_get(1)?);
    if !exists || !booked {
        return Ok((exists, None));
    }
    let find = format!("SELECT version FROM {books} WHERE table_name = $1");
    let row = client.query_opt(&find, &[&table.name()]).await?;
    Ok((true, row.map(|row| row.try_get(0)).transpose()?))
}

fn current() -> i32 {
    MIGRATIONS.len() as i32
}

fn filled(sql: &str, table: &Table, vectors: bool) -> String {
    let vector = if vectors { "vector(384)" } else { "real[]" };
    sql.replace("{table}", &table.quoted('"')).replace("{name}", table.name()).replace("{vector}", vector)
}

fn versions(table: &Table) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {} (table_name text PRIMARY KEY, version integer NOT NULL, \
         updated_at timestamptz NOT NULL DEFAULT now())",
        table.beside('"', VERSIONS)
    )
}

fn booked(table: &Table) -> String {
    format!(
        "INSERT INTO {} AS known (table_name, version) VALUES ('{}', {}) \
         ON CONFLICT (table_name) DO UPDATE SET version = greatest(known.version, excluded.version), updated_at = now()",
        table.beside('"', VERSIONS),
        table.name(),
        current()
    )
}
