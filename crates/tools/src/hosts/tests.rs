//! Which places a list of hosts opens.

use super::*;

fn opened(list: &[&str], host: &str, port: u16) -> Option<Reach> {
    let list: Vec<Host> = list.iter().map(|entry| Host::new(entry).unwrap()).collect();
    Place::new(host, port)?.opened(&list)
}

#[test]
fn a_list_opens_what_it_names() {
    let list =
        ["api.example.com", "*.example.org", "erp.example:8443", "198.51.100.7", "bücher.example"];
    for (host, port) in [
        ("api.example.com", 443),
        ("API.Example.COM.", 80),
        ("a.example.org", 443),
        ("a.b.example.org", 443),
        ("erp.example", 8443),
        ("198.51.100.7", 443),
        ("xn--bcher-kva.example", 443),
        ("BÜCHER.example", 443),
    ] {
        assert_eq!(opened(&list, host, port), Some(Reach::Public), "{host}:{port}");
    }
    for (host, port) in [
        ("api.example.com", 8443),
        ("example.com", 443),
        ("x.api.example.com", 443),
        ("example.org", 443),
        ("badexample.org", 443),
        (".example.org", 443),
        ("erp.example", 443),
        ("198.51.100.8", 443),
        ("198.51.100.7.example.com", 443),
        ("api.example.com@evil.example", 443),
        ("evil.example/api.example.com", 443),
        ("api.example.com%00.evil.example", 443),
        ("", 443),
    ] {
        assert_eq!(opened(&list, host, port), None, "{host}:{port}");
    }
}

#[test]
fn a_private_network_is_opened_by_its_own_entry() {
    let list = ["private:erp.internal:8443", "private:127.0.0.1:9000", "*.internal.example"];
    assert_eq!(opened(&list, "erp.internal", 8443), Some(Reach::Private));
    assert_eq!(opened(&list, "a.internal.example", 443), Some(Reach::Public));
    // However it is written, it is the same machine.
    for host in ["127.0.0.1", "127.1", "0x7f000001", "2130706433"] {
        assert_eq!(opened(&list, host, 9000), Some(Reach::Private), "{host}");
    }
    assert_eq!(opened(&list, "127.0.0.2", 9000), None);
    assert_eq!(opened(&list, "localhost", 9000), None);
}

#[test]
fn an_entry_is_shown_as_it_is_read() {
    for entry in
        ["api.example.com", "*.example.org", "private:erp.internal:8443", "[2001:db8::1]:443"]
    {
        assert_eq!(Host::new(entry).unwrap().to_string(), entry);
    }
    let number = Place::new("[2001:0db8::0001]", 443).unwrap();
    assert_eq!(number.to_string(), "[2001:db8::1]:443");
    assert_eq!(number.looked_up(), "2001:db8::1");
}

#[test]
fn an_entry_that_means_nothing_is_refused() {
    for (entry, why) in [
        ("", "neither"),
        ("https://api.example.com", "port"),
        ("api.example.com/path", "neither"),
        ("api.example.com:0", "port"),
        ("api.example.com:https", "port"),
        ("api.example.com:+80", "port"),
        ("mara@api.example.com", "neither"),
        ("a b", "neither"),
        ("a`b", "neither"),
        ("*", "neither"),
        ("*.com", "whole country"),
        ("*.10.0.0.1", "`*.`"),
        ("private:*.internal.example", "`*.`"),
        ("private:", "neither"),
        ("2001:db8::1", "neither"),
    ] {
        let found = Host::new(entry);
        assert!(found.as_ref().is_err_and(|said| said.contains(why)), "{entry}: {found:?}");
    }
}
