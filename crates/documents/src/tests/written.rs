//! Small files of each kind, written from texts: for tests, and for the example's inbox. It must
//! not use any reader of this crate.

use std::io::{Cursor, Write};

use encoding_rs::WINDOWS_1252;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A PDF from its objects, which are numbered from 1; the first is its catalogue.
pub fn pdf_of(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.extend(format!("{} 0 obj\n", n + 1).bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let xref = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).bytes());
    for place in &places {
        file.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let size = places.len() + 1;
    file.extend(format!("trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\n").bytes());
    file.extend(format!("startxref\n{xref}\n%%EOF\n").bytes());
    file
}

pub fn stream(dict: &str, data: &[u8]) -> Vec<u8> {
    let mut object = format!("<< {dict} /Length {} >>\nstream\n", data.len()).into_bytes();
    object.extend(data);
    object.extend(b"\nendstream");
    object
}

/// A PDF with these streams as its pages, `/F1` as its letters and perhaps a file inside.
pub fn pdf_pages(pages: &[Vec<u8>], attached: Option<(&str, &[u8])>) -> Vec<u8> {
    let first = 5;
    let kids: Vec<String> = (0..pages.len()).map(|n| format!("{} 0 R", first + 2 * n)).collect();
    let names = attached.map_or(String::new(), |(name, _)| {
        let spec = first + 2 * pages.len();
        format!("/Names << /EmbeddedFiles << /Names [({name}) {spec} 0 R] >> >> /AF [{spec} 0 R]")
    });
    let image = stream(
        "/Type /XObject /Subtype /Image /Width 2 /Height 2 /ColorSpace /DeviceGray \
         /BitsPerComponent 8",
        &[0, 255, 255, 0],
    );
    let font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>";
    let mut objects = vec![
        format!("<< /Type /Catalog /Pages 2 0 R {names} >>").into_bytes(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()).into(),
        font.into(),
        image,
    ];
    for (n, page) in pages.iter().enumerate() {
        objects.push(
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R \
                 /Resources << /Font << /F1 3 0 R >> /XObject << /Im 4 0 R >> >> >>",
                first + 2 * n + 1
            )
            .into_bytes(),
        );
        objects.push(stream("", page));
    }
    if let Some((name, data)) = attached {
        let file = first + 2 * pages.len() + 1;
        let spec = format!(
            "<< /Type /Filespec /F ({name}) /UF ({name}) /AFRelationship /Data \
             /EF << /F {file} 0 R >> >>"
        );
        objects.push(spec.into_bytes());
        objects.push(stream("/Type /EmbeddedFile /Subtype /text#2Fxml", data));
    }
    pdf_of(&objects, "")
}

/// What draws a text: its cells, which two spaces part, at places that fit their columns.
pub fn drawn(text: &str, unit: f64) -> Vec<u8> {
    let mut page = Vec::new();
    for (n, line) in text.lines().enumerate() {
        for (column, cell) in cells(line) {
            let (x, y) = (50.0 + column as f64 * unit, 790.0 - n as f64 * 13.0);
            page.extend(format!("BT /F1 9 Tf 1 0 0 1 {x:.1} {y:.1} Tm (").bytes());
            for byte in WINDOWS_1252.encode(cell).0.iter() {
                if matches!(byte, b'(' | b')' | b'\\') {
                    page.push(b'\\');
                }
                page.push(*byte);
            }
            page.extend(b") Tj ET\n");
        }
    }
    page
}

/// The cells of a line with the columns that they begin in.
pub fn cells(line: &str) -> Vec<(usize, &str)> {
    let mut cells = Vec::new();
    let mut rest = line;
    let mut column = 0;
    loop {
        let bare = rest.trim_start();
        column += rest.chars().count() - bare.chars().count();
        if bare.is_empty() {
            return cells;
        }
        let end = bare.find("  ").unwrap_or(bare.len());
        let (cell, behind) = bare.split_at(end);
        cells.push((column, cell));
        column += cell.chars().count();
        rest = behind;
    }
}

/// A PDF that shows a text.
pub fn pdf(text: &str) -> Vec<u8> {
    pdf_pages(&[drawn(text, 4.9)], None)
}

/// A PDF that holds one picture.
pub fn scan() -> Vec<u8> {
    pdf_pages(&[b"q 595 0 0 842 0 0 cm /Im Do Q".to_vec()], None)
}

/// An archive of these entries.
pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";

/// Which entry of an office file the file begins with.
fn start(entry: &str) -> String {
    format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/\
         relationships/officeDocument\" Target=\"{entry}\"/></Relationships>"
    )
}

/// A Word file with this body.
pub fn word_of(body: &str) -> Vec<u8> {
    let kinds = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
        <Default Extension=\"rels\" \
        ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
        <Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-\
        officedocument.wordprocessingml.document.main+xml\"/></Types>";
    let links = start("word/document.xml");
    let document = format!("<w:document {W}><w:body>{body}</w:body></w:document>");
    zip(&[
        ("[Content_Types].xml", kinds.as_bytes()),
        ("_rels/.rels", links.as_bytes()),
        ("word/document.xml", document.as_bytes()),
    ])
}

/// A Word file that shows a text: lines with several cells are rows of a table.
pub fn word(text: &str) -> Vec<u8> {
    let paragraph = |text: &str| {
        format!("<w:p><w:r><w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>", escaped(text))
    };
    word_of(&rows(
        text,
        |line| paragraph(line),
        |cells| {
            let cells = cells.iter().map(|cell| format!("<w:tc>{}</w:tc>", paragraph(cell)));
            format!("<w:tr>{}</w:tr>", cells.collect::<String>())
        },
        ("<w:tbl>", "</w:tbl>"),
    ))
}

/// A page that shows a text: lines with several cells are rows of a table.
pub fn html(text: &str) -> String {
    let body = rows(
        text,
        |line| format!("<p>{}</p>\n", escaped(line)),
        |cells| {
            let cells = cells.iter().map(|cell| format!("<td>{}</td>", escaped(cell)));
            format!("<tr>{}</tr>\n", cells.collect::<String>())
        },
        ("<table>\n", "</table>\n"),
    );
    format!(
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head><body>\n{body}</body></html>\n"
    )
}

/// A text with its rows put into tables. A cell goes to the column that begins where it does.
fn rows(
    text: &str,
    line: impl Fn(&str) -> String,
    row: impl Fn(&[&str]) -> String,
    (open, close): (&str, &str),
) -> String {
    let mut out = String::new();
    let lines: Vec<&str> = text.lines().collect();
    for block in lines.chunk_by(|a, b| (cells(a).len() > 1) == (cells(b).len() > 1)) {
        if block.iter().all(|text| cells(text).len() < 2) {
            out.extend(block.iter().map(|text| line(text.trim())));
            continue;
        }
        let mut starts: Vec<usize> =
            block.iter().flat_map(|text| cells(text).into_iter().map(|(at, _)| at)).collect();
        starts.sort_unstable();
        // Figures stand in line at their right, so nearby places are one column.
        starts.dedup_by(|b, a| *b <= *a + 8);
        out.push_str(open);
        for text in block {
            let mut filled = vec![""; starts.len()];
            for (at, cell) in cells(text) {
                let column = starts.iter().rposition(|start| *start <= at).unwrap_or(0);
                let column = if filled[column].is_empty() { column } else { column + 1 };
                filled[column.min(starts.len() - 1)] = cell;
            }
            out.push_str(&row(&filled));
        }
        out.push_str(close);
    }
    out
}

/// An Excel file with these sheets: name, whether it is shown, rows of cells. A cell that reads as
/// a number is one.
pub fn excel(sheets: &[(&str, bool, &[&[&str]])]) -> Vec<u8> {
    let ns = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
        xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
    let mut names = String::new();
    let mut links = String::new();
    let mut files = Vec::new();
    for (n, (name, shown, rows)) in sheets.iter().enumerate() {
        let state = if *shown { "" } else { "state=\"hidden\"" };
        names += &format!("<sheet name=\"{name}\" sheetId=\"{0}\" {state} r:id=\"r{0}\"/>", n + 1);
        links += &format!(
            "<Relationship Id=\"r{0}\" Type=\"http://schemas.openxmlformats.org/officeDocument/\
             2006/relationships/worksheet\" Target=\"worksheets/sheet{0}.xml\"/>",
            n + 1
        );
        let mut data = String::new();
        for (r, row) in rows.iter().enumerate() {
            data += &format!("<row r=\"{}\">", r + 1);
            for (c, cell) in row.iter().enumerate() {
                let at = format!("{}{}", char::from(b'A' + c as u8), r + 1);
                data += &match cell.parse::<f64>() {
                    Ok(_) => format!("<c r=\"{at}\"><v>{cell}</v></c>"),
                    Err(_) => format!(
                        "<c r=\"{at}\" t=\"inlineStr\"><is><t>{}</t></is></c>",
                        escaped(cell)
                    ),
                };
            }
            data += "</row>";
        }
        let sheet = format!("<worksheet {ns}><sheetData>{data}</sheetData></worksheet>");
        files.push((format!("xl/worksheets/sheet{}.xml", n + 1), sheet));
    }
    let book = format!("<workbook {ns}><sheets>{names}</sheets></workbook>");
    let links = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         {links}</Relationships>"
    );
    let start = start("xl/workbook.xml");
    let mut entries: Vec<(&str, &[u8])> = vec![
        ("_rels/.rels", start.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", links.as_bytes()),
    ];
    entries.extend(files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())));
    zip(&entries)
}

const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (n, chunk) in bytes.chunks(3).enumerate() {
        if n > 0 && n % 19 == 0 {
            text.push_str("\r\n");
        }
        let mut all = 0_usize;
        for at in 0..3 {
            all = all << 8 | usize::from(chunk.get(at).copied().unwrap_or(0));
        }
        for at in 0..4 {
            let letter = char::from(BASE64[all >> (18 - 6 * at) & 63]);
            text.push(if at > chunk.len() { '=' } else { letter });
        }
    }
    text
}

/// A message with a plain body and perhaps a file.
pub fn mail(subject: &str, body: &str, file: Option<(&str, &str, &[u8])>) -> Vec<u8> {
    let body = body.replace('\n', "\r\n");
    let head = format!(
        "From: Accounts <accounts@supplier.example>\r\nTo: invoices@larkfield.example\r\n\
         Date: Tue, 3 Nov 2026 09:12:00 +0100\r\nSubject: {subject}\r\n\
         Message-ID: <1.{}@supplier.example>\r\nMIME-Version: 1.0\r\n",
        body.len()
    );
    let plain = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n";
    let Some((name, kind, bytes)) = file else {
        return format!("{head}{plain}\r\n{body}").into_bytes();
    };
    format!(
        "{head}Content-Type: multipart/mixed; boundary=\"=_part\"\r\n\r\n--=_part\r\n{plain}\r\n\
         {body}\r\n--=_part\r\nContent-Type: {kind}; name=\"{name}\"\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--=_part--\r\n",
        base64(bytes)
    )
    .into_bytes()
}

/// What an electronic invoice of these tests says.
pub struct Bill<'t> {
    pub number: &'t str,
    pub date: &'t str,
    pub seller: &'t str,
    pub vat_id: &'t str,
    pub buyer: &'t str,
    pub order: &'t str,
    pub iban: &'t str,
    pub currency: &'t str,
    pub net: &'t str,
    pub tax: &'t str,
    pub total: &'t str,
}

/// A UBL invoice or credit note, by the syntax binding of EN 16931.
pub fn ubl(bill: &Bill<'_>, credit: bool) -> String {
    let Bill { number, date, seller, vat_id, buyer, order, iban, currency, net, tax, total } = bill;
    let (root, code) = if credit { ("CreditNote", "381") } else { ("Invoice", "380") };
    let (seller, buyer) = (escaped(seller), escaped(buyer));
    let party = |name: &str, vat: &str| {
        format!(
            "<cac:Party><cac:PartyName><cbc:Name>{name}</cbc:Name></cac:PartyName>{vat}\
             <cac:PartyLegalEntity><cbc:RegistrationName>{name}</cbc:RegistrationName>\
             </cac:PartyLegalEntity></cac:Party>"
        )
    };
    let vat = format!(
        "<cac:PartyTaxScheme><cbc:CompanyID>{vat_id}</cbc:CompanyID><cac:TaxScheme>\
         <cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>"
    );
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2"
  xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
  xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>
<cbc:ID>{number}</cbc:ID>
<cbc:IssueDate>{date}</cbc:IssueDate>
<cbc:{root}TypeCode>{code}</cbc:{root}TypeCode>
<cbc:DocumentCurrencyCode>{currency}</cbc:DocumentCurrencyCode>
<cac:OrderReference><cbc:ID>{order}</cbc:ID></cac:OrderReference>
<cac:AccountingSupplierParty>{}</cac:AccountingSupplierParty>
<cac:AccountingCustomerParty>{}</cac:AccountingCustomerParty>
<cac:PaymentMeans><cbc:PaymentMeansCode>58</cbc:PaymentMeansCode>
<cac:PayeeFinancialAccount><cbc:ID>{iban}</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>
<cac:TaxTotal><cbc:TaxAmount currencyID="{currency}">{tax}</cbc:TaxAmount></cac:TaxTotal>
<cac:LegalMonetaryTotal>
<cbc:LineExtensionAmount currencyID="{currency}">{net}</cbc:LineExtensionAmount>
<cbc:TaxExclusiveAmount currencyID="{currency}">{net}</cbc:TaxExclusiveAmount>
<cbc:TaxInclusiveAmount currencyID="{currency}">{total}</cbc:TaxInclusiveAmount>
<cbc:PayableAmount currencyID="{currency}">{total}</cbc:PayableAmount>
</cac:LegalMonetaryTotal>
</{root}>
"#,
        party(&seller, &vat),
        party(&buyer, "")
    )
}

/// A Cross Industry Invoice, as Factur-X packs it into a PDF.
pub fn cii(bill: &Bill<'_>) -> String {
    let Bill { number, date, seller, vat_id, buyer, order, iban, currency, net, tax, total } = bill;
    let (seller, buyer) = (escaped(seller), escaped(buyer));
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
  xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
  xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>
<ram:ID>urn:cen.eu:en16931:2017</ram:ID>
</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>{number}</ram:ID><ram:TypeCode>380</ram:TypeCode>
<ram:IssueDateTime><udt:DateTimeString format="102">{}</udt:DateTimeString></ram:IssueDateTime>
</rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>
<ram:ApplicableHeaderTradeAgreement>
<ram:SellerTradeParty><ram:Name>{seller}</ram:Name><ram:SpecifiedTaxRegistration>
<ram:ID schemeID="VA">{vat_id}</ram:ID></ram:SpecifiedTaxRegistration></ram:SellerTradeParty>
<ram:BuyerTradeParty><ram:Name>{buyer}</ram:Name></ram:BuyerTradeParty>
<ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID>{order}</ram:IssuerAssignedID>
</ram:BuyerOrderReferencedDocument>
</ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeDelivery/>
<ram:ApplicableHeaderTradeSettlement>
<ram:InvoiceCurrencyCode>{currency}</ram:InvoiceCurrencyCode>
<ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>58</ram:TypeCode>
<ram:PayeePartyCreditorFinancialAccount><ram:IBANID>{iban}</ram:IBANID>
</ram:PayeePartyCreditorFinancialAccount></ram:SpecifiedTradeSettlementPaymentMeans>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation>
<ram:LineTotalAmount>{net}</ram:LineTotalAmount>
<ram:TaxBasisTotalAmount>{net}</ram:TaxBasisTotalAmount>
<ram:TaxTotalAmount currencyID="{currency}">{tax}</ram:TaxTotalAmount>
<ram:GrandTotalAmount>{total}</ram:GrandTotalAmount>
<ram:DuePayableAmount>{total}</ram:DuePayableAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation>
</ram:ApplicableHeaderTradeSettlement>
</rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>
"#,
        date.replace('-', "")
    )
}
