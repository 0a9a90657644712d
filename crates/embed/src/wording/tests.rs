//! Shared wording, keys that near-duplicates have in common, and what a sender wrote himself.

use super::*;

const TEXT: &str = "Good morning, the bench I ordered three weeks ago has still not arrived and \
    nobody at the courier answers the telephone. Could you please find out where it is and tell me \
    when I can expect it?";

fn near(one: &str, other: &str) -> bool {
    let (one, other) = (print(one).unwrap(), print(other).unwrap());
    one.near.iter().any(|key| other.near.contains(key))
}

#[test]
fn near_duplicates_share_wording_not_only_a_topic() {
    let again = format!("I wrote this last week already:\n\n{TEXT}\nThanks, Joan");
    let other = "My garden seat was due long ago and your driver did not turn up. Any news?";
    assert!(shared(TEXT, &again) > 0.75 && near(TEXT, &again));
    assert!(shared(TEXT, other) < 0.05 && !near(TEXT, other));
    let meaning = crate::vector(TEXT).likeness(&crate::vector(other));
    assert!(meaning > 0.4, "about the same thing in other words: {meaning}");
    let shouted = TEXT.to_uppercase().replace(' ', "  \n");
    assert_eq!(print(TEXT), print(&shouted));
    assert!((shared(TEXT, &shouted) - 1.0).abs() < 1e-6);
    // One word makes it another message, though one that is near.
    let corrected = TEXT.replace("still not arrived", "now arrived");
    assert_ne!(print(TEXT).unwrap().same, print(&corrected).unwrap().same);
    assert!(print(" ?! ").is_none() && print("").is_none());
    assert!(print("ok").is_some());
    assert!(shared("", "") == 0.0 && shared("ok", "ok") == 1.0);
}

#[test]
fn quotes_and_signatures_are_not_the_senders_words() {
    let check = |text: &str, expected: &str| assert_eq!(own_words(text), expected);
    check("Yes please.\n> Shall we?\n >> or not\n-- \nAnn\nLeeds", "Yes please.");
    check("> only a quote", "> only a quote");
    check("-- \nAnn", "-- \nAnn");
    check("a -- b", "a -- b");
    check("", "");
}
