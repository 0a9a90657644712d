//! What the crate promises: vectors of the W3C, what is issued and verified, and what is refused.

mod issued;
mod refused;
mod vectors;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{
    Award, Did, Entry, Evidence, Given, Holder, Issuer, Level, Purpose, Report, Signer, StatusList,
    Suite, add, token, verify,
};

/// 1 January 2026.
const NOW: i64 = 1_767_225_600;
const YEAR: i64 = 365 * 86_400;

fn signer() -> Signer {
    Signer::new(&[7; 32])
}

fn issuer(address: &str) -> Issuer {
    let did = Did::at(address, signer().public()).unwrap();
    Issuer { did, name: "Acme Ltd".to_owned(), address: address.to_owned() }
}

fn award(address: &str) -> Award {
    Award {
        id: "OPERATOR-2026-7K3M".parse().unwrap(),
        issuer: issuer(address),
        level: Level {
            name: "Agent operator".to_owned(),
            description: "Runs agents unattended and answers for them.".to_owned(),
            criteria: "20 practical tasks, 80 % of them right.".to_owned(),
        },
        holder: Holder {
            name: "Mara Lind".to_owned(),
            mail: Some("mara@acme.example".to_owned()),
            salt: [3; 16],
        },
        evidence: vec![
            Evidence { name: "Exam".to_owned(), told: "18 of 20".to_owned() },
            Evidence { name: "Drill".to_owned(), told: "a stop within 3 seconds".to_owned() },
        ],
        from: NOW,
        until: NOW + 2 * YEAR,
        nth: 5,
    }
}

const WEB: &str = "https://desk.acme.example";

/// How a credential is handed over.
#[derive(Debug, Clone, Copy)]
enum Form {
    Rdfc,
    Jcs,
    Token,
}

const FORMS: [Form; 3] = [Form::Rdfc, Form::Jcs, Form::Token];

fn secured(document: &Map<String, Value>, did: &Did, form: Form) -> String {
    let signer = signer();
    let method = did.method(&signer.public());
    let document_by =
        |suite| Value::Object(add(document, suite, (&signer, &method), NOW).unwrap()).to_string();
    match form {
        Form::Rdfc => document_by(Suite::Rdfc),
        Form::Jcs => document_by(Suite::Jcs),
        Form::Token => token(document, &signer, &method).unwrap(),
    }
}

fn lists(address: &str, revoked: &[u32], suspended: &[u32], form: Form) -> Vec<String> {
    let issuer = issuer(address);
    let list = |(purpose, set): (Purpose, &[u32])| {
        let entries = Entry::of(address, 5);
        let entry = entries.iter().find(|entry| entry.purpose == purpose).unwrap();
        let set: BTreeSet<u32> = set.iter().copied().collect();
        let list = StatusList::new(purpose, &set);
        let list = list.credential(&issuer, &entry.list, (NOW, NOW + 86_400)).unwrap();
        secured(&list, &issuer.did, form)
    };
    [(Purpose::Revocation, revoked), (Purpose::Suspension, suspended)].map(list).into()
}

fn looked_at(text: &str, now: i64, lists: &[String]) -> Report {
    let did = issuer(WEB).did;
    let document = did.document(&[signer().public()]).to_string();
    verify(&Given { text, now, document: Some(&document), lists, ..Given::default() })
}
