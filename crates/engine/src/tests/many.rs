//! Many items with a bounded window, and children that do not outlive what is asked of them.

use journal::{
    Code, Failure, Label, Order, Outcome, Payload, Record, RunId, Status, StopScope, Store, Usage,
};
use plan::ids::{PersonId, WorkflowName};
use serde_json::{Value, json};

use super::case;
use crate::Event;
use crate::rig::{Rig, workspace};

const CHILD: &str = r"  - { step: put, tool: erp.put, with: { name: case.name } }
  - { step: last, end: done }
";

fn engine(each: &str) -> std::rc::Rc<crate::Engine> {
    let steps = format!("  - step: all\n    each: {each}\n  - step: last\n    end: done\n");
    let more = "case: { one: an item, from: outside, fields: { name: text } }\noutput: put\n\
                on_failure: { then: stop }\n";
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

/// Does what is permitted, except that the tool fails for items of these names.
pub(super) fn work(rig: &mut Rig, bad: &[&str]) {
    while !rig.permits.is_empty() {
        let permit = rig.permits.remove(0);
        let fails = match permit.payload() {
            Payload::Tool(ask) => {
                let args: Value = serde_json::from_slice(&ask.args).unwrap();
                bad.contains(&args["name"].as_str().unwrap_or_default())
            }
            Payload::Model(_) | Payload::Notify(_) => false,
        };
        let (run, event) = if fails {
            let (act, code) = (permit.act(), Code::ToolError);
            let failure = Failure { code, text: "no".into(), retry_after_ms: None };
            let outcome = Outcome { result: Err(failure), usage: Usage::default(), reported: None };
            (permit.run(), Event::Act { act, outcome, certain: true, held: Label::default() })
        } else {
            rig.perform(permit)
        };
        rig.wake(run, vec![event]);
        told(rig);
    }
}

/// Runs hear of the ends of those below them, and of what people told them.
fn told(rig: &mut Rig) {
    let mail = |rig: &Rig| rig.truth.open_runs().into_iter().find(|run| rig.has_mail(*run));
    while let Some(run) = mail(rig) {
        assert!(rig.wake(run, Vec::new()));
    }
}

fn retry(rig: &mut Rig, run: RunId) {
    let who = PersonId::new(workspace::OWNER).unwrap();
    rig.post(run, Order::Retry { who });
    told(rig);
}

fn children_started(rig: &Rig, run: RunId) -> Vec<Vec<u32>> {
    let started = |record| match record {
        Record::ItemsStarted { from, to, .. } => Some((from..to).collect()),
        Record::ItemsAgain { items, .. } => Some(items),
        _ => None,
    };
    rig.records(run).into_iter().filter_map(started).collect()
}

#[test]
fn a_retry_runs_the_failed_items_again_and_no_others() {
    let engine = engine("{ of: case.items, workflow: child, items: 5, at_once: 5, failures: 1 }");
    let mut rig = Rig::new(1);
    let run = rig.open(&engine, &items(5));
    work(&mut rig, &["n1", "n3", "n4"]);
    assert_eq!(rig.status(run), Status::Waiting);
    assert_eq!(rig.world.effects.len(), 2);
    // Two are as bad as before.
    retry(&mut rig, run);
    assert_eq!(rig.truth.open_runs().len(), 4, "the parent and three items");
    work(&mut rig, &["n3", "n4"]);
    assert_eq!(rig.status(run), Status::Waiting, "{:#?}", rig.records(run));
    retry(&mut rig, run);
    assert_eq!(children_started(&rig, run), [vec![0, 1, 2, 3, 4], vec![1, 3, 4], vec![3, 4]]);
    // A crash loses nothing of it.
    rig.crash();
    rig.recover();
    work(&mut rig, &[]);
    assert_eq!(rig.status(run), Status::Done);
    let names: Vec<&str> =
        rig.world.effects.iter().map(|e| e.args["name"].as_str().unwrap()).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["n0", "n1", "n2", "n3", "n4"], "each exactly once: {names:?}");
    let (output, _) = rig.bound(run, "all").unwrap();
    assert_eq!((&output["done"], &output["failed"]), (&json!(5), &json!(0)));
    let collected = output["items"].as_array().unwrap();
    let collected: Vec<&str> = collected.iter().map(|i| i["name"].as_str().unwrap()).collect();
    assert_eq!(collected, ["n0", "n1", "n2", "n3", "n4"]);
    rig.check_folds();
    for run in rig.truth.all_runs() {
        rig.audit(run);
    }
}

#[test]
fn a_retry_keeps_the_window_and_bears_what_the_step_bears() {
    let engine = engine("{ of: case.items, workflow: child, items: 6, at_once: 2, failures: 1 }");
    let mut rig = Rig::new(1);
    let run = rig.open(&engine, &items(6));
    work(&mut rig, &["n0", "n1"]);
    assert_eq!(rig.status(run), Status::Waiting);
    assert_eq!(children_started(&rig, run), [vec![0, 1], vec![2]]);
    retry(&mut rig, run);
    // One fails again: no more than the step bears, so it goes on to the items behind.
    work(&mut rig, &["n1"]);
    assert_eq!(rig.status(run), Status::Done);
    assert_eq!(
        children_started(&rig, run),
        [vec![0, 1], vec![2], vec![0, 1], vec![3], vec![4], vec![5]]
    );
    let (output, _) = rig.bound(run, "all").unwrap();
    assert_eq!((&output["done"], &output["failed"]), (&json!(5), &json!(1)));
    rig.audit(run);
}

/// A workflow that calls one that calls another.
pub(super) fn nested() -> std::rc::Rc<crate::Engine> {
    let more = "case: { one: an item, from: outside, fields: { name: text } }\noutput: put\n\
                on_failure: { then: stop }\n";
    let middle_more = "case: { one: a case, from: outside, fields: { name: text } }\noutput: go\n\
                       on_failure: { then: stop }\n";
    let call = |name: &str| {
        format!(
            "  - {{ step: go, workflow: {name}, with: {{ name: case.name }} }}\n  - {{ step: last, end: done }}\n"
        )
    };
    let main = workspace::workflow("main", "", &call("middle"));
    let middle = workspace::workflow("middle", middle_more, &call("child"));
    let child = workspace::workflow("child", more, CHILD);
    let files = [("main", &*main), ("middle", &middle), ("child", &child)];
    workspace::engine(&workspace::plan(&files))
}

#[test]
fn a_called_workflow_is_called_again_by_a_retry() {
    let mut rig = Rig::new(1);
    let run = rig.open(&nested(), &case());
    work(&mut rig, &["Acme"]);
    assert_eq!(rig.status(run), Status::Waiting);
    retry(&mut rig, run);
    work(&mut rig, &[]);
    assert_eq!(rig.status(run), Status::Done);
    assert_eq!(rig.world.effects.len(), 1);
    // The middle one and its child failed once and were done once.
    let status = |rig: &Rig, of| {
        rig.truth.all_runs().into_iter().filter(|run| rig.status(*run) == of).count()
    };
    assert_eq!((status(&rig, Status::Failed), status(&rig, Status::Done)), (2, 3));
    for run in rig.truth.all_runs() {
        rig.audit(run);
    }
}

#[test]
fn a_stop_covers_the_runs_below_and_lets_them_go_on_afterwards() {
    let engine = nested();
    let workflow = |name: &str| StopScope::Workflow(WorkflowName::new(name).unwrap());
    let below = Rig::new(1).open(&engine, &case());
    let scopes: [(StopScope, bool); 6] = [
        (workflow("main"), true),
        (workflow("middle"), true),
        (workflow("child"), true),
        (StopScope::Run(below), true),
        (workflow("other"), false),
        (StopScope::Run(RunId::from_bytes([1; 16])), false),
    ];
    for (scope, covers) in scopes {
        for crash in [false, true] {
            let mut rig = Rig::new(1);
            rig.share(&engine);
            rig.stop(scope.clone(), true);
            let run = rig.open(&engine, &case());
            assert_eq!(run, below);
            rig.settle();
            assert_eq!(rig.world.effects.len(), usize::from(!covers), "{scope}");
            if crash {
                rig.crash();
                rig.recover();
                rig.settle();
                assert_eq!(rig.world.effects.len(), usize::from(!covers), "{scope}");
            }
            rig.stop(scope.clone(), false);
            rig.settle();
            assert_eq!(rig.store.stops().unwrap(), []);
            let (control, _) = rig.load(run);
            assert!(control.ended().is_some(), "{scope} still holds the case back");
            assert_eq!(rig.world.effects.len(), 1, "{scope}");
            for run in rig.truth.all_runs() {
                rig.audit(run);
            }
        }
    }
}
