//! The workspace of the harness, checked like any other.

use plan::lock::{Approval, Definition, Lock, Pinned};
use plan::workflow::{Effect, Trust};
use plan::{Files, Plan};
use serde_json::json;

const FILES: [(&str, &str); 7] = [
    ("flightdeck.yaml", include_str!("../workspace/flightdeck.yaml")),
    ("AGENTS.md", include_str!("../workspace/AGENTS.md")),
    ("agents/worker.md", include_str!("../workspace/agents/worker.md")),
    (".mcp.json", include_str!("../workspace/.mcp.json")),
    ("workflows/crash.md", include_str!("../workspace/workflows/crash.md")),
    ("workflows/talk.md", include_str!("../workspace/workflows/talk.md")),
    ("workflows/three.md", include_str!("../workspace/workflows/three.md")),
];

/// A tool of the outside world: its name, effect, and how a call in doubt is settled.
const TOOLS: [(&str, Effect, bool, bool); 5] = [
    ("look", Effect::Read, true, false),
    ("find", Effect::Read, true, false),
    // In doubt, it is looked up by key.
    ("pay", Effect::Pay, false, true),
    // It may be repeated: the same key is the same note.
    ("note", Effect::Write, true, false),
    // In doubt, only a person can say.
    ("post", Effect::Send, false, false),
];

/// The checked plan of one workflow of the bench.
///
/// # Errors
/// The rendered problems, if the workspace has any.
pub fn plan(workflow: &str) -> Result<Plan, String> {
    checked(workflow, false)
}

/// The same workflow under other standing instructions: another release of it.
///
/// # Errors
/// The rendered problems, if the workspace has any.
pub fn instructed(workflow: &str, text: &str) -> Result<Plan, String> {
    of(workflow, false, Some(text))
}

/// Lines of the workspace's files.
#[must_use]
pub fn lines() -> usize {
    let policies = policies();
    let policies = policies.iter().map(|(_, text)| text.lines().count());
    FILES.iter().map(|(_, text)| text.lines().count()).chain(policies).sum()
}

/// The same plan, with an effect that may not be repeated falsely declared as repeatable: the
/// saboteur that repeats acts in doubt.
pub fn misdeclared(workflow: &str) -> Result<Plan, String> {
    checked(workflow, true)
}

/// One step that calls a tool, under as many policies about that very call: each is looked at, and
/// none forbids it.
///
/// # Errors
/// The rendered problems, if there are any.
pub fn governed(policies: usize) -> Result<Plan, String> {
    let mut files = Files::new();
    for (path, text) in FILES {
        files.insert(path, text);
    }
    let three = include_str!("../workspace/workflows/three.md");
    let (head, _) = three.split_once("steps:").ok_or("the workflow has no steps")?;
    let workflow = format!(
        "{}steps:\n  - step: look\n    tool: out.look\n    with: {{ n: case.n }}\n  \
         - step: over\n    end: done\nexceptions:\n  \
         - {{ what: an empty text, when: \"case.text == ''\", go: over }}\n---\n",
        head.replace("workflow: three", "workflow: governed")
            .replace("fields: { text: text }", "fields: { n: integer, text: text }")
    );
    files.insert("workflows/governed.md", &workflow);
    let permit = "permit (principal in Workflow::\"governed\", action, resource);\n";
    files.insert("policies/base.cedar", permit);
    for n in 0..policies {
        let text = format!(
            "forbid (principal in Workflow::\"governed\", action == Action::\"out.look\", resource)\n\
             when {{ context.cost.spent > {} }};\n",
            1_000_000 + n
        );
        files.insert(&format!("policies/rule_{n}.cedar"), &text);
    }
    files.insert("mcp.lock", &lock(false).map_err(|e| e.to_string())?);
    plan::check(&files, "governed").map_err(|problems| problems.to_string())
}

fn checked(workflow: &str, lie: bool) -> Result<Plan, String> {
    of(workflow, lie, None)
}

fn of(workflow: &str, lie: bool, instructions: Option<&str>) -> Result<Plan, String> {
    let mut files = Files::new();
    for (path, text) in FILES {
        files.insert(path, text);
    }
    if let Some(text) = instructions {
        files.insert("AGENTS.md", text);
    }
    for (path, text) in policies() {
        files.insert(&path, &text);
    }
    files.insert("mcp.lock", &lock(lie).map_err(|e| e.to_string())?);
    plan::check(&files, workflow).map_err(|problems| problems.to_string())
}

fn lock(lie: bool) -> Result<String, Box<dyn std::error::Error>> {
    let mut lock = Lock { version: plan::lock::VERSION, tools: Default::default() };
    for (name, effect, repeatable, read_back) in TOOLS {
        let input = json!({
            "type": "object",
            "properties": { "n": { "type": "integer" }, "key": { "type": "string" } },
        });
        let definition = Definition {
            title: None,
            description: format!("{name} in the outside world"),
            input,
            output: None,
        };
        let pinned = Pinned {
            digest: definition.digest(name)?,
            definition,
            effect: Some(effect),
            reversible: true,
            repeatable: repeatable || (lie && name == "post"),
            key_arg: Some("key".to_owned()),
            read_back: if read_back { Some(plan::ids::ToolName::new("out.find")?) } else { None },
            trust: Trust::Trusted,
            args: Default::default(),
            tags: Vec::new(),
            takes: Default::default(),
            approved: Approval {
                by: plan::ids::PersonId::new("ann@bench.example")?,
                on: "2026-01-01".to_owned(),
                reason: None,
            },
        };
        lock.tools.insert(plan::ids::ToolName::new(&format!("out.{name}"))?, pinned);
    }
    Ok(lock.render()?)
}

/// Twenty policies, as an organisation has them: most are about other workflows or tools.
fn policies() -> Vec<(String, String)> {
    let mut texts = vec![(
        "policies/base.cedar".to_owned(),
        "permit (principal in Workflow::\"crash\", action, resource);\n\
         permit (principal in Workflow::\"talk\", action, resource);\n\
         permit (principal in Workflow::\"three\", action, resource);\n"
            .to_owned(),
    )];
    for n in 0..18 {
        let tool = TOOLS.get(n % TOOLS.len()).map_or("look", |t| t.0);
        let text = format!(
            "forbid (principal in Workflow::\"crash\", action == Action::\"out.{tool}\", resource)\n\
             when {{ context.risk == \"critical\" }};\n"
        );
        texts.push((format!("policies/rule_{n}.cedar"), text));
    }
    texts
}
