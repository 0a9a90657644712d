//! The pool as the client that the protocol's conformance suite looks at: it reaches the server
//! whose address is its last argument, approves what is offered, and calls each tool once, with the
//! arguments the suite hands over or with some that fit the tool's schema. Where a person would sign
//! in or fill in a form, it does so in their place. It must know no scenario.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a program for the suite alone: what fails is to be seen at once"
)]

#[path = "../tests/servers/permit.rs"]
mod permit;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use plan::ids::{PersonId, ToolName};
use plan::lock::Lock;
use plan::workflow::Effect;
use serde_json::{Map, Value, json};
use tools::pin::{Declared, pin};
use tools::{
    Answers, Callback, Client, Launcher, Offered, Remote, Secret, ServerSpec, SignIn, Tokens,
    Tools, Way,
};

const TIME_OUT_MS: u64 = 20_000;
/// The document that describes the suite's client, to those who read such documents.
const DESCRIBED: &str = "https://conformance-test.local/client-metadata.json";
/// A person who signed in so often and is still turned away gives up.
const SIGN_INS_MAX: usize = 3;

/// The suite's client: one server, and a person who signs in whenever it wants that.
struct Suite {
    spec: ServerSpec,
    tokens: Arc<Tokens>,
    sign_ins: AtomicUsize,
}

#[tokio::main]
async fn main() -> ExitCode {
    let url = std::env::args().next_back().expect("an address");
    let folder = tempfile::tempdir().expect("a folder");
    let tokens = Arc::new(Tokens::new(folder.path(), "suite"));
    let mut remote = Remote::new(Secret::new(url));
    remote.tokens = Some(Arc::clone(&tokens));
    remote.client = client(&context());
    let spec = ServerSpec::new("suite", Way::Remote(remote));
    let suite = Suite { spec, tokens, sign_ins: AtomicUsize::new(0) };
    match suite.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

impl Suite {
    async fn run(&self) -> Result<(), String> {
        let offered: Vec<Offered> = self
            .signed_in(async || {
                let pool = self.pool(&Lock::default());
                let offered = pool.offered("suite").await.map_err(|fault| fault.to_string());
                pool.close().await;
                offered
            })
            .await?;
        let lock = approved(&offered);
        for (name, args) in calls(&lock) {
            let called = self.signed_in(async || {
                let pool = self.pool(&lock);
                let (digest, args) = (&lock.tools[&name].digest, args.to_string());
                let permit = permit::permit(name.as_str(), digest, &args, TIME_OUT_MS);
                let called = pool.call(permit).await.outcome.result;
                pool.close().await;
                called.map_err(|failure| failure.text)
            });
            if let Err(why) = called.await {
                // An error that a tool states is an answer too.
                eprintln!("{name}: {why}");
            }
        }
        Ok(())
    }

    fn pool(&self, lock: &Lock) -> Tools {
        let pool = Tools::new(vec![self.spec.clone()], lock, Launcher::Direct);
        pool.answered_by(Arc::new(Defaults))
    }

    /// Works, and signs in when the server turned the work away for want of that.
    async fn signed_in<T>(&self, work: impl AsyncFn() -> Result<T, String>) -> Result<T, String> {
        loop {
            match work().await {
                Err(_) if self.tokens.wanted() && self.may_sign_in() => self.sign_in().await?,
                done => return done,
            }
        }
    }

    fn may_sign_in(&self) -> bool {
        self.sign_ins.fetch_add(1, Ordering::Relaxed) < SIGN_INS_MAX
    }

    /// What a person does with a browser, without either.
    async fn sign_in(&self) -> Result<(), String> {
        let callback = Callback::bind(None).await.map_err(|error| error.to_string())?;
        let sign_in = SignIn::begin(&self.spec, &callback.redirect()).await?;
        let (state, address) = (sign_in.state(), sign_in.address().to_owned());
        let browser = tokio::spawn(async move { reqwest::get(address).await.map(drop) });
        let coming = callback.came_back(&state);
        let came = tokio::time::timeout(Duration::from_millis(TIME_OUT_MS), coming).await;
        let came = came.map_err(|_| "no browser came back".to_owned())?;
        browser.await.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
        sign_in.finish(&came.map_err(|error| error.to_string())?).await
    }
}

/// Who answers a form with what it proposes itself.
struct Defaults;

impl Answers for Defaults {
    fn answer(&self, _: &str, schema: &Value) -> Option<Value> {
        Some(fitting(schema))
    }
}

fn context() -> Value {
    let context = std::env::var("MCP_CONFORMANCE_CONTEXT").unwrap_or_default();
    serde_json::from_str(&context).unwrap_or_default()
}

/// The client that the suite registered, or one that is described by a document.
fn client(context: &Value) -> Client {
    let text = |name: &str| context[name].as_str().map(str::to_owned);
    let id = text("client_id").unwrap_or_else(|| DESCRIBED.to_owned());
    let secret = text("client_secret").map(Secret::new);
    Client { id: Some(id), secret, issuer: text("issuer"), ..Client::default() }
}

/// Everything that is offered, approved as it is.
fn approved(offered: &[Offered]) -> Lock {
    let mut lock = Lock::default();
    for tool in offered {
        let Ok(name) = ToolName::new(&format!("suite.{}", tool.name)) else { continue };
        let declared = Declared { effect: Some(Effect::Write), ..Declared::default() };
        let by = PersonId::new("suite").unwrap();
        match pin(lock.clone(), &name, tool, &declared, by, "2026-11-27", None) {
            Ok(more) => lock = more,
            Err(why) => eprintln!("{why}"),
        }
    }
    lock
}

/// What is called: what the suite asks for, or every tool.
fn calls(lock: &Lock) -> Vec<(ToolName, Value)> {
    let context = context();
    if let Some(asked) = context["toolCalls"].as_array() {
        let named = |call: &Value| {
            let name = ToolName::new(&format!("suite.{}", call["name"].as_str()?)).ok()?;
            lock.tools.contains_key(&name).then(|| (name, call["arguments"].clone()))
        };
        return asked.iter().filter_map(named).collect();
    }
    let all = lock.tools.iter();
    all.map(|(name, pinned)| (name.clone(), fitting(&pinned.definition.input))).collect()
}

/// What a schema proposes, or else something of the types that it wants.
fn fitting(schema: &Value) -> Value {
    let mut args = Map::new();
    for (name, wanted) in schema["properties"].as_object().into_iter().flatten() {
        let of_type = || match wanted["type"].as_str() {
            Some("number" | "integer") => json!(3),
            Some("boolean") => json!(true),
            Some("array") => json!([]),
            Some("object") => json!({}),
            _ => json!("text"),
        };
        let listed = || wanted["enum"].get(0).cloned();
        let value = wanted.get("default").cloned().or_else(listed).unwrap_or_else(of_type);
        args.insert(name.clone(), value);
    }
    Value::Object(args)
}
