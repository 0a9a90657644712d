//! The files of a map as values: which step makes one, which is given it, and which come in with
//! the case. It must not know how a workflow is written down.

use std::collections::{BTreeMap, BTreeSet};

use super::build::{Build, Part};
use super::flow::{Lead, Way};
use super::graph::{Edge, Kind, Tie};
use super::words;

/// What flows between the nodes of a map.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// By node: the files that it is given, and those that it makes.
    pub(super) given: BTreeMap<usize, BTreeSet<String>>,
    pub(super) made: BTreeMap<usize, BTreeSet<String>>,
    /// By node of a step that answers: its fields, by file.
    pub(super) fields: BTreeMap<usize, BTreeMap<String, Vec<String>>>,
    /// By file: the field of the case that it comes in with.
    pub(super) case: BTreeMap<String, String>,
}

impl Values {
    pub(super) fn of(build: &Build<'_>) -> Self {
        let mut values = Self::default();
        for (n, node) in build.graph.nodes.iter().enumerate() {
            let texts = |keys: [&str; 2]| -> BTreeSet<String> {
                let all = keys.iter().flat_map(|key| node.data.texts(key));
                all.map(words::short).filter(|file| !file.is_empty()).collect()
            };
            if node.kind != Kind::Artifact {
                values.given.insert(n, texts(["inputs", "requiredInputs"]));
                values.made.insert(n, texts(["outputs", "producedArtifacts"]));
            }
        }
        for edge in build.graph.edges.iter().filter(|edge| ties(edge)) {
            let (Some(from), Some(to)) = (edge.from, edge.to) else { continue };
            match (build.file(from), build.file(to)) {
                (Some(file), None) => drop(values.given.entry(to).or_default().insert(file)),
                (None, Some(file)) => drop(values.made.entry(from).or_default().insert(file)),
                _ => {}
            }
        }
        let steps = build.in_order();
        for n in steps.iter().filter(|n| *build.part(**n) == Part::Agent) {
            let fields = values.answers(build, *n);
            values.fields.insert(*n, fields);
        }
        values.case = values.coming_in(&steps);
        values
    }

    /// The fields that a step answers with: those that the file's contract wants, or the file.
    fn answers(&self, build: &Build<'_>, n: usize) -> BTreeMap<String, Vec<String>> {
        let mut taken = BTreeSet::new();
        let mut all = BTreeMap::new();
        for file in self.made.get(&n).into_iter().flatten() {
            let contract = build.contract(file);
            let wanted: Vec<&str> =
                contract.map(|c| c.texts("outputContract.requiredFields")).unwrap_or_default();
            let one = words::stem(file);
            let names = if wanted.is_empty() { vec![one] } else { wanted };
            let names = names
                .into_iter()
                .map(|name| words::unlike(&words::slug(name, "field"), &mut taken));
            all.insert(file.clone(), names.collect());
        }
        if all.is_empty() {
            all.insert(String::new(), vec!["result".to_owned()]);
        }
        all
    }

    /// Files that steps are given and no step makes.
    fn coming_in(&self, steps: &[usize]) -> BTreeMap<String, String> {
        let mut taken = BTreeSet::new();
        let mut all = BTreeMap::new();
        for file in steps.iter().flat_map(|n| self.given.get(n).into_iter().flatten()) {
            let made =
                steps.iter().any(|n| self.made.get(n).is_some_and(|made| made.contains(file)));
            if !made && !all.contains_key(file) {
                let name = words::slug(words::stem(file), "field");
                all.insert(file.clone(), words::unlike(&name, &mut taken));
            }
        }
        all
    }

    /// What a step is given, as paths, and the files of which none is there by then.
    pub(super) fn paths(&self, build: &Build<'_>, n: usize) -> (Vec<String>, Vec<String>) {
        let (mut paths, mut late) = (Vec::new(), Vec::new());
        let place = |n: usize| build.steps.iter().position(|step| *step == n);
        for file in self.given.get(&n).into_iter().flatten() {
            if let Some(field) = self.case.get(file) {
                paths.push(format!("case.{field}"));
                continue;
            }
            let mut makers = build.in_order().into_iter().filter(|maker| {
                let made = self.made.get(maker).is_some_and(|made| made.contains(file));
                let sure =
                    place(*maker).zip(place(n)).is_some_and(|(a, b)| build.order.is_before(a, b));
                made && sure
            });
            match makers.next_back() {
                None => late.push(file.clone()),
                Some(maker) => paths.extend(self.of_step(build, maker, file)),
            }
        }
        paths.dedup();
        (paths, late)
    }

    /// A file as paths to what its step gives. What a person approves is no value.
    fn of_step(&self, build: &Build<'_>, maker: usize, file: &str) -> Vec<String> {
        let step = build.called(maker);
        match (build.part(maker), self.fields.get(&maker)) {
            (Part::Agent, Some(fields)) => {
                let own = fields.get(file).map(Vec::as_slice).unwrap_or_default();
                match own {
                    many if fields.len() == 1 && many.len() > 1 => vec![step],
                    own => own.iter().map(|field| format!("{step}.{field}")).collect(),
                }
            }
            (Part::Tool(_), _) => vec![step],
            _ => Vec::new(),
        }
    }
}

/// Whether an edge ties anything that runs.
pub(super) fn ties(edge: &Edge) -> bool {
    !matches!(edge.tie, Tie::Proposal | Tie::Derived) && edge.from.is_some() && edge.to.is_some()
}

impl Build<'_> {
    /// The file that a node stands for.
    pub(super) fn file(&self, n: usize) -> Option<String> {
        let node = self.node(n).filter(|node| node.kind == Kind::Artifact)?;
        Some(words::short(node.data.text("fileName").unwrap_or(&node.thing.name)))
    }

    /// The fields of the node that stands for a file.
    pub(super) fn contract(&self, file: &str) -> Option<super::graph::Fields<'_>> {
        let at = (0..self.graph.nodes.len()).find(|n| self.file(*n).as_deref() == Some(file))?;
        self.node(at).map(|node| node.data)
    }

    /// Which steps lead to which, also by way of what is no step. Whether somebody drew it so, or
    /// only a file that one makes and the other is given says it.
    pub(super) fn leads(&mut self) -> BTreeMap<Lead, bool> {
        let ways = self.ways();
        self.leads_among(&self.steps, &ways)
    }

    /// The same for any nodes, where the edges at some places are taken on an answer.
    pub(super) fn leads_among(
        &self,
        steps: &[usize],
        ways: &BTreeMap<usize, Way>,
    ) -> BTreeMap<Lead, bool> {
        let mut out: BTreeMap<usize, Vec<(usize, Way, bool)>> = BTreeMap::new();
        for (at, edge) in self.graph.edges.iter().enumerate().filter(|(_, edge)| ties(edge)) {
            if let (Some(from), Some(to)) = (edge.from, edge.to) {
                let way = ways.get(&at).copied().unwrap_or(Way::On);
                out.entry(from).or_default().push((to, way, true));
            }
        }
        for (from, to) in self.by_name() {
            // What comes after an answer that may be no comes after yes.
            let at = self.steps.iter().position(|step| *step == from);
            let splits = at.is_some_and(|at| self.splits.contains(&at));
            let way = if splits { Way::Yes } else { Way::On };
            out.entry(from).or_default().push((to, way, false));
        }
        let place: BTreeMap<usize, usize> =
            steps.iter().enumerate().map(|(at, n)| (*n, at)).collect();
        let mut leads = BTreeMap::new();
        for (from, start) in steps.iter().enumerate() {
            let mut seen = BTreeSet::new();
            let mut next: Vec<(usize, Way, bool)> = vec![(*start, Way::On, true)];
            while let Some((n, way, drawn)) = next.pop() {
                for (to, own, by_hand) in out.get(&n).into_iter().flatten() {
                    let way = if n == *start { *own } else { way };
                    let drawn = drawn && *by_hand && self.file(*to).is_none();
                    match place.get(to) {
                        Some(at) if *at == from => {}
                        Some(at) => {
                            let lead = Lead { from, to: *at, way };
                            *leads.entry(lead).or_insert(false) |= drawn;
                        }
                        None if seen.insert((*to, way)) => next.push((*to, way, drawn)),
                        None => {}
                    }
                }
            }
        }
        leads
    }

    /// Files that nodes name in their lists, where no edge was drawn.
    fn by_name(&self) -> BTreeSet<(usize, usize)> {
        let mut makers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let lists = |n: usize, keys: [&str; 2]| -> Vec<String> {
            let Some(node) = self.node(n) else { return Vec::new() };
            keys.iter().flat_map(|key| node.data.texts(key)).map(words::short).collect()
        };
        for n in 0..self.graph.nodes.len() {
            for file in lists(n, ["outputs", "producedArtifacts"]) {
                makers.entry(file).or_default().push(n);
            }
        }
        let mut all = BTreeSet::new();
        for n in 0..self.graph.nodes.len() {
            for file in lists(n, ["inputs", "requiredInputs"]) {
                all.extend(makers.get(&file).into_iter().flatten().map(|maker| (*maker, n)));
            }
        }
        // What makes and is given the same file waits for nobody.
        all.retain(|(from, to)| from != to);
        all
    }

    /// The way of each edge that leaves a step with two of them.
    fn ways(&mut self) -> BTreeMap<usize, Way> {
        let mut ways = BTreeMap::new();
        for (at, n) in self.steps.clone().into_iter().enumerate() {
            let Some(node) = self.node(n) else { continue };
            let graph = self.graph;
            let own = graph.edges.iter().enumerate();
            let own: Vec<(usize, &Edge)> =
                own.filter(|(_, e)| e.from == Some(n) && ties(e)).collect();
            if *self.part(n) == Part::Review {
                let no: Vec<usize> =
                    own.iter().filter(|(_, e)| is_no(&e.label)).map(|(e, _)| *e).collect();
                if !no.is_empty() {
                    self.splits.insert(at);
                    let way = |e: usize| if no.contains(&e) { Way::No } else { Way::Yes };
                    ways.extend(own.iter().map(|(e, _)| (*e, way(*e))));
                }
                continue;
            }
            if *self.part(n) != Part::Split {
                continue;
            }
            self.splits.insert(at);
            let label = |key: &str| node.data.text(key).map(words::line).unwrap_or_default();
            let (yes, no) = (label("trueLabel"), label("falseLabel"));
            let mut unsaid = Vec::new();
            for (e, edge) in own {
                let way = match edge.tie {
                    Tie::True => Some(Way::Yes),
                    Tie::False => Some(Way::No),
                    _ if edge.label.is_empty() => None,
                    _ if edge.label == no || is_no(&edge.label) => Some(Way::No),
                    _ if edge.label == yes || is_yes(&edge.label) => Some(Way::Yes),
                    _ => None,
                };
                match way {
                    Some(way) => drop(ways.insert(e, way)),
                    None => unsaid.push((e, edge)),
                }
            }
            let has = |ways: &BTreeMap<usize, Way>, way: Way| {
                let own = |e: &usize| graph.edges.get(*e).is_some_and(|edge| edge.from == Some(n));
                ways.iter().any(|(e, w)| *w == way && own(e))
            };
            for (e, edge) in unsaid {
                let way = if has(&ways, Way::Yes) { Way::No } else { Way::Yes };
                ways.insert(e, way);
                let answer = if way == Way::Yes { "yes" } else { "no" };
                let to = edge.to.map(|to| self.called(to)).unwrap_or_default();
                let question = format!(
                    "Which answer to `{}` leads to `{to}`? The map does not say; `{answer}` is taken.",
                    node.thing.name
                );
                self.account.open(&edge.thing, "", question);
            }
        }
        ways
    }
}

fn is_no(label: &str) -> bool {
    let label = label.to_lowercase();
    let parts = ["reject", "declin", "denied", "deny", "refus", "not approved", "disapprov"];
    matches!(label.as_str(), "no" | "false" | "n") || parts.iter().any(|part| label.contains(part))
}

fn is_yes(label: &str) -> bool {
    let label = label.to_lowercase();
    matches!(label.as_str(), "yes" | "true" | "y" | "ok") || label.contains("approv")
}
