//! The HTTP interface of ClickHouse: one statement a request.

use super::Config;
use super::answer::{Failure, Said};
use super::layout::Described;
use crate::export::otlp_http::read;
use crate::export::peer::USER_AGENT;
use crate::export::store::{COLUMNS, Table};
use crate::export::{BoxError, compress::Compression};
use crate::net::tls;
use crate::units::hex;
use bytes::Bytes;
use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};

/// One server and the table on it. Connections are kept and reused.
pub struct Client {
    http: reqwest::Client,
    url: reqwest::Url,
    database: Table,
    table: Table,
    /// The statement before the rows.
    insert: String,
    compression: Compression,
}

/// Sent with every insert. It is written before the answer comes, however old or new the calls in it are, and as it
/// is: what is twice in it is one row when parts are merged, which costs the engine nothing here. Blocks are known again
/// by a token of ours. What is of another type than its column is refused, never made to fit.
const INSERT: [(&str, &str); 5] = [
    ("async_insert", "0"),
    ("wait_end_of_query", "1"),
    ("optimize_on_insert", "0"),
    ("max_partitions_per_insert_block", "0"),
    ("input_format_native_allow_types_conversion", "0"),
];

impl Client {
    /// Errors where the configuration cannot be turned into a client, such as a missing certificate.
    pub fn new(config: &Config) -> Result<Client, BoxError> {
        let url = reqwest::Url::parse(&config.endpoint)?;
        let tls = if url.scheme() == "https" { config.tls.build(&[])? } else { tls::plain_text_only()? };
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("x-clickhouse-user", &config.username), ("x-clickhouse-key", &config.password.0)]
        {
            if !value.is_empty() {
                let mut value = HeaderValue::try_from(value)?;
                value.set_sensitive(true);
                headers.insert(name, value);
            }
        }
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(USER_AGENT)
            .default_headers(headers)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(config.timeout)
            .connect_timeout(config.timeout)
            .build()?;
        let (database, table) = (config.database.clone(), config.table.clone());
        let names: Vec<String> = COLUMNS.iter().map(|column| format!("`{}`", column.name)).collect();
        let insert =
            format!("INSERT INTO `{database}`.{} ({}) FORMAT Native", table.quoted('`'), names.join(", "));
        Ok(Client { http, url, database, table, insert, compression: config.compression })
    }

    /// The columns of the table; none where there is no table.
    pub async fn columns(&self) -> Result<Vec<Described>, Failure> {
        let select = format!(
            "SELECT name, type, default_kind FROM system.columns WHERE database = '{}' AND table = '{}' \
             ORDER BY position FORMAT JSONCompactEachRow",
            self.database, self.table
        );
        let answer = self.execute(&select).await?;
        let unreadable = |_| Failure::Unreadable;
        answer.lines().map(|line| serde_json::from_str(line).map_err(unreadable)).collect()
    }

    /// Runs one statement; what it answers.
    pub async fn execute(&self, statement: &str) -> Result<String, Failure> {
        self.post(self.with(&[("wait_end_of_query", "1")]), statement.to_string().into(), None).await
    }

    /// Stores a block of the format Native.
    pub async fn insert(&self, block: Bytes) -> Result<(), Failure> {
        let token = hex(&Sha256::digest(&block));
        let mut url = self.with(&INSERT);
        url.query_pairs_mut()
            .append_pair("insert_deduplication_token", &token)
            .append_pair("query", &self.insert);
        let body = self.compression.apply(block).await.map_err(|error| Failure::Unusable(error.into()))?;
        self.post(url, body, self.compression.encoding()).await.map(drop)
    }

    fn with(&self, parameters: &[(&str, &str)]) -> reqwest::Url {
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs(parameters);
        url
    }

    async fn post(&self, url: reqwest::Url, body: Bytes, encoding: Option<&str>) -> Result<String, Failure> {
        let mut request = self.http.post(url).body(body);
        if let Some(encoding) = encoding {
            request = request.header(CONTENT_ENCODING, encoding);
        }
        // The URL says nothing that is not known, but it is long.
        let response = request.send().await.map_err(|error| Failure::Away(error.without_url()))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = String::from_utf8_lossy(&read(response).await.0).into_owned();
        let code =
            headers.get("x-clickhouse-exception-code").and_then(|code| code.to_str().ok()?.parse().ok());
        match status.is_success() && code.is_none() {
            true => Ok(text),
            false => Err(Failure::Said(Said::read(status.as_u16(), code, &text))),
        }
    }
}
