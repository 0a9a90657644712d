//! The process as people do it now, out of a map: who does what for how long, how often, and what
//! takes its place. It must not give work to anyone.

use std::collections::{BTreeMap, BTreeSet};

use super::build::{Build, Part};
use super::flow;
use super::graph::{Kind, Node};
use super::words;

/// More often than anything is done in a week.
const OFTEN_MAX: u64 = 100_000_000;

impl Build<'_> {
    /// Describes people's work, in the order of the map.
    pub(super) fn describe_today(&mut self) {
        let all: Vec<usize> =
            (0..self.graph.nodes.len()).filter(|n| self.is_done_today(*n)).collect();
        if self.cases_per_week.is_none() {
            let often = |n: &usize| self.node(*n)?.data.whole("occurrencesPerWeek");
            let sound = |n: &u64| (1..=OFTEN_MAX).contains(n);
            self.cases_per_week = all.iter().filter_map(often).filter(sound).max();
        }
        for n in self.as_drawn(&all) {
            self.describe(n);
        }
    }

    /// Whether a node says anything of what people do now.
    fn is_done_today(&self, n: usize) -> bool {
        let Some(node) = self.node(n) else { return false };
        let by_hand = node.data.get("automated").and_then(|v| v.as_bool()) != Some(true)
            && (node.data.get("manualSteps").is_some() || node.data.get("estimatedTime").is_some());
        match (self.part(n), node.kind) {
            (Part::Today, _) => true,
            (Part::Review, _) => node.data.get("minutesPerOccurrence").is_some(),
            (_, Kind::Integration) => by_hand,
            _ => false,
        }
    }

    /// These nodes, each after those that lead to it.
    fn as_drawn(&self, nodes: &[usize]) -> Vec<usize> {
        let leads = self.leads_among(nodes, &BTreeMap::new());
        let leads: Vec<flow::Lead> = leads.keys().copied().collect();
        let order = flow::order(nodes.len(), &leads, &BTreeSet::new());
        order.all().filter_map(|at| nodes.get(at).copied()).collect()
    }

    fn describe(&mut self, n: usize) {
        let Some(node) = self.node(n) else { return };
        let (thing, data) = (&node.thing, node.data);
        let step = self.names.get(&n).filter(|_| self.in_order().contains(&n)).cloned();
        let what = ["manualSteps", "description", "condition", "instructions"];
        let what = what.iter().find(|key| data.text(key).is_some());
        let said = what.and_then(|key| data.text(key)).unwrap_or(&thing.name);
        let said = if words::line(said).is_empty() { thing.id.as_str() } else { said };
        let mut keys = vec![format!("does: {}", words::said(&words::line(said)))];
        let is_step = step.is_some();
        if let Some(who) =
            ["owner", "approverRole", "team"].iter().find(|key| data.text(key).is_some())
        {
            let name = words::short(data.text(who).unwrap_or_default());
            keys.push(format!("who: {}", words::said(&name)));
            if !is_step {
                self.account.carried(thing, who, "today: who");
            }
        }
        self.how_long(node, &mut keys);
        if let Some(step) = &step {
            keys.push(format!("becomes: {step}"));
        }
        self.today.push(format!("{{ {} }}", keys.join(", ")));
        if let Some(key) = what.filter(|key| !is_step || **key == "manualSteps") {
            self.account.carried(thing, key, "today: does");
        }
        if !is_step {
            self.account.carried(thing, "name", "a step of `today`");
            self.left_of_today(node);
        }
        if *self.part(n) == Part::Today && !self.is_current {
            let question = match data.text("subtype") {
                Some("physical") => format!(
                    "`{}` stays a person's work. Does anything have to wait for it here? Then put \
                     a review in its place.",
                    thing.name
                ),
                _ => format!(
                    "What takes the place of `{}`, which people do by hand: an agent, a tool, a \
                     review, or nothing?",
                    thing.name
                ),
            };
            self.account.open(thing, "subtype", question);
        }
    }

    fn left_of_today(&mut self, node: &Node<'_>) {
        let (thing, data) = (&node.thing, node.data);
        for field in ["requiredInputs", "producedArtifacts", "inputs", "outputs"] {
            if data.get(field).is_some() && !self.account.knows(thing, field) {
                let says = "what people hand to each other today is not described";
                self.account.left(thing, field, says);
            }
        }
        for field in ["subtype", "direction", "automated", "automationPotential"] {
            let known = self.account.knows(thing, field);
            if data.get(field).is_some() && !known && self.is_current {
                self.account.left(thing, field, "`today` says what is done in words");
            }
        }
    }

    /// Minutes of work and in how many cases. What is done several times in a case counts so often.
    fn how_long(&mut self, node: &Node<'_>, keys: &mut Vec<String>) {
        let (thing, data) = (&node.thing, node.data);
        let said = data.number("minutesPerOccurrence");
        let (field, tenths) = match (&said, data.text("estimatedTime")) {
            (Some(minutes), _) => ("minutesPerOccurrence", words::tenths(minutes)),
            (None, Some(time)) => ("estimatedTime", words::tenths(time)),
            (None, None) => return,
        };
        let Some(tenths) = tenths.filter(|tenths| (1..=1_000_000).contains(tenths)) else {
            let question = format!("How many minutes does `{}` take?", thing.name);
            self.account.open(thing, field, question);
            return;
        };
        let weekly = data.whole("occurrencesPerWeek").filter(|n| (1..=OFTEN_MAX).contains(n));
        let (mut tenths, mut share) = (tenths, 100);
        if let (Some(often), Some(cases)) = (weekly, self.cases_per_week) {
            share = (often * 100 / cases).clamp(1, 100);
            tenths = (tenths * often.div_ceil(cases)).min(1_000_000);
            let says = match often > cases {
                true => "today: minutes, as often as it is done in one case",
                false => "today: share",
            };
            self.account.carried(thing, "occurrencesPerWeek", says);
        }
        keys.push(format!("minutes: {}", words::number(tenths)));
        if share < 100 {
            keys.push(format!("share: {share} %"));
        }
        self.minutes += tenths * share;
        self.account.carried(thing, field, "today: minutes");
    }
}
