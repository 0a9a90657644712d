//! The glossary: what the words on screens and in files mean. It must not name anything that the
//! operator never meets.

/// One word.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Entry {
    pub word: &'static str,
    pub means: &'static str,
    /// Other words to look at.
    pub see: &'static [&'static str],
}

/// The entry of a word, in any case, singular or plural.
#[must_use]
pub fn find(word: &str) -> Option<&'static Entry> {
    let word = word.trim().to_lowercase().replace([' ', '-'], "_");
    let single = word.strip_suffix('s').unwrap_or(&word);
    WORDS.iter().find(|entry| entry.word == word || entry.word == single)
}

const fn entry(word: &'static str, means: &'static str, see: &'static [&'static str]) -> Entry {
    Entry { word, means, see }
}

/// Every word, in order.
pub const WORDS: &[Entry] = &[
    entry(
        "accountable",
        "the person who answers for what a workflow does; a role or a team is not enough",
        &["override"],
    ),
    entry(
        "agent",
        "a model with instructions and a job that a step gives it; it has only the tools it names",
        &["instructions", "model", "step"],
    ),
    entry(
        "approval",
        "a person's yes to exactly what a request showed; a changed value needs a new one",
        &["request", "checkpoint"],
    ),
    entry(
        "autonomy",
        "how far a workflow may go alone: `suggest`, `approve`, `act_with_undo` or `act`",
        &["risk"],
    ),
    entry(
        "baseline",
        "what the work costs by hand today; what was saved is counted against it",
        &["case"],
    ),
    entry("basis", "the policy or agreement that a decision rests on", &["decision"]),
    entry(
        "canary",
        "a release on which a share of new cases begins, to be compared with the live one",
        &["release"],
    ),
    entry("case", "one piece of work that goes through a workflow, such as one invoice", &["run"]),
    entry(
        "checkpoint",
        "a place in a workflow where a person must look before the case goes on",
        &["request", "approval"],
    ),
    entry(
        "decision",
        "a choice by rules that you wrote: the first row that holds says where the case goes",
        &["basis"],
    ),
    entry(
        "doubt",
        "values were found, but checks disagree; a person decides, never a default",
        &["grounded"],
    ),
    entry(
        "effect",
        "what a tool does to the world: `read`, `write`, `send`, `pay` or `delete`",
        &["tool", "undo"],
    ),
    entry(
        "draft",
        "a workflow as its files are now; people start its cases, and nothing begins by itself",
        &["release"],
    ),
    entry("exception", "a case that does not fit, named beforehand with a way to go", &["case"]),
    entry(
        "grounded",
        "a value that stands in the document itself: the model chooses a place, it writes nothing",
        &["doubt"],
    ),
    entry("held", "a case that goes no further while a stop is in force", &["stop"]),
    entry(
        "instructions",
        "what an agent reads in every run: `AGENTS.md`, its own file and the step's text",
        &["agent"],
    ),
    entry(
        "limit",
        "the most that a case or a day may cost, take or move; nothing starts beyond it",
        &["budget"],
    ),
    entry("budget", "a limit of money, counted before a call and settled after it", &["limit"]),
    entry("model", "a language model, named in `flightdeck.yaml` with what it can do", &["agent"]),
    entry(
        "override",
        "the right to stop a workflow and to overrule it; a role holds it",
        &["accountable", "stop"],
    ),
    entry(
        "pin",
        "to approve a tool as it is now; when its definition changes it is refused again",
        &["tool", "quarantine"],
    ),
    entry("policy", "a rule in `policies/` that holds whatever a workflow says", &["rule"]),
    entry(
        "policy_cases",
        "`policies/cases.yaml`: a list of `{ case: WORDS, step: workflow.step, act: server.tool, \
         given: { amount: 12.50 EUR, untrusted: true }, expect: permitted | refused | ROLE, by: \
         POLICY }` that `flightdeck policy test` decides",
        &["policy"],
    ),
    entry(
        "quarantine",
        "a tool that is new, changed or hides characters is not called until it is approved",
        &["pin"],
    ),
    entry(
        "release",
        "a workflow with everything it needs, fixed and named by a hash; a run keeps its release. New \
         cases begin on the live one, which `flightdeck deploy` makes so",
        &["run", "canary", "draft"],
    ),
    entry("request", "a question to a person that a case waits for", &["checkpoint", "approval"]),
    entry(
        "risk",
        "how bad a mistake would be: `low`, `medium`, `high` or `critical`",
        &["autonomy"],
    ),
    entry("role", "a name for the people who may answer something", &["approval"]),
    entry(
        "rule",
        "what allows or refuses an act; every answer names the one that decided",
        &["policy"],
    ),
    entry("run", "one case on its way through one release of a workflow", &["case", "release"]),
    entry(
        "step",
        "one thing a workflow does: one of ten kinds, with its failure path",
        &["workflow"],
    ),
    entry("stop", "nothing in its scope starts any more, until a named person lifts it", &["held"]),
    entry(
        "test_cases",
        "files `cases/WORKFLOW/NAME.json` (or `.yaml`) that `flightdeck test` tries: `file: \
         inbox/a.pdf` or `case: { ... }`; `expect: STEP | person | done`; `fields: { read.total: \
         10.00 EUR }`, `within: { read.total: 0.02 EUR }`, `holds: [ CONDITION ]`, `never: [ STEP \
         ]`, `acts: { STEP: { amount: 10.00 } }`; also `after`, `gives`, `tags` and `why`",
        &["case"],
    ),
    entry(
        "tool",
        "something an MCP server offers; only approved ones are called",
        &["pin", "effect"],
    ),
    entry(
        "trusted",
        "a source that no outsider can write to, such as your own tables",
        &["untrusted"],
    ),
    entry(
        "untrusted",
        "text from outside, and what a model says about it; it never chooses where money goes",
        &["trusted", "grounded"],
    ),
    entry("undo", "the tool that takes an effect back when the case fails later", &["effect"]),
    entry(
        "workflow",
        "the map of a process: who does what, in which order, on which basis",
        &["step"],
    ),
    entry(
        "workspace",
        "the folder that holds your workflows, agents, tables and rules",
        &["workflow"],
    ),
];
