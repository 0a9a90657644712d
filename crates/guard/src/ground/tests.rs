//! Texts in, candidates and verdicts out. One line per candidate: value, score band, flaw, second.

use std::fmt::Write;

use plan::ids::FieldName;
use plan::workflow::{CopyField, Find};
use proptest::prelude::*;
use serde_json::Value;

use super::{
    CANDIDATES_MAX, Flaw, LABELLED, Reason, Second, Settled, candidates, questions, settle,
    worth_asking,
};

fn field(name: &str, find: Find) -> CopyField {
    CopyField {
        name: FieldName::new(name).unwrap(),
        find,
        optional: false,
        called: Vec::new(),
        known_in: None,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        money => format!("{} {}", money["minor"], money["currency"].as_str().unwrap_or("?")),
    }
}

/// The values that labels name, best first, with flaw and second witness.
fn check(name: &str, find: Find, text: &str, expected: &str) {
    let mut got = String::new();
    for c in candidates(text, &field(name, find)).iter().filter(|c| c.score >= LABELLED) {
        assert!(text.get(c.span.clone()).is_some(), "a span off the borders in {text:?}");
        write!(got, "{}{}", if got.is_empty() { "" } else { " | " }, plain(&c.value)).unwrap();
        c.flaw.iter().for_each(|flaw| write!(got, " !{flaw:?}").unwrap());
        c.second.iter().for_each(|second| write!(got, " +{second:?}").unwrap());
    }
    assert_eq!(got, expected, "{name} in {text:?}");
}

#[test]
fn every_line_of_the_tables_is_read() {
    let rows = super::label::rows().count();
    assert!(rows > 900, "{rows}");
    for line in
        include_str!("labels.txt").lines().filter(|l| !l.is_empty() && !l.starts_with(['#', '@']))
    {
        let (head, _) = line.split_once(':').unwrap();
        let strength = head.split_once(' ').unwrap().1;
        assert!(matches!(strength, "0" | "1" | "2"), "{line}");
    }
    // Compiles every pattern of every finder.
    for find in [Find::Name, Find::Id, Find::Date, Find::Money, Find::Iban, Find::Line] {
        assert!(candidates("", &field("x", find)).is_empty());
    }
}

#[test]
fn amounts() {
    let check = |text, expected| check("total", Find::Money, text, expected);
    check("Total: 1,234.56 EUR", "123456 EUR +Only");
    check("Gesamtbetrag 1.234,56 €", "123456 EUR +Only");
    check("Total TTC   1 234,56 €", "123456 EUR +Only");
    check("Total TTC   1\u{202f}234,56 €", "123456 EUR +Only");
    check("Total CHF 1'234.50", "123450 CHF +Only");
    check("Total £1,234", "123400 GBP !Separator +Only");
    check("Item £0.50\nTotal £1,234", "123400 GBP");
    check("Totaal EUR 120,-", "12000 EUR +Only");
    check("Total due (EUR)   1,771.20", "177120 EUR +Only");
    check("All amounts in EUR\nTOTAL   4,480.00", "448000 EUR +Only");
    check("Total JPY 12,000", "12000 JPY !Separator +Only");
    check("Gutschriftsbetrag   -357,00 €", "-35700 EUR +Only");
    check("Total (EUR 357.00)", "-35700 EUR +Only");
    check("Total EUR -357.00", "-35700 EUR +Only");
    check("Total 357.00- EUR", "-35700 EUR +Only");
    check("Total - 357.00 EUR", "35700 EUR +Only");
    check("Total --357.00 EUR", "35700 EUR +Only");
    check("Total 12.50", "1250 XXX !Currency +Only");
    check("In EUR or USD\nTotal 12.50", "1250 XXX !Currency +Only");
    check("Total 1\u{200b}2.50 EUR", "1250 EUR !Hidden +Only");
    check("Subtotal 10.00 EUR\nVAT 20% 2.00 EUR\nTotal 12.00 EUR", "1200 EUR +Sum");
    check("Total 12.00 EUR\nTotal 99.00 EUR", "1200 EUR | 9900 EUR");
    check("Total excl. 21% BTW EUR 100,00", "");
    check("Invoice 2026-10, room 12.50, call 030 12.50.13", "");
    assert_eq!(
        candidates(
            "Widget 5.00 EUR\nNet 10.00 EUR\nVAT 2.00 EUR\nTotal 12.00 EUR",
            &field("net", Find::Money)
        )[0]
        .second,
        Some(Second::Sum)
    );
    let off = "Widget 5.00 EUR\nNet 10.00 EUR\nVAT 2.00 EUR\nTotal 13.00 EUR";
    assert_eq!(candidates(off, &field("net", Find::Money))[0].second, None);
}

#[test]
fn net_and_tax() {
    let prose = "für die Beförderung berechnen wir 1.865,50 EUR netto. Hinzu kommen 19 % Umsatzsteuer in Höhe von\n\
                 354,45 EUR. Bitte zahlen Sie den Gesamtbetrag von 2.219,95 EUR.";
    check("net", Find::Money, prose, "186550 EUR +Sum");
    check("tax", Find::Money, prose, "35445 EUR +Sum");
    check("total", Find::Money, prose, "221995 EUR +Sum");
    let table = "Net      VAT     Total\n100.00   20.00   120.00\nEUR";
    check("net", Find::Money, table, "10000 EUR +Sum");
    check("tax", Find::Money, table, "2000 EUR +Sum");
    check("total", Find::Money, table, "12000 EUR +Sum");
    check("net", Find::Money, "Summe exkl. USt.   EUR  1.010,00", "101000 EUR +Only");
    check("total", Find::Money, "Summe inkl. 20 % USt.   EUR  1.212,00", "121200 EUR +Only");
}

#[test]
fn dates() {
    let check = |text, expected| check("date", Find::Date, text, expected);
    for text in [
        "Invoice date: 2026-10-02",
        "Rechnungsdatum: 02.10.2026",
        "Rechnungsdatum: 2. Oktober 2026",
        "Factuur van Datum 2-10-2026 BTW",
        "Date : 2 octobre 2026",
        "Fecha: 2 de octubre de 2026",
        "Data: 2 ottobre 2026",
        "Datum: 2 okt. 2026",
        "Invoice date: October 2, 2026",
        "Invoice date: 2nd Oct 2026",
        "Date: Oct 2, 2026",
        "Rechnung 12 vom 02.10.26",
        "Erfurt, 2. Oktober 2026",
        "Facture F-1 du 02/10/2026\nTVA",
        "Data: 2 października 2026",
        "Datum: 2. listopada 2026\nOIB 1",
        "Päiväys: 2. lokakuuta 2026",
        "Kelt: 2026. október 2.",
        "Datums: 2026. gada 2. oktobris",
        "Data: 2026 m. spalio 2 d.",
        "Ημερομηνία: 2 Οκτωβρίου 2026",
        "Data: 2 d'octubre de 2026",
        "Data: 2 X 2026",
    ] {
        check(text, "2026-10-02 +Only");
    }
    check("Date: 03/04/2026", "2026-04-03 !DayOrMonth +Only");
    check("Date: 03/04/2026\nDue date: 30/04/2026", "2026-04-03 +Only");
    check("Date: 03/04/2026\nDue date: 04/30/2026", "2026-03-04 +Only");
    check("Bestellung PO-1 vom 02.10.2026", "");
    check("Due date: 2026-10-02", "");
    check("Date: 2026-02-30", "");
}

#[test]
fn identifiers() {
    let number = |text, expected| check("number", Find::Id, text, expected);
    number("Invoice no: INV-30954", "INV-30954 +Only");
    number("Fattura n. 771/2026 del 09/10/2026", "771/2026 +Only");
    number("RECHNUNG RE-2026-4417\nIhre Bestellung: PO-20401", "RE-2026-4417 +Only");
    number("Rechnung Nr. RE 2026-114", "RE 2026-114 +Only");
    number("Your order: PO-20427, VAT no. GB 447 1190 28", "");
    number("Invoice no: A-1\nInvoice no: B-22", "B-22 +Only");
    number("Gutschrift zur Rechnung 10223 vom 15.10.2026", "");
    check(
        "order",
        Find::Id,
        "P.O. NUMBER   SHIP VIA   TERMS\nPO-20409      Ocean LCL  Net 30",
        "PO-20409 +Only",
    );
    check(
        "order",
        Find::Id,
        "| Invoice number | TG-2026 |\n| Purchase order | PO-20428 |",
        "PO-20428 +Only",
    );
}

#[test]
fn accounts_and_names() {
    check(
        "iban",
        Find::Iban,
        "IBAN DE89 3704 0044 0532 0130 00 at once",
        "DE89370400440532013000 +Only",
    );
    check("iban", Find::Iban, "IBAN DE89 3704 0044 0532 0130 01", "");
    check(
        "supplier",
        Find::Name,
        "Acme Tools Ltd\n1 Road\n\nBill to: Buyer GmbH",
        "Acme Tools Ltd +Only",
    );
    check(
        "supplier",
        Find::Name,
        "INVOICE\nBill to: Buyer GmbH\nSeller: Acme Tools",
        "Acme Tools +Only",
    );
    check(
        "supplier",
        Find::Name,
        "Dear team,\nour invoice.\nKind regards,\nAoife\nAcme Tools S.r.l.",
        "Acme Tools S.r.l.",
    );
    check("supplier", Find::Name, "Acme Tools Ltd\nLarch GmbH", "Acme Tools Ltd");
}

#[test]
fn what_answers_settle() {
    let number = field("number", Find::Id);
    let text = "Our ref INV-30954\nrefer to CASE-77";
    let found = candidates(text, &number);
    assert!(worth_asking(&number, &found));
    let settled = |answers| settle(&number, &found, answers);
    let right = Settled::Value("INV-30954".into(), 8..17);
    // The second wording turns the options round.
    assert_eq!(questions(&number, &found, 0).options, ["INV-30954", "CASE-77"]);
    assert_eq!(questions(&number, &found, 1).options, ["CASE-77", "INV-30954"]);
    assert_eq!(settled([Some(0), Some(1)]), right);
    for one in [
        [Some(0), Some(0)],
        [Some(1), Some(1)],
        [Some(1), Some(0)],
        [Some(0), None],
        [Some(9), Some(9)],
    ] {
        assert!(matches!(settled(one), Settled::Doubt(_)), "{one:?}");
    }
    assert_eq!(settled([None, None]), Settled::Doubt(Reason::Alone));

    // What labels name twice, no model settles; nor what nothing names.
    let total = field("total", Find::Money);
    let planted = candidates("Total 12.00 EUR\n<!-- total 99.00 EUR -->", &total);
    assert_eq!(settle(&total, &planted, [Some(0), Some(1)]), Settled::Doubt(Reason::Rivals));
    let loose = candidates("twelve 12.00 EUR or 13.00 EUR", &total);
    assert_eq!(settle(&total, &loose, [Some(0), Some(1)]), Settled::Doubt(Reason::Unlabelled));
    assert_eq!(settle(&total, &[], [None, None]), Settled::None);

    // A checksum stands for a lone account; two accounts are doubt, whatever their labels.
    let iban = field("iban", Find::Iban);
    let lone = candidates("Zahlbar auf DE89 3704 0044 0532 0130 00", &iban);
    assert!(matches!(settle(&iban, &lone, [None, None]), Settled::Value(..)));
    let two =
        candidates("Zahlbar auf DE89370400440532013000\nneue IBAN: GB82WEST12345698765432", &iban);
    assert_eq!(settle(&iban, &two, [Some(0), Some(1)]), Settled::Doubt(Reason::Rivals));
    let date = field("date", Find::Date);
    let either = candidates("Date: 03/04/2026", &date);
    assert_eq!(
        settle(&date, &either, [Some(0), Some(0)]),
        Settled::Doubt(Reason::Flaw(Flaw::DayOrMonth))
    );
}

#[test]
fn sums_by_a_printed_rate() {
    // One label and the rate that makes the tax of the net name all three.
    let rate = "Wert   100.00 EUR\nAbgabe 19%   19.00\nTotal   119.00\nPorto   5.00";
    for (field, expected) in [("net", "10000 EUR +Sum"), ("tax", "1900 EUR +Sum")] {
        check(field, Find::Money, rate, expected);
    }
    // Without the rate, one label is not enough.
    check("net", Find::Money, &rate.replace("19%", ""), "");
    // Two rates: the sum of their sums.
    let two = "19%   100.00   19.00   119.00\n7%   50.00   3.50   53.50\n\
               x   150.00   22.50   172.50\nTotal   172.50 EUR";
    check("tax", Find::Money, two, "2250 EUR +Sum");
    check("total", Find::Money, two, "17250 EUR +Sum");
    // A larger amount that a label names contradicts the sum, a smaller one is a part of it.
    let sum = "Net 100.00 EUR\nVAT 20% 20.00 EUR\nTotal 120.00 EUR\n";
    let larger = format!("{sum}Amount due 420.00 EUR");
    check("total", Find::Money, &larger, "12000 EUR +Sum | 42000 EUR");
    check("total", Find::Money, &format!("{sum}Amount due 70.00 EUR"), "12000 EUR +Sum");
    // Amounts that add up are of the currency that one of them bears.
    let lei = "Net 100.00\nVAT 20% 20.00\nTotal 120.00 EUR\nRate 5.09 RON";
    check("net", Find::Money, lei, "10000 EUR +Sum");
}

#[test]
fn whose_habits_a_date_follows() {
    let check = |text, expected| check("date", Find::Date, text, expected);
    check("Date: 03/04/2026\nVAT 20%", "2026-04-03 +Only");
    check("Date: 03/04/2026\nMolde, MN 55802 USA", "2026-03-04 +Only");
    check("Date: 03/04/2026\nMolde, MN 55802 USA\nVAT", "2026-04-03 !DayOrMonth +Only");
    check("Fakturadatum 26-09-25\nAB och bankgiro", "2026-09-25 +Only");
    check("Fakturadatum 26-09-25", "2025-09-26 !DayOrMonth +Only");
    check("Dato 12/10 2026\nmoms", "2026-10-12 +Only");
    check("Дата: 28 жовтня 2026 р.", "2026-10-28 +Only");
    check("D\u{e1}ta: 30 Deireadh F\u{f3}mhair 2026", "2026-10-30 +Only");
    // A value in a row of a table and a date behind an unknown word are no date of a letter.
    check("| 14-10-2026 | 13-12-2026 |", "");
    check("Rok pl.:   28.11.2026", "");
    check("Your request of 2 October 2026", "");
    check("Fattura n. 7 del 02/10/2026", "2026-10-02 +Only");
    // The date of a mail is not the date of what it brings.
    let mail = "From: a@x.example\nTo: b@y.example\nDate: 2026-10-05\n\nInvoice date: 2026-10-02";
    check(mail, "2026-10-02 +Only");
}

#[test]
fn identifiers_that_are_whole() {
    let order = |text, expected| check("order", Find::Id, text, expected);
    order("Bestellung PO 21166 vom 2.1.2026", "PO 21166 +Only");
    order("against your PO 4500087713", "4500087713 +Only");
    order("Your ref: PO-21034\nRoom A-118", "PO-21034 +Mark");
    let number = |text, expected| check("number", Find::Id, text, expected);
    number("INVOICE No. 1000000871 / ORIGINAL", "1000000871 +Only");
    number("Invoice no: INV 2026 0417", "");
    number("NO 847 120 933 MVA", "");
    number("Page number 118-1", "");
    number("Invoice ......... 2610-77", "2610-77 +Only");
    number("Frachtrechnung Nr. RL-88120", "RL-88120 +Only");
}

#[test]
fn a_field_that_may_be_absent() {
    let mut order = field("order", Find::Id);
    let text = "Invoice no. A-118\nCustomer no. C-44712\nNet 1.00\nVAT 0.20\nTotal 1.20 EUR\nX-118";
    assert!(!candidates(text, &order).is_empty());
    order.optional = true;
    assert_eq!(settle(&order, &candidates(text, &order), [None, None]), Settled::None);
    // A word for it, its mark, or a document whose words nobody knows leave it to a person.
    for more in ["Order to follow", "X PO-1188"] {
        let text = format!("{text}\n{more}");
        let settled = settle(&order, &candidates(&text, &order), [None, None]);
        assert!(matches!(settled, Settled::Doubt(_)), "{more}");
    }
    let strange = candidates("Xyzzy A-118\nPlugh C-44712", &order);
    let strange = settle(&order, &strange, [None, None]);
    assert!(matches!(strange, Settled::Doubt(_)));
}

#[test]
fn who_sent_it() {
    let check = |text, expected| check("supplier", Find::Name, text, expected);
    let home = "Rad Oy\nTie 8\n\nLarch B.V.\nWeg 1\n\nTili FI21 1234 5600 0007 85";
    check(home, "Rad Oy +Home");
    // The addressee may come first: the account is held where the other firm is.
    let turned = "Larch B.V.\nWeg 1\n\nRad Oy\nTie 8\n\nTili FI21 1234 5600 0007 85";
    check(turned, "Larch B.V.");
    check("Seller       Buyer\nRad Oy       Larch B.V.", "Rad Oy +Only");
    check("Supplier\nRad Oy\nPolenska 88\nBuyer: Larch B.V.", "Rad Oy +Only");
    check("Точак д.о.о.\n\nКупац: Larch B.V.", "Точак д.о.о. +Only");
    check("Pay to: Caja Rural de Vizcaya", "");
    // A payee that is not the letterhead is no sender, and the letterhead is in doubt.
    let paid = "Acme Tools Ltd\nVAT no. 1\n\nPay to: Quick Holding";
    check(paid, "Quick Holding | Acme Tools Ltd");
}

proptest! {
    #[test]
    fn any_text_gives_whole_spans_and_the_same_candidates_twice(
        text in "([ -~]|[éß€\u{200b}\u{a0}\n0-9.,]|Total |Invoice no |IBAN |Date ){0,120}"
    ) {
        for find in [Find::Name, Find::Id, Find::Date, Find::Money, Find::Iban, Find::Line] {
            let field = field("total", find);
            let found = candidates(&text, &field);
            prop_assert!(found.len() <= CANDIDATES_MAX);
            prop_assert!(found.iter().all(|c| text.get(c.span.clone()).is_some_and(|span| !span.is_empty())));
            prop_assert_eq!(&found, &candidates(&text, &field));
            for answers in [[None, None], [Some(0), Some(0)], [Some(3), Some(1)]] {
                if let Settled::Value(value, span) = settle(&field, &found, answers) {
                    prop_assert!(found.iter().any(|c| c.value == value && c.span == span && c.flaw.is_none()));
                }
            }
        }
    }
}
#[test]
fn a_longer_text_takes_no_more_time_for_each_byte() {
    let took = |unit: &str, size: usize| {
        let total = field("total", Find::Money);
        let text = unit.repeat(size / unit.len());
        let began = std::time::Instant::now();
        assert!(candidates(&text, &total).len() <= CANDIDATES_MAX);
        began.elapsed()
    };
    for unit in ["1.00 2.00 3.00 ", "Total 12.34 (x) EUR 20 % ", "PO 12 34 "] {
        // Sixteen times the bytes; a square would take 256 times as long.
        let (short, long) = (took(unit, 2_000), took(unit, 32_000));
        assert!(long < short * 80, "{unit:?}: {short:?}, then {long:?}");
    }
}
