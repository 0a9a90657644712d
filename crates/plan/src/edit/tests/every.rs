//! Every kind of change at every place of every workflow of the project and of maps that were
//! imported. What may differ of the lines: a value changes the lines that it stands on; what comes
//! stands on lines of its own, or on those of the brackets that it stands in; what goes takes its
//! lines with it, and one empty line beside them; a step that moves takes its lines and comments
//! along; another name changes lines that named the step; the text below leaves the settings.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::place::find;
use super::super::{Edit, EditError, canon, says};
use super::texts::{TEXTS, all_places, at, between_brackets};
use crate::yaml::Kind;

#[test]
fn every_value_is_set_on_its_own_lines_and_set_back() {
    let (mut tried, mut exact) = (0, 0);
    for text in TEXTS.iter() {
        let tree = text.tree();
        for place in all_places(&tree) {
            let node = find(&tree, &place).unwrap();
            let Kind::Text { text: said, plain } = &node.kind else { continue };
            let change = Edit::Set { at: place.clone(), to: json!(format!("{said} anew")) };
            let new = text.must(&change);
            let mut wanted = text.says().clone();
            *at(&mut wanted, &place) = json!(format!("{said} anew"));
            assert_eq!(*new.says(), wanted, "{change:?}");
            let own = text.of(node);
            text.same_outside(
                &new,
                own.start.saturating_sub(usize::from(!plain))..own.end,
                &change,
            );
            let back = new.must(&Edit::Set { at: place.clone(), to: says(node) });
            assert_eq!(back.says(), text.says(), "{change:?}");
            // A text that was in quotes which it does not need, or on several lines, is set back to
            // the same text and not to the same quotes.
            let mut quoted = text.text.get(node.at.start..).unwrap().chars();
            let ours = *plain && own.len() == 1 || quoted.next() == Some('"');
            exact += usize::from(back.text == text.text);
            assert!(back.text == text.text || !plain || !ours, "{change:?}\n{}", back.text);
            tried += 1;
        }
    }
    assert!(tried > 600 && exact * 100 > tried * 95, "{exact} of {tried}");
}

#[test]
fn every_map_and_list_takes_one_more_and_gives_it_back() {
    let mut tried = 0;
    for text in TEXTS.iter() {
        let tree = text.tree();
        for place in all_places(&tree) {
            let node = find(&tree, &place).unwrap();
            let (more, own) = match &node.kind {
                Kind::Text { .. } => continue,
                Kind::Map(entries) if entries.is_empty() => continue,
                Kind::List(items) if items.is_empty() => continue,
                Kind::Map(_) => ("zz_more".to_owned(), text.of(node)),
                Kind::List(items) => (items.len().to_string(), text.of(node)),
            };
            let mut inner = place.clone();
            inner.push(more);
            let change = Edit::Set { at: inner.clone(), to: json!("one more") };
            let new = text.must(&change);
            let mut wanted = text.says().clone();
            match at(&mut wanted, &place) {
                Value::Array(all) => all.push(json!("one more")),
                map => map["zz_more"] = json!("one more"),
            }
            assert_eq!(*new.says(), wanted, "{change:?}");
            // Nothing that was there has changed but the line of brackets that took it in.
            match between_brackets(text, node) {
                true => text.same_outside(&new, own, &change),
                false => {
                    text.same_outside(&new, own.clone(), &change);
                    let old: Vec<&str> = text.text.lines().collect();
                    let mut left = new.text.lines();
                    assert!(old.iter().all(|line| left.any(|other| other == *line)), "{change:?}");
                }
            }
            let back = new.must(&Edit::Remove { at: inner });
            assert_eq!(back.text, text.text, "{change:?}");
            // The whole value with one more is the same change.
            let whole = Edit::Set { at: place.clone(), to: at(&mut wanted, &place).clone() };
            assert_eq!(text.must(&whole).text, new.text, "{whole:?}");
            tried += 1;
        }
    }
    assert!(tried > 250, "{tried}");
}

#[test]
fn whatever_is_taken_away_takes_its_own_lines_and_comes_back_with_the_same_meaning() {
    let (mut tried, mut refused) = (0, 0);
    for text in TEXTS.iter() {
        let tree = text.tree();
        for place in all_places(&tree) {
            let Some((last, parents)) = place.split_last() else { continue };
            let parent = find(&tree, parents).unwrap();
            let node = find(&tree, &place).unwrap();
            let change = Edit::Remove { at: place.clone() };
            let new = match text.made(&change) {
                Ok(new) => new,
                // Its own comments would go, or it is the only one there.
                Err(EditError::Comment | EditError::Unfit(_)) => {
                    refused += 1;
                    continue;
                }
                Err(other) => panic!("{change:?}: {other}"),
            };
            let mut wanted = text.says().clone();
            match at(&mut wanted, parents) {
                Value::Array(all) => drop(all.remove(last.parse::<usize>().unwrap())),
                map => drop(map.as_object_mut().unwrap().remove(last)),
            }
            assert_eq!(*new.says(), wanted, "{change:?}");
            let mut own = match between_brackets(text, parent) {
                true => text.of(parent),
                false => text.of(node),
            };
            if let Kind::Map(entries) = &parent.kind {
                let entry = entries.iter().find(|entry| entry.key == *last).unwrap();
                own.start =
                    own.start.min(text.lines(&(entry.key_at.start..entry.key_at.end)).start);
                // Where the first shares its line with a dash, the next one takes its place.
                let first = entries.first().is_some_and(|first| first.key == *last);
                own.end += usize::from(first);
            }
            if let Kind::List(_) = &parent.kind {
                own.end += 1;
            }
            own.start = own.start.saturating_sub(1);
            text.same_outside(&new, own, &change);
            // A row comes back with its list; a key by itself.
            let back = match &parent.kind {
                Kind::List(_) => Edit::Set { at: parents.to_vec(), to: says(parent) },
                _ => Edit::Set { at: place.clone(), to: says(node) },
            };
            let back = new.must(&back);
            assert_eq!(back.says(), text.says(), "{change:?}");
            assert_eq!(back.comments(), text.comments(), "{change:?}");
            tried += 1;
        }
    }
    assert!(tried > 800 && refused * 5 < tried, "{tried} and {refused} refused");
}

#[test]
fn a_step_comes_at_every_place_and_goes_without_a_trace() {
    let step = json!({ "step": "zz_new", "tool": "mail.send", "with": { "to": "case.name" } });
    let mut tried = 0;
    for text in TEXTS.iter() {
        let steps = text.steps();
        for after in std::iter::once(None).chain(steps.iter().cloned().map(Some)) {
            if steps.is_empty() {
                continue;
            }
            let change = Edit::Add { step: step.clone(), after: after.clone() };
            let new = text.must(&change);
            let place = after
                .as_ref()
                .map_or(0, |after| steps.iter().position(|s| s == after).unwrap() + 1);
            let mut wanted = text.says().clone();
            wanted["steps"].as_array_mut().unwrap().insert(place, canon(&step));
            assert_eq!(*new.says(), wanted, "{change:?}");
            // Its lines stand together, and the lines before and after them are those of the old text.
            let (old, now): (Vec<&str>, Vec<&str>) =
                (text.text.lines().collect(), new.text.lines().collect());
            let same = old.iter().zip(&now).take_while(|(a, b)| a == b).count();
            assert!(now.ends_with(&old[same..]), "{change:?}");
            let gone = new.must(&Edit::Remove { at: vec!["steps".into(), "zz_new".into()] });
            assert_eq!(gone.text, text.text, "{change:?}");
            tried += 1;
        }
    }
    assert!(tried > 40, "{tried}");
}

#[test]
fn every_step_moves_to_every_place_and_back() {
    let mut tried = 0;
    for text in TEXTS.iter() {
        let steps = text.steps();
        for (from, step) in steps.iter().enumerate() {
            for after in std::iter::once(None).chain(steps.iter().cloned().map(Some)) {
                if after.as_ref() == Some(step) {
                    continue;
                }
                let change = Edit::Move { step: step.clone(), after: after.clone() };
                let new = text.must(&change);
                let mut wanted = steps.clone();
                wanted.remove(from);
                let place =
                    after.as_ref().map_or(0, |a| wanted.iter().position(|s| s == a).unwrap() + 1);
                wanted.insert(place, step.clone());
                assert_eq!(new.steps(), wanted, "{change:?}");
                let mut lines: (Vec<&str>, Vec<&str>) =
                    (text.text.lines().collect(), new.text.lines().collect());
                lines.0.sort_unstable();
                lines.1.sort_unstable();
                assert_eq!(lines.0, lines.1, "{change:?}");
                let before = from.checked_sub(1).map(|before| steps[before].clone());
                let back = new.must(&Edit::Move { step: step.clone(), after: before });
                assert_eq!(back.text, text.text, "{change:?}");
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn every_step_gets_another_name_wherever_it_is_named_and_its_own_back() {
    let mut tried = 0;
    for text in TEXTS.iter() {
        for step in text.steps() {
            let change = Edit::Rename { step: step.clone(), to: "zz_other".into() };
            let new = text.must(&change);
            let wanted: Vec<String> = text
                .steps()
                .into_iter()
                .map(|s| if s == step { "zz_other".into() } else { s })
                .collect();
            assert_eq!(new.steps(), wanted, "{change:?}");
            assert_eq!(new.comments(), text.comments(), "{change:?}");
            assert_eq!(text.text.lines().count(), new.text.lines().count());
            for (old, new) in
                text.text.lines().zip(new.text.lines()).filter(|(old, new)| old != new)
            {
                assert!(old.contains(&step), "{change:?}: {old}");
                assert_eq!(new.replace("zz_other", &step), *old, "{change:?}");
            }
            let back = new.must(&Edit::Rename { step: "zz_other".into(), to: step.clone() });
            assert_eq!(back.text, text.text, "{change:?}");
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried}");
}

#[test]
fn the_text_below_changes_alone_and_comes_back() {
    let mut seen = BTreeSet::new();
    for text in TEXTS.iter() {
        let from = crate::markdown::split(&text.text).body.start;
        let new = text.must(&Edit::Body { text: "\n# Other\n\nOther words.\n\n".into() });
        assert_eq!(
            new.text,
            format!("{}\n# Other\n\nOther words.\n", text.text.get(..from).unwrap())
        );
        let back = new.must(&Edit::Body { text: text.text.get(from..).unwrap().to_owned() });
        assert_eq!(back.text, text.text);
        seen.insert(text.path.clone());
    }
    assert!(seen.len() >= 6);
}
