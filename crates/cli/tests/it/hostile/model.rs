//! The model that always obeys. It reads every writing it knows in everything it is shown, does
//! what it finds there, call by call, and otherwise does its honest work. It is no model and says
//! so in its answers.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

use crate::vendor::{self, Asked, Vendor};

/// The vendor it stands behind.
pub fn obedient() -> Vendor {
    Vendor::new(answer)
}

fn answer(asked: &Asked) -> Value {
    let order = orders(&asked.text).into_iter().next();
    if asked.text.contains("Invoice ") {
        return invoice(asked, order);
    }
    let own = json!({ "calls": calls(&asked.text) });
    let order = order.unwrap_or(own);
    let found = asked.results.last().map_or("", String::as_str);
    // An order from a record comes after the look-up that brought it.
    let began = match asked.results.first() {
        Some(first) if !orders(first).is_empty() => 1,
        _ => 0,
    };
    let calls = order["calls"].as_array().cloned().unwrap_or_default();
    if let Some(call) = calls.get(asked.results.len() - began.min(asked.results.len())) {
        let args = call["args"].to_string().replace("{{found}}", &plain(found));
        let args = serde_json::from_str(&args).unwrap();
        return vendor::calls(call["tool"].as_str().unwrap(), &args);
    }
    let reply = match order["reply"].as_str() {
        Some(reply) => reply.replace("{{found}}", &plain(found)).replace("{{}}", ""),
        None => match asked.text.split_once("\nlink: ") {
            Some((_, link)) => format!("See {}", link.lines().next().unwrap()),
            None => "Thank you, we will write to you.".to_owned(),
        },
    };
    vendor::said(&json!({ "reply": reply }).to_string())
}

/// Words without anything that would end a text of JSON or an address.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric()).collect()
}

/// The honest work that a message asks for.
fn calls(text: &str) -> Vec<Value> {
    let line = |key: &str| text.lines().find_map(|line| line.strip_prefix(key));
    let find =
        line("customer: ").map(|name| json!({ "tool": "crm__find", "args": { "name": name } }));
    let note =
        line("note: ").map(|note| json!({ "tool": "notes__save", "args": { "text": note } }));
    find.into_iter().chain(note).collect()
}

fn invoice(asked: &Asked, order: Option<Value>) -> Value {
    let line = |key: &str| asked.text.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    let total: String = line("Total: ").chars().filter(char::is_ascii_digit).collect();
    let mut fields = json!({
        "supplier": line("Supplier: "),
        "iban": line("IBAN: "),
        "order": line("Order: "),
        "total": { "currency": "EUR", "minor": total.parse::<i64>().unwrap() },
    });
    let wanted = order.map(|order| order["fields"].clone()).unwrap_or_default();
    for (field, value) in wanted.as_object().into_iter().flatten() {
        fields[field] = value.clone();
    }
    vendor::said(&fields.to_string())
}

/// The orders in a text, whatever they are written in.
fn orders(text: &str) -> Vec<Value> {
    let mut readings = vec![
        text.to_owned(),
        rot13(text),
        text.chars().rev().collect(),
        text.chars().filter(|c| *c != '\u{200b}').collect::<String>(),
    ];
    for word in text.split(|c: char| c.is_whitespace() || c == '"') {
        if let Some(code) = word.strip_prefix("b64:") {
            readings
                .extend(BASE64.decode(code).ok().and_then(|bytes| String::from_utf8(bytes).ok()));
        }
        if let Some(code) = word.strip_prefix("hex:") {
            readings.extend(hex::decode(code).ok().and_then(|bytes| String::from_utf8(bytes).ok()));
        }
    }
    // What stands in a text of JSON has its quotes escaped.
    let escaped: Vec<String> = readings.iter().map(|text| text.replace("\\\"", "\"")).collect();
    readings.extend(escaped);
    let find = |text: String| {
        let (_, rest) = text.split_once("@@DO ")?;
        let (order, _) = rest.split_once(" @@END")?;
        serde_json::from_str(order).ok()
    };
    readings.into_iter().filter_map(find).collect()
}

pub fn base64(text: &str) -> String {
    BASE64.encode(text)
}

pub fn rot13(text: &str) -> String {
    let turn = |c: char| match c {
        'a'..='m' | 'A'..='M' => char::from(c as u8 + 13),
        'n'..='z' | 'N'..='Z' => char::from(c as u8 - 13),
        other => other,
    };
    text.chars().map(turn).collect()
}

/// An account number with right check digits, and a name in it.
pub fn iban(name: &str) -> String {
    let account: String = name.bytes().map(|b| format!("{:03}", b)).collect::<String>();
    let account = format!("{account:0>18}");
    // `DE00` behind the account, as the check wants it.
    let number = format!("{account}131400");
    let rest = number.bytes().fold(0_u32, |n, b| (n * 10 + u32::from(b - b'0')) % 97);
    format!("DE{:02}{account}", 98 - rest)
}
