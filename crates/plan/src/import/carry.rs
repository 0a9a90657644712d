//! What becomes of each node, field by field: what is carried to where, what becomes a question,
//! and what is left for which reason. It must not write a file.

use super::account::Thing;
use super::build::{Build, Part};
use super::fit::Wanted;
use super::graph::{Kind, Node};
use super::words;
use crate::ids::ToolName;
use crate::value::scaled;
use crate::workflow::{Autonomy, Risk};

/// The role that answers where a map names nobody.
pub(super) const REVIEWER: &str = "reviewer";
/// The longest time that one try may take, in seconds: a day.
const SECONDS_MAX: u64 = 86_400;

impl Build<'_> {
    /// The tool that does what an integration stands for.
    pub(super) fn tool_for(&self, node: &Node<'_>) -> Option<ToolName> {
        let data = node.data;
        let text = |key: &str| data.text(key).unwrap_or_default();
        let words = format!("{} {} {}", node.thing.name, text("subtype"), text("name"));
        let reads = match data.text("direction") {
            Some("inbound") => Some(true),
            Some("outbound") => Some(false),
            _ => None,
        };
        self.tools.fit(Wanted { system: text("system"), words: &words, reads })
    }

    /// The role of the person that a node names, in our words.
    pub(super) fn role_of(&self, n: usize) -> Option<String> {
        let data = self.node(n)?.data;
        let said = ["approverRole", "owner", "team"].iter().find_map(|key| data.text(key))?;
        Some(words::slug(said, "role"))
    }

    /// The role that answers for a node, also where the map names none.
    pub(super) fn answering(&self, n: usize) -> String {
        let first = || {
            let steps = self.in_order();
            steps
                .into_iter()
                .filter(|n| *self.part(*n) == Part::Review)
                .find_map(|n| self.role_of(n))
        };
        self.role_of(n).or_else(first).unwrap_or_else(|| REVIEWER.to_owned())
    }

    /// The settings of the map as a whole.
    pub(super) fn top(&mut self) {
        let (top, map) = (self.graph.top, Thing::map());
        self.account.carried(&map, "name", format!("`workflow: {}`", self.name));
        for (field, to) in [("objective", "purpose"), ("description", "purpose")] {
            if top.text(field).is_some() {
                let first = field == "objective" || top.text("objective").is_none();
                let to = if first { to } else { "the text below the settings" };
                self.account.carried(&map, field, to);
            }
        }
        if let Some(weekly) = top.whole("environment.weeklyFrequency").filter(|n| *n > 0) {
            self.cases_per_week = Some(weekly.min(100_000_000));
            self.account.carried(&map, "environment.weeklyFrequency", "baseline.cases_per_week");
        }
        let systems = top.texts("environment.existingSystems");
        if !systems.is_empty() && !self.is_current {
            let systems: Vec<String> = systems.into_iter().map(words::short).collect();
            let question = format!(
                "Which of these systems are tools here: {}? Declare a server for each with \
                 `flightdeck mcp add`.",
                systems.join(", ")
            );
            self.account.open(&map, "environment.existingSystems", question);
        }
        if top.text("sourceWorkflowId").is_some() {
            let says = "import the map that it was made from as well; what people do now is \
                        described in `today`";
            self.account.left(&map, "sourceWorkflowId", says);
        }
    }

    /// Risk, autonomy and cost of the whole: the highest that a step says, and never more than the
    /// risk allows. What nobody said is the most careful answer.
    pub(super) fn levels(&mut self) {
        let steps: Vec<usize> =
            self.in_order().into_iter().filter(|n| *self.part(*n) == Part::Agent).collect();
        let risks = steps.iter().filter_map(|n| risk(self.node(*n)?.data.text("riskCategory")?));
        match risks.max() {
            Some(risk) => self.risk = risk,
            None if self.is_current => {}
            None => self.account.asks(
                "How bad is a mistake? The map does not say; `risk: high` stands in the file."
                    .into(),
            ),
        }
        let levels =
            steps.iter().filter_map(|n| level(self.node(*n)?.data.whole("autonomyLevel")?));
        match levels.max() {
            Some(level) => self.autonomy = level.min(self.risk.allows()),
            None if self.is_current => {}
            None => self.account.asks(
                "How far may it go by itself? The map does not say, so it only suggests: \
                 `autonomy: suggest`."
                    .into(),
            ),
        }
        for n in steps {
            let Some(node) = self.node(n) else { continue };
            let Some(cost) = node.data.number("blastRadius.maxCostUsd") else { continue };
            let field = "blastRadius.maxCostUsd";
            match scaled(&cost, 4).ok().filter(|cost| (1..=1_000_000_000).contains(cost)) {
                None => {
                    let question =
                        format!("What may `{}` cost? `{cost}` is no amount.", node.thing.name);
                    self.account.open(&node.thing, field, question);
                }
                Some(cost) if self.in_dollars() => {
                    self.cost += cost;
                    self.account.carried(&node.thing, field, "part of limits.case.cost");
                }
                Some(_) => {
                    let question = format!(
                        "What may `{}` cost? The map says {cost} USD, and costs are counted in \
                         another currency here.",
                        node.thing.name
                    );
                    self.account.open(&node.thing, field, question);
                }
            }
        }
    }

    fn in_dollars(&self) -> bool {
        let currency = self.places.as_ref().and_then(|places| places.currency);
        currency.is_none_or(|currency| currency.to_string() == "USD")
    }

    /// What becomes of one node.
    pub(super) fn carry(&mut self, n: usize) {
        let Some(node) = self.node(n) else { return };
        let thing = &node.thing;
        if self.account.knows(thing, "") {
            return;
        }
        if ["name", "description", "notes", "instructions", "systemPromptOverride"]
            .iter()
            .any(|key| node.data.text(key).is_some_and(words::is_changed))
        {
            let says = "hidden characters, and what is longer than a text may be, were taken out";
            self.account.left(thing, "texts", says);
        }
        match (self.part(n).clone(), node.kind) {
            (_, Kind::Proposal) => {
                let says = "a proposal of the other product: decide on it there, or change the \
                            file here";
                self.account.left(thing, "", says);
            }
            (_, Kind::System) => {
                self.account.left(thing, "", "it says what is around, and does nothing");
            }
            (_, Kind::Unknown) => {
                let says = format!("`{}` is no kind of node that is known", node.written);
                self.account.left(thing, "", says);
            }
            (Part::Left, Kind::Skill) => {
                self.account.left(thing, "", "it is switched off in the map");
            }
            (Part::Agent, _) => self.note_agent(n, node),
            (Part::Review, _) => self.note_review(n, node),
            (Part::Tool(tool), _) => self.note_tool(n, node, &tool),
            (Part::Start, _) => self.note_start(node),
            (Part::Wanted, _) => self.note_wanted(node),
            (Part::Data, _) => self.note_data(n, node),
            // Today's work is described, and conditions are noted when it is known who answers.
            (Part::Today | Part::Split | Part::Left, _) => {}
        }
    }

    /// A role that the workflow names has to be held by somebody.
    pub(super) fn needs(&mut self, role: &str) {
        let known = self.places.as_ref().is_some_and(|places| places.roles.contains_key(role));
        if self.roles.insert(role.to_owned()) && !known {
            let question =
                format!("Who holds the role `{role}`? Name people in `flightdeck.yaml`.");
            self.account.asks(question);
        }
    }

    fn note_review(&mut self, n: usize, node: &Node<'_>) {
        let (step, role) = (self.called(n), self.answering(n));
        let at = |key: &str| format!("{step}: review.{key}");
        self.account.carried(&node.thing, "name", format!("step `{step}`"));
        self.account.carried(&node.thing, "subtype", "a review: a person decides");
        for field in ["approverRole", "owner", "team"] {
            if node.data.text(field).is_some() && self.role_of(n).as_ref() == Some(&role) {
                self.account.carried(&node.thing, field, at("by"));
                break;
            }
        }
        if self.role_of(n).is_none() {
            self.account.open(&node.thing, "approverRole", format!("Who decides in `{step}`?"));
        }
        self.needs(&role);
        let asked = node.data.text("instructions").map_or("description", |_| "instructions");
        for field in ["instructions", "description", "notes"] {
            if node.data.text(field).is_some() {
                let to =
                    if field == asked { at("question") } else { format!("the text of `{step}`") };
                self.account.carried(&node.thing, field, to);
            }
        }
        self.note_given(n, node, "requiredInputs", "review.show");
        if node.data.get("producedArtifacts").is_some() {
            let says = "what a person approves goes on as it was shown";
            self.account.carried(&node.thing, "producedArtifacts", says);
        }
        if node.data.get("automationPotential").is_some() {
            self.account.left(&node.thing, "automationPotential", "a person decides here");
        }
        self.account.asks(
            "How soon do people answer, and what follows when nobody does? The map does not say; \
             `8 working hours`, then stop, stands in the file."
                .into(),
        );
    }

    fn note_tool(&mut self, n: usize, node: &Node<'_>, tool: &ToolName) {
        let step = self.called(n);
        self.account.carried(&node.thing, "name", format!("step `{step}`: tool `{tool}`"));
        for field in ["subtype", "system", "direction", "automated"] {
            if node.data.get(field).is_some() {
                self.account.carried(&node.thing, field, format!("`{tool}` was chosen by it"));
            }
        }
        for field in ["description", "notes"] {
            if node.data.text(field).is_some() {
                self.account.carried(&node.thing, field, format!("the text of `{step}`"));
            }
        }
        let question = format!(
            "Is `{tool}` the tool that `{step}` means, and with which values is it called? Write \
             them under `with`."
        );
        self.account.open(&node.thing, "", question);
        self.note_given(n, node, "inputs", "to be named under `with`");
        if node.data.get("outputs").is_some() {
            self.account.carried(&node.thing, "outputs", format!("what `{step}` gives"));
        }
    }

    fn note_start(&mut self, node: &Node<'_>) {
        let text = |key: &str| node.data.text(key).map(words::short).unwrap_or_default();
        self.account.carried(&node.thing, "name", "`case.one`: what one case is");
        for field in ["description", "outputs", "direction"] {
            if node.data.get(field).is_some() {
                self.account.carried(&node.thing, field, "`case`");
            }
        }
        let question = format!(
            "How does a case begin? The map says: `{}` ({} {}). Write it under `starts`; until \
             then people begin cases by hand.",
            node.thing.name,
            text("subtype").replace('_', " "),
            text("system")
        );
        self.account.open(&node.thing, "subtype", question.clone());
        if node.data.get("system").is_some() {
            self.account.open(&node.thing, "system", question);
        }
    }

    fn note_wanted(&mut self, node: &Node<'_>) {
        let text = |key: &str| node.data.text(key).map(words::short).unwrap_or_default();
        let question = format!(
            "Which tool does `{}` ({} {})? None that fits is approved here: declare its server \
             with `flightdeck mcp add`, approve it with `flightdeck mcp pin`, and add the step.",
            node.thing.name,
            text("subtype").replace('_', " "),
            text("system")
        );
        self.account.open(&node.thing, "", question);
    }

    fn note_data(&mut self, n: usize, node: &Node<'_>) {
        let Some(file) = self.file(n) else { return };
        let steps = self.in_order();
        let maker = steps
            .into_iter()
            .rfind(|step| self.values.made.get(step).is_some_and(|m| m.contains(&file)));
        let to = match (maker, self.values.case.get(&file)) {
            (_, Some(field)) => format!("`case.{field}`"),
            (Some(maker), None) => {
                match self.values.fields.get(&maker).and_then(|f| f.get(&file)) {
                    Some(fields) => {
                        format!("`{}` answers with {}", self.called(maker), fields.join(", "))
                    }
                    None => format!("what `{}` gives", self.called(maker)),
                }
            }
            (None, None) => {
                let says = match self.is_current {
                    true => "what people hand to each other today is not described",
                    false => "no step makes it and none is given it",
                };
                self.account.left(&node.thing, "", says);
                return;
            }
        };
        for field in ["name", "fileName", "description"] {
            if node.data.get(field).is_some() {
                self.account.carried(&node.thing, field, to.clone());
            }
        }
        let answers = maker.filter(|maker| *self.part(*maker) == Part::Agent);
        for field in ["outputContract.requiredFields", "outputContract.validationNote"] {
            if node.data.get(field).is_some() && answers.is_some() {
                let says =
                    if field.ends_with('s') { to.as_str() } else { "the agent's instructions" };
                self.account.carried(&node.thing, field, says);
            }
        }
        for field in ["artifactType", "outputContract.format", "outputContract.maxSizeKb"] {
            if node.data.get(field).is_some() {
                let says = "steps hand on values with a kind, not files; the kind is `text` until \
                            somebody says another";
                self.account.left(&node.thing, field, says);
            }
        }
    }

    /// What a step is given, and what is not there by then.
    pub(super) fn note_given(&mut self, n: usize, node: &Node<'_>, field: &str, to: &str) {
        let (paths, late) = self.values.paths(self, n);
        if node.data.get(field).is_some() {
            let paths = if paths.is_empty() { "case".to_owned() } else { paths.join(", ") };
            self.account.carried(&node.thing, field, format!("{to}: {paths}"));
        }
        for file in late {
            let question = format!(
                "Where does `{}` get `{file}` from? No step has made it for sure by then.",
                self.called(n)
            );
            self.account.open(&node.thing, field, question);
        }
    }
}

fn risk(word: &str) -> Option<Risk> {
    Some(match word {
        "standard" | "customer_facing" => Risk::Medium,
        "financial" | "legal" => Risk::High,
        "critical" => Risk::Critical,
        _ => return None,
    })
}

pub(super) fn level(level: u64) -> Option<Autonomy> {
    usize::try_from(level).ok().and_then(|level| Autonomy::ALL.get(level).copied())
}

pub(super) fn seconds(n: u64) -> Option<u64> {
    (1..=SECONDS_MAX).contains(&n).then_some(n)
}
