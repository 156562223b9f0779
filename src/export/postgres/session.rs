//! One connection: opened, made ready for one table, and used for one batch at a time.

use super::failure::Failure;
use super::layout::Layout;
use super::partitions::{self, Partitions};
use super::tls::{Stream, Tls};
use super::{Config, schema};
use crate::export::BoxError;
use crate::export::store::{COLUMNS, Table};
use crate::settings::Secret;
use bytes::Bytes;
use futures_util::SinkExt;
use futures_util::future::{Either, FutureExt, select};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Connection, Socket, Statement};
use tracing::warn;

/// Between two looks at the partitions.
const MAINTENANCE: Duration = Duration::from_secs(3600);

/// Where to store, and how.
#[derive(Clone)]
pub struct Target {
    connect: tokio_postgres::Config,
    tls: Tls,
    pub table: Table,
    create_schema: bool,
    partitions: Partitions,
}

impl Target {
    /// Errors where certificates cannot be read. Nothing is connected to.
    pub fn new(config: &Config) -> Result<Target, BoxError> {
        let mut connect = parse(&config.url)?;
        if config.tls.insecure {
            connect.ssl_mode(SslMode::Disable);
        } else if !config.url.0.contains("sslmode=") {
            let local = connect.get_hosts().iter().all(is_local);
            connect.ssl_mode(if local { SslMode::Disable } else { SslMode::Require });
        }
        if connect.get_application_name().is_none() {
            connect.application_name("sidelight");
        }
        connect.connect_timeout(config.timeout);
        let tls = Tls::new(&config.tls, connect.get_ssl_mode() != SslMode::Disable)?;
        Ok(Target {
            connect,
            tls,
            table: config.table.clone(),
            create_schema: config.create_schema,
            partitions: config.partitions.clone(),
        })
    }

    /// Whether tables and partitions that are missing are made.
    pub fn creates(&self) -> bool {
        self.create_schema
    }
}

/// Reads the URL. Whatever is encrypted is verified, so that the two modes that ask for it are as good as `require`.
pub fn parse(url: &Secret) -> Result<tokio_postgres::Config, NotAUrl> {
    let url = url
        .0
        .replace("sslmode=verify-full", "sslmode=require")
        .replace("sslmode=verify-ca", "sslmode=require");
    let config: tokio_postgres::Config = url.parse().map_err(|_| NotAUrl)?;
    // The parser takes an empty text for a list of settings without any.
    if config.get_hosts().is_empty() { Err(NotAUrl) } else { Ok(config) }
}

/// What the parser says might quote the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a URL is needed, such as postgres://user:password@host/database")]
pub struct NotAUrl;

/// The password in the URL, which a server may quote.
pub fn password(url: &Secret) -> Option<Secret> {
    let config = parse(url).ok()?;
    Some(Secret(String::from_utf8_lossy(config.get_password()?).into_owned()))
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            let ip = name.parse::<std::net::IpAddr>();
            name == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
        }
    }
}

/// A connection that nothing else polls: it moves on while something is asked of it.
type Wire = Connection<Socket, Stream>;

/// One connection, ready to take rows.
pub struct Session {
    client: Client,
    wire: Wire,
    layout: Arc<Layout>,
    copy: Statement,
    insert: Statement,
    maintained: Instant,
}

impl Session {
    /// Connects, makes or mends the table where that is wanted, and learns what it looks like.
    pub async fn open(target: &Target) -> Result<Session, Failure> {
        let (client, mut wire) = target.connect.connect(target.tls.clone()).await?;
        let ready = drive(&mut wire, ready(&client, target)).await?;
        let (layout, copy, insert) = ready;
        Ok(Session { client, wire, layout: Arc::new(layout), copy, insert, maintained: Instant::now() })
    }

    /// How its table is written.
    pub fn layout(&self) -> Arc<Layout> {
        self.layout.clone()
    }

    /// Looks after the partitions once in a while.
    pub async fn maintain(&mut self, target: &Target) -> Result<(), Failure> {
        if !target.create_schema || self.maintained.elapsed() < MAINTENANCE {
            return Ok(());
        }
        self.maintained = Instant::now();
        drive(&mut self.wire, maintain(&self.client, target)).await
    }

    /// Stores rows that were made by its layout; those that are there already are left as they are.
    pub async fn insert(&mut self, rows: Bytes) -> Result<(), Failure> {
        let (client, copy, insert) = (&self.client, &self.copy, &self.insert);
        let storing = async {
            client.batch_execute("BEGIN").await?;
            let mut sink = pin!(client.copy_in(copy).await?);
            sink.send(rows).await?;
            sink.finish().await?;
            client.execute(insert, &[]).await?;
            client.batch_execute("COMMIT").await?;
            Ok(())
        };
        drive(&mut self.wire, storing).await
    }
}

/// Connects once and does `work`, for what is done by hand.
pub async fn once<T>(
    target: &Target,
    work: impl AsyncFnOnce(&mut Client) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let (mut client, mut wire) = target.connect.connect(target.tls.clone()).await?;
    drive(&mut wire, work(&mut client)).await
}

/// Sees `work` through while moving the connection under it on.
async fn drive<T>(wire: &mut Wire, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match select(pin!(work), wire).await {
        Either::Left((done, _)) => done,
        // It may have brought the answer with its last words.
        Either::Right((ended, work)) => match (work.now_or_never(), ended) {
            (Some(done), _) => done,
            (None, Err(why)) => Err(why.into()),
            (None, Ok(())) => Err(Failure::Closed),
        },
    }
}

async fn ready(client: &Client, target: &Target) -> Result<(Layout, Statement, Statement), Failure> {
    if target.create_schema {
        schema::keep_up(client, &target.table).await?;
    }
    let layout = Layout::of(client, &target.table).await?;
    if target.create_schema {
        maintain(client, target).await?;
    }
    let names: Vec<String> = COLUMNS.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let (names, table) = (names.join(", "), target.table.quoted('"'));
    // It has the types of the table and nothing else of it, so that nothing is checked twice.
    client
        .batch_execute(&format!(
            "CREATE TEMP TABLE sidelight_staging ON COMMIT DELETE ROWS AS SELECT {names} FROM {table} WITH NO DATA"
        ))
        .await?;
    let copy = client.prepare(&format!("COPY pg_temp.sidelight_staging ({names}) FROM STDIN BINARY")).await?;
    let insert = client
        .prepare(&format!(
            "INSERT INTO {table} ({names}) SELECT {names} FROM pg_temp.sidelight_staging \
             ON CONFLICT (span_id, timestamp_utc) DO NOTHING"
        ))
        .await?;
    Ok((layout, copy, insert))
}

/// What goes wrong with partitions is told and costs nothing: rows without one of their own go to the default one.
async fn maintain(client: &Client, target: &Target) -> Result<(), Failure> {
    match partitions::maintain(client, &target.table, &target.partitions).await {
        Err(failure) if !failure.is_disconnected() => {
            client.batch_execute("ROLLBACK").await?;
            let why = match &failure {
                Failure::Database(error) => {
                    error.as_db_error().map_or_else(|| error.to_string(), |said| said.message().to_string())
                }
                other => other.to_string(),
            };
            warn!(table = %target.table, why, "cannot look after the partitions; trying again in an hour");
            Ok(())
        }
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str, insecure: bool) -> SslMode {
        let mut config = Config { url: Secret(url.to_string()), ..Config::default() };
        config.tls.insecure = insecure;
        Target::new(&config).expect("a URL").connect.get_ssl_mode()
    }

    #[test]
    fn beyond_loopback_nothing_goes_in_plain_text_unless_somebody_says_so() {
        assert_eq!(mode("postgres://u@db.example/d", false), SslMode::Require);
        assert_eq!(mode("postgres://u@localhost/d", false), SslMode::Disable);
        assert_eq!(mode("postgres://u@127.0.0.1:1,[::1]/d", false), SslMode::Disable);
        assert_eq!(mode("postgres://u@127.0.0.1,db.example/d", false), SslMode::Require);
        assert_eq!(mode("postgres://u@db.example/d", true), SslMode::Disable);
        assert_eq!(mode("postgres://u@db.example/d?sslmode=disable", false), SslMode::Disable);
        assert_eq!(mode("postgres://u@localhost/d?sslmode=verify-full", false), SslMode::Require);
    }

    #[test]
    fn what_is_no_url_is_refused_and_a_password_is_known() {
        for url in ["", "postgres://", "http://a/b", "postgres://a:b:c@/d", "postgres://h/d?odd=1"] {
            assert!(parse(&Secret(url.to_string())).is_err(), "{url}");
        }
        let url = Secret("postgres://u:made%20up@h/d".to_string());
        assert_eq!(password(&url).map(|password| password.0).as_deref(), Some("made up"));
    }
}
