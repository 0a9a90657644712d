//! What a trusted table says of a field's candidates. The table is a witness that no document can
//! forge; but it only knows values, not what the document says of them, so it must not overrule a
//! label that names another value, nor choose between two values that it knows.

use plan::workflow::CopyField;

use super::settle::{MARGIN, Reason, Settled, settle};
use super::{CANDIDATES_MAX, Candidate, KEPT_MAX, LABELLED, Second};

/// Whether a table could change what a field comes to.
#[must_use]
pub fn worth_knowing(field: &CopyField, candidates: &[Candidate]) -> bool {
    let open = [Reason::Unlabelled, Reason::Rivals, Reason::Alone];
    field.known_in.is_some()
        && matches!(settle(field, candidates, [None, None]),
            Settled::Doubt(reason) if open.contains(&reason))
}

/// The candidates in the light of a table: `held` says of each whether its value stands there.
///
/// - One that is held, where labels name it or none, leads with the table as its witness.
/// - Where none is held and no label names any, a field that may be missing is missing.
/// - Everything else stays as it was.
#[must_use]
pub fn known(field: &CopyField, mut candidates: Vec<Candidate>, held: &[bool]) -> Vec<Candidate> {
    let Some(best) = candidates.first().map(|best| best.score) else { return candidates };
    let mut all = (0..).zip(held).filter(|(_, held)| **held).map(|(at, _)| at);
    let labelled = best >= LABELLED;
    match (all.next(), all.next()) {
        (Some(at), None) => {
            let least = if labelled { LABELLED.max(best - MARGIN + 1) } else { 0 };
            if candidates.get(at).is_some_and(|one| one.score >= least) {
                let mut one = candidates.remove(at);
                one.score = LABELLED.max(best) + MARGIN;
                one.second = Some(Second::Known);
                candidates.insert(0, one);
            }
        }
        // With as many as are kept, others may not have been asked about.
        (None, _) if field.optional && !labelled && candidates.len() < KEPT_MAX => {
            candidates.clear();
        }
        _ => {}
    }
    candidates.truncate(CANDIDATES_MAX);
    candidates
}
