//! What the wire makes of good, long, broken and endless lines.

use super::*;

/// Reads lines from bytes that arrive in small pieces, as texts.
fn read(bytes: &[u8], max: usize, unasked: usize) -> (Vec<String>, Option<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let cut = Cut::default();
        let pieces = tokio_pieces(bytes.to_vec());
        let mut wire = Wire::new(pieces, Vec::<u8>::new(), max, unasked, cut.clone());
        let mut seen = Vec::new();
        while let Some(message) = wire.receive().await {
            seen.push(serde_json::to_string(&message).unwrap());
        }
        (seen, cut.why())
    })
}

fn tokio_pieces(bytes: Vec<u8>) -> impl AsyncRead + Unpin + Send {
    let (mut to, from) = tokio::io::duplex(7);
    tokio::spawn(async move {
        // The reader may cut the line before everything is written.
        let _ = to.write_all(&bytes).await;
    });
    from
}

#[test]
fn lines_become_messages_or_errors_of_their_call() {
    let long = "x".repeat(4000);
    let check = |line: String, expected: &str| {
        let (seen, cut) = read(format!("{line}\n").as_bytes(), 1024, 1 << 20);
        assert_eq!(cut, None, "{line}");
        let seen = seen.join("\n");
        assert!(seen.contains(expected), "{line:.80}: {seen:.300}");
        assert_eq!(seen.is_empty(), expected.is_empty(), "{line:.80}: {seen:.300}");
    };
    check(
        r#"{"jsonrpc":"2.0","id":4,"result":{"content":[{"type":"text","text":"yes"}]}}"#.into(),
        "yes",
    );
    check("server ready on stdio".into(), "");
    check("{\"half\":".into(), "");
    check(r#"{"jsonrpc":"2.0","method":"notifications/unheard","params":[]}"#.into(), "");
    check(r#"{"jsonrpc":"2.0","id":9,"result":"no object","error":7}"#.into(), "\"id\":9");
    // Too long: the call is found at either end, as different SDKs write it, and nowhere else.
    let text = |s: &str| format!(r#"{{"content":[{{"type":"text","text":"{s}"}}]}}"#);
    check(
        format!(r#"{{"jsonrpc":"2.0","id":11,"result":{}}}"#, text(&long)),
        r#""id":11,"error":{"code":-1000001"#,
    );
    check(
        format!(r#"{{"result":{},"jsonrpc":"2.0","id":12}}"#, text(&long)),
        r#""id":12,"error":{"code":-1000001"#,
    );
    check(
        format!(r#"{{"id":13,"result":{}}}"#, text(&long)),
        r#""id":13,"error":{"code":-1000001"#,
    );
    check(format!(r#"{{"method":"notifications/message","params":"{long}\"id\":14"}}"#), "");
    check(format!(r#"{{"method":"x","params":{{"a":"{long}","id":15}}}}"#), "");
}

#[test]
fn a_long_line_costs_its_own_call_only() {
    let bytes = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{{\"content\":\"{}\"}}}}\n{}\n",
        "y".repeat(5000),
        r#"{"jsonrpc":"2.0","id":2,"result":{"content":[]}}"#
    );
    let (seen, cut) = read(bytes.as_bytes(), 2048, 1 << 20);
    assert_eq!(cut, None);
    assert_eq!(seen.len(), 2);
    assert!(seen[0].contains("-1000001") && seen[1].contains(r#""id":2"#), "{seen:?}");
}

#[test]
fn a_server_that_only_talks_is_cut() {
    let params = r#"{"level":"info","data":"on and on"}"#;
    let method = "notifications/message";
    let notice = format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#);
    let (seen, cut) = read(format!("{notice}\n").repeat(200).as_bytes(), 1024, 4096);
    assert!(seen.len() < 100, "{}", seen.len());
    assert!(cut.unwrap().contains("without answering"));
    let (seen, cut) = read("z".repeat(20_000).as_bytes(), 1024, 4096);
    assert_eq!(seen.len(), 0);
    assert!(cut.is_some());
}
