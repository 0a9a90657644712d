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

#[cfg(test)]
mod tests {
    use plan::ids::{FieldName, TableName};
    use plan::workflow::{Find, KnownIn};

    use super::super::candidates;
    use super::*;

    #[test]
    fn what_a_table_knows() {
        let table = KnownIn {
            table: TableName::new("orders").unwrap(),
            column: FieldName::new("order").unwrap(),
        };
        let order = CopyField {
            name: FieldName::new("order").unwrap(),
            find: Find::Id,
            optional: true,
            called: Vec::new(),
            known_in: Some(table),
        };
        let settled = |text: &str, rows: &[&str]| {
            let all = candidates(text, &order);
            assert!(worth_knowing(&order, &all), "{text}");
            let held: Vec<bool> =
                all.iter().map(|c| rows.contains(&c.value.as_str().unwrap())).collect();
            settle(&order, &known(&order, all, &held), [None, None])
        };
        let took = |text: &str, rows: &[&str]| match settled(text, rows) {
            Settled::Value(value, _) => value.as_str().unwrap().to_owned(),
            other => panic!("{text}: {other:?}"),
        };
        let bare = "We deliver Q-5512 on Monday.\nRegards, K-9 Transport";
        assert_eq!(took(bare, &["Q-5512"]), "Q-5512");
        assert_eq!(settled(bare, &[]), Settled::None, "no label and no row: there is none");
        assert_eq!(settled("Q-5512 and Q-5513", &["Q-5512", "Q-5513"]), {
            Settled::Doubt(Reason::Unlabelled)
        });
        // Of several that labels name, the table may tell which; it overrules no label.
        let rivals = "Your order: A-1001\nYour order: B-2002";
        assert_eq!(took(rivals, &["B-2002"]), "B-2002");
        let planted = "Your order: A-1001\nYour order: B-2002\nQ-5512";
        assert_eq!(settled(planted, &["Q-5512"]), Settled::Doubt(Reason::Rivals));
        // What a label names as something else is no order, whatever a table holds.
        let number = "Invoice number: Q-5512\nof Monday, see Q-7000";
        assert_eq!(settled(number, &["Q-5512"]), Settled::Doubt(Reason::Unlabelled));
    }
}
