//! Rows for people: columns in line, and nothing in them that a terminal would obey.

/// The rows under `header`, each column as wide as its widest cell. Cells come from outside, so
/// control characters in them are shown as `\u{…}`.
pub fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> = std::iter::once(header.map(str::to_string))
        .chain(rows.iter().map(|row| row.each_ref().map(|cell| plain(cell))))
        .collect();
    let widths: Vec<usize> =
        (0..N).map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        out.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        out.push('\n');
    }
    out
}

/// `text` on one line, without control characters and marks that change the direction of writing.
pub fn plain(text: &str) -> String {
    let obeyed = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if obeyed(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn columns_stand_in_line() {
        let rows = [["1".to_string(), "gpt-4o".to_string()], ["100".to_string(), String::new()]];
        expect![[r#"
            ID   MODEL
            1    gpt-4o
            100
        "#]]
        .assert_eq(&table(["ID", "MODEL"], &rows));
    }

    #[test]
    fn a_terminal_obeys_nothing_in_a_cell() {
        assert_eq!(plain("a\u{1b}[2Jb\r\nü\u{202e}"), "a\\u{1b}[2Jb\\u{d}\\u{a}ü\\u{202e}");
    }
}
