//! What is taken for signed, and what an event says of itself. That it begins one case is tested
//! with the built program.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use axum::http::HeaderMap;
use serde_json::json;

use axum::http::HeaderValue;

use super::*;

const NOW: u64 = 1_674_087_231;
/// The example of the Standard Webhooks specification's reference libraries.
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const BODY: &str = r#"{"test": 2432232314}"#;
const AT: u64 = 1_614_265_330;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fn headers(id: &str, at: &str, signature: &str) -> HeaderMap {
    let mut all = HeaderMap::new();
    for (name, value) in
        [("webhook-id", id), ("webhook-timestamp", at), ("webhook-signature", signature)]
    {
        all.insert(name, HeaderValue::from_str(value).unwrap());
    }
    all
}

fn sign(key: &HookKey, id: &str, at: u64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).unwrap();
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
}

#[test]
fn only_what_a_key_has_signed_just_now_is_taken() {
    let key = HookKey::read(KEY).unwrap();
    let other = HookKey::read(&format!("whsec_{}", BASE64.encode([9; 32]))).unwrap();
    let given = headers(ID, &AT.to_string(), SIGNATURE);
    let is = |headers: &HeaderMap, body: &str, keys: &[&HookKey], now: u64| {
        let keys: Vec<HookKey> = keys.iter().map(|key| (*key).clone()).collect();
        signed(headers, body.as_bytes(), &keys, now).is_some()
    };
    // What the reference libraries sign is taken, within five minutes, under the old key too.
    assert!(is(&given, BODY, &[&key], AT));
    assert!(is(&given, BODY, &[&other, &key], AT));
    for now in [AT - TOLERANCE_S, AT + TOLERANCE_S] {
        assert!(is(&given, BODY, &[&key], now));
    }
    for now in [AT - TOLERANCE_S - 1, AT + TOLERANCE_S + 1, 0] {
        assert!(!is(&given, BODY, &[&key], now), "{now}");
    }
    assert!(!is(&given, "{}", &[&key], AT));
    assert!(!is(&given, BODY, &[&other], AT));
    assert!(!is(&given, BODY, &[], AT));
    // Nobody's key opens nothing, although it is known to everybody.
    let nobody = HookKey(vec![0; KEY_MIN]);
    let forged = headers(ID, &NOW.to_string(), &sign(&nobody, ID, NOW, BODY));
    assert!(!is(&forged, BODY, &[], NOW));
    assert!(!is(&forged, BODY, &[&key], NOW));
    let signature = sign(&key, "other", NOW, BODY);
    assert!(!is(&headers(ID, &NOW.to_string(), &signature), BODY, &[&key], NOW));
    for (id, at, signature) in [
        ("", NOW.to_string(), sign(&key, "", NOW, BODY)),
        (ID, "soon".to_owned(), sign(&key, ID, NOW, BODY)),
        (ID, NOW.to_string(), "v1,".to_owned()),
        (ID, NOW.to_string(), sign(&key, ID, NOW, BODY).replace("v1,", "v1a,")),
    ] {
        assert!(!is(&headers(id, &at, &signature), BODY, &[&key], NOW), "{id} {at} {signature}");
    }
    // Two signatures while one key takes the place of the other.
    let both = format!("{} {}", sign(&other, ID, NOW, BODY), sign(&key, ID, NOW, BODY));
    assert!(is(&headers(ID, &NOW.to_string(), &both), BODY, &[&key], NOW));
    // One that stands behind too many is not looked at.
    let many = format!("{}{}", "v1,AAAA ".repeat(SIGNATURES_MAX), sign(&key, ID, NOW, BODY));
    assert!(!is(&headers(ID, &NOW.to_string(), &many), BODY, &[&key], NOW));
}

#[test]
fn a_key_is_long_enough_and_is_never_printed() {
    assert_eq!(format!("{:?}", HookKey::read(KEY)), "Some([secret])");
    for wrong in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!"] {
        assert!(HookKey::read(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn an_event_says_what_makes_it_the_same() {
    let of = |kind: &str, more: &[(&'static str, &str)], body: &serde_json::Value| {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(kind).unwrap());
        for (name, value) in more {
            headers.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        event(&headers, "m1".to_owned(), body.to_string().as_bytes())
    };
    let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let plain = json!({ "type": "a.b", "data": { "n": 1 } });
    let (id, kind, data) = of("application/json; charset=utf-8", &[], &plain).unwrap();
    assert_eq!((id, kind.as_deref(), &data), (texts(&["webhook", "m1"]), Some("a.b"), &plain));

    let whole = json!({
        "specversion": "1.0", "id": "7", "source": "/shop", "type": "a.b", "data": { "n": 1 },
    });
    let (id, kind, data) = of(STRUCTURED, &[], &whole).unwrap();
    assert_eq!(id, texts(&["event", "/shop", "7"]));
    assert_eq!((kind.as_deref(), data), (Some("a.b"), json!({ "n": 1 })));

    // Headers of the binary mode are not signed, so nothing rests on them.
    let in_headers =
        [("ce-specversion", "1.0"), ("ce-id", "7"), ("ce-source", "/shop"), ("ce-type", "a.b")];
    let (id, kind, _) = of("application/json", &in_headers, &json!({ "n": 1 })).unwrap();
    assert_eq!((id, kind), (texts(&["webhook", "m1"]), None));

    for missing in ["specversion", "id", "source", "type"] {
        let mut broken = whole.clone();
        broken.as_object_mut().unwrap().remove(missing);
        assert!(of(STRUCTURED, &[], &broken).is_err(), "{missing}");
    }
    let mut coded = whole.clone();
    coded.as_object_mut().unwrap().insert("data_base64".to_owned(), json!("AAAA"));
    assert!(of(STRUCTURED, &[], &coded).is_err());
    assert!(of("application/cloudevents-batch+json", &[], &json!([whole])).is_err());
    assert!(of("text/plain", &[], &plain).is_err());
    assert!(of("application/json", &[], &json!([1])).is_err());
    assert!(of("application/json", &[("ce-specversion", "0.3")], &plain).is_err());
}
