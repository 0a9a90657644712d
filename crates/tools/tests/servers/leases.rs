//! What a server is reached with is looked up when it is reached, and forgotten afterwards.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use journal::Code;
use plan::lock::Lock;
use plan::workflow::Effect;
use serde_json::json;
use tools::{Lookup, Remote, Secret, ServerSpec, Tokens, Tools, Way};

use crate::far::Far;
use crate::{call, ended, failure, launcher, pool, set, spec, value, work};

/// A vault with one value, and how often it was asked.
#[derive(Clone, Default)]
struct Safe {
    value: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Safe {
    fn new(value: &str) -> Self {
        let safe = Self::default();
        safe.change(value);
        safe
    }

    fn change(&self, value: &str) {
        value.clone_into(&mut self.value.lock().unwrap());
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// A server of which this vault holds the secret; `with` puts it where it belongs.
    fn spec(
        &self,
        declared: ServerSpec,
        with: impl Fn(&mut ServerSpec, &str) + Send + Sync + 'static,
    ) -> ServerSpec {
        let (safe, mut spec) = (self.clone(), declared.clone());
        spec.lookup = Some(Lookup::new(move || {
            safe.asked.fetch_add(1, Ordering::Relaxed);
            let value = safe.value.lock().unwrap().clone();
            if value.is_empty() {
                return Err("the vault holds nothing".to_owned());
            }
            let mut spec = declared.clone();
            with(&mut spec, &value);
            spec.secrets.insert("TOKEN".to_owned(), Secret::new(value));
            Ok(spec)
        }));
        spec
    }
}

fn keyed(spec: &mut ServerSpec, value: &str) {
    let Way::Remote(remote) = &mut spec.way else { panic!("it is elsewhere") };
    remote.headers.insert("Authorization".to_owned(), Secret::new(format!("Bearer {value}")));
}

fn takes(far: &Far, key: &str) {
    far.at().takes = Some([(key.to_owned(), "read".to_owned())].into());
}

#[tokio::test]
async fn a_connection_that_nobody_uses_is_closed_with_what_it_holds() {
    let safe = Safe::new("s3cret-one");
    let mut spec = safe.spec(spec("script", "script"), |spec, value| set(spec, "TOKEN", value));
    spec.limits.idle = Duration::from_millis(50);
    let pool = pool(vec![spec], Effect::Write).await;
    let before = safe.asked();
    let first = value(&work(&pool, "pid").await)["pid"].clone();
    ended(&first).await;
    assert_eq!(safe.asked(), before + 1);
    safe.change("s3cret-two");
    let second = value(&work(&pool, "pid").await)["pid"].clone();
    assert_ne!(first, second);
    assert_eq!(safe.asked(), before + 2, "it was looked up once more");
    // What it was given last does not come back either.
    assert_eq!(value(&work(&pool, "secret").await), json!({ "text": "[TOKEN]" }));
    // A vault that lost it starts nothing, and says why.
    let last = value(&work(&pool, "pid").await)["pid"].clone();
    ended(&last).await;
    safe.change("");
    let called = work(&pool, "text").await;
    let (code, certain, text) = failure(&called);
    assert_eq!((code, certain), (Code::Unavailable, true));
    assert!(text.contains("the vault holds nothing"), "{text}");
}

#[tokio::test]
async fn a_call_that_is_out_keeps_its_connection() {
    let mut spec = spec("script", "script");
    spec.limits.idle = Duration::from_millis(20);
    let pool = pool(vec![spec], Effect::Read).await;
    // It goes on for many times as long as an unused connection is kept.
    let called = call(&pool, "script.work", json!({ "do": "progress without end" }), 60_000).await;
    assert_eq!(value(&called), json!({ "text": "done" }));
}

#[tokio::test]
async fn a_key_that_was_changed_is_taken_up_by_the_next_call() {
    let (far, safe) = (Far::start().await, Safe::new("s3cret-one"));
    takes(&far, "s3cret-one");
    let declared = ServerSpec::new("far", Way::Remote(Remote::new(Secret::new(far.url.clone()))));
    let pool = pool(vec![safe.spec(declared, keyed)], Effect::Write).await;
    let say = async |what: &str| call(&pool, "far.echo", json!({ "say": what }), 20_000).await;
    assert_eq!(value(&say("hello").await), json!({ "text": "hello" }));
    let before = safe.asked();

    safe.change("s3cret-two");
    takes(&far, "s3cret-two");
    assert_eq!(value(&say("s3cret-two").await), json!({ "text": "[TOKEN]" }));
    assert_eq!((far.at().calls, safe.asked()), (2, before + 1));
    assert_eq!(far.at().shown.last().unwrap(), "Bearer s3cret-two");

    // A key that does not help is tried once, and the call was not made.
    takes(&far, "another-s3cret");
    let called = say("hello").await;
    let (code, certain, text) = failure(&called);
    assert_eq!((code, certain), (Code::Unavailable, true));
    assert!(text.contains("401") && !text.contains("s3cret"), "{text}");
    assert_eq!((far.at().calls, safe.asked()), (2, before + 2));
}

#[tokio::test]
async fn a_token_of_its_own_is_given_back_with_the_connection() {
    let (far, folder) = (Far::start().await, tempfile::tempdir().unwrap());
    let mut remote = Remote::new(Secret::new(far.url.clone()));
    remote.tokens = Some(Arc::new(Tokens::new(folder.path(), "far")));
    (remote.client.id, remote.client.alone) = (Some("agreed".to_owned()), true);
    remote.client.secret = Some(Secret::new("agreed s3cret".to_owned()));
    remote.client.issuer = Some(far.at().issuer.clone());
    let spec = ServerSpec::new("far", Way::Remote(remote));
    let said = Arc::new(Mutex::new(Vec::new()));
    let opened = || {
        let said = Arc::clone(&said);
        Tools::new(vec![spec.clone()], &Lock::default(), launcher())
            .heard_by(move |why| said.lock().unwrap().push(why))
    };

    // Whoever gave it takes none back, so it serves until it ends.
    let pool = opened();
    pool.offered("far").await.unwrap();
    pool.close().await;
    assert!(spec.tokens().unwrap().standing().unwrap().is_some());

    far.at().takes_back = Some(200);
    let pool = opened();
    pool.offered("far").await.unwrap();
    assert!(far.at().taken_back.is_empty());
    pool.close().await;
    assert!(spec.tokens().unwrap().standing().unwrap().is_none(), "it is forgotten here");
    let given = far.at().taken_back.remove(0);
    assert_eq!((&*given["token"], &*given["token_type_hint"]), ("access-s3cret-1", "access_token"));
    // `agreed:agreed+s3cret`, as a form writes the two.
    assert_eq!(given["authorization"], "Basic YWdyZWVkOmFncmVlZCtzM2NyZXQ=");
    assert!(said.lock().unwrap().is_empty());

    // That it could not be given back is said, and ends nothing.
    far.at().takes_back = Some(503);
    let pool = opened();
    pool.offered("far").await.unwrap();
    pool.close().await;
    let said = said.lock().unwrap();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("`far` was not given back") && said[0].contains("503"), "{said:?}");
    assert!(!said[0].contains("s3cret"), "{said:?}");
}
