//! Guard's judgements as one table, the marks of every branch, the proof and its saboteur.

mod leashes;
mod plans;
mod rest;
mod said;
mod tags;

use std::collections::BTreeSet;
use std::sync::Arc;

use journal::{At, Hash, Label, Part, ReviewNo, Source, Usage};
use plan::Plan;
use plan::expr::{EvalError, Path};
use plan::ids::{FieldName, ModelName, RoleId, StepId, ToolName};
use plan::value::Money;
use plan::workflow::Autonomy;
use serde_json::{Value, json};

use crate::ask::{Act, ArgFact, Ask, BackingFact, Purse, Verdict};
use crate::judge::{Fault, Guard};
use crate::marks;
use crate::secrets::Secrets;
use plans::{Change, plan, policies, with};

/// The words of a verdict.
fn said(verdict: Verdict) -> String {
    let words = |rules: &[journal::Rule]| {
        rules.iter().map(|rule| rule.0.to_string()).collect::<Vec<_>>().join(" ")
    };
    match verdict {
        Verdict::Allow(allow) => format!("allow {}", words(allow.rules())),
        Verdict::AskPerson { role, rule } => format!("ask {role} {}", rule.0),
        Verdict::Refuse { rule, code } => format!("refuse {} {code:?}", rule.0),
    }
}

const TODAY: &str = "2026-11-27";

fn label(origin: Source, influence: Option<Source>) -> Label {
    let mut label = Label::from(origin);
    if let Some(influence) = influence {
        label.influenced(&Label::from(influence));
    }
    label
}

/// A backing fact: its value, label, margin and condition.
type Backed = (Value, Label, i64, Option<Result<bool, EvalError>>);

/// One argument of a call, owned.
#[derive(Clone)]
struct Given {
    name: &'static str,
    value: Value,
    label: Label,
    path: Option<Path>,
    literal: bool,
    endorsed: Option<ReviewNo>,
    money: Option<Money>,
    fact: Option<Backed>,
}

fn given(name: &'static str, value: &str, label: Label) -> Given {
    let value = Value::from(value);
    Given {
        name,
        value,
        label,
        path: None,
        literal: false,
        endorsed: None,
        money: None,
        fact: None,
    }
}

impl Given {
    fn at(mut self, path: &str) -> Self {
        self.path = Some(Path::parse(path).unwrap());
        self
    }

    fn money(mut self, text: &str) -> Self {
        self.money = Some(Money::parse(text).unwrap());
        self
    }

    fn backed(mut self, by: Value, label: Label, when: Option<Result<bool, EvalError>>) -> Self {
        self.fact = Some((by, label, 2, when));
        self
    }

    fn reviewed(mut self) -> Self {
        self.endorsed = Some(ReviewNo(7));
        self
    }

    fn literal(mut self) -> Self {
        self.literal = true;
        self
    }
}

/// A tool call on its way to guard.
#[derive(Clone)]
struct Try {
    step: &'static str,
    tool: &'static str,
    part: Part,
    args: Vec<Given>,
    purse: Purse,
    earlier: Vec<(ToolName, Hash)>,
    influences: Label,
    approved: Option<ReviewNo>,
    held_at: Option<Autonomy>,
    suspected: bool,
    seeded: bool,
}

fn call(step: &'static str, tool: &'static str, part: Part, args: Vec<Given>) -> Try {
    let (purse, influences) = (Purse::default(), Label::default());
    let (earlier, approved) = (Vec::new(), None);
    Try {
        step,
        tool,
        part,
        args,
        purse,
        earlier,
        influences,
        approved,
        held_at: None,
        suspected: false,
        seeded: false,
    }
}

impl Try {
    fn judged(&self, guard: &Guard, plan: &Plan) -> String {
        let fact_path = Path::parse("match.order.amount").unwrap();
        let args: Vec<_> = self
            .args
            .iter()
            .map(|given| ArgFact {
                name: given.name,
                value: &given.value,
                label: given.label.clone(),
                path: given.path.as_ref(),
                literal: given.literal,
                endorsed: given.endorsed,
                backing: given.fact.as_ref().map(|(value, label, within, when)| BackingFact {
                    value: Some(value).filter(|value| !value.is_null()),
                    label: label.clone(),
                    within_minor: *within,
                    path: &fact_path,
                    when: when.clone(),
                }),
                money: given.money,
            })
            .collect();
        let tool = ToolName::new(self.tool).unwrap();
        let act = Act::Tool {
            tool: &tool,
            part: &self.part,
            args: &args,
            hash: Hash([1; 32]),
            reserve: Usage { active_ms: 10, ..Usage::default() },
        };
        let at = At { step: StepId::new(self.step).unwrap(), visit: 1 };
        let (purse, earlier, influences) = (self.purse, &self.earlier[..], &self.influences);
        let today = TODAY;
        let (approved, held_at) = (self.approved, self.held_at);
        let (suspected, seeded) = (self.suspected, self.seeded);
        let ask = Ask {
            at: &at,
            act,
            purse,
            earlier,
            influences,
            today,
            approved,
            held_at,
            suspected,
            seeded,
        };
        said(guard.judge(plan, &ask))
    }
}

/// The same with one argument tagged.
fn tagged(mut call: Try, n: usize) -> Try {
    call.args[n].label.tags.insert(FieldName::new("personal").unwrap());
    call
}

/// An act without arguments, budget or history.
fn judged(guard: &Guard, plan: &Plan, step: &str, act: Act<'_>) -> String {
    let at = At { step: StepId::new(step).unwrap(), visit: 1 };
    let influences = Label::default();
    let purse = Purse::default();
    let (influences, today) = (&influences, TODAY);
    let (earlier, approved, held_at) = (&[][..], None, None);
    let (suspected, seeded) = (false, false);
    let ask = Ask {
        at: &at,
        act,
        purse,
        earlier,
        influences,
        today,
        approved,
        held_at,
        suspected,
        seeded,
    };
    said(guard.judge(plan, &ask))
}

/// The draft of the example: payee from the table, amount backed by an order.
fn draft() -> Try {
    let row = label(Source::Table, Some(Source::Outside));
    let order = json!({"currency": "EUR", "minor": 100_001});
    let fact = label(Source::Table, Some(Source::Outside));
    call(
        "draft",
        "erp.create_draft",
        Part::Main,
        vec![
            given("iban", "DE1", row.clone()).at("match.supplier.iban"),
            given("supplier", "S1", row).at("match.supplier.id"),
            given("amount", "1000.00", label(Source::Outside, Some(Source::Model)))
                .at("read.total")
                .money("1000 EUR")
                .backed(order, fact, Some(Ok(true))),
            given("note", "thanks", Label::from(Source::Outside)).at("read.note"),
        ],
    )
}

fn changed(change: impl FnOnce(&mut Try)) -> Try {
    let mut call = draft();
    change(&mut call);
    call
}

const ALLOWED: &str =
    "allow flow:iban=table flow:supplier=table flow:amount=fact cedar:standard.declared_tools";

fn flow_cases() -> Vec<(Try, &'static str)> {
    let outside = || Label::from(Source::Outside);
    vec![
        (draft(), ALLOWED),
        // The document's own payee, however well it was grounded.
        (
            changed(|t| t.args[0] = given("iban", "X", outside()).at("read.iban")),
            "ask finance_clerk flow:iban",
        ),
        // A row found by one untrusted key; by one trusted key; without any label.
        (
            changed(|t| t.args[0] = t.args[0].clone().at("match.order.iban")),
            "ask finance_clerk flow:iban",
        ),
        (
            changed(|t| t.args[0] = given("iban", "X", label(Source::Table, Some(Source::Person)))),
            "allow flow:iban=table flow:supplier=table flow:amount=fact cedar:standard.declared_tools",
        ),
        (changed(|t| t.args[0].label = Label::default()), "ask finance_clerk flow:iban"),
        // A person's edit, a literal of the plan, an inside case.
        (
            changed(|t| {
                t.args = vec![
                    given("iban", "a", Label::from(Source::Person)),
                    given("supplier", "b", outside()).literal(),
                    given("amount", "c", Label::from(Source::Inside)),
                ];
            }),
            "allow flow:iban=person flow:supplier=plan flow:amount=inside cedar:standard.declared_tools",
        ),
        (
            changed(|t| t.args[0] = given("iban", "a", Label::from(Source::Tool)).at("draft.iban")),
            "allow flow:iban=tool flow:supplier=table flow:amount=fact cedar:standard.declared_tools",
        ),
        // A trusted tool that was given two values of the document may have added them up.
        (
            changed(|t| {
                t.args[0] =
                    given("iban", "a", label(Source::Tool, Some(Source::Outside))).at("draft.iban")
            }),
            "ask finance_clerk flow:iban",
        ),
        // A model's own words stay what they are, whatever the schema said.
        (changed(|t| t.args[0].label = label(Source::Table, None)), ALLOWED),
        (
            changed(|t| t.args[0].label.join(&Label::from(Source::Model))),
            "ask finance_clerk flow:iban",
        ),
        // Backing: apart, other currency, untrusted, missing, its condition false or failing.
        (
            changed(|t| t.args[2].money = Money::parse("1000.04 EUR").ok()),
            "ask finance_clerk flow:amount",
        ),
        (
            changed(|t| t.args[2].money = Money::parse("1000 USD").ok()),
            "ask finance_clerk flow:amount",
        ),
        (changed(|t| t.args[2].money = None), "ask finance_clerk flow:amount"),
        (
            changed(|t| t.args[2].fact.as_mut().unwrap().1 = outside()),
            "ask finance_clerk flow:amount",
        ),
        (
            changed(|t| t.args[2].fact.as_mut().unwrap().0 = Value::Null),
            "ask finance_clerk flow:amount",
        ),
        (
            changed(|t| t.args[2].fact.as_mut().unwrap().3 = Some(Ok(false))),
            "ask finance_clerk flow:amount",
        ),
        (
            changed(|t| {
                t.args[2].fact.as_mut().unwrap().3 = Some(Err(EvalError::Missing("x".into())))
            }),
            "ask finance_clerk flow:amount",
        ),
        (changed(|t| t.args[2].fact = None), "ask finance_clerk flow:amount"),
        // A condition that rests on the document is none, even if it holds.
        (
            changed(|t| {
                let fact = t.args[2].fact.take();
                t.args[2] = given("supplier", "s1 ", outside()).at("read.supplier");
                t.args[2].fact = fact.map(|(_, l, n, when)| (json!("S 1"), l, n, when));
                t.args.remove(1);
            }),
            "ask finance_clerk flow:supplier",
        ),
        // Ids agree without spaces and case.
        (
            changed(|t| {
                t.args[1] = given("supplier", "s1 ", outside()).at("read.supplier").backed(
                    json!("S 1"),
                    Label::from(Source::Table),
                    None,
                );
            }),
            "allow flow:iban=table flow:supplier=fact flow:amount=fact cedar:standard.declared_tools",
        ),
        // A review endorses the value it showed, or the whole act; an agent's own call shows none.
        (
            changed(|t| t.args[0] = given("iban", "X", outside()).at("read.iban").reviewed()),
            "allow flow:iban=review flow:supplier=table flow:amount=fact cedar:standard.declared_tools",
        ),
        (
            changed(|t| t.args[0] = given("iban", "X", outside()).reviewed()),
            "ask finance_clerk flow:iban",
        ),
        (
            changed(|t| {
                t.args[0] = given("iban", "X", outside());
                t.approved = Some(ReviewNo(3));
            }),
            "allow review:3 cedar:standard.declared_tools",
        ),
        // Tagged data goes to no tool without leave: neither by itself nor chosen by it. What a
        // person saw may go, what stands in the plan is the operator's own, and a key goes nowhere.
        (tagged(draft(), 1), "ask finance_clerk tags:personal"),
        (
            changed(|t| {
                *t = tagged(t.clone(), 0);
                t.approved = Some(ReviewNo(3));
            }),
            "allow review:3 cedar:standard.declared_tools",
        ),
        (
            changed(|t| {
                *t = tagged(t.clone(), 0);
                t.args[0] = t.args[0].clone().literal();
            }),
            "allow flow:iban=plan flow:supplier=table flow:amount=fact cedar:standard.declared_tools",
        ),
        (
            tagged(
                call(
                    "match",
                    "table.read_query",
                    Part::Lookup(0),
                    vec![given("query", "q", outside())],
                ),
                0,
            ),
            "allow cedar:standard.declared_tools",
        ),
        (
            tagged(
                call("answer", "files.read", Part::Turn(0), vec![given("path", "p", outside())]),
                0,
            ),
            "refuse tags:personal Refused",
        ),
        // Where the plan asks nobody, it is refused.
        (
            call(
                "answer",
                "mail.send",
                Part::Turn(0),
                vec![given("to", "evil@x", Label::from(Source::Model))],
            ),
            "refuse flow:to Refused",
        ),
        // A tool that sends and of which nobody said which argument is the recipient.
        (
            call(
                "answer",
                "mail.raw",
                Part::Turn(0),
                vec![given("text", "x", Label::from(Source::Model))],
            ),
            "refuse flow:text Refused",
        ),
        // What is only read needs no endorsement.
        (
            call(
                "answer",
                "files.read",
                Part::Turn(0),
                vec![given("path", "x", Label::from(Source::Model))],
            ),
            "allow cedar:standard.declared_tools",
        ),
        // Undo and read-back name what the workflow's own effect made.
        (
            call(
                "draft",
                "erp.delete_draft",
                Part::Undo,
                vec![given("id", "D1", label(Source::Tool, Some(Source::Outside)))],
            ),
            "allow flow:id=own_effect cedar:standard.declared_tools",
        ),
    ]
}

fn other_cases() -> Vec<(Try, &'static str)> {
    let hash = |n: u8| Hash([n; 32]);
    let tool = |name: &str| ToolName::new(name).unwrap();
    let read = || call("answer", "files.read", Part::Turn(0), vec![]);
    let used = |used: Usage, acts: u32| Purse { used, acts };
    let zero = Usage::default();
    let mut cases = vec![
        (call("draft", "erp.pay", Part::Main, vec![]), "refuse declared Refused"),
        (call("nowhere", "erp.create_draft", Part::Main, vec![]), "refuse declared Refused"),
        (call("draft", "erp.create_draft", Part::Undo, vec![]), "refuse declared Refused"),
        (call("draft", "erp.create_draft", Part::Turn(0), vec![]), "refuse declared Refused"),
        (call("draft", "erp.delete_draft", Part::Main, vec![]), "refuse declared Refused"),
        (
            call("draft", "erp.get_draft", Part::Confirm, vec![]),
            "allow cedar:standard.declared_tools",
        ),
        (
            call("match", "table.read_query", Part::Lookup(1), vec![]),
            "allow cedar:standard.declared_tools",
        ),
        (call("match", "table.read_query", Part::Lookup(2), vec![]), "refuse declared Refused"),
        (call("read", "table.read_query", Part::Lookup(3), vec![]), "refuse declared Refused"),
        (
            call("draft", "erp.get_draft", Part::ReadBack, vec![]),
            "allow cedar:standard.declared_tools",
        ),
        (call("answer", "files.unpinned", Part::Turn(0), vec![]), "refuse pinned ToolChanged"),
        (
            call(
                "answer",
                "files.read",
                Part::Turn(0),
                vec![given("path", "a hunter2-hunter2", Label::default())],
            ),
            "refuse secret Refused",
        ),
        (
            call(
                "answer",
                "files.read",
                Part::Turn(0),
                vec![given("path", "-----BEGIN RSA PRIVATE KEY-----", Label::default())],
            ),
            "refuse secret Refused",
        ),
        // An irreversible effect under high risk, and a tool whose arguments nobody reviewed.
        (
            call(
                "answer",
                "mail.plain",
                Part::Turn(0),
                vec![given("text", "x", Label::from(Source::Model))],
            ),
            "ask finance_lead autonomy",
        ),
        (
            call(
                "answer",
                "mail.plain",
                Part::Turn(0),
                vec![given("text", "x", Label::from(Source::Model)).at("read.note").reviewed()],
            ),
            "allow cedar:standard.declared_tools",
        ),
        (call("answer", "mail.plain", Part::Turn(0), vec![]), "ask finance_lead autonomy"),
    ];
    for (purse, expected) in [
        (used(zero, 60), "refuse budget:acts Budget"),
        (used(Usage { cost_nanos: 1_001, ..zero }, 0), "refuse budget:cost Budget"),
        (used(Usage { input_tokens: 1_001, ..zero }, 0), "refuse budget:tokens Budget"),
        (used(Usage { active_ms: 991, ..zero }, 0), "refuse budget:active Budget"),
        (
            used(Usage { active_ms: 990, input_tokens: 1_000, cost_nanos: 1_000, ..zero }, 59),
            ALLOWED,
        ),
    ] {
        cases.push((changed(|t| t.purse = purse), expected));
    }
    // Taking back needs no budget.
    let mut undo = call("draft", "erp.delete_draft", Part::Undo, vec![]);
    undo.purse = used(Usage { cost_nanos: u64::MAX, ..zero }, 60);
    cases.push((undo, "allow cedar:standard.declared_tools"));
    let (this, that) = ((tool("files.read"), hash(1)), (tool("files.read"), hash(2)));
    for (earlier, expected) in [
        (vec![this.clone(); 2], "allow cedar:standard.declared_tools"),
        (vec![this.clone(); 3], "refuse loop:same Loop"),
        (vec![that.clone(); 3], "allow cedar:standard.declared_tools"),
        (vec![this.clone(), that.clone(), this.clone()], "allow cedar:standard.declared_tools"),
        (vec![this.clone(), that.clone(), this.clone(), that], "refuse loop:alternating Loop"),
    ] {
        let mut call = read();
        call.earlier = earlier;
        cases.push((call, expected));
    }
    // The plan's own calls are bounded by its visits and retries.
    cases.push((changed(|t| t.earlier = vec![(tool("erp.create_draft"), hash(1)); 9]), ALLOWED));
    cases
}

fn table(guard: &Guard, plan: &Plan) {
    for (n, (call, expected)) in flow_cases().into_iter().chain(other_cases()).enumerate() {
        assert_eq!(call.judged(guard, plan), expected, "case {n}: {} {:?}", call.tool, call.part);
    }
}

fn models_and_messages(guard: &Guard, plan: &Plan) {
    let outside = Label::from(Source::Outside);
    let reserve = Usage { output_tokens: 10, ..Usage::default() };
    for (step, model, text, expected) in [
        ("read", "small", "hello", "allow cedar:standard.declared_models"),
        ("read", "large", "hello", "refuse declared Refused"),
        ("draft", "small", "hello", "refuse declared Refused"),
        ("read", "small", "say hunter2-hunter2", "refuse secret Refused"),
    ] {
        let model = ModelName::new(model).unwrap();
        let act = Act::Model { model: &model, label: &outside, texts: &["a", text], reserve };
        assert_eq!(judged(guard, plan, step, act), expected, "{text}");
    }
    for (role, text, expected) in [
        ("finance_clerk", "a case waits", "allow declared"),
        ("nobody", "a case waits", "refuse declared Refused"),
        ("finance_clerk", "hunter2-hunter2", "refuse secret Refused"),
    ] {
        let to = RoleId::new(role).unwrap();
        let act = Act::Notify { to: &to, text };
        assert_eq!(judged(guard, plan, "read", act), expected);
    }
}

fn knowing(plan: &Plan) -> Guard {
    let guard = Guard::build(plan).unwrap();
    guard.with_secrets(Arc::new(Secrets::new([("ERP_KEY", "hunter2-hunter2".to_owned())])))
}

/// Policies over arguments, labels and budgets.
fn cedar_cases() {
    let asks = policies(
        &plan(),
        &[r#"
        @id("large") @ask("finance_lead")
        forbid (principal, action == Action::"erp.create_draft", resource)
        when { context.args.amount.minor > 50000 && context.args.amount.currency == "EUR" };
        @id("weekly")
        forbid (principal in Workflow::"invoice_intake", action in Action::"write", resource)
        when { context.acts.left < 5 ||
               context.labels has iban && context.labels.iban.contains("model") };
        @id("notes")
        forbid (principal, action == Action::"erp.create_draft", resource)
        when { context.args has note && context.args.note like "*urgent*" && !context.reviewed };
        @id("visits")
        forbid (principal, action == Action::"call_model", resource)
        when { context.visit > 1 || context.untrusted && context.tokens.left < 100 };
        @id("spend")
        forbid (principal, action == Action::"files.read", resource)
        when { context.cost.left == 0 };
    "#],
    );
    let guard = knowing(&asks);
    for (call, expected) in [
        (draft(), "ask finance_lead cedar:large"),
        (changed(|t| t.approved = Some(ReviewNo(3))), "allow review:3 cedar:large"),
        (
            changed(|t| {
                t.args[2] = given("amount", "500.00", Label::from(Source::Person));
            }),
            "allow flow:iban=table flow:supplier=table flow:amount=person cedar:standard.declared_tools",
        ),
        (
            changed(|t| t.args[2] = given("amount", "a lot", Label::from(Source::Person))),
            "refuse cedar:broken Refused",
        ),
        (changed(|t| t.purse.acts = 56), "refuse cedar:weekly Refused"),
        (
            changed(|t| {
                t.args[2] = given("amount", "1", Label::from(Source::Person));
                t.args[3] = given("note", "urgent!", Label::from(Source::Outside));
            }),
            "refuse cedar:notes Refused",
        ),
        (
            call("answer", "files.read", Part::Turn(0), vec![]),
            "allow cedar:standard.declared_tools",
        ),
    ] {
        assert_eq!(call.judged(&guard, &asks), expected);
        assert_eq!(call.judged(&guard, &asks), expected, "remembered");
    }
    // Without the standard policies nothing is permitted.
    let silent = with(Change::NoPolicies);
    assert!(draft().judged(&knowing(&silent), &silent).starts_with("refuse cedar Refused"));
}

/// Literals of the plan, where a document chose between the steps that carry them.
fn literals() {
    for (many, chosen_by, expected) in [
        (1, Source::Outside, "allow flow:iban=plan cedar:standard.declared_tools"),
        (2, Source::Table, "allow flow:iban=plan cedar:standard.declared_tools"),
        (2, Source::Outside, "allow flow:iban=declared_set cedar:standard.declared_tools"),
        (5, Source::Model, "allow flow:iban=declared_set cedar:standard.declared_tools"),
        (6, Source::Person, "allow flow:iban=plan cedar:standard.declared_tools"),
        (6, Source::Outside, "refuse flow:iban Refused"),
        (6, Source::Model, "refuse flow:iban Refused"),
    ] {
        let plan = with(Change::Accounts(many));
        let guard = knowing(&plan);
        let iban = given("iban", "account 0", Label::default()).literal();
        let mut call = call("pay0", "erp.refund", Part::Main, vec![iban]);
        call.influences.influenced(&Label::from(chosen_by));
        assert_eq!(call.judged(&guard, &plan), expected, "{many} {chosen_by:?}");
        call.approved = Some(ReviewNo(3));
        let approved = "allow review:3 cedar:standard.declared_tools";
        assert_eq!(call.judged(&guard, &plan), approved, "{many} {chosen_by:?}");
    }
    // Who must have seen what is sent has not seen which of several was picked.
    let mut call = call(
        "pay0",
        "erp.refund",
        Part::Main,
        vec![
            given("iban", "account 0", Label::default()).literal(),
            given("note", "x", Label::from(Source::Outside)).at("read.note").reviewed(),
        ],
    );
    call.influences.influenced(&Label::from(Source::Outside));
    for (many, expected) in [
        (1, "allow flow:iban=plan cedar:standard.declared_tools"),
        (2, "ask finance_lead autonomy"),
    ] {
        let mut workflow = with(Change::Accounts(many)).workflow().clone();
        workflow.autonomy = plan::workflow::Autonomy::Approve;
        let plan = plans::sealed(&workflow);
        assert_eq!(call.judged(&knowing(&plan), &plan), expected);
    }
}

fn closed_guards() {
    let (plan, other) = (plan(), with(Change::NoPolicies));
    let closed = Guard::closed("a policy is broken");
    assert_eq!(draft().judged(&closed, &plan), "refuse guard Refused");
    assert_eq!(closed.closed_because(), Some("a policy is broken"));
    assert!(closed.prove().is_err());
    assert!(closed.answer(&plan, &StepId::new("answer").unwrap(), "{}").is_err());

    let unproven = Guard::unproven(&plan).unwrap();
    assert_eq!(draft().judged(&unproven, &plan), "refuse guard Refused");
    assert_eq!(draft().judged(&knowing(&plan), &other), "refuse guard:release Refused");

    let mut open = knowing(&plan);
    open.sabotaged = true;
    assert!(draft().judged(&open, &plan).starts_with("allow"));
    assert!(matches!(open.prove(), Err(Fault::Unproven(_))));
    assert_eq!(draft().judged(&open, &plan), "refuse guard Refused");
    // What failed once is not believed again, whatever it says now.
    open.sabotaged = false;
    assert!(matches!(open.prove(), Err(Fault::Closed(_))));
    assert_eq!(draft().judged(&open, &plan), "refuse guard Refused");
}

/// Every branch that judges. `tidy` compares it with the marks in the sources.
const MARKS: &[&str] = &[
    "guard:unproven",
    "guard:closed",
    "guard:release",
    "notify:role",
    "notify:secret",
    "notify:allowed",
    "model:undeclared",
    "model:secret",
    "model:allowed",
    "tool:secret",
    "tool:allowed",
    "tool:undeclared",
    "tool:part",
    "tool:unpinned",
    "effect:approved",
    "effect:undo",
    "effect:seen",
    "effect:unseen",
    "effect:never",
    "cedar:approved",
    "cedar:ask",
    "cedar:forbid",
    "cedar:silent",
    "cedar:broken",
    "flow:asks",
    "flow:refuses",
    "flow:literal",
    "flow:declared_set",
    "flow:many_literals",
    "flow:fact",
    "flow:review",
    "flow:unendorsed",
    "flow:outside",
    "flow:trusted",
    "flow:two_keys",
    "flow:own_effect",
    "flow:one_key",
    "backing:untrusted",
    "backing:when",
    "backing:when_fails",
    "backing:missing",
    "backing:apart",
    "backing:kinds",
    "budget:acts",
    "budget:cost",
    "budget:tokens",
    "budget:active",
    "loop:same",
    "loop:alternating",
    "leash:suggest",
    "leash:approve",
    "leash:irreversible",
    "leash:undo",
    "leash:act",
    "leash:held",
    "effect:seeded",
    "effect:suspected",
    "contract:exception",
    "contract:link",
    "contract:list",
    "tags:tool",
    "tags:model",
    "tags:here",
];

#[test]
fn judges_and_reaches_every_branch() {
    marks::take();
    let plan = plan();
    let guard = knowing(&plan);
    table(&guard, &plan);
    models_and_messages(&guard, &plan);
    cedar_cases();
    leashes::leashes();
    literals();
    closed_guards();
    said::exceptions();
    tags::models();
    tags::policies();
    tags::strangers();

    let named: BTreeSet<&str> = MARKS.iter().copied().collect();
    let reached = marks::take();
    let missed: Vec<_> = named.difference(&reached).collect();
    assert!(missed.is_empty(), "never reached: {missed:?}");
    let unnamed: Vec<_> = reached.difference(&named).collect();
    assert!(unnamed.is_empty(), "reached, but not named here: {unnamed:?}");
}

#[test]
fn a_broken_policy_or_contract_builds_no_guard() {
    let broken = with(Change::BrokenPolicy);
    assert!(matches!(Guard::build(&broken), Err(Fault::Policy(_))));
    let contract = with(Change::BrokenContract);
    assert!(matches!(Guard::build(&contract), Err(Fault::Contract(..))));
    let remote = with(Change::RemoteContract);
    assert!(matches!(Guard::build(&remote), Err(Fault::Contract(..))));
}
