//! Credentials from the outside: issued, shown to anybody, verified without the network, renewed,
//! suspended, revoked and forgotten.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::api::Up;
use crate::desk::Said;
use crate::office::Office;
use crate::vendor::Vendor;

const OWNER: &str = "marta@larkfield.example";
const CLERK: &str = "ines@larkfield.example";
const ADDRESS: &str = "https://desk.larkfield.example";

/// An office that issues credentials.
fn issuing() -> Office {
    let office = Office::new(&Vendor::plain(), &["001"]);
    let settings = format!("credentials: {{ address: \"{ADDRESS}\" }}\n\nroles:\n");
    office.change("flightdeck.yaml", "roles:\n", &settings);
    office
}

/// Done by an owner of the workspace.
fn own(office: &Office, args: &[&str]) -> Said {
    office.say(&[args, &["--as", OWNER]].concat())
}

fn issue(office: &Office, who: &str, code: &str) -> Said {
    let mut args = vec!["credential", "issue", "--name", "Agent operator"];
    args.extend(["--about", "Runs agents and answers for them."]);
    args.extend(["--criteria", "20 tasks, 16 of them right.", "--to", "Noor Haddad"]);
    args.extend(["--mail", "noor@larkfield.example", "--examined", "Exam=18 of 20", "--json"]);
    args.extend(["--code", code, "--as", who]);
    office.say(&args)
}

fn issued(office: &Office) -> String {
    let said = issue(office, OWNER, "operator");
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    said.json().remove(0)["id"].as_str().unwrap().to_owned()
}

/// What came of one check.
fn found(report: &Value, check: &str) -> (String, String) {
    let all = report["findings"].as_array().unwrap();
    let one = all.iter().find(|finding| finding["check"] == check).unwrap();
    (one["holds"].as_str().unwrap().to_owned(), one["why"].as_str().unwrap().to_owned())
}

fn verified(office: &Office, args: &[&str]) -> Value {
    let said = office.say(&[&["credential", "verify", "--json"], args].concat());
    let report = said.json().remove(0);
    assert_eq!(said.code == 0, report["holds"] == "yes", "{report}");
    report
}

#[test]
fn what_is_issued_is_verified_anywhere_and_ends_when_it_is_revoked() {
    let office = issuing();
    let id = issued(&office);
    assert!(id.starts_with("OPERATOR-20") && id.len() == 18, "{id}");
    assert_eq!(verified(&office, &[&id])["holds"], "yes");
    let folder = office.root().join("out");
    let at = |name: &str| folder.join(name).display().to_string();
    let published = office.say(&["credential", "publish", &folder.display().to_string(), "--json"]);
    assert_eq!(published.json()[0]["issuer"], "did:web:desk.larkfield.example");
    for form in ["json", "jcs", "jwt", "png", "svg"] {
        let file = at(&format!("badge.{form}"));
        office.say(&["credential", "export", &id, "--form", form, "--out", &file]);
    }

    // Somebody who has nothing but what was handed to them.
    let other = Office::new(&Vendor::plain(), &["001"]);
    let document = at(".well-known/did.json");
    let given = ["--issuer-document", &document];
    for form in ["json", "jcs", "jwt", "png", "svg"] {
        let badge = at(&format!("badge.{form}"));
        let report = verified(&other, &[&[badge.as_str()], &given[..]].concat());
        assert_eq!(found(&report, "signature").0, "yes", "{form}: {report}");
        assert_eq!(found(&report, "status").0, "unknown", "{form}");
        assert!(found(&report, "status").1.starts_with("status not known"));
        for end in ["", ".jwt"] {
            let (one, two) =
                (format!("status/revocation-1{end}"), format!("status/suspension-1{end}"));
            let (one, two) = (at(&one), at(&two));
            let lists = ["--list", one.as_str(), "--list", two.as_str()];
            let report = verified(&other, &[&[badge.as_str()], &given[..], &lists].concat());
            assert_eq!(report["holds"], "yes", "{form}: {report}");
            assert_eq!(report["credential"]["holder"], "Noor Haddad");
        }
    }
    let badge = at("badge.json");
    let text = fs::read_to_string(&badge).unwrap();
    assert!(!text.contains("noor@"), "the address stands in it");
    fs::write(&badge, text.replace("Noor Haddad", "Tom Verbeke")).unwrap();
    let report = verified(&other, &[&[badge.as_str()], &given[..]].concat());
    assert_eq!(found(&report, "signature").0, "no", "{report}");

    own(&office, &["credential", "suspend", &id]);
    assert_eq!(found(&verified(&office, &[&id]), "status").1, "it is suspended");
    own(&office, &["credential", "suspend", &id, "--lift"]);
    assert_eq!(verified(&office, &[&id])["holds"], "yes");
    let renewed = own(&office, &["credential", "renew", &id, "--json"]).json().remove(0);
    assert!(renewed["renewed"].is_string() && renewed["state"] == "valid", "{renewed}");
    assert_eq!(verified(&office, &[&id])["holds"], "yes");
    own(&office, &["credential", "revoke", &id, "--because", "mistake"]);
    assert_eq!(found(&verified(&office, &[&id]), "status").1, "it is revoked");
    assert_eq!(own(&office, &["credential", "renew", &id]).code, 5);
    let listed = office.say(&["credential", "list", "--json"]).json().remove(0);
    assert_eq!(listed["credentials"][0]["state"], "revoked", "{listed}");
    let log = office.say(&["logs", "desk"]);
    assert!(!log.out.contains("Noor"), "who holds it is in the entries: {}", log.out);
}

#[test]
fn nothing_is_issued_by_others_or_in_another_issuers_name() {
    let office = issuing();
    let refused = issue(&office, OWNER, "AIDA");
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("another issuer's code"), "{}", refused.err);
    assert_eq!(issue(&office, CLERK, "operator").code, 4);
    let owned = format!("credentials: {{ address: \"{ADDRESS}\" }}");
    let named =
        format!("credentials: {{ address: \"{ADDRESS}\", issuer: Production AI Institute }}");
    office.change("flightdeck.yaml", &owned, &named);
    let refused = issue(&office, OWNER, "operator");
    assert!(refused.err.contains("another issuer's name"), "{}", refused.err);
    // What they issued is kept, with the page that verifies it, and never changed here.
    let mut args = vec!["credential", "record", "AIDA-2026-X7Q2", "--name", "AIDA"];
    args.extend(["--issuer", "Production AI Institute", "--to", "Tom Verbeke", "--json"]);
    args.extend(["--page", "https://institute.example/verify?id=AIDA-2026-X7Q2"]);
    let kept = own(&office, &args).json().remove(0);
    assert_eq!((kept["state"].as_str(), kept["valid_until"].as_str()), (Some("recorded"), None));
    assert_eq!(own(&office, &args).code, 2, "twice");
    assert_eq!(own(&office, &["credential", "renew", "AIDA-2026-X7Q2"]).code, 2);
    assert_eq!(office.say(&["credential", "export", "AIDA-2026-X7Q2"]).code, 2);
}

#[test]
fn anybody_is_told_what_a_credential_is_worth_and_nobody_who_holds_which() {
    let office = issuing();
    let id = issued(&office);
    let up = Up::with(office, BTreeMap::new(), &[]);
    let ask = |path: &str| up.raw(&format!("GET {path} HTTP/1.1"), "");
    let shown = ask(&format!("/credentials/{id}")).json();
    assert_eq!(
        (shown["holder"].as_str(), shown["state"].as_str()),
        (Some("Noor Haddad"), Some("valid"))
    );
    assert_eq!(shown["examined"][0]["told"], "18 of 20");
    let page = ask(&format!("/credentials/{id}/page"));
    assert!(page.status == 200 && page.body.contains("<dd>Noor Haddad</dd>"), "{}", page.body);
    let document = ask("/.well-known/did.json").json();
    assert_eq!(document["id"], "did:web:desk.larkfield.example");
    let list = ask("/status/revocation-1").json();
    assert_eq!(list["credentialSubject"]["statusPurpose"], "revocation");
    let token = up.raw("GET /status/revocation-1 HTTP/1.1\r\nAccept: application/vc+jwt", "");
    assert_eq!(token.body.split('.').count(), 3, "{}", token.body);
    for none in ["/status/revocation-2", "/status/x", "/credentials/OPERATOR-2026-0000"] {
        ask(none).problem(404, "not-found");
    }
    for closed in ["/credentials", "/credentials/", "/status"] {
        assert!(ask(closed).status >= 400, "{closed}");
    }
    // While `up` drives, an owner's order goes to it; what it forgets is gone for everybody.
    own(&up.office, &["credential", "revoke", &id, "--because", "wish"]);
    assert_eq!(ask(&format!("/credentials/{id}")).json()["state"], "revoked");
    own(&up.office, &["credential", "forget", &id]);
    let forgotten = ask(&format!("/credentials/{id}")).json();
    assert_eq!(
        (forgotten["state"].as_str(), forgotten["holder"].as_str()),
        (Some("revoked"), None)
    );
    let kept = fs::read_dir(up.office.root().join(".flightdeck/credentials")).unwrap();
    let kept: Vec<_> = kept.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    assert!(!kept.iter().any(|bytes| String::from_utf8_lossy(bytes).contains("Noor")));
    let asked = (0..200).map(|_| ask("/.well-known/did.json").status);
    assert!(asked.into_iter().any(|status| status == 429), "anybody may ask without end");
}
