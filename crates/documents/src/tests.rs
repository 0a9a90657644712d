//! Every kind of document, and the hostile ones.

mod written;

use proptest::prelude::*;

use super::{Document, Limits, read};
use written::Bill;

/// What a document comes to, on one line of code, then its remarks, then its text.
fn shown(bytes: &[u8], name: &str) -> String {
    match read(bytes, name, &Limits::default()) {
        Ok(document) => told(&document),
        Err(fault) => fault.code().to_owned(),
    }
}

fn told(document: &Document) -> String {
    let mut text = format!("{} {}\n", document.kind.title(), document.outcome());
    for remark in &document.remarks {
        text += &format!("({})\n", remark.text);
    }
    text + &document.text
}

/// Checks what a document comes to.
fn check(bytes: &[u8], expected: &str) {
    check_named(bytes, "", expected);
}

fn check_named(bytes: &[u8], name: &str, expected: &str) {
    assert_eq!(shown(bytes, name).trim_end(), expected.trim_end());
}

const BILL: &str = "\
Kade & Söhne GmbH                            Rechnung
Hafenstraße 5, Hamburg

Rechnungsnummer: RE-2291                     Datum: 03.11.2026

Artikel                Menge      Preis      Betrag
Schraube M8              100       0,50       50,00
Platte                     2     500,00     1000,00

                                 Netto      1050,00
                                 Summe    € 1249,50
";

const DATA: Bill<'_> = Bill {
    number: "RE-2291",
    date: "2026-11-03",
    seller: "Kade & Söhne GmbH",
    vat_id: "DE111111125",
    buyer: "Larkfield Cycles Ltd",
    order: "PO-20401",
    iban: "DE02TEST00000000112233",
    currency: "EUR",
    net: "1050.00",
    tax: "199.50",
    total: "1249.50",
};

/// The lines of a text as their cells, since the columns of another kind are a little elsewhere.
fn cells(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| written::cells(line).into_iter().map(|(_, cell)| cell.to_owned()).collect())
        .collect()
}

#[test]
fn a_table_keeps_its_rows_and_columns_in_every_kind() {
    for bytes in [written::pdf(BILL), written::word(BILL), written::html(BILL).into_bytes()] {
        let document = read(&bytes, "", &Limits::default()).unwrap();
        assert_eq!(cells(&document.text), cells(BILL), "{}", document.text);
        assert_eq!(document.outcome(), "text");
        // The amounts stand below each other.
        let ends = |value: &str| {
            let line = document.text.lines().find(|line| line.contains(value)).unwrap();
            line.find(value).map(|at| at + value.len())
        };
        let (first, second) = (ends(" 50,00").unwrap(), ends("1000,00").unwrap());
        assert!(first.abs_diff(second) <= 3, "{}", document.text);
    }
}

#[test]
fn parts_say_where_they_stand() {
    let pages = [written::drawn("First page, of two", 5.0), written::drawn("And the second", 5.0)];
    let document = read(&written::pdf_pages(&pages, None), "", &Limits::default()).unwrap();
    let parts: Vec<(&str, &str, &str)> = document
        .parts
        .iter()
        .map(|p| (p.what.as_str(), p.name.as_str(), document.text.get(p.start..p.end).unwrap()))
        .collect();
    let expected = [("page", "1", "First page, of two\n"), ("page", "2", "And the second\n")];
    assert_eq!(parts, expected);
    assert_eq!(document.pages, 2);
}

#[test]
fn the_kind_is_what_the_bytes_are() {
    check_named(b"Total 3", "x.pdf", "text text\nTotal 3");
    check_named(&written::pdf("Invoice number 3"), "x.txt", "PDF text\nInvoice number 3");
    // One more line than a letter begins with makes it a message, or its name does.
    check(b"From: A\nSubject: x\n\nTotal: 3", "text text\nFrom: A\nSubject: x\n\nTotal: 3");
    check_named(
        b"From: a@b.example\nSubject: x\n\nTotal: 3",
        "x.eml",
        "e-mail text\nFrom: a@b.example\nSubject: x\n\nTotal: 3",
    );
    check(b"\xff\xfeT\0o\0t\0a\0l\0", "text text\nTotal");
    check(
        b"Betrag: 3 \x80, f\xfcr M\xe4rz",
        "text text\n(read as Windows-1252, the likeliest alphabet)\nBetrag: 3 €, für März",
    );
    check(b"\0\x01\x02binary", "unknown_kind");
    check(b"\x89PNG\r\n\x1a\nxxxx", "scan");
    check(&written::scan(), "scan");
    check(b"", "text text\n");
}

#[test]
fn what_nobody_sees_is_left_out_and_counted() {
    check(
        br#"<html><head><style>
            /* rules */ .pre, #x { display : none } @media print { .shown { display: none } }
            </style></head><body>
            <p class="shown">Total: 1.00</p><div class=pre>Total: 9.00</div><div id=x>zz</div>
            <p>Pay<span style="font-size:0">IBAN</span> <span style="visibility:hidden">abc</span>now</p>
            <td style="font-size:0"><div style="font-size:12px">kept</div></td>
            <p style="color:#ffffff">white</p>
            <p style="background:#000"><b style="color: white">on black</b></p>
            <p hidden>hi</p><!-- xyz --><script>var a</script>a&#8203;b
            <p style="position:absolute; left:-9999px">far</p></body></html>"#,
        "HTML text\n(33 characters that nobody sees were left out)\nTotal: 1.00\n\nPay now\n\nkept\n\non black\n\nab",
    );
    // A PDF: drawn invisibly, in white, too small, and outside the page.
    let page = b"BT /F1 10 Tf 1 0 0 1 50 700 Tm (Total due 1.00 EUR) Tj
        3 Tr 1 0 0 1 50 680 Tm (Total 9) Tj 0 Tr
        1 1 1 rg 1 0 0 1 50 660 Tm (White) Tj 0 g
        /F1 1 Tf 1 0 0 1 50 640 Tm (Tiny) Tj /F1 10 Tf
        1 0 0 1 50 900 Tm (Outside) Tj ET
        0 0 0.5 rg 40 590 200 30 re f 1 g BT /F1 10 Tf 1 0 0 1 50 600 Tm (On blue) Tj ET";
    check(
        &written::pdf_pages(&[page.to_vec()], None),
        "PDF text\n(22 characters that nobody sees were left out)\nTotal due 1.00 EUR\n\nOn blue",
    );
    let run = |look: &str, text: &str| {
        format!("<w:p><w:r><w:rPr>{look}</w:rPr><w:t>{text}</w:t></w:r></w:p>")
    };
    let body = run("", "Seen")
        + &run("<w:vanish/>", "Gone")
        + &run("<w:sz w:val=\"1\"/>", "Tiny")
        + &run("<w:vanish w:val=\"0\"/>", "Back")
        + &run("<w:color w:val=\"FFFFFF\"/>", "White");
    check(
        &written::word_of(&body),
        "Word text\n(13 characters that nobody sees were left out)\nSeen\n\nBack",
    );
    let rows: &[&[&str]] = &[&["Total", "12.5"]];
    check(
        &written::excel(&[("Shown", true, rows), ("Secret", false, &[&["x", "1"]])]),
        "Excel text\n(the sheet `Secret` is hidden and was left out)\n\
         (2 characters that nobody sees were left out)\nTotal    12.5",
    );
}

/// The layer of letters under a scan is what a machine guessed of the picture, and nobody sees it.
#[test]
fn a_scan_with_guessed_letters_is_a_scan() {
    let page = b"q 595 0 0 842 0 0 cm /Im Do Q BT 3 Tr /F1 10 Tf 1 0 0 1 50 700 Tm
        (Invoice number 77 of Kade GmbH) Tj ET";
    check(&written::pdf_pages(&[page.to_vec()], None), "scan");
    let both =
        [b"q 595 0 0 842 0 0 cm /Im Do Q".to_vec(), written::drawn("Invoice number 77", 5.0)];
    check(
        &written::pdf_pages(&both, None),
        "PDF partial\n(page 1 is a picture)\nInvoice number 77",
    );
}

#[test]
fn electronic_invoices_are_read_as_data() {
    let lines = "Invoice\n\nSupplier: Kade & Söhne GmbH\nVAT number: DE111111125\n\
        Bill to: Larkfield Cycles Ltd\nInvoice number: RE-2291\nInvoice date: 2026-11-03\n\
        Purchase order: PO-20401\nSubtotal: 1050.00 EUR\nVAT: 199.50 EUR\n\
        Total due: 1249.50 EUR\nIBAN: DE02TEST00000000112233\n";
    check(written::ubl(&DATA, false).as_bytes(), &format!("UBL text\n{lines}"));
    check(written::cii(&DATA).as_bytes(), &format!("CII text\n{lines}"));
    let credit = read(written::ubl(&DATA, true).as_bytes(), "", &Limits::default()).unwrap();
    assert!(credit.invoice.unwrap().credit_note && credit.text.starts_with("Credit note\n"));

    // Inside a PDF the data wins, and a page that shows something else is no `text`.
    let said = "(the text is the CII data in `factur-x.xml` inside it)\n";
    let data = written::cii(&DATA);
    let inside = |page: &str| {
        written::pdf_pages(&[written::drawn(page, 5.0)], Some(("factur-x.xml", data.as_bytes())))
    };
    let page = "Rechnung RE-2291\nSumme 1 249,50 EUR\nIBAN DE02 TEST 0000 0000 1122 33";
    check(&inside(page), &format!("PDF text\n{said}{lines}"));
    check(
        &inside("Rechnung RE-2291\nSumme 1.294,50 EUR\nIBAN DE02TEST00000000112234"),
        &format!(
            "PDF differs\n(its pages do not show the total and account of its data)\n{said}{lines}\n\
             Rechnung RE-2291\nSumme 1.294,50 EUR\nIBAN DE02TEST00000000112234"
        ),
    );
    // Two totals are none, and without one it is no invoice but some XML.
    let twice = written::ubl(&DATA, false).replace(
        "</cac:LegalMonetaryTotal>",
        "<cbc:PayableAmount currencyID=\"EUR\">1.00</cbc:PayableAmount></cac:LegalMonetaryTotal>",
    );
    assert!(shown(twice.as_bytes(), "").starts_with("XML text\nCustomizationID: urn:cen.eu"));
}

#[test]
fn a_message_gives_its_header_body_and_attachments() {
    let head = "From: Accounts <accounts@supplier.example>\nTo: invoices@larkfield.example\n\
        Date: 2026-11-03T09:12:00+01:00\nSubject: Invoice 77\n";
    check(
        &written::mail("Invoice 77", "Dear all,\nsee the file.", None),
        &format!("e-mail text\n{head}\nDear all,\nsee the file."),
    );
    let pdf = written::pdf("Invoice number 77");
    let with = |name: &str, bytes: &[u8]| {
        written::mail("Invoice 77", "See the file.", Some((name, "application/pdf", bytes)))
    };
    check(
        &with("a.pdf", &pdf),
        &format!("e-mail text\n{head}\nSee the file.\n\n[attachment: a.pdf]\n\nInvoice number 77"),
    );
    check(
        &with("scan.pdf", &written::scan()),
        &format!(
            "e-mail partial\n(attachment `scan.pdf` was not read (scan): it holds pictures and no \
             text)\n{head}\nSee the file."
        ),
    );
    check(
        &written::zip(&[("one.txt", b"Invoice 1"), ("two.pdf", &pdf)]),
        "ZIP text\n[file: one.txt]\nInvoice 1\n\n[file: two.pdf]\n\nInvoice number 77",
    );
    // The header is the outer message's, and what could not be read has a name too.
    let mail = |bytes: &[u8]| read(bytes, "", &Limits::default()).unwrap().mail.unwrap();
    let scanned = mail(&with("scan.pdf", &written::scan()));
    assert_eq!((scanned.subject.as_str(), scanned.cc.as_str()), ("Invoice 77", ""));
    assert_eq!(scanned.attachments, ["scan.pdf"]);
    assert!(scanned.message_id.ends_with("@supplier.example"), "{}", scanned.message_id);
    let outer = mail(&nested(1));
    assert_eq!((outer.from.as_str(), outer.subject.as_str()), ("a@b.example", ""));
}

/// A message in a message in a message, this deep.
fn nested(depth: usize) -> Vec<u8> {
    let mut bytes = written::mail("Invoice", "The last one.", None);
    for _ in 0..depth {
        let head = "From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n";
        bytes = [head.as_bytes(), &bytes].concat();
    }
    bytes
}

#[test]
fn too_much_is_refused_by_name() {
    let zeros = vec![b'0'; 4 << 20];
    let limits = Limits { unpacked: 1 << 20, ..Limits::default() };
    let code = |bytes: &[u8], limits: &Limits| read(bytes, "", limits).unwrap_err().code();
    assert_eq!(code(&written::zip(&[("word/document.xml", &zeros)]), &limits), "too_large");
    assert_eq!(code(&written::zip(&[("a.txt", &zeros)]), &limits), "too_large");
    let small = Limits { bytes: 3, pages: 1, text: 5, ..Limits::default() };
    assert_eq!(code(b"four", &small), "too_large");
    let mut zip = written::zip(&[("a.txt", b"deep")]);
    for _ in 0..8 {
        zip = written::zip(&[("a.zip", &zip)]);
    }
    assert_eq!(code(&zip, &Limits::default()), "too_deep");
    assert_eq!(shown(&nested(20), ""), "too_deep");
    let deep = "<div>".repeat(400) + "x";
    assert_eq!(shown(deep.as_bytes(), ""), "too_deep");
    let pages: Vec<Vec<u8>> = (0..3).map(|_| written::drawn("A page with text", 5.0)).collect();
    let two = Limits { pages: 2, ..Limits::default() };
    assert_eq!(code(&written::pdf_pages(&pages, None), &two), "too_many_pages");
}

#[test]
fn hostile_files_come_to_a_named_end() {
    // Entities are neither expanded nor fetched.
    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]>\
        <x>&b;</x>";
    check(laughs.as_bytes(), "broken");
    let fetch = "<?xml version=\"1.0\"?><!DOCTYPE Invoice [<!ENTITY e SYSTEM \
        \"file:///etc/passwd\">]><Invoice>&e;</Invoice>";
    check(fetch.as_bytes(), "broken");
    let whole = written::pdf(BILL);
    check(&whole[..60], "broken");
    let encrypted = written::pdf_of(
        &[b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(), b"<< /Type /Pages /Kids [] >>".to_vec()],
        "/ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /Length 40 /P -4 \
         /O <0000000000000000000000000000000000000000000000000000000000000000> \
         /U <0000000000000000000000000000000000000000000000000000000000000000> >>",
    );
    check(&encrypted, "encrypted");
    let office: Vec<u8> = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        .iter()
        .copied()
        .chain("EncryptedPackage".bytes().flat_map(|b| [b, 0]))
        .collect();
    check(&office, "encrypted");
    // Pages that are their own parents, and a form that draws itself.
    let circle = written::pdf_of(
        &[
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 >>".to_vec(),
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources \
              << /XObject << /X 5 0 R >> >> >>"
                .to_vec(),
            written::stream("", b"/X Do"),
            written::stream(
                "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject \
                 << /X 5 0 R >> >>",
                b"/X Do /X Do",
            ),
        ],
        "",
    );
    check(&circle, "PDF text");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever the bytes, reading comes to an end with text or with a name for why not.
    #[test]
    fn no_bytes_stop_the_reader(
        which in 0_usize..8,
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        keep in any::<prop::sample::Index>(),
    ) {
        let all = [
            written::pdf(BILL),
            written::word(BILL),
            written::html(BILL).into_bytes(),
            written::excel(&[("A", true, &[&["Total", "1"]])]),
            written::mail("x", "y", Some(("a.pdf", "application/pdf", &written::pdf("z")))),
            written::ubl(&DATA, false).into_bytes(),
            written::pdf_pages(&[written::drawn(BILL, 5.0)],
                Some(("factur-x.xml", written::cii(&DATA).as_bytes()))),
            Vec::new(),
        ];
        let mut bytes = all[which].clone();
        for (at, byte) in cuts {
            if bytes.is_empty() {
                bytes.push(byte);
            }
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let keep = keep.index(bytes.len() + 1);
        bytes.truncate(keep.max(bytes.len() / 2));
        let document = read(&bytes, "", &Limits::default());
        if let Ok(document) = document {
            for part in document.parts {
                prop_assert!(document.text.get(part.start..part.end).is_some());
            }
        }
    }
}
