//! What begins a case without a person: how it is written, and that it stands in the release.

use plan::ids::FieldName;
use plan::workflow::{Clock, Hook, Start};

use crate::problems::changed;

/// What each kind of start can give.
const FIELDS: &str = "{ name: text?, due: text? }";

fn check(starts: &str, expected: Result<&[Start], (&str, &str)>) {
    let mut files = changed("FD-P009/good.change");
    let name = "workflows/intake.md";
    let text = files.get(name).unwrap().to_string();
    let text = text.replace("once_per:", &format!("starts: {starts}\nonce_per:"));
    let text = text.replace("from: outside }", &format!("from: outside, fields: {FIELDS} }}"));
    files.insert(name, &text.replace("    copy:", "    from: case.name\n    copy:"));
    match (plan::check(&files, "intake"), expected) {
        (Ok(plan), Ok(starts)) => {
            assert_eq!(plan.workflow().starts, starts);
            let opened = plan::Plan::open(plan.release(), plan.canonical()).unwrap();
            assert_eq!(opened.workflow().starts, starts);
            let written = String::from_utf8(plan.canonical().to_vec()).unwrap();
            assert_eq!(written.contains("\"starts\":"), !starts.is_empty());
        }
        (Err(problems), Err((code, part))) => {
            let said = problems.to_string();
            let found: Vec<&str> = problems.iter().map(|problem| problem.code.id).collect();
            assert!(found == [code] && said.contains(part), "{said}");
        }
        (Ok(plan), Err(_)) => panic!("{starts} is taken as {:?}", plan.workflow().starts),
        (Err(problems), Ok(_)) => panic!("{problems}"),
    }
}

fn at(days: &[u8], minute: u16, zone: &str) -> Start {
    let (days, zone) = (days.to_vec(), zone.to_owned());
    Start::At(Clock { days, minute, zone, only_if: None })
}

#[test]
fn what_begins_a_case_is_read_and_stands_in_the_release() {
    let folder = |name: &str| Start::Folder(name.to_owned());
    check("[]", Ok(&[]));
    check("[ { folder: inbox } ]", Ok(&[folder("inbox")]));
    check("[ { folder: in/box/ } ]", Ok(&[folder("in/box")]));
    let weekdays = at(&[1, 2, 3, 4, 5], 450, "Europe/Rome");
    let both = "[ { folder: inbox }, { at: \"weekdays 07:30 Europe/Rome\" } ]";
    check(both, Ok(&[folder("inbox"), weekdays]));
    // Without a zone, that of the working hours.
    check("[ { at: daily 18:00 } ]", Ok(&[at(&[1, 2, 3, 4, 5, 6, 7], 1_080, "Europe/London")]));
    check("[ { at: mon 00:05 } ]", Ok(&[at(&[1], 5, "Europe/London")]));
    check("[ { at: tue-thu 23:59 } ]", Ok(&[at(&[2, 3, 4], 1_439, "Europe/London")]));
    for wrong in ["07:30", "weekdays", "weekdays 7:30", "fri-mon 07:30", "daily 24:00", "mon 9 h"] {
        let part = format!("`{wrong}` is no time at which cases begin");
        check(&format!("[ {{ at: \"{wrong}\" }} ]"), Err(("FD-P008", &part)));
    }
    check("[ { at: daily 18:00 Mars/Base } ]", Err(("FD-P017", "no time zone `Mars/Base`")));
    for wrong in ["/inbox", "../inbox", "a//b", "C:/inbox", "./inbox"] {
        let part = format!("`{wrong}` is no folder of this workspace");
        check(&format!("[ {{ folder: \"{wrong}\" }} ]"), Err(("FD-P008", &part)));
    }
    check("[ {} ]", Err(("FD-P008", "one of a folder, a time and a webhook")));
    check(
        "[ { folder: a, at: daily 18:00 } ]",
        Err(("FD-P008", "one of a folder, a time and a webhook")),
    );
    let probe = "[ { at: daily 18:00, only_if: { folder: in/box/ } } ]";
    let Start::At(clock) = at(&[1, 2, 3, 4, 5, 6, 7], 1_080, "Europe/London") else { panic!() };
    check(probe, Ok(&[Start::At(Clock { only_if: Some("in/box".to_owned()), ..clock })]));
    let misplaced = "[ { folder: a, only_if: { folder: b } } ]";
    check(misplaced, Err(("FD-P008", "`only_if` belongs to a start by `at`")));
    check("[ { at: daily 18:00, only_if: {} } ]", Err(("FD-P007", "folder")));
}

#[test]
fn a_webhook_names_the_secrets_that_sign_and_holds_none() {
    let hook = |secrets: &[&str], kind: Option<&str>, under: &[&str]| {
        let name = FieldName::new("orders").unwrap();
        let all = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let (secrets, under, kind) = (all(secrets), all(under), kind.map(str::to_owned));
        Start::Hook(Hook { name, secrets, kind, under })
    };
    check("[ { webhook: orders, secret: KEY } ]", Ok(&[hook(&["KEY"], None, &[])]));
    let all = "[ { webhook: orders, secret: [ KEY, KEY_2 ], type: a.b, under: data.order } ]";
    check(all, Ok(&[hook(&["KEY", "KEY_2"], Some("a.b"), &["data", "order"])]));
    for (wrong, code, part) in [
        ("[ { webhook: orders } ]", "FD-P008", "needs one secret"),
        ("[ { webhook: orders, secret: [ A, B, C ] } ]", "FD-P008", "needs one secret"),
        ("[ { webhook: Or/ders, secret: A } ]", "FD-P010", "is no name here"),
        ("[ { webhook: orders, secret: key } ]", "FD-P010", "`key` is not the name of a secret"),
        ("[ { webhook: orders, secret: whsec_x } ]", "FD-P010", "a secret stands here"),
        ("[ { webhook: orders, secret: A, under: a..b } ]", "FD-P008", "names no key"),
        ("[ { folder: a, secret: A } ]", "FD-P008", "belongs to a start by `webhook`"),
        ("[ { webhook: o, secret: A }, { webhook: o, secret: B } ]", "FD-P214", "two webhooks"),
    ] {
        check(wrong, Err((code, part)));
    }
}

#[test]
fn what_begins_a_case_is_said_in_a_sentence() {
    let said = |start: &Start| plan::show::start(start);
    let Start::At(clock) = at(&[1, 2, 3, 4, 5], 450, "Europe/London") else { panic!() };
    let folder = Start::Folder("inbox".to_owned());
    assert_eq!(said(&folder), "Each new file in inbox begins a case.");
    let sentence = "A case begins on weekdays at 07:30 (Europe/London)";
    assert_eq!(said(&Start::At(clock.clone())), format!("{sentence}."));
    let probed = Start::At(Clock { only_if: Some("inbox".to_owned()), ..clock });
    assert_eq!(said(&probed), format!("{sentence}, if a file lies in inbox."));
}
