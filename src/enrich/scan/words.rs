//! Words around values that belong to no type, and the ways in which a word is spelled.

use unicode_normalization::UnicodeNormalization;

/// What a value is said to be right behind it: ` is my passport`, ` (BSN)`.
pub const SAID_BEHIND: &[&str] = &[
    " is my ",
    " is the ",
    " is our ",
    " is his ",
    " is her ",
    " is their ",
    " was my ",
    " as my ",
    " as the ",
    " (",
    " ist mein",
    " ist die ",
    " ist der ",
    " lautet ",
    " est mon ",
    " est ma ",
    " est le ",
    " es mi ",
    " es el ",
    " é o meu",
    " é meu",
    " é o ",
    " è il ",
    " è la ",
    " is mijn ",
    " is het ",
    " är mi",
    " er mi",
    " on ",
    " to mój ",
    " to numer",
    " je moje",
    " este ",
    " benim ",
    "です",
    "は",
    "是",
    "는",
    "이 ",
    "이",
];

/// Words for numbers that are nobody's: right before a value they take it away from the words around.
pub const OTHERS: &[&str] = &[
    "order",
    "orders",
    "order number",
    "order no",
    "order id",
    "invoice",
    "invoice number",
    "ticket",
    "case number",
    "part",
    "part number",
    "sku",
    "item",
    "model",
    "lot",
    "ref",
    "reference",
    "reference number",
    "serial",
    "serial number",
    "batch",
    "tracking",
    "tracking number",
    "shipment",
    "parcel",
    "version",
    "build",
    "release",
    "revision",
    "commit",
    "epoch",
    "timestamp",
    "seed",
    "port",
    "pid",
    "page",
    "chapter",
    "line",
    "row",
    "step",
    "issue",
    "bug",
    "amount",
    "total",
    "subtotal",
    "price",
    "cost",
    "balance",
    "qty",
    "quantity",
    "size",
    "count",
    "isbn",
    "ean",
    "upc",
    "gtin",
    "asin",
    "doi",
    "reservation",
    "contract",
    "policy number",
    "claim number",
    "employee number",
    "employee no",
    "employee id",
    "customer number",
    "customer no",
    "member number",
    "docket",
    "accession",
    "specimen",
    "contrato",
    "reserva",
    "contrat",
    "contratto",
    "umowa",
    "smlouva",
    "sözleşme",
    "договор",
    "заказ",
    "замовлення",
    "合同",
    "契約",
    "voucher",
    "coupon",
    "booking",
    "confirmation number",
    "job",
    "transaction",
    "transaction id",
    "request id",
    "session",
    "session id",
    "trace id",
    "span id",
    "id",
    "ids",
    "user id",
    "created",
    "created at",
    "updated",
    "updated at",
    "modified",
    "expires",
    "expires at",
    "customer id",
    "offset",
    "checksum",
    "hash",
    "population",
    "revenue",
    "score",
    "index",
    "bestellung",
    "bestellnummer",
    "auftrag",
    "auftragsnummer",
    "rechnung",
    "rechnungsnummer",
    "charge",
    "artikel",
    "artikelnummer",
    "vertrag",
    "vertragsnummer",
    "kundennummer",
    "sendungsnummer",
    "seriennummer",
    "aktenzeichen",
    "pedido",
    "factura",
    "albarán",
    "referencia",
    "lote",
    "encomenda",
    "fatura",
    "nota fiscal",
    "protocolo",
    "commande",
    "facture",
    "référence",
    "colis",
    "dossier",
    "ordine",
    "fattura",
    "lotto",
    "pratica",
    "spedizione",
    "bestelling",
    "bestelnummer",
    "factuur",
    "factuurnummer",
    "partij",
    "zamówienie",
    "zamówienia",
    "faktura",
    "partia",
    "objednávka",
    "beställning",
    "ordrenummer",
    "ordernummer",
    "parti",
    "tilaus",
    "tilausnumero",
    "sipariş",
    "comandă",
    "订单",
    "订单号",
    "运单",
    "发票",
    "注文",
    "注文番号",
    "請求書",
    "주문",
    "주문번호",
    "송장",
    "송장번호",
    "고객번호",
    "접수번호",
    "expediente",
    "póliza",
    "apólice",
    "n.o de cliente",
    "inv",
    "número de cliente",
    "numero cliente",
    "numéro client",
    "référence client",
    "código cliente",
    "codice cliente",
    "klantnummer",
    "zaaknummer",
    "kundnummer",
    "kundenr",
    "kundenummer",
    "asiakasnumero",
    "ärendenr",
    "ärendenummer",
    "sagsnummer",
    "nr klienta",
    "nr zgłoszenia",
    "zákaznické číslo",
    "číslo smlouvy",
    "variabilní symbol",
    "ügyfélszám",
    "adószám",
    "müşteri no",
    "müşteri numarası",
    "arıza kaydı",
    "kayıt no",
    "заявка",
    "лицевой счёт",
    "артикул",
    "客户编号",
    "订单编号",
    "受理单号",
    "单号",
    "お客様番号",
    "受付番号",
    "商品コード",
    "ičo",
    "dič",
    "cui",
    "nip",
    "regon",
    "siren",
    "siret",
    "nss",
    "global entry",
    "contatore",
    "imo",
    "mmsi",
];

/// Calls `each` with every way in which `word` is written: with and without accents, in capitals where ASCII
/// folding does not reach, its words joined as programs join them.
pub fn spellings(word: &str, mut each: impl FnMut(String)) {
    let plain: String = word.nfd().filter(|c| !is_accent(*c)).map(base).collect();
    let mut ways = cases(word);
    let mut add = |way: String| {
        if !ways.contains(&way) {
            ways.push(way);
        }
    };
    if !word.is_ascii() {
        add(plain);
    }
    if word.chars().any(|c| matches!(c, 'ä' | 'ö' | 'ü')) {
        add(word.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue"));
    }
    for way in ways {
        let is_joint = [' ', '-'];
        if way.contains(is_joint) {
            for joint in ["_", "-", ""] {
                let joined = way.replace(is_joint, joint);
                if joined != way {
                    each(joined);
                }
            }
        }
        each(way);
    }
}

/// `word` as it is, and where it is not ASCII in small letters, in capitals, and with a capital in front.
pub fn cases(word: &str) -> Vec<String> {
    let mut ways = vec![word.to_string()];
    if !word.is_ascii() {
        let lower = word.to_lowercase();
        let mut letters = lower.chars();
        let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        for way in [word.to_uppercase(), first + letters.as_str(), lower] {
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
    }
    ways
}

/// Marks above and below Latin letters; those of other scripts are part of the word.
fn is_accent(c: char) -> bool {
    matches!(u32::from(c), 0x300..=0x36F)
}

/// Letters that NFD leaves whole.
fn base(c: char) -> char {
    match c {
        'ø' => 'o',
        'ł' => 'l',
        'đ' => 'd',
        'ı' => 'i',
        'æ' => 'a',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(word: &str, wanted: &[&str]) {
        let mut all = Vec::new();
        spellings(word, |way| all.push(way));
        for way in wanted {
            assert!(all.iter().any(|w| w == way), "{way} among {all:?}");
        }
    }

    #[test]
    fn accents_capitals_and_joints_are_spellings() {
        check("téléphone", &["téléphone", "telephone", "TÉLÉPHONE"]);
        check("patient id", &["patient id", "patient_id", "patient-id", "patientid"]);
        check("sv-nummer", &["sv-nummer", "sv_nummer", "svnummer"]);
        check("fødselsnummer", &["fodselsnummer"]);
        check("überweisung", &["ueberweisung", "uberweisung", "Überweisung"]);
        check("телефон", &["ТЕЛЕФОН", "Телефон"]);
    }
}
