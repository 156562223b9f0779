//! Numbers of devices and vehicles, which lead to their owner.

use crate::enrich::scan::checks::{Digits, is_repdigit, luhn};
use crate::enrich::scan::detector::{Detector, Find, Spot};

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "IMEI_HARDWARE_ID",
        find: Find::Shape(r"[0-9]{2}(?:[0-9]{13}|[ -][0-9]{6}[ -][0-9]{6}[ -][0-9])"),
        valid: is_imei,
        context: &[
            "imei",
            "imei number",
            "imei no",
            "device id",
            "handset",
            "meid",
            "imei1",
            "imei2",
            "mobile equipment",
            "串号",
        ],
        finds: &["phone IMEI ⟦019579583940921⟧\n", "IMEI ⟦35-209900-176148-1⟧"],
        leaves: &["IMEI 019579583940922", "019579583940921"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "VEHICLE_IDENTIFICATION_NUMBER",
        find: Find::Word(17..=17),
        valid: is_vin,
        context: &[
            "vin",
            "vin number",
            "vehicle",
            "vehicle identification",
            "chassis",
            "chassis number",
            "chassis no",
            "fahrgestellnummer",
            "fahrzeugidentnummer",
            "fahrzeug",
            "fin",
            "car",
            "bastidor",
            "telaio",
            "châssis",
            "numéro de série",
            "véhicule",
            "frame number",
            "kenteken",
            "numer vin",
            "рама",
            "автомобиль",
            "车架号",
            "車台番号",
            "truck",
            "vehículo",
            "veicolo",
        ],
        finds: &["my car's VIN is ⟦1HGCM82633A004352⟧."],
        leaves: &["VIN 1HGCM82633A004353", "1HGCM82633A004352"],
        ..Detector::NUMBER
    },
];

/// 3GPP TS 23.003 §6.2: 15 digits, the last one Luhn's.
fn is_imei(spot: &Spot<'_>) -> bool {
    let d = Digits::of(spot.value());
    d.len() == 15 && luhn(&d) && !is_repdigit(&d)
}

/// ISO 3779 and 49 CFR 565.15: weighted values of all 17 characters modulo 11 give the ninth.
fn is_vin(spot: &Spot<'_>) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let value = spot.value().as_bytes();
    let is_used = |b: &u8| b.is_ascii_digit() || b.is_ascii_uppercase() && !b"IOQ".contains(b);
    if !value.iter().all(is_used) {
        return false;
    }
    let worth = |b: u8| match b {
        b'0'..=b'9' => u32::from(b - b'0'),
        b'A'..=b'H' => u32::from(b - b'A') + 1,
        b'J'..=b'N' => u32::from(b - b'J') + 1,
        b'P' => 7,
        b'R' => 9,
        _ => u32::from(b.wrapping_sub(b'S')) + 2,
    };
    let sum: u32 = value.iter().zip(WEIGHTS).map(|(b, w)| worth(*b) * w).sum();
    let check = if sum % 11 == 10 { b'X' } else { b'0' + (sum % 11) as u8 };
    value[8] == check && value.iter().any(u8::is_ascii_alphabetic)
}
