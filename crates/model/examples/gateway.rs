//! Puts real questions to the local model over both wire formats, the second one through LiteLLM's
//! proxy: `cargo run -p model --example gateway -- CACHE LITELLM`. The last line is JSON with the
//! figures. It must not take a failed call for an answer, except where it says so.

#![allow(clippy::unwrap_used, reason = "the permits are made as tests make them")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a measuring tool of the terminal")]

#[path = "../src/tests/permit.rs"]
mod permit;

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use journal::{AnswerShape, Choice, Code, ModelAnswer, ModelAsk};
use model::local::{Backend, Server, Settings, install, key};
use model::{Callable, Called, Key, ModelSpec, Place, Secret, Vendors};
use plan::workflow::{Can, Price};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

type Failed = Box<dyn Error>;

/// How long the proxy may take to come up.
const START: Duration = Duration::from_secs(180);

/// The proxy in front of a server, and its address. It ends with this program.
async fn proxy(
    program: &str,
    folder: &Path,
    upstream: &str,
    keys: [&Shared; 2],
) -> Result<(Child, String), Failed> {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
    // JSON is YAML. Keys stay in the environment.
    let settings = json!({
        "model_list": [{ "model_name": "small", "litellm_params": {
            "model": "hosted_vllm/small", "api_base": upstream,
            "api_key": "os.environ/UPSTREAM_KEY" } }],
        "general_settings": { "master_key": "os.environ/LITELLM_MASTER_KEY" },
        // By its other way it forgets the schema and why an answer ended.
        "litellm_settings": { "use_chat_completions_url_for_anthropic_messages": true },
    });
    let file = folder.join("litellm.json");
    std::fs::write(&file, settings.to_string())?;
    let log = std::fs::File::create(folder.join("litellm.log"))?;
    let child = Command::new(program)
        .arg("--config")
        .arg(&file)
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .env("UPSTREAM_KEY", &keys[0].0)
        .env("LITELLM_MASTER_KEY", &keys[1].0)
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()?;
    let up = async {
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(START, up).await?;
    Ok((child, format!("http://127.0.0.1:{port}")))
}

/// A key as text, for the environment of a child.
struct Shared(String);

fn models(place: Place, idle: Duration) -> Result<Callable, Failed> {
    Ok(Arc::new(Vendors::default()).callable(ModelSpec {
        name: permit::name(),
        model: "small".into(),
        place,
        price: Price { output_nanos: 1, ..Price::default() },
        can: vec![Can::Choose, Can::Json, Can::Tools],
        at_once: 1,
        per_minute: None,
        idle,
    })?)
}

fn told(called: &Called) -> Result<ModelAnswer, Failed> {
    match &called.outcome.result {
        Ok(bytes) => Ok(serde_json::from_slice(bytes)?),
        Err(failure) => Err(format!("{:?}: {}", failure.code, failure.text).into()),
    }
}

/// So small a model at times never ends; what is cut off is no answer, and it is asked again.
async fn hello(models: &Callable, ask: impl Fn() -> ModelAsk) -> Called {
    let mut called = models.call(permit::permit(ask())).await;
    for _ in 0..3 {
        if !matches!(&called.outcome.result, Err(failure) if failure.code == Code::BadAnswer) {
            break;
        }
        called = models.call(permit::permit(ask())).await;
    }
    called
}

/// Everything that a model is asked, over one wire. Gives what came of it.
async fn asked(wire: &str, models: &Callable) -> Result<Value, Failed> {
    let ask = |text: &str, answer| ModelAsk {
        time_out_ms: 120_000,
        again: 0,
        probabilities: false,
        tokens_max: 512,
        ..permit::ask(text, answer)
    };
    let called = hello(models, || ask("Say hello.", AnswerShape::Text)).await;
    let text = told(&called)?.text;
    eprintln!("{wire}: {text}");
    let usage = called.outcome.usage;
    if text.trim().is_empty() || usage.input_tokens == 0 || usage.output_tokens == 0 {
        return Err(format!("{wire}: an answer without a count: {usage:?}").into());
    }
    let schema = json!({ "type": "object", "properties": {
        "kind": { "enum": ["invoice", "letter"] }, "total": { "type": "integer" } },
        "required": ["kind", "total"], "additionalProperties": false });
    let shape = AnswerShape::Json(Arc::new(schema));
    let document = "Invoice 4711. Total due: 120 EUR.";
    let called = models.call(permit::permit(ask(document, shape))).await;
    let text = told(&called)?.text;
    let structured: Value = serde_json::from_str(&text)?;
    eprintln!("{wire}: {structured}");
    let kind = structured.get("kind").and_then(Value::as_str);
    let held = matches!(kind, Some("invoice" | "letter"))
        && structured.get("total").is_some_and(Value::is_i64);
    if !held {
        return Err(format!("{wire}: the schema was not kept: {structured}").into());
    }
    let (mut chosen, mut none) = (0, 0);
    // Nothing with a number in it: so small a model takes every number for its answer.
    let document = "Dear sirs, thank you for the red bicycle. It arrived in Paris. Yours, Anna";
    for (question, options) in [
        ("What is this?", ["a letter", "an invoice"]),
        ("Who wrote it?", ["Anna", "Bert"]),
        ("What arrived?", ["a bicycle", "a car"]),
        ("Which colour has it?", ["red", "blue"]),
        ("Where did it arrive?", ["Paris", "Rome"]),
        ("How does it begin?", ["Dear sirs", "Hello"]),
        ("What does it say?", ["thank you", "goodbye"]),
        ("Which language is it in?", ["English", "German"]),
    ] {
        let choice = Choice {
            question: question.into(),
            lead: question.into(),
            options: options.map(str::to_owned).to_vec(),
        };
        let called = models.call(permit::permit(ask(document, AnswerShape::Choice(choice)))).await;
        match &called.outcome.result {
            Ok(_) => {
                eprintln!("{wire}: {question} {}", told(&called)?.text);
                chosen += 1;
            }
            // So small a model may name an option that there is not; that is no answer, and known.
            Err(failure) if failure.code == Code::BadAnswer => {
                eprintln!("{wire}: {question} {}", failure.text);
                none += 1;
            }
            Err(failure) => return Err(format!("{wire}: {}", failure.text).into()),
        }
    }
    if chosen == 0 {
        return Err(format!("{wire}: no question was answered by an option").into());
    }
    Ok(json!({ "text": true, "json": true, "chosen": chosen, "no_option": none }))
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let mut args = std::env::args().skip(1);
    let cache = args.next().ok_or("the folder of the local model is missing")?;
    let program = args.next().ok_or("the program of the proxy is missing")?;
    let installed = install(Path::new(&cache), |step| eprintln!("{step:?}")).await?;
    let (own, master) = (Shared(key()?), Shared(format!("sk-{}", key()?)));
    let secret = Secret::new(own.0.clone());
    let settings =
        Settings { backend: Backend::Installed(installed), slots: 1, context: 4096, key: secret };
    let server = Server::start(settings).await?;
    let upstream = server.base_url().ok_or("the server is not up")?;
    let folder = Path::new(&program).ancestors().nth(2).ok_or("the proxy stands nowhere")?;
    let versioned = format!("{}/v1", upstream.trim_end_matches('/').trim_end_matches("/v1"));
    let (_proxy, gateway) = proxy(&program, folder, &versioned, [&own, &master]).await?;
    let held =
        |name: &str, key: &Shared| Key { name: name.into(), secret: Secret::new(key.0.clone()) };
    let open_ai =
        || Place::OpenAi { base_url: versioned.clone(), keys: vec![held("UPSTREAM_KEY", &own)] };
    let key = || held("LITELLM_MASTER_KEY", &master);
    let anthropic = || Place::Anthropic { base_url: gateway.clone(), keys: vec![key()] };
    // Each in one piece, and as a stream.
    let (patient, short) = (Duration::from_secs(300), Duration::from_secs(60));
    let figures = json!({
        "openai": asked("openai", &models(open_ai(), patient)?).await?,
        "openai_streamed": asked("openai, streamed", &models(open_ai(), short)?).await?,
        "anthropic": asked("anthropic", &models(anthropic(), patient)?).await?,
        "anthropic_streamed": asked("anthropic, streamed", &models(anthropic(), short)?).await?,
    });
    let wrong = Key { name: "WRONG_KEY".into(), secret: Secret::new("sk-wrong".into()) };
    let refused = Place::Anthropic { base_url: gateway.clone(), keys: vec![wrong] };
    let refused = models(refused, patient)?;
    let called = refused.call(permit::permit(permit::ask("x", AnswerShape::Text))).await;
    let failure = called.outcome.result.err().ok_or("a wrong key was taken")?;
    eprintln!("{}", failure.text);
    // Without a database the proxy calls a wrong key a bad request.
    if failure.code != Code::VendorRefused || failure.text.contains("sk-wrong") {
        return Err(format!("a wrong key was not refused, or shown: {}", failure.text).into());
    }
    println!("{figures}");
    Ok(())
}
