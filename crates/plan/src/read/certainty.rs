//! What an agent's answer must show beside its form: `sure` and `never_says`. It must not judge an
//! answer.

use crate::codes;
use crate::ids::{AgentName, FieldName};
use crate::keys;
use crate::problem::Found;
use crate::workflow::{Can, Sure, Type, Work};
use crate::yaml::{Kind, Node};

use super::about::percent;
use super::agents::beside;
use super::scalars::Fields;
use super::settings;
use super::steps::Steps;

/// Whoever has to be asked more often than this does not know.
const TIMES_MAX: u64 = 9;
/// A list that nobody can read through any more is nobody's rule.
const ENTRIES_MAX: usize = 10_000;

impl Steps<'_, '_> {
    /// What `sure` wants of the answer of a step.
    pub(crate) fn sure(&self, fields: Fields<'_>, agent: &AgentName, work: &Work) -> Option<Sure> {
        let Some(node) = fields.get("sure") else { return Some(Sure::default()) };
        let cx = self.cx;
        let Work::Answer { shape, tools, .. } = work else {
            let what = "fields that are copied are settled by two questions, each with its place";
            let found = Found::new(&codes::KIND, &node.at, what);
            return cx.add(found.fix("remove `sure`; it is for `answer`"));
        };
        let fields = cx.fields(node, &keys::SURE)?;
        let times = match fields.get("times") {
            Some(node) => cx.whole(node, 2, TIMES_MAX).and_then(|n| u8::try_from(n).ok())?,
            None => 0,
        };
        if times > 0 && !tools.is_empty() {
            let what = "an agent with tools cannot answer several times: it would act each time";
            let found = Found::new(&codes::KIND, &node.at, what);
            return cx.add(found.fix("take `times` away, or the tools"));
        }
        let alike = match fields.get("alike") {
            Some(node) => self.alike(node, times, shape)?,
            None => Vec::new(),
        };
        let checker = match fields.get("checker") {
            Some(node) => Some(settings::model(cx, node, &self.ws.settings)?),
            None => None,
        };
        let own = self.ws.agents.get(agent).map(|file| file.agent.models.as_slice());
        let own = own.unwrap_or_default();
        if let (Some(checker), Some(node)) = (&checker, fields.get("checker")) {
            let choose = |can: &&Can| **can == Can::Choose;
            let model = self.ws.settings.models.get(checker);
            if own.contains(checker) {
                let what = format!("`{checker}` would check what it may have answered itself");
                let found = Found::new(&codes::CHECKER, &node.at, what);
                return cx.add(found);
            }
            if model.is_some_and(|model| !model.can.iter().any(|can| choose(&can))) {
                let what = format!("this needs `choose`, and the model `{checker}` cannot");
                return cx.add(Found::new(&codes::MODEL_CANNOT, &node.at, what));
            }
        }
        let probability = match fields.get("probability") {
            Some(node) => Some(percent(cx, node)?),
            None => None,
        };
        if let Some(node) = fields.get("probability") {
            for name in own {
                let model = self.ws.settings.models.get(name);
                if model.is_some_and(|model| !model.can.contains(&Can::Probabilities)) {
                    let what = format!("this needs `probabilities`, and the model `{name}` cannot");
                    cx.add::<()>(Found::new(&codes::MODEL_CANNOT, &node.at, what));
                }
            }
        }
        let sure = Sure { times, alike, checker, probability };
        if sure.is_none() {
            let what = "`sure` wants nothing of the answer";
            let fix = "add `times`, `checker` or `probability`";
            return cx.add(Found::new(&codes::MISSING_KEY, &node.at, what).fix(fix));
        }
        Some(sure)
    }

    /// The fields in which several answers must be alike.
    fn alike(&self, node: &Node, times: u8, shape: &Type) -> Option<Vec<FieldName>> {
        let cx = self.cx;
        if times == 0 {
            let what = "one answer is always like itself";
            return cx.add(Found::new(&codes::MISSING_KEY, &node.at, what).fix("add `times: 3`"));
        }
        let mut alike = Vec::new();
        for node in cx.list(node)? {
            let name = cx.name(node, FieldName::new)?;
            if let Type::Record(fields) = shape
                && !fields.contains_key(name.as_str())
            {
                let what = format!("the answer has no field `{name}`");
                let found = Found::new(&codes::PATH_FIELD, &node.at, what);
                return cx.add(found.near(name.as_str(), fields.keys()));
            }
            alike.push(name);
        }
        Some(alike)
    }

    /// Words that an answer must not hold: a list, or a file of `lists/` with one in each line.
    pub(crate) fn never_says(&self, fields: Fields<'_>, work: &Work) -> Option<Vec<String>> {
        let cx = self.cx;
        let Some(node) = fields.get("never_says") else { return Some(Vec::new()) };
        if matches!(work, Work::Copy { .. }) {
            let what = "fields that are copied say what the text says";
            let found = Found::new(&codes::KIND, &node.at, what);
            return cx.add(found.fix("remove `never_says`; it is for `answer`"));
        }
        let all: Vec<String> = match &node.kind {
            Kind::Text { text: path, .. } => {
                let Some(text) = beside("", path).and_then(|path| cx.files.get(&path)) else {
                    let found = Found::new(&codes::FILE, &node.at, format!("there is no `{path}`"));
                    let known = cx.files.within("lists/", ".txt").map(|(path, _)| path.as_ref());
                    return cx.add(found.near(path, known));
                };
                let lines = text.lines().map(str::trim);
                lines.filter(|l| !l.is_empty() && !l.starts_with('#')).map(str::to_owned).collect()
            }
            _ => cx.list(node)?.iter().map(|node| cx.text(node)).collect::<Option<_>>()?,
        };
        let empty = |text: &&String| !text.chars().any(char::is_alphanumeric);
        if let Some(text) = all.iter().find(empty) {
            let what = format!("`{text}` holds no word");
            return cx
                .add(Found::new(&codes::RANGE, &node.at, what).fix("write a word, or remove it"));
        }
        if all.is_empty() || all.len() > ENTRIES_MAX {
            let what = format!("a list has 1 to {ENTRIES_MAX} entries, and this one {}", all.len());
            return cx.add(Found::new(&codes::RANGE, &node.at, what));
        }
        Some(all)
    }
}
