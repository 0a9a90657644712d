//! Cases with their right answers, and the fields as the example's workflow names them. Shared by
//! the two measuring tools. It must not tune anything.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs::{read_dir, read_to_string};
use std::path::Path;

use guard::ground::{self, Candidate, Settled, candidates, worth_knowing};
use plan::Files;
use plan::value::Money;
use plan::workflow::{CopyField, Does, Work};
use serde_json::Value;

/// A document with what a reader takes from it.
pub struct Case {
    /// The file of the document, below the workspace.
    pub file: String,
    pub text: String,
    /// Nothing is wrong with the document.
    pub honest: bool,
    fields: Value,
}

impl Case {
    /// Reads a case. It lies in `cases/NAME/`; its document is named from the folder above `cases`.
    pub fn read(path: &str) -> Result<Self, Box<dyn Error>> {
        let case: Value = serde_json::from_str(&read_to_string(path)?)?;
        let root = Path::new(path).ancestors().nth(3).ok_or("a case lies in cases/NAME/")?;
        let file = case.get("file").and_then(Value::as_str).ok_or("a case names its file")?;
        let tags = case.get("tags").and_then(Value::as_array);
        Ok(Self {
            text: read_to_string(root.join(file))?,
            file: file.to_owned(),
            honest: tags.is_some_and(|tags| tags.iter().any(|tag| tag == "honest")),
            fields: case.get("fields").cloned().unwrap_or_default(),
        })
    }

    /// What a reader takes for a field.
    pub fn wanted(&self, field: &CopyField) -> Option<&str> {
        self.fields.get(format!("read.{}", field.name)).and_then(Value::as_str)
    }

    /// How a settled field compares: right, wrong, or for a person to look at.
    pub fn judge(&self, field: &CopyField, settled: &Settled) -> Judged {
        match (settled, self.wanted(field)) {
            (Settled::Value(value, _), wanted) => {
                let right = wanted.is_some_and(|wanted| plain(wanted) == plain(&written(value)));
                if right { Judged::Right } else { Judged::Wrong }
            }
            (Settled::None, None) => Judged::Right,
            // A field that may be absent is taken as absent where nothing is found.
            (Settled::None, Some(_)) if field.optional => Judged::Missed,
            (Settled::None | Settled::Doubt(_), _) => Judged::Open,
        }
    }
}

/// How a field came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    Right,
    Wrong,
    /// A field that may be absent was taken as absent although it stands there.
    Missed,
    Open,
}

/// A value as a case writes it.
pub fn written(value: &Value) -> String {
    let money = || serde_json::from_value::<Money>(value.clone()).map(|m| m.to_string());
    value.as_str().map_or_else(|| money().unwrap_or_default(), str::to_owned)
}

/// A text as a person compares it.
fn plain(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// A grounded field, and the texts that its table holds, where one knows them.
pub type Field = (CopyField, Option<BTreeSet<String>>);

/// What could be a field's value in a document, in the light of its table.
pub fn found(text: &str, (field, known): &Field) -> Vec<Candidate> {
    let all = candidates(text, field);
    match known {
        Some(texts) if worth_knowing(field, &all) => {
            let held = |c: &Candidate| c.value.as_str().is_some_and(|v| texts.contains(&plain(v)));
            let held: Vec<bool> = all.iter().map(held).collect();
            ground::known(field, all, &held)
        }
        _ => all,
    }
}

/// The texts in a column of a table; its header names each column with its kind.
fn column(path: &Path, name: &str) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let text = read_to_string(path)?;
    let mut rows = text.lines().map(|line| line.split(',').map(|c| c.trim_matches('"')));
    let mut header = rows.next().ok_or("a table has a header")?;
    let at = header.position(|c| c.split(':').next() == Some(name)).ok_or("no such column")?;
    Ok(rows.filter_map(|mut row| row.nth(at).map(plain)).collect())
}

/// The grounded fields of the workflow `invoice_intake` of a workspace.
pub fn fields(root: &Path) -> Result<Vec<Field>, Box<dyn Error>> {
    let mut files = Files::new();
    for name in ["flightdeck.yaml", "AGENTS.md", ".mcp.json", "mcp.lock"] {
        files.insert(name, &read_to_string(root.join(name))?);
    }
    for folder in ["agents", "tables", "policies", "workflows"] {
        for entry in read_dir(root.join(folder))? {
            let entry = entry?;
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            files.insert(&name, &read_to_string(entry.path())?);
        }
    }
    let plan = plan::check(&files, "invoice_intake").map_err(|all| format!("{all:?}"))?;
    let copied = plan.workflow().steps.iter().find_map(|step| match &step.does {
        Does::Agent(agent) => match &agent.work {
            Work::Copy { fields, .. } => Some(fields.clone()),
            Work::Answer { .. } => None,
        },
        _ => None,
    });
    let copied: Vec<CopyField> = copied.ok_or("the workflow copies no fields")?;
    let with = |field: CopyField| {
        let known = field.known_in.as_ref();
        let texts =
            known.map(|k| column(&root.join(format!("tables/{}.csv", k.table)), k.column.as_str()));
        Ok((field, texts.transpose()?))
    };
    copied.into_iter().map(with).collect()
}
