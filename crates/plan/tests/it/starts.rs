//! What begins a case without a person: how it is written, and that it stands in the release.

use plan::workflow::{Clock, Start};

use crate::problems::changed;

fn check(starts: &str, expected: Result<&[Start], (&str, &str)>) {
    let mut files = changed("FD-P009/good.change");
    let name = "workflows/intake.md";
    let text = files.get(name).unwrap().to_string();
    files.insert(name, &text.replace("once_per:", &format!("starts: {starts}\nonce_per:")));
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
    Start::At(Clock { days: days.to_vec(), minute, zone: zone.to_owned() })
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
    check("[ {} ]", Err(("FD-P008", "either a folder or a time")));
    check("[ { folder: a, at: daily 18:00 } ]", Err(("FD-P008", "either a folder or a time")));
}
