//! The flow of a workflow as a graph. It must not know which flows are allowed.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::ids::StepId;
use crate::workflow::{Does, Late, LateEnd, Next, Recover, Step, WaitStep, Workflow};

/// Why a case goes from one step to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Next,
    /// A row of a decision, by its place.
    Row(usize),
    Otherwise,
    Approved,
    /// Past a review that sees only some of these cases.
    Unsampled,
    Rejected,
    Late,
    Failure,
    Exception,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Edge {
    pub(crate) to: usize,
    pub(crate) way: Way,
}

pub(crate) struct Graph {
    pub(crate) at: BTreeMap<StepId, usize>,
    pub(crate) edges: Vec<Vec<Edge>>,
    /// Steps from which a case can end.
    pub(crate) exits: Vec<bool>,
    /// Where a case can begin to move: the first step, and the steps exceptions lead to.
    pub(crate) starts: Vec<usize>,
    /// How many edges were looked at.
    pub(crate) work: Cell<usize>,
}

impl Graph {
    pub(crate) fn new(workflow: &Workflow) -> Self {
        let steps = &workflow.steps;
        let at: BTreeMap<StepId, usize> =
            steps.iter().enumerate().map(|(n, step)| (step.id.clone(), n)).collect();
        let mut graph = Self {
            edges: vec![Vec::new(); steps.len()],
            exits: vec![false; steps.len()],
            starts: at.get(&workflow.first).copied().into_iter().collect(),
            at,
            work: Cell::new(0),
        };
        for (n, step) in steps.iter().enumerate() {
            graph.step(n, step, steps);
        }
        for exception in &workflow.exceptions {
            graph.starts.extend(graph.at.get(&exception.go));
        }
        graph
    }

    fn step(&mut self, n: usize, step: &Step, steps: &[Step]) {
        match &step.does {
            Does::Decide(decide) => {
                for (row, case) in decide.first.iter().enumerate() {
                    self.next(n, step, steps, &case.go, Way::Row(row));
                }
                self.next(n, step, steps, &decide.otherwise, Way::Otherwise);
            }
            Does::Review(review) => {
                self.next(n, step, steps, &step.next, Way::Approved);
                if review.sample.is_some() {
                    self.next(n, step, steps, &step.next, Way::Unsampled);
                }
                match &review.if_rejected.then {
                    LateEnd::Go(to) => self.edge(n, to, Way::Rejected),
                    LateEnd::Stop => self.exit(n),
                }
                if let Late::Go(to) | Late::Ask { then: LateEnd::Go(to), .. } = &review.late {
                    self.edge(n, to, Way::Late);
                }
            }
            Does::Parallel(parallel) => {
                for branch in parallel.branches.values() {
                    self.edge(n, &branch.first, Way::Next);
                }
            }
            Does::End(_) => self.exit(n),
            Does::Wait(WaitStep::For(_) | WaitStep::Until(_))
            | Does::Agent(_)
            | Does::Tool(_)
            | Does::Lookup(_)
            | Does::Each(_)
            | Does::Workflow(_) => self.next(n, step, steps, &step.next, Way::Next),
        }
        if let Recover::Go(to) = &step.on_failure {
            self.edge(n, to, Way::Failure);
        }
    }

    /// The end of a branch leads on behind its parallel step.
    fn next(&mut self, n: usize, step: &Step, steps: &[Step], next: &Next, way: Way) {
        match (next, &step.inside) {
            (Next::Step(to), _) => self.edge(n, to, way),
            (Next::End, None) => self.exit(n),
            (Next::End, Some(inside)) => {
                let outer = self.at.get(&inside.parallel).and_then(|at| steps.get(*at));
                // A parallel step stands before its branches or behind them, but never in itself.
                if let Some(outer) = outer.filter(|outer| outer.id != step.id) {
                    self.next(n, outer, steps, &outer.next, way);
                }
            }
        }
    }

    fn edge(&mut self, from: usize, to: &StepId, way: Way) {
        if let (Some(to), Some(edges)) = (self.at.get(to), self.edges.get_mut(from)) {
            edges.push(Edge { to: *to, way });
        }
    }

    fn exit(&mut self, n: usize) {
        if let Some(exit) = self.exits.get_mut(n) {
            *exit = true;
        }
    }

    pub(crate) fn out(&self, n: usize) -> &[Edge] {
        let edges: &[Edge] = self.edges.get(n).map_or(&[], Vec::as_slice);
        self.work.set(self.work.get().saturating_add(edges.len() + 1));
        edges
    }

    /// Every step that can be reached over edges that `open` lets through.
    pub(crate) fn reach(
        &self,
        from: impl IntoIterator<Item = usize>,
        open: impl Fn(usize, Edge) -> bool,
    ) -> Vec<bool> {
        let mut seen = vec![false; self.edges.len()];
        let mut todo: Vec<usize> = from.into_iter().collect();
        while let Some(n) = todo.pop() {
            match seen.get_mut(n) {
                Some(new @ false) => *new = true,
                _ => continue,
            }
            todo.extend(self.out(n).iter().filter(|edge| open(n, **edge)).map(|edge| edge.to));
        }
        seen
    }

    /// The same graph with every edge turned round.
    pub(crate) fn turned(&self, open: impl Fn(usize, Edge) -> bool) -> Vec<Vec<usize>> {
        let mut back = vec![Vec::new(); self.edges.len()];
        for n in 0..self.edges.len() {
            for edge in self.out(n).iter().filter(|edge| open(n, **edge)) {
                if let Some(list) = back.get_mut(edge.to) {
                    list.push(n);
                }
            }
        }
        back
    }

    /// For each step the first of `goals` it can get to over open edges, itself included.
    pub(crate) fn nearest(
        &self,
        goals: impl IntoIterator<Item = usize>,
        open: impl Fn(usize, Edge) -> bool,
    ) -> Vec<Option<usize>> {
        let back = self.turned(open);
        let mut goal = vec![None; self.edges.len()];
        let mut todo = std::collections::VecDeque::new();
        for n in goals {
            if let Some(here) = goal.get_mut(n) {
                *here = Some(n);
                todo.push_back(n);
            }
        }
        while let Some(n) = todo.pop_front() {
            let reached = goal.get(n).copied().flatten();
            for before in back.get(n).into_iter().flatten() {
                if let Some(here @ None) = goal.get_mut(*before) {
                    *here = reached;
                    todo.push_back(*before);
                }
            }
        }
        goal
    }

    /// The number of each step's circle: steps that can be reached from each other share one.
    /// (Kosaraju's two walks, without recursion.)
    pub(crate) fn circles(&self, open: impl Fn(usize, Edge) -> bool) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.edges.len());
        let mut seen = vec![false; self.edges.len()];
        for start in 0..self.edges.len() {
            let mut stack = vec![(start, 0)];
            while let Some((n, next)) = stack.pop() {
                if next == 0 {
                    match seen.get_mut(n) {
                        Some(new @ false) => *new = true,
                        _ => continue,
                    }
                }
                match self.edges.get(n).and_then(|edges| edges.get(next)) {
                    Some(edge) => {
                        stack.push((n, next + 1));
                        if open(n, *edge) && seen.get(edge.to) == Some(&false) {
                            stack.push((edge.to, 0));
                        }
                    }
                    None => order.push(n),
                }
            }
        }
        let back = self.turned(open);
        let mut circle = vec![usize::MAX; self.edges.len()];
        for (number, start) in order.into_iter().rev().enumerate() {
            let mut todo = vec![start];
            while let Some(n) = todo.pop() {
                match circle.get_mut(n) {
                    Some(free @ &mut usize::MAX) => *free = number,
                    _ => continue,
                }
                todo.extend(back.get(n).into_iter().flatten());
            }
        }
        circle
    }
}
