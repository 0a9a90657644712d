//! Controls that are there and control nothing: an approval that nobody reads, a limit that never
//! binds, a second vendor that is the first. They raise no score, and each is named. It must not
//! give points.

use plan::workflow::{Does, Late, NeverBy, Suspicion, Work};
use serde::Serialize;

use super::cx::{Cx, is_filler};
use crate::cite::Cite;
use crate::seen::Signal;

/// One such control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decor {
    /// A name for it that stays.
    pub id: &'static str,
    pub what: String,
    /// The criteria for which it does not count.
    pub criteria: Vec<&'static str>,
    pub cites: Vec<Cite>,
}

type Rule = fn(&Cx<'_>) -> Vec<Decor>;

const RULES: [Rule; 13] = [
    allow_all,
    hasty,
    same_vendor,
    filler,
    empty_redaction,
    only_noted,
    endless_limits,
    one_person,
    late_to_the_same,
    always_true,
    own_checker,
    never_told,
    everything_passes,
];

/// Every control that controls nothing.
pub(super) fn decor(cx: &Cx<'_>) -> Vec<Decor> {
    RULES.iter().flat_map(|rule| rule(cx)).collect()
}

fn one(
    id: &'static str,
    what: impl Into<String>,
    criteria: &[&'static str],
    cites: impl IntoIterator<Item = Cite>,
) -> Vec<Decor> {
    let (what, cites) = (what.into(), cites.into_iter().collect());
    vec![Decor { id, what, criteria: criteria.to_vec(), cites }]
}

/// A policy that permits and names no condition, beside none that forbids.
fn allow_all(cx: &Cx<'_>) -> Vec<Decor> {
    let bare = |text: &str| {
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let open = ["( principal, action, resource )", "(principal, action, resource)"];
        text.contains("permit")
            && !text.contains("when")
            && !text.contains("unless")
            && open.iter().any(|open| text.contains(open))
    };
    let own = cx.w.policies.iter().filter(|policy| policy.file.starts_with("policies/"));
    let found = own.filter(|policy| bare(&policy.text));
    found
        .flat_map(|policy| {
            let what = format!("the policy `{}` permits everything", policy.id);
            let cite = Cite::File { file: policy.file.clone(), line: 1 };
            one("allow-all-policy", what, &["PSF-7.2"], [cite])
        })
        .collect()
}

/// Approvals faster than anybody reads.
fn hasty(cx: &Cx<'_>) -> Vec<Decor> {
    let (hasty, all) = (cx.sight(Signal::Hasty, &|_| true), cx.sight(Signal::Judged, &|_| true));
    if all.cases < 5 || hasty.cases * 5 <= all.cases {
        return Vec::new();
    }
    let what = format!(
        "{} of {} answered cases were answered faster than anybody reads: nobody judges them",
        hasty.cases, all.cases
    );
    let cite = hasty.last.map(|mark| Cite::Case { run: mark.run, entry: mark.entry });
    one("hasty-approvals", what, &["PSF-6.4"], cite)
}

fn same_vendor(cx: &Cx<'_>) -> Vec<Decor> {
    let mut all = Vec::new();
    for (name, agent) in &cx.w.agents {
        let vendors: Vec<&str> = agent
            .models
            .iter()
            .filter_map(|model| cx.w.models.get(model))
            .map(|model| model.vendor.as_str())
            .collect();
        if vendors.len() > 1 && vendors.iter().all(|vendor| Some(vendor) == vendors.first()) {
            let what = format!("the models of `{name}` are all of one vendor: it falls with it");
            let cite = cx.cite_in(&format!("agents/{name}.md"), &["model"]);
            all.extend(one("fallback-at-the-same-vendor", what, &["PSF-8.3"], [cite]));
        }
    }
    all
}

fn filler(cx: &Cx<'_>) -> Vec<Decor> {
    let of = cx.given.statements.iter().filter(|one| one.is_for(&cx.w.name));
    of.filter_map(|statement| {
        let why = is_filler(statement)?;
        // A statement carries its criteria alone, so none of their other columns is touched.
        let what = format!("`{}` states nothing: {why}", statement.title);
        one("filler-statement", what, &[], [cx.cite_statement(statement)]).pop()
    })
    .collect()
}

/// Personal data is looked for, and nothing is done with what is found.
fn empty_redaction(cx: &Cx<'_>) -> Vec<Decor> {
    let looks = cx.w.detects || cx.w.case.tags.iter().any(|tag| tag.as_str() == "personal");
    let outside = cx.outside_models();
    let bare: Vec<&str> = outside
        .iter()
        .filter(|(_, model)| model.hides.is_empty() && model.takes.is_empty())
        .map(|(name, _)| *name)
        .collect();
    if !looks || bare.is_empty() {
        return Vec::new();
    }
    let what = format!("personal data is found, and nothing is hidden from {}", bare.join(", "));
    let cites = bare.iter().map(|name| cx.cite_settings(&["models", name]));
    one("empty-redaction", what, &["PSF-1.3"], cites.collect::<Vec<_>>())
}

fn only_noted(cx: &Cx<'_>) -> Vec<Decor> {
    if cx.w.suspicion != Suspicion::Note || !cx.is_open_to_outside() {
        return Vec::new();
    }
    let what = "orders in a text are noted, and the case goes on as if there were none";
    one("suspicion-without-consequence", what, &["PSF-1.1"], [cx.cite(&["suspicion"])])
}

/// A limit of a day that no day can reach, or of a case that is that of the day.
fn endless_limits(cx: &Cx<'_>) -> Vec<Decor> {
    let limits = &cx.w.limits;
    let most = u128::from(limits.case.cost_nanos) * u128::from(limits.day.cases.max(1));
    let mut all = Vec::new();
    if u128::from(limits.day.cost_nanos) > most * 10 && limits.case.cost_nanos > 0 {
        let what = "the limit of a day is more than ten times what all its cases may cost together";
        all.extend(one(
            "limit-that-never-binds",
            what,
            &["PSF-6.2"],
            [cx.cite(&["limits", "day"])],
        ));
    }
    if limits.case.acts > 10_000 || limits.case.active_ms > 7 * 86_400_000 {
        let what = "a case may act ten thousand times, or work for a week: nothing is bounded";
        all.extend(one(
            "limit-that-never-binds",
            what,
            &["PSF-6.2"],
            [cx.cite(&["limits", "case"])],
        ));
    }
    all
}

/// A review by whoever started the case, with nobody else to do it.
fn one_person(cx: &Cx<'_>) -> Vec<Decor> {
    let mut all = Vec::new();
    for step in &cx.w.steps {
        let Does::Review(review) = &step.does else { continue };
        let holders = cx.w.roles.get(&review.by).map(Vec::as_slice).unwrap_or_default();
        let own = holders.iter().all(|who| *who == cx.w.accountable);
        if own && !review.never_by.contains(&NeverBy::Owner) {
            let what = format!("in `{}` only whoever answers for the workflow judges it", step.id);
            all.extend(one("review-of-ones-own", what, &["PSF-6.4"], [cx.cite_step(step)]));
        }
    }
    all
}

/// A request that goes on to those who did not answer it.
fn late_to_the_same(cx: &Cx<'_>) -> Vec<Decor> {
    let mut all = Vec::new();
    for step in &cx.w.steps {
        let Does::Review(review) = &step.does else { continue };
        if matches!(&review.late, Late::Ask { role, .. } if *role == review.by) {
            let what = format!("`{}` goes on to the very role that did not answer", step.id);
            all.extend(one("escalation-to-the-same", what, &["PSF-6.5"], [cx.cite_step(step)]));
        }
    }
    all
}

/// A rule that holds whatever the answer is.
fn always_true(cx: &Cx<'_>) -> Vec<Decor> {
    let mut all = Vec::new();
    for (_, step, agent) in cx.agents() {
        if !matches!(agent.work, Work::Answer { .. }) {
            continue;
        }
        let empty = |rule: &plan::expr::Expr| rule.paths().is_empty();
        if !agent.must_hold.is_empty() && agent.must_hold.iter().all(empty) {
            let what = format!("what must hold in `{}` holds of any answer", step.id);
            all.extend(one("rule-that-always-holds", what, &["PSF-2.1"], [cx.cite_step(step)]));
        }
    }
    all
}

/// A checker that is the very model it checks.
fn own_checker(cx: &Cx<'_>) -> Vec<Decor> {
    let mut all = Vec::new();
    for (w, step, agent) in cx.agents() {
        let Some(checker) = &agent.sure.checker else { continue };
        let same = |name: &plan::ids::ModelName| {
            let (one, other) = (w.models.get(name), w.models.get(checker));
            name == checker
                || one
                    .zip(other)
                    .is_some_and(|(a, b)| (&a.vendor, &a.model) == (&b.vendor, &b.model))
        };
        if w.answering(agent).first().is_some_and(same) {
            let what = format!("in `{}` a model checks itself", step.id);
            all.extend(one(
                "checker-of-itself",
                what,
                &["PSF-2.3", "PSF-2.4"],
                [cx.cite_step(step)],
            ));
        }
    }
    all
}

/// An alert that nothing can set off, or that is quiet for a month.
fn never_told(cx: &Cx<'_>) -> Vec<Decor> {
    let mut all = Vec::new();
    for rule in cx.given.places.alerts.iter().filter(|rule| rule.of == cx.w.name) {
        use plan::alerts::{Unit, Watch};
        let share = rule.watch.unit() == Unit::Share;
        let never = (rule.watch == Watch::Quality && rule.limit == 0)
            || (share && rule.watch != Watch::Quality && rule.limit >= 1_000_000)
            || rule.quiet_ms > 30 * 86_400_000;
        if never {
            let what = format!("the alert `{}` can tell nobody anything", rule.name);
            let criteria: &[&str] = match rule.watch {
                Watch::Quality | Watch::ValidationFailures => &["PSF-4.3"],
                Watch::InputDrift | Watch::OutputDrift => &["PSF-4.4"],
                _ => &["PSF-4.5"],
            };
            let cite = super::watch::cite_rule(cx, rule);
            all.extend(one("alert-that-never-fires", what, criteria, [cite]));
        }
    }
    all
}

/// A gate that every release passes.
fn everything_passes(cx: &Cx<'_>) -> Vec<Decor> {
    let rules = cx.given.places.releases.of(&cx.w.name);
    let mut all = Vec::new();
    let cite = || [cx.cite_settings(&["releases"])];
    if rules.at_least == Some(0) {
        let what = "a release may fail every case that is kept";
        all.extend(one("gate-that-is-open", what, &["PSF-5.2"], cite()));
    }
    if rules.canary.share.is_some() && rules.canary.quality >= 500_000 {
        let what = "a canary may be half as good, and stays";
        all.extend(one("canary-without-a-margin", what, &["PSF-5.3", "PSF-5.4"], cite()));
    }
    all
}
