//! The built-in server `documents`, as the binary serves it: what it answers to honest, hostile and
//! unreadable files, and that it lives on.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::office::Office;
use crate::vendor::Vendor;

/// A client of the server that speaks no more of the protocol than it needs.
struct Client {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    asked: u64,
}

impl Client {
    fn new(root: &Path, seconds: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_flightdeck"))
            .args(["serve", "documents", "--seconds", seconds, "--root"])
            .arg(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut client = Self { child, to, from: BufReader::new(from), asked: 0 };
        client.ask(
            "initialize",
            json!({
                "protocolVersion": "2025-06-18", "capabilities": {},
                "clientInfo": { "name": "test", "version": "1" },
            }),
        );
        client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        client
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.to, "{message}").unwrap();
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let mut line = String::new();
            assert!(self.from.read_line(&mut line).unwrap() > 0, "the server is gone");
            let answer: Value = serde_json::from_str(&line).unwrap();
            if answer["id"] == id {
                return answer["result"].clone();
            }
        }
    }

    fn read(&mut self, path: &str) -> Value {
        let call = json!({ "name": "read_document", "arguments": { "path": path } });
        self.ask("tools/call", call)
    }

    /// Checks a document's outcome.
    fn check(&mut self, path: &str, outcome: &str) -> Value {
        let answer = self.read(path)["structuredContent"].clone();
        assert_eq!(answer["outcome"], outcome, "{path}: {answer}");
        answer
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A PDF whose page draws a form ten times, which draws another ten times, and so on: its end
/// would come after more time than there is.
fn endless() -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut object = |n: usize, text: &str| {
        file.extend(format!("{n} 0 obj\n{text}\nendobj\n").bytes());
    };
    object(1, "<< /Type /Catalog /Pages 2 0 R >>");
    object(2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
    let uses = |n: usize| format!("/Resources << /XObject << /X {n} 0 R >> >>");
    let page =
        format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R {}", uses(5));
    object(3, &(page + " >>"));
    let draws = "/X Do ".repeat(10);
    object(4, &format!("<< /Length {} >>\nstream\n{draws}\nendstream", draws.len()));
    for n in 5..25 {
        let form = format!("<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] {}", uses(n + 1));
        object(n, &format!("{form} /Length {} >>\nstream\n{draws}\nendstream", draws.len()));
    }
    file.extend(b"trailer << /Size 25 /Root 1 0 R >>\n%%EOF\n");
    file
}

#[test]
fn hostile_documents_are_outcomes_and_the_server_lives_on() {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("inbox");
    fs::create_dir(&root).unwrap();
    fs::write(outer.path().join("secret.txt"), "secret").unwrap();
    fs::write(root.join("-n.txt"), "Total: 3").unwrap();
    fs::write(root.join("endless.pdf"), endless()).unwrap();
    // Each of these letters becomes an element of a tree: far more memory than there may be.
    fs::write(root.join("huge.html"), format!("<html>{}", "<p>".repeat(10 << 20))).unwrap();
    fs::write(root.join("cut.pdf"), "%PDF-1.7\n1 0 obj").unwrap();
    fs::write(root.join("odd.bin"), b"\0\x01\x02").unwrap();
    fs::write(root.join("page.html"), "<html><p>Total <b>3</b> EUR").unwrap();
    let mut client = Client::new(&root, "2");
    assert_eq!(client.check("-n.txt", "text")["content"], "Total: 3");
    client.check("endless.pdf", "out_of_time");
    let huge = client.read("huge.html")["structuredContent"]["outcome"].clone();
    assert!(huge == "too_large" || huge == "out_of_time", "{huge}");
    client.check("cut.pdf", "broken");
    client.check("odd.bin", "unknown_kind");
    assert_eq!(client.check("page.html", "text")["content"], "Total 3 EUR\n");
    let outside = client.read("../secret.txt");
    assert!(outside["isError"] == true && outside.to_string().contains("outside"), "{outside}");
}

#[test]
fn a_scan_goes_to_a_person_and_every_other_kind_is_read() {
    let office = Office::new(&Vendor::plain(), &["002", "013", "017", "019", "020", "048"]);
    let said = office.run_all();
    assert_eq!(said.code, 3, "{}{}", said.out, said.err);
    assert_eq!(office.strays(), Vec::<String>::new());
    let mut paid: Vec<String> =
        office.drafts().iter().map(|draft| draft["number"].as_str().unwrap().to_owned()).collect();
    paid.sort();
    assert_eq!(paid, ["2026-BT-0415", "F-26-1180", "FA-20261023-04", "INV-30881", "VF-26-0814"]);
    let waiting = office.say(&["review"]);
    assert!(waiting.out.contains("could not be read"), "{}", waiting.out);
}
