//! Sealing: entries, contents and releases that were chosen become the files of a pack, and the
//! pack is signed. It must not choose what is shown, and it never sees a content that is not.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use journal::{Entropy, Frame, Hash, Millis};
use plan::ids::ReleaseId;
use serde::{Deserialize, Serialize};

use crate::codes::{FILE_UNKNOWN, PACK_PATH, Refusal, STATEMENT};
use crate::container;
use crate::keys::Signer;
use crate::note::{Checkpoint, Note};
use crate::records::{self, Records};
use crate::report;
use crate::statement::{self, Predicate, Statement};
use crate::survey::Chosen;

/// Files by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The signed root.
pub const CHECKPOINT: &str = "checkpoint";
/// The hash of every entry, shown or not, 32 bytes each.
pub const LEAVES: &str = "log/leaves";
/// The entries that are shown: place, space, stored bytes, line break.
pub const ENTRIES: &str = "log/entries";
/// Contents that are shown, one JSON object a line.
pub const CONTENTS: &str = "log/contents.jsonl";
/// The randomness of entries all of whose contents are shown, one JSON object a line.
pub const SEEDS: &str = "log/seeds.jsonl";
/// All cases that the pack is about.
pub const POPULATION: &str = "population.json";
/// For people: the same as a page and as a printable file.
pub const REPORT: &str = "report.html";
pub const PRINTED: &str = "report.pdf";
/// Folders whose files are signed and not judged.
pub const FREE: [&str; 3] = ["anchors/", "documents/", "findings/"];

/// One content that is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    pub entry: u64,
    pub n: u16,
    pub salt: String,
    pub body: String,
}

impl Content {
    /// The content with what is needed to check it.
    #[must_use]
    pub fn new(entry: u64, n: u16, entropy: &Entropy, body: &[u8]) -> Self {
        let salt = hex::encode(entropy.salt(n));
        Self { entry, n, salt, body: STANDARD.encode(body) }
    }

    /// What its entry must have committed to, and its bytes.
    #[must_use]
    pub fn opened(&self) -> Option<(Hash, Vec<u8>)> {
        let mut salt = [0; 16];
        hex::decode_to_slice(&self.salt, &mut salt).ok()?;
        let body = STANDARD.decode(&self.body).ok()?;
        Some((journal::commitment(&salt, &body), body))
    }
}

/// The randomness of an entry all of whose contents are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    pub entry: u64,
    pub entropy: String,
}

/// A pack that is being put together.
#[derive(Debug)]
pub struct Pack {
    chosen: Chosen,
    leaves: Vec<u8>,
    entries: Vec<u8>,
    contents: Vec<u8>,
    seeds: Vec<u8>,
    records: Records,
    withheld: u64,
    shown: u64,
}

/// What else goes into a pack, and who seals it.
#[derive(Debug)]
pub struct Seal<'a> {
    pub signer: &'a Signer,
    pub sealed_at: Millis,
    pub checkpoint: Checkpoint,
    /// The signed root, with the signatures of witnesses where there are some.
    pub note: Note,
    /// Releases by their ids, as they are stored.
    pub releases: BTreeMap<ReleaseId, Vec<u8>>,
    /// Files of the folders that are signed and not judged.
    pub files: Files,
    /// Whose installation it is.
    pub organisation: String,
}

impl Pack {
    /// A pack that shows what was chosen.
    #[must_use]
    pub fn new(chosen: Chosen) -> Self {
        Self {
            chosen,
            leaves: Vec::new(),
            entries: Vec::new(),
            contents: Vec::new(),
            seeds: Vec::new(),
            records: Records::default(),
            withheld: 0,
            shown: 0,
        }
    }

    /// What it shows.
    #[must_use]
    pub fn chosen(&self) -> &Chosen {
        &self.chosen
    }

    /// Adds the next entry of the log: its hash, and its bytes if it is shown. It says whether it
    /// is, and gives it where its contents may be shown too.
    pub fn entry(&mut self, index: u64, bytes: &[u8]) -> Result<Option<Frame>, Refusal> {
        self.leaves.extend(Hash::leaf(bytes).0);
        if !self.chosen.entries.contains(&index) {
            return Ok(None);
        }
        let frame = Frame::read(journal::Seq(0), bytes);
        let frame = frame.map_err(|error| Refusal::new(&STATEMENT, ENTRIES, error.to_string()))?;
        self.entries.extend_from_slice(format!("{index} ").as_bytes());
        self.entries.extend_from_slice(bytes);
        self.entries.push(b'\n');
        self.records.read(index, &frame);
        let may = self.chosen.contents.contains(&index) && !frame.bodies.is_empty();
        if !may {
            self.withheld += u64::try_from(frame.bodies.len()).unwrap_or_default();
        }
        Ok(may.then_some(frame))
    }

    /// Adds the contents of an entry that are shown; the others stay a commitment. Where all of
    /// them are shown, whoever has the pack can make the entry's decisions again.
    pub fn contents(
        &mut self,
        (index, of): (u64, usize),
        entropy: Option<&Entropy>,
        shown: &[(u16, &[u8])],
    ) -> Result<(), Refusal> {
        let no = |error: serde_json::Error| Refusal::new(&STATEMENT, CONTENTS, error.to_string());
        let count = |n: usize| u64::try_from(n).unwrap_or_default();
        self.withheld += count(of.saturating_sub(shown.len()));
        let Some(entropy) = entropy else { return Ok(()) };
        for (n, body) in shown {
            let content = Content::new(index, *n, entropy, body);
            serde_json::to_writer(&mut self.contents, &content).map_err(no)?;
            self.contents.push(b'\n');
        }
        self.shown += count(shown.len());
        if shown.len() == of {
            let seed = Seed { entry: index, entropy: hex::encode(entropy.0) };
            serde_json::to_writer(&mut self.seeds, &seed).map_err(no)?;
            self.seeds.push(b'\n');
        }
        Ok(())
    }

    /// Seals it.
    pub fn seal(self, seal: Seal<'_>) -> Result<Vec<u8>, Refusal> {
        let no = |file: &str| {
            let file = file.to_owned();
            move |error: serde_json::Error| Refusal::new(&STATEMENT, &*file, error.to_string())
        };
        let told = report::Told {
            organisation: &seal.organisation,
            origin: &seal.checkpoint.origin,
            sealed_at: seal.sealed_at,
            entries: seal.checkpoint.size,
            population: &self.chosen.population,
            records: &self.records,
            contents: (self.shown, self.withheld),
            files: seal.files.keys().map(String::as_str).collect(),
        };
        let lines = report::lines(&told);
        let mut files = Files::new();
        files.insert(REPORT.to_owned(), report::html(&told, &lines).into_bytes());
        files.insert(PRINTED.to_owned(), report::pdf(&lines));
        let population = serde_json::to_vec(&self.chosen.population).map_err(no(POPULATION))?;
        files.insert(POPULATION.to_owned(), population);
        let records = self.records.to_bytes().map_err(no(records::FILE))?;
        files.insert(records::FILE.to_owned(), records);
        files.insert(CHECKPOINT.to_owned(), seal.note.to_string().into_bytes());
        files.insert(LEAVES.to_owned(), self.leaves);
        files.insert(ENTRIES.to_owned(), self.entries);
        files.insert(CONTENTS.to_owned(), self.contents);
        files.insert(SEEDS.to_owned(), self.seeds);
        for (id, bytes) in seal.releases {
            files.insert(format!("releases/{id}.json"), bytes);
        }
        for (name, bytes) in seal.files {
            if !FREE.iter().any(|folder| name.starts_with(folder)) {
                let what = "only `anchors/`, `documents/` and `findings/` take other files";
                return Err(Refusal::new(&FILE_UNKNOWN, name, what));
            }
            if !container::is_path(&name) {
                return Err(Refusal::new(&PACK_PATH, name, "no file of a pack may be called so"));
            }
            files.insert(name, bytes);
        }
        let predicate = Predicate {
            format: 1,
            origin: seal.checkpoint.origin.clone(),
            key: seal.signer.verifier().to_string(),
            sealed_at: seal.sealed_at,
            entries: seal.checkpoint.size,
            root: seal.checkpoint.root,
        };
        let signed = Statement::new(&files, predicate).sign(seal.signer);
        files.insert(statement::FILE.to_owned(), signed.map_err(no(statement::FILE))?);
        container::write(&files)
    }
}
