//! A map as it goes over the wire: steps, ways and problems. It must not judge them.

use std::collections::BTreeMap;

use plan::ids::FilePath;
use plan::{Problems, show};
use serde::Serialize;
use utoipa::ToSchema;

/// A map as it is drawn, with what it was drawn of.
#[derive(Debug)]
pub struct Sheet {
    pub text: String,
    /// The digest of the stored file; none where there is none.
    pub version: Option<String>,
    pub map: show::Map,
    pub problems: Problems,
}

/// A map.
#[derive(Debug, Serialize, ToSchema)]
pub struct Map {
    path: String,
    /// The text with the changes that were sent.
    text: String,
    /// The digest of the file as it is stored; none where there is none.
    version: Option<String>,
    /// What the workflow is and who answers for it, in sentences; none while it has problems.
    says: Vec<String>,
    steps: Vec<Step>,
    ways: Vec<Way>,
    problems: Vec<Finding>,
}

/// One step as it is drawn.
#[derive(Debug, Serialize, ToSchema)]
pub struct Step {
    step: String,
    /// What kind it is: the key that names what it does.
    kind: String,
    /// Who or what does it: the agent, the tool, the role.
    by: String,
    /// What it does, in sentences; none while the workflow has problems.
    says: Vec<String>,
    /// The line of the file on which it begins, from 1.
    line: usize,
    /// The parallel step and the branch that it stands in.
    inside: Option<Branch>,
}

/// Where a step of a parallel step stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct Branch {
    parallel: String,
    branch: String,
}

/// A way from one step to the next.
#[derive(Debug, Serialize, ToSchema)]
pub struct Way {
    /// A step; nothing where the case begins, or any step in an exception.
    from: Option<String>,
    /// A step; nothing where the case ends.
    to: Option<String>,
    kind: WayKind,
    /// On what condition, in words.
    when: String,
}

/// What makes a case go a way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WayKind {
    Start,
    Next,
    Row,
    Otherwise,
    Approved,
    Rejected,
    Late,
    Branch,
    Failure,
    Exception,
    Stop,
}

impl From<show::WayKind> for WayKind {
    fn from(kind: show::WayKind) -> Self {
        match kind {
            show::WayKind::Start => Self::Start,
            show::WayKind::Next => Self::Next,
            show::WayKind::Row => Self::Row,
            show::WayKind::Otherwise => Self::Otherwise,
            show::WayKind::Approved => Self::Approved,
            show::WayKind::Rejected => Self::Rejected,
            show::WayKind::Late => Self::Late,
            show::WayKind::Branch => Self::Branch,
            show::WayKind::Failure => Self::Failure,
            show::WayKind::Exception => Self::Exception,
            show::WayKind::Stop => Self::Stop,
        }
    }
}

/// A problem of a file: what is wrong, where, why it matters, and what to do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Finding {
    code: String,
    file: String,
    /// From 1, as the column, which counts characters.
    line: usize,
    column: usize,
    /// Where what is meant ends: the character after its last one.
    end_line: usize,
    end_column: usize,
    what: String,
    why: String,
    fix: String,
    did_you_mean: Option<String>,
}

/// Problems with both of their ends, in files whose texts are these.
pub fn findings(problems: &Problems, texts: &BTreeMap<String, String>) -> Vec<Finding> {
    let finding = |problem: &plan::Problem| {
        let text = texts.get(&problem.file).map_or("", String::as_str);
        let meant = text.get(problem.start..problem.end).unwrap_or("");
        let lines = meant.matches('\n').count();
        let last = meant.rsplit('\n').next().unwrap_or("").chars().count();
        Finding {
            code: problem.code.id.to_owned(),
            file: problem.file.clone(),
            line: problem.line,
            column: problem.column,
            end_line: problem.line + lines,
            end_column: if lines == 0 { problem.column + last } else { last + 1 },
            what: problem.what.clone(),
            why: problem.why.clone(),
            fix: problem.fix.clone(),
            did_you_mean: problem.did_you_mean.clone(),
        }
    };
    problems.iter().map(finding).collect()
}

impl Map {
    /// A map with the texts of its problems.
    pub fn of(path: &FilePath, sheet: Sheet) -> Self {
        let Sheet { text, version, map, problems } = sheet;
        let step = |one: show::Drawn| Step {
            step: one.step,
            kind: one.kind,
            by: one.by,
            says: one.says,
            line: one.line,
            inside: one.inside.map(|(parallel, branch)| Branch { parallel, branch }),
        };
        let way = |one: show::Way| Way {
            from: one.from,
            to: one.to,
            kind: one.kind.into(),
            when: one.when,
        };
        let texts = [(path.to_string(), text.clone())].into();
        Self {
            path: path.to_string(),
            version,
            says: map.says,
            steps: map.steps.into_iter().map(step).collect(),
            ways: map.ways.into_iter().map(way).collect(),
            problems: findings(&problems, &texts),
            text,
        }
    }
}
