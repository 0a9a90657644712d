//! What the finders find and leave, and that nothing is lost on the way out and back.

use std::collections::{BTreeMap, BTreeSet};

use plan::workflow::Personal;
use proptest::prelude::*;

use super::*;

/// The text of a labelled line, and what is said to stand in it.
fn labelled(line: &str) -> (String, Vec<Place>) {
    let line = line.replace("\\n", "\n");
    let (mut text, mut places, mut rest) = (String::new(), Vec::new(), line.as_str());
    while let Some((before, after)) = rest.split_once("[[") {
        text.push_str(before);
        let (kind, after) = after.split_once(':').unwrap();
        let (value, after) = after.split_once("]]").unwrap();
        let kind = Personal::ALL.into_iter().find(|k| k.as_str() == kind).unwrap();
        places.push(Place { kind, range: text.len()..text.len() + value.len() });
        text.push_str(value);
        rest = after;
    }
    text.push_str(rest);
    (text, places)
}

#[test]
fn every_line_of_the_forms_is_read() {
    let parts = |line: &&str| line.split_once(" = ").is_some_and(|(n, _)| forms::is_name(n));
    let (named, forms): (Vec<&str>, Vec<&str>) = forms::lines().partition(parts);
    assert_eq!(forms::FORMS.len(), forms.len());
    for line in named {
        let name = line.split_once(' ').unwrap().0;
        assert!(forms::part(name).is_some(), "{line}");
    }
    let left = |form: &&forms::Form| form.looks.as_str().contains("{NAME}");
    assert!(forms::FORMS.iter().find(left).is_none());
}

#[test]
fn what_is_announced_is_found_and_what_is_not_is_left() {
    let (mut missed, mut wrong, mut all) = (Vec::new(), Vec::new(), 0);
    for line in include_str!("labelled.txt").lines() {
        let (text, said) = labelled(line);
        let found = settle(find(&text));
        all += said.len();
        let told = |place: &Place| {
            format!("{:?} `{}`", place.kind, text.get(place.range.clone()).unwrap())
        };
        missed.extend(said.iter().filter(|place| !found.contains(place)).map(told));
        wrong.extend(found.iter().filter(|place| !said.contains(place)).map(told));
    }
    assert!(all > 60);
    assert!(missed.is_empty() && wrong.is_empty(), "missed {missed:#?}\nwrong {wrong:#?}");
}

#[test]
fn a_wrong_digit_is_nobodys_number() {
    for text in [
        "card 4111 1111 1111 1112",
        "account DE89 3704 0044 0532 0130 01",
        "Steuer-ID 86 095 742 718",
        "DNI 12345678A",
        "codice fiscale RSSMRA85T10A562T",
        "BSN 111222334",
        "PESEL 44051401358",
        "numéro 1 90 02 69 123 456 40",
        "number 000-12-3456 and 912-12-3456",
        "0000 0000 0000 0000",
    ] {
        // Some look like a telephone, which has no checksum.
        let numbers = |place: &Place| place.kind != Personal::Phone;
        let found: Vec<Place> = find(text).into_iter().filter(numbers).collect();
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

fn veiled<'v>(hides: &'v BTreeSet<Personal>, texts: &[&str]) -> (Veil<'v>, Vec<String>) {
    let found: Vec<Vec<Place>> = texts.iter().map(|text| find(text)).collect();
    let pairs = texts.iter().copied().zip(found.iter().map(Vec::as_slice));
    let signs = std::cell::RefCell::new(BTreeMap::new());
    let veil = Veil::over(hides, pairs, move |kind, value| {
        let mut signs = signs.borrow_mut();
        let next = signs.len();
        format!("{:010x}", signs.entry((kind, value.to_owned())).or_insert(next))
    });
    let hidden =
        texts.iter().zip(&found).map(|(text, places)| veil.hide(text, places).into_owned());
    let hidden = hidden.collect();
    (veil, hidden)
}

#[test]
fn a_word_stands_for_the_same_value_and_the_value_comes_back() {
    let hides = BTreeSet::from(Personal::ALL);
    let texts = [
        "My name is Ann Ode, write to ann@post.example.",
        "ann@post.example is Ann Ode; Annabel Odessa is somebody else.",
    ];
    let (veil, hidden) = veiled(&hides, &texts);
    assert!(
        !hidden.iter().any(|text| text.contains("Ann Ode") || text.contains('@')),
        "{hidden:?}"
    );
    assert!(hidden[1].contains("Annabel Odessa"), "{hidden:?}");
    let word = hidden[0].split_whitespace().find(|word| word.starts_with("email_")).unwrap();
    assert!(hidden[1].starts_with(word.trim_end_matches('.')), "{hidden:?}");
    for (text, hidden) in texts.iter().zip(&hidden) {
        assert_eq!(veil.restore(hidden, str::to_owned), *text);
        assert_eq!(
            veil.restore(&hidden.to_uppercase(), str::to_owned).to_uppercase(),
            text.to_uppercase()
        );
    }
    // A word that stands for nothing here stays what it is.
    let strange = "send it to email_ffffffffff";
    assert_eq!(veil.restore(strange, str::to_owned), strange);
    let only = BTreeSet::from([Personal::Email]);
    let (_, hidden) = veiled(&only, &texts);
    assert!(hidden[0].contains("Ann Ode") && !hidden[0].contains('@'), "{hidden:?}");
}

#[test]
fn what_overlaps_is_hidden_as_a_whole_and_by_what_may_be_told_not_at_all() {
    let place = |kind, range| Place { kind, range };
    let (long, short) = (place(Personal::Iban, 4..20), place(Personal::Phone, 0..6));
    assert_eq!(settle(vec![long.clone(), short]), [place(Personal::Iban, 0..20)]);
    let inside = place(Personal::Email, 8..12);
    assert_eq!(settle(vec![inside.clone(), long.clone()]), std::slice::from_ref(&long));
    let hides = BTreeSet::from([Personal::Email]);
    let (text, places) = ("0123ibanmailiban5678", [inside, long]);
    let veil = Veil::over(&hides, [(text, places.as_slice())], |_, _| "0123456789".to_owned());
    assert_eq!(veil.hide(text, &places), "0123ibanemail_0123456789iban5678");
}

proptest! {
    #[test]
    fn any_text_comes_back_as_it_was(text in "([A-Za-zäß0-9@.,:+\\- \"\\n]|Dear Mr Ode|ann@x\\.example|DE89370400440532013000){0,60}") {
        let places = settle(find(&text));
        for pair in places.windows(2) {
            prop_assert!(pair[0].range.end <= pair[1].range.start);
        }
        let hides = BTreeSet::from(Personal::ALL);
        let (veil, hidden) = veiled(&hides, &[&text]);
        prop_assert_eq!(veil.restore(&hidden[0], str::to_owned), text.as_str());
        for place in &places {
            if place.kind == Personal::Email {
                prop_assert!(!hidden[0].contains(text.get(place.range.clone()).unwrap()));
            }
        }
    }
}
