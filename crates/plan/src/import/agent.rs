//! A skill of a map as a step and an agent: its instructions, its limits, and what happens when
//! it fails. It must not give an agent more than the map says and a person approved.

use super::account::Thing;
use super::build::{Build, Part};
use super::carry::{level, seconds};
use super::fit::Wanted;
use super::graph::Node;
use super::words;
use crate::ids::ToolName;
use crate::workflow::Autonomy;

/// How often a step may be tried again.
const RETRIES_MAX: u64 = 20;

impl Build<'_> {
    /// The file of an agent.
    pub(super) fn agent_text(&self, n: usize, name: &str) -> String {
        let Some(node) = self.node(n) else { return String::new() };
        let data = node.data;
        let what = data.text("description").unwrap_or(&node.thing.name);
        let what: String = words::line(what).chars().take(400).collect();
        let tools: Vec<String> = self.agent_tools(node).iter().map(ToString::to_string).collect();
        let model = self.model(node).map(|model| format!("model: {model}\n")).unwrap_or_default();
        let list =
            if tools.is_empty() { "[]".to_owned() } else { format!("[ {} ]", tools.join(", ")) };
        let mut text = format!(
            "---\nname: {name}\ndescription: {}\n{model}tools: {list}\n---\n\n",
            words::said(&what)
        );
        match data.text("systemPromptOverride") {
            Some(prompt) => text.push_str(&words::inert(prompt)),
            None => {
                text.push_str(&format!(
                    "You do one step of {}: {}.",
                    self.name,
                    words::line(&node.thing.name)
                ));
                if let Some(more) = data.text("description") {
                    text.push_str("\n\n");
                    text.push_str(&words::inert(more));
                }
            }
        }
        let list = |text: &mut String, head: &str, lines: Vec<String>| {
            if !lines.is_empty() {
                text.push_str(&format!("\n\n{head}\n\n- {}", lines.join("\n- ")));
            }
        };
        let validations = data.texts("validations").into_iter().map(words::inert_line).collect();
        list(&mut text, "See that this is so before you answer:", validations);
        let mut wanted = Vec::new();
        for file in self.values.made.get(&n).into_iter().flatten() {
            let Some(contract) = self.contract(file) else { continue };
            let notes = ["description", "outputContract.validationNote"];
            let notes = notes.iter().filter_map(|key| contract.text(key)).map(words::inert_line);
            wanted.extend(notes.map(|note| format!("{}: {note}", words::inert_line(file))));
        }
        list(&mut text, "What you hand on:", wanted);
        if let Some(prompt) = data.text("retryPolicy.correctivePrompt") {
            list(&mut text, "When an answer was not right:", vec![words::inert_line(prompt)]);
        }
        text.push('\n');
        text
    }

    /// The tools that a map lets a skill use and that are approved here. What they may do is
    /// declared in `mcp.lock`, and its rung says when a person is asked first.
    fn agent_tools(&self, node: &Node<'_>) -> Vec<ToolName> {
        if self.offline(node) {
            return Vec::new();
        }
        let apis = node.data.texts("blastRadius.allowedApis");
        let mut tools: Vec<ToolName> =
            apis.into_iter().filter_map(|api| self.api(node, api)).collect();
        tools.sort();
        tools.dedup();
        tools
    }

    fn offline(&self, node: &Node<'_>) -> bool {
        node.data.get("blastRadius.noNetworkAccess").and_then(|v| v.as_bool()) == Some(true)
    }

    fn api(&self, node: &Node<'_>, api: &str) -> Option<ToolName> {
        let words = format!("{api} {}", node.thing.name);
        let found = self.tools.fit(Wanted { system: api, words: &words, reads: None })?;
        // An agent gets by itself what only reads; what acts stands in a step of its own.
        self.tools.reads(&found).then_some(found)
    }

    /// The model that the map means, where `flightdeck.yaml` has it.
    fn model(&self, node: &Node<'_>) -> Option<String> {
        let wanted = node.data.text("modelName")?.trim().to_lowercase();
        let declared = &self.places.as_ref()?.declared;
        let mut found = declared.iter().filter(|(name, model)| {
            model.model.to_lowercase() == wanted || name.to_string() == wanted
        });
        found.next().map(|(name, _)| name.to_string())
    }

    /// How far a step may go by itself, where that is less far than the workflow.
    pub(super) fn rung(&self, n: usize) -> Option<Autonomy> {
        let node = self.node(n).filter(|_| *self.part(n) == Part::Agent)?;
        let said = node.data.whole("autonomyLevel").and_then(level).unwrap_or(Autonomy::Suggest);
        (said < self.autonomy).then_some(said)
    }

    /// What happens when a step fails, as one line of settings.
    pub(super) fn on_failure(&self, n: usize) -> Option<String> {
        let data = self.node(n).filter(|_| *self.part(n) == Part::Agent)?.data;
        let retry = data.get("retryPolicy").is_some();
        let then = match self.escalates(n) {
            Some(role) => format!("ask: {role}"),
            None if retry => "then: stop".to_owned(),
            None => return None,
        };
        let times = data.whole("retryPolicy.maxAttempts").unwrap_or(3).min(RETRIES_MAX);
        let first = data.whole("retryPolicy.backoffSeconds").unwrap_or(30);
        let first = seconds(first).unwrap_or(30);
        Some(match retry && times > 0 {
            true => format!("{{ retry: {{ times: {times}, first: {first} seconds }}, {then} }}"),
            false => format!("{{ {then} }}"),
        })
    }

    /// The role that a failure is put to.
    fn escalates(&self, n: usize) -> Option<String> {
        let to = self.node(n)?.data.text("escalationPolicy.escalateTo")?;
        let thing = Thing::new(super::Of::Node, to, "");
        let node = (0..self.graph.nodes.len())
            .find(|n| self.node(*n).is_some_and(|node| node.thing.id == thing.id));
        Some(match node {
            Some(node) => self.answering(node),
            None => words::slug(to, "role"),
        })
    }

    /// How long one try may take.
    pub(super) fn time_out(&self, n: usize) -> Option<u64> {
        let node = self.node(n).filter(|_| *self.part(n) == Part::Agent)?;
        node.data.whole("blastRadius.maxRuntimeSeconds").and_then(seconds)
    }

    pub(super) fn note_agent(&mut self, n: usize, node: &Node<'_>) {
        let (step, data) = (self.called(n), node.data);
        let agent = self.agents.get(&n).cloned().unwrap_or_default();
        let thing = &node.thing;
        self.account.carried(thing, "name", format!("step `{step}`, agent `{agent}`"));
        let file = format!("agents/{agent}.md");
        for field in ["description", "systemPromptOverride", "retryPolicy.correctivePrompt"] {
            if data.get(field).is_some() {
                self.account.carried(thing, field, file.clone());
            }
        }
        for field in ["notes", "escalationPolicy.escalationNote"] {
            if data.get(field).is_some() {
                self.account.carried(thing, field, format!("the text of `{step}`"));
            }
        }
        if data.get("validations").is_some() {
            let says = format!(
                "{file}; nothing checks them by itself: write what can be checked as `must_hold`"
            );
            self.account.carried(thing, "validations", says);
        }
        if data.get("enabled").is_some() {
            self.account.carried(thing, "enabled", "it is a step");
        }
        self.note_given(n, node, "inputs", &format!("{step}: given"));
        if data.get("outputs").is_some() {
            self.account.carried(thing, "outputs", format!("{step}: answer"));
        }
        if data.text("owner").is_some() {
            self.account.left(thing, "owner", "one person answers for a workflow: `accountable`");
        }
        self.note_levels(n, node);
        self.note_radius(node);
        self.note_failure(n, node);
        self.note_model(node);
    }

    fn note_levels(&mut self, n: usize, node: &Node<'_>) {
        let thing = &node.thing;
        let step = self.called(n);
        match node.data.whole("autonomyLevel").and_then(level) {
            Some(said) if said > self.autonomy => {
                let says = format!(
                    "`{}` is the most that the risk allows; the map says `{}`",
                    self.autonomy.as_str(),
                    said.as_str()
                );
                self.account.carried(thing, "autonomyLevel", says);
            }
            Some(said) => {
                self.account.carried(
                    thing,
                    "autonomyLevel",
                    format!("{step}: `{}`", said.as_str()),
                );
            }
            None => {
                let says = format!(
                    "{step}: `suggest`; where a map does not say it, nothing goes by itself"
                );
                self.account.carried(thing, "autonomyLevel", says);
            }
        }
        if node.data.get("riskCategory").is_some() {
            let says = "`risk` is that of the riskiest step";
            self.account.carried(thing, "riskCategory", says);
        }
    }

    /// What a step may touch: tools that are approved, and nothing else.
    fn note_radius(&mut self, node: &Node<'_>) {
        let (thing, data) = (&node.thing, node.data);
        if data.whole("blastRadius.maxRuntimeSeconds").and_then(seconds).is_some() {
            self.account.carried(thing, "blastRadius.maxRuntimeSeconds", "time_out");
        }
        for field in ["blastRadius.allowedPaths", "blastRadius.blockedPaths"] {
            if data.get(field).is_some() {
                let says = "an agent here reaches no files but through tools, and each server's \
                            box says which folders it may touch";
                self.account.left(thing, field, says);
            }
        }
        if data.get("blastRadius.noNetworkAccess").is_some() {
            let says = match self.offline(node) {
                true => "`tools: []`: without tools an agent reaches nothing",
                false => "it reaches what its tools reach",
            };
            self.account.carried(thing, "blastRadius.noNetworkAccess", says);
        }
        for api in data.texts("blastRadius.allowedApis") {
            let field = "blastRadius.allowedApis";
            match self.api(node, api).filter(|_| !self.offline(node)) {
                Some(tool) => self.account.carried(thing, field, format!("`{tool}`")),
                None => {
                    let question = format!(
                        "Which tool of `{}` may `{}` use? None that only reads and fits is \
                         approved here.",
                        words::short(api),
                        thing.name
                    );
                    self.account.open(thing, field, question);
                }
            }
        }
    }

    fn note_failure(&mut self, n: usize, node: &Node<'_>) {
        let (thing, data) = (&node.thing, node.data);
        let says = self.on_failure(n).map(|line| format!("on_failure: {line}"));
        for field in ["retryPolicy.maxAttempts", "retryPolicy.backoffSeconds"] {
            if data.get(field).is_some() {
                self.account.carried(thing, field, says.clone().unwrap_or_default());
            }
        }
        if let Some(role) = self.escalates(n) {
            self.needs(&role);
            let field = "escalationPolicy.escalateTo";
            self.account.carried(thing, field, says.unwrap_or_default());
        }
        if data.get("escalationPolicy.afterFailures").is_some() {
            let says = "a person is asked when the tries of `retry` are used up";
            self.account.left(thing, "escalationPolicy.afterFailures", says);
        }
    }

    fn note_model(&mut self, node: &Node<'_>) {
        let (thing, data) = (&node.thing, node.data);
        let named: Vec<String> = ["runtimeTarget", "modelName"]
            .iter()
            .filter_map(|key| data.text(key))
            .map(words::short)
            .collect();
        if !named.is_empty() {
            let found = self.model(node);
            for field in ["runtimeTarget", "modelName"] {
                if data.text(field).is_none() {
                    continue;
                }
                match &found {
                    Some(model) => self.account.carried(thing, field, format!("model `{model}`")),
                    None => {
                        let question = format!(
                            "Which model of `flightdeck.yaml` is `{}`? The default answers until then.",
                            named.join(" ")
                        );
                        self.account.open(thing, field, question);
                    }
                }
            }
        }
        if data.get("estimatedTokensPerRun").is_some() {
            let says = "an estimate limits nothing; `flightdeck test` measures, and \
                        `limits.case.tokens` holds it";
            self.account.left(thing, "estimatedTokensPerRun", says);
        }
    }
}
