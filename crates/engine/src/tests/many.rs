//! Many items with a bounded window, and children that do not outlive what is asked of them.

use journal::{Order, Status};
use plan::ids::PersonId;
use serde_json::{Value, json};

use super::case;
use crate::rig::{Rig, workspace};

const CHILD: &str = r"  - { step: put, tool: erp.put, with: { name: case.name } }
  - { step: last, end: done }
";

fn engine(each: &str) -> std::rc::Rc<crate::Engine> {
    let steps = format!("  - step: all\n    each: {each}\n  - step: last\n    end: done\n");
    let more = "case: { one: an item, from: outside, fields: { name: text } }\noutput: put\n";
    let main = workspace::workflow("main", "", &steps);
    let child = workspace::workflow("child", more, CHILD);
    workspace::engine(&workspace::plan(&[("main", &main), ("child", &child)]))
}

fn items(count: usize) -> Value {
    let mut case = case();
    case["items"] = (0..count).map(|n| json!({ "name": format!("n{n}") })).collect();
    case
}

#[test]
fn a_window_of_items_is_open_and_no_more() {
    let count = 400;
    let engine = engine(&format!(
        "{{ of: case.items, workflow: child, items: {count}, at_once: 7, collect: false }}"
    ));
    let mut rig = Rig::new(1);
    let run = rig.open(&engine, &items(count));
    let (mut widest, mut largest) = (0, 0);
    let mut first = 0;
    while let Some(permit) = (!rig.permits.is_empty()).then(|| rig.permits.remove(0)) {
        let (child, event) = rig.perform(permit);
        rig.wake(child, vec![event]);
        rig.wake(run, Vec::new());
        let control = &rig.runs[&run].control;
        let open = control.live.values().map(|v| v.children.open.len()).sum::<usize>();
        widest = widest.max(open);
        let size = format!("{control:?}").len();
        first = if first == 0 { size } else { first };
        largest = largest.max(size);
    }
    assert_eq!(rig.status(run), Status::Done);
    assert_eq!(widest, 7);
    assert!(largest < first + 200, "the state grew from {first} to {largest}");
    assert_eq!(rig.world.effects.len(), count);
    assert_eq!(
        rig.bound(run, "all").unwrap().0,
        json!({ "count": count, "done": count, "failed": 0 })
    );
    rig.audit(run);
}

#[test]
fn outputs_are_collected_in_item_order() {
    let engine = engine("{ of: case.items, workflow: child, items: 9, at_once: 4 }");
    let mut rig = Rig::new(1);
    let run = rig.open(&engine, &items(9));
    // The last permit first: children end in another order than they began.
    while let Some(permit) = rig.permits.pop() {
        let (child, event) = rig.perform(permit);
        rig.wake(child, vec![event]);
        rig.wake(run, Vec::new());
    }
    assert_eq!(rig.status(run), Status::Done);
    let (output, labels) = rig.bound(run, "all").unwrap();
    let names: Vec<&str> =
        output["items"].as_array().unwrap().iter().map(|i| i["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8"]);
    assert!(labels.at("/items").untrusted(), "what came from outside stays so");
    rig.audit(run);
}

#[test]
fn children_end_with_their_parent() {
    let engine = engine("{ of: case.items, workflow: child, items: 9, at_once: 3 }");
    let mut rig = Rig::new(1);
    let run = rig.open(&engine, &items(9));
    assert_eq!(rig.runs.len(), 4);
    let who = PersonId::new(workspace::OWNER).unwrap();
    rig.post(run, Order::Cancel { who, reason: "enough".into() });
    rig.wake(run, Vec::new());
    rig.settle();
    let over: Vec<Status> = rig.truth.all_runs().into_iter().map(|r| rig.status(r)).collect();
    assert!(over.iter().all(|s| *s == Status::Cancelled), "{over:?}");
    // What was already out came back; nothing new was started.
    assert_eq!(rig.world.effects.len(), 3);
}
