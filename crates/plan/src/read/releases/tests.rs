//! What a release has to show, as the settings say it.

use crate::files::Files;
use crate::ids::WorkflowName;
use crate::places;

use super::{CanaryRules, ReleaseRules};

const HEAD: &str = "organisation: Acme\ncurrency: USD\npeople:\n  m@acme.example: { name: M }\n\
    roles:\n  lead: [ m@acme.example ]\nworking_hours: { days: mon-fri, from: \"09:00\", \
    to: \"17:30\", zone: Europe/London }\nmodels:\n  big: { vendor: ollama, model: b, \
    can: [ json ], context: 9, answer: 9 }\n";

fn rules(text: &str, workflow: &str) -> Result<ReleaseRules, String> {
    let mut files = Files::new();
    files.insert("flightdeck.yaml", &format!("{HEAD}{text}"));
    let places = places(&files).map_err(|problems| problems.to_string())?;
    Ok(places.releases.of(&WorkflowName::new(workflow).unwrap()).clone())
}

#[test]
fn each_workflow_has_its_own_rules_or_those_of_everything() {
    let text = "releases:\n  everything: { at_least: 95 % }\n  notes:\n    at_least: 99.5 %\n    \
                canary: { share: 10 %, cases: 100, days: 3, promote: itself, \
                worse: { quality: 5 %, cost: 0 %, requests: 30 % } }\n";
    let canary = CanaryRules {
        share: Some(100_000),
        cases: 100,
        days: 3,
        quality: 50_000,
        cost: 0,
        requests: 300_000,
        itself: true,
    };
    assert_eq!(rules(text, "notes"), Ok(ReleaseRules { at_least: Some(995_000), canary }));
    let others = ReleaseRules { at_least: Some(950_000), canary: CanaryRules::default() };
    assert_eq!(rules(text, "others"), Ok(others));
    assert_eq!(rules("", "others"), Ok(ReleaseRules::default()));
}

#[test]
fn what_is_no_rule_is_a_problem() {
    for (text, wanted) in [
        ("{ at_least: most }", "`most` is no share"),
        ("{ canary: { share: 60 % } }", "at most half"),
        ("{ canary: { share: 0 % } }", "more than none"),
        ("{ canary: { cases: 3 } }", "3"),
        ("{ canary: { promote: soon } }", "soon"),
        ("{ canary: { worse: { speed: 1 % } } }", "speed"),
        ("{ atleast: 95 % }", "atleast"),
    ] {
        let found = rules(&format!("releases:\n  everything: {text}\n"), "notes").unwrap_err();
        assert!(found.contains(wanted), "{text}: {found}");
    }
}
