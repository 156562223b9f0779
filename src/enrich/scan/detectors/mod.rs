//! The table of detectors: one line a family.

mod americas;
mod api_keys;
mod asia;
mod aws_secrets;
mod card;
mod command_line;
mod connections;
mod crypto;
mod devices;
mod europe;
mod germany;
mod health;
mod iban;
mod italy_spain;
mod mail;
mod network;
mod nordic;
mod oceania_africa;
mod password_names;
mod password_values;
mod passwords;
mod passwords_placed;
mod passwords_told;
mod people;
mod phone;
mod phone_words;
mod private_key;
mod secrets;
mod uk_ireland;
mod us;
mod web;

use super::detector::Detector;

/// Every row, in the order of the families.
pub const FAMILIES: &[&[Detector]] = &[
    mail::ROWS,
    card::ROWS,
    iban::ROWS,
    phone::ROWS,
    network::ROWS,
    web::ROWS,
    devices::ROWS,
    crypto::ROWS,
    secrets::ROWS,
    api_keys::ROWS,
    private_key::ROWS,
    passwords::ROWS,
    aws_secrets::ROWS,
    connections::ROWS,
    passwords_told::ROWS,
    passwords_placed::ROWS,
    command_line::ROWS,
    people::ROWS,
    us::ROWS,
    health::ROWS,
    americas::ROWS,
    uk_ireland::ROWS,
    germany::ROWS,
    europe::ROWS,
    italy_spain::ROWS,
    nordic::ROWS,
    asia::ROWS,
    oceania_africa::ROWS,
];

/// All rows, one after the other.
pub fn all() -> impl Iterator<Item = &'static Detector> {
    FAMILIES.iter().copied().flatten()
}
