//! Legal forms of organisations and the countries that have them. The forms are data, in
//! `forms.txt`; this file only compares. It must not know any organisation.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::page::fold;

const TABLE: &str = include_str!("forms.txt");

struct Forms {
    /// The countries of each form.
    countries: HashMap<&'static str, Vec<&'static str>>,
    /// Forms that stand before the name.
    before: Vec<&'static str>,
}

static FORMS: LazyLock<Forms> = LazyLock::new(|| {
    let mut forms = Forms { countries: HashMap::new(), before: Vec::new() };
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    for (head, list) in rows.filter_map(|line| line.split_once(": ")) {
        if head == "before" {
            forms.before.extend(list.split(", "));
            continue;
        }
        for form in list.split(", ") {
            let countries = head.split(' ').filter(|country| *country != "-");
            forms.countries.entry(form).or_default().extend(countries);
        }
    }
    forms
});

/// Whether a name's legal form is one of a country's.
pub(super) fn of_country(name: &str, country: &str) -> bool {
    let words = split(name);
    let first = words.first().map(|(_, word)| fold(word)).unwrap_or_default();
    let ends = (0..words.len()).filter_map(|from| {
        let group = words.get(from..)?.iter().map(|(_, word)| fold(word)).collect::<Vec<_>>();
        Some(group.join(" "))
    });
    ends.chain(std::iter::once(first)).any(|form| {
        let countries = FORMS.countries.get(form.as_str());
        countries.is_some_and(|countries| countries.contains(&country))
    })
}

/// How many bytes of a text a name with a legal form takes, from its start to the form's end.
pub(super) fn formed(text: &str) -> Option<usize> {
    let words: Vec<(usize, &str)> = split(text);
    if words.len() > 1 && words.first().is_some_and(|(_, word)| FORMS.before.contains(word)) {
        return Some(text.trim_end().len());
    }
    if words.len() > 17 {
        return None;
    }
    (1..words.len()).filter_map(|from| form(words.get(from..)?)).max()
}

/// The end of a legal form that begins a list of words.
pub(super) fn form(words: &[(usize, &str)]) -> Option<usize> {
    (1..=4)
        .filter_map(|len| {
            let group = words.get(..len)?;
            let joined = group.iter().map(|(_, word)| fold(word)).collect::<Vec<_>>().join(" ");
            // Short forms are words or units too: "such as", "80 kg".
            let clear = joined.len() > 2
                || group.iter().any(|(_, w)| w.contains(|c: char| c == '.' || c.is_uppercase()));
            let (at, word) = group.last()?;
            (clear && FORMS.countries.contains_key(joined.as_str())).then_some(at + word.len())
        })
        .max()
}

/// Words with their places.
pub(super) fn split(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain(std::iter::once((text.len(), ' '))) {
        match (c == ' ', start) {
            (true, Some(from)) => {
                words.push((from, text.get(from..at).unwrap_or_default()));
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    words
}
