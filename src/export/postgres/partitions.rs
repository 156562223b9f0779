//! Partitions by time: made ahead, and dropped when they are old.
//!
//! A row whose time has no partition, since some clock is far off, stands in the default one. Nothing is lost by a
//! partition that is missing; it is only slower to drop.

use super::failure::Failure;
use crate::export::store::Table;
use crate::settings::{Section, choices};
use crate::units::serialize_duration;
use std::time::Duration;
use tokio_postgres::Client;
use tracing::info;

/// The section `partitions`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Partitions {
    /// How much time one holds.
    pub by: By,
    /// For how much time to come there are some.
    #[serde(serialize_with = "serialize_duration")]
    pub ahead: Duration,
    /// Those that end longer ago are dropped, and what is older in the default one; 0: none ever.
    #[serde(serialize_with = "serialize_duration")]
    pub keep: Duration,
}

/// How much time a partition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Day,
    Month,
}

choices!(By { Day = "day", Month = "month" });

const DAY: Duration = Duration::from_secs(86_400);

/// As many as this could be made in one go.
const MOST_AHEAD: Duration = Duration::from_secs(400 * 86_400);

impl Default for Partitions {
    fn default() -> Partitions {
        Partitions { by: By::Day, ahead: 7 * DAY, keep: Duration::ZERO }
    }
}

impl Partitions {
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("by", &mut self.by);
        section.get("ahead", &mut self.ahead);
        section.get("keep", &mut self.keep);
        if self.ahead > MOST_AHEAD {
            section.problem("ahead", "must be at most 400d");
        }
        if !self.keep.is_zero() && self.keep < DAY {
            section.problem("keep", "must be 0 or at least 1d");
        }
    }
}

/// The bounds of every partition of `$1` but the default one.
const BOUNDS: &str = "\
    SELECT format('%I.%I', n.nspname, c.relname) AS partition, \
      coalesce(substring(b.bound FROM $$FROM \\('([^']+)'\\)$$)::timestamptz, '-infinity') AS low, \
      coalesce(substring(b.bound FROM $$TO \\('([^']+)'\\)$$)::timestamptz, 'infinity') AS high \
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace, \
      LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid)) AS b(bound) \
    WHERE i.inhparent = to_regclass($1) AND b.bound <> 'DEFAULT'";

/// Makes what is missing and drops what is old, by the server's clock. Of several who come at once, one does it.
/// Nothing happens to a table that is not partitioned. After an error a transaction may be open.
pub async fn maintain(client: &Client, table: &Table, wanted: &Partitions) -> Result<(), Failure> {
    let of = table.quoted('"');
    let partitioned = client
        .query_opt("SELECT partdefid = 0 FROM pg_partitioned_table WHERE partrelid = to_regclass($1)", &[&of])
        .await?;
    let Some(partitioned) = partitioned else { return Ok(()) };
    client.batch_execute("BEGIN; SET LOCAL timezone = 'UTC'; SET LOCAL lock_timeout = '3s'").await?;
    let mine = client
        .query_one("SELECT pg_try_advisory_xact_lock(hashtext('sidelight partitions'), hashtext($1))", &[&of])
        .await?;
    if mine.try_get(0)? {
        if partitioned.try_get(0)? {
            let default = table.beside('"', &format!("{}_default", table.name()));
            client.batch_execute(&format!("CREATE TABLE {default} PARTITION OF {of} DEFAULT")).await?;
        }
        make(client, table, wanted).await?;
        drop_old(client, table, wanted).await?;
    }
    client.batch_execute("COMMIT").await?;
    Ok(())
}

/// From the period before this one, so that what waited in a queue finds its own, to the last one wanted.
async fn make(client: &Client, table: &Table, wanted: &Partitions) -> Result<(), Failure> {
    let (unit, form) = match wanted.by {
        By::Day => ("day", "YYYYMMDD"),
        By::Month => ("month", "YYYYMM"),
    };
    let of = table.quoted('"');
    let missing = format!(
        "WITH bounds AS ({BOUNDS}), wanted AS ( \
           SELECT low, low + interval '1 {unit}' AS high FROM generate_series( \
             date_trunc('{unit}', now()) - interval '1 {unit}', now() + make_interval(secs => $2), interval '1 {unit}') low) \
         SELECT to_char(low, '{form}'), low::text, high::text FROM wanted w \
         WHERE NOT EXISTS (SELECT FROM bounds b WHERE b.low < w.high AND b.high > w.low)"
    );
    for row in client.query(&missing, &[&of, &wanted.ahead.as_secs_f64()]).await? {
        let (name, low, high): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let partition = table.beside('"', &format!("{}_p{name}", table.name()));
        let default = default_partition(client, table).await?;
        // Rows that are in the default one already would keep it from being attached.
        let moved = default.map_or(String::new(), |default| {
            format!(
                "WITH moved AS (DELETE FROM {default} WHERE timestamp_utc >= '{low}' AND timestamp_utc < '{high}' \
                 RETURNING *) INSERT INTO {partition} SELECT * FROM moved; "
            )
        });
        client
            .batch_execute(&format!(
                "CREATE TABLE {partition} (LIKE {of} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE); \
                 {moved}\
                 ALTER TABLE {of} ATTACH PARTITION {partition} FOR VALUES FROM ('{low}') TO ('{high}')"
            ))
            .await?;
    }
    Ok(())
}

async fn drop_old(client: &Client, table: &Table, wanted: &Partitions) -> Result<(), Failure> {
    if wanted.keep.is_zero() {
        return Ok(());
    }
    let (of, keep) = (table.quoted('"'), wanted.keep.as_secs_f64());
    let old = format!("SELECT partition FROM ({BOUNDS}) b WHERE high <= now() - make_interval(secs => $2)");
    for row in client.query(&old, &[&of, &keep]).await? {
        let partition: String = row.try_get(0)?;
        client.batch_execute(&format!("DROP TABLE {partition}")).await?;
        info!(%table, partition, "dropped a partition that is older than is kept");
    }
    if let Some(default) = default_partition(client, table).await? {
        let delete = format!("DELETE FROM {default} WHERE timestamp_utc < now() - make_interval(secs => $1)");
        client.execute(&delete, &[&keep]).await?;
    }
    Ok(())
}

/// As statements name it.
async fn default_partition(client: &Client, table: &Table) -> Result<Option<String>, Failure> {
    const FIND: &str = "\
        SELECT format('%I.%I', n.nspname, c.relname) FROM pg_partitioned_table p \
        JOIN pg_class c ON c.oid = p.partdefid JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE p.partrelid = to_regclass($1)";
    let row = client.query_opt(FIND, &[&table.quoted('"')]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}
