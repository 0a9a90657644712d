//! What people answer for, in a sentence. It must not hold what they wrote: whoever has the
//! contents adds it.

use journal::{Assured, BodyRef};

/// What somebody answers for, and where their own words stand.
#[must_use]
pub fn assured(said: &Assured) -> (String, Option<BodyRef>) {
    match said {
        Assured::Acknowledged { file, who, .. } => (format!("{who} has read `{file}`"), None),
        Assured::Weighed { workflow, who, reason, .. } => {
            let text = format!("{who} weighed how far `{workflow}` may go by itself");
            (text, Some(*reason))
        }
        Assured::Excepted { workflow, questions, until, who, reason, .. } => {
            let names: Vec<&str> = questions.iter().map(plan::ids::FieldName::as_str).collect();
            let text = format!(
                "{who} answers for `{workflow}` going live without {} until {}",
                names.join(", "),
                day(*until)
            );
            (text, Some(*reason))
        }
        Assured::Scored { workflow, standard, halves, .. } => {
            let sum: u32 = halves.iter().map(|half| u32::from(*half)).sum();
            let half = if sum.is_multiple_of(2) { "" } else { ".5" };
            (format!("`{workflow}` has {}{half} points of {standard}", sum / 2), None)
        }
        Assured::IncidentOpened { incident, class, severity, who, told, .. } => {
            let by = who.as_ref().map_or("a rule".to_owned(), ToString::to_string);
            let severity = severity.as_str();
            (format!("{by} opened incident {} ({class}, {severity})", short(incident)), Some(*told))
        }
        Assured::IncidentNoted { incident, who, told, .. } => {
            (format!("{who} noted of incident {}", short(incident)), Some(*told))
        }
        Assured::IncidentClosed { incident, change, who } => {
            (format!("{who} closed incident {}", short(incident)), Some(*change))
        }
        Assured::FindingOpened { finding, control, severity, who, told } => {
            let severity = severity.as_str();
            (format!("{who} found {} of {control} ({severity})", short(finding)), Some(*told))
        }
        Assured::FindingAnswered { finding, due, who, told } => {
            let text = format!("{who} answered finding {}, due on {}", short(finding), day(*due));
            (text, Some(*told))
        }
        Assured::FindingClosed { finding, who, told } => {
            (format!("{who} closed finding {}", short(finding)), Some(*told))
        }
        Assured::LevelConfirmed { control, level, who, reason } => {
            (format!("{who} confirmed level {level} of {control}"), Some(*reason))
        }
    }
}

/// The first letters of an id, as people say it.
fn short(id: &journal::Hash) -> String {
    id.to_string().chars().take(8).collect()
}

/// A day counted from 1970-01-01.
fn day(days: u32) -> String {
    let start = jiff::civil::date(1970, 1, 1);
    let span = jiff::Span::new().try_days(i64::from(days));
    let day = span.and_then(|span| start.checked_add(span));
    day.map_or_else(|_| "no day".to_owned(), |day| day.to_string())
}
