//! Where requests about tokens may go.

use super::*;

fn check(server: &str, private: bool, address: &str, expected: Result<(), &str>) {
    let (_, reach) = reach::address(server, private).unwrap();
    match (Fetch::new(reach, private).allowed(address), expected) {
        (Ok(_), Ok(())) => {}
        (Err(why), Err(expected)) => assert!(why.contains(expected), "{address}: {why}"),
        (found, expected) => panic!("{server} to {address}: {found:?}, not {expected:?}"),
    }
}

#[test]
fn a_server_names_no_place_that_it_may_not_be_at_itself() {
    let public = "https://far.example/mcp";
    check(public, false, "https://sign.example/token", Ok(()));
    check(public, false, "http://sign.example/token", Err("without `https`"));
    check(public, false, "https://10.0.0.1/token", Err("private network"));
    check(public, true, "https://10.0.0.1/token", Ok(()));
    for private in [false, true] {
        for here in ["http://127.0.0.1:9/token", "https://localhost/token", "http://[::1]/"] {
            check(public, private, here, Err("to this machine"));
        }
        check(public, private, "https://169.254.169.254/token", Err("no tool server may be"));
        check(public, private, "javascript:alert(1)", Err("does not start with"));
    }
    let here = "http://127.0.0.1:4000/mcp";
    check(here, false, "http://localhost:4001/token", Ok(()));
    check(here, false, "https://sign.example/token", Ok(()));
    check(here, false, "https://10.0.0.1/token", Err("private network"));
}
