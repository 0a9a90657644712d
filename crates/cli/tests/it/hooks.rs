//! Webhooks that begin cases: sent over a socket as any system would, while `up` drives.

mod first_act;

use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, Mac};
use journal::{Frame, Held, Record, RunId};
use serde_json::{Value, json};
use sha2::Sha256;
use store::SqliteReader;

use crate::desk::Desk;
use crate::driving::{Answer, Driving};

const WORKFLOW: &str = r#"---
workflow: orders
purpose: Note what a shop sends. It never pays.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: order of the shop, from: outside, fields: { name: text, total: money? } }
starts:
  - { folder: drops }
  - { webhook: shop, secret: [ SHOP_KEY, SHOP_KEY_NEXT ], type: shop.order, under: order }
  - { webhook: till, secret: TILL_KEY }
limits:
  case: { cost: 0.10 EUR, days: 10 }
  day: { cost: 5 EUR, cases: 2000 }
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { ask: clerk }
steps:
  - step: note
    tool: outbox.write_file
    with: { path: case.name, content: case.name }
exceptions:
  - { what: an order without a name, when: "case.name == ''", go: note }
---
# Orders
"#;

const SHOP: [u8; 32] = [1; 32];
const NEXT: [u8; 32] = [2; 32];
const TILL: [u8; 32] = [3; 32];

/// A process that drives and knows the keys.
struct Up(Driving);

/// What is sent, and how it is signed.
struct Sending<'s> {
    hook: &'s str,
    id: &'s str,
    key: [u8; 32],
    kind: &'s str,
    body: &'s str,
}

impl Up {
    fn start(desk: &Desk) -> Self {
        let key = |bytes: [u8; 32]| format!("whsec_{}", BASE64.encode(bytes));
        let keys = [("SHOP_KEY", SHOP), ("SHOP_KEY_NEXT", NEXT), ("TILL_KEY", TILL)];
        let keys = keys.map(|(name, bytes)| (name, key(bytes)));
        let environment = keys.each_ref().map(|(name, key)| (*name, key.as_str()));
        Self(Driving::with(desk, &[], &environment))
    }

    fn send(&self, sending: &Sending<'_>) -> Answer {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        self.send_at(sending, at)
    }

    fn send_at(&self, sending: &Sending<'_>, at: u64) -> Answer {
        let Sending { hook, id, key, kind, body } = sending;
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(format!("{id}.{at}.{body}").as_bytes());
        let signature = BASE64.encode(mac.finalize().into_bytes());
        let head = format!(
            "webhook-id: {id}\r\nwebhook-timestamp: {at}\r\nwebhook-signature: v1,{signature}\r\n\
             content-type: {kind}"
        );
        self.0.raw(&format!("POST /hooks/desk/{hook} HTTP/1.1\r\n{head}"), body)
    }
}

fn desk() -> Desk {
    let desk = Desk::new();
    fs::write(desk.root().join("workflows/orders.md"), WORKFLOW).unwrap();
    fs::create_dir(desk.root().join("drops")).unwrap();
    let checked = desk.say(&["check", "orders"]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    // What begins by itself begins on live releases.
    let untried = ["deploy", "orders", "--untried", "--reason", "a test", "--as"];
    let deployed = desk.say(&[&untried[..], &["owner@example.com"]].concat());
    assert_eq!(deployed.code, 0, "{}{}", deployed.out, deployed.err);
    desk
}

/// Every case, once so many are done.
#[allow(clippy::disallowed_methods, reason = "what is waited for is another process")]
fn done(desk: &Desk, wanted: usize) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let all = desk.say(&["runs", "--limit", "2000", "--json"]).json();
        if all.iter().filter(|line| line["status"] == "done").count() >= wanted {
            return all;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{all:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What held starts, as the desk's journal says it.
fn held(desk: &Desk) -> Vec<Held> {
    let reader = SqliteReader::open(&desk.root().join(".flightdeck")).unwrap();
    let mut all = Vec::new();
    for (_, bytes) in reader.after(0, 10_000).unwrap() {
        let frame: Frame = serde_json::from_slice(&bytes).unwrap();
        let of_desk = frame.records.iter().filter(|_| frame.run == RunId::DESK);
        all.extend(of_desk.filter_map(|record| match record {
            Record::StartHeld { because, .. } => Some(*because),
            _ => None,
        }));
    }
    all
}

#[test]
fn each_event_begins_one_case_however_often_it_comes() {
    let desk = desk();
    let up = Up::start(&desk);
    let order = json!({
        "type": "shop.order", "order": { "name": "a.txt", "total": "12.50 EUR", "card": "4111" },
    });
    let order = order.to_string();
    let sending = Sending {
        hook: "orders/shop",
        id: "m1",
        key: SHOP,
        kind: "application/json",
        body: &order,
    };
    let first = up.send(&sending);
    assert_eq!(first.status, 201, "{}", first.body);
    // The key that takes the place of the first one signs too, and the case is there at once.
    let again = up.send(&Sending { key: NEXT, ..sending });
    assert_eq!((again.status, again.id()), (200, first.id()), "{}", again.body);
    assert_eq!(done(&desk, 1).len(), 1);
    drop(up);

    // It is the same for good: over, and after a restart.
    let up = Up::start(&desk);
    let again = up.send(&sending);
    assert_eq!((again.status, again.id()), (200, first.id()), "{}", again.body);
    // What no field takes is not kept; what is sent is told apart from what it was.
    let shown = desk.say(&["show", "orders"]).out;
    assert!(shown.contains("Each event of the type shop.order sent to shop"), "{shown}");
    let told = desk.say(&["logs", &first.id()]).out;
    assert!(told.contains("opened by start 2 of its map, for an event"), "{told}");
    assert!(!desk.say(&["why", &first.id(), "--json"]).out.contains("4111"));
    let other = order.replace("a.txt", "b.txt");
    let altered = up.send(&Sending { body: &other, ..sending });
    assert_eq!(altered.status, 409, "{}", altered.body);
    let moved = up.send(&Sending { id: "m2", body: &other, ..sending });
    assert_eq!(moved.status, 201, "{}", moved.body);
    assert_ne!(moved.id(), first.id());
    // The same id at another webhook is another event.
    let till = up.send(&Sending {
        hook: "orders/till",
        key: TILL,
        body: r#"{"name":"c.txt"}"#,
        ..sending
    });
    assert_eq!(till.status, 201, "{}", till.body);
    // Another type begins nothing, and costs nothing.
    let kind = order.replace("shop.order", "shop.visit");
    let visit = up.send(&Sending { id: "m3", body: &kind, ..sending });
    assert_eq!((visit.status, visit.body.as_str()), (204, ""));
    // What does not have the fields of a case begins none, and is told.
    for wrong in [r#"{"type":"shop.order"}"#, r#"{"type":"shop.order","order":{"name":7}}"#] {
        let unfit = up.send(&Sending { id: "m4", body: wrong, ..sending });
        assert_eq!(unfit.status, 422, "{}", unfit.body);
    }
    assert_eq!(done(&desk, 3).len(), 3);
    assert_eq!(held(&desk), [Held::Altered, Held::Unfit]);
    let told = desk.say(&["status"]).out;
    assert!(told.contains("sent something that has not the fields of a case"), "{told}");
}

#[test]
fn nobody_who_cannot_sign_learns_anything() {
    let desk = desk();
    let up = Up::start(&desk);
    let body = r#"{"name":"a.txt"}"#;
    let right =
        Sending { hook: "orders/till", id: "m1", key: TILL, kind: "application/json", body };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let old = up.send_at(&right, now - 301);
    let early = up.send_at(&right, now + 330);
    let other = up.send(&Sending { key: SHOP, ..right });
    let hook = up.send(&Sending { hook: "orders/tills", ..right });
    let workflow = up.send(&Sending { hook: "Nobody/till", ..right });
    // The key that stands in where there is none is known to everybody.
    let nobody = up.send(&Sending { hook: "orders/tills", key: [0; 32], ..right });
    let nothing =
        up.0.raw("POST /hooks/desk/orders/till HTTP/1.1\r\ncontent-type: text/plain", "{");
    for answer in [&old, &early, &other, &hook, &workflow, &nobody, &nothing] {
        assert_eq!(answer.status, 401, "{}", answer.body);
        assert_eq!(answer.body, old.body);
        assert!(!answer.head.contains("retry-after"), "{}", answer.head);
    }
    let large = "x".repeat((1 << 20) + 1);
    assert_eq!(up.send(&Sending { body: &large, ..right }).status, 413);
    let listed = up.send(&Sending { kind: "application/cloudevents-batch+json", ..right });
    assert_eq!(listed.status, 415, "{}", listed.body);
    assert_eq!(up.send(&Sending { kind: "text/plain", ..right }).status, 415);
    assert!(desk.say(&["runs", "--json"]).json().is_empty());
    assert!(held(&desk).is_empty());
}

#[test]
fn a_cloudevent_is_known_by_its_source_and_id() {
    let desk = desk();
    let up = Up::start(&desk);
    let event = json!({
        "specversion": "1.0", "id": "7", "source": "/shop", "type": "shop.order",
        "data": { "order": { "name": "a.txt" } },
    });
    let body = event.to_string();
    let kind = "application/cloudevents+json; charset=utf-8";
    let sending = Sending { hook: "orders/shop", id: "m1", key: SHOP, kind, body: &body };
    let first = up.send(&sending);
    assert_eq!(first.status, 201, "{}", first.body);
    let again = up.send(&Sending { id: "m2", ..sending });
    assert_eq!((again.status, again.id()), (200, first.id()), "{}", again.body);
    let elsewhere = body.replace("/shop", "/other");
    let other = up.send(&Sending { id: "m3", body: &elsewhere, ..sending });
    assert_eq!(other.status, 201, "{}", other.body);
    let visit = body.replace("shop.order", "shop.visit");
    assert_eq!(up.send(&Sending { id: "m4", body: &visit, ..sending }).status, 204);
    // In binary mode its type is not signed, so that nothing is made of it here.
    let binary = "application/json\r\nce-specversion: 1.0\r\nce-id: 8\r\nce-source: /shop\r\n\
                  ce-type: shop.order";
    let data = r#"{"order":{"name":"b.txt"}}"#;
    let unsure = up.send(&Sending { id: "m5", kind: binary, body: data, ..sending });
    assert_eq!(unsure.status, 422, "{}", unsure.body);
    // Where any type begins a case, it does.
    let body = r#"{"name":"c.txt"}"#;
    let till = Sending { hook: "orders/till", id: "m6", key: TILL, kind: binary, body };
    assert_eq!(up.send(&till).status, 201);
    assert_eq!(done(&desk, 3).len(), 3);
}

#[test]
fn a_flood_is_bounded_and_what_is_held_back_waits_with_the_sender() {
    let desk = desk();
    let up = Up::start(&desk);
    let body = r#"{"name":"a.txt"}"#;
    let right =
        Sending { hook: "orders/till", id: "m1", key: TILL, kind: "application/json", body };
    assert_eq!(up.send(&right).status, 201);
    let scope = ["--workflow", "orders", "--reason", "a look first", "--as", "lead@example.com"];
    let said = desk.say(&[&["stop", "--force"][..], &scope].concat());
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let stopped = up.send(&Sending { id: "m2", ..right });
    assert_eq!(stopped.status, 503, "{}", stopped.body);
    assert!(stopped.head.contains("retry-after: 60"), "{}", stopped.head);
    // What has its case is told so all the same.
    assert_eq!(up.send(&right).status, 200);
    let said = desk.say(&[&["resume"][..], &scope].concat());
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(up.send(&Sending { id: "m2", ..right }).status, 201);

    let mut flooded = None;
    for _ in 0..2_000 {
        let answer = up.send(&right);
        if answer.status != 200 {
            flooded = Some(answer);
            break;
        }
    }
    let flooded = flooded.expect("a flood has an end");
    assert_eq!(flooded.status, 429, "{}", flooded.body);
    assert!(flooded.head.contains("retry-after: "), "{}", flooded.head);
    assert_eq!(done(&desk, 2).len(), 2);
    assert_eq!(held(&desk), [Held::Hurried]);
}

#[test]
fn what_nobody_has_signed_is_slowed_down_and_holds_nothing_else_back() {
    let desk = desk();
    let up = Up::start(&desk);
    let body = r#"{"name":"a.txt"}"#;
    let right =
        Sending { hook: "orders/till", id: "m1", key: TILL, kind: "application/json", body };
    let forged = |hook: &'static str| up.send(&Sending { hook, key: SHOP, ..right });
    let nothing = || up.0.raw("POST /hooks/desk/orders/till HTTP/1.1", body);
    let flood = |one: &dyn Fn() -> Answer| {
        let mut all = (0..60).map(|_| one());
        all.find(|answer| answer.status != 401).expect("a flood has an end")
    };
    // Nobody learns by it which webhooks there are.
    for answer in [flood(&|| forged("orders/tills")), forged("orders/till"), nothing()] {
        assert_eq!(answer.status, 429, "{}", answer.body);
        assert!(answer.head.contains("retry-after: "), "{}", answer.head);
    }
    let large = "x".repeat((1 << 20) + 1);
    assert_eq!(up.send(&Sending { body: &large, ..right }).status, 429);
    // From the same address, what is signed is taken, to the same webhook and to others.
    assert_eq!(up.send(&right).status, 201);
    for id in ["m2", "m3", "m4", "m5"] {
        flood(&nothing);
        assert_eq!(up.send(&Sending { id, ..right }).status, 201);
    }
    assert_eq!(done(&desk, 5).len(), 5);
    // It is told once, of the webhook that there is.
    assert_eq!(held(&desk), [Held::Unsigned]);
    let told = desk.say(&["status"]).out;
    assert!(told.contains("`orders` is sent much that nobody has signed who may"), "{told}");
    assert!(told.contains("what is signed begins its cases as before"), "{told}");
}
