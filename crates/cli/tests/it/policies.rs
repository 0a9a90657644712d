//! What an operator can ask of their policies: which matter, whether they decide as written, and
//! whether they let more pass than those that ran last.

use crate::office::Office;
use crate::vendor::Vendor;

const CASES: &str = "\
- case: an ordinary payment goes through
  step: invoice_intake.draft
  act: erp.create_draft
  given: { amount: 120.00 EUR }
  expect: permitted
- case: nothing above 25,000 EUR, whoever approved it
  step: invoice_intake.draft
  act: erp.create_draft
  given: { amount: 25000.01 EUR, reviewed: true }
  expect: refused
  by: no_draft_above_25000_eur
";

#[test]
fn cases_are_decided_as_written_or_the_command_says_which_is_not() {
    let office = Office::new(&Vendor::plain(), &[]);
    let none = office.say(&["policy", "test"]);
    assert!(none.code == 2 && none.err.contains("policies/cases.yaml"), "{}", none.err);
    let file = office.root().join("policies/cases.yaml");
    std::fs::write(&file, CASES).unwrap();
    let said = office.say(&["policy", "test"]);
    assert!(said.code == 0 && said.out.contains("2 of 2 cases held"), "{}{}", said.out, said.err);
    let wrong = CASES.replace("25000.01 EUR", "25000.00 EUR");
    std::fs::write(&file, wrong).unwrap();
    let said = office.say(&["policy", "test"]);
    assert_eq!(said.code, 8, "{}{}", said.out, said.err);
    assert!(said.out.contains("FAILED") && said.out.contains("1 of 2 cases held"), "{}", said.out);
    for (text, says) in [
        (
            "- { case: a, step: invoice_intake.draft, act: erp.pay, expect: refused }\n",
            "does not do",
        ),
        (
            "- { case: a, step: invoice_intake.draft, act: erp.create_draft, expect: refused }\n",
            "does not say what it is",
        ),
        (
            "- { case: a, step: nowhere.draft, act: erp.create_draft, expect: refused }\n",
            "fit to run",
        ),
        ("- { case: a, expect: refused }\n", "missing"),
    ] {
        std::fs::write(&file, text).unwrap();
        let said = office.say(&["policy", "test"]);
        assert!(matches!(said.code, 2 | 8), "{}", said.err);
        let all = format!("{}{}", said.out, said.err);
        assert!(all.contains(says), "{says}: {all}");
    }
}

#[test]
fn what_passes_now_and_did_not_before_is_shown_by_a_case() {
    let office = Office::new(&Vendor::plain(), &[]);
    let ran = office.say(&["run", "invoice_intake", "001-nordwind.txt"]);
    assert!(matches!(ran.code, 0 | 3), "{}{}", ran.out, ran.err);
    let same = office.say(&["policy", "compare", "invoice_intake"]);
    assert_eq!(same.code, 0, "{}{}", same.out, same.err);
    assert!(same.out.contains("nothing that was tried is decided otherwise"), "{}", same.out);
    office.change("policies/drafts.cedar", "> 2500000", "> 9900000");
    let wider = office.say(&["policy", "compare", "invoice_intake"]);
    assert_eq!(wider.code, 8, "{}{}", wider.out, wider.err);
    assert!(wider.out.contains("draft: erp.create_draft lets more pass"), "{}", wider.out);
    assert!(wider.out.contains("25000.01 EUR"), "the very case: {}", wider.out);
    assert!(wider.out.contains("before: refused by `no_draft_above_25000_eur`"), "{}", wider.out);
    office.change("policies/drafts.cedar", "> 9900000", "> 100000");
    let narrower = office.say(&["policy", "compare"]);
    assert_eq!(narrower.code, 0, "{}{}", narrower.out, narrower.err);
    assert!(narrower.out.contains("lets less pass"), "{}", narrower.out);
}

#[test]
fn it_is_said_which_policies_matter_for_an_act() {
    let office = Office::new(&Vendor::plain(), &[]);
    let said = office.say(&["policy", "explain", "invoice_intake.draft"]);
    assert_eq!(said.code, 0, "{}", said.err);
    for expected in ["erp.create_draft", "no_draft_above_25000_eur", "looks at args.amount"] {
        assert!(said.out.contains(expected), "no `{expected}`: {}", said.out);
    }
    let said = office.say(&["policy", "explain", "invoice_intake.route"]);
    assert!(said.code == 2 && said.err.contains("does nothing outside"), "{}", said.err);
}
