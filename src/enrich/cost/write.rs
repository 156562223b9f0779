//! Writes prices in our own form, as `sidelight prices import` and `show` give them.

use super::rates::{Fees, Price, Rates, Sheet, Sort};
use super::{Day, Priced, Prices, decimal};
use std::fmt::{self, Write};

impl Prices {
    /// The prices as a file of our own form. `source` and `day` say where and when they were read.
    pub fn yaml(&self, source: &str, day: Day) -> String {
        let mut text = String::from("providers:\n");
        let rows = self.rows();
        for rows in rows.chunk_by(|one, next| one.provider == next.provider) {
            let provider = rows[0];
            let _ = write!(
                text,
                "  {}:\n    source: {}\n    date: {day}\n",
                key(&provider.provider),
                quoted(source)
            );
            if provider.resells {
                text.push_str("    resells: true\n");
            }
            text.push_str("    models:\n");
            for row in rows {
                let _ = writeln!(text, "      {}: {{ {} }}", key(&row.model), Shown(row, Some(day)));
            }
        }
        text
    }
}

impl Priced {
    /// The row as it stands in a price file, with what it cost on that day alone where one is given.
    pub fn line(&self, on: Option<Day>) -> String {
        let name = key(&self.model);
        match on {
            None => format!("{name}: {{ {} }}", Shown(self, None)),
            Some(_) => format!("{name}: {{ {} }}", members(self.on(on)).join(", ")),
        }
    }
}

/// The members of a row; its date where it is another than that of its provider.
struct Shown<'p>(&'p Priced, Option<Day>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shown(row, day) = self;
        let mut members = members(&row.price);
        if !row.aliases.is_empty() {
            let aliases: Vec<String> = row.aliases.iter().map(|alias| key(alias)).collect();
            members.push(format!("aliases: [{}]", aliases.join(", ")));
        }
        if Day::parse(&row.price.version).is_some_and(|own| day.is_some_and(|day| own != day)) {
            members.push(format!("date: {}", row.price.version));
        }
        let before =
            row.before.iter().map(|(day, price)| format!("{day}: {{ {} }}", self::members(price).join(", ")));
        let before: Vec<String> = before.collect();
        if !before.is_empty() {
            members.push(format!("before: {{ {} }}", before.join(", ")));
        }
        f.write_str(&members.join(", "))
    }
}

fn members(price: &Price) -> Vec<String> {
    let mut members = sheet(&price.standard);
    members.extend(
        price.tiers.iter().map(|(tier, of)| format!("{}: {{ {} }}", tier.name(), sheet(of).join(", "))),
    );
    let Fees { request, web_search, image } = price.fees;
    let fees = [("per_request", request), ("per_web_search", web_search), ("per_image", image)];
    let given = fees.into_iter().filter(|(_, fee)| *fee > 0);
    members.extend(given.map(|(key, fee)| format!("{key}: {}", decimal::written(fee, 12))));
    members
}

fn sheet(sheet: &Sheet) -> Vec<String> {
    let mut members = rates(&sheet.rates);
    let above = sheet.above.iter().map(|(size, of)| format!("{size}: {{ {} }}", rates(of).join(", ")));
    let above: Vec<String> = above.collect();
    if !above.is_empty() {
        members.push(format!("above: {{ {} }}", above.join(", ")));
    }
    members
}

fn rates(rates: &Rates) -> Vec<String> {
    let given = Sort::ALL.into_iter().filter_map(|sort| Some((sort, rates.get(sort)?)));
    given.map(|(sort, rate)| format!("{}: {}", sort.key(), decimal::written(rate, 6))).collect()
}

/// A name as a key of YAML: in quotes unless it is plainly a word.
fn key(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    if plain { name.to_owned() } else { quoted(name) }
}

/// In double quotes; JSON's escapes are YAML's.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string serialises")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let day = Day::parse("2026-11-21").unwrap();
        let builtin = Prices::builtin();
        let text = builtin.yaml("a \"source\"", day);
        let again = Prices::read("again.yaml", &text).unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!(again.yaml("a \"source\"", day), text);
        let (rows, others) = (builtin.rows(), again.rows());
        assert_eq!(rows.len(), others.len());
        for (row, other) in rows.into_iter().zip(others) {
            assert_eq!(row, other);
        }
    }
}
