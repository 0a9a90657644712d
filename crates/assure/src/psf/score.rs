//! From four columns to points, by one rule that is the same for every criterion, and from points
//! to domains. It must not know what a criterion is about.

use serde::{Serialize, Serializer};

use super::cx::Cx;
use super::{Column, Finding, Judged, Says};
use crate::standard::{Criterion, Standard};

/// Halves of a point: none, one or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Points(pub u8);

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(f64::from(self.0) / 2.0)
    }
}

/// What came of a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Met,
    Partly,
    NotMet,
    NotApplicable,
}

/// The rules that give points, in the order in which they are tried.
pub const RULES: [(&str, &str); 9] = [
    ("NA", "a named person says until a day that it does not apply, and no record contradicts it"),
    ("NA-refused", "it is said not to apply, and records show that it does: no point"),
    ("failed", "a proof of it failed, or a statement that carried it is past its day: no point"),
    ("nothing", "neither files nor a person say anything that counts: no point"),
    ("attested", "a person states it, and nothing else does: half a point"),
    (
        "part-unproven",
        "the files declare a part of it, and no proof or record shows that part: no point",
    ),
    ("part", "the files declare a part of it, and a proof or records of live cases show it: half"),
    ("declared", "the files declare it, and what is wanted besides is not there yet: half a point"),
    ("shown", "it is declared, enforced where it can be, and shown by records of live cases: one"),
];

/// A finding from what the rules of a criterion said.
pub(super) fn finding(cx: &Cx<'_>, criterion: &Criterion, mut judged: Judged) -> Finding {
    let (status, points, rule) = match applies(cx, &criterion.id, &mut judged) {
        Applies::Not => (Status::NotApplicable, Points(0), "NA"),
        Applies::Contradicted => (Status::NotMet, Points(0), "NA-refused"),
        Applies::Yes => {
            let (points, rule) = points(&judged);
            let status = match points.0 {
                0 => Status::NotMet,
                1 => Status::Partly,
                _ => Status::Met,
            };
            (status, points, rule)
        }
    };
    let Judged { declared, enforced, observed, attested, advice, .. } = judged;
    Finding {
        id: criterion.id.clone(),
        title: criterion.title.clone(),
        source: criterion.source,
        status,
        points,
        rule,
        declared,
        enforced,
        observed,
        attested,
        // What is done already is not advised.
        advice: if status == Status::Met { Vec::new() } else { advice },
    }
}

/// Whether a criterion applies, where somebody says that it does not.
enum Applies {
    Yes,
    Not,
    /// A record shows that it does.
    Contradicted,
}

fn applies(cx: &Cx<'_>, id: &str, judged: &mut Judged) -> Applies {
    let Some(statement) = cx.statement(id).filter(|one| one.not_applicable.is_some()) else {
        return Applies::Yes;
    };
    let reason = statement.not_applicable.clone().unwrap_or_default();
    let said = format!("{} says until {}: {reason}", statement.owner, statement.until);
    judged.attested = Column::new(Says::Yes, said).at([cx.cite_statement(statement)]);
    if !statement.holds(&cx.today) {
        judged.attested.says = Says::Failed;
        return Applies::Yes;
    }
    match judged.contradicts.take() {
        Some(shown) => {
            judged.observed = shown;
            Applies::Contradicted
        }
        None => Applies::Not,
    }
}

fn points(judged: &Judged) -> (Points, &'static str) {
    use Says::{Failed, No, Open, Partly, Yes};
    let Judged { declared, enforced, observed, attested, .. } = judged;
    let any = |says: Says| {
        [declared, enforced, observed, attested].into_iter().any(|one| one.says == says)
    };
    if any(Failed) {
        return (Points(0), "failed");
    }
    let wanted = [enforced, observed, attested];
    let shown = wanted.iter().all(|one| matches!(one.says, Yes | Open));
    match declared.says {
        Yes if shown => (Points(2), "shown"),
        Yes => (Points(1), "declared"),
        Partly if matches!(enforced.says, Yes) || matches!(observed.says, Yes | Partly) => {
            (Points(1), "part")
        }
        Partly => (Points(0), "part-unproven"),
        // What only people can say: more than half a point takes records of people.
        Open if attested.says == Yes && observed.says == Yes && enforced.says != No => {
            (Points(2), "shown")
        }
        Open | No if attested.says == Yes => (Points(1), "attested"),
        Open | No | Failed => (Points(0), "nothing"),
    }
}

/// Strong, partial, gap: as others call it who score from nothing to a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    Strong,
    Partial,
    Gap,
}

impl Rating {
    /// In a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strong => "strong",
            Self::Partial => "partial",
            Self::Gap => "gap",
        }
    }
}

/// One domain.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DomainScore {
    pub id: String,
    pub title: String,
    /// Nothing to five; where criteria do not apply, what there is of the others, to scale.
    pub score: f64,
    pub at_least: f64,
    pub of_100: u32,
    pub rating: Rating,
    pub passes: bool,
}

pub(super) fn domains(standard: &Standard, findings: &[Finding]) -> Vec<DomainScore> {
    let mut all = Vec::with_capacity(standard.domains.len());
    for domain in &standard.domains {
        let of = || findings.iter().filter(|one| domain.criteria.iter().any(|c| c.id == one.id));
        let counted = || of().filter(|one| one.status != Status::NotApplicable);
        let halves: u32 = counted().map(|one| u32::from(one.points.0)).sum();
        let most = u32::try_from(counted().count()).unwrap_or(0).saturating_mul(2);
        // Of nothing that applies nothing is missing.
        let of_100 = (halves * 100 + most / 2).checked_div(most).unwrap_or(100);
        let score = f64::from(of_100) / 20.0;
        let at_least = f64::from(domain.at_least) / 2.0;
        all.push(DomainScore {
            id: domain.id.clone(),
            title: domain.title.clone(),
            score,
            at_least,
            of_100,
            rating: match of_100 {
                80.. => Rating::Strong,
                40..=79 => Rating::Partial,
                0..=39 => Rating::Gap,
            },
            passes: score >= at_least && of_100 > 0,
        });
    }
    all
}
