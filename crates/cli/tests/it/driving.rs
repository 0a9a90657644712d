//! `up` as a process of its own, which drives and listens, and is asked over a socket as any client
//! would. It must not know what a workspace holds.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::desk::{Desk, published};

/// A process that drives, killed when it goes out of sight.
pub struct Driving {
    child: Child,
    pub address: String,
    /// What it said when it was ready.
    pub said: Value,
}

/// An answer: status, headers in small letters, body.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    pub fn id(&self) -> String {
        self.json()["id"].as_str().unwrap().to_owned()
    }

    /// The problem that was answered, with its status.
    pub fn problem(&self, status: u16, kind: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert!(self.head.contains("content-type: application/problem+json"), "{}", self.head);
        let problem = self.json();
        assert_eq!(problem["type"], format!("urn:flightdeck:problem:{kind}"), "{problem}");
        assert_eq!(problem["status"], status);
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
}

impl Driving {
    pub fn start(desk: &Desk) -> Self {
        Self::with(desk, &[], &[])
    }

    /// The same with more arguments and this in its environment. It is ready when this returns.
    pub fn with(desk: &Desk, more: &[&str], environment: &[(&str, &str)]) -> Self {
        let anywhere: &[&str] =
            if more.contains(&"--listen") { &[] } else { &["--listen", "127.0.0.1:0"] };
        let mut up = desk.command();
        up.args(["up", "--json"]).args(anywhere).args(more).envs(environment.iter().copied());
        let mut child = up.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            let mut err = String::new();
            child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
            panic!("{err}");
        }
        let said = published(&line).remove(0);
        let address = said["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        Self { child, address, said }
    }

    pub fn send(&self, head: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let (length, address) = (body.len(), &self.address);
        // A server that has heard enough closes before everything is sent.
        let _ =
            write!(stream, "{head}\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n{body}");
        stream
    }

    pub fn raw(&self, head: &str, body: &str) -> Answer {
        let mut text = String::new();
        let _ = self.send(&format!("{head}\r\nConnection: close"), body).read_to_string(&mut text);
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// Whether it has not ended by itself.
    pub fn goes_on(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Tells it to end, and waits until it has: it keeps what it has told before it leaves.
    pub fn leave(mut self) {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap();
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
