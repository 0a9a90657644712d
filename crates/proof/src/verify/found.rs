//! What a verification is told and what it found: whom somebody trusts, how far the evidence can
//! be relied on, and what of it is proved and what is only claimed.

use journal::{Millis, PublicKey};
use serde::Serialize;

use crate::note::{Checkpoint, Note, VerifierKey};
use crate::survey::{Population, Survey};

/// Whom the person who verifies trusts, and what they know already.
#[derive(Debug, Default)]
pub struct Trust {
    /// The key of the installation, from another source than the pack.
    pub key: Option<VerifierKey>,
    /// Keys of which they were told that they are revoked.
    pub revoked: Vec<PublicKey>,
    /// Witnesses whose signatures count.
    pub witnesses: Vec<VerifierKey>,
    /// Whether they had the answers in `anchors/` judged and found genuine.
    pub anchors: bool,
    /// A checkpoint that they have seen before.
    pub known: Option<Note>,
    /// The time now.
    pub now: Millis,
}

/// How far it can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// The owner could have rewritten everything before sealing it.
    SelfSigned,
    /// An answer of somebody outside holds the hash of it, and whoever verifies says it is genuine:
    /// an owner could have written such a file.
    Anchored,
    /// A witness that is trusted signed the root at a time.
    Witnessed,
}

/// What was verified.
#[derive(Debug, Clone, Serialize)]
pub struct Verified {
    pub grade: Grade,
    pub origin: String,
    pub key: String,
    /// Whether the key is one that whoever verifies had from elsewhere.
    pub key_known: bool,
    pub sealed_at: Option<Millis>,
    pub newest: Millis,
    pub entries: u64,
    pub entries_shown: u64,
    pub cases: u64,
    pub cases_shown: u64,
    pub left_out: u64,
    /// Whether every entry is shown, so that no case can be missing from the list.
    pub complete: bool,
    pub contents_shown: u64,
    pub contents_withheld: u64,
    pub releases: u64,
    /// Earlier signed roots that these entries still give.
    pub checkpoints: u64,
    pub witnesses: Vec<Witness>,
    /// Answers of others that hold the hash of the checkpoint.
    pub anchors: Vec<String>,
    /// Whether whoever verifies says that those answers are genuine.
    pub anchors_judged: bool,
    pub proved: Vec<String>,
    pub claimed: Vec<String>,
}

/// A witness that is trusted, and when it saw the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Witness {
    pub name: String,
    /// In seconds since 1970.
    pub at: u64,
}

impl Verified {
    pub(super) fn new(
        checkpoint: &Checkpoint,
        key: &VerifierKey,
        trust: &Trust,
        survey: &Survey,
    ) -> Self {
        Self {
            grade: Grade::SelfSigned,
            origin: checkpoint.origin.clone(),
            key: key.to_string(),
            key_known: trust.key.is_some(),
            sealed_at: None,
            newest: survey.newest(),
            entries: checkpoint.size,
            entries_shown: 0,
            cases: 0,
            cases_shown: 0,
            left_out: 0,
            complete: false,
            contents_shown: 0,
            contents_withheld: 0,
            releases: 0,
            checkpoints: 0,
            witnesses: Vec::new(),
            anchors: Vec::new(),
            anchors_judged: trust.anchors,
            proved: Vec::new(),
            claimed: Vec::new(),
        }
    }

    pub(super) fn listed(&mut self, list: &Population) {
        let count = |n: usize| u64::try_from(n).unwrap_or_default();
        self.cases = count(list.cases.len());
        self.cases_shown = count(list.cases.iter().filter(|case| case.shown).count());
        self.left_out = count(list.left_out.len());
        self.complete = self.entries == self.entries_shown;
    }

    /// What follows from all of it, in sentences.
    pub(super) fn say(&mut self) {
        let anchored = self.anchors_judged && !self.anchors.is_empty();
        self.grade = match (self.witnesses.is_empty(), anchored) {
            (false, _) => Grade::Witnessed,
            (true, true) => Grade::Anchored,
            (true, false) => Grade::SelfSigned,
        };
        let mut proved = vec![
            format!(
                "the {} entries that are shown are as the key's owner signed them",
                self.entries_shown
            ),
            "entries of each case that is shown follow each other without a gap".to_owned(),
        ];
        let mut claimed = Vec::new();
        if self.checkpoints > 0 {
            let n = self.checkpoints;
            proved.push(format!("{n} earlier signed roots are the beginning of the same entries"));
        }
        for Witness { name, at } in &self.witnesses {
            proved.push(format!("{name} saw this root at {at} (seconds since 1970)"));
        }
        for anchor in &self.anchors {
            claimed.push(format!(
                "{anchor} holds the hash of the root; whose answer it is was not judged"
            ));
        }
        if self.complete {
            proved.push("every entry is shown, so the list of cases leaves none out".to_owned());
        } else {
            let hidden = self.entries.saturating_sub(self.entries_shown);
            claimed.push(format!(
                "no case of the list lies in the {hidden} entries that are not shown"
            ));
        }
        if self.contents_shown > 0 {
            let n = self.contents_shown;
            proved.push(format!("{n} contents are those that their entries committed to"));
        }
        if !self.key_known {
            claimed.push(
                "the key belongs to whom its name says; compare it by another way".to_owned(),
            );
        }
        if self.grade < Grade::Witnessed {
            let what = "nothing was rewritten before it was signed, and the times are right";
            claimed.push(what.to_owned());
        }
        (self.proved, self.claimed) = (proved, claimed);
    }
}
