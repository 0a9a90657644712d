//! Valid workflows from a number: every kind of step, nested in an order that the number decides.
//! They are written as an operator writes them and checked as an operator's are.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::rc::Rc;

use crate::Engine;
use crate::rig::workspace;

/// A sequence of numbers for choices.
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// True in `n` of a thousand.
    pub(crate) fn chance(&mut self, n: u64) -> bool {
        self.next() % 1_000 < n
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for n in (1..items.len()).rev() {
            let other = self.below(n + 1);
            items.swap(n, other);
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Block {
    Copy,
    Answer,
    Tools,
    Read,
    Create,
    Put,
    Post,
    Shown,
    Decide,
    Loop,
    Review,
    Each,
    Parallel,
    Wait,
    Until,
    Workflow,
}

const ALL: [Block; 16] = [
    Block::Copy,
    Block::Answer,
    Block::Tools,
    Block::Read,
    Block::Create,
    Block::Put,
    Block::Post,
    Block::Shown,
    Block::Decide,
    Block::Loop,
    Block::Review,
    Block::Each,
    Block::Parallel,
    Block::Wait,
    Block::Until,
    Block::Workflow,
];

/// One block of steps, in order: ids begin with the kind.
struct Made {
    first: String,
    /// `NEXT` stands for the first step behind the block.
    text: String,
}

struct Writer {
    dice: Dice,
    steps: usize,
}

const CHILD_A: &str = r"  - step: put_a
    tool: erp.put
    with: { name: case.name }
    on_failure: { retry: { times: 1, first: 1 seconds }, then: stop }
  - step: answer_a
    agent: clerk
    given: [ case.text ]
    answer: { topic: { one_of: [ a, b ] }, note: text }
    on_failure: { retry: { times: 1, first: 1 seconds }, then: stop }
  - step: last
    end: done
";

const CHILD_B: &str = r#"  - step: match_b
    lookup:
      supplier: { in: suppliers, where: { name: case.name, code: case.code } }
      order: { in: orders, where: { order: case.order } }
  - step: both_b
    parallel:
      left:
        - { step: post_b, tool: erp.post, with: { name: case.name }, undo: erp.retract }
      right:
        - { step: wait_b, wait: { for: 3 minutes } }
        - { step: read_b, tool: web.query, with: { q: case.code }, gives: { text: text } }
  - step: route_b
    decide:
      who: lead
      basis: Policy B
      first: [ { when: "found(match_b.supplier) && found(match_b.order)", go: last } ]
      otherwise: bad_b
  - step: bad_b
    end: rejected
    tell: lead
  - step: last
    end: done
"#;

fn child(name: &str, more: &str, output: &str, steps: &str) -> String {
    let more = format!(
        "case: {{ one: an item, from: outside, fields: {{ name: text, code: id, text: text, order: id }} \
         }}\noutput: {output}\n{more}"
    );
    workspace::workflow(name, &more, steps)
}

impl Writer {
    fn id(&mut self, kind: &str) -> String {
        self.steps += 1;
        format!("{kind}_{}", self.steps)
    }

    fn list(&mut self, blocks: &[Block], deep: usize, after: &str) -> String {
        let made: Vec<Made> = blocks.iter().map(|b| self.block(*b, deep)).collect();
        let mut text = String::new();
        for (n, block) in made.iter().enumerate() {
            let next = made.get(n + 1).map_or(after, |b| b.first.as_str());
            text.push_str(&block.text.replace("NEXT", next));
        }
        text
    }

    fn block(&mut self, block: Block, deep: usize) -> Made {
        match block {
            Block::Copy => self.plain("copy", |id, dice| {
                let holds = if dice.chance(200) { "\n    must_hold: [ \"total == eur(100)\" ]" } else { "" };
                format!(
                    "  - step: {id}\n    agent: clerk\n    from: case.text\n    copy: {{ number: id, \
                     total: money, order: {{ find: id, optional: true, known_in: orders.order }} \
                     }}{holds}\n"
                )
            }),
            Block::Answer => self.plain("answer", |id, dice| {
                let sure = match dice.below(6) {
                    0 => "    sure: { times: 3 }\n",
                    1 => "    sure: { times: 2, alike: [ topic ], checker: second }\n",
                    2 => "    never_says: [ nothing ]\n",
                    _ => "",
                };
                format!(
                    "  - step: {id}\n    agent: clerk\n    given: [ case.text, case.name ]\n    \
                     answer: {{ topic: {{ one_of: [ a, b ] }}, note: text }}\n    must_hold: [ \"topic == 'a'\" ]\n{sure}"
                )
            }),
            Block::Tools => self.plain("tools", |id, _| {
                format!(
                    "  - step: {id}\n    agent: clerk\n    given: [ case.text ]\n    answer: {{ note: \
                     text }}\n    tools: [ web.query, erp.note, erp.send ]\n    turns: 6\n"
                )
            }),
            Block::Read => self.plain("read", |id, _| {
                format!(
                    "  - step: {id}\n    tool: web.query\n    with: {{ q: case.name }}\n    gives: {{ \
                     text: text }}\n"
                )
            }),
            Block::Create => self.create(),
            Block::Put => self.plain("put", |id, _| {
                format!("  - step: {id}\n    tool: erp.put\n    with: {{ name: case.name }}\n")
            }),
            Block::Post => self.plain("post", |id, _| {
                format!(
                    "  - step: {id}\n    tool: erp.post\n    with: {{ name: case.name }}\n    gives: \
                     {{ id: text }}\n    undo: erp.retract\n"
                )
            }),
            Block::Shown => self.shown(),
            Block::Decide => self.decide(),
            Block::Loop => self.looping(),
            Block::Review => self.plain("review", |id, dice| review(id, dice, "")),
            Block::Each => self.plain("each", |id, dice| {
                format!(
                    "  - step: {id}\n    each: {{ of: case.items, workflow: child_a, items: 20, \
                     at_once: {}, failures: {} }}\n",
                    1 + dice.below(3),
                    dice.below(3)
                )
            }),
            Block::Parallel => self.parallel(deep),
            Block::Wait => self.plain("wait", |id, dice| {
                let span = ["90 seconds", "3 hours", "6 working hours"][dice.below(3)];
                format!("  - step: {id}\n    wait: {{ for: {span} }}\n")
            }),
            Block::Until => self.plain("until", |id, _| {
                format!("  - step: {id}\n    wait: {{ until: case.day }}\n")
            }),
            Block::Workflow => self.plain("workflow", |id, _| {
                format!(
                    "  - step: {id}\n    workflow: child_b\n    with: {{ name: case.name, code: \
                     case.code, text: case.text, order: case.order }}\n"
                )
            }),
        }
    }

    fn plain(&mut self, kind: &str, write: impl Fn(&str, &mut Dice) -> String) -> Made {
        let id = self.id(kind);
        let text = write(&id, &mut self.dice);
        Made { first: id, text }
    }

    fn create(&mut self) -> Made {
        let (lookup, create) = (self.id("lookup"), self.id("create"));
        let text = format!(
            r#"  - step: {lookup}
    lookup:
      supplier: {{ in: suppliers, where: {{ name: case.name, code: case.code }} }}
      order: {{ in: orders, where: {{ order: case.order }} }}
  - step: {create}
    tool: erp.create
    with: {{ supplier: {lookup}.supplier.payee, amount: case.amount, currency: case.amount.currency, name: case.name }}
    backed_by: {{ amount: {{ fact: {lookup}.order.amount, within: 0.02 EUR, when: "{lookup}.order.received" }} }}
    gives: {{ id: text, status: text }}
    undo: erp.remove
    confirm: {{ tool: erp.get, with: {{ id: {create}.id }}, holds: "result.status == 'draft'" }}
"#
        );
        Made { first: lookup, text }
    }

    /// An effect whose values come from outside and were shown to a person.
    fn shown(&mut self) -> Made {
        let (look, create) = (self.id("review"), self.id("create"));
        let mut text = review(&look, &mut self.dice, "");
        write!(
            text,
            "  - step: {create}\n    tool: erp.create\n    with: {{ supplier: case.code, amount: \
             case.amount, currency: case.amount.currency }}\n    gives: {{ id: text, status: text \
             }}\n    undo: erp.remove\n"
        )
        .unwrap();
        Made { first: look, text }
    }

    fn decide(&mut self) -> Made {
        let (lookup, decide, hand) = (self.id("lookup"), self.id("decide"), self.id("review"));
        let mut text = format!(
            r#"  - step: {lookup}
    lookup: {{ supplier: {{ in: suppliers, where: {{ name: case.name, code: case.code }} }} }}
  - step: {decide}
    decide:
      who: lead
      basis: Policy A
      first:
        - {{ when: "found({lookup}.supplier) && {lookup}.supplier.iban == 'NL92'", go: {hand} }}
        - {{ when: "found({lookup}.supplier)", go: NEXT }}
      otherwise: {hand}
"#
        );
        text.push_str(&review(&hand, &mut self.dice, ""));
        Made { first: lookup, text }
    }

    fn looping(&mut self) -> Made {
        let (lookup, decide, hand) = (self.id("lookup"), self.id("decide"), self.id("review"));
        let mut text = format!(
            r#"  - step: {lookup}
    lookup: {{ order: {{ in: orders, where: {{ order: case.order }} }} }}
    at_most: 3
  - step: {decide}
    decide:
      who: lead
      basis: Policy L
      first:
        - {{ when: "found({lookup}.order) && {lookup}.order.received", go: {hand} }}
        - {{ when: "found({lookup}.order)", go: {lookup} }}
      otherwise: {hand}
    at_most: 3
"#
        );
        text.push_str(&review(&hand, &mut self.dice, ""));
        Made { first: lookup, text }
    }

    fn parallel(&mut self, deep: usize) -> Made {
        let id = self.id("parallel");
        let mut text = format!("  - step: {id}\n    parallel:\n");
        for branch in ["left", "right"] {
            let count = 1 + self.dice.below(2);
            let mut blocks = Vec::new();
            for _ in 0..count {
                let block = ALL[self.dice.below(ALL.len())];
                let fits = deep < 1 || block != Block::Parallel;
                blocks.push(if fits { block } else { Block::Put });
            }
            let inner = self.list(&blocks, deep + 1, "end");
            writeln!(text, "      {branch}:").unwrap();
            for line in inner.lines() {
                writeln!(text, "      {line}").unwrap();
            }
        }
        Made { first: id, text }
    }
}

fn review(id: &str, dice: &mut Dice, _: &str) -> String {
    let late =
        ["{ then: stop }", "{ ask: boss, within: 3 working hours, then: stop }"][dice.below(2)];
    let (never, tell) = (["", ", owner"][dice.below(2)], ["", "tell: lead, "][dice.below(2)]);
    format!(
        "  - step: {id}\n    review:\n      by: lead\n      never_by: [ starter{never} ]\n      question: Is it right?\n      show: [ \
         case ]\n      may_edit: [ case.name, case.amount ]\n      within: 8 working hours\n      late: \
         {late}\n      if_rejected: {{ {tell}then: stop }}\n"
    )
}

/// The engine of the plan with this number, made once.
pub(crate) fn engine_cached(number: u64, made: &mut BTreeMap<u64, Rc<Engine>>) -> Rc<Engine> {
    made.entry(number).or_insert_with(|| engine(number)).clone()
}

/// The engine of the plan with this number.
pub(crate) fn engine(number: u64) -> Rc<Engine> {
    let mut dice = Dice(number);
    let mut blocks = ALL.to_vec();
    dice.shuffle(&mut blocks);
    // Long plans seldom reach their last steps under faults; each plan begins with another part.
    blocks.truncate(5 + dice.below(6));
    let once = if dice.chance(250) { "once_per: [ [ case.name, case.code ] ]\n" } else { "" };
    let (cost, amount) = (
        ["200 USD", "0.01 USD"][usize::from(dice.chance(150))],
        ["100000 EUR", "150 EUR"][usize::from(dice.chance(150))],
    );
    let acts = [150, 12][usize::from(dice.chance(100))];
    let limits = format!(
        "limits: {{ case: {{ cost: 2 USD, tokens: 40000, acts: {acts}, days: 30 }}, day: {{ cost: \
         {cost}, cases: 500, amount: {amount} }} }}\n"
    );
    let answers = blocks.iter().any(|b| matches!(b, Block::Answer | Block::Tools));
    let named = if answers { "  - { what: a note, go: odd }\n" } else { "" };
    let exceptions = format!(
        "exceptions:\n  - {{ what: strange, when: \"case.name == 'Strange'\", go: odd }}\n{named}"
    );
    let failure = if dice.chance(300) {
        "on_failure: { retry: { times: 2, first: 5 seconds }, then: stop }\n"
    } else {
        ""
    };
    let mut writer = Writer { dice, steps: 0 };
    let mut steps = writer.list(&blocks, 0, "last");
    steps.push_str(
        "  - step: last\n    end: done\n    tell: lead\n  - step: odd\n    end: failed\n",
    );
    let more = format!("{once}{limits}{exceptions}{failure}");
    let main = workspace::workflow("main", &more, &steps);
    let a = child("child_a", "", "answer_a", CHILD_A);
    let b = child("child_b", "", "match_b", CHILD_B);
    let plan = workspace::plan(&[("main", &main), ("child_a", &a), ("child_b", &b)]);
    workspace::engine(&plan)
}
