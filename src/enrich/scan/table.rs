//! Rows of CSV, TSV, Markdown and HTML, and rows of SQL: which cell of the header stands above a place.
//!
//! Lines are read once and in order, as far as somebody asked. A table is a line of short cells, and lines
//! below it with at least as many delimiters.

use super::cell::Cell;
use super::html_table::HtmlTable;
use std::ops::Range;

/// Bytes that part cells.
const DELIMITERS: [u8; 4] = *b",;\t|";
/// The longest line that is taken for a header, and the longest of its cells.
const HEADER_MOST: usize = 512;
const CELL_MOST: usize = 48;

/// What is known of the lines of one text.
#[derive(Default)]
pub struct Tables {
    /// The line read last, and how many of each delimiter are in it.
    line: Range<usize>,
    counts: [usize; 4],
    /// The header above that line.
    header: Option<Header>,
    /// What may be the header of a table that begins with the next line.
    pending: Option<Header>,
    /// A place in that line, and how many delimiters of the header stand before it.
    counted: (usize, usize),
    read_to: usize,
    /// The columns of the SQL statement that goes on here: `(a, b) VALUES`, what stands between the brackets.
    columns: Option<Range<usize>>,
    html: HtmlTable,
}

#[derive(Clone)]
struct Header {
    line: Range<usize>,
    delimiter: usize,
    count: usize,
}

impl Tables {
    /// The cell that holds `at`, if that lies in a row of a table. Ask in ascending order: a line that was passed
    /// is not read again.
    pub fn cell(&mut self, text: &[u8], at: usize) -> Option<Cell> {
        while self.read_to <= at && self.read_to < text.len() {
            self.read_line(text);
        }
        if let Some(columns) = self.columns.clone()
            && let Some(cell) = value_of_statement(text, columns, at)
        {
            return Some(cell);
        }
        if let Some(cell) = self.html.cell(text, at) {
            return Some(cell);
        }
        let header = self.header.as_ref().filter(|_| self.line.contains(&at))?;
        let delimiter = DELIMITERS[header.delimiter];
        let (place, before) = self.counted;
        let left = match at >= place {
            true => before + count(&text[place..at], delimiter),
            false => before - count(&text[at..place], delimiter),
        };
        self.counted = (at, left);
        let right = self.counts[header.delimiter] - left;
        let cells = &text[header.line.clone()];
        let cell = |column| nth_cell(cells, delimiter, column).map(|cell| shifted(cell, header.line.start));
        let by_left = cell(left.min(header.count)).unwrap_or_default();
        let by_right = header.count.checked_sub(right).and_then(cell).unwrap_or_default();
        Some(Cell { row: self.line.start, headers: [by_left, by_right] })
    }

    fn read_line(&mut self, text: &[u8]) {
        let start = self.read_to;
        let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |i| start + i);
        let is_last = text[self.line.clone()].trim_ascii_end().ends_with(b";") || start == end;
        self.line = start..end;
        self.read_to = end + 1;
        self.counted = (start, 0);
        let line = &text[start..end];
        self.counts = DELIMITERS.map(|delimiter| count(line, delimiter));
        self.columns = columns(text, start..end).or(self.columns.take().filter(|_| !is_last));
        let goes_on = |header: &Header| self.counts[header.delimiter] >= header.count;
        self.header = self.header.take().filter(goes_on).or_else(|| self.pending.take().filter(goes_on));
        self.pending = if self.header.is_some() { None } else { header(text, start..end, &self.counts) };
    }
}

/// How often `byte` stands in `line`: in pieces that fit a byte's count, which the compiler makes wide.
fn count(line: &[u8], byte: u8) -> usize {
    line.chunks(255).map(|piece| usize::from(piece.iter().map(|b| u8::from(*b == byte)).sum::<u8>())).sum()
}

/// The columns in front of a `VALUES` in `line`.
fn columns(text: &[u8], line: Range<usize>) -> Option<Range<usize>> {
    const WORD: &[u8] = b"values";
    let is_here = |at: &usize| text[*at..].get(..WORD.len()).is_some_and(|w| w.eq_ignore_ascii_case(WORD));
    let word = memchr::memchr2_iter(b'v', b'V', &text[line.clone()]).map(|i| line.start + i).find(is_here)?;
    let close = text[..word].trim_ascii_end().len().checked_sub(1).filter(|i| text[*i] == b')')?;
    let from = close.saturating_sub(HEADER_MOST);
    let open = from + memchr::memrchr(b'(', &text[from..close])?;
    Some(open + 1..close)
}

/// The column that the value at `at` stands in, if it stands between the brackets of a row.
fn value_of_statement(text: &[u8], columns: Range<usize>, at: usize) -> Option<Cell> {
    let from = at.saturating_sub(HEADER_MOST).max(columns.end + 1);
    let row = from + 1 + memchr::memrchr(b'(', text.get(from..at)?)?;
    if text[row..at].contains(&b')') {
        return None;
    }
    let column = text[row..at].iter().filter(|b| **b == b',').count();
    let cell = shifted(nth_cell(&text[columns.clone()], b',', column)?, columns.start);
    Some(Cell { row, headers: [cell.clone(), cell] })
}

/// The line as a header: short cells, most of them names.
fn header(text: &[u8], line: Range<usize>, counts: &[usize; 4]) -> Option<Header> {
    if line.len() > HEADER_MOST {
        return None;
    }
    let cells = &text[line.clone()];
    // A bar or a tab parts cells wherever it stands; commas stand in sentences too.
    let delimiter = [3, 2, 1, 0].into_iter().find(|d| counts[*d] > 0)?;
    let in_prose = delimiter < 2;
    if in_prose && counts[delimiter] == 1 && cells.contains(&b' ') {
        return None;
    }
    let mut names = 0;
    let mut all = 0;
    for cell in cells.split(|b| *b == DELIMITERS[delimiter]) {
        let cell = cell.trim_ascii();
        let is_name = |b: &u8| b.is_ascii_alphabetic() || !b.is_ascii() || b" _-./#()\"".contains(b);
        let words = cell.split(|b| *b == b' ').count();
        if cell.len() > CELL_MOST || in_prose && words > 3 {
            return None;
        }
        all += usize::from(!cell.is_empty());
        names += usize::from(!cell.is_empty() && cell.iter().all(is_name));
    }
    (names > 0 && names * 4 >= all * 3).then_some(Header { line, delimiter, count: counts[delimiter] })
}

fn nth_cell(line: &[u8], delimiter: u8, column: usize) -> Option<Range<usize>> {
    let mut from = 0;
    for (i, cell) in line.split(|b| *b == delimiter).enumerate() {
        if i == column {
            return Some(from..from + cell.len());
        }
        from += cell.len() + 1;
    }
    None
}

fn shifted(range: Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, value: &str, header: Option<&str>) {
        let at = text.rfind(value).expect("the value stands in the text");
        let mut tables = Tables::default();
        let cell = tables.cell(text.as_bytes(), at);
        assert_eq!(cell.map(|c| text[c.headers[0].clone()].trim()), header, "{text}");
    }

    #[test]
    fn a_cell_has_the_header_of_its_column() {
        check("name,ssn,phone\nJane,1,2\nJoe,3,4\n", "4", Some("phone"));
        check("Look at this:\nname;ssn\nJane;1\n", "1", Some("ssn"));
        check("| field | value |\n|---|---|\n| pan | 17 |\n", "17", Some("value"));
        check("id\tpesel\n1\t44051401359\n", "44051401359", Some("pesel"));
    }

    #[test]
    fn a_value_of_a_statement_has_its_column() {
        check("INSERT INTO people (id, npi, mrn) VALUES\n(1, '2', '3'),\n(4, '5', '6');", "5", Some("npi"));
        check("insert into t(a,b) values(1,2)", "2", Some("b"));
    }

    #[test]
    fn prose_is_no_table() {
        check("Hello, my number is\nthe following, as you know: 17\n", "17", None);
        check("Dear all,\n\nplease call 17, or come\n", "17", None);
        check("1,2,3\n4,5,6\n", "6", None);
    }

    #[test]
    fn a_value_with_a_delimiter_in_it_counts_from_the_right() {
        let text = "name,dob,card\nJane,January 23, 1954,4111\n";
        let cell = Tables::default().cell(text.as_bytes(), text.len() - 5).expect("a row of a table");
        assert_eq!(&text[cell.headers[1].clone()], "card");
    }
}
