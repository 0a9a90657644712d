//! What each step becomes: a skill, a person, an integration, a condition. It must not say what is
//! lost on the way.

use serde_json::{Value, json};

use super::{BEGIN, Sheet, after, left, level};
use crate::expr::Path;
use crate::show;
use crate::workflow::{
    AgentStep, Arg, DecideStep, Does, Effect, EndOutcome, LateEnd, LookupStep, Next, Recover,
    ReviewStep, Risk, Start, Step, ToolStep, Work,
};

impl<'w> Sheet<'w> {
    /// Where a case comes from.
    pub(super) fn begin(&mut self) {
        let workflow = self.workflow;
        let starts = &workflow.starts;
        let (subtype, system) = match starts.first() {
            Some(Start::Folder(folder)) => ("file_transfer", Some(folder.clone())),
            Some(Start::Hook(hook)) => ("webhook", Some(hook.name.to_string())),
            Some(Start::At(_)) => ("other", Some("clock".to_owned())),
            None => ("form_submit", None),
        };
        let says: Vec<String> = starts.iter().map(show::start).collect();
        let files: Vec<String> =
            workflow.case.fields.keys().map(|field| format!("{field}.txt")).collect();
        let data = json!({
            "name": workflow.case.one,
            "description": if says.is_empty() { workflow.case.one.clone() } else { says.join(" ") },
            "subtype": subtype,
            "system": system,
            "direction": "inbound",
            "inputs": [],
            "outputs": files,
            "automated": !starts.is_empty(),
        });
        self.node(BEGIN, "integration", data);
        self.edge(BEGIN, workflow.first.as_str(), "integration", "");
    }

    /// One step, with the ways that leave it.
    pub(super) fn step(&mut self, step: &'w Step) {
        let next = after(self.workflow, step, &step.next);
        let name = step.id.as_str();
        match &step.does {
            Does::Agent(agent) => {
                self.skill(step, agent);
                self.way(name, next, "output", "");
            }
            Does::Tool(call) => {
                self.tool(step, call);
                self.way(name, next, "integration", "");
            }
            Does::Lookup(lookup) => {
                self.lookup(step, lookup);
                self.way(name, next, "integration", "");
            }
            Does::Decide(decide) => self.decide(step, decide),
            Does::Review(review) => {
                self.person(step, review);
                self.way(name, next, "human", "approved");
                if let LateEnd::Go(to) = &review.if_rejected.then {
                    self.edge(name, to.as_str(), "human", "rejected");
                }
            }
            Does::Parallel(all) => {
                self.around(step, "at the same time");
                for branch in all.branches.values() {
                    self.edge(name, branch.first.as_str(), "integration", "");
                }
            }
            Does::End(end) => self.around(
                step,
                match end.outcome {
                    EndOutcome::Done => "done",
                    EndOutcome::Rejected => "rejected",
                    EndOutcome::Failed => "failed",
                },
            ),
            Does::Each(_) => self.passed(step, "for each", next),
            Does::Wait(_) => self.passed(step, "wait", next),
            Does::Workflow(_) => self.passed(step, "another workflow", next),
        }
        left::of_step(self, step);
    }

    fn passed(&mut self, step: &Step, role: &str, next: Option<&str>) {
        self.around(step, role);
        self.way(step.id.as_str(), next, "integration", "");
    }

    /// What no kind of node there does: it is drawn, and says what happens here.
    fn around(&mut self, step: &Step, role: &str) {
        let data = json!({
            "name": step.id, "systemRole": role, "description": self.says(step),
        });
        self.node(step.id.as_str(), "system", data);
    }

    fn says(&self, step: &Step) -> String {
        show::of_step(self.workflow, step).join(" ")
    }

    /// The files of the values that a step is given.
    fn given<'p>(&mut self, to: &str, paths: impl Iterator<Item = &'p Path>) -> Vec<String> {
        let mut all = Vec::new();
        for path in paths {
            match (path.root(), path.fields().next()) {
                ("case", Some(field)) => all.push(format!("{field}.txt")),
                ("case", None) => {
                    let fields = self.workflow.case.fields.keys();
                    all.extend(fields.map(|field| format!("{field}.txt")));
                }
                (root, _) if self.makes(root) => all.push(format!("{root}.json")),
                _ => {}
            }
        }
        all.sort();
        all.dedup();
        for file in &all {
            self.files.entry(file.clone()).or_default().insert(to.to_owned());
        }
        all
    }

    /// Whether a step makes a file there: it is drawn, and gives a value.
    fn makes(&self, name: &str) -> bool {
        let mut steps = self.workflow.steps.iter().filter(|step| step.id.as_str() == name);
        let gives = |does: &Does| {
            matches!(does, Does::Agent(_) | Does::Tool(_) | Does::Lookup(_) | Does::Each(_))
        };
        self.reached.contains(name) && steps.any(|step| gives(&step.does))
    }

    fn skill(&mut self, step: &Step, agent: &AgentStep) {
        let workflow = self.workflow;
        let name = step.id.as_str();
        let (paths, tools) = match &agent.work {
            Work::Copy { from, .. } => (vec![from], [].as_slice()),
            Work::Answer { tools, .. } => (agent.given.iter().collect(), tools.as_slice()),
        };
        let inputs = self.given(name, paths.into_iter());
        let model = workflow.answering(agent).first().and_then(|name| workflow.models.get(name));
        let own = agent.instructions.iter().find(|one| one.source.starts_with("agents/"));
        let checks: Vec<String> = agent.must_hold.iter().map(crate::expr::Expr::sentence).collect();
        let rung = workflow.rung(Some(step));
        self.rungs.push(rung);
        let runs = (step.time_out_ms / 1_000).max(1);
        let data = json!({
            "name": name,
            "fileName": format!("{name}.yaml"),
            "description": self.says(step),
            "inputs": inputs,
            "outputs": [format!("{name}.json")],
            "requires": [],
            "produces": [],
            "validations": checks,
            "tags": [],
            "enabled": true,
            "version": 1,
            "notes": text(&step.text),
            "systemPromptOverride": own.map(|one| &one.text),
            "autonomyLevel": level(rung),
            "riskCategory": risk(workflow.risk),
            "blastRadius": {
                "allowedApis": tools,
                "noNetworkAccess": tools.is_empty(),
                "maxRuntimeSeconds": runs,
            },
            "retryPolicy": retry(step),
            "escalationPolicy": match &step.on_failure {
                Recover::Ask(role) => json!({
                    "afterFailures": step.retry.times + 1, "escalateTo": role,
                }),
                Recover::Go(_) | Recover::Stop => Value::Null,
            },
            "runtimeTarget": model.map(|model| target(&model.vendor)),
            "modelName": model.map(|model| &model.model),
        });
        self.node(name, "skill", super::without_nulls(data));
    }

    fn tool(&mut self, step: &Step, call: &ToolStep) {
        let name = step.id.as_str();
        let inputs = self.given(name, call.with.values().filter_map(path));
        let reads =
            self.workflow.tools.get(&call.tool).is_some_and(|tool| tool.effect == Effect::Read);
        let data = json!({
            "name": name,
            "description": self.says(step),
            "subtype": "other",
            // The whole name of the tool, which the way back takes at its word.
            "system": call.tool,
            "direction": if reads { "inbound" } else { "outbound" },
            "inputs": inputs,
            "outputs": [format!("{name}.json")],
            "automated": true,
            "notes": text(&step.text),
        });
        self.node(name, "integration", data);
    }

    fn lookup(&mut self, step: &Step, lookup: &LookupStep) {
        let name = step.id.as_str();
        let paths: Vec<&Path> = lookup.finds.values().flat_map(|find| find.by.values()).collect();
        let inputs = self.given(name, paths.into_iter());
        let tables: Vec<String> =
            lookup.finds.values().map(|find| find.table.to_string()).collect();
        let data = json!({
            "name": name,
            "description": self.says(step),
            "subtype": "other",
            "system": tables.join(", "),
            "direction": "inbound",
            "inputs": inputs,
            "outputs": [format!("{name}.json")],
            "automated": true,
            "notes": text(&step.text),
        });
        self.node(name, "integration", data);
    }

    fn person(&mut self, step: &Step, review: &ReviewStep) {
        let name = step.id.as_str();
        let inputs = self.given(name, review.show.iter());
        let own = |today: &&crate::workflow::TodayStep| {
            today.becomes.as_ref().is_some_and(|steps| steps.contains(&step.id))
        };
        let today = self.workflow.today.iter().find(own);
        let minutes = today.and_then(|today| today.seconds).filter(|n| n.is_multiple_of(60));
        let weekly = self.workflow.baseline.as_ref().zip(today).map(|(baseline, today)| {
            u64::from(baseline.cases_per_week) * u64::from(today.share) / 1_000_000
        });
        let asked = Some(review.question.as_str()).filter(|text| !text.is_empty());
        let data = json!({
            "name": name,
            "description": self.says(step),
            "subtype": "approval",
            "automationPotential": "medium",
            "approverRole": review.by,
            "instructions": asked.unwrap_or(name),
            "requiredInputs": inputs,
            "producedArtifacts": [],
            "minutesPerOccurrence": minutes.map(|seconds| seconds / 60),
            "occurrencesPerWeek": weekly.filter(|n| *n > 0 && minutes.is_some()),
            "notes": text(&step.text),
        });
        self.node(name, "human", data);
    }

    /// One condition for each row that goes elsewhere than the one below it, one after the other.
    fn decide(&mut self, step: &'w Step, decide: &'w DecideStep) {
        let mut rows: Vec<(Vec<&crate::expr::Expr>, &Next)> = Vec::new();
        for row in &decide.first {
            match rows.last_mut().filter(|(_, go)| **go == row.go) {
                Some((when, _)) => when.push(&row.when),
                None => rows.push((vec![&row.when], &row.go)),
            }
        }
        let mut name = step.id.to_string();
        let count = rows.len();
        for (n, (when, go)) in rows.into_iter().enumerate() {
            let said: Vec<String> = when.iter().map(|when| when.sentence()).collect();
            let source: Vec<String> = match when.as_slice() {
                [one] => vec![one.source().to_owned()],
                many => many.iter().map(|one| format!("({})", one.source())).collect(),
            };
            let data = json!({
                "name": name,
                "condition": format!("{} ({})", said.join(", or "), decide.basis),
                "conditionExpression": source.join(" || "),
                "trueLabel": "yes",
                "falseLabel": "no",
                "notes": text(&step.text),
            });
            self.node(&name, "conditional", data);
            let yes = after(self.workflow, step, go).map(str::to_owned);
            self.way(&name, yes.as_deref(), "condition_true", "yes");
            let no = match n + 1 == count {
                true => after(self.workflow, step, &decide.otherwise).map(str::to_owned),
                false => Some(self.unlike(step.id.as_str())),
            };
            self.way(&name, no.as_deref(), "condition_false", "no");
            name = no.unwrap_or_default();
        }
    }

    /// The files that flow between the nodes, each with who makes it and who is given it.
    pub(super) fn artifacts(&mut self) {
        let mut files = std::mem::take(&mut self.files);
        for step in self.steps().into_iter().filter(|step| self.makes(step.id.as_str())) {
            files.entry(format!("{}.json", step.id)).or_default();
        }
        for field in self.workflow.case.fields.keys() {
            files.entry(format!("{field}.txt")).or_default();
        }
        for (file, given) in files {
            let maker = file.strip_suffix(".json").unwrap_or(BEGIN).to_owned();
            let step = self.workflow.steps.iter().find(|step| step.id.as_str() == maker);
            let fields: Option<Vec<String>> = match step.map(|step| &step.does) {
                Some(Does::Agent(agent)) => fields(&agent.work),
                _ => None,
            };
            let made = step.is_some();
            let id = format!("file:{file}");
            let data = json!({
                "name": file,
                "fileName": file,
                "artifactType": if made { "json" } else { "txt" },
                "status": "unknown",
                "ownerStepId": maker,
                "outputContract": fields.map(|fields| json!({
                    "requiredFields": fields, "format": "json",
                })),
            });
            self.node(&id, "artifact", data);
            self.edge(&maker, &id, "output", "");
            for to in given {
                self.edge(&id, &to, "input", "");
            }
        }
    }
}

fn text(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

fn path(arg: &Arg) -> Option<&Path> {
    match arg {
        Arg::Path(path) => Some(path),
        Arg::Literal(_) => None,
    }
}

/// The names of what an agent answers with.
fn fields(work: &Work) -> Option<Vec<String>> {
    match work {
        Work::Copy { fields, .. } => Some(fields.iter().map(|f| f.name.to_string()).collect()),
        Work::Answer { shape: crate::workflow::Type::Record(fields), .. } => {
            Some(fields.keys().cloned().collect())
        }
        Work::Answer { .. } => None,
    }
}

fn retry(step: &Step) -> Option<Value> {
    let again = &step.retry;
    let seconds = (again.first_ms / 1_000).max(1);
    (again.times > 0).then(|| json!({ "maxAttempts": again.times, "backoffSeconds": seconds }))
}

/// The nearest of the five categories there.
pub(super) fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::Low => "standard",
        Risk::Medium => "customer_facing",
        Risk::High => "financial",
        Risk::Critical => "critical",
    }
}

fn target(vendor: &str) -> &'static str {
    match vendor {
        "anthropic" => "claude",
        "openai" => "openai",
        "local" | "ollama" => "ollama_local",
        "azure" => "azure_openai",
        "bedrock" => "bedrock",
        _ => "custom",
    }
}
