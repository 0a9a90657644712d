//! Rules in plain words, and the way of a value in plain words: where it came from, what had a hand
//! in it, and what it holds. It must not judge; the rule was named when it was recorded.

use journal::{Label, Labels, Source, Sources};

/// Why a rule stood in the way, where its name alone would not say it. `labels` are those of what
/// was to be handed over.
#[must_use]
pub fn because(rule: &str, labels: Option<&Labels>) -> Option<String> {
    let (kind, of) = rule.split_once(':').unwrap_or((rule, ""));
    Some(match (kind, of) {
        ("flow", arg) if !arg.is_empty() => {
            let way = labels.map(|labels| way(&labels.at(&format!("/{arg}"))));
            let way = way.unwrap_or_else(|| "a source that can no longer be read".to_owned());
            format!("`{arg}` comes from {way}, and nothing trusted stands for exactly this value")
        }
        ("tags", tag) => {
            format!("it holds data tagged `{tag}`, and no leave to hand that over is in force")
        }
        ("declared", "") => "the step does not declare it".to_owned(),
        ("pinned", "") => "its definition is not approved".to_owned(),
        ("secret", "") => "a secret stands in what would be sent".to_owned(),
        ("autonomy", "") => "the workflow may not do this without a person".to_owned(),
        ("suspicion", "") => {
            "a text of the case speaks to the model, so a person sees what is done".to_owned()
        }
        ("seeded", "") => "the case is one that was known to be wrong".to_owned(),
        ("loop", _) => "the same calls come again and again".to_owned(),
        ("budget", what) => format!("the limit `{}` is used up", limit(what)),
        ("cedar", "") => "no policy permits it".to_owned(),
        ("cedar", "broken") => "the policies cannot be evaluated for it".to_owned(),
        ("cedar", name) => format!("the policy `{name}` says so"),
        ("guard", _) => "nothing is allowed while the checks are not proven to work".to_owned(),
        _ => return None,
    })
}

/// The place of a limit in the map: `limits.day.cost`.
fn limit(what: &str) -> String {
    match what.split_once('_') {
        Some((span @ ("day" | "hour"), rest)) => {
            format!("limits.{span}.{}", rest.split(['_', ':']).next().unwrap_or(rest))
        }
        _ => format!("limits.case.{what}"),
    }
}

/// The way of a value: `a model and a case from outside; a table had a hand in it; holds personal`.
#[must_use]
pub fn way(label: &Label) -> String {
    let mut text = match listed(label.origins) {
        Some(origins) => origins,
        None => "nowhere known".to_owned(),
    };
    if let Some(hands) = listed(label.influences) {
        text.push_str(&format!(" (chosen with a hand of {hands})"));
    }
    if !label.tags.is_empty() {
        let tags: Vec<&str> = label.tags.iter().map(|tag| tag.as_str()).collect();
        text.push_str(&format!(", tagged {}", tags.join(" and ")));
    }
    text
}

fn listed(sources: Sources) -> Option<String> {
    let all: Vec<&str> = sources.iter().map(source).collect();
    match all.split_last() {
        None => None,
        Some((last, [])) => Some((*last).to_owned()),
        Some((last, before)) => Some(format!("{} and {last}", before.join(", "))),
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Plan => "the workflow",
        Source::Person => "a person",
        Source::Table => "a trusted table",
        Source::Tool => "a trusted tool",
        Source::OutsideTool => "a tool that is not trusted",
        Source::Inside => "a case from inside",
        Source::Outside => "a stranger",
        Source::Model => "a model",
    }
}

#[cfg(test)]
mod tests {
    use journal::{Label, Labels, Source};
    use plan::ids::FieldName;

    use super::{because, way};

    #[test]
    fn rules_and_ways_are_said_in_plain_words() {
        let mut label = Label::from(Source::Model);
        label.join(&Label::from(Source::Outside));
        label.influenced(&Label::from(Source::Table));
        label.tags.insert(FieldName::new("personal").unwrap());
        assert_eq!(
            way(&label),
            "a stranger and a model (chosen with a hand of a trusted table), tagged personal"
        );
        assert_eq!(way(&Label::default()), "nowhere known");
        let mut labels = Labels::all(Label::from(Source::Plan));
        labels.leaves.insert("/to".to_owned(), Label::from(Source::Model));
        let said = |rule: &str| because(rule, Some(&labels));
        assert_eq!(
            said("flow:to").unwrap(),
            "`to` comes from a model, and nothing trusted stands for exactly this value"
        );
        assert!(said("tags:personal").unwrap().contains("`personal`"));
        assert_eq!(said("budget:day_cost").unwrap(), "the limit `limits.day.cost` is used up");
        assert!(said("budget:acts").unwrap().contains("`limits.case.acts`"));
        assert!(said("budget:hour_calls:a.b").unwrap().contains("`limits.hour.calls`"));
        assert!(said("budget:day_amount_currency").unwrap().contains("`limits.day.amount`"));
        assert_eq!(said("cedar:no_post").unwrap(), "the policy `no_post` says so");
        assert_eq!(said("unheard_of"), None);
        assert!(because("flow:to", None).unwrap().contains("no longer be read"));
    }
}
