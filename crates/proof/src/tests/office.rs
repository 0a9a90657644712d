//! A small log that tests seal: a key, cases that ended, one that was only rehearsed.

use std::sync::Arc;

use journal::{
    At, BodyMeta, Cause, End, Entropy, Epoch, FRAME_VERSION, Frame, Hash, Label, Labels, Millis,
    Mode, Proof, Record, RunId, Seq, Source, Starter, Usage,
};
use plan::ids::{PersonId, ReleaseId, StepId, WorkflowName};
use plan::workflow::EndOutcome;

use crate::keys::Signer;
use crate::note::Checkpoint;
use crate::pack::{Files, Pack, Seal};
use crate::survey::{Sample, Survey, Wanted};
use crate::tree::Compact;

pub const START: u64 = 1_790_000_000_000;
pub const NOW: Millis = Millis(START + 3_600_000);
const RELEASE: &[u8] = br#"{"format":1,"name":"invoices"}"#;

/// A log in memory.
pub struct Office {
    pub entries: Vec<Vec<u8>>,
    pub bodies: Vec<Vec<Vec<u8>>>,
    pub signer: Signer,
    desk: (u32, Hash),
    at: u64,
}

pub fn wanted() -> Wanted {
    let (from, until) = (Millis(START), NOW);
    Wanted { workflow: None, from, until, sample: None, full: false }
}

pub fn sampled(seed: &str) -> Wanted {
    Wanted { sample: Some(Sample { take: 2, seed: seed.to_owned() }), ..wanted() }
}

pub fn run(n: u64) -> RunId {
    let mut random = [7; 10];
    random[..8].copy_from_slice(&n.to_be_bytes());
    RunId::new(Millis(START + n), random)
}

impl Office {
    /// A log with a key, some cases and a checkpoint in between.
    pub fn new() -> Self {
        let signer = Signer::new("acme.example/log", &[1; 32]);
        let mut office = Self::empty(signer);
        let key = office.signer.public();
        office.tell(Proof::KeyMade { key, origin: "acme.example/log".to_owned(), by: None });
        for n in 0..4 {
            office.case(n, if n == 3 { Mode::Rehearsal } else { Mode::Live });
        }
        office.checkpoint();
        for n in 4..7 {
            office.case(n, Mode::Live);
        }
        office
    }

    pub fn empty(signer: Signer) -> Self {
        let desk = (0, Hash::default());
        Self { entries: Vec::new(), bodies: Vec::new(), signer, desk, at: START }
    }

    fn push(
        &mut self,
        run: RunId,
        seq: u32,
        prev: Hash,
        records: Vec<Record>,
        said: &[&str],
    ) -> Hash {
        self.at += 1_000;
        let bodies: Vec<Vec<u8>> = said.iter().map(|text| text.as_bytes().to_vec()).collect();
        let meta = |(n, body): (u16, &Vec<u8>)| BodyMeta {
            commit: entropy(self.entries.len()).commitment(n, body),
            len: u32::try_from(body.len()).unwrap(),
            labels: Labels::all(Label::from(Source::Outside)),
        };
        let frame = Frame {
            v: FRAME_VERSION,
            run,
            seq: Seq(seq),
            prev,
            epoch: Epoch(1),
            engine: Arc::from("7"),
            at: Millis(self.at),
            cause: vec![Cause::Open],
            bodies: (0_u16..).zip(&bodies).map(meta).collect(),
            draws: Vec::new(),
            records,
        };
        let bytes = frame.to_bytes().unwrap();
        let hash = Hash::leaf(&bytes);
        self.entries.push(bytes);
        self.bodies.push(bodies);
        hash
    }

    pub fn tell(&mut self, proof: Proof) {
        let (seq, prev) = self.desk;
        let hash = self.push(RunId::DESK, seq, prev, vec![Record::Proof(proof)], &[]);
        self.desk = (seq + 1, hash);
    }

    pub fn case(&mut self, n: u64, mode: Mode) {
        let (run, case) = (run(n), journal::BodyRef { seq: Seq(0), n: 0 });
        let opened = Record::Opened {
            release: ReleaseId(Hash::of(RELEASE).0),
            workflow: WorkflowName::new("invoices").unwrap(),
            case,
            starter: Starter::Person(PersonId::new("mara@acme.example").unwrap()),
            mode,
            called: None,
        };
        let said = [format!("invoice {n} of 119.00 EUR"), format!("from person {n}")];
        let said: Vec<&str> = said.iter().map(String::as_str).collect();
        let first = self.push(run, 0, Hash::default(), vec![opened], &said);
        let at = At { step: StepId::new("read").unwrap(), visit: 1 };
        let end = End::Reached(EndOutcome::Done);
        let ended = vec![
            Record::Undone { at, ok: true },
            Record::Ended { end, output: None, usage: Usage::default() },
        ];
        self.push(run, 1, first, ended, &[]);
    }

    pub fn root(&self) -> Checkpoint {
        let mut tree = Compact::default();
        tree.extend(self.entries.iter().map(|bytes| Hash::leaf(bytes)));
        Checkpoint { origin: "acme.example/log".to_owned(), size: tree.size(), root: tree.root() }
    }

    pub fn checkpoint(&mut self) -> String {
        let (note, kept) = self.signer.checkpoint(&self.root());
        self.tell(kept);
        note.to_string()
    }

    /// The log as a pack in which the second content of each entry is kept back.
    pub fn seal(&self, wanted: &Wanted, files: Files) -> Vec<u8> {
        let checkpoint = self.root();
        let (note, _) = self.signer.checkpoint(&checkpoint);
        self.sealed_with(wanted, files, checkpoint, note)
    }

    pub fn sealed_with(
        &self,
        wanted: &Wanted,
        files: Files,
        checkpoint: Checkpoint,
        note: crate::note::Note,
    ) -> Vec<u8> {
        let mut survey = Survey::default();
        for (index, bytes) in (0..).zip(&self.entries) {
            survey.add(index, bytes, Hash::leaf(bytes)).unwrap();
        }
        let mut pack = Pack::new(survey.choose(wanted));
        for (n, bytes) in self.entries.iter().enumerate() {
            let index = u64::try_from(n).unwrap();
            if pack.entry(index, bytes).unwrap().is_some() {
                let bodies = &self.bodies[n];
                let shown: Vec<(u16, &[u8])> = (0_u16..)
                    .zip(bodies)
                    .filter(|(n, _)| wanted.full || *n == 0)
                    .map(|(n, body)| (n, body.as_slice()))
                    .collect();
                pack.contents((index, bodies.len()), Some(&entropy(n)), &shown).unwrap();
            }
        }
        let releases = [(ReleaseId(Hash::of(RELEASE).0), RELEASE.to_vec())];
        pack.seal(Seal {
            signer: &self.signer,
            sealed_at: Millis(self.at + 1_000),
            checkpoint,
            note,
            releases: releases.into_iter().collect(),
            files,
            organisation: "Acme (Łódź) GmbH".to_owned(),
        })
        .unwrap()
    }
}

/// The randomness of an entry.
pub fn entropy(n: usize) -> Entropy {
    let mut bytes = [3; 32];
    bytes[..8].copy_from_slice(&u64::try_from(n).unwrap().to_be_bytes());
    Entropy(bytes)
}
