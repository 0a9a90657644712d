//! What is sent when, and that the signature is the one that others compute.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use evidence::notices::{Kind, Notice};
use journal::Millis;
use plan::ids::RoleId;

use crate::channel::{Channel, Secret, signed};
use crate::follow::{Post, Which};
use crate::{Journal, State, Target};

fn notice(n: u64, kind: Kind, urgent: bool) -> Notice {
    Notice {
        id: format!("msg_{n}"),
        kind,
        at: Millis(n),
        run: None,
        workflow: None,
        step: None,
        role: Some(RoleId::new("clerk").unwrap()),
        due: None,
        urgent,
        text: format!("notice {n}"),
        command: "flightdeck status".to_owned(),
    }
}

fn target(an_hour: Option<u32>, quiet: Option<(u16, u16)>) -> Target {
    Target {
        name: "desk".to_owned(),
        channel: Channel::Chat { url: Secret::new("http://127.0.0.1:1/".to_owned()) },
        kinds: Kind::ALL.to_vec(),
        roles: Vec::new(),
        quiet,
        an_hour,
    }
}

/// A journal whose every place holds one notice.
struct Told(AtomicU64);

impl Journal for Told {
    fn notices(&self, after: u64) -> Result<(u64, Vec<Notice>), String> {
        let last = self.0.load(Ordering::SeqCst);
        Ok((last, (after..last).map(|n| notice(n + 1, Kind::Request, false)).collect()))
    }
    fn last(&self) -> Result<u64, String> {
        Ok(self.0.load(Ordering::SeqCst))
    }
    fn minute(&self, _: u64) -> u16 {
        600
    }
    fn now(&self) -> u64 {
        10_000_000
    }
}

fn post(target: Target, folder: &Path) -> (Post, Arc<Told>) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let told = Arc::new(Told(AtomicU64::new(3)));
    let journal: Arc<dyn Journal> = told.clone();
    let http = reqwest::Client::new();
    (Post { target, organisation: "Acme".into(), journal, folder: folder.to_owned(), http }, told)
}

#[test]
fn the_signature_is_that_of_the_standard() {
    // The example of the specification's reference libraries.
    let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let body = r#"{"test": 2432232314}"#;
    let found = signed(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body).unwrap();
    assert_eq!(found, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert!(signed("whsec_?", "a", 1, "b").is_err());
    assert!(signed("", "a", 1, "b").is_err());
}

#[test]
fn what_is_urgent_goes_first_and_the_rest_waits_for_the_morning_together() {
    let folder = tempfile::tempdir().unwrap();
    let quiet = Some((20 * 60, 7 * 60));
    let (post, _) = post(target(None, quiet), folder.path());
    let mut state = State::default();
    state.found((1..=7).map(|n| notice(n, Kind::Request, n == 4)).collect(), 7);
    let (night, morning) = (23 * 60, 8 * 60);
    let next = |state: &State, minute| post.next(state, 0, minute).map(|(l, which)| (l.id, which));
    assert_eq!(next(&state, night), Some(("msg_4".to_owned(), Which::One(3))));
    state.held.remove(3);
    assert_eq!(next(&state, night), None);
    assert_eq!(next(&state, 6 * 60), None, "over midnight");
    assert_eq!(next(&state, morning), Some(("msg_1_and".to_owned(), Which::All)));
    let (letter, _) = post.next(&state, 0, morning).unwrap();
    assert_eq!(letter.lines[0], "6 request for clerk");
    state.held.truncate(2);
    assert_eq!(next(&state, morning), Some(("msg_1".to_owned(), Which::One(0))));
}

#[test]
fn an_hour_has_so_many_messages_and_the_last_tells_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let (post, _) = post(target(Some(3), None), folder.path());
    let mut state = State { sent: vec![5_000_000, 5_000_001], ..State::default() };
    state.found((1..=3).map(|n| notice(n, Kind::Failed, false)).collect(), 3);
    let next = |state: &State, now| post.next(state, now, 600).map(|(_, which)| which);
    assert_eq!(next(&state, 5_000_002), Some(Which::All));
    state.sent.push(5_000_002);
    assert_eq!(next(&state, 5_000_003), None);
    assert_eq!(next(&state, 5_000_000 + 3_600_001), Some(Which::One(0)));
    // What is urgent is not counted.
    state.found(vec![notice(9, Kind::Stop, true)], 9);
    assert_eq!(next(&state, 5_000_003), Some(Which::One(3)));
}

#[test]
fn a_target_hears_only_what_it_asked_for() {
    let mut target = target(None, None);
    target.kinds = vec![Kind::Request];
    target.roles = vec![RoleId::new("lead").unwrap()];
    assert!(!target.wants(&notice(1, Kind::Failed, true)));
    assert!(!target.wants(&notice(1, Kind::Request, true)));
    let mut asked = notice(1, Kind::Request, false);
    asked.role = Some(RoleId::new("lead").unwrap());
    assert!(target.wants(&asked));
    // What is asked of nobody by name is for everybody who hears of its kind.
    asked.role = None;
    assert!(target.wants(&asked));
}

#[tokio::test]
async fn what_does_not_arrive_is_kept_under_its_id_and_nothing_old_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (post, told) = post(target(None, None), folder.path());
    assert_eq!(post.round().await, Ok(false), "nothing of what was before");
    told.0.store(5, Ordering::SeqCst);
    for _ in 0..3 {
        assert!(post.round().await.unwrap_err().contains("cannot be reached"));
        let state = State::read(folder.path(), "desk").unwrap().unwrap();
        let ids: Vec<&str> = state.held.iter().map(|notice| notice.id.as_str()).collect();
        assert_eq!((state.place, ids), (5, vec!["msg_4", "msg_5"]));
        assert_eq!(state.failing.unwrap().0, 10_000_000);
    }
    // A file that cannot be read is said, and nothing is skipped because of it.
    std::fs::write(folder.path().join("desk.json"), "{").unwrap();
    assert!(post.round().await.unwrap_err().contains("desk.json"));
}

#[test]
fn a_flood_is_counted_and_not_kept() {
    let mut state = State::default();
    state.found((0..1_500).map(|n| notice(n, Kind::Request, n == 1_400)).collect(), 9);
    assert_eq!((state.held.len(), state.dropped), (1_001, 499));
    assert!(state.held.last().unwrap().urgent);
}
