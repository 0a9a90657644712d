//! Where a secret may be said to come from.

use super::From;
use crate::files::Files;
use crate::places;

const HEAD: &str = "organisation: Acme\ncurrency: USD\npeople:\n  m@acme.example: { name: M }\n\
    roles:\n  lead: [ m@acme.example ]\nworking_hours: { days: mon-fri, from: \"09:00\", \
    to: \"17:30\", zone: Europe/London }\nmodels:\n  big: { vendor: litellm, model: b, \
    base_url: http://127.0.0.1:4000, can: [ json ], context: 9, answer: 9 }\nsecrets:\n";

fn check(secret: &str) -> Result<From, String> {
    let mut files = Files::new();
    files.insert("flightdeck.yaml", &format!("{HEAD}  ERP_TOKEN: {secret}\n"));
    let mut places = places(&files).map_err(|problems| problems.to_string())?;
    places.secrets.remove("ERP_TOKEN").map(|place| place.from).ok_or_else(|| "none".to_owned())
}

#[test]
fn a_secret_comes_from_one_of_five_places() {
    let text = |text: &str| text.to_owned();
    assert_eq!(check("{ every: 90 days }").unwrap(), From::Environment);
    assert_eq!(check("{ file: secrets/erp }").unwrap(), From::File(text("secrets/erp")));
    let line = vec![text("vault"), text("read")];
    assert_eq!(check("{ command: [ vault, read ] }").unwrap(), From::Command(line));
    let (file, identity) = (text("secrets/erp.age"), text("~/.config/flightdeck/key.txt"));
    assert_eq!(
        check("{ age: { file: secrets/erp.age, identity: ~/.config/flightdeck/key.txt } }")
            .unwrap(),
        From::Age { file, identity }
    );
    let (service, account) = (text("erp"), text("flightdeck"));
    assert_eq!(
        check("{ keyring: { service: erp, account: flightdeck } }").unwrap(),
        From::Keyring { service, account }
    );
}

#[test]
fn a_place_that_is_none_is_a_problem() {
    for (secret, wanted) in [
        ("{ file: a, command: [ b ] }", "comes from one place"),
        ("{ age: { file: a, identity: b }, keyring: { service: c, account: d } }", "one place"),
        ("{ command: [] }", "no program stands in `command`"),
        ("{ age: { file: a } }", "identity"),
        ("{ age: a }", "a map of keys and values is wanted"),
        ("{ keyring: { service: a, acount: b } }", "acount"),
        ("{ keyring: { account: b } }", "service"),
    ] {
        let problems = check(secret).unwrap_err();
        assert!(problems.contains(wanted), "{secret}: {problems}");
    }
}
