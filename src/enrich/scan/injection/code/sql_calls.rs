//! Functions and tables of databases that a value names only to make one wait, or to read it out.

use super::tokens::Token;

/// Functions that only make a database wait.
pub const STALLS: &[&str] = &[
    "sleep",
    "benchmark",
    "pg_sleep",
    "dbms_pipe.receive_message",
    "dbms_lock.sleep",
    "randomblob",
    "generate_series",
    "waitfor",
];

/// Tables that tell of a database.
const TABLES: &[&str] = &[
    "information_schema.tables",
    "information_schema.columns",
    "information_schema.schemata",
    "information_schema.character_sets",
    "sysobjects",
    "sysusers",
    "syscolumns",
    "master..sysdatabases",
    "master.dbo.sysdatabases",
    "rdb$relations",
    "all_users",
    "all_tables",
    "mysql.user",
    "pg_shadow",
    "pg_user",
    "msysaccessobjects",
    "domain.domains",
    "sqlite_master",
    "xp_cmdshell",
    "xp_dirtree",
    "xp_regread",
    "ctxsys.drithsx.sn",
];

/// Functions that read a database out.
const READS: &[&str] = &[
    "extractvalue",
    "updatexml",
    "load_file",
    "utl_inaddr.get_host_address",
    "utl_inaddr.get_host_name",
    "xmltype",
    "json_keys",
    "make_set",
    "elt",
    "load_extension",
    "utl_http.request",
    "sys.fn_varbintohexstr",
    "group_concat",
    "concat_ws",
    "char",
    "chr",
    "ascii",
    "substring",
    "substr",
    "convert",
    "ord",
    "unhex",
    "sp_password",
    "openrowset",
    "opendatasource",
];

/// Calls that only an attack makes in a value: a stall, or what reads the database, where a query was closed.
pub fn judge(all: &[Token<'_>], statement: bool) -> f64 {
    let sql = || {
        all.iter().any(|t| {
            t.is_any(&[
                "select",
                "and",
                "or",
                "if",
                "case",
                "rlike",
                "union",
                "procedure",
                "like",
                "order",
                "from",
            ])
        })
    };
    let stalls = all.windows(3).any(|w| {
        w[0].is_any(STALLS)
            && w[1].is_sign(&["("])
            && (matches!(w[2], Token::Number(_))
                || w[2].is_sign(&["("])
                || w[2].is_any(&["chr", "char", "md5", "sha1", "__time__"]))
    });
    if stalls && (sql() || all.len() <= 12) {
        return 0.6;
    }
    let reads =
        all.windows(2).filter(|w| w[0].is_any(READS) && w[1].is_sign(&["("]) || w[0].is_any(TABLES)).count();
    // Nobody's report runs a command on the server.
    if all.iter().any(|t| matches!(t, Token::Word(w) if w.to_ascii_lowercase().contains("xp_cmdshell")))
        && all.len() <= 24
    {
        return 0.55;
    }
    let opens = all
        .first()
        .is_some_and(|t| matches!(t, Token::Number(_) | Token::Sign(_)) || t.is_any(&["and", "or"]));
    let closed = all.windows(2).any(|w| {
        (w[0].is_sign(&["'", "\"", ")"]) || matches!(w[0], Token::Number(_)))
            && w[1].is_any(&[
                "and",
                "or",
                "union",
                "having",
                "rlike",
                "procedure",
                "limit",
                "like",
                "where",
                "group",
                "order",
            ])
    });
    if reads > 0 && !statement && (closed || opens && (sql() || reads > 1)) { 0.6 } else { 0.0 }
}
