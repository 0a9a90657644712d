//! The vectors of the W3C for both ways to sign a document.

use serde_json::Value;

use crate::badge::hex;
use crate::proof::{apart, hash};
use crate::{PublicKey, Suite, add, check, read};

const PUBLIC: &str = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";
const SECRET: &str = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq";
const VECTORS: [(Suite, &str); 2] =
    [(Suite::Rdfc, include_str!("w3c/rdfc.json")), (Suite::Jcs, include_str!("w3c/jcs.json"))];
/// The hash that is signed, of the proof's words and of the document.
const HASH: &str = "4c4d3890a157f8d611b13c265c2c22f39aa0a567c7c7dd9ba3e45cd579784eeb\
                    517744132ae165a5349155bef0bb0cf2258fff99dfe1dbd914b938d775a36017";

#[test]
fn the_hash_over_the_meaning_is_that_of_the_w3c() {
    let (mut proof, bare) = apart(&read(include_str!("w3c/rdfc.json")).unwrap()).unwrap();
    proof.remove("proofValue");
    proof.insert("@context".to_owned(), bare.get("@context").unwrap().clone());
    assert_eq!(hex(&hash(Suite::Rdfc, &proof, &bare).unwrap()), HASH);
}

#[test]
fn the_signatures_of_the_w3c_hold_and_are_made_alike() {
    let public = PublicKey::from_multibase(PUBLIC).unwrap();
    let secret = bs58::decode(SECRET.trim_start_matches('z')).into_vec().unwrap();
    let signer = crate::Signer::new(secret[2..].try_into().unwrap());
    assert_eq!(signer.public(), public);
    for (suite, text) in VECTORS {
        let signed = read(text).unwrap();
        check(&signed, &public).unwrap();
        let (proof, bare) = apart(&signed).unwrap();
        let method = proof.get("verificationMethod").and_then(Value::as_str).unwrap();
        let created = crate::instant("2023-02-24T23:36:38Z").unwrap();
        assert_eq!(add(&bare, suite, (&signer, method), created).unwrap(), signed, "{suite:?}");
    }
}
