//! What is refused: every change of what was signed, words that would not be signed, other people's
//! keys and lists, and documents that would take long. Each is accepted before it is changed.

use serde_json::{Map, Value, json};

use super::{FORMS, Form, NOW, WEB, award, issuer, lists, looked_at, secured, signer};
use crate::{Check, Did, Given, Holds, Report, Signer, Suite, add, read, token, verify};

fn changed(text: &str, change: impl FnOnce(&mut Map<String, Value>)) -> Report {
    let lists = lists(WEB, &[], &[], Form::Rdfc);
    assert_eq!(looked_at(text, NOW, &lists).holds(), Holds::Yes);
    let mut document = read(text).unwrap();
    change(&mut document);
    looked_at(&Value::Object(document).to_string(), NOW, &lists)
}

fn no(report: &Report, check: Check, why: &str) {
    assert_eq!(report.holds(), Holds::No, "{report:#?}");
    let finding = report.of(check).unwrap();
    assert_eq!(finding.holds, Holds::No, "{report:#?}");
    assert!(finding.why.contains(why), "{}", finding.why);
}

fn put(document: &mut Map<String, Value>, at: &str, value: Value) {
    let mut whole = Value::Object(document.clone());
    *whole.pointer_mut(at).unwrap() = value;
    *document = whole.as_object().unwrap().clone();
}

#[test]
fn any_changed_word_breaks_the_signature() {
    let award = award(WEB);
    for form in [Form::Rdfc, Form::Jcs] {
        let text = secured(&award.document().unwrap(), &award.issuer.did, form);
        for (at, value) in [
            ("/credentialSubject/identifier/0/identityHash", "Nora Beck"),
            ("/credentialSubject/achievement/name", "Agent architect"),
            ("/validUntil", "2038-01-01T00:00:00Z"),
            ("/evidence/1/narrative", "a stop within 2 seconds"),
            ("/credentialStatus/0/statusListIndex", "6"),
            ("/issuer/name", "Beta Ltd"),
            ("/proof/created", "2025-01-01T00:00:00Z"),
        ] {
            let report = changed(&text, |document| put(document, at, json!(value)));
            no(&report, Check::Signature, "not the issuer's");
        }
        let report = changed(&text, |document| {
            document.remove("credentialStatus");
        });
        no(&report, Check::Signature, "not the issuer's");
    }
}

#[test]
fn a_token_is_refused_where_a_letter_of_it_was_changed() {
    let award = award(WEB);
    let text = secured(&award.document().unwrap(), &award.issuer.did, Form::Token);
    let lists = lists(WEB, &[], &[], Form::Rdfc);
    assert_eq!(looked_at(&text, NOW, &lists).holds(), Holds::Yes);
    let parts: Vec<&str> = text.split('.').collect();
    let other = secured(&super::award(WEB).document().unwrap(), &award.issuer.did, Form::Token);
    assert_eq!(other, text, "a signature is made the same way twice");
    let mut later = super::award(WEB);
    later.until += 1;
    let later = secured(&later.document().unwrap(), &award.issuer.did, Form::Token);
    let payload = later.split('.').nth(1).unwrap();
    let mixed = format!("{}.{payload}.{}", parts[0], parts[2]);
    no(&looked_at(&mixed, NOW, &lists), Check::Signature, "not the issuer's");
    let unsigned = format!("{}.{}.", parts[0], parts[1]);
    no(&looked_at(&unsigned, NOW, &lists), Check::Signature, "not the issuer's");
}

#[test]
fn words_that_would_not_be_signed_are_refused() {
    let award = award(WEB);
    let text = secured(&award.document().unwrap(), &award.issuer.did, Form::Rdfc);
    let word = |document: &mut Map<String, Value>, name: &str, value: Value| {
        document.insert(name.to_owned(), value);
    };
    let report = changed(&text, |document| word(document, "grade", json!("excellent")));
    no(&report, Check::Context, "no context knows the word `grade`");
    let report = changed(&text, |document| word(document, "@included", json!([])));
    no(&report, Check::Shape, "no plain word");
    // The same statement by another name: whoever reads `validUntil` would find none.
    let report = changed(&text, |document| {
        let until = document.remove("validUntil").unwrap();
        word(document, "https://www.w3.org/2018/credentials#validUntil", until);
    });
    no(&report, Check::Shape, "no plain word");
    // The same statement in another place.
    let report = changed(&text, |document| {
        let (until, id) = (document.remove("validUntil").unwrap(), document["id"].clone());
        put(document, "/evidence/0", json!({ "id": id, "validUntil": until }));
    });
    no(&report, Check::Shape, "goes by the id of the whole");
    let report = changed(&text, |document| {
        put(document, "/credentialStatus/0/statusListCredential", json!("not an address"));
    });
    assert_eq!(report.holds(), Holds::No, "{report:#?}");
    assert_ne!(report.of(Check::Signature).unwrap().holds, Holds::Yes);
    let report = changed(&text, |document| {
        put(document, "/@context/1", json!("https://evil.example/context"));
    });
    no(&report, Check::Context, "not known, and none is fetched");
    let report = changed(&text, |document| put(document, "/@context/1", json!({ "name": "x:y" })));
    no(&report, Check::Context, "written out");
}

#[test]
fn somebody_elses_key_issues_nothing() {
    let award = award(WEB);
    let document = award.document().unwrap();
    let thief = Signer::new(&[9; 32]);
    let lists = lists(WEB, &[], &[], Form::Rdfc);
    let web = &award.issuer.did;
    for method in [web.method(&thief.public()), web.method(&signer().public())] {
        let signed = add(&document, Suite::Rdfc, (&thief, &method), NOW).unwrap();
        let report = looked_at(&Value::Object(signed).to_string(), NOW, &lists);
        assert_eq!(report.holds(), Holds::No, "{report:#?}");
        let signed = token(&document, &thief, &method).unwrap();
        assert_eq!(looked_at(&signed, NOW, &lists).holds(), Holds::No);
    }
    // A key of their own, in the issuer's name.
    let own = Did::Key(thief.public());
    let signed = add(&document, Suite::Rdfc, (&thief, &own.method(&thief.public())), NOW).unwrap();
    let report = looked_at(&Value::Object(signed).to_string(), NOW, &lists);
    no(&report, Check::Issuer, "no key of the issuer's");
    // What the issuer's own document does not list for this is not enough either.
    let text = secured(&document, web, Form::Rdfc);
    let mut listed = web.document(&[signer().public()]);
    listed["assertionMethod"] = json!([]);
    let listed = listed.to_string();
    let given = Given { text: &text, now: NOW, document: Some(&listed), ..Given::default() };
    no(&verify(&given), Check::Issuer, "does not say that this key issues");
    let wanted = Given { issuer: Some("did:web:other.example"), ..given };
    no(&verify(&wanted), Check::Issuer, "and nobody else");
}

#[test]
fn somebody_elses_list_says_nothing() {
    let award = award(WEB);
    let text = secured(&award.document().unwrap(), &award.issuer.did, Form::Rdfc);
    for form in FORMS {
        let mut lists = lists(WEB, &[5], &[], form);
        no(&looked_at(&text, NOW, &lists), Check::Status, "it is revoked");
        // The list of a thief, in which nothing is revoked.
        let thief = Signer::new(&[9; 32]);
        let issuer = issuer(WEB);
        let bits = crate::StatusList::new(crate::Purpose::Revocation, &[].into());
        let address = "https://desk.acme.example/status/revocation-1";
        let list = bits.credential(&issuer, address, (NOW, NOW + 9)).unwrap();
        let method = issuer.did.method(&signer().public());
        let signed = add(&list, Suite::Rdfc, (&thief, &method), NOW).unwrap();
        lists[0] = Value::Object(signed).to_string();
        no(&looked_at(&text, NOW, &lists), Check::Status, "not the issuer's");
        // The other list in its place.
        let moved = bits.credential(&issuer, &format!("{address}0"), (NOW, NOW + 9)).unwrap();
        lists[0] = secured(&moved, &issuer.did, form);
        let report = looked_at(&text, NOW, &lists);
        assert_eq!(report.of(Check::Status).unwrap().holds, Holds::Unknown);
    }
}

#[test]
fn what_two_readers_would_read_differently_is_not_read() {
    for (text, why) in [
        (r#"{"a":1,"a":2}"#, "twice"),
        (r#"{"a":{"b":1,"b":1}}"#, "twice"),
        (r#"{"a":null}"#, "null"),
        ("[]", "no JSON object"),
        (r#"{"a":1} x"#, "not read as JSON"),
    ] {
        let fault = read(text).unwrap_err();
        assert!(fault.why.contains(why), "{text}: {}", fault.why);
    }
    let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
    assert!(read(&format!(r#"{{"a":{deep}}}"#)).unwrap_err().why.contains("too deeply"));
    assert!(read(&" ".repeat(crate::LONGEST + 1)).unwrap_err().why.contains("longer"));
}

#[test]
fn a_document_that_would_take_long_is_refused_at_once() {
    let award = award(WEB);
    let mut document = award.document().unwrap();
    let alike = vec![json!({ "type": ["Evidence"], "genre": "x" }); 12];
    document.insert("evidence".to_owned(), json!(alike));
    let method = award.issuer.did.method(&signer().public());
    let fault = add(&document, Suite::Rdfc, (&signer(), &method), NOW).unwrap_err();
    assert!(fault.why.contains("look alike"), "{}", fault.why);
    let many: Vec<Value> =
        (0..300).map(|n| json!({ "id": format!("urn:x:{n}"), "type": ["Evidence"] })).collect();
    document.insert("evidence".to_owned(), json!(many));
    assert!(add(&document, Suite::Rdfc, (&signer(), &method), NOW).is_ok());
    let more: Vec<Value> =
        (0..700).map(|n| json!({ "id": format!("urn:x:{n}"), "type": ["Evidence"] })).collect();
    document.insert("evidence".to_owned(), json!(more));
    let fault = add(&document, Suite::Rdfc, (&signer(), &method), NOW).unwrap_err();
    assert!(fault.why.contains("statements"), "{}", fault.why);
}
