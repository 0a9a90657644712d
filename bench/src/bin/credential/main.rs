//! `cargo xtask bench credential`: how many credentials are verified in a second, in each form,
//! beside the bare signature. One core; the contexts are read anew for each document, as a verifier
//! that keeps nothing does.

#![allow(clippy::print_stdout, reason = "its figures are all it is for")]

use std::error::Error;
use std::time::{Duration, Instant};

use credential::{
    Award, Did, Evidence, Given, Holder, Holds, Issuer, Level, Purpose, Signer, StatusList, Suite,
    add, stamp, token, verify,
};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Map, Value, json};

const NOW: i64 = 1_767_225_600;
const ADDRESS: &str = "https://desk.acme.example";
const FOR: Duration = Duration::from_secs(2);

type Whatever<T> = Result<T, Box<dyn Error>>;

fn main() -> Whatever<()> {
    let signer = Signer::new(&[7; 32]);
    let did = Did::at(ADDRESS, signer.public())?;
    let method = did.method(&signer.public());
    let issuer = Issuer { did, name: "Acme".to_owned(), address: ADDRESS.to_owned() };
    let document = award(&issuer)?.document()?;
    let by = |suite, document: &Map<String, Value>| -> Whatever<String> {
        Ok(Value::Object(add(document, suite, (&signer, &method), NOW)?).to_string())
    };
    let own = issuer.did.document(&[signer.public()]).to_string();
    let mut lists = Vec::new();
    for purpose in Purpose::ALL {
        let address = format!("{ADDRESS}/status/{}-1", purpose.as_str());
        let list = StatusList::new(purpose, &[3, 9_000].into());
        let list = list.credential(&issuer, &address, (NOW, NOW + 86_400))?;
        lists.push(by(Suite::Rdfc, &list)?);
    }
    let bare = bare();
    let mut figures = Map::new();
    figures.insert("valid_on".to_owned(), json!(stamp(NOW)));
    figures.insert("bare_ed25519_per_second".to_owned(), json!(bare));
    let forms = [
        ("eddsa_rdfc_2022", by(Suite::Rdfc, &document)?),
        ("eddsa_jcs_2022", by(Suite::Jcs, &document)?),
        ("vc_jwt", token(&document, &signer, &method)?),
    ];
    for (name, text) in &forms {
        for (with, lists, wanted) in
            [("", &[][..], Holds::Unknown), ("_with_two_lists", &lists[..], Holds::Yes)]
        {
            let given = Given { text, now: NOW, document: Some(&own), lists, ..Given::default() };
            if verify(&given).holds() != wanted {
                return Err(format!("{name}{with} is not verified as it should be").into());
            }
            let each = a_second(|| verify(&given).holds() == wanted);
            figures.insert(format!("{name}{with}_per_second"), json!(each));
            // Bare signatures in the time of one verification.
            figures.insert(format!("{name}{with}_in_signatures"), json!(bare / each.max(1)));
        }
    }
    println!("{}", Value::Object(figures));
    Ok(())
}

fn award(issuer: &Issuer) -> Whatever<Award> {
    Ok(Award {
        id: "OPERATOR-2026-7K3M".parse()?,
        issuer: issuer.clone(),
        level: Level {
            name: "Agent operator".to_owned(),
            description: "Runs agents unattended and answers for them.".to_owned(),
            criteria: "20 practical tasks, 16 of them right.".to_owned(),
        },
        holder: Holder {
            name: "Mara Lind".to_owned(),
            mail: Some("mara@acme.example".to_owned()),
            salt: [3; 16],
        },
        evidence: vec![Evidence { name: "Exam".to_owned(), told: "18 of 20".to_owned() }],
        from: NOW,
        until: NOW + 730 * 86_400,
        nth: 5,
    })
}

/// Bare verifications of a text as long as what a document is signed over.
fn bare() -> u64 {
    let key = SigningKey::from_bytes(&[7; 32]);
    let (text, public) = ([1; 64], key.verifying_key());
    let signature = key.sign(&text);
    a_second(|| public.verify_strict(&text, &signature).is_ok())
}

/// How often something is done in a second; nothing of it counts that does not come out.
fn a_second(mut once: impl FnMut() -> bool) -> u64 {
    let (begun, mut done) = (Instant::now(), 0_u32);
    while begun.elapsed() < FOR {
        done += u32::from(once());
    }
    let each = u64::from(done).saturating_mul(1_000_000);
    each / u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX).max(1)
}
