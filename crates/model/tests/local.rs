//! The real local model: installed once into a cache folder, started, asked, killed, stopped. It is
//! the only test of this crate that needs the package index, and only the first time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

#[path = "../src/tests/permit.rs"]
mod permit;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use journal::{AnswerShape, Choice, ModelAnswer};
use model::local::{Backend, Server, Settings, State, Step, install, key};
use model::{ModelSpec, Place, Secret, Vendors};
use plan::workflow::{Can, Price};

/// Beside the build's own output, so that one build installs once.
fn cache() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("local-model")
}

fn secret() -> model::Secret {
    model::Secret::new(model::local::key().unwrap())
}

fn llama(server: &Server, base_url: String) -> Place {
    Place::LlamaCpp { base_url, key: Some(server.key().clone()), slots: Some(1) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_model_is_installed_answers_comes_back_and_stops() {
    let first = install(&cache(), |_| {}).await.unwrap();
    // A second time finds all there and fetches nothing.
    let mut steps = Vec::new();
    let second = install(&cache(), |step| steps.push(step)).await.unwrap();
    assert_eq!((first.gguf(), steps), (second.gguf(), vec![Step::Ready]));

    let key = Secret::new(key().unwrap());
    let settings = Settings { backend: Backend::Installed(first), slots: 1, context: 2048, key };
    let server = Server::start(settings).await.unwrap();
    let base_url = server.base_url().unwrap();
    let spec = ModelSpec {
        name: permit::name(),
        model: "smollm2".into(),
        place: llama(&server, base_url.clone()),
        price: Price::default(),
        can: vec![Can::Choose, Can::Probabilities],
        at_once: 1,
        per_minute: None,
        idle: model::IDLE,
    };
    let models = Arc::new(Vendors::default()).callable(spec).unwrap();

    let choice = Choice {
        question: "Which of these is the total?".into(),
        lead: "Total amount due:".into(),
        options: vec!["100.00 EUR".into(), "120.00 EUR".into()],
    };
    let text = "Acme Tools Ltd\n\nSubtotal 100.00 EUR\nVAT 20.00 EUR\nTotal due 120.00 EUR";
    let ask = || {
        let mut ask = permit::ask(text, AnswerShape::Choice(choice.clone()));
        ask.time_out_ms = 60_000;
        permit::permit(ask)
    };
    let called = models.call(ask()).await;
    let answer: ModelAnswer =
        serde_json::from_slice(called.outcome.result.as_ref().unwrap()).unwrap();
    assert!(
        ["{\"choice\":0}", "{\"choice\":1}"].contains(&answer.text.as_str()),
        "{}",
        answer.text
    );
    assert!(called.outcome.usage.input_tokens > 20 && called.certain);
    // The same document again: its state was kept.
    let again = models.call(ask()).await;
    assert!(again.outcome.usage.cached_tokens > 20, "{:?}", again.outcome.usage);

    // It says how sure it is of what it writes freely, and another answer is another one.
    let say = |again| {
        let mut ask = permit::ask("Say one word about the sea.", AnswerShape::Text);
        (ask.time_out_ms, ask.probabilities, ask.again, ask.tokens_max) =
            (60_000, true, again, 400);
        permit::permit(ask)
    };
    let mut said = Vec::new();
    for again in [0, 0, 1, 2, 3] {
        let called = models.call(say(again)).await;
        let bytes = called.outcome.result.unwrap();
        let answer: ModelAnswer = serde_json::from_slice(&bytes).unwrap();
        assert!(answer.least.is_some_and(|least| least <= 1_000_000), "{answer:?}");
        said.push(answer.text);
    }
    assert_eq!(said[0], said[1]);
    assert!(said[2..].iter().any(|text| *text != said[0]), "{said:?}");

    // Whoever has no key gets no answer.
    let keyless = Place::LlamaCpp { base_url: base_url.clone(), key: None, slots: Some(1) };
    models.place(keyless).unwrap();
    assert!(models.call(ask()).await.outcome.result.is_err());

    // A server that is killed comes back, and is there for the next call.
    let mut state = server.state();
    server.kill_child();
    let wait = Duration::from_secs(60);
    tokio::time::timeout(wait, state.wait_for(|s| matches!(s, State::Down { .. })))
        .await
        .unwrap()
        .unwrap();
    let up = state.wait_for(|s| matches!(s, State::Up { .. }));
    tokio::time::timeout(wait, up).await.unwrap().unwrap();
    models.place(llama(&server, server.base_url().unwrap())).unwrap();
    assert!(models.call(ask()).await.outcome.result.is_ok());

    // A server that is dropped is gone.
    let address = server.base_url().unwrap();
    let address = address.trim_start_matches("http://").trim_end_matches("/v1").to_owned();
    drop(server);
    let gone = async {
        while tokio::net::TcpStream::connect(&address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(wait, gone).await.unwrap();
}

/// A `llama-server` for machines that have none: the same engine behind the options that ours is
/// started with. It refuses any option it does not know.
const LLAMA_SERVER: &str = r#"#!/bin/sh
# Options of `llama-server`, given to the engine that the Python package carries.
exec "$PYTHON" -u -c '
import argparse, os, signal, threading
import xllamacpp
options = argparse.ArgumentParser()
options.add_argument("--model"); options.add_argument("--host")
options.add_argument("--port", type=int); options.add_argument("--threads", type=int)
options.add_argument("--parallel", type=int); options.add_argument("--ctx-size", type=int)
given = options.parse_args()
params = xllamacpp.CommonParams()
params.model.path = given.model
params.hostnames = [given.host]
params.port = given.port
params.cpuparams.n_threads = given.threads
params.n_parallel = given.parallel
params.n_ctx = given.ctx_size
params.warmup = False
params.api_keys = [os.environ["LLAMA_API_KEY"]]
server = xllamacpp.Server(params)
threading.Event().wait()
' "$@"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn another_file_and_another_server_are_taken_when_they_are_named() {
    let installed = install(&cache(), |_| {}).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let gguf = folder.path().join("mine.gguf");
    std::fs::copy(installed.gguf(), &gguf).unwrap();
    let program = folder.path().join("llama-server");
    let python = cache().join("venv/bin/python");
    let script = LLAMA_SERVER.replace("$PYTHON", python.to_str().unwrap());
    std::fs::write(&program, script).unwrap();
    let runs = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, runs).unwrap();
    let broken = folder.path().join("broken.gguf");
    std::fs::write(&broken, b"no model").unwrap();

    for backend in [
        Backend::Gguf { server: installed.clone(), gguf: gguf.clone() },
        Backend::LlamaServer { program, gguf },
    ] {
        let settings =
            Settings { backend: backend.clone(), slots: 1, context: 2048, key: secret() };
        let server = Server::start(settings).await.unwrap_or_else(|e| panic!("{backend:?}: {e}"));
        let models = Arc::new(Vendors::default())
            .callable(ModelSpec {
                name: permit::name(),
                model: "mine".into(),
                place: llama(&server, server.base_url().unwrap()),
                price: Price::default(),
                can: vec![Can::Choose],
                at_once: 1,
                per_minute: None,
                idle: model::IDLE,
            })
            .unwrap();
        let choice = Choice {
            question: "Which of these is the total?".into(),
            lead: "Total:".into(),
            options: vec!["100.00 EUR".into(), "120.00 EUR".into()],
        };
        let mut ask = permit::ask("Total due 120.00 EUR", AnswerShape::Choice(choice));
        ask.time_out_ms = 60_000;
        let called = models.call(permit::permit(ask)).await;
        assert!(called.outcome.result.is_ok(), "{backend:?}: {:?}", called.outcome.result);
    }
    let backend = Backend::Gguf { server: installed, gguf: broken };
    let settings = Settings { backend, slots: 1, context: 2048, key: secret() };
    let error = Server::start(settings).await.map(drop).unwrap_err();
    assert!(error.to_string().contains("model"), "{error}");
}
