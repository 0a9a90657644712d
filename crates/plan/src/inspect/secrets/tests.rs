//! What looks like a secret, and what only has its name. The samples are made up; each is put
//! together here, so that no scanner of this repository takes it for a real one.

use super::*;
use crate::files::Files;

fn said(text: &str) -> Vec<String> {
    let files = Files::from_iter([(".mcp.json", text)]);
    let cx = Cx::new(&files);
    check(&cx);
    cx.problems().iter().map(|problem| problem.what.clone()).collect()
}

#[test]
fn secrets_are_found_and_never_repeated() {
    let random = "x7Kp2mQ9vT4zR8wL1nB6cJ3hG5fD0sA7yU4i";
    for (prefix, expected) in [
        ("-----BEGIN RSA PRIVATE", "private key"),
        ("sk-ant-", "Anthropic"),
        ("sk-proj-", "OpenAI"),
        ("ghp_", "GitHub"),
        ("glpat-", "GitLab"),
        ("hf_", "Hugging Face"),
        ("postgres://erp:", "password in an address"),
        ("\"password\": \"", "telling name"),
        ("API_KEY=", "telling name"),
    ] {
        let rest = match expected {
            "private key" => " KEY-----".to_owned(),
            "password in an address" => format!("{random}@db.example/x"),
            _ => random.to_owned(),
        };
        let said = said(&format!("value {prefix}{rest} end"));
        assert_eq!(said.len(), 1, "{prefix}: {said:?}");
        assert!(said[0].contains(expected), "{prefix}: {said:?}");
        assert!(!said[0].contains(random), "the secret is repeated: {said:?}");
    }
}

#[test]
fn names_of_secrets_are_none() {
    for text in [
        "\"ERP_TOKEN\": \"${ERP_TOKEN}\"",
        "key: OPENAI_API_KEY_OF_FINANCE",
        "token: read.the_token_of_case",
        "secret: aaaaaaaaaaaaaaaaaaaaaaaa11",
        "https://erp.example/mcp?x=1",
        "password: ask-mara-for-the-password",
        "IBAN DE75512108001245126199",
    ] {
        assert_eq!(said(text), Vec::<String>::new(), "{text}");
    }
}
