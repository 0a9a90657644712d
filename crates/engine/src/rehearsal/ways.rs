//! Which ways of a map a case took, by its records. It must not know how the case came to be.

use std::collections::{BTreeMap, BTreeSet};

use journal::{Answer, Code, End, Frame, Record, ReviewNo, Stored, Why};
use plan::ids::StepId;
use plan::show::{Way, WayKind};
use plan::workflow::{EndOutcome, Next};

/// The places, among a map's ways, of those that these entries tell of.
#[must_use]
pub fn taken(ways: &[Way], stored: &[Stored]) -> BTreeSet<usize> {
    let frames = stored.iter().filter_map(|one| serde_json::from_slice::<Frame>(&one.bytes).ok());
    let mut seen = Seen { ways, asked: BTreeMap::new(), last: None, taken: BTreeSet::new() };
    for frame in frames {
        frame.records.iter().for_each(|record| seen.record(record));
    }
    seen.taken
}

struct Seen<'w> {
    ways: &'w [Way],
    asked: BTreeMap<ReviewNo, StepId>,
    /// The step whose request was answered with no, or by nobody, last.
    last: Option<(StepId, &'static str)>,
    taken: BTreeSet<usize>,
}

impl Seen<'_> {
    fn record(&mut self, record: &Record) {
        match record {
            Record::Opened { .. } => self.take(None, |way| way.kind == WayKind::Start),
            Record::ReviewOpened { review, at, .. } => {
                self.asked.insert(*review, at.step.clone());
            }
            Record::ReviewAnswered { review, answer: Answer::Rejected { .. }, .. } => {
                self.last = self.asked.get(review).cloned().map(|step| (step, "rejected"));
            }
            Record::ReviewLate { review, to: None, .. } => {
                self.last = self.asked.get(review).cloned().map(|step| (step, "no answer"));
            }
            Record::Branched { at } => {
                self.take(Some(&at.step), |way| way.kind == WayKind::Branch);
            }
            Record::Moved { from, to, why } => self.moved(&from.step, to, why),
            Record::Ended { end, .. } => self.ended(end),
            _ => {}
        }
    }

    /// A way that stops the case is told by how it ended, and by whose answer.
    fn ended(&mut self, end: &End) {
        let wanted = match end {
            End::Reached(EndOutcome::Rejected) => "rejected",
            End::Failed(Code::Late) => "no answer",
            _ => return,
        };
        if let Some((step, when)) = self.last.take().filter(|(_, when)| *when == wanted) {
            self.take(Some(&step), |way| way.kind == WayKind::Stop && way.when == when);
        }
    }

    fn moved(&mut self, from: &StepId, to: &Next, why: &Why) {
        let target = match to {
            Next::Step(step) => Some(step.to_string()),
            Next::End => None,
        };
        let leads = |way: &Way| way.to == target;
        match why {
            Why::Next | Why::Joined | Why::Skipped => {
                self.take(Some(from), |way| {
                    matches!(way.kind, WayKind::Next | WayKind::Approved) && leads(way)
                });
            }
            Why::Row(n) => self.nth(Some(from), WayKind::Row, usize::from(*n)),
            Why::Otherwise | Why::RowFailed(_) => {
                self.take(Some(from), |way| way.kind == WayKind::Otherwise);
            }
            Why::Exception(n) => self.nth(None, WayKind::Exception, usize::from(*n)),
            Why::Approved => self.nth(Some(from), WayKind::Approved, 0),
            Why::Unsampled => self.nth(Some(from), WayKind::Approved, 1),
            Why::Rejected => self.take(Some(from), |way| way.kind == WayKind::Rejected),
            Why::Late => self.take(Some(from), |way| way.kind == WayKind::Late),
            Why::Failure(_) => self.take(Some(from), |way| way.kind == WayKind::Failure),
        }
    }

    fn of<'s>(
        &'s self,
        from: Option<&'s StepId>,
        fits: impl Fn(&Way) -> bool + 's,
    ) -> impl Iterator<Item = usize> + 's {
        let from = from.map(StepId::as_str);
        let all = self.ways.iter().enumerate();
        all.filter(move |(_, way)| way.from.as_deref() == from && fits(way)).map(|(n, _)| n)
    }

    fn take(&mut self, from: Option<&StepId>, fits: impl Fn(&Way) -> bool) {
        let all: Vec<usize> = self.of(from, fits).collect();
        self.taken.extend(all);
    }

    fn nth(&mut self, from: Option<&StepId>, kind: WayKind, n: usize) {
        let one = self.of(from, |way| way.kind == kind).nth(n);
        self.taken.extend(one);
    }
}
