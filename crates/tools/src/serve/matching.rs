//! Small models of text over the operator's own examples and passages: which label a text is most
//! like, by what margin, which passage is nearest, and how alike two texts are. It remembers no
//! text it was asked about: what was seen before is known to whoever keeps the prints it gives.
//! Files are read again when they changed; one that is wrong is an error of every question.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use embed::{Classifier, Example, Vector, nearest, own_words, per_mille, print, shared, vector};
use rmcp::model::{JsonObject, Tool};
use serde_json::{Value, json};

use super::passages::{self, Passage};
use super::stamp::{Stamp, stamps};
use super::{Answer, BuiltIn, Reply, ServeError, TableError, gives, object, reads, text, tool};

/// A longer text is refused: nobody meant it as one message.
const TEXT_MAX: usize = 1 << 20;
/// How many examples or passages an answer shows, and how much of each.
const SHOWN: usize = 3;
const SHOWN_CHARS: usize = 300;

pub(super) struct Matching {
    root: PathBuf,
    sets: Mutex<Option<Open>>,
}

struct Open {
    sets: Arc<BTreeMap<String, Set>>,
    stamp: Vec<Stamp>,
}

/// One file: its passages, and what was learnt from their labels where it has some.
struct Set {
    passages: Vec<Passage>,
    vectors: Vec<Vector>,
    labels: Option<Classifier>,
}

impl Matching {
    /// Reads and learns all files, so that a wrong one is found before anything is asked.
    pub(super) fn open(root: &Path) -> Result<Self, ServeError> {
        let root = root.canonicalize().map_err(|why| ServeError::Folder {
            folder: root.display().to_string(),
            why: why.to_string(),
        })?;
        let server = Self { root, sets: Mutex::new(None) };
        server.current()?;
        Ok(server)
    }

    /// The sets as the files are now.
    fn current(&self) -> Result<Arc<BTreeMap<String, Set>>, TableError> {
        let mut open = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let files = passages::files(&self.root)?;
        let stamp = stamps(files.clone())?;
        if let Some(known) = open.as_ref().filter(|known| known.stamp == stamp) {
            return Ok(Arc::clone(&known.sets));
        }
        // What was known is gone even if the files cannot be read: an old answer looks like a new.
        *open = None;
        let sets = Arc::new(load(&files)?);
        *open = Some(Open { sets: Arc::clone(&sets), stamp });
        Ok(sets)
    }

    fn classify(&self, args: &JsonObject) -> Result<Value, String> {
        let text = with_title(args)?;
        let margin = whole(args, "margin")?;
        let sets = self.current().map_err(|why| why.to_string())?;
        let set = named(&sets, args)?;
        let among = super::text(args, "among")?;
        let labels = set.labels.as_ref().ok_or_else(|| {
            format!("`{among}` has no labels: classifying needs a CSV file with `text,label`")
        })?;
        let text = vector(&text);
        let found = labels.classify(&text);
        // A text without known words is near nothing.
        let shown = if text.is_empty() { 0 } else { SHOWN };
        let near: Vec<Value> = nearest(&text, &set.vectors, shown)
            .into_iter()
            .filter_map(|(n, likeness)| {
                let passage = set.passages.get(n)?;
                let (shown, label) = (short(&passage.text), passage.label.as_deref());
                Some(json!({ "text": shown, "label": label, "likeness": per_mille(likeness) }))
            })
            .collect();
        let (same, near_words) = keys(&own_words(super::text(args, "text")?));
        Ok(json!({
            "label": found.label,
            "sure": !text.is_empty() && per_mille(found.margin) >= margin,
            "score": per_mille(found.score),
            "runner_up": found.runner_up,
            "margin": per_mille(found.margin),
            "examples": near,
            "same": same,
            "near": near_words,
        }))
    }

    fn nearest(&self, args: &JsonObject) -> Result<Value, String> {
        let own = with_title(args)?;
        let sets = self.current().map_err(|why| why.to_string())?;
        let set = named(&sets, args)?;
        let passages: Vec<Value> = nearest(&vector(&own), &set.vectors, SHOWN)
            .into_iter()
            .filter_map(|(n, likeness)| {
                let passage = set.passages.get(n)?;
                Some(json!({
                    "place": passage.place,
                    "text": short(&passage.text),
                    "meaning": per_mille(likeness),
                    "wording": per_mille(shared(&own, &passage.text)),
                }))
            })
            .collect();
        Ok(json!({ "passages": passages }))
    }
}

impl BuiltIn for Matching {
    const NAME: &'static str = "flightdeck-match";

    fn tools(&self) -> Vec<Tool> {
        let subject = ("title", "its subject, or an empty text");
        let given = ("text", "the text; what a mail quotes and its signature do not count");
        let among = ("among", "the file, without its ending");
        let margin = "how far the first label must be before the second, in thousandths";
        let mut classify = tool(
            "classify",
            "Says which label of the examples a text is most like, and whether by enough. Gives \
             the keys of its wording too.",
            &[given, subject, among],
        );
        let mut schema = (*classify.input_schema).clone();
        if let Some(Value::Object(all)) = schema.get_mut("properties") {
            let range = json!({
                "type": "integer", "minimum": 0, "maximum": 1000, "description": margin
            });
            all.insert("margin".to_owned(), range);
        }
        schema.insert("required".to_owned(), json!(["text", "title", "among", "margin"]));
        classify.input_schema = Arc::new(schema);
        let (word, number) = (json!({ "type": "string" }), json!({ "type": "integer" }));
        let truth = json!({ "type": "boolean" });
        let key = json!({ "type": ["string", "null"] });
        let example = object(json!({ "text": word, "label": word, "likeness": number }));
        let passage =
            object(json!({ "place": word, "text": word, "meaning": number, "wording": number }));
        vec![
            answers(
                classify,
                json!({
                    "label": word, "sure": truth, "score": number,
                    "runner_up": word, "margin": number,
                    "examples": { "type": "array", "items": example },
                    "same": key, "near": word,
                }),
            ),
            answers(
                tool("nearest", "Finds the passages nearest to a text.", &[given, subject, among]),
                json!({ "passages": { "type": "array", "items": passage } }),
            ),
            answers(
                tool(
                    "compare",
                    "Says how alike two texts are in meaning and in wording.",
                    &[("one", "a text"), ("other", "another text")],
                ),
                json!({ "meaning": number, "wording": number, "same_words": truth }),
            ),
            answers(
                tool(
                    "fingerprint",
                    "Gives keys of a text's wording: `same` is the same for the same words, and \
                     texts that share most of their wording have a key of `near` in common.",
                    &[given],
                ),
                json!({ "same": key, "near": word }),
            ),
        ]
    }

    fn answer(&self, tool: &str, args: &JsonObject) -> Answer {
        let answer = match tool {
            "classify" => self.classify(args),
            "nearest" => self.nearest(args),
            "compare" => compare(text(args, "one")?, text(args, "other")?),
            "fingerprint" => fingerprint(&own_words(text(args, "text")?)),
            other => Err(format!("there is no tool `{other}`")),
        };
        answer.map(Reply::Structure)
    }
}

fn load(files: &[PathBuf]) -> Result<BTreeMap<String, Set>, TableError> {
    let mut sets = BTreeMap::new();
    for file in files {
        let passages = passages::read(file)?;
        let at = |n: usize| passages.get(n).map_or(0, |passage| passage.line);
        let labelled: Vec<Example<'_>> = passages
            .iter()
            .filter_map(|p| Some(Example { text: &p.text, label: p.label.as_deref()? }))
            .collect();
        let shown = passages::name(file);
        let labels = match labelled.is_empty() {
            true => None,
            false => Some(Classifier::learn(&labelled).map_err(|unfit| TableError::Line {
                file: shown.clone(),
                line: at(unfit.at),
                why: unfit.to_string(),
            })?),
        };
        let vectors = passages.iter().map(|passage| vector(&passage.text)).collect();
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if sets.insert(stem.clone(), Set { passages, vectors, labels }).is_some() {
            let why = format!("there is another file called `{stem}`: rename one of them");
            return Err(TableError::File { file: shown, why });
        }
    }
    Ok(sets)
}

fn named<'s>(sets: &'s BTreeMap<String, Set>, args: &JsonObject) -> Result<&'s Set, String> {
    let among = text(args, "among")?;
    sets.get(among).ok_or_else(|| {
        let known: Vec<String> = sets.keys().map(|name| format!("`{name}`")).collect();
        format!("there are no examples or passages called `{among}`, only {}", known.join(", "))
    })
}

/// What the sender wrote, below its title.
fn with_title(args: &JsonObject) -> Result<String, String> {
    let (title, text) = (text(args, "title")?, text(args, "text")?);
    if title.len() + text.len() > TEXT_MAX {
        return Err(format!("the text is longer than {TEXT_MAX} bytes"));
    }
    Ok(format!("{title}\n{}", own_words(text)))
}

fn compare(one: &str, other: &str) -> Result<Value, String> {
    if one.len() + other.len() > TEXT_MAX {
        return Err(format!("the texts are longer than {TEXT_MAX} bytes"));
    }
    let same = print(one).zip(print(other)).is_some_and(|(one, other)| one.same == other.same);
    Ok(json!({
        "meaning": per_mille(vector(one).likeness(&vector(other))),
        "wording": per_mille(shared(one, other)),
        "same_words": same,
    }))
}

fn fingerprint(text: &str) -> Result<Value, String> {
    if text.len() > TEXT_MAX {
        return Err(format!("the text is longer than {TEXT_MAX} bytes"));
    }
    let (same, near) = keys(text);
    Ok(json!({ "same": same, "near": near }))
}

/// A text without words has no keys: two such texts need not be the same request.
fn keys(text: &str) -> (Option<String>, String) {
    let (same, near) = print(text).map(|print| (print.same, print.near.join(" "))).unzip();
    (same, near.unwrap_or_default())
}

fn whole(args: &JsonObject, name: &str) -> Result<i64, String> {
    args.get(name)
        .and_then(Value::as_i64)
        .filter(|n| (0..=1000).contains(n))
        .ok_or_else(|| format!("the argument `{name}` is missing or not from 0 to 1000"))
}

fn short(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}

fn answers(tool: Tool, properties: Value) -> Tool {
    gives(reads(tool), properties)
}
