//! Packs: what holds of a sound one, and one that was changed in every way there is a code for.

use std::collections::BTreeMap;

use journal::{Fixed, Hash, Millis, Mode, Proof, Revoked};

use super::office::{NOW, Office, START, sampled, wanted};
use crate::codes::{self, Refusal};
use crate::container;
use crate::keys::{Signer, rotation};
use crate::note::{Line, Note, VerifierKey, Way};
use crate::pack::{self, Files};
use crate::statement::{self, Statement};
use crate::verify::{Grade, Trust, exported, packed};

fn trust() -> Trust {
    Trust { now: NOW, ..Trust::default() }
}

fn refused(pack: &[u8]) -> Refusal {
    refused_by(pack, &trust())
}

fn refused_by(pack: &[u8], trust: &Trust) -> Refusal {
    match packed(pack, trust) {
        Ok((verified, _)) => panic!("it was taken: {verified:?}"),
        Err(refusal) => {
            assert!(codes::find(refusal.code).is_some(), "{}", refusal.code);
            refusal
        }
    }
}

fn files(pack: &[u8]) -> Files {
    let held = container::read(pack).unwrap();
    held.into_iter().map(|file| (file.name.to_owned(), file.bytes.to_vec())).collect()
}

/// The same files under a new statement of this key.
fn sealed_again(mut files: Files, signer: &Signer) -> Vec<u8> {
    let old = files.remove(statement::FILE).unwrap();
    let (old, _) = Statement::open(&old).unwrap();
    let mut about = old.predicate;
    about.key = signer.verifier().to_string();
    let signed = Statement::new(&files, about).sign(signer).unwrap();
    files.insert(statement::FILE.to_owned(), signed);
    container::write(&files).unwrap()
}

/// A sound pack with one file changed and signed again by whoever has the key.
fn with(name: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) -> Refusal {
    let office = Office::new();
    let mut files = files(&office.seal(&wanted(), Files::new()));
    let bytes = files.remove(name).unwrap();
    files.insert(name.to_owned(), change(bytes));
    refused(&sealed_again(files, &office.signer))
}

fn text(change: impl Fn(String) -> String) -> impl Fn(Vec<u8>) -> Vec<u8> {
    move |bytes| change(String::from_utf8(bytes).unwrap()).into_bytes()
}

#[test]
fn a_sound_pack_says_what_it_proves() {
    let office = Office::new();
    let findings = BTreeMap::from([("findings/psf.json".to_owned(), b"{}".to_vec())]);
    let bytes = office.seal(&sampled("dice 4"), findings);
    let (verified, known) = packed(&bytes, &trust()).unwrap();
    assert_eq!(verified.grade, Grade::SelfSigned);
    assert_eq!((verified.cases, verified.cases_shown, verified.left_out), (6, 2, 1));
    // The desk, all entries of two cases, and the first of five others.
    assert_eq!((verified.entries, verified.entries_shown), (16, 2 + 4 + 5));
    assert_eq!((verified.contents_shown, verified.contents_withheld), (2, 12));
    assert_eq!((verified.releases, verified.checkpoints, verified.complete), (1, 1, false));
    assert!(known.entries.values().all(|entry| entry.entropy.is_none()));
    // The same log gives the same pack, byte by byte.
    let findings = BTreeMap::from([("findings/psf.json".to_owned(), b"{}".to_vec())]);
    assert!(office.seal(&sampled("dice 4"), findings) == bytes);
    let report = String::from_utf8(files(&bytes)[pack::REPORT].clone()).unwrap();
    assert!(report.contains("Evidence of Acme (Łódź) GmbH") && !report.contains("<script"));
    assert!(files(&bytes)[pack::PRINTED].starts_with(b"%PDF-1.4"));
}

#[test]
fn a_full_pack_leaves_no_case_out() {
    let mut all = wanted();
    all.full = true;
    let bytes = Office::new().seal(&all, Files::new());
    let (verified, known) = packed(&bytes, &trust()).unwrap();
    assert!(verified.complete);
    assert_eq!(verified.entries, verified.entries_shown);
    assert!(known.entries.values().filter(|entry| entry.entropy.is_some()).count() > 0);
    assert!(verified.proved.iter().any(|said| said.contains("leaves none out")));
}

#[test]
fn a_thousand_flipped_bits_are_all_noticed() {
    let bytes = Office::new().seal(&sampled("a"), Files::new());
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..1_000 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let at = usize::try_from(seed % u64::try_from(bytes.len()).unwrap()).unwrap();
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (seed >> 60 & 7);
        assert!(packed(&changed, &trust()).is_err(), "byte {at} of {}", bytes.len());
    }
}

#[test]
fn a_changed_byte_is_located() {
    let bytes = Office::new().seal(&wanted(), Files::new());
    let needle = b"mara@acme.example";
    let at = bytes.windows(needle.len()).position(|window| window == needle).unwrap();
    let mut changed = bytes.clone();
    changed[at] = b'k';
    let refusal = refused(&changed);
    assert_eq!((refusal.code, refusal.file.as_str()), ("entry_changed", pack::ENTRIES));
    assert!(refusal.place.unwrap().starts_with("entry 1 (entry 0 of case "));
}

#[test]
fn a_pack_that_was_cut_off_or_filled_up_is_none() {
    let bytes = Office::new().seal(&wanted(), Files::new());
    assert_eq!(refused(&bytes[..bytes.len() - 1]).code, "pack_broken");
    assert_eq!(refused(&bytes[..bytes.len() / 2]).code, "pack_broken");
    assert_eq!(refused(&[bytes.as_slice(), b"x"].concat()).code, "pack_broken");
    assert_eq!(refused(b"").code, "pack_broken");
    let mut all = files(&bytes);
    all.remove(pack::POPULATION);
    assert_eq!(refused(&container::write(&all).unwrap()).code, "file_missing");
    all = files(&bytes);
    all.insert("notes.txt".to_owned(), b"trust me".to_vec());
    assert_eq!(refused(&container::write(&all).unwrap()).code, "file_unknown");
    all = files(&bytes);
    all.insert("findings/x".to_owned(), b"trust me".to_vec());
    assert_eq!(refused(&container::write(&all).unwrap()).code, "file_unknown");
    all.remove("findings/x");
    all.insert(pack::REPORT.to_owned(), b"all is well".to_vec());
    assert_eq!(refused(&container::write(&all).unwrap()).code, "file_changed");
    all.remove(statement::FILE);
    assert_eq!(refused(&container::write(&all).unwrap()).code, "file_missing");
}

#[test]
fn no_file_leaves_its_folder_or_is_there_twice() {
    let one = |name: &str| BTreeMap::from([(name.to_owned(), b"x".to_vec())]);
    for name in ["../x", "/x", "a//x", "a/../x", ".hidden", "a\\x", ""] {
        assert_eq!(container::write(&one(name)).unwrap_err().code, "pack_path", "{name}");
    }
    let mut bytes = container::write(&one("aaa/x")).unwrap();
    for at in 0..bytes.len() - 5 {
        if bytes[at..].starts_with(b"aaa/x") {
            bytes[at..at + 5].copy_from_slice(b"../xx");
        }
    }
    assert_eq!(refused(&bytes).code, "pack_path");
    let two = BTreeMap::from([("a".to_owned(), b"1".to_vec()), ("b".to_owned(), b"2".to_vec())]);
    let mut bytes = container::write(&two).unwrap();
    let at = bytes.iter().rposition(|byte| *byte == b'a').unwrap();
    bytes[30] = b'b';
    bytes[at] = b'b';
    assert_eq!(refused(&bytes).code, "pack_twice");
}

#[test]
fn entries_that_were_taken_away_moved_or_changed_are_noticed() {
    let line = |text: &str, n: usize| text.lines().nth(n).unwrap().to_owned() + "\n";
    let gone = with(pack::ENTRIES, text(|all| all.replace(&line(&all, 2), "")));
    assert!(["population_wrong", "entry_order"].contains(&gone.code), "{gone}");
    let gone = with(pack::ENTRIES, text(|all| all.replace(&line(&all, 1), "")));
    assert_eq!(gone.code, "entry_order", "{gone}");
    let swapped = |all: String| {
        let (first, second) = (line(&all, 1), line(&all, 2));
        all.replace(&(first.clone() + &second), &(second + &first))
    };
    assert_eq!(with(pack::ENTRIES, text(swapped)).code, "entry_order");
    let changed = with(pack::ENTRIES, text(|all| all.replace("mara@", "kara@")));
    assert_eq!(changed.code, "entry_changed");
    let beyond = |all: String| all.clone() + "99" + line(&all, 1).split_once(' ').unwrap().1;
    assert_eq!(with(pack::ENTRIES, text(beyond)).code, "entry_order");
    assert_eq!(with(pack::LEAVES, |all| all[..all.len() - 32].to_vec()).code, "entries_cut_off");
    assert_eq!(with(pack::LEAVES, |all| all[..all.len() - 3].to_vec()).code, "entries_cut_off");
    let other = |mut all: Vec<u8>| {
        all[40] ^= 1;
        all
    };
    assert_eq!(with(pack::LEAVES, other).code, "root_differs");
}

#[test]
fn one_entry_twice_is_noticed_although_the_root_is_over_both() {
    let mut office = Office::new();
    let again = office.entries[1].clone();
    office.entries.push(again);
    let mut all = files(&Office::new().seal(&wanted(), Files::new()));
    let root = office.root();
    let (note, _) = office.signer.checkpoint(&root);
    let number = office.entries.len() - 1;
    let leaves: Vec<u8> = office.entries.iter().flat_map(|entry| Hash::leaf(entry).0).collect();
    let mut entries = all.remove(pack::ENTRIES).unwrap();
    entries.extend(format!("{number} ").into_bytes());
    entries.extend(&office.entries[number]);
    entries.push(b'\n');
    all.insert(pack::ENTRIES.to_owned(), entries);
    all.insert(pack::LEAVES.to_owned(), leaves);
    all.insert(pack::CHECKPOINT.to_owned(), note.to_string().into_bytes());
    let (old, _) = Statement::open(&all.remove(statement::FILE).unwrap()).unwrap();
    let mut about = old.predicate;
    (about.entries, about.root) = (root.size, root.root);
    let signed = Statement::new(&all, about).sign(&office.signer).unwrap();
    all.insert(statement::FILE.to_owned(), signed);
    assert_eq!(refused(&container::write(&all).unwrap()).code, "entry_twice");
}

#[test]
fn what_is_said_beside_the_entries_must_follow_from_them() {
    let list =
        with(pack::POPULATION, text(|all| all.replacen("\"entries\":2", "\"entries\":3", 1)));
    assert_eq!(list.code, "population_wrong");
    assert_eq!(with("records.json", |_| b"{}".to_vec()).code, "summary_wrong");
    let body = with(pack::CONTENTS, text(|all| all.replacen("\"body\":\"aW", "\"body\":\"bW", 1)));
    assert_eq!(body.code, "content_changed");
    let office = Office::new();
    let mut all = files(&office.seal(&sampled("dice 4"), Files::new()));
    let list = String::from_utf8(all.remove(pack::POPULATION).unwrap()).unwrap();
    // Another seed gives another sample, but for one that happens to pick the same two.
    let other = |seed: &str| {
        let mut all = all.clone();
        let list = list.replace("dice 4", seed).into_bytes();
        all.insert(pack::POPULATION.to_owned(), list);
        packed(&sealed_again(all, &office.signer), &trust()).err()
    };
    let codes: Vec<_> = ["5", "6", "7", "8"].iter().filter_map(|seed| other(seed)).collect();
    assert!(codes.len() > 1, "{codes:?}");
    for refusal in codes {
        assert!(["sample_wrong", "population_wrong"].contains(&refusal.code), "{refusal}");
    }
    all.insert(pack::POPULATION.to_owned(), list.replacen("true", "false", 1).into_bytes());
    assert_eq!(refused(&sealed_again(all, &office.signer)).code, "sample_wrong");
    let mut all = files(&office.seal(&wanted(), Files::new()));
    let name = all.keys().find(|name| name.starts_with("releases/")).unwrap().clone();
    let release = all.remove(&name).unwrap();
    assert_eq!(refused(&sealed_again(all.clone(), &office.signer)).code, "release_changed");
    all.insert(name, [release, b" ".to_vec()].concat());
    assert_eq!(refused(&sealed_again(all, &office.signer)).code, "release_changed");
}

#[test]
fn another_key_is_noticed() {
    let office = Office::new();
    let bytes = office.seal(&wanted(), Files::new());
    let thief = Signer::new("acme.example/log", &[2; 32]);
    // Only the statement signed again, and all of it.
    assert_eq!(refused(&sealed_again(files(&bytes), &thief)).code, "foreign_key");
    let mut all = files(&bytes);
    let (note, _) = thief.checkpoint(&office.root());
    all.insert(pack::CHECKPOINT.to_owned(), note.to_string().into_bytes());
    assert_eq!(refused(&sealed_again(all, &thief)).code, "foreign_key");
    // A whole log that somebody made up proves itself, and not to whoever knows the key.
    let mut forged = Office::empty(thief);
    let key = forged.signer.public();
    forged.tell(Proof::KeyMade { key, origin: "acme.example/log".to_owned(), by: None });
    forged.case(0, Mode::Live);
    let bytes = forged.seal(&wanted(), Files::new());
    assert_eq!(packed(&bytes, &trust()).unwrap().0.grade, Grade::SelfSigned);
    let known = Trust { key: Some(office.signer.verifier()), ..trust() };
    assert_eq!(refused_by(&bytes, &known).code, "wrong_key");
    assert!(packed(&office.seal(&wanted(), Files::new()), &known).unwrap().0.key_known);
}

#[test]
fn a_key_vouches_for_the_next_and_a_revoked_one_signs_nothing() {
    let mut office = Office::new();
    let old = Trust { key: Some(office.signer.verifier()), ..trust() };
    let was = office.signer.public();
    let next = Signer::new("acme.example/log", &[5; 32]);
    let text = rotation("acme.example/log", next.public());
    let signature = office.signer.sign(text.as_bytes());
    let before = office.seal(&wanted(), Files::new());
    office.tell(Proof::KeyRotated { key: next.public(), was, signature, by: None });
    // The old key signs nothing that came after it.
    assert_eq!(refused(&office.seal(&wanted(), Files::new())).code, "revoked_key");
    office.signer = next;
    office.checkpoint();
    let bytes = office.seal(&wanted(), Files::new());
    assert!(packed(&bytes, &old).is_ok(), "whoever trusts the old key trusts the new one");
    let key = office.signer.public();
    let told = Trust { revoked: vec![key], ..trust() };
    assert_eq!(refused_by(&bytes, &told).code, "revoked_key");
    let (because, since) = (Revoked::Leaked, Millis(START));
    office.tell(Proof::KeyRevoked { key, because, since, by: None });
    assert_eq!(refused(&office.seal(&wanted(), Files::new())).code, "revoked_key");
    // What was sealed before any of it still stands by itself.
    assert!(packed(&before, &trust()).is_ok());
    let mut other = Office::new();
    let signature = Fixed([0; 64]);
    let (key, was) = (Signer::new("x", &[9; 32]).public(), other.signer.public());
    other.tell(Proof::KeyRotated { key, was, signature, by: None });
    // The survey that seals would not take it, so it is checked as an export.
    assert_eq!(exported_refused(&other).code, "keys_unfounded");
}

fn entries(office: &Office) -> Vec<u8> {
    let mut all = Vec::new();
    for (n, entry) in office.entries.iter().enumerate() {
        all.extend(format!("{n} ").into_bytes());
        all.extend(entry);
        all.push(b'\n');
    }
    all
}

fn exported_refused(office: &Office) -> Refusal {
    let (note, _) = office.signer.checkpoint(&office.root());
    exported(&entries(office), note.to_string().as_bytes(), &trust()).unwrap_err()
}

#[test]
fn an_export_is_whole() {
    let office = Office::new();
    let (note, _) = office.signer.checkpoint(&office.root());
    let note = note.to_string().into_bytes();
    let all = entries(&office);
    let verified = exported(&all, &note, &trust()).unwrap();
    assert!(verified.complete);
    assert_eq!((verified.entries_shown, verified.checkpoints), (16, 1));
    let end = all[..all.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
    assert_eq!(exported(&all[..=end], &note, &trust()).unwrap_err().code, "entries_cut_off");
    let other = String::from_utf8(all).unwrap().replace("mara", "kara").into_bytes();
    assert_eq!(exported(&other, &note, &trust()).unwrap_err().code, "entry_order");
}

#[test]
fn times_that_have_not_come_and_older_states_are_noticed() {
    let mut office = Office::new();
    let first = office.seal(&wanted(), Files::new());
    let early = Trust { now: Millis(START - 3_600_000), ..trust() };
    assert_eq!(refused_by(&first, &early).code, "future_dated");
    office.case(8, Mode::Live);
    let seen = Note::read(office.checkpoint().as_bytes()).unwrap();
    let known = Trust { known: Some(seen), ..trust() };
    assert_eq!(refused_by(&first, &known).code, "replayed");
    assert!(packed(&office.seal(&wanted(), Files::new()), &known).is_ok());
    // Another history of the same length and the same key.
    let mut other = Office::new();
    other.case(9, Mode::Live);
    other.checkpoint();
    other.checkpoint();
    assert_eq!(refused_by(&other.seal(&wanted(), Files::new()), &known).code, "history_rewritten");
    let mut again = Office::new();
    again.tell(Proof::Checkpoint {
        size: 3,
        root: Hash::of(b"another root"),
        key: again.signer.public(),
        signature: Fixed([0; 64]),
    });
    assert_eq!(refused(&again.seal(&wanted(), Files::new())).code, "history_rewritten");
}

#[test]
fn a_witness_raises_the_grade_and_a_wrong_one_refuses() {
    let office = Office::new();
    let (root, hand) = (office.root(), Signer::new("witness.example/w", &[8; 32]));
    let witness = VerifierKey { way: Way::Cosigned, ..hand.verifier() };
    let (mut note, _) = office.signer.checkpoint(&root);
    let time = START / 1_000;
    let said = hand.sign(format!("cosignature/v1\ntime {time}\n{}", note.text).as_bytes());
    let signature: Vec<u8> = time.to_be_bytes().into_iter().chain(said.0).collect();
    note.lines.push(Line { name: witness.name.clone(), id: witness.id(), signature });
    let known = Trust { witnesses: vec![witness], ..trust() };
    let bytes = office.sealed_with(&wanted(), Files::new(), root.clone(), note.clone());
    let (verified, _) = packed(&bytes, &known).unwrap();
    assert_eq!((verified.grade, verified.witnesses[0].at), (Grade::Witnessed, time));
    // Whoever does not know the witness believes nothing of it.
    assert_eq!(packed(&bytes, &trust()).unwrap().0.grade, Grade::SelfSigned);
    note.lines[1].signature[20] ^= 1;
    let bytes = office.sealed_with(&wanted(), Files::new(), root.clone(), note);
    assert_eq!(refused_by(&bytes, &known).code, "witness_wrong");
    let (note, _) = office.signer.checkpoint(&root);
    let token = [b"token ".as_slice(), &Hash::of(note.to_string().as_bytes()).0].concat();
    let anchored = BTreeMap::from([("anchors/token.tsr".to_owned(), token)]);
    let bytes = office.seal(&wanted(), anchored);
    // Anybody can write such a file, so it raises nothing before somebody has judged it.
    let (verified, _) = packed(&bytes, &trust()).unwrap();
    assert_eq!((verified.grade, verified.anchors.len()), (Grade::SelfSigned, 1));
    let judged = Trust { anchors: true, ..trust() };
    assert_eq!(packed(&bytes, &judged).unwrap().0.grade, Grade::Anchored);
    let none = office.seal(&wanted(), Files::new());
    assert_eq!(packed(&none, &judged).unwrap().0.grade, Grade::SelfSigned);
}
