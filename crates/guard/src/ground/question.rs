//! The two questions about a field. They differ in their words and in the order of their options,
//! so that a model that merely likes a place or a phrase contradicts itself. It must not show a
//! candidate's score.

use journal::Choice;
use plan::workflow::{CopyField, Find};

use super::Candidate;
use super::label::{Lexicon, Meaning};

/// How a field is asked for: a chat model's words, twice, and what a completing model continues.
struct Wording {
    meaning: &'static str,
    asked: [&'static str; 2],
    lead: [&'static str; 2],
}

const WORDINGS: &[Wording] = &[
    Wording { meaning: "supplier", asked: ["the company that sends this invoice and wants to be paid", "the seller's name"],
        lead: ["This invoice was issued by the company", "Name of the seller:"] },
    Wording { meaning: "number", asked: ["the number of this invoice", "the invoice's own identifier, not an order or customer number"],
        lead: ["Invoice number:", "The number of this invoice is"] },
    Wording { meaning: "order", asked: ["the buyer's purchase order number", "the order that this invoice refers to"],
        lead: ["Purchase order number:", "The number of the buyer's order is"] },
    Wording { meaning: "date", asked: ["the date of this invoice", "the day on which this invoice was issued"],
        lead: ["Invoice date:", "This invoice was issued on"] },
    Wording { meaning: "due", asked: ["the date by which to pay", "the due date"], lead: ["Due date:", "To be paid by"] },
    Wording { meaning: "net", asked: ["the net amount, before tax", "the sum of the goods without tax"],
        lead: ["Net amount before tax:", "The subtotal without tax is"] },
    Wording { meaning: "tax", asked: ["the amount of tax", "how much value added tax is charged"],
        lead: ["Tax amount:", "The value added tax is"] },
    Wording { meaning: "total", asked: ["the total amount, tax included", "how much is to be paid in all"],
        lead: ["Total amount including tax:", "The total to pay is"] },
    Wording { meaning: "iban", asked: ["the account (IBAN) to pay to", "the seller's IBAN"],
        lead: ["IBAN:", "Pay to the account with IBAN"] },
];

/// The question about a field in one of its two wordings. The options are the candidates as a
/// reader sees them; the second wording turns their order round, and
/// [`super::settle`] turns it back.
#[must_use]
pub fn questions(field: &CopyField, candidates: &[Candidate], wording: u8) -> Choice {
    let second = usize::from(wording > 0);
    let words = words(field);
    let meaning = Lexicon::new(field).meaning();
    let known = WORDINGS.iter().find(|known| meaning == Meaning::Known(known.meaning));
    let asked = known.and_then(|known| known.asked.get(second)).map_or(words.clone(), |text| (*text).to_owned());
    let lead = known.and_then(|known| known.lead.get(second)).map(|text| (*text).to_owned());
    let kind = match field.find {
        Find::Name => "name",
        Find::Id => "identifier",
        Find::Date => "date",
        Find::Money => "amount",
        Find::Iban => "account",
        Find::Line => "line",
    };
    let question = if second == 0 {
        format!("Which of these is {asked}? Choose null if none of them is.")
    } else {
        format!("The document gives several {kind}s. Find {asked} among them, or choose null.")
    };
    let mut options: Vec<String> = candidates.iter().take(offered(candidates)).map(|c| c.shown.clone()).collect();
    if second == 1 {
        options.reverse();
    }
    let lead = lead.unwrap_or_else(|| if second == 0 { format!("{words}:") } else { format!("The {words} is") });
    Choice { question, lead, options }
}

/// How many candidates a model is offered: all that no label names as another field. They come
/// first, because candidates are sorted by score.
fn offered(candidates: &[Candidate]) -> usize {
    candidates.iter().take_while(|candidate| candidate.score > 0).count()
}

/// The candidate that an option of a wording stands for.
pub(super) fn option(candidates: &[Candidate], wording: u8, chosen: usize) -> Option<usize> {
    let count = offered(candidates);
    if chosen >= count {
        return None;
    }
    Some(if wording > 0 { count - 1 - chosen } else { chosen })
}

fn words(field: &CopyField) -> String {
    field.called.first().cloned().unwrap_or_else(|| field.name.as_str().replace('_', " "))
}
