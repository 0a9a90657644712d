//! The review of portfolios: two people judge by the rubric, each alone, and a third where they are
//! too far apart. Nobody judges their own work, or sees what another said before having judged.

use std::collections::{BTreeMap, BTreeSet};

use journal::{Checked, Examined, Hash, Millis, Named, Placed, SittingId, Tick};
use plan::Track;
use plan::ids::{FieldName, PersonId};
use serde::Serialize;

use crate::blueprint::{Blueprint, domain};
use crate::board::{Assessment, Board, Portfolio};
use crate::no::No;
use crate::order::{Around, Next, TEXT_MAX, Told, reason_of, waited};
use crate::outcome::{Pass, Score, valid_until};
use crate::paper::Stands;
use crate::rubric::{LEVEL_MAX, Rubric};

/// Of how many domains a pack can tell.
const DOMAINS: usize = 8;

/// A portfolio as somebody may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Review {
    pub sitting: SittingId,
    pub holder: PersonId,
    pub pack: Hash,
    pub checked: Checked,
    pub handed_in: Millis,
    pub stands: Stands,
    /// How many have assessed it, of how many.
    pub assessed: usize,
    pub needed: usize,
    /// What may be seen of what they said.
    pub said: Vec<Said>,
    /// The level of each dimension, in halves, once it is decided.
    pub levels: Vec<Level>,
    pub pass: Option<Pass>,
}

/// What one assessor said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    pub by: PersonId,
    pub placed: Vec<Placed>,
    /// By dimension.
    pub reasons: BTreeMap<String, String>,
}

/// What a dimension came to, in halves of a level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Level {
    pub dimension: FieldName,
    pub halves: u8,
}

/// Takes a person's pack in. Whoever takes in another's answers for the check of it.
pub(crate) fn hand_in(
    board: &Board,
    whose: &PersonId,
    (pack, checked): (Hash, &Checked),
    around: &Around<'_>,
    tick: &Tick,
) -> Result<Next, No> {
    let by = (whose != around.who).then(|| around.who.clone());
    if by.is_some() && !around.rights.assesses {
        return Err(No::NotPermitted("auditors and owners take in the packs of others"));
    }
    let counts = |one: &Portfolio| one.invalid.is_none();
    match board.portfolios().find(|(_, one)| one.pack == pack && counts(one)) {
        Some((id, one)) if one.who == *whose => {
            let reviews = reviews(board, Some(id), around)?;
            return Ok(Next::Tell(Told::Reviews { reviews }));
        }
        Some(_) => return Err(No::Pack("this pack was handed in by somebody else")),
        None => {}
    }
    let open = |one: &Portfolio| one.who == *whose && Stands::of_portfolio(one) == Stands::Open;
    if board.portfolios().any(|(_, one)| open(one)) {
        return Err(No::Pack("another pack of the same person is still being reviewed"));
    }
    waited(board, Track::Practitioner, whose, tick)?;
    if !checked.verified {
        return Err(No::Pack("the pack is not verified: its signatures or hashes do not hold"));
    }
    let different: BTreeSet<&Named> = checked.domains.iter().collect();
    if different.len() != checked.domains.len() || different.len() > DOMAINS {
        return Err(No::Pack("the pack names a domain twice, or more than there are"));
    }
    let terms = Blueprint::of(Track::Practitioner, around.exams)?.terms(0);
    let (sitting, who, checked) = (SittingId::new(around.id), whose.clone(), checked.clone());
    Ok(Next::Write(Examined::HandedIn { sitting, who, by, terms, pack, checked }, None))
}

/// Places a portfolio by the rubric.
pub(crate) fn assess(
    board: &Board,
    id: &SittingId,
    said: &BTreeMap<FieldName, (u8, String)>,
    around: &Around<'_>,
) -> Result<Next, No> {
    if !around.rights.assesses {
        return Err(No::NotPermitted("portfolios are assessed by auditors and owners"));
    }
    let portfolio = board.portfolios.get(id).ok_or(No::NoSitting)?;
    let placed: Vec<Placed> = said
        .iter()
        .map(|(dimension, (level, _))| Placed { dimension: dimension.clone(), level: *level })
        .collect();
    let before = portfolio.assessed.iter().find(|one| one.by == *around.who);
    if let Some(before) = before {
        if before.placed == placed {
            let reviews = reviews(board, Some(id), around)?;
            return Ok(Next::Tell(Told::Reviews { reviews }));
        }
        return Err(No::Assessment("you have assessed it already; what is said stays".to_owned()));
    }
    if portfolio.who == *around.who {
        return Err(No::Assessment("nobody assesses their own work".to_owned()));
    }
    if Stands::of_portfolio(portfolio) != Stands::Open {
        return Err(No::Assessment("it is decided, or does not count".to_owned()));
    }
    if portfolio.assessed.len() >= needed(portfolio, around)? {
        return Err(No::Assessment("everybody who is needed has assessed it".to_owned()));
    }
    let rubric = Rubric::embedded()?;
    let wanted: BTreeSet<&FieldName> = rubric.dimensions.iter().map(|one| &one.id).collect();
    if let Some(missing) = wanted.iter().find(|one| !said.contains_key(**one)) {
        return Err(No::Assessment(format!("`{missing}` is not placed")));
    }
    if let Some(unknown) = said.keys().find(|one| !wanted.contains(one)) {
        return Err(No::Assessment(format!("the rubric has no `{unknown}`")));
    }
    let mut reasons = BTreeMap::new();
    for (dimension, (level, reason)) in said {
        if *level > LEVEL_MAX {
            return Err(No::Assessment(format!("`{dimension}` has levels 0 to {LEVEL_MAX}")));
        }
        let lacks = |_| {
            let what = format!("`{dimension}` needs a reason, of 1 to {TEXT_MAX} characters");
            No::Assessment(what)
        };
        reasons.insert(dimension.to_string(), reason_of(reason).map_err(lacks)?);
    }
    let text = serde_json::to_string(&reasons).map_err(|e| No::Assessment(e.to_string()))?;
    let (sitting, by) = (id.clone(), around.who.clone());
    Ok(Next::Write(Examined::Assessed { sitting, by, placed }, Some(text)))
}

/// How many have to assess it: two, or three where the first two are too far apart.
fn needed(portfolio: &Portfolio, around: &Around<'_>) -> Result<usize, No> {
    let apart = Blueprint::of(Track::Practitioner, around.exams)?.apart;
    let (first, second) = match portfolio.assessed.as_slice() {
        [first, second, ..] => (first, second),
        _ => return Ok(2),
    };
    let far = first.placed.iter().zip(&second.placed);
    let far = far.map(|(a, b)| a.level.abs_diff(b.level)).max().unwrap_or_default();
    Ok(if far > apart { 3 } else { 2 })
}

/// A portfolio that everybody who is needed has assessed.
pub(crate) fn due(board: &Board, around: &Around<'_>) -> Result<Option<Examined>, No> {
    for (id, one) in board.portfolios() {
        if Stands::of_portfolio(one) == Stands::Open && one.assessed.len() >= needed(one, around)? {
            let passed = passes(one);
            return Ok(Some(Examined::Decided { sitting: id.clone(), passed }));
        }
    }
    Ok(None)
}

/// What each dimension came to: the middle of what was said, in halves of a level.
fn levels(portfolio: &Portfolio) -> Vec<Level> {
    let mut by_dimension: BTreeMap<&FieldName, Vec<u8>> = BTreeMap::new();
    for placed in portfolio.assessed.iter().flat_map(|one| &one.placed) {
        by_dimension.entry(&placed.dimension).or_default().push(placed.level);
    }
    let middle = |(dimension, mut all): (&FieldName, Vec<u8>)| {
        all.sort_unstable();
        let halves = match all.as_slice() {
            [a, b] => a + b,
            [_, b, _] => b * 2,
            _ => 0,
        };
        Level { dimension: dimension.clone(), halves }
    };
    by_dimension.into_iter().map(middle).collect()
}

/// Enough points, and nothing at the lowest level.
fn passes(portfolio: &Portfolio) -> bool {
    let levels = levels(portfolio);
    let points: usize = levels.iter().map(|level| usize::from(level.halves)).sum();
    let all = levels.len() * usize::from(LEVEL_MAX) * 2;
    let lowest = levels.iter().any(|level| level.halves < 2);
    !lowest && all > 0 && points >= Blueprint::needed(portfolio.terms.pass, all)
}

/// The portfolios that somebody may see, or one of them.
pub(crate) fn reviews(
    board: &Board,
    wanted: Option<&SittingId>,
    around: &Around<'_>,
) -> Result<Vec<Review>, No> {
    let mut all = Vec::new();
    for (id, one) in board.portfolios() {
        let mine = one.who == *around.who;
        let may = mine || around.rights.assesses || around.rights.owns;
        if may && wanted.is_none_or(|wanted| wanted == id) {
            all.push(review(id, one, around)?);
        }
    }
    match (wanted, all.is_empty()) {
        (Some(_), true) => Err(No::NoSitting),
        _ => Ok(all),
    }
}

fn review(id: &SittingId, one: &Portfolio, around: &Around<'_>) -> Result<Review, No> {
    let stands = Stands::of_portfolio(one);
    let over = stands != Stands::Open;
    let assessed = one.assessed.iter().any(|said| said.by == *around.who);
    // Whoever has still to judge sees nothing of what others said; nor does whose work it is.
    let both = one.assessed.len() >= 2 && assessed;
    let may = |said: &&Assessment| over || both || said.by == *around.who;
    let said = one.assessed.iter().filter(may).map(|said| Said {
        by: said.by.clone(),
        placed: said.placed.clone(),
        reasons: said
            .reasons
            .as_deref()
            .and_then(|t| serde_json::from_str(t).ok())
            .unwrap_or_default(),
    });
    let pass = match (stands, one.decided) {
        (Stands::Passed, Some((_, at))) => Some(Pass {
            holder: one.who.clone(),
            track: Track::Practitioner,
            sitting: id.clone(),
            domains: one.checked.domains.iter().map(covered).collect(),
            passed_at: at.wall,
            valid_until: valid_until(at.wall, one.terms.valid),
            pack: Some(one.pack),
        }),
        _ => None,
    };
    Ok(Review {
        sitting: id.clone(),
        holder: one.who.clone(),
        pack: one.pack,
        checked: one.checked.clone(),
        handed_in: one.handed_in.wall,
        stands,
        assessed: one.assessed.len(),
        needed: needed(one, around)?,
        said: said.collect(),
        levels: if over { levels(one) } else { Vec::new() },
        pass,
    })
}

/// A domain that a pack covers.
fn covered(code: &Named) -> Score {
    Score { of: code.clone(), name: domain(code), right: 1, questions: 1 }
}
