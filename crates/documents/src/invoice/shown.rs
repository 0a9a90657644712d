//! An electronic invoice for people: its data as lines with English labels, and whether a page
//! shows the same. It must not change a value on the way.

use std::fmt::Write;

use super::Invoice;

impl Invoice {
    /// The data as lines, one label and one value in each.
    pub(crate) fn lines(&self) -> String {
        let title = if self.credit_note { "Credit note" } else { "Invoice" };
        let mut text = format!("{title}\n\n");
        let mut line = |label: &str, value: &str| {
            // A value that breaks its line could pass for another label.
            let value: String = value.chars().filter(|c| !c.is_control()).collect();
            let _ = writeln!(text, "{label}: {value}");
        };
        let money = |amount: &str| format!("{amount} {}", self.currency);
        if let Some(seller) = &self.seller {
            line("Supplier", seller);
        }
        if let Some(vat) = &self.seller_vat {
            line("VAT number", vat);
        }
        if let Some(buyer) = &self.buyer {
            line("Bill to", buyer);
        }
        line(&format!("{title} number"), &self.number);
        line(&format!("{title} date"), &self.issued);
        if let Some(order) = &self.order {
            line("Purchase order", order);
        }
        if let Some(net) = &self.net {
            line("Subtotal", &money(net));
        }
        if let Some(tax) = &self.tax {
            line("VAT", &money(tax));
        }
        // Where something was paid before, both sums stand there, and a person decides.
        if let Some(total) = self.total.as_ref().filter(|total| **total != self.payable) {
            line("Invoice total", &money(total));
        }
        line("Total due", &money(&self.payable));
        for iban in &self.ibans {
            line("IBAN", iban);
        }
        text
    }

    /// What of the data a text does not show.
    pub(crate) fn missing_in(&self, text: &str) -> Vec<&'static str> {
        let letters = letters(text);
        let has = |value: &str| letters.contains(&self::letters(value));
        let amounts = amounts(text);
        let mut missing = Vec::new();
        if !has(&self.number) {
            missing.push("number");
        }
        if !figures(&self.payable).iter().any(|form| amounts.contains(form)) {
            missing.push("total");
        }
        if !self.ibans.iter().all(|iban| has(iban)) {
            missing.push("account");
        }
        missing
    }
}

/// Letters and digits alone, so that spacing and marks do not matter.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// The digits of an amount as a page may print them: with two decimals, or none when they are 0.
fn figures(amount: &str) -> Vec<String> {
    let (whole, decimals) = amount.trim_start_matches('-').split_once('.').unwrap_or((amount, ""));
    let decimals = decimals.trim_end_matches('0');
    let mut forms = vec![format!("{whole}{decimals:0<2}")];
    if decimals.is_empty() {
        forms.push(whole.to_owned());
    }
    forms
}

/// The digits of everything in a text that could be an amount.
fn amounts(text: &str) -> Vec<String> {
    let mut amounts = Vec::new();
    let mut joined = String::new();
    let groups = |c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '\u{2019}'));
    for word in text.split(groups) {
        let digits: String = word.chars().filter(char::is_ascii_digit).collect();
        if digits.is_empty() {
            joined.clear();
            continue;
        }
        // "1 234,50": a group of three, with or without decimals, goes on with the one before.
        let head = word.chars().take_while(char::is_ascii_digit).count();
        if !joined.is_empty() && head == 3 {
            joined.push_str(&digits);
            amounts.push(joined.clone());
        } else {
            joined.clone_from(&digits);
        }
        amounts.push(digits);
    }
    amounts
}
