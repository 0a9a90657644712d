//! A net of steps as a list with ways: what runs beside each other elsewhere runs one after the
//! other here, and a step that hangs on an answer is reached by that answer alone. A step whose
//! answers cannot be told for sure is given up, never run anyway. It must not know what steps do.

use std::collections::{BTreeMap, BTreeSet};

/// What a case takes a way on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    On,
    Yes,
    No,
}

/// One step leads to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lead {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) way: Way,
}

/// Answers that a case has been given: by which step, and whether it was yes.
type Given = BTreeSet<(usize, bool)>;

/// The list, and where each way of each step leads.
#[derive(Debug, Default)]
pub(super) struct Order {
    pub(super) steps: Vec<usize>,
    /// Nothing where the case ends.
    pub(super) ways: BTreeMap<(usize, Way), Option<usize>>,
    /// Steps of a loop that need a limit.
    pub(super) again: BTreeSet<usize>,
    /// Ways back that no answer takes: nobody could say when they end.
    pub(super) circles: Vec<Lead>,
    /// Steps whose answers cannot be told.
    pub(super) lost: BTreeSet<usize>,
    given: BTreeMap<usize, Given>,
    /// By step: those that a case has been through for sure when it comes there.
    behind: BTreeMap<usize, BTreeSet<usize>>,
}

/// The order where each way was drawn and leads to one step: then nothing has to be put one after
/// the other. Nothing where it is not so, or where something that one step makes and another is
/// given says another order than what was drawn.
pub(super) fn drawn(
    count: usize,
    leads: &BTreeMap<Lead, bool>,
    splits: &BTreeSet<usize>,
) -> Option<Order> {
    let all: Vec<Lead> = leads.keys().copied().collect();
    let back = backward(count, &all);
    let by_hand: Vec<&Lead> = all.iter().filter(|lead| leads.get(lead) == Some(&true)).collect();
    let mut order = Order::default();
    for n in 0..count {
        for way in ways_of(n, splits) {
            let mut to = by_hand.iter().filter(|l| (l.from, l.way) == (n, *way));
            let (one, more) = (to.next(), to.next());
            if more.is_some() {
                return None;
            }
            let one = one.filter(|lead| *way != Way::On || !back.contains(lead));
            order.again.extend(one.filter(|l| back.contains(l)).into_iter().flat_map(|l| both(l)));
            order.ways.insert((n, *way), one.map(|lead| lead.to));
        }
    }
    let forward = by_hand.iter().filter(|lead| !back.contains(lead));
    let told = forward.clone().all(|lead| order.ways.contains_key(&(lead.from, lead.way)));
    let mut left: BTreeSet<usize> = (0..count).collect();
    while let Some(next) = left
        .iter()
        .copied()
        .find(|n| forward.clone().all(|lead| lead.to != *n || !left.contains(&lead.from)))
    {
        left.remove(&next);
        order.steps.push(next);
    }
    let follows = |lead: &Lead| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![lead.from]);
        while let Some(n) = next.pop() {
            let ways = by_hand.iter().filter(|l| l.from == n && reached.insert(l.to));
            next.extend(ways.map(|l| l.to));
        }
        reached.contains(&lead.to)
    };
    if !told || !all.iter().filter(|lead| !back.contains(lead)).all(follows) {
        return None;
    }
    order.circles = back
        .iter()
        .filter(|l| l.way == Way::On || leads.get(*l) == Some(&false))
        .copied()
        .collect();
    order.reached();
    order.behind = order.sure();
    (order.steps.len() == count).then_some(order)
}

fn both(lead: &Lead) -> [usize; 2] {
    [lead.from, lead.to]
}

fn ways_of(n: usize, splits: &BTreeSet<usize>) -> &'static [Way] {
    if splits.contains(&n) { &[Way::Yes, Way::No] } else { &[Way::On] }
}

/// The order of `count` steps, of which some have a way for yes and one for no.
pub(super) fn order(count: usize, leads: &[Lead], splits: &BTreeSet<usize>) -> Order {
    let back = backward(count, leads);
    let mut before: BTreeMap<usize, Vec<Lead>> = BTreeMap::new();
    for lead in leads.iter().filter(|lead| !back.contains(lead)) {
        before.entry(lead.to).or_default().push(*lead);
    }
    let mut order = Order::default();
    order.placed(count, &before, splits);
    order.chained(splits);
    for lead in back {
        order.loops(lead, leads, splits);
    }
    order.reached();
    order.behind = order.sure();
    order
}

/// The leads that close a circle, found by walking from the steps that nothing leads to.
fn backward(count: usize, leads: &[Lead]) -> BTreeSet<Lead> {
    let mut out: BTreeMap<usize, Vec<Lead>> = BTreeMap::new();
    for lead in leads {
        out.entry(lead.from).or_default().push(*lead);
    }
    let led: BTreeSet<usize> = leads.iter().map(|lead| lead.to).collect();
    let first = (0..count).filter(|n| !led.contains(n));
    let (mut open, mut done, mut back) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for start in first.chain(0..count) {
        walk(start, &out, &mut open, &mut done, &mut back);
    }
    back
}

/// There are at most a few hundred steps, so the walk goes no deeper than that.
fn walk(
    n: usize,
    out: &BTreeMap<usize, Vec<Lead>>,
    open: &mut BTreeSet<usize>,
    done: &mut BTreeSet<usize>,
    back: &mut BTreeSet<Lead>,
) {
    if !done.insert(n) {
        return;
    }
    open.insert(n);
    for lead in out.get(&n).into_iter().flatten() {
        if open.contains(&lead.to) {
            back.insert(*lead);
        } else {
            walk(lead.to, out, open, done, back);
        }
    }
    open.remove(&n);
}

impl Order {
    /// Every step, also those that no way leads to.
    pub(super) fn all(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().chain(&self.lost).copied()
    }

    /// Whether a value of one step is there whenever another begins.
    pub(super) fn is_before(&self, one: usize, other: usize) -> bool {
        self.behind.get(&other).is_some_and(|behind| behind.contains(&one))
    }

    /// What lies behind a case at each step, whichever way it came.
    fn sure(&self) -> BTreeMap<usize, BTreeSet<usize>> {
        let Some(first) = self.steps.first() else { return BTreeMap::new() };
        let mut behind = BTreeMap::from([(*first, BTreeSet::new())]);
        loop {
            let before = behind.clone();
            for ((from, _), to) in &self.ways {
                let (Some(to), Some(known)) = (to, behind.get(from)) else { continue };
                let mut known: BTreeSet<usize> = known.clone();
                known.insert(*from);
                let of_to = behind.entry(*to).or_insert_with(|| known.clone());
                of_to.retain(|step| known.contains(step));
            }
            if behind == before {
                return behind;
            }
        }
    }

    /// One step after the other: what hangs on an answer right after the step that gives it.
    fn placed(
        &mut self,
        count: usize,
        before: &BTreeMap<usize, Vec<Lead>>,
        splits: &BTreeSet<usize>,
    ) {
        let mut left: BTreeSet<usize> = (0..count).collect();
        let mut regions = vec![Given::new()];
        while let Some(region) = regions.last() {
            let ready: Vec<usize> = left
                .iter()
                .copied()
                .filter(|n| before.get(n).into_iter().flatten().all(|l| !left.contains(&l.from)))
                .collect();
            let mut best: Option<(bool, usize, Given)> = None;
            for n in ready {
                match self.given(n, before, splits) {
                    None => {
                        left.remove(&n);
                        self.lost.insert(n);
                    }
                    Some(given) if region.is_subset(&given) => {
                        let rank = (splits.contains(&n), n);
                        if best.as_ref().is_none_or(|(split, at, _)| rank < (*split, *at)) {
                            best = Some((rank.0, n, given));
                        }
                    }
                    Some(_) => {}
                }
            }
            let Some((split, n, given)) = best else {
                regions.pop();
                continue;
            };
            left.remove(&n);
            self.steps.push(n);
            if split {
                for yes in [false, true] {
                    let mut inner = given.clone();
                    inner.insert((n, yes));
                    regions.push(inner);
                }
            }
            self.given.insert(n, given);
        }
    }

    /// The answers without which a step is not to run; nothing where they cannot be told.
    fn given(
        &self,
        n: usize,
        before: &BTreeMap<usize, Vec<Lead>>,
        splits: &BTreeSet<usize>,
    ) -> Option<Given> {
        let mut all = Given::new();
        for lead in before.get(&n).into_iter().flatten() {
            all.extend(self.given.get(&lead.from)?.iter().copied());
            if splits.contains(&lead.from) && lead.way != Way::On {
                all.insert((lead.from, lead.way == Way::Yes));
            }
        }
        // Where both answers lead here, none of them is needed.
        let both: Vec<usize> = all
            .iter()
            .filter(|(s, yes)| *yes && all.contains(&(*s, false)))
            .map(|(s, _)| *s)
            .collect();
        all.retain(|(step, _)| !both.contains(step));
        let stands = |step: usize| self.given.get(&step).is_some_and(|given| given.is_subset(&all));
        all.iter().all(|(step, _)| stands(*step)).then_some(all)
    }

    /// Each way leads to the first later step that needs no answer which the case was not given.
    fn chained(&mut self, splits: &BTreeSet<usize>) {
        for (place, n) in self.steps.iter().enumerate() {
            for way in ways_of(*n, splits) {
                let mut known = self.given.get(n).cloned().unwrap_or_default();
                if *way != Way::On {
                    known.insert((*n, *way == Way::Yes));
                }
                let later = self.steps.iter().skip(place + 1);
                let mut fits = later
                    .filter(|m| self.given.get(m).is_some_and(|needs| needs.is_subset(&known)));
                self.ways.insert((*n, *way), fits.next().copied());
            }
        }
    }

    /// A way back is taken where an answer takes it and leads nowhere else.
    fn loops(&mut self, back: Lead, leads: &[Lead], splits: &BTreeSet<usize>) {
        let only = leads.iter().filter(|l| l.from == back.from && l.way == back.way).count() == 1;
        let mut known = self.given.get(&back.from).cloned().unwrap_or_default();
        known.insert((back.from, back.way == Way::Yes));
        let sure = self.given.get(&back.to).is_some_and(|needs| needs.is_subset(&known));
        let answer = splits.contains(&back.from) && back.way != Way::On;
        if answer && only && sure && self.steps.contains(&back.from) {
            self.ways.insert((back.from, back.way), Some(back.to));
            self.again.extend([back.from, back.to]);
        } else {
            self.circles.push(back);
        }
    }

    /// A step that no way leads to is given up.
    fn reached(&mut self) {
        let mut reached = BTreeSet::new();
        let mut next: Vec<usize> = self.steps.first().copied().into_iter().collect();
        while let Some(n) = next.pop() {
            if reached.insert(n) {
                let ways = [Way::On, Way::Yes, Way::No];
                next.extend(ways.iter().filter_map(|way| *self.ways.get(&(n, *way))?));
            }
        }
        self.lost.extend(self.steps.iter().filter(|n| !reached.contains(n)));
        self.steps.retain(|n| reached.contains(n));
    }
}
