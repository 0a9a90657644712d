//! The maps of a week: one that is over at once and has every kind of start, and one whose cases
//! wait for a person, of which only few may wait.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use plan::Plan;
use plan::ids::WorkflowName;

use crate::desk::Desk;

const WEEK: &str = r#"---
workflow: week
purpose: Note what comes in. It never pays.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: thing, from: inside, fields: { name: text?, due: text? } }
starts:
  - { folder: drops }
  - { at: "daily 01:30 Europe/London" }
  - { at: "daily 01:30 America/New_York" }
  - { at: "weekdays 09:00 Europe/Berlin", only_if: { folder: box } }
  - { webhook: shop, secret: SHOP_KEY }
limits:
  case: { cost: 0.10 EUR, days: 10 }
  day: { cost: 5 EUR, cases: 1000000 }
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { ask: clerk }
steps:
  - step: over
    end: done
exceptions:
  - { what: a thing that is nothing, when: "case.name == 'nothing'", go: over }
---
# Week
"#;

const QUEUE: &str = r#"---
workflow: queue
purpose: Let a person look at what comes in. It never pays.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: thing, from: inside, fields: { name: text } }
starts: [ { folder: queue }, { webhook: desk, secret: SHOP_KEY } ]
limits:
  case: { cost: 0.10 EUR, days: 10 }
  day: { cost: 5 EUR, cases: 1000000 }
  waiting: 3
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { ask: clerk }
steps:
  - step: look
    review:
      by: lead
      never_by: [ starter, owner ]
      show: [ case ]
      within: 8 working hours
      late: { then: stop }
      if_rejected: { then: stop }
  - step: over
    end: done
exceptions:
  - { what: a thing that is nothing, when: "case.name == 'nothing'", go: look }
---
# Queue
"#;

/// Both, as they are released.
pub fn plans(desk: &Desk) -> BTreeMap<WorkflowName, Arc<Plan>> {
    let mut files = plan::Files::default();
    let settings = fs::read_to_string(desk.root().join("flightdeck.yaml")).unwrap();
    files.insert("flightdeck.yaml", &settings);
    files.insert("workflows/week.md", WEEK);
    files.insert("workflows/queue.md", QUEUE);
    let checked = plan::check_all(&files);
    assert!(checked.problems.is_empty(), "{}", checked.problems.render(&files, false));
    checked.plans.into_iter().map(|(name, plan)| (name, Arc::new(plan))).collect()
}
