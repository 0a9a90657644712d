//! Trees beside a naive one, notes beside those of the specifications, and packs that were changed
//! in every way there is a code for.

mod office;
mod packs;

use journal::Hash;
use proptest::prelude::*;

use crate::note::{Checkpoint, Note, VerifierKey};
use crate::tree::{self, Compact, Tree};

/// The root as RFC 6962 defines it.
fn naive(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of(b""),
        [one] => *one,
        many => {
            let mut at = 1;
            while at * 2 < many.len() {
                at *= 2;
            }
            tree::node(&naive(&many[..at]), &naive(&many[at..]))
        }
    }
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|n| Hash::leaf(&n.to_be_bytes())).collect()
}

proptest! {
    #[test]
    fn a_tree_is_the_naive_one(count in 0_u64..200, cut in 0_u64..200, at in 0_u64..200) {
        let all = leaves(count);
        let (whole, cut) = (Tree::new(all.clone()), cut.min(count));
        let mut compact = Compact::default();
        compact.extend(all[..usize::try_from(cut).unwrap()].iter().copied());
        let kept = Compact::of(compact.size(), compact.peaks().to_vec()).unwrap();
        prop_assert_eq!(kept.root(), naive(&all[..usize::try_from(cut).unwrap()]));
        prop_assert_eq!(whole.root(cut), Some(kept.root()));
        compact.extend(all[usize::try_from(cut).unwrap()..].iter().copied());
        let root = naive(&all);
        prop_assert_eq!(compact.root(), root);
        if at < count {
            let leaf = all[usize::try_from(at).unwrap()];
            let proof = whole.inclusion(at, count).unwrap();
            prop_assert!(tree::includes(&leaf, (at, count), &proof, &root));
            prop_assert!(!tree::includes(&Hash::leaf(b"other"), (at, count), &proof, &root));
            if count > 1 {
                let other = (at + 1) % count;
                prop_assert!(!tree::includes(&leaf, (other, count), &proof, &root));
            }
        }
        if cut > 0 {
            let (old, proof) = (kept.root(), whole.consistency(cut, count).unwrap());
            prop_assert!(tree::extends((cut, &old), (count, &root), &proof));
            prop_assert!(!tree::extends((cut, &Hash::of(b"x")), (count, &root), &proof));
            if cut < count {
                prop_assert!(!tree::extends((cut, &old), (count, &Hash::of(b"x")), &proof));
            }
        }
    }
}

/// The example of tlog-cosignature: its log and its witness are other people's.
const COSIGNED: &str = "example.com/behind-the-sofa\n20852163\n\
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
    \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/\
    Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
    \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlr\
    DJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

#[test]
fn a_checkpoint_of_others_is_read_and_written_as_it_is() {
    let note = Note::read(COSIGNED.as_bytes()).unwrap();
    let checkpoint = Checkpoint::read(&note.text).unwrap();
    assert_eq!((checkpoint.size, note.lines.len()), (20_852_163, 2));
    assert_eq!(note.to_string(), COSIGNED);
    assert_eq!(checkpoint.text(), note.text);
    // The witness's line says when it saw the root.
    let (time, _) = note.lines[1].signature.split_first_chunk::<8>().unwrap();
    assert_eq!(u64::from_be_bytes(*time), 1_679_315_147);
}

/// The key and the signature of Go's own tests of notes.
#[test]
fn a_note_that_go_signed_is_verified() {
    let key: VerifierKey =
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
    let text = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n";
    let signed = format!(
        "{text}\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFY\
        C2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    );
    let note = Note::read(signed.as_bytes()).unwrap();
    assert_eq!(note.text, text);
    let line = note.by(&key).next().unwrap();
    assert!(key.signed(text.as_bytes(), &line.signature));
    assert!(!key.signed(b"another text\n", &line.signature));
    assert_eq!(
        key.to_string(),
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    );
    assert!(
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
            .parse::<VerifierKey>()
            .is_err()
    );
}

#[test]
fn what_is_almost_a_note_is_none() {
    for text in [
        "",
        "a\n",
        "a\n\n",
        "a\n\n\u{2014} b\n",
        "a\n\n\u{2014} b YQ==\n",
        "a\r\n\n\u{2014} b YWJjZGU=\n",
    ] {
        assert!(Note::read(text.as_bytes()).is_err(), "{text:?}");
    }
    for text in [
        "a\n01\n\n",
        "a\n1\nYQ==\n",
        "a b\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nmore\n",
    ] {
        assert!(Checkpoint::read(text).is_err(), "{text:?}");
    }
}
