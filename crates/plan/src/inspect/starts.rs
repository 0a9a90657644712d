//! Whether what begins a case can give what a case needs. It must not say how a start is watched.

use crate::codes;
use crate::ids::FieldName;
use crate::problem::{Cx, Found};
use crate::read::workflow::Draft;
use crate::workflow::{Start, Type};

pub(super) fn check(cx: &Cx<'_>, draft: &Draft) {
    let case = &draft.workflow.case;
    for (n, start) in draft.workflow.starts.iter().enumerate() {
        // The one field that it gives, whether it must be there, and what it is called.
        let (gives, always, said) = match start {
            Start::Folder(folder) => ("name", true, format!("the folder `{folder}`")),
            Start::At(clock) => {
                let (hour, minute) = (clock.minute / 60, clock.minute % 60);
                ("due", false, format!("the time {hour:02}:{minute:02}"))
            }
            // Each field that is declared may be sent.
            Start::Hook(_) => continue,
        };
        let spot = draft.spot(&format!("start {n}"));
        if always && case.fields.keys().all(|name| name.as_str() != gives) {
            let what = format!("{said} gives `{gives}`, which no field of the case takes");
            let fix = format!("declare `{gives}: text` in the `fields` of `case`");
            cx.add::<()>(Found::new(&codes::START_FIELDS, spot, what).fix(fix));
        }
        for (name, kind) in &case.fields {
            if let Some(why) = lacks(gives, name, kind) {
                let what = format!("{said} {why}");
                let fix = format!(
                    "write `{name}: text?` in the `fields` of `case`, or take the start out"
                );
                cx.add::<()>(Found::new(&codes::START_FIELDS, spot, what).fix(fix));
            }
        }
    }
}

/// Why a start that gives one field does not give this one as it is declared.
fn lacks(gives: &str, name: &FieldName, kind: &Type) -> Option<String> {
    let (inner, must) = match kind {
        Type::Optional(inner) => (inner.as_ref(), false),
        kind => (kind, true),
    };
    if name.as_str() != gives {
        return must.then(|| format!("cannot give `{name}`, without which no case begins"));
    }
    let fits = match inner {
        Type::Text | Type::Id | Type::Unknown => true,
        Type::Date => gives == "due",
        _ => false,
    };
    (!fits).then(|| format!("gives `{name}` as a text, and the case declares another kind"))
}
