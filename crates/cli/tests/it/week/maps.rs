//! The maps of a week: one that is over at once and has every kind of start, one whose cases wait
//! for a person, of which only few may wait, and two of which only few cases are opened in an hour
//! or a day.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use plan::Plan;
use plan::ids::WorkflowName;

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

const FEW: &str = r#"---
workflow: NAME
purpose: Note a few of the things that come in. It never pays.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: thing, from: inside, fields: { name: text } }
starts: [ { folder: NAME }, { webhook: desk, secret: SHOP_KEY } ]
limits:
  case: { cost: 0.10 EUR, days: 10 }
  LIMITS
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { ask: clerk }
steps:
  - step: over
    end: done
exceptions:
  - { what: a thing that is nothing, when: "case.name == 'nothing'", go: over }
---
# Few
"#;

/// Those of which only so many are opened, in an hour or a day.
pub const LIMITED: [(&str, u64); 2] = [("hourly", 4), ("daily", 3)];

/// All of them, as they are released.
pub fn plans(root: &Path) -> BTreeMap<WorkflowName, Arc<Plan>> {
    let mut files = plan::Files::default();
    let settings = fs::read_to_string(root.join("flightdeck.yaml")).unwrap();
    files.insert("flightdeck.yaml", &settings);
    files.insert("workflows/week.md", WEEK);
    files.insert("workflows/queue.md", QUEUE);
    let [(hourly, hour), (daily, day)] = LIMITED;
    let hour = format!("day: {{ cost: 5 EUR, cases: 1000000 }}\n  hour: {{ cases: {hour} }}");
    let day = format!("day: {{ cost: 5 EUR, cases: {day} }}");
    for (name, limits) in [(hourly, hour), (daily, day)] {
        let map = FEW.replace("NAME", name).replace("LIMITS", &limits);
        files.insert(&format!("workflows/{name}.md"), &map);
    }
    let checked = plan::check_all(&files);
    assert!(checked.problems.is_empty(), "{}", checked.problems.render(&files, false));
    checked.plans.into_iter().map(|(name, plan)| (name, Arc::new(plan))).collect()
}
