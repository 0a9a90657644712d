//! Traces as a collector gets them. The protocol itself is tried in `telemetry`; here it is what
//! leaves this machine, and that a collector which does not listen is in nobody's way.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use crate::desk::Desk;

/// Requests to a collector on this machine: the head and the body of each.
fn collector() -> (String, Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (taken, all) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            if let Some(request) = request(stream) {
                let _ = taken.send(request);
            }
        }
    });
    (url, all)
}

fn request(stream: TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(&stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut stream = &stream;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").ok()?;
    Some((head, body))
}

const RUN: &[&str] = &["run", "expenses", r#"{"text":"sushi for four, 88.00 EUR"}"#];

#[test]
fn a_case_that_is_over_is_traced_by_its_names_and_nothing_of_its_text() {
    let (url, requests) = collector();
    let desk = Desk::new();
    let environment = [
        ("FLIGHTDECK_PERSON", "owner@example.com"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-scope=acme"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "600000"),
    ];
    let begun = desk.say_with(&[RUN, &["--json"]].concat(), &environment);
    let run = begun.json()[0]["run"].as_str().unwrap().to_owned();
    let sent = |way: &str| {
        let mut all = requests.try_iter();
        all.find(|(head, _)| head.starts_with(&format!("POST /v1/{way} ")))
    };
    assert!(sent("traces").is_none(), "a case that waits is not over");
    let cancel = ["cancel", run.as_str(), "--reason", "no more sushi"];
    let said = desk.say_with(&cancel, &environment);
    // The command has ended, so everything was sent.
    let all: Vec<_> = requests.try_iter().collect();
    let of = |signal: &str| {
        let is_it = |head: &str| head.starts_with(&format!("POST /v1/{signal} "));
        let mut found = all.iter().filter(|(head, _)| is_it(head));
        let Some((head, body)) = found.next_back() else {
            panic!("no {signal}; {}: {}{}", said.code, said.out, said.err)
        };
        assert!(head.contains("x-scope: acme"), "{head}");
        let body = String::from_utf8_lossy(body).into_owned();
        assert!(body.contains("deployment.environment"), "{body}");
        assert!(!body.contains("sushi"), "what a case says stays here");
        body
    };
    let traces = of("traces");
    for expected in ["invoke_workflow expenses", "review clerk"] {
        assert!(traces.contains(expected), "no `{expected}`");
    }
    assert!(of("logs").contains("flightdeck.case.ended"));
    assert!(of("metrics").contains("flightdeck.cases.ended"));
}

#[test]
fn a_collector_that_is_not_there_holds_nothing_up() {
    let desk = Desk::new();
    let with = |more: &[(&'static str, &'static str)]| {
        let all = [&[("FLIGHTDECK_PERSON", "owner@example.com")], more].concat();
        desk.say_with(RUN, &all)
    };
    let plain = with(&[]);
    let said = with(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")]);
    assert_eq!((plain.code, said.code), (3, 3), "{}{}", plain.err, said.err);
    let doctor = |to: &str| desk.say_with(&["doctor"], &[("OTEL_EXPORTER_OTLP_ENDPOINT", to)]);
    let looked = doctor("http://me:pa55w@127.0.0.1:9");
    assert!(
        looked.out.contains("problem telemetry: the collector takes no traces"),
        "{}",
        looked.out
    );
    assert!(!looked.out.contains("pa55w"), "{}", looked.out);
    let looked = doctor(&collector().0);
    assert!(
        looked.out.contains("telemetry: the collector takes traces, metrics, logs"),
        "{}",
        looked.out
    );
    assert!(desk.say(&["doctor"]).out.contains("telemetry: off"));
    let odd = with(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ]);
    assert!(odd.code == 2 && odd.err.contains("only `http/protobuf` is known"), "{}", odd.err);
}
