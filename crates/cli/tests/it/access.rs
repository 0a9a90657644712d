//! Who gets in over HTTP, and what they may do there: the first link, passwords, sessions, tokens,
//! an organisation's own sign-in, and every role at every operation of every workspace.

mod lists;
mod provider;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

use serde_json::{Value, json};

use crate::api::{Up, document, token};
use crate::desk::Desk;
use crate::driving::Answer;
use crate::office::Office;
use crate::vendor::Vendor;

const OWNER: &str = "marta@larkfield.example";
/// What the first link leads to, and how often that is written down.
const EXPECTED: usize = 6;
const PASSWORD: &str = "seven grey geese at dawn";

fn office() -> Office {
    Office::new(&Vendor::plain(), &["001"])
}

fn opened(office: Office, more: &[&str]) -> Up {
    Up::with(office, BTreeMap::new(), more)
}

/// A request of a browser's page: what it sends along by itself, and a body.
fn page(up: &Up, method: &str, path: &str, more: &str, body: &Value) -> Answer {
    let kind = "Content-Type: application/json\r\nSec-Fetch-Site: same-origin";
    up.raw(&format!("{method} {path} HTTP/1.1\r\n{kind}{more}"), &body.to_string())
}

fn seen(up: &Up, path: &str, cookie: &str) -> Answer {
    up.raw(&format!("GET {path} HTTP/1.1\r\nCookie: {cookie}"), "")
}

/// The cookie that an answer sets, as a browser sends it back, and all that was said of it.
fn cookie(answer: &Answer, name: &str) -> (String, String) {
    let start = format!("set-cookie: {name}=");
    let line = answer.head.lines().find(|line| line.starts_with(&start)).expect("a cookie");
    let line = line.strip_prefix("set-cookie: ").unwrap();
    let pair = line.split(';').next().unwrap();
    (pair.to_owned(), line.to_owned())
}

/// How often something happened at the door, by the entries that are stored.
fn recorded(up: &Up) -> usize {
    let token = token(&up.office, OWNER, &["read"]);
    let made = up.office.say(&["token", "list", "--json"]).json().remove(0);
    let last = made["tokens"][0]["id"].as_str().unwrap().to_owned();
    let head = format!(
        "GET /api/v1/workspaces/desk/events?after=0 HTTP/1.1\r\nAuthorization: Bearer {token}"
    );
    let lines = BufReader::new(up.send(&head, "")).lines().map_while(Result::ok);
    let mut kinds = lines.filter(|line| line.starts_with("data: ") && line.contains("access"));
    // The token that was just made is the last of them, and opens what is read here.
    assert!(!last.is_empty());
    let mut count = 0;
    while kinds.next().is_some() {
        count += 1;
        if count == EXPECTED {
            break;
        }
    }
    count
}

#[test]
fn the_first_link_sets_a_password_once_and_signs_in() {
    let up = opened(office(), &[]);
    let link = up.said["link"].as_str().unwrap();
    let (place, link) = link.split_once("/#").unwrap();
    assert_eq!(place, up.said["url"]);
    let page_of_it = up.raw("GET / HTTP/1.1", "");
    assert!(page_of_it.head.contains("content-security-policy: default-src 'none'"));
    assert!(!page_of_it.body.contains("<script>") && !page_of_it.body.contains("style="));
    let ways = up.raw("GET /api/v1/sign-in HTTP/1.1", "").json();
    assert_eq!(ways, json!({ "passwords": true, "provider": null }));
    let short = json!({ "link": link, "password": "short" });
    page(&up, "POST", "/api/v1/sign-in/link", "", &short).problem(422, "invalid");
    let good = json!({ "link": link, "password": PASSWORD });
    let first = page(&up, "POST", "/api/v1/sign-in/link", "", &good);
    assert_eq!(first.status, 200, "{}", first.body);
    let (session, said) = cookie(&first, "flightdeck");
    assert!(said.contains("httponly") && said.contains("samesite=strict"), "{said}");
    page(&up, "POST", "/api/v1/sign-in/link", "", &good).problem(403, "link");
    let who = seen(&up, "/api/v1/session", &session).json();
    assert_eq!(who["person"], OWNER);
    let here = &who["workspaces"][0];
    assert_eq!((&here["name"], &here["roles"]), (&json!("desk"), &json!(["owner"])));
    assert_eq!(seen(&up, "/api/v1/workspaces/desk/cases", &session).status, 200);

    // A browser that was given a session beforehand does not go on with it.
    let given = "\r\nCookie: flightdeck=fds_00";
    let sign_in = json!({ "person": OWNER, "password": PASSWORD });
    let again = page(&up, "POST", "/api/v1/sign-in", given, &sign_in);
    assert_eq!(again.status, 200, "{}", again.body);
    let (fresh, _) = cookie(&again, "flightdeck");
    assert!(fresh != session && fresh != "flightdeck=fds_00", "{fresh}");
    seen(&up, "/api/v1/session", "flightdeck=fds_00").problem(401, "sign-in");
    let changed = format!("\r\nCookie: {session}");
    let third = page(&up, "POST", "/api/v1/sign-in", &changed, &sign_in);
    seen(&up, "/api/v1/session", &session).problem(401, "sign-in");
    let (third, _) = cookie(&third, "flightdeck");
    let out = page(&up, "DELETE", "/api/v1/session", &format!("\r\nCookie: {third}"), &json!(null));
    assert_eq!(out.status, 204, "{}", out.body);
    seen(&up, "/api/v1/session", &third).problem(401, "sign-in");
    assert_eq!(seen(&up, "/api/v1/session", &fresh).status, 200, "another browser stays");
    let ended = up.office.say(&["access", "end", OWNER, "--json"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    seen(&up, "/api/v1/session", &fresh).problem(401, "sign-in");
    page(&up, "POST", "/api/v1/sign-in", "", &sign_in).problem(403, "not-you");
    // A password, three times signed in, shut out, and the token that looks.
    assert_eq!(recorded(&up), EXPECTED);
}

#[test]
fn a_page_of_another_place_changes_nothing() {
    let up = opened(office(), &[]);
    let link = up.said["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let good = json!({ "link": link, "password": PASSWORD });
    let elsewhere = "POST /api/v1/sign-in/link HTTP/1.1\r\nContent-Type: application/json";
    let cross = format!("{elsewhere}\r\nSec-Fetch-Site: cross-site");
    up.raw(&cross, &good.to_string()).problem(403, "cross-site");
    let cross = format!("{elsewhere}\r\nOrigin: http://evil.example");
    up.raw(&cross, &good.to_string()).problem(403, "cross-site");
    let (session, _) = cookie(&page(&up, "POST", "/api/v1/sign-in/link", "", &good), "flightdeck");
    let stop = json!({ "scope": { "of": "everything" }, "reason": "x" }).to_string();
    let head = format!(
        "POST /api/v1/workspaces/desk/stops HTTP/1.1\r\nContent-Type: application/json\r\nCookie: {session}"
    );
    let sites = [
        "",
        "\r\nSec-Fetch-Site: cross-site",
        "\r\nSec-Fetch-Site: same-site",
        "\r\nSec-Fetch-Site: none",
        "\r\nOrigin: http://evil.example",
        "\r\nOrigin: null",
        "\r\nOrigin: https://127.0.0.1",
    ];
    for site in sites {
        up.raw(&format!("{head}{site}"), &stop).problem(403, "cross-site");
    }
    let own = format!("{head}\r\nOrigin: http://{}", up.address);
    assert_eq!(up.raw(&own, &stop).status, 200);
    let lift = head.replace("/stops ", "/stops/lift ") + "\r\nSec-Fetch-Site: same-origin";
    assert_eq!(up.raw(&lift, &stop).status, 200);
}

#[test]
fn whoever_guesses_waits_and_learns_nothing() {
    let up = opened(office(), &[]);
    let knock = |who: &str| {
        let body = json!({ "person": who, "password": "not the right one" });
        page(&up, "POST", "/api/v1/sign-in", "", &body)
    };
    let (known, unknown) = (knock(OWNER), knock("nobody@larkfield.example"));
    assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
    for _ in 0..5 {
        knock(OWNER).problem(403, "not-you");
    }
    let late = knock(OWNER);
    late.problem(429, "too-many");
    assert!(late.head.contains("retry-after: "), "{}", late.head);
    // One address tries so often and no more, whatever the name.
    let tried = (0..12).map(|n| knock(&format!("p{n}@larkfield.example")).status);
    let tried: Vec<u16> = tried.collect();
    assert!(tried.contains(&429), "{tried:?}");
    let told = up.office.say(&["access", "--json"]);
    assert_eq!(told.code, 0, "{}", told.err);
}

#[test]
fn a_token_never_does_more_than_it_was_made_for_nor_than_its_person_may() {
    let office = office();
    let read = token(&office, OWNER, &["read"]);
    let whole = token(&office, OWNER, &[]);
    let no = office.say(&[
        "token",
        "new",
        "--as",
        "ines@larkfield.example",
        "--label",
        "x",
        "--right",
        "stop",
    ]);
    assert_eq!(no.code, 4, "{}{}", no.out, no.err);
    let up = Up::with(office, BTreeMap::from([(OWNER, read)]), &[]);
    assert_eq!(up.get("/api/v1/workspaces/desk/cases").status, 200);
    up.get("/api/v1/workspaces/desk/access").problem(403, "not-permitted");
    let name = document(&up.office, "001");
    let no = up.begin(&name, "k");
    no.problem(403, "not-permitted");
    assert!(no.body.contains("token") && no.body.contains("start"), "{}", no.body);
    let bearer = format!("\r\nAuthorization: Bearer {}", up.token);
    let new = json!({ "label": "more", "rights": ["read"], "days": 1 });
    page(&up, "POST", "/api/v1/workspaces/desk/tokens", &bearer, &new)
        .problem(403, "not-permitted");
    // A person who signed in makes one, and it is theirs to end.
    let link = up.office.say(&["access", "link", OWNER, "--json"]).json()[0]["url"].clone();
    let link = link.as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let set = page(
        &up,
        "POST",
        "/api/v1/sign-in/link",
        "",
        &json!({ "link": link, "password": PASSWORD }),
    );
    assert_eq!(set.status, 200, "{}", set.body);
    let session = format!("\r\nCookie: {}", cookie(&set, "flightdeck").0);
    let made = page(&up, "POST", "/api/v1/workspaces/desk/tokens", &session, &new);
    assert_eq!(made.status, 201, "{}", made.body);
    let bad = json!({ "label": "", "rights": [], "days": 0 });
    page(&up, "POST", "/api/v1/workspaces/desk/tokens", &session, &bad).problem(422, "invalid");
    let (id, word) = (made.json()["id"].clone(), made.json()["token"].clone());
    let by = format!(
        "GET /api/v1/workspaces/desk/cases HTTP/1.1\r\nAuthorization: Bearer {}",
        word.as_str().unwrap()
    );
    assert_eq!(up.raw(&by, "").status, 200);
    let listed = up.get("/api/v1/workspaces/desk/tokens").json();
    assert!(listed["tokens"].as_array().unwrap().iter().any(|one| one["id"] == id), "{listed}");
    assert!(!listed.to_string().contains(word.as_str().unwrap()));
    let path = format!("/api/v1/workspaces/desk/tokens/{}", id.as_str().unwrap());
    assert_eq!(page(&up, "DELETE", &path, &session, &json!(null)).status, 204);
    up.raw(&by, "").problem(401, "sign-in");
    page(&up, "DELETE", &path, &session, &json!(null)).problem(404, "not-found");
    // Nor does it do what its person might do when it was made, and may do no more.
    let whole = |path: &str| {
        let head = format!("GET /api/v1/workspaces/desk/{path} HTTP/1.1");
        up.raw(&format!("{head}\r\nAuthorization: Bearer {whole}"), "")
    };
    assert_eq!(whole("access").status, 200);
    let roles =
        "access: { owner: [ ines@larkfield.example ], viewer: [ marta@larkfield.example ] }";
    let with = format!("{roles}\ndefault_model:");
    up.office.change("flightdeck.yaml", "default_model:", &with);
    whole("access").problem(403, "not-permitted");
    assert_eq!(whole("cases").status, 200);
    up.office.change("flightdeck.yaml", &with, "default_model:");
    // Whoever leaves takes their tokens along.
    up.office.change("flightdeck.yaml", "  marta@larkfield.example: { name: Marta Wolters }\n", "");
    up.get("/api/v1/workspaces/desk/cases").problem(404, "not-found");
}

/// Each role at each operation of each workspace, by what the description says.
#[test]
fn everybody_may_what_their_role_says_and_nothing_else() {
    const ROLES: [(&str, &str); 6] = [
        ("owner", OWNER),
        ("operator", "pieter@larkfield.example"),
        ("reviewer", "ines@larkfield.example"),
        ("auditor", "noor@larkfield.example"),
        ("viewer", "tom@larkfield.example"),
        ("nobody", "ruth@larkfield.example"),
    ];
    let may = |role: &str| -> &'static [&'static str] {
        match role {
            "owner" => {
                &["read", "records", "start", "change", "decide", "stop", "release", "access"]
            }
            "operator" => &["read", "start", "change", "stop", "release"],
            "reviewer" => &["read", "decide"],
            "auditor" => &["read", "records"],
            "viewer" => &["read"],
            _ => &[],
        }
    };
    let office = office();
    // Without roles everybody is somebody. One of them is nobody any more once there are some.
    let nobody = ROLES[5].1;
    let left = (nobody, token(&office, nobody, &[]));
    // Somebody of both workspaces, with a token of the first.
    let of_both = "jonas@larkfield.example";
    let of_first = token(&office, of_both, &[]);
    let session: BTreeMap<&str, String> = ROLES
        .iter()
        .map(|(_, who)| {
            let link = office.say(&["access", "link", who, "--json"]).json()[0]["url"].clone();
            (*who, link.as_str().unwrap().split_once('#').unwrap().1.to_owned())
        })
        .collect();
    let roles = "access: { owner: [ marta@larkfield.example ], operator: [ pieter@larkfield.example ], \
                 reviewer: [ ines@larkfield.example ], auditor: [ noor@larkfield.example ], \
                 viewer: [ tom@larkfield.example ] }\ndefault_model:";
    office.change("flightdeck.yaml", "default_model:", roles);
    let held = ROLES[..5].iter().map(|(_, who)| (*who, token(&office, who, &[])));
    let tokens: BTreeMap<&str, String> = held.chain([left]).collect();
    let other = Desk::new();
    let people = format!("people:\n  {of_both}: {{ name: Jonas Brandt }}\n");
    other.change("flightdeck.yaml", "people:\n", &people);
    let second = other.root().parent().unwrap().join("second");
    std::fs::rename(other.root(), &second).unwrap();
    let up = Up::with(office, tokens, &["--with", second.to_str().unwrap()]);
    assert_eq!(up.said["workspaces"], json!(["desk", "second"]));

    let document: Value = serde_json::from_str(&up.get("/openapi.json").body).unwrap();
    let mut tried = 0;
    let mut sessions = BTreeMap::new();
    for (_, who) in &ROLES[..5] {
        let body = json!({ "link": session[who], "password": PASSWORD });
        let set = page(&up, "POST", "/api/v1/sign-in/link", "", &body);
        assert_eq!(set.status, 200, "{who}: {}", set.body);
        sessions.insert(*who, cookie(&set, "flightdeck").0);
    }
    // Whoever is nothing here does not come in, link or no link.
    let body = json!({ "link": session[ROLES[5].1], "password": PASSWORD });
    page(&up, "POST", "/api/v1/sign-in/link", "", &body).problem(403, "not-you");
    let by = |token: &str, path: &str| {
        let head = format!("GET /api/v1/workspaces/{path} HTTP/1.1");
        up.raw(&format!("{head}\r\nAuthorization: Bearer {token}"), "")
    };
    by(&of_first, "second/cases").problem(404, "not-found");
    // Nor does anybody make a token for what they may not do themselves.
    let viewer = format!("\r\nCookie: {}", sessions[ROLES[4].1]);
    let new = json!({ "label": "more", "rights": ["read", "stop"], "days": 1 });
    page(&up, "POST", "/api/v1/workspaces/desk/tokens", &viewer, &new)
        .problem(403, "not-permitted");
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method = method.to_uppercase();
            let name = operation["operationId"].as_str().unwrap();
            let open = operation["security"] == json!([]);
            let fill = |workspace: &str| {
                let path = path.replace("{workspace}", workspace).replace("{id}", "0");
                let path = path.replace("{server}", "none").replace("{workflow}", "none");
                path.replace("{number}", "1").replace("{token}", "t0")
            };
            let ask = |who: &str, path: &str| {
                let head =
                    format!("{method} {path} HTTP/1.1\r\nContent-Type: application/json{who}");
                // The first lines say enough; what follows events would not end.
                let stream = up.send(&format!("{head}\r\nConnection: close"), "{}");
                let mut stream = BufReader::new(stream);
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                let status: u16 = line.split(' ').nth(1).unwrap().parse().unwrap();
                let mut text = String::new();
                if status >= 400 {
                    stream.read_to_string(&mut text).unwrap();
                }
                (status, text)
            };
            if open {
                continue;
            }
            assert_eq!(ask("", &fill("desk")).0, 401, "{name} to a stranger");
            let wrong = "\r\nAuthorization: Bearer fdt_00";
            assert_eq!(ask(wrong, &fill("desk")).0, 401, "{name} to a wrong token");
            let Some(right) = operation["x-right"].as_str() else { continue };
            for (role, who) in ROLES {
                let shown = up.bearer(who);
                let mut ways = vec![("a token", shown)];
                if let Some(session) = sessions.get(who) {
                    let own = format!("\r\nCookie: {session}\r\nSec-Fetch-Site: same-origin");
                    ways.push(("a session", own));
                }
                for (way, shown) in ways {
                    let (status, said) = ask(&shown, &fill("desk"));
                    let door = said.contains("have the right")
                        || status == 401
                        || said.contains("no such workspace");
                    let allowed = may(role).contains(&right);
                    let what = format!("{role} by {way} at {name} ({right}): {status} {said}");
                    assert_eq!(!door, allowed, "{what}");
                    // Other people's workspaces are as if they were not there.
                    for workspace in ["second", "none"] {
                        let (status, said) = ask(&shown, &fill(workspace));
                        assert!(
                            status == 404 && said.contains("no such workspace"),
                            "{what}: {said}"
                        );
                    }
                    tried += 3;
                }
            }
        }
    }
    assert!(tried > 300, "{tried}");
}
