//! PSF-4, what can be seen. It must not know other domains.

use plan::alerts::{AlertRule, Watch};
use plan::workflow::Workflow;
use serde_json::json;

use super::cx::{Cx, judged, tell};
use super::{Column, Judged, SELDOM_DAYS, Says};
use crate::cite::Cite;
use crate::seen::Signal;

pub(super) fn judge(cx: &Cx<'_>, id: &str) -> Judged {
    match id {
        "PSF-4.1" => logged(cx),
        "PSF-4.2" => chained(cx),
        "PSF-4.3" => quality(cx),
        "PSF-4.4" => drift(cx),
        _ => alerts(cx),
    }
}

fn logged(cx: &Cx<'_>) -> Judged {
    let free: Vec<&str> = cx
        .outside_models()
        .into_iter()
        .filter(|(_, model)| model.price.output_nanos == 0)
        .map(|(name, _)| name)
        .collect();
    let declared = match free.is_empty() {
        true => Column::new(Says::Yes, "each call is an entry with model, tokens, time and cost"),
        false => {
            let said = format!("the cost of {} is not known: it has no price", free.join(", "));
            Column::new(Says::Partly, said)
        }
    };
    let priced = |w: &Workflow| {
        let used = w.agents.values().flat_map(|agent| &agent.models);
        let mut used = used.filter_map(|name| w.models.get(name));
        used.all(|model| model.here || model.price.output_nanos > 0)
    };
    let observed = match cx.agents().is_empty() {
        true => cx.often_at_all(Signal::Over, "cases without any model"),
        false => cx.often(Signal::Answered, "calls of models on record", &priced),
    };
    Judged {
        advice: vec![tell("give each model its `price`")],
        ..judged(declared.at([cx.cite_settings(&["models"])]), cx.guarded(), observed)
    }
}

fn chained(cx: &Cx<'_>) -> Judged {
    let said = "all calls of a case are entries of one chain, from which the case can be rebuilt";
    let several = cx.w.steps.len() > 1;
    let observed = match several {
        true => cx.often_at_all(Signal::Chained, "cases with several calls on one record"),
        false => cx.often_at_all(Signal::Over, "cases on one record each"),
    };
    judged(Column::new(Says::Yes, said), cx.guarded(), observed)
}

fn rules<'c>(cx: &'c Cx<'_>, watched: &[Watch]) -> Vec<&'c AlertRule> {
    let all = cx.given.places.alerts.iter();
    all.filter(|rule| rule.of == cx.w.name && watched.contains(&rule.watch)).collect()
}

pub(super) fn cite_rule(cx: &Cx<'_>, rule: &AlertRule) -> Cite {
    let place = cx.given.places.alerts.iter().position(|one| one.name == rule.name);
    cx.cite_settings(&["alerts", &place.unwrap_or_default().to_string()])
}

/// A rule, and enough cases that it has something to measure.
fn measured(cx: &Cx<'_>, watched: &[Watch], yes: &str, no: &str) -> Judged {
    let rules = rules(cx, watched);
    let declared = match rules.as_slice() {
        [] => Column::new(Says::No, no),
        some => Column::new(Says::Yes, yes).at(some.iter().map(|rule| cite_rule(cx, rule))),
    };
    let sight = cx.sight(Signal::Over, &|_| true);
    let least = rules.iter().map(|rule| u64::from(rule.at_least)).min().unwrap_or(u64::MAX);
    let observed = match sight.cases >= least {
        true => cx.often_at_all(Signal::Over, "cases that it is measured over"),
        false => Column::new(Says::No, "there were too few live cases to measure it"),
    };
    judged(declared, cx.guarded(), observed)
}

fn quality(cx: &Cx<'_>) -> Judged {
    let watched = [Watch::Quality, Watch::ValidationFailures];
    let yes = "the share of cases in which all that can be checked held is watched";
    let judged = measured(cx, &watched, yes, "nothing measures the quality of what comes out");
    Judged { advice: vec![alert(cx, Watch::Quality)], ..judged }
}

fn drift(cx: &Cx<'_>) -> Judged {
    let inputs = !rules(cx, &[Watch::InputDrift]).is_empty();
    let outputs = !rules(cx, &[Watch::OutputDrift]).is_empty() || cx.agents().is_empty();
    let watched = [Watch::InputDrift, Watch::OutputDrift];
    let mut judged = measured(
        cx,
        &watched,
        "what comes in and what is answered is held against the time before",
        "nothing watches whether inputs or answers change",
    );
    if judged.declared.says == Says::Yes && !(inputs && outputs) {
        judged.declared.says = Says::Partly;
        "only one of inputs and answers is watched".clone_into(&mut judged.declared.why);
    }
    Judged { advice: vec![alert(cx, Watch::InputDrift), alert(cx, Watch::OutputDrift)], ..judged }
}

fn alerts(cx: &Cx<'_>) -> Judged {
    let kinds =
        [Watch::ErrorRate, Watch::Stuck, Watch::Latency, Watch::CostAnomaly, Watch::QueueAge];
    let rules = rules(cx, &kinds);
    let error = rules.iter().any(|rule| rule.watch == Watch::ErrorRate);
    let reached = !cx.given.places.notices.is_empty();
    let declared = match (error && rules.len() > 1, reached, rules.is_empty()) {
        (true, true, _) => {
            Column::new(Says::Yes, "alerts have limits, an owner and a way to people")
        }
        (_, _, true) => Column::new(Says::No, "no alert watches errors, time or cost"),
        (_, false, _) => Column::new(Says::Partly, "alerts are written down, and reach nobody"),
        (false, ..) => Column::new(Says::Partly, "errors are watched, or something else, not both"),
    };
    let fired: Vec<_> = cx.given.desk.alerts.iter().filter(|(w, _)| *w == cx.w.name).collect();
    let last = fired.iter().map(|(_, at)| *at).filter(|at| cx.within(*at, SELDOM_DAYS)).max();
    let observed = match last {
        Some(at) => Column::new(Says::Yes, "an alert of it came to its owner")
            .at([Cite::Desk { at, what: "an alert" }]),
        // Where nothing went wrong, cases that were measured stand for it.
        None => cx.often_at_all(Signal::Over, "cases that alerts are measured over"),
    };
    Judged {
        advice: vec![
            alert(cx, Watch::ErrorRate),
            alert(cx, Watch::Stuck),
            tell("add `notices`, so that alerts reach somebody who is not looking"),
        ],
        ..judged(declared.at(rules.iter().map(|rule| cite_rule(cx, rule))), cx.guarded(), observed)
    }
}

/// A rule that would do.
fn alert(cx: &Cx<'_>, watch: Watch) -> super::Advice {
    let (key, limit) = match watch {
        Watch::Quality => ("under", "95 %"),
        Watch::ErrorRate | Watch::ValidationFailures => ("over", "5 %"),
        Watch::InputDrift | Watch::OutputDrift => ("over", "0.25"),
        Watch::Stuck | Watch::QueueAge | Watch::Latency => ("over", "2 hours"),
        Watch::Cost | Watch::CostAnomaly | Watch::StartMissed | Watch::StartHeld => ("over", "5"),
    };
    let name = format!("{}_{}", cx.w.name, watch.as_str());
    let mut rule = json!({
        "name": name, "watch": watch.as_str(), "of": cx.w.name.as_str(),
        "owner": cx.w.accountable.as_str(), "tell": cx.w.override_by.as_str(),
        "quiet": "4 hours",
    });
    if let Some(rule) = rule.as_object_mut() {
        rule.insert(key.to_owned(), limit.into());
        if !watch.is_now() {
            rule.insert("within".to_owned(), "7 days".into());
        }
    }
    let text = format!("watch `{}`; the limit is a guess to begin with", watch.as_str());
    let next = cx.given.places.alerts.len().to_string();
    cx.advise_in("flightdeck.yaml", &text, &["alerts", &next], rule)
}
