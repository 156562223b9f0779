//! Tables of HTML: which `<th>` stands above a `<td>`.
//!
//! The text is read once and in order, as far as somebody asked; a row is followed back for at most [`ROW_MOST`] bytes.

use super::cell::Cell;
use memchr::memmem;
use std::ops::Range;

/// How much of a row is read before a cell, and how much of a header.
const ROW_MOST: usize = 1024;
/// What may stand between the tag of a cell and its value.
const TAG_MOST: usize = 96;

/// The header of the table that was read last.
#[derive(Default)]
pub struct HtmlTable {
    /// The row of its `<th>`, from the first of them on.
    header: Option<Range<usize>>,
    read_to: usize,
}

impl HtmlTable {
    /// The cell that holds `at`, if a `<td>` of a table with a header does. Ask in ascending order.
    pub fn cell(&mut self, text: &[u8], at: usize) -> Option<Cell> {
        let open = opening_tag(text, at)?;
        if at > self.read_to {
            self.read(text, at);
        }
        let header = self.header.clone().filter(|header| header.end <= open)?;
        let from = header.end.max(open.saturating_sub(ROW_MOST));
        let row = from + memmem::rfind(&text[from..open], b"<tr")?;
        let column = cells(&text[row..open], b"<td").count();
        let found = cells(&text[header.clone()], b"<th").nth(column)?;
        let inside = header.start + found..header.end;
        let start = inside.start + memchr::memchr(b'>', &text[inside.clone()])? + 1;
        let end = start + memmem::find(&text[start..inside.end], b"</")?;
        Some(Cell { row, headers: [start..end, start..end] })
    }

    /// Looks for headers up to `to`: the last one counts, as long as its table goes on.
    fn read(&mut self, text: &[u8], to: usize) {
        let known = self.header.as_ref().map_or(0, |header| header.end);
        let mut from = std::mem::replace(&mut self.read_to, to).max(known);
        while let Some(start) = header_cell(text, from, to) {
            let row = &text[start..text.len().min(start + ROW_MOST)];
            let end = memmem::find(row, b"</tr").or_else(|| memmem::find(row, b"<tr"));
            self.header = end.map(|end| start..start + end);
            from = start + end.unwrap_or(row.len());
        }
        if from < to && memmem::find(&text[from..to], b"</table").is_some() {
            self.header = None;
        }
    }
}

/// Where the first `<th>` between `from` and `to` begins.
fn header_cell(text: &[u8], from: usize, to: usize) -> Option<usize> {
    let mut starts = memmem::find_iter(text.get(from..to)?, b"<th").map(|start| from + start);
    starts.find(|start| text.get(start + 3).is_some_and(|b| b" >\n\t".contains(b)))
}

/// Where the `<td…>` begins behind which the value at `at` stands, blanks and one more tag aside.
fn opening_tag(text: &[u8], at: usize) -> Option<usize> {
    let from = at.saturating_sub(TAG_MOST);
    let before = text[from..at].trim_ascii_end();
    before.ends_with(b">").then(|| memmem::rfind(before, b"<td").map(|open| from + open))?
}

/// Where the cells of a row begin whose tag is `tag`.
fn cells<'a>(row: &'a [u8], tag: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    memmem::find_iter(row, tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, value: &str, header: Option<&str>) {
        let at = text.rfind(value).expect("the value stands in the text");
        let cell = HtmlTable::default().cell(text.as_bytes(), at);
        assert_eq!(cell.map(|c| &text[c.headers[0].clone()]), header, "{text}");
    }

    #[test]
    fn a_cell_has_the_header_of_its_column() {
        let rows = "<tr><td>A</td><td>1</td></tr><tr><td>B</td>\n<td class=\"n\"> 2</td></tr></table>";
        check(&format!("<table><tr><th>Name</th><th>BSN</th></tr>{rows}"), "2", Some("BSN"));
        check(&format!("<table><thead><tr><th>Name</th><th>BSN</th></tr></thead>{rows}"), "1", Some("BSN"));
    }

    #[test]
    fn a_cell_has_the_header_of_its_own_table() {
        let first = "<table><tr><th>Name</th></tr><tr><td>A</td></tr></table>";
        check(
            &format!("{first}<table><tr><th id=\"n\">BSN</th></tr><tr><td>2</td></tr></table>"),
            "2",
            Some("BSN"),
        );
        check(&format!("{first}<table><tr><td>2</td></tr></table>"), "2", None);
    }

    #[test]
    fn without_a_header_or_a_cell_there_is_none() {
        check("<table><tr><td>BSN</td><td>2</td></tr></table>", "2", None);
        check("<th>BSN</th> and 2", "2", None);
        check("<td>2", "2", None);
    }
}
