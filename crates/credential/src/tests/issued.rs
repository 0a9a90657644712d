//! What is issued is verified, in every form, and the report says what was looked at.

use serde_json::Value;

use super::{FORMS, Form, NOW, WEB, YEAR, award, issuer, lists, looked_at, secured, signer};
use crate::{
    Check, CredentialId, Did, Foreign, Given, Holds, bake_png, bake_svg, is_foreign_name,
    plain_png, plain_svg, unbake, verify,
};

#[test]
fn every_form_of_what_is_issued_holds() {
    let award = award(WEB);
    let document = award.document().unwrap();
    for form in FORMS {
        let text = secured(&document, &award.issuer.did, form);
        for lists_form in FORMS {
            let lists = lists(WEB, &[4, 6], &[], lists_form);
            let report = looked_at(&text, NOW + 60, &lists);
            assert_eq!(report.holds(), Holds::Yes, "{form:?} {lists_form:?}: {report:#?}");
            let shown = report.shown.unwrap();
            assert_eq!(shown.holder.as_deref(), Some("Mara Lind"));
            assert_eq!(shown.issuer_name.as_deref(), Some("Acme Ltd"));
            assert_eq!(shown.id, "https://desk.acme.example/credentials/OPERATOR-2026-7K3M");
        }
    }
}

#[test]
fn a_key_as_issuer_needs_no_document() {
    let address = "http://127.0.0.1:4180";
    let award = award(address);
    assert!(award.issuer.did.to_string().starts_with("did:key:z6Mk"));
    let text = secured(&award.document().unwrap(), &award.issuer.did, Form::Rdfc);
    let lists = lists(address, &[], &[], Form::Rdfc);
    let report = verify(&Given { text: &text, now: NOW, lists: &lists, ..Given::default() });
    assert_eq!(report.holds(), Holds::Yes, "{report:#?}");
}

#[test]
fn what_is_not_given_is_not_known() {
    let award = award(WEB);
    let text = secured(&award.document().unwrap(), &award.issuer.did, Form::Rdfc);
    let report = looked_at(&text, NOW, &[]);
    assert_eq!(report.holds(), Holds::Unknown);
    let status = report.of(Check::Status).unwrap();
    assert!(status.why.starts_with("status not known"), "{}", status.why);
    let report = verify(&Given { text: &text, now: NOW, ..Given::default() });
    assert_eq!(report.of(Check::Issuer).unwrap().holds, Holds::Unknown);
    assert_eq!(report.of(Check::Signature).unwrap().holds, Holds::Unknown);
}

#[test]
fn revoked_suspended_and_expired_are_told_apart() {
    let award = award(WEB);
    let text = secured(&award.document().unwrap(), &award.issuer.did, Form::Rdfc);
    for (revoked, suspended, why) in
        [(&[5][..], &[][..], "it is revoked"), (&[], &[5], "it is suspended")]
    {
        let report = looked_at(&text, NOW, &lists(WEB, revoked, suspended, Form::Rdfc));
        let status = report.of(Check::Status).unwrap();
        assert_eq!((status.holds, status.why.as_str()), (Holds::No, why));
        assert_eq!(report.of(Check::Signature).unwrap().holds, Holds::Yes);
    }
    let after = looked_at(&text, NOW + 3 * YEAR, &[]);
    assert_eq!(after.of(Check::Time).unwrap().holds, Holds::No);
    assert_eq!(after.of(Check::Signature).unwrap().holds, Holds::Yes);
    let before = looked_at(&text, NOW - 3_600, &[]);
    assert_eq!(before.of(Check::Time).unwrap().holds, Holds::No);
    // A list of yesterday does not say what holds today.
    let stale = looked_at(&text, NOW + 2 * 86_400, &lists(WEB, &[], &[], Form::Rdfc));
    assert_eq!(stale.of(Check::Status).unwrap().holds, Holds::No);
}

#[test]
fn the_holder_is_compared_by_address_and_never_shown_by_it() {
    let award = award(WEB);
    let text = secured(&award.document().unwrap(), &award.issuer.did, Form::Rdfc);
    assert!(!text.contains("mara@"));
    let document = award.issuer.did.document(&[signer().public()]).to_string();
    let lists = lists(WEB, &[], &[], Form::Rdfc);
    let by = |mail| {
        let document = Some(document.as_str());
        let given = Given { text: &text, now: NOW, document, lists: &lists, ..Given::default() };
        verify(&Given { mail: Some(mail), ..given }).holds()
    };
    assert_eq!(by(" Mara@acme.example"), Holds::Yes);
    assert_eq!(by("nora@acme.example"), Holds::No);
}

#[test]
fn a_picture_carries_a_credential_and_gives_it_back() {
    let award = award(WEB);
    let document = award.document().unwrap();
    for form in [Form::Rdfc, Form::Token] {
        let text = secured(&document, &award.issuer.did, form);
        let once = bake_png(&plain_png().unwrap(), "another").unwrap();
        let png = bake_png(&once, &text).unwrap();
        assert_eq!(unbake(&png).unwrap(), text);
        let plain = plain_svg(&["Agent <operator>", "Acme & Co"]);
        let svg = bake_svg(&bake_svg(&plain, "an.other.one").unwrap(), &text).unwrap();
        assert_eq!(unbake(svg.as_bytes()).unwrap(), text);
        let mut torn = png.clone();
        let middle = torn.len() / 2;
        torn[middle] ^= 1;
        assert!(unbake(&torn).is_err());
    }
    assert!(unbake(&plain_png().unwrap()).is_err());
    assert!(unbake(b"GIF89a").is_err());
}

#[test]
fn ids_are_readable_and_other_issuers_codes_are_refused() {
    let id = CredentialId::new("operator", 2026, [0, 31, 200, 77]).unwrap();
    assert_eq!(id.as_str(), "OPERATOR-2026-0Z8D");
    assert_eq!(id.as_str().to_lowercase().parse::<CredentialId>().unwrap(), id);
    for wrong in ["OPERATOR-2026-0Z8", "OPERATOR-26-0Z8D", "OPERATOR-2026-0Z8U", "X/../2026-0Z8D"] {
        assert!(wrong.parse::<CredentialId>().is_err(), "{wrong}");
    }
    for code in ["AIDA", "aima", "CPAP", "CPAA", "CAIAUD", "PSF"] {
        assert!(matches!(CredentialId::new(code, 2026, [0; 4]), Err(Foreign::Taken(_))), "{code}");
    }
    assert!(is_foreign_name("The Production-AI  Institute e.V."));
    assert!(!is_foreign_name("Acme Production Ltd"));
}

#[test]
fn an_address_of_this_machine_is_nobodys_identity() {
    let key = signer().public();
    assert_eq!(
        Did::at("https://a.example:8443", key).unwrap().to_string(),
        "did:web:a.example%3A8443"
    );
    for wrong in ["http://acme.example", "https://", "https://a/b", "https://localhost", "ftp://a"]
    {
        assert!(Did::at(wrong, key).is_err(), "{wrong}");
    }
    let document = issuer(WEB).did.document(&[key]);
    assert_eq!(document.get("id").and_then(Value::as_str), Some("did:web:desk.acme.example"));
}
