//! Dead letters as rows.

use super::super::format::{nanos, time};
use super::{Chosen, Count, Letter, Summary};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::time::SystemTime;

const SUMMARY: &str = "SELECT id, exporter, kind, items, bytes, reason, message, enqueued, died FROM letters";

const LETTER: &str =
    "SELECT id, exporter, kind, flags, items, reason, message, enqueued, died, payload FROM letters";

pub fn insert(connection: &Connection, letter: &Letter) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO letters(exporter, kind, flags, items, bytes, reason, message, enqueued, died, payload)
         VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    statement.insert(params![
        letter.exporter,
        letter.kind,
        letter.flags,
        signed(letter.items),
        signed(letter.payload.len() as u64),
        letter.reason,
        letter.message,
        signed(nanos(letter.enqueued)),
        signed(nanos(letter.died)),
        &letter.payload[..],
    ])
}

/// Removes the oldest letters, but not `newest`, until there are at most `most` bytes.
pub fn trim(connection: &Connection, newest: i64, most: u64) -> rusqlite::Result<Count> {
    let mut dropped = Count::default();
    while connection.query_row("SELECT bytes FROM total", [], |row| row.get::<_, i64>(0))? > signed(most) {
        let removed = connection
            .query_row(
                "DELETE FROM letters WHERE id = (SELECT min(id) FROM letters WHERE id < ?1) RETURNING items, bytes",
                [newest],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
            )
            .optional()?;
        let Some((items, bytes)) = removed else { break };
        dropped.add(unsigned(items), unsigned(bytes));
    }
    Ok(dropped)
}

pub fn list(
    connection: &Connection,
    exporter: Option<&str>,
    after: i64,
    limit: usize,
) -> rusqlite::Result<Vec<Summary>> {
    let sql = format!("{SUMMARY} WHERE id > ?1 AND (?2 IS NULL OR exporter = ?2) ORDER BY id LIMIT ?3");
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![after, exporter, limit], summary)?;
    rows.collect()
}

pub fn get(connection: &Connection, id: i64) -> rusqlite::Result<Option<Letter>> {
    let sql = format!("{LETTER} WHERE id = ?1");
    let found = connection.query_row(&sql, [id], letter).optional()?;
    Ok(found.map(|(_, letter)| letter))
}

/// The first letter after `after` that `exporter` is to be given again, with its id.
pub fn marked(
    connection: &Connection,
    exporter: &str,
    after: i64,
) -> rusqlite::Result<Option<(i64, Letter)>> {
    let sql = format!(
        "{LETTER} WHERE id IN (SELECT id FROM replay WHERE id > ?2) AND exporter = ?1 ORDER BY id LIMIT 1"
    );
    connection.query_row(&sql, params![exporter, after], letter).optional()
}

/// Marks the chosen letters of `exporters` to be given to them again; how much there is that was not
/// marked before.
pub fn mark(connection: &Connection, chosen: &Chosen, exporters: &[&str]) -> rusqlite::Result<Count> {
    each(connection, chosen, "SELECT id FROM replay", |letter| {
        if !exporters.contains(&letter.exporter.as_str()) {
            return Ok(false);
        }
        connection.execute("INSERT INTO replay(id) VALUES(?1)", [letter.id])?;
        Ok(true)
    })
}

/// Removes the chosen letters.
pub fn discard(connection: &Connection, chosen: &Chosen) -> rusqlite::Result<Count> {
    each(connection, chosen, "SELECT NULL WHERE 0", |letter| remove(connection, letter.id))
}

/// Removes letters that were set aside before `time`.
pub fn expire(connection: &Connection, time: SystemTime) -> rusqlite::Result<Count> {
    let before = signed(nanos(time));
    let mut statement =
        connection.prepare_cached("DELETE FROM letters WHERE died < ?1 RETURNING items, bytes")?;
    let amounts = statement.query_map([before], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut gone = Count::default();
    for amount in amounts {
        let (items, bytes) = amount?;
        gone.add(unsigned(items), unsigned(bytes));
    }
    Ok(gone)
}

/// Removes a letter; whether there was one.
pub fn remove(connection: &Connection, id: i64) -> rusqlite::Result<bool> {
    Ok(connection.execute("DELETE FROM letters WHERE id=?1", [id])? > 0)
}

/// Shows `work` each chosen letter whose id is not in `except`, and counts those for which it says yes.
fn each(
    connection: &Connection,
    chosen: &Chosen,
    except: &str,
    mut work: impl FnMut(&Summary) -> rusqlite::Result<bool>,
) -> rusqlite::Result<Count> {
    let sql = format!(
        "{SUMMARY} WHERE (?1 IS NULL OR exporter = ?1) AND (?2 IS NULL OR reason = ?2)
         AND (?3 IS NULL OR id = ?3) AND id NOT IN ({except}) ORDER BY id"
    );
    let ids: Vec<Option<i64>> = match &chosen.ids[..] {
        [] => vec![None],
        ids => ids.iter().copied().map(Some).collect(),
    };
    let mut count = Count::default();
    for id in ids {
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_map(params![chosen.exporter, chosen.reason, id], summary)?;
        for letter in found.collect::<rusqlite::Result<Vec<_>>>()? {
            if work(&letter)? {
                count.add(letter.items, letter.bytes);
            }
        }
    }
    Ok(count)
}

pub fn count(connection: &Connection, exporter: Option<&str>) -> rusqlite::Result<Count> {
    let sql = "SELECT count(*), coalesce(sum(items), 0), coalesce(sum(bytes), 0)
               FROM letters WHERE ?1 IS NULL OR exporter = ?1";
    connection.query_row(sql, [exporter], |row| {
        Ok(Count {
            letters: unsigned(row.get(0)?),
            items: unsigned(row.get(1)?),
            bytes: unsigned(row.get(2)?),
        })
    })
}

fn letter(row: &Row<'_>) -> rusqlite::Result<(i64, Letter)> {
    let letter = Letter {
        exporter: row.get(1)?,
        kind: row.get(2)?,
        flags: row.get(3)?,
        items: unsigned(row.get(4)?),
        reason: row.get(5)?,
        message: row.get(6)?,
        enqueued: time(unsigned(row.get(7)?)),
        died: time(unsigned(row.get(8)?)),
        payload: Bytes::from(row.get::<_, Vec<u8>>(9)?),
    };
    Ok((row.get(0)?, letter))
}

fn summary(row: &Row<'_>) -> rusqlite::Result<Summary> {
    Ok(Summary {
        id: row.get(0)?,
        exporter: row.get(1)?,
        kind: row.get(2)?,
        items: unsigned(row.get(3)?),
        bytes: unsigned(row.get(4)?),
        reason: row.get(5)?,
        message: row.get(6)?,
        enqueued: time(unsigned(row.get(7)?)),
        died: time(unsigned(row.get(8)?)),
    })
}

/// SQLite's integers are signed; nothing that we store comes near the edge.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
