//! UN/CEFACT Cross Industry Invoice, as Factur-X, ZUGFeRD and XRechnung use it, and the names of
//! its first edition. It must not read what stands in the lines of goods.

use roxmltree::Node;

use super::{Invoice, all, amount, ibans, one, only};

pub(super) fn read(root: Node<'_, '_>) -> Option<Invoice> {
    let document = one_of(root, "ExchangedDocument|HeaderExchangedDocument")?;
    let deal = one_of(root, "SupplyChainTradeTransaction|SpecifiedSupplyChainTradeTransaction")?;
    let agreed =
        one_of(deal, "ApplicableHeaderTradeAgreement|ApplicableSupplyChainTradeAgreement")?;
    let settled =
        one_of(deal, "ApplicableHeaderTradeSettlement|ApplicableSupplyChainTradeSettlement")?;
    let sums = "SpecifiedTradeSettlementHeaderMonetarySummation|\
                SpecifiedTradeSettlementMonetarySummation";
    let currency = one(settled, "InvoiceCurrencyCode")?;
    let money = |path: &str| amount(settled, &format!("{sums}/{path}"), &currency);
    let vat = all(agreed, "SellerTradeParty/SpecifiedTaxRegistration/ID");
    let vat = vat.into_iter().filter(|id| id.attribute("schemeID").is_none_or(|id| id == "VA"));
    Some(Invoice {
        number: one(document, "ID")?,
        issued: date(&one(document, "IssueDateTime/DateTimeString")?)?,
        credit_note: one(document, "TypeCode").as_deref() == Some("381"),
        seller: one(agreed, "SellerTradeParty/Name"),
        seller_vat: only(vat),
        buyer: one(agreed, "BuyerTradeParty/Name"),
        order: one(agreed, "BuyerOrderReferencedDocument/IssuerAssignedID|ID"),
        ibans: ibans(
            settled,
            "SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount/IBANID",
        ),
        net: money("TaxBasisTotalAmount"),
        tax: money("TaxTotalAmount"),
        total: money("GrandTotalAmount"),
        payable: money("DuePayableAmount").or_else(|| money("GrandTotalAmount"))?,
        currency,
    })
}

fn one_of<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    let mut found = all(node, name);
    if found.len() == 1 { found.pop() } else { None }
}

/// `20261103`, which is format 102 and the only one that the standard allows, with its dashes.
fn date(text: &str) -> Option<String> {
    let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let part = |range: std::ops::Range<usize>| text.get(range).filter(|_| digits);
    Some(format!("{}-{}-{}", part(0..4)?, part(4..6)?, part(6..8)?))
}
