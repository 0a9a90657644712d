//! All ways of a map are found by choosing otherwise, and one that cannot be taken is not.

use super::super::way_said;
use super::*;

fn searched(rehearsal: &Rehearsal, scenes: &[Scene]) -> Searched {
    rehearsal.search(MemoryStore::new, &Tables, scenes).unwrap()
}

fn scene(name: &str, case: Value) -> Scene {
    Scene { name: name.to_owned(), case }
}

fn missed(found: &Searched) -> Vec<String> {
    found.ways.iter().filter(|way| way.by.is_none()).map(|way| way_said(&way.way)).collect()
}

#[test]
fn every_way_is_found_and_replayed_by_its_choices() {
    let rehearsal = invoices();
    let mut stranger = case();
    stranger["code"] = json!("Z9");
    let scenes = [scene("small", case()), scene("large", large()), scene("stranger", stranger)];
    let found = searched(&rehearsal, &scenes);
    assert!(found.complete, "{}", found.played);
    // No case of these is the exception, and no rule fails with an order at hand.
    assert_eq!(
        missed(&found),
        ["`route` to `look`: otherwise, and in doubt", "exception `never`: `last`"]
    );
    let ends: BTreeSet<&str> = found.ends.keys().map(String::as_str).collect();
    assert!(
        ends.contains("done") && ends.contains("rejected") && ends.contains("failed (late)"),
        "{ends:?}"
    );
    for reached in found.ways.iter().filter_map(|way| way.by.as_ref()) {
        let scene = scenes.iter().find(|scene| scene.name == reached.scene).unwrap();
        let store = MemoryStore::new();
        let all = rehearsal.rehearse(&store, &Tables, &scene.case, &reached.choices, Then::Stop);
        assert!(all.unwrap().is_over());
    }
    let lost = found.faults.iter().find(|led| led.step.as_str() == "draft" && led.fault == "lost");
    assert!(lost.unwrap().leads_to.contains("`erp.find`"), "{:?}", lost.unwrap());
    let (longest, route) = found.longest.unwrap();
    assert!(longest > 24 * 3_600_000, "{longest} {route:?}");
    assert!(route.choices.iter().any(|choice| choice.take == "late"));
}

#[test]
fn values_beside_what_the_map_compares_with_are_tried() {
    let steps = r#"  - { step: sort, agent: clerk, given: [ case.text ], answer: { topic: { one_of: [ bill, note ] }, worth: money } }
  - step: route
    decide:
      who: lead
      basis: the rule
      first:
        - { when: "sort.topic == 'note'", go: last }
        - { when: "sort.worth >= eur(5000)", go: look }
      otherwise: last
  - step: look
    review: { by: clerk, never_by: [ starter ], question: Right?, show: [ sort ], within: 8 working hours, late: { then: stop }, if_rejected: { then: stop } }
  - { step: last, end: done }
"#;
    let rehearsal = Rehearsal::new(&plan_of("", steps)).unwrap();
    let found = searched(&rehearsal, &[scene("one", case())]);
    assert_eq!(missed(&found), ["exception `never`: `last`"], "{}", found.played);
}
