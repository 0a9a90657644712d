//! How far an effect may go by itself: by risk, by the map, and by what somebody holds it to.

use journal::{Label, ReviewNo, Source};
use plan::workflow::Autonomy;

use super::plans::{Change, with};
use super::{ALLOWED, changed, draft, given, knowing};

pub(super) fn leashes() {
    for (change, expected) in [
        (Change::Risk("low", "act"), ALLOWED),
        (Change::Risk("high", "act"), ALLOWED),
        (Change::Risk("critical", "act"), "ask finance_clerk autonomy"),
        (Change::Risk("low", "approve"), "ask finance_clerk autonomy"),
    ] {
        let plan = with(change);
        assert_eq!(draft().judged(&knowing(&plan), &plan), expected, "{change:?}");
    }
    // Held lower than its map says.
    let plan = with(Change::Risk("low", "act"));
    for (level, approved, expected) in [
        (Autonomy::Act, None, ALLOWED),
        (Autonomy::ActWithUndo, None, ALLOWED),
        (Autonomy::Approve, None, "ask finance_clerk autonomy"),
        (Autonomy::Approve, Some(ReviewNo(3)), "allow review:3 cedar:standard.declared_tools"),
        (Autonomy::Suggest, None, "refuse autonomy Refused"),
        (Autonomy::Suggest, Some(ReviewNo(3)), "refuse autonomy Refused"),
    ] {
        let call = changed(|t| (t.held_at, t.approved) = (Some(level), approved));
        assert_eq!(call.judged(&knowing(&plan), &plan), expected, "{level:?}");
    }
    for approved in [None, Some(ReviewNo(3))] {
        let seeded = changed(|t| (t.seeded, t.approved) = (true, approved));
        assert_eq!(seeded.judged(&knowing(&plan), &plan), "refuse seeded Refused");
    }
    // A text that speaks to the model: whoever saw what is sent may let it go on.
    for (approved, expected) in [
        (None, "ask finance_clerk suspicion"),
        (Some(ReviewNo(3)), "allow review:3 cedar:standard.declared_tools"),
    ] {
        let call = changed(|t| (t.suspected, t.approved) = (true, approved));
        assert_eq!(call.judged(&knowing(&plan), &plan), expected);
    }
    // What only proposes does not act: not with an approval, and not by asking for one.
    let plan = with(Change::Risk("low", "suggest"));
    let outside = given("iban", "X", Label::from(Source::Outside)).at("read.iban");
    for call in [
        draft(),
        changed(|t| t.approved = Some(ReviewNo(3))),
        changed(|t| t.args[0] = outside.clone()),
        changed(|t| (t.args[0], t.approved) = (outside.clone(), Some(ReviewNo(3)))),
    ] {
        assert_eq!(call.judged(&knowing(&plan), &plan), "refuse autonomy Refused");
    }
}
