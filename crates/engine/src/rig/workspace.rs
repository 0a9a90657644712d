//! Workspaces for tests: one set of people, models, tables and tools, and any workflows beside
//! them, checked as an operator's files are. It must not build a plan in any other way.

use std::rc::Rc;
use std::sync::Arc;

use guard::Guard;
use plan::Plan;
use plan::lock::{Approval, Definition, Lock, Pinned};
use plan::workflow::{ArgRole, Effect, Trust};
use serde_json::{Value, json};

use crate::Engine;

pub(crate) const OWNER: &str = "olga@x.example";
pub(crate) const STARTER: &str = "cia@x.example";

const SETTINGS: &str = r#"
organisation: X
currency: USD
people:
  olga@x.example: { name: Olga }
  lea@x.example: { name: Lea }
  leo@x.example: { name: Leo }
  cia@x.example: { name: Cia }
  cem@x.example: { name: Cem }
  bo@x.example: { name: Bo }
roles:
  lead: [ lea@x.example, leo@x.example, olga@x.example ]
  clerk: [ cia@x.example, cem@x.example ]
  boss: [ bo@x.example ]
working_hours: { days: mon-fri, from: "09:00", to: "17:00", zone: Europe/London }
models:
  main:
    vendor: acme
    model: m1
    can: [ choose, json, tools, probabilities ]
    context: 8192
    answer: 64
    price: { input: 1 USD, output: 4 USD }
  second:
    vendor: third
    model: t1
    can: [ choose ]
    context: 8192
    answer: 64
    price: { input: 1 USD, output: 2 USD }
  spare:
    vendor: other
    model: s1
    can: [ choose, json, tools, probabilities ]
    context: 8192
    answer: 64
    price: { input: 1 USD, output: 2 USD }
default_model: main
fallback: [ spare ]
"#;

const SERVERS: &str = r#"{ "mcpServers": {
  "erp": { "command": "erp" },
  "web": { "command": "web" }
} }"#;

const CLERK: &str = "---\nname: clerk\ndescription: Reads and answers.\n\
tools: [ web.query, erp.note, erp.send ]\n---\nBe exact.\n";

/// The rows that look-ups find. The simulated table server reads the same text.
pub(crate) const SUPPLIERS: &str = "name:name,code:id,payee:id,iban:text\n\
Acme,A1,S1,NL91\nBolt,B2,S2,NL92\nTwin,T1,S3,NL93\nTwin,T1,S4,NL94\n";
pub(crate) const ORDERS: &str = "order:id,amount:money,received:bool\n\
O1,100.00 EUR,true\nO2,250.00 EUR,false\nPO-4471,80.00 EUR,true\nQ-5512,60.00 EUR,true\n";

struct Says {
    effect: Effect,
    trust: Trust,
    repeatable: bool,
    reversible: bool,
    read_back: Option<&'static str>,
    args: &'static [(&'static str, ArgRole)],
    input: Value,
}

fn text_fields(names: &[&str]) -> Value {
    let fields: serde_json::Map<String, Value> =
        names.iter().map(|n| ((*n).to_owned(), json!({ "type": "string" }))).collect();
    json!({ "type": "object", "properties": fields })
}

fn tools() -> Vec<(&'static str, Says)> {
    use ArgRole::{Amount, Recipient, Selector};
    use Effect::{Delete, Pay, Read, Send, Write};
    use Trust::{Trusted, Untrusted};
    let tool = |effect, trust, names: &[&str]| Says {
        effect,
        trust,
        repeatable: false,
        reversible: true,
        read_back: None,
        args: &[],
        input: text_fields(names),
    };
    vec![
        ("table.read_query", tool(Read, Trusted, &["query"])),
        ("web.query", tool(Read, Untrusted, &["q"])),
        ("erp.get", tool(Read, Trusted, &["id"])),
        ("erp.find", tool(Read, Trusted, &["key"])),
        (
            "erp.create",
            Says {
                read_back: Some("erp.find"),
                args: &[("supplier", Recipient), ("amount", Amount)],
                ..tool(Pay, Trusted, &["supplier", "amount", "currency", "name"])
            },
        ),
        (
            "erp.remove",
            Says { repeatable: true, args: &[("id", Selector)], ..tool(Delete, Trusted, &["id"]) },
        ),
        ("erp.put", Says { repeatable: true, ..tool(Write, Trusted, &["name"]) }),
        ("erp.post", tool(Write, Trusted, &["name"])),
        ("erp.retract", Says { args: &[("id", Selector)], ..tool(Delete, Trusted, &["id"]) }),
        ("erp.note", tool(Write, Untrusted, &["text"])),
        ("erp.send", Says { args: &[("to", Recipient)], ..tool(Send, Untrusted, &["to", "text"]) }),
    ]
}

fn lock() -> String {
    let mut lock = Lock::default();
    for (name, says) in tools() {
        let name: plan::ids::ToolName = name.parse_name();
        let definition = Definition {
            title: None,
            description: format!("does {}", name.tool()),
            input: says.input,
            output: None,
        };
        let pinned = Pinned {
            digest: definition.digest(name.tool()).unwrap(),
            definition,
            effect: Some(says.effect),
            reversible: says.reversible,
            repeatable: says.repeatable,
            key_arg: None,
            read_back: says.read_back.map(ParseName::parse_name),
            trust: says.trust,
            args: says.args.iter().map(|(n, r)| ((*n).to_owned(), *r)).collect(),
            tags: Vec::new(),
            takes: Default::default(),
            approved: Approval {
                by: plan::ids::PersonId::new(OWNER).unwrap(),
                on: "2026-11-01".to_owned(),
                reason: None,
            },
        };
        lock.tools.insert(name, pinned);
    }
    lock.render().unwrap()
}

trait ParseName {
    fn parse_name(self) -> plan::ids::ToolName;
}

impl ParseName for &str {
    fn parse_name(self) -> plan::ids::ToolName {
        plan::ids::ToolName::new(self).unwrap()
    }
}

/// The texts of a workspace with these workflow files, by name.
pub(crate) fn files(workflows: &[(&str, &str)]) -> plan::Files {
    let lock = lock();
    let mut all: Vec<(String, &str)> = vec![
        ("flightdeck.yaml".into(), SETTINGS),
        (".mcp.json".into(), SERVERS),
        ("mcp.lock".into(), &lock),
        ("agents/clerk.md".into(), CLERK),
        ("tables/suppliers.csv".into(), SUPPLIERS),
        ("tables/orders.csv".into(), ORDERS),
    ];
    all.extend(workflows.iter().map(|(name, text)| (format!("workflows/{name}.md"), *text)));
    all.into_iter().collect()
}

/// Checks the first of the workflows; the others are there to be called.
pub(crate) fn plan(workflows: &[(&str, &str)]) -> Arc<Plan> {
    let files = files(workflows);
    match plan::check(&files, workflows[0].0) {
        Ok(plan) => Arc::new(plan),
        Err(problems) => panic!("{}\n{}", problems.render(&files, false), workflows[0].1),
    }
}

pub(crate) const KEYING: [u8; 32] = [7; 32];

pub(crate) fn engine(plan: &Arc<Plan>) -> Rc<Engine> {
    let guard = Guard::build(plan).unwrap();
    Rc::new(Engine::new(plan.clone(), guard, KEYING))
}

thread_local! {
    /// Engines of called workflows; the same few are called by every plan.
    static SHARED: std::cell::RefCell<Vec<Rc<Engine>>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// The engine of a plan, made once per thread.
pub(crate) fn shared(plan: &Arc<Plan>) -> Rc<Engine> {
    SHARED.with_borrow_mut(|all| {
        if let Some(made) = all.iter().find(|e| e.plan().release() == plan.release()) {
            return made.clone();
        }
        all.push(engine(plan));
        all[all.len() - 1].clone()
    })
}

/// A workflow file from its steps, with settings that let it act by itself.
pub(crate) fn workflow(name: &str, more: &str, steps: &str) -> String {
    let says = |key: &str| more.lines().any(|line| line.starts_with(key));
    let limits = if says("limits:") {
        String::new()
    } else {
        "limits: { case: { cost: 2 USD, tokens: 400000, acts: 150, days: 30 }, \
         day: { cost: 200 USD, cases: 500, amount: 100000 EUR } }\n"
            .to_owned()
    };
    let autonomy = if says("autonomy:") { "" } else { "autonomy: act\n" };
    let risk = if says("risk:") { "" } else { "risk: medium\n" };
    let case = if says("case:") {
        String::new()
    } else {
        "case: { one: a row, from: outside, fields: { name: text, code: id, text: text, \
         order: id, amount: money, day: date, items: { list_of: { name: text, code: id, \
         text: text } } } }\n"
            .to_owned()
    };
    let exceptions = if says("exceptions:") {
        ""
    } else {
        "exceptions:\n  - { what: never, when: \"case.name == 'no such name'\", go: last }\n"
    };
    let failure = if says("on_failure:") {
        ""
    } else {
        "on_failure: { retry: { times: 2, first: 5 seconds }, ask: clerk }\n"
    };
    format!(
        "---\nworkflow: {name}\npurpose: A test.\naccountable: {OWNER}\noverride: lead\n{risk}\
         {autonomy}{case}{limits}tables: {{ suppliers: tables/suppliers.csv, orders: \
         tables/orders.csv }}\n{failure}{exceptions}{more}steps:\n{steps}---\n\n# {name}\n"
    )
}
