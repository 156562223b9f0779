//! Identifiers of patients and of those who treat them, United States.

use super::us::{is_npi, is_ssn};
use crate::enrich::scan::checks::Digits;
use crate::enrich::scan::detector::{Detector, Edges, Find, Spot, Tier};
use std::ops::Range;

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "US_MBI",
        find: Find::Shape(
            r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]-?[AC-HJKMNP-RT-Y]{2}[0-9]{2}",
        ),
        context: &["mbi", "medicare", "beneficiary", "medicare number", "hicn", "cms"],
        finds: &["MBI: ⟦5QC6AM8UR84⟧ --", "beneficiary ID ⟦7DY4-M70-GC49⟧."],
        leaves: &["5SC6AM8UR84", "15QC6AM8UR84"],
        ..Detector::BASE
    },
    Detector {
        kind: "US_NPI",
        find: Find::Shape(r"[12][0-9]{9}"),
        valid: |spot| is_npi(&Digits::of(spot.value())),
        context: &[
            "npi",
            "npi number",
            "npi no",
            "provider",
            "national provider",
            "provider id",
            "provider number",
            "prescriber",
            "physician",
            "cms",
            "*xx*",
        ],
        finds: &["NM1*85*2*CLINIC*****XX*⟦1385754498⟧~", "provider NPI ⟦1385754498⟧, please"],
        leaves: &["epoch 1385754498", "NPI 1385754499"],
        ..Detector::NUMBER
    },
    Detector {
        kind: "MEDICAL_LICENSE",
        tier: Tier::Checked,
        find: Find::Shape(r"[ABCDEFGHJKLMPRSTUX][A-Z9][0-9]{7}"),
        valid: is_dea,
        context: &[
            "dea",
            "dea number",
            "dea no",
            "prescriber",
            "medical license",
            "licence",
            "prescribing",
            "controlled substance",
            "practitioner",
        ],
        finds: &["prescriber DEA: ⟦GB0360002⟧. The"],
        leaves: &["GB0360003", "GB036000"],
        ..Detector::BASE
    },
    Detector {
        kind: "MEDICAL_RECORD_NUMBER",
        tier: Tier::ShapeNear,
        find: Find::Shape(r"(?:MRN-?[0-9]{5,10}|[A-Z]?[0-9]{6,10})"),
        edges: Edges::Number,
        valid: |spot| !spot.text[spot.at.end..].trim_start().starts_with("rows") && !is_of_a_message(spot),
        context: &[
            "mrn",
            "m.r.n",
            "medical record",
            "medical record number",
            "medical record no",
            "med rec",
            "med record",
            "patient id",
            "patient no",
            "patient number",
            "patient mrn",
            "patient identifier",
            "patientid",
            "chart number",
            "chart no",
            "chart #",
            "chart",
            "health record",
            "hospital number",
            "hospital no",
            "hospital id",
            "hosp no",
            "hosp number",
            "hosp. no",
            "nhc",
            "patientenakte",
            "病案号",
            "病历号",
            "カルテ番号",
            "診察券番号",
            "환자번호",
            "unit number",
            "patientennummer",
            "dossier patient",
            "numéro de dossier",
            "historia clínica",
            "cartella clinica",
            "numero paziente",
            "patiëntnummer",
            "prontuário",
            "fallnummer",
            "record number",
            "record no",
            "epic id",
            "ehr id",
            "emr",
            // FHIR and HL7 table 0203, identifier type.
            "mr#",
            "mr no",
            "v2-0203 mr",
            "mr http://terminology.hl7.org/",
            "\"code\":\"mr\"",
            "\"code\": \"mr\"",
        ],
        finds: &["MRN: ⟦MRN-580808⟧\n", "medical record number ⟦35170347⟧", "MRN: ⟦A6719595⟧"],
        leaves: &[
            "order 35170347",
            "MSH|^~\\&|RIS|EAST|EMR|EAST|20261103||ORM^O01|9767266|P|2.4",
            "PatientID\n(0010,0030) DA [19630412]",
        ],
    },
    Detector {
        kind: "MEDICAL_RECORD_NUMBER",
        tier: Tier::Shape,
        find: Find::Stem(r"PID\|", |text, stem| {
            hl7_field(text, stem, 3).filter(|at| (4..=20).contains(&at.len()))
        }),
        edges: Edges::Free,
        finds: &["PID|1||⟦7258185⟧^^^HOSP^MR||NGUYEN^LINH", "PID|||⟦A37346180⟧||SILVA^ANA|"],
        leaves: &["PID|1||^^^HOSP^MR||NGUYEN", "the PID|TID of it"],
        ..Detector::BASE
    },
    Detector {
        kind: "US_SSN",
        tier: Tier::Shape,
        find: Find::Stem(r"PID\|", |text, stem| hl7_field(text, stem, 19)),
        valid: |spot| matches!(spot.value().len(), 9 | 11) && is_ssn(spot),
        edges: Edges::Free,
        finds: &["PID|||37346180||SILVA^ANA||19850101|F|||||||||||⟦418214216⟧"],
        leaves: &[
            "PID|||37346180||SILVA^ANA||19850101|F|||||||||||000000000",
            "PID|||37346180||SILVA^ANA||19850101|F|||||||||||4182 1421",
        ],
        ..Detector::BASE
    },
];

/// Whether a number is a field of a segment of HL7, which has its own row, or a day on a line that names no record.
fn is_of_a_message(spot: &Spot<'_>) -> bool {
    const LINE_MOST: usize = 256;
    let from = spot.text.ceil_char_boundary(spot.at.start.saturating_sub(LINE_MOST));
    let line = spot.text[from..spot.at.start].rsplit(['\n', '\r']).next().unwrap_or("");
    let name = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    let is_segment = line.as_bytes().get(3) == Some(&b'|') && line.as_bytes()[..3].iter().all(name);
    let value = spot.value();
    let within = |at: Range<usize>, least, most| value.get(at).is_some_and(|d| (least..=most).contains(&d));
    let is_day = value.len() == 8
        && within(0..4, "1900", "2099")
        && within(4..6, "01", "12")
        && within(6..8, "01", "31");
    let is_named = || {
        line.contains("MRN") || ["record", "patient"].iter().any(|w| line.to_ascii_lowercase().contains(w))
    };
    is_segment || is_day && !is_named()
}

/// HL7 v2.5.1, 3.4.2: the first component of a field of the segment that begins with `stem`, if it has a digit.
fn hl7_field(text: &str, stem: Range<usize>, number: usize) -> Option<Range<usize>> {
    const SEGMENT_MOST: usize = 512;
    let rest = &text[stem.end..text.floor_char_boundary((stem.end + SEGMENT_MOST).min(text.len()))];
    let segment = rest.split(['\n', '\r']).next()?;
    let start: usize =
        stem.end + segment.split('|').take(number - 1).map(|field| field.len() + 1).sum::<usize>();
    let field = segment.split('|').nth(number - 1)?;
    let value = field.split(['^', '~', '&']).next()?.trim();
    let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (plain && value.bytes().any(|b| b.is_ascii_digit())).then(|| start..start + value.len())
}

/// Drug Enforcement Administration registration: (1st + 3rd + 5th) + 2 × (2nd + 4th + 6th digit) ends
/// in the seventh.
fn is_dea(spot: &Spot<'_>) -> bool {
    let value = spot.value();
    let d = Digits::of(&value[2..]);
    let sum = d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5]);
    sum % 10 == d[6] && d[..6].iter().any(|d| *d != 0)
}
