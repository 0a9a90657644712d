//! explore
use crate::office::{Office, WORKFLOW};
use crate::vendor::Vendor;

fn show(title: &str, office: &Office, said: &crate::desk::Said) {
    println!("#### {title}: {}\n{}\n{}", said.code, said.out, said.err);
    println!("drafts {:?}", office.drafts());
    for line in said.json() {
        if line["kind"] == "case" {
            let run = line["run"].as_str().unwrap();
            println!("{}", office.say(&["why", run]).out);
        }
    }
}

fn office(docs: &[&str]) -> Office {
    let office = Office::new(&Vendor::plain(), docs);
    office.change(WORKFLOW, "first: 5 seconds, longest: 1 minute", "first: 1 seconds, longest: 1 seconds");
    office
}

#[test]
fn x_changed() {
    let office = office(&["001", "003"]);
    office.erp_args("\"--fault\", \"change-definition\"");
    let said = office.say(&["run", "invoice_intake", "--each", "inbox", "--json", "--at-once", "1"]);
    show("change", &office, &said);
    println!("{}", office.say(&["mcp", "diff"]).out);
}

#[test]
fn x_faults() {
    for fault in ["hang", "hang-before", "die", "die-before", "flood", "garbage"] {
        let office = office(&["003"]);
        office.change(WORKFLOW, "    time_out: 30 seconds", "    time_out: 3 seconds");
        office.erp_args(&format!("\"--fault\", \"{fault}\""));
        let said = office.run_all();
        show(fault, &office, &said);
    }
}

#[test]
fn x_faults_once() {
    for fault in ["hang:1", "die:1", "die-before:1", "garbage:1"] {
        let office = office(&["003"]);
        office.change(WORKFLOW, "    time_out: 30 seconds", "    time_out: 3 seconds");
        office.erp_args(&format!("\"--fault\", \"{fault}\""));
        let said = office.run_all();
        show(fault, &office, &said);
    }
}

#[test]
fn x_budget() {
    let o = office(&["001", "003", "004"]);
    o.change(WORKFLOW, "cases: 400, amount", "cases: 2, amount");
    let said = o.run_all();
    show("day cases", &o, &said);
    println!("{}", o.say(&["why"]).out);
    let o = office(&["001", "003", "004"]);
    o.change(WORKFLOW, "amount: 250000 EUR", "amount: 1500 EUR");
    let said = o.say(&["run", "invoice_intake", "--each", "inbox", "--json", "--at-once", "1"]);
    show("day amount", &o, &said);
    println!("{}", o.say(&["why"]).out);
    let o = office(&["002"]);
    o.change("flightdeck.yaml", "input: 0 USD, cached: 0 USD, output: 0 USD", "input: 900 USD, cached: 900 USD, output: 900 USD");
    o.change(WORKFLOW, "day: { cost: 20 USD", "day: { cost: 0.50 USD");
    let said = o.run_all();
    show("cost", &o, &said);
    println!("{}", o.say(&["why"]).out);
}

#[test]
fn x_policy() {
    let o = office(&["001"]);
    o.change("policies/drafts.cedar", "when {", "wehn {");
    show("policy", &o, &o.run_all());
    println!("{:?}", o.say(&["check"]).err);
    let o = office(&["001"]);
    o.change("policies/drafts.cedar", "context.args.amount.minor > 2500000", "context.args.amount.nothing > 2500000");
    show("policy2", &o, &o.run_all());
    println!("{:?}", o.say(&["check"]).err);
    let o = office(&["001"]);
    o.change("policies/intake.cedar", "    Action::\"erp.create_draft\",\n", "");
    show("policy3", &o, &o.run_all());
    println!("{:?}", o.say(&["check"]).err);
}
