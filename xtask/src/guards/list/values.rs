//! Where values come from, what they may be, and how much of them.

use super::{BOTH, ENGINE, Guard};

const ADVANCE: &str = "crates/engine/src/advance.rs";
const FLOW: &str = "crates/guard/src/flow.rs";
const LEASH: &str = "crates/guard/src/leash.rs";
const WORKFLOW: &str = "crates/plan/src/workflow.rs";
const LIMITS: &str = "crates/guard/src/limits.rs";
const LINKS: &str = "crates/guard/src/links.rs";
const LISTS: &str = "crates/guard/src/lists.rs";
const SURE: &str = "crates/engine/src/agent/sure.rs";
const TAGS: &str = "crates/guard/src/tags.rs";

pub const ALL: &[Guard] = &[
    Guard {
        name: "one sender opens so many cases in an hour and no more",
        file: ADVANCE,
        is: "if let Some(most) = workflow.limits.hour.each_sender {",
        becomes: "if let Some(most) = workflow.limits.hour.each_sender.map(|_| u64::MAX) {",
        rooms: ENGINE,
    },
    Guard {
        name: "answers that must be alike are compared",
        file: SURE,
        is: "plain(one.get(*name)) != plain(two.get(*name))",
        becomes: "plain(one.get(*name)) != plain(one.get(*name))",
        rooms: ENGINE,
    },
    Guard {
        name: "what a checker does not find right is in doubt",
        file: SURE,
        is: "Some(body) if self.chosen_in(body) == Some(0) => {}",
        becomes: "Some(_) if true => {}",
        rooms: ENGINE,
    },
    Guard {
        name: "a model that does not say how sure it is is in doubt",
        file: SURE,
        is: "(Some(_), None) => doubts.push(",
        becomes: "(Some(_), None) => drop(",
        rooms: ENGINE,
    },
    Guard {
        name: "whatever a judge says but no is a suspicion",
        file: SURE,
        is: "if self.chosen_in(answer) != Some(0) {",
        becomes: "if self.chosen_in(answer) == Some(1) {",
        rooms: ENGINE,
    },
    Guard {
        name: "a judge looks before the agent does",
        file: SURE,
        is: "        Ok(all)\n",
        becomes: "        Ok(all || true)\n",
        rooms: ENGINE,
    },
    Guard {
        name: "a word that must not be said is found",
        file: LISTS,
        is: "    let found: Vec<&str> = list.iter().filter(holds)",
        becomes: "    let found: Vec<&str> = list.iter().take(0).filter(holds)",
        rooms: BOTH,
    },
    Guard {
        name: "leave ends on its last day",
        file: TAGS,
        is: "leave.holds(today)",
        becomes: "!today.is_empty()",
        rooms: BOTH,
    },
    Guard {
        name: "the limit of acts",
        file: LIMITS,
        is: "if purse.acts >= limits.acts {",
        becomes: "if false {",
        rooms: BOTH,
    },
    Guard {
        name: "the limit of cost",
        file: LIMITS,
        is: "if after.cost_nanos > limits.cost_nanos {",
        becomes: "if false {",
        rooms: BOTH,
    },
    Guard {
        name: "the limit of tokens",
        file: LIMITS,
        is: "if after.tokens() > limits.tokens {",
        becomes: "if false {",
        rooms: BOTH,
    },
    Guard {
        name: "the limit of time",
        file: LIMITS,
        is: "if after.active_ms > limits.active_ms {",
        becomes: "if false {",
        rooms: BOTH,
    },
    Guard {
        name: "the same call again and again",
        file: LIMITS,
        is: "if earlier.iter().filter(|call| is_this(call)).count() >= SAME_MAX {",
        becomes: "if false {",
        rooms: BOTH,
    },
    Guard {
        name: "two calls in turn again and again",
        file: LIMITS,
        is: r"        && is_this(a)
",
        becomes: r"        && false && is_this(a)
",
        rooms: BOTH,
    },
    Guard {
        name: "a protected argument needs something that stands for it",
        file: FLOW,
        is: r"    if tool.effect == Effect::Read {
        return false;
    }",
        becomes: r"    if tool.effect == Effect::Read || true {
        return false;
    }",
        rooms: BOTH,
    },
    Guard {
        name: "arguments nobody spoke of count as the worst",
        file: FLOW,
        is: "let unsaid = tool.args.is_empty() && tool.effect != Effect::Write;",
        becomes: "let unsaid = false;",
        rooms: BOTH,
    },
    Guard {
        name: "a label without an origin is worth nothing",
        file: FLOW,
        is: "label.origins != Sources::NONE && !label.origins.untrusted()",
        becomes: "!label.origins.untrusted()",
        rooms: BOTH,
    },
    Guard {
        name: "a value from outside stands for nothing",
        file: FLOW,
        is: r#"    if !origins_trusted(label) {
        mark!("flow:outside");"#,
        becomes: r#"    if false {
        mark!("flow:outside");"#,
        rooms: BOTH,
    },
    Guard {
        name: "what something outside chose takes more than one key",
        file: FLOW,
        is: r#"    if !label.influences.untrusted() {
        mark!("flow:trusted");"#,
        becomes: r#"    if true {
        mark!("flow:trusted");"#,
        rooms: BOTH,
    },
    Guard {
        name: "two keys have to agree",
        file: FLOW,
        is: "sourcing.keys_of(path) >= 2",
        becomes: "sourcing.keys_of(path) >= 1",
        rooms: BOTH,
    },
    Guard {
        name: "only own effects are named by what chose them",
        file: FLOW,
        is: "if own && label.origins.has(Source::Tool) {",
        becomes: "if label.origins.has(Source::Tool) {",
        rooms: BOTH,
    },
    Guard {
        name: "a way chosen from outside chooses among few values",
        file: FLOW,
        is: "(2..=DECLARED_MAX).contains(&choices)",
        becomes: "(2..).contains(&choices)",
        rooms: BOTH,
    },
    Guard {
        name: "a literal on a way chosen from outside is not the plan's word",
        file: FLOW,
        is: "if !influences.untrusted() || choices == 1 {",
        becomes: "if true {",
        rooms: BOTH,
    },
    Guard {
        name: "a fact from outside backs nothing",
        file: FLOW,
        is: "    if !origins_trusted(&fact.label) {",
        becomes: "    if false {",
        rooms: BOTH,
    },
    Guard {
        name: "a fact whose condition fails backs nothing",
        file: FLOW,
        is: r#"            mark!("backing:when_fails");
            return false;"#,
        becomes: r#"            mark!("backing:when_fails");"#,
        rooms: BOTH,
    },
    Guard {
        name: "a fact's condition rests on what is trusted",
        file: FLOW,
        is: "Some(Ok(true)) if sourcing.condition_trusted(step, arg.name) => {",
        becomes: "Some(Ok(true)) if true => {",
        rooms: BOTH,
    },
    Guard {
        name: "an amount is within its margin of the fact",
        file: FLOW,
        is: "is_some_and(|(d, within)| d <= within)",
        becomes: "is_some_and(|(d, within)| d <= within || true)",
        rooms: BOTH,
    },
    Guard {
        name: "a fact of another kind backs nothing",
        file: FLOW,
        is: r#"            mark!("backing:kinds");
            false"#,
        becomes: r#"            mark!("backing:kinds");
            true"#,
        rooms: BOTH,
    },
    Guard {
        name: "nothing equals an empty id",
        file: FLOW,
        is: " && !bare(a).is_empty()",
        becomes: "",
        rooms: BOTH,
    },
    Guard {
        name: "high risk asks before what cannot be undone",
        file: LEASH,
        is: "Autonomy::ActWithUndo if !undo => {",
        becomes: "Autonomy::ActWithUndo if false => {",
        rooms: BOTH,
    },
    Guard {
        name: "a critical workflow asks",
        file: WORKFLOW,
        is: "Self::Critical => Autonomy::Approve,",
        becomes: "Self::Critical => Autonomy::Act,",
        rooms: BOTH,
    },
    Guard {
        name: "files never ask for more freedom than the risk allows",
        file: WORKFLOW,
        is: "self.autonomy.min(self.risk.allows()).min(of_step)",
        becomes: "self.autonomy.min(of_step)",
        rooms: BOTH,
    },
    Guard {
        name: "a step goes no further than its own map says",
        file: WORKFLOW,
        is: "self.autonomy.min(self.risk.allows()).min(of_step)",
        becomes: "self.autonomy.min(self.risk.allows()).min(of_step.max(Autonomy::Act))",
        rooms: BOTH,
    },
    Guard {
        name: "what somebody holds lower stays there",
        file: LEASH,
        is: "leash.max(held)",
        becomes: "leash.min(held)",
        rooms: BOTH,
    },
    Guard {
        name: "a link must have been given",
        file: LINKS,
        is: ".difference(&known).cloned().collect()",
        becomes: ".difference(&written).filter(|link| known.contains(*link)).cloned().collect()",
        rooms: BOTH,
    },
];
