//! The office in which every criterion is met: its files, and records as live cases would have
//! left them. It must not judge anything.

mod taken;

use std::collections::BTreeMap;
use std::sync::Arc;

use journal::{Drill, Millis, RunId, Seq, Tried};
use plan::Files;
use plan::ids::{PersonId, WorkflowName};
use plan::lock::{Approval, Definition, Lock, Pinned};
use plan::workflow::{ArgRole, Effect, Trust};
use serde_json::json;

use super::super::{Assessment, Given, assess};
use crate::desk::{Deployed, Desk};
use crate::seen::{Count, Mark, Seen, Shown, Signal};
use crate::standard::Standard;

pub use taken::{DECOR, RECORDS};

/// 2026-11-28, about noon.
const NOW: u64 = 1_795_867_200_000;
const DAY: u64 = 86_400_000;

const SETTINGS: &str = r#"organisation: Acme
currency: EUR
people: { mara: { name: Mara }, ben: { name: Ben }, ida: { name: Ida }, jon: { name: Jon } }
roles: { lead: [ mara, ben ], judge: [ ida, jon ], own: [ mara ] }
working_hours: { days: mon-fri, from: "09:00", to: "17:30", zone: Europe/London }
models:
  one: { vendor: north, model: north-large-2026-05, can: [ json ], context: 32000, answer: 2000, region: EU, hides: [ email, name ], takes: { personal: { by: mara, until: "2027-10-01", reason: the letter is what it reads } }, price: { input: 1 EUR, cached: 1 EUR, output: 2 EUR } }
  two: { vendor: south, model: south-2026-02, can: [ json ], context: 32000, answer: 2000, region: EU, hides: [ email ], takes: { personal: { by: mara, until: "2027-10-01", reason: the letter is what it reads } }, price: { input: 1 EUR, cached: 1 EUR, output: 2 EUR } }
  again: { vendor: north, model: north-large-2026-05, can: [ json, choose ], context: 32000, answer: 2000, region: EU, price: { input: 1 EUR, cached: 1 EUR, output: 2 EUR } }
vendors:
  north: { region: EU, terms: DPA of 2026, reviewed: "2026-10-01", if_it_goes: we go on with south until it is back }
  south: { region: EU, terms: DPA of 2026, reviewed: "2026-10-02", if_it_goes: we go on with north and people judge more }
privacy: { detect: true, controller: Acme, contact: dpo@acme.example, ai_role: deployer, ai_risk: minimal, basis: { personal: contract } }
retention: { everything: 180 days }
attention: { judge: { a_day: 60, at_least: 10 seconds } }
releases: { everything: { canary: { share: 10 %, cases: 50, days: 7 } } }
notices: { team: { chat: "https://chat.acme.example/hook" } }
secrets: { BANK_KEY: { since: "2026-11-01", every: 90 days } }
alerts:
  - { name: errors, watch: error_rate, of: claims, over: 5 %, within: 7 days, owner: mara, tell: lead, quiet: 4 hours }
  - { name: stuck, watch: stuck, of: claims, over: 2 hours, owner: mara, tell: lead, quiet: 4 hours }
  - { name: quality, watch: quality, of: claims, under: 95 %, within: 7 days, owner: mara, tell: lead, quiet: 4 hours }
  - { name: inputs, watch: input_drift, of: claims, over: 0.25, within: 7 days, owner: mara, tell: lead, quiet: 4 hours }
  - { name: outputs, watch: output_drift, of: claims, over: 0.25, within: 7 days, owner: mara, tell: lead, quiet: 4 hours }
"#;

const MAP: &str = r#"---
workflow: claims
purpose: Draft what is owed to whoever complains. It never pays.
accountable: mara
override: lead
risk: medium
autonomy: act
suspicion: ask
case: { one: letter, from: outside, fields: { text: text, from: text }, tags: [ personal ], sender: case.from }
limits: { case: { cost: 0.40 EUR, days: 10 }, day: { cost: 20 EUR, cases: 400, amount: 90000 EUR }, hour: { cases: 50 } }
on_failure: { ask: lead }
steps:
  - step: read
    agent: clerk
    given: [ case.text ]
    answer: { amount: money, reason: text }
    must_hold: [ "amount > eur(0)" ]
    sure: { times: 2 }
    never_says: [ guaranteed ]
  - step: look
    review:
      by: judge
      never_by: [ starter, owner ]
      show: [ case, read ]
      within: 8 working hours
      late: { ask: lead, within: 4 working hours, then: stop }
      if_rejected: { then: stop }
  - step: pay
    tool: bank.draft
    with: { amount: read.amount, reason: read.reason }
    undo: bank.undo
exceptions:
  - { what: no complaint at all, when: "case.text == ''", go: look }
---
# Claims
## read
Say what is owed and why.
"#;

fn paper(covers: &str, more: &str, about: &str) -> String {
    format!(
        "---\ncovers: {covers}\nowner: mara\nreviewed: \"2026-10-01\"\nuntil: \"2027-04-01\"\n{more}---\n\
         # {about}\nThis is what we know of {about} in our office, who looked at it, what could go \
         wrong with letters from strangers, models elsewhere and drafts for a bank, what we do about \
         each of these, whom we call first, and where the papers lie that show it.\n"
    )
}

/// The files of the office.
#[derive(Clone)]
pub struct Office(BTreeMap<String, String>);

impl Office {
    pub fn whole() -> Self {
        let agent = "---\nname: clerk\ndescription: Reads letters.\nmodel: [ one, two ]\n\
                     tools: []\n---\nNever promise anything.\n";
        let policy = "@id(\"only_claims\")\nforbid (principal, action == Action::\"bank.draft\", \
                      resource)\nunless { principal in Workflow::\"claims\" };\n";
        let server = r#"{ "mcpServers": { "bank": { "command": "bank-server",
            "env": { "BANK_KEY": "${BANK_KEY}" }, "sandbox": { "network": ["api.bank.example"] } } } }"#;
        let files = [
            ("flightdeck.yaml", SETTINGS.to_owned()),
            ("workflows/claims.md", MAP.to_owned()),
            ("agents/clerk.md", agent.to_owned()),
            ("policies/bank.cedar", policy.to_owned()),
            (".mcp.json", server.to_owned()),
            ("mcp.lock", lock(Effect::Write, true)),
            ("governance/threats.md", paper("PSF-7.1", "read_by: [ judge ]\n", "threats")),
            ("governance/origin.md", paper("PSF-3.4", "", "training data")),
            ("governance/runbook.md", paper("PSF-5.5", "", "incidents")),
            ("governance/vendors.md", paper("[ PSF-8.4, PSF-8.5 ]", "", "vendors")),
            (
                "governance/recovery.md",
                paper("PSF-8.3", "facts: { recovery: 4 hours }\n", "recovery"),
            ),
        ];
        Self(files.into_iter().map(|(path, text)| (path.to_owned(), text)).collect())
    }

    pub fn with(mut self, file: &str, was: &str, is: &str) -> Self {
        let text = self.0.get_mut(file).unwrap_or_else(|| panic!("no {file}"));
        assert!(text.contains(was), "{file} does not hold {was}");
        *text = text.replacen(was, is, 1);
        self
    }

    pub fn and(mut self, file: &str, text: &str) -> Self {
        self.0.insert(file.to_owned(), text.to_owned());
        self
    }

    /// The tool pays, and nothing takes that back.
    pub fn pays(mut self) -> Self {
        let pays = lock(Effect::Pay, false);
        self.0.insert("mcp.lock".to_owned(), pays);
        self.with("workflows/claims.md", "    undo: bank.undo\n", "")
    }

    pub fn assess(&self, records: &Records) -> Assessment {
        self.given(records, assess)
    }

    /// Something that is judged over it.
    pub fn given<R>(&self, records: &Records, judge: impl FnOnce(&Given<'_>) -> R) -> R {
        let files = Files::from_iter(self.0.iter());
        let plan = plan::check(&files, "claims").unwrap_or_else(|problems| panic!("{problems}"));
        let places = plan::places(&files).unwrap_or_else(|problems| panic!("{problems}"));
        let statements =
            plan::statements::statements(&files).unwrap_or_else(|problems| panic!("{problems}"));
        let release = plan.release();
        let plan = Arc::new(plan);
        let releases = BTreeMap::from([(release, Arc::clone(&plan))]);
        let (seen, mut desk) = (records.seen(release), records.desk.clone());
        for one in &mut desk.deployed {
            one.release = release;
        }
        if !records.proven {
            desk.closed.insert(release, Millis(NOW - DAY));
        }
        if records.weighed {
            desk.weighed.push((name(), release, Millis(NOW - 10 * DAY)));
        }
        for statement in statements.iter().filter(|_| records.read) {
            let read = desk.read.entry(statement.digest).or_default();
            read.extend(["ida", "jon"].into_iter().map(|who| (person(who), Millis(NOW - 9 * DAY))));
        }
        judge(&Given {
            standard: &Standard::psf(),
            workflow: plan.workflow(),
            release,
            live: records.live.then_some(Millis(NOW - 40 * DAY)),
            files: &files,
            file: "workflows/claims.md",
            same: true,
            places: &places,
            statements: &statements,
            seen: &seen,
            releases: &releases,
            desk: &desk,
            cases: 12,
            now: Millis(NOW),
        })
    }
}

fn lock(of_draft: Effect, reversible: bool) -> String {
    let tool = |name: &str, effect: Effect, args: &[(&str, ArgRole)]| {
        let schema = json!({ "type": "object", "properties": {
            "amount": { "type": "object", "properties": {
                "currency": { "type": "string" }, "minor": { "type": "integer" } },
                "required": ["currency", "minor"] },
            "reason": { "type": "string" } } });
        let definition = Definition {
            title: None,
            description: format!("{name} a payment"),
            input: if effect == Effect::Read { json!({ "type": "object" }) } else { schema },
            output: None,
        };
        let digest = definition.digest(name).unwrap_or_default();
        Pinned {
            digest,
            definition,
            effect: Some(effect),
            reversible,
            repeatable: true,
            key_arg: None,
            read_back: None,
            trust: Trust::Trusted,
            args: args.iter().map(|(arg, role)| ((*arg).to_owned(), *role)).collect(),
            tags: Vec::new(),
            takes: BTreeMap::from([(
                plan::ids::FieldName::new("personal").unwrap_or_else(|e| panic!("{e}")),
                plan::workflow::Leave {
                    by: person("mara"),
                    until: "2027-10-01".into(),
                    reason: "the bank has to know".into(),
                },
            )]),
            approved: Approval { by: person("mara"), on: "2026-10-01".into(), reason: None },
        }
    };
    let tools = [
        ("draft", of_draft, [("amount", ArgRole::Amount)].as_slice()),
        ("undo", Effect::Write, [].as_slice()),
        ("find", Effect::Read, [].as_slice()),
    ];
    let mut lock = Lock::default();
    for (name, effect, args) in tools {
        let id =
            plan::ids::ToolName::new(&format!("bank.{name}")).unwrap_or_else(|e| panic!("{e}"));
        lock.tools.insert(id, tool(name, effect, args));
    }
    lock.render().unwrap_or_else(|error| panic!("{error}"))
}

fn name() -> WorkflowName {
    WorkflowName::new("claims").unwrap_or_else(|error| panic!("{error}"))
}

fn person(id: &str) -> PersonId {
    PersonId::new(id).unwrap_or_else(|error| panic!("{error}"))
}

/// What live cases and the desk left behind.
#[derive(Clone)]
pub struct Records {
    pub(super) signals: BTreeMap<Signal, u64>,
    pub desk: Desk,
    read: bool,
    weighed: bool,
    live: bool,
    proven: bool,
}

impl Records {
    pub fn whole() -> Self {
        use Signal::{
            Answered, Chained, Contracted, Drawn, Escalated, Formed, Judged, Outside, Over,
            Personal,
        };
        let all = [Over, Formed, Outside, Answered, Chained, Contracted, Drawn, Judged, Personal];
        let mut signals: BTreeMap<Signal, u64> = all.into_iter().map(|one| (one, 20)).collect();
        signals.insert(Escalated, 1);
        let at = |days: u64| Millis(NOW - days * DAY);
        let mut desk = Desk {
            rolled_back: vec![(name(), at(60), true)],
            stops: vec![at(50)],
            erased_by_person: vec![at(20)],
            erased_by_time: vec![at(3)],
            deployed: vec![Deployed {
                workflow: name(),
                release: plan::ids::ReleaseId([0; 32]),
                at: at(40),
                canary: true,
                tried: Some(Tried { cases: 12, right: 12, at_least: 1_000_000 }),
            }],
            ..Desk::default()
        };
        for drill in Drill::ALL {
            desk.drills.insert(drill, vec![(at(120), true), (at(30), true)]);
        }
        Self { signals, desk, read: true, weighed: true, live: true, proven: true }
    }

    pub fn none() -> Self {
        let (signals, desk) = (BTreeMap::new(), Desk::default());
        Self { signals, desk, read: false, weighed: false, live: false, proven: true }
    }

    /// The guard of the release could not be proven.
    pub fn unproven(mut self) -> Self {
        self.proven = false;
        self
    }

    fn without(&mut self, signal: Signal) {
        self.signals.remove(&signal);
    }

    /// Nearly all answers come faster than anybody reads.
    pub fn hasty(&mut self) {
        self.signals.insert(Signal::Hasty, 19);
    }

    /// So many cases on each of ten days.
    fn seen(&self, release: plan::ids::ReleaseId) -> Seen {
        let mut shown = Shown::default();
        for (signal, each_day) in &self.signals {
            let today = u32::try_from(NOW / DAY).unwrap_or(0);
            let at = Millis(NOW - DAY);
            let mark = Mark { run: RunId::new(at, [7; 10]), entry: Seq(3), at };
            let days = (1..=10).map(|back| (today - back, *each_day)).collect();
            shown.signals.insert(*signal, Count { days, last: mark });
        }
        Seen(BTreeMap::from([(name(), BTreeMap::from([(release, shown)]))]))
    }
}
