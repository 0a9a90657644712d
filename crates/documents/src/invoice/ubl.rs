//! UBL 2.1 `Invoice` and `CreditNote`, by the syntax binding of EN 16931. It must not read what
//! stands in the lines of goods.

use roxmltree::Node;

use super::{Invoice, amount, ibans, one, only};

pub(super) fn read(root: Node<'_, '_>) -> Option<Invoice> {
    let currency = one(root, "DocumentCurrencyCode")?;
    let kind = one(root, "InvoiceTypeCode|CreditNoteTypeCode");
    let money = |path: &str| amount(root, &format!("LegalMonetaryTotal/{path}"), &currency);
    let seller = "AccountingSupplierParty/Party";
    let buyer = "AccountingCustomerParty/Party";
    let party = |path: &str| {
        one(root, &format!("{path}/PartyLegalEntity/RegistrationName"))
            .or_else(|| one(root, &format!("{path}/PartyName/Name")))
    };
    let schemes = super::all(root, &format!("{seller}/PartyTaxScheme"));
    let vat = schemes.into_iter().filter(|scheme| {
        one(*scheme, "TaxScheme/ID").is_none_or(|id| id.eq_ignore_ascii_case("VAT"))
    });
    let vat = only(vat.flat_map(|scheme| super::all(scheme, "CompanyID")));
    Some(Invoice {
        number: one(root, "ID")?,
        issued: one(root, "IssueDate")?,
        credit_note: root.tag_name().name() == "CreditNote" || kind.as_deref() == Some("381"),
        seller: party(seller),
        seller_vat: vat,
        buyer: party(buyer),
        order: one(root, "OrderReference/ID"),
        ibans: ibans(root, "PaymentMeans/PayeeFinancialAccount/ID"),
        net: money("TaxExclusiveAmount"),
        tax: amount(root, "TaxTotal/TaxAmount", &currency),
        total: money("TaxInclusiveAmount"),
        payable: money("PayableAmount")?,
        currency,
    })
}
