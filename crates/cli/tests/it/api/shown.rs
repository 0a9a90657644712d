//! What is shown of cases, requests and all of them together, as one person sees it.

use serde_json::{Value, json};

use super::{CLERK, LEAD, STARTER, Up, document};

const BASE: &str = "/api/v1/workspaces/desk";

#[test]
fn a_request_says_who_may_decide_it_and_what_was_decided_before() {
    let up = Up::start(&["044"]);
    let name = document(&up.office, "044");
    let decided = |key: &str| {
        let case = up.begin(&name, key).id();
        let shown = up.until(&case, "waiting");
        (case, shown["requests"][0].clone())
    };
    let (first, request) = decided("k-1");
    let who = if request["by"] == "finance_lead" { LEAD } else { CLERK };
    assert_eq!((&request["title"], &request["workflow"]), (&json!(name), &json!("invoice_intake")));
    // Whoever reads it started the case, and is told why they may not.
    assert_eq!(request["may_decide"], false);
    assert_eq!(request["why_not"], format!("{STARTER} started the case"));
    let as_seen_by = |who: &str| {
        let shown = up.raw(&format!("GET {BASE}/reviews HTTP/1.1{}", up.bearer(who)), "").json();
        shown["requests"][0].clone()
    };
    assert_eq!(as_seen_by(who)["may_decide"], true, "{}", as_seen_by(who));
    assert_eq!(as_seen_by(STARTER)["may_decide"], false);
    let shows = request["shows"].as_array().unwrap();
    assert!(shows.iter().any(|shown| shown["from"].is_string()), "{shows:?}");

    let path =
        |case: &str, end: &str| format!("{BASE}/cases/{case}/reviews/{}/{end}", request["number"]);
    let reject = json!({ "id": "d", "decision": "reject", "reason": "paid before" });
    assert_eq!(up.post_as(who, &path(&first, "decision"), &reject).status, 200);
    up.until(&first, "rejected");
    let (second, _) = decided("k-2");
    let alike = up.get(&path(&second, "alike")).json();
    let before = &alike["cases"][0];
    assert_eq!(
        (&before["case"], &before["answer"]),
        (&json!(first), &json!("rejected")),
        "{alike}"
    );
    assert_eq!((&before["who"], &before["reason"]), (&json!(who), &json!("paid before")));
    assert!(!before["same"].as_array().unwrap().is_empty(), "{alike}");
    up.get(&format!("{BASE}/cases/{second}/reviews/9/alike")).problem(404, "not-found");

    // The case says why it stands where it stands, and everything that was done.
    let shown = up.get(&format!("{BASE}/cases/{second}")).json();
    assert!(shown["why"]["headline"].as_str().unwrap().contains("wait"), "{}", shown["why"]);
    assert!(shown["why"]["next"][0]["command"].as_str().unwrap().starts_with("flightdeck "));
    let acts = shown["acts"].as_array().unwrap();
    assert!(acts.iter().all(|act| act["state"] == "done" && act["began"].is_string()), "{acts:?}");
    assert!(shown["steps"].as_array().unwrap().iter().any(|step| step["state"] == "open"));
    assert!(!shown["decisions"].as_array().unwrap().is_empty());
    let reach = |query: &str| up.get(&format!("{BASE}/stops/reach?{query}"));
    let all = reach("of=everything").json();
    assert_eq!((&all["cases"], &all["acts"]), (&json!(1), &json!(0)), "{all}");
    assert!(!all["lifted_by"].as_array().unwrap().is_empty(), "{all}");
    assert_eq!(reach(&format!("of=case&name={first}")).json()["cases"], 0);
    reach("of=nothing").problem(422, "invalid");
    reach("of=workflow").problem(422, "invalid");
}

#[test]
fn all_cases_together_add_up() {
    let up = Up::start(&["001", "044"]);
    let fleet = |query: &str| up.get(&format!("{BASE}/fleet{query}"));
    let none = fleet("").json();
    assert_eq!((&none["cases"], &none["limited_by"]), (&json!(0), &json!("supply")), "{none}");
    assert_eq!(none["people_minutes_per_1000"], Value::Null);
    let done = up.begin(&document(&up.office, "001"), "k-1").id();
    up.until(&done, "done");
    let waits = up.begin(&document(&up.office, "044"), "k-2").id();
    up.until(&waits, "waiting");
    let all = fleet("?minutes=5").json();
    for (name, count) in [("cases", 2), ("done", 1), ("alone", 1), ("waiting", 1), ("failed", 0)] {
        assert_eq!(all[name], count, "{name} of {all}");
    }
    let minutes = all["per_minute"].as_array().unwrap();
    let sum = |name: &str| minutes.iter().filter_map(|one| one[name].as_u64()).sum::<u64>();
    assert_eq!((minutes.len(), sum("begun"), sum("ended")), (5, 2, 1), "{minutes:?}");
    assert_eq!(all["people_minutes_per_1000"], 0);
    let listed = up.get(&format!("{BASE}/cases")).json();
    assert_eq!(listed["cases"][0]["title"], document(&up.office, "044"), "{listed}");
    fleet("?minutes=0").problem(422, "invalid");
    fleet("?minutes=20000").problem(422, "invalid");
}
