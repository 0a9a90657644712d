//! Lists that go on where they ended, and answers that need not be sent twice.

use std::collections::BTreeMap;
use std::io::Read;

use serde_json::Value;

use super::OWNER;
use crate::api::{Up, document, token};
use crate::office::Office;
use crate::vendor::Vendor;

#[test]
fn lists_go_on_where_they_ended_and_nothing_is_sent_twice() {
    let office = Office::new(&Vendor::plain(), &["001", "002", "003"]);
    let tokens = BTreeMap::from([(OWNER, token(&office, OWNER, &[]))]);
    let up = Up::with(office, tokens, &[]);
    for start in ["001", "002", "003"] {
        let begun = up.begin(&document(&up.office, start), start);
        assert_eq!(begun.status, 201, "{}", begun.body);
    }
    let list = "/api/v1/workspaces/desk/cases";
    let ids = |answer: &Value| -> Vec<String> {
        let all = answer["cases"].as_array().unwrap();
        all.iter().map(|case| case["id"].as_str().unwrap().to_owned()).collect()
    };
    let whole = up.get(list).json();
    assert_eq!((ids(&whole).len(), whole["next"].clone()), (3, Value::Null));
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let part = up.get(&format!("{list}?limit=1{next}")).json();
        seen.extend(ids(&part));
        let Some(after) = part["next"].as_str() else { break };
        next = format!("&after={after}");
    }
    assert_eq!(seen, ids(&whole));
    up.get(&format!("{list}?after=x")).problem(422, "invalid");

    for case in &seen {
        up.until(case, "done");
    }
    let case = format!("{list}/{}", seen[0]);
    let first = up.get(&case);
    let tag = first.head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned();
    let head =
        |more: &str| format!("GET {case} HTTP/1.1\r\nAuthorization: Bearer {}{more}", up.token);
    // Headers are compared in small letters here, and so is the tag: it is hexadecimal.
    let tag = tag.replace("w/", "W/");
    let again = up.raw(&head(&format!("\r\nIf-None-Match: {tag}")), "");
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let other = up.raw(&head("\r\nIf-None-Match: W/\"0\""), "");
    assert_eq!((other.status, &other.body), (200, &first.body));
    let mut packed = Vec::new();
    let asked = head("\r\nAccept-Encoding: gzip\r\nConnection: close");
    up.send(&asked, "").read_to_end(&mut packed).unwrap();
    let text = String::from_utf8_lossy(&packed);
    assert!(text.contains("content-encoding: gzip") && !text.contains(&seen[0]), "{text}");
}
