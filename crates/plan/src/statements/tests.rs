//! What is read of `governance/*.md`, and what is told of it that cannot be read.

use crate::Files;

const SETTINGS: &str = "organisation: Acme\ncurrency: EUR\npeople: { mara: { name: Mara } }\n\
    roles: { lead: [ mara ] }\nmodels: {}\n\
    working_hours: { days: mon-fri, from: \"09:00\", to: \"17:30\", zone: Europe/London }\n";

fn read(text: &str) -> Result<Vec<super::Statement>, Vec<String>> {
    let files = Files::from_iter([("flightdeck.yaml", SETTINGS), ("governance/threats.md", text)]);
    super::statements(&files).map_err(|problems| {
        problems.iter().map(|one| format!("{} {}", one.line, one.what)).collect()
    })
}

#[test]
fn a_statement_says_who_and_until_when() {
    let all = read(
        "---\ncovers: [ PSF-7.1, C2 ]\nowner: mara\nreviewed: \"2026-10-01\"\n\
         until: \"2027-04-01\"\nevidence: [ \"records/threats.pdf\" ]\nread_by: [ lead ]\n---\n\
         # Threats\nSomebody writes into a letter what the model should do.\n",
    );
    let all = all.unwrap_or_else(|problems| panic!("{problems:?}"));
    let [one] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((one.title.as_str(), one.line), ("Threats", 2));
    assert!(one.speaks_of("PSF-7.1") && one.speaks_of("C2") && !one.speaks_of("PSF-7.2"));
    assert!(one.holds("2027-04-01") && !one.holds("2027-04-02"));
    assert!(one.text.contains("Somebody writes"));
}

#[test]
fn what_nobody_answers_for_is_no_statement() {
    let missing = read("# Threats\nAll is well.\n");
    assert!(missing.is_err_and(|all| all.iter().any(|one| one.contains("starts with"))));
    let nobody = read(
        "---\ncovers: PSF-7.1\nowner: zoe\nreviewed: \"2026-10-01\"\nuntil: \"2027-01-01\"\n---\n",
    );
    assert!(nobody.is_err_and(|all| all.iter().any(|one| one.contains("zoe"))));
    let turned = read(
        "---\ncovers: PSF-9.1\nowner: mara\nreviewed: \"2026-10-01\"\nuntil: \"2026-01-01\"\n---\n",
    );
    let said = turned.err().unwrap_or_default();
    assert!(said.iter().any(|one| one.contains("PSF-9.1")), "{said:?}");
    assert!(said.iter().any(|one| one.contains("holds until")), "{said:?}");
}
