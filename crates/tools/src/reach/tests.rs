//! Where an address may lead, by number and by name.

use super::*;

fn check(url: &str, private: bool, expected: Result<Reach, &str>) {
    let found = address(url, private).map(|(_, reach)| reach);
    match (found, expected) {
        (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{url}"),
        (Err(why), Err(expected)) => assert!(why.contains(expected), "{url}: {why}"),
        (found, expected) => panic!("{url}: {found:?}, not {expected:?}"),
    }
}

#[test]
fn plain_text_stays_on_this_machine() {
    check("http://localhost:8080/mcp", false, Ok(Reach::Loopback));
    check("http://127.0.0.1/mcp", false, Ok(Reach::Loopback));
    check("http://[::1]/mcp", false, Ok(Reach::Loopback));
    check("https://tools.example/mcp", false, Ok(Reach::Public));
    check("http://tools.example/mcp", false, Err("without `https`"));
    check("http://tools.example/mcp", true, Err("without `https`"));
    check("http://10.0.0.1/mcp", true, Err("without `https`"));
    check("ftp://tools.example/mcp", false, Err("does not start with"));
    check("https://mara:pw@tools.example/mcp", false, Err("holds a password"));
}

#[test]
fn private_networks_are_opened_by_the_operator_alone() {
    for host in ["10.1.2.3", "192.168.0.1", "172.16.9.9", "100.64.0.1", "[fd12::1]"] {
        check(&format!("https://{host}/mcp"), false, Err("private network"));
        check(&format!("https://{host}/mcp"), true, Ok(Reach::Private));
    }
    for host in ["8.8.8.8", "[2606:4700::1111]"] {
        check(&format!("https://{host}/mcp"), false, Ok(Reach::Public));
    }
}

#[test]
fn no_declaration_leads_to_the_keys_of_a_machine() {
    let all = [
        "169.254.169.254",
        "100.100.100.200",
        "192.0.0.192",
        "0.0.0.0",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
        // Other spellings of the same number are the same number.
        "2852039166",
        "0xa9.0xfe.0xa9.0xfe",
    ];
    for host in all {
        check(&format!("https://{host}/mcp"), false, Err("no tool server may be"));
        check(&format!("https://{host}/mcp"), true, Err("no tool server may be"));
    }
    check("https://[::ffff:10.0.0.1]/mcp", false, Err("private network"));
    check("https://[64:ff9b::a00:1]/mcp", false, Err("private network"));
}

#[tokio::test]
async fn a_name_is_judged_by_where_it_leads() {
    let resolved = |reach: Reach| async move {
        let name = "localhost".parse().unwrap();
        Resolver(reach).resolve(name).await.map(Iterator::count).map_err(|why| why.to_string())
    };
    assert!(resolved(Reach::Loopback).await.unwrap() > 0);
    let why = resolved(Reach::Public).await.unwrap_err();
    assert!(why.contains("private network"), "{why}");
}
