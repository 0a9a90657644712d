//! A stand-in for a model vendor: a server on loopback that speaks the OpenAI-compatible format and
//! answers by a function of the test's. It is no model and says so in its answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

/// One question as it came over the wire.
pub struct Asked {
    /// Everything but the standing instructions: documents, questions, results of calls.
    pub text: String,
    /// The standing instructions.
    pub instructions: String,
    /// What can be chosen, where the question is a choice.
    pub options: Vec<String>,
    /// What calls of tools came to, in order.
    pub results: Vec<String>,
}

/// An answer as a message of the wire.
type Answer = dyn Fn(&Asked) -> Value + Send + Sync;

/// A vendor that listens until the test's process ends.
pub struct Vendor {
    scheme: &'static str,
    port: u16,
    asked: Arc<AtomicUsize>,
}

impl Vendor {
    pub fn new(answer: impl Fn(&Asked) -> Value + Send + Sync + 'static) -> Self {
        Self::listening("http", answer, |stream, answer, count| {
            let Ok(out) = stream.try_clone() else { return };
            serve(&mut BufReader::new(stream), &mut &out, answer, count);
        })
    }

    /// The same behind TLS, with a certificate for `localhost` that only its own file vouches for.
    pub fn encrypted(certificate: &std::path::Path) -> Self {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        std::fs::write(certificate, made.cert.pem()).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.unwrap())
            .unwrap();
        let config = Arc::new(config);
        Self::listening(
            "https",
            |_| choice(Some(0)),
            move |stream, answer, count| {
                let session = rustls::ServerConnection::new(config.clone()).unwrap();
                // A client that trusts nobody here breaks off; that is the other side's to report.
                both_ways(rustls::StreamOwned::new(session, stream), answer, count);
            },
        )
    }

    fn listening(
        scheme: &'static str,
        answer: impl Fn(&Asked) -> Value + Send + Sync + 'static,
        converse: impl Fn(TcpStream, &Answer, &AtomicUsize) + Send + Sync + 'static,
    ) -> Self {
        let converse = Arc::new(converse);
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(AtomicUsize::new(0));
        let answer: Arc<Answer> = Arc::new(answer);
        let count = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, count) = (Arc::clone(&answer), Arc::clone(&count));
                let converse = Arc::clone(&converse);
                std::thread::spawn(move || converse(stream, &*answer, &count));
            }
        });
        Self { scheme, port, asked }
    }

    /// A reader that takes the finder's first candidate of either wording.
    pub fn plain() -> Self {
        Self::new(|asked| choice(first(asked)))
    }

    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}/v1", self.scheme, self.port)
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Acquire)
    }
}

/// An option as an answer.
pub fn choice(n: Option<usize>) -> Value {
    said(&json!({ "choice": n }).to_string())
}

pub fn said(text: &str) -> Value {
    json!({ "role": "assistant", "content": text })
}

/// A call of a tool, offered or not.
pub fn calls(tool: &str, args: &Value) -> Value {
    let function = json!({ "name": tool, "arguments": args.to_string() });
    let call = json!({ "id": "call_1", "type": "function", "function": function });
    json!({ "role": "assistant", "content": null, "tool_calls": [call] })
}

/// The best candidate, which the second wording offers last.
pub fn first(asked: &Asked) -> Option<usize> {
    let turned = asked.text.contains("The document gives several");
    if turned {
        asked.options.len().checked_sub(1)
    } else {
        (!asked.options.is_empty()).then_some(0)
    }
}

/// Answers every request of a connection until the other side closes it.
fn serve(lines: &mut impl BufRead, out: &mut impl Write, answer: &Answer, count: &AtomicUsize) {
    while let Some(body) = request(lines) {
        if out.write_all(&answered(&body, answer, count, "")).is_err() {
            return;
        }
    }
}

/// The same for one request on a stream that is read and written in one piece.
fn both_ways(stream: impl Read + Write, answer: &Answer, count: &AtomicUsize) {
    let mut stream = BufReader::new(stream);
    let Some(body) = request(&mut stream) else { return };
    let out = stream.get_mut();
    // Whoever would ask again on this stream has to know that it ends.
    let said = answered(&body, answer, count, "Connection: close\r\n");
    let _ = out.write_all(&said).and_then(|()| out.flush());
}

fn answered(body: &Value, answer: &Answer, count: &AtomicUsize, more: &str) -> Vec<u8> {
    let asked = question(body);
    count.fetch_add(1, Ordering::AcqRel);
    let message = answer(&asked);
    let body = json!({
        "model": "written-answers",
        "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105 },
    })
    .to_string();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    format!("{head}{more}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn request(lines: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// The numbered options stand last, above the line that says how to answer.
fn question(body: &Value) -> Asked {
    let messages = body["messages"].as_array().unwrap();
    let texts = messages.iter().filter(|message| message["role"] != "system");
    let text: Vec<&str> = texts.filter_map(|message| message["content"].as_str()).collect();
    let text = text.join("\n");
    let standing = messages.iter().filter(|message| message["role"] == "system");
    let standing: Vec<&str> = standing.filter_map(|message| message["content"].as_str()).collect();
    let instructions = standing.join("\n");
    let of_tools = messages.iter().filter(|message| message["role"] == "tool");
    let results = of_tools.filter_map(|message| message["content"].as_str().map(str::to_owned));
    let results: Vec<String> = results.collect();
    let Some((listed, _)) = text.rsplit_once("\nAnswer with {\"choice\"") else {
        return Asked { text, instructions, options: Vec::new(), results };
    };
    let mut options: Vec<(usize, String)> = Vec::new();
    for line in listed.lines().rev() {
        let Some((n, option)) = line.split_once(": ") else { break };
        let Ok(n) = n.parse() else { break };
        options.push((n, option.to_owned()));
        if n == 0 {
            break;
        }
    }
    options.reverse();
    assert!(options.iter().enumerate().all(|(n, (listed, _))| n == *listed), "{listed}");
    let options = options.into_iter().map(|(_, option)| option).collect();
    Asked { text, instructions, options, results }
}
