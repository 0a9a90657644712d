//! Where models are, and how they are spoken to.

use crate::files::Files;
use crate::{WireFormat, places};

const HEAD: &str = "organisation: Acme\ncurrency: USD\npeople:\n  m@acme.example: { name: M }\n\
    roles:\n  lead: [ m@acme.example ]\nworking_hours: { days: mon-fri, from: \"09:00\", \
    to: \"17:30\", zone: Europe/London }\nmodels:\n";

/// The settings with one model, and what is wrong with them.
fn check(model: &str) -> Result<crate::ModelPlace, String> {
    let mut files = Files::new();
    let text = format!(
        "{HEAD}  big: {{ vendor: litellm, model: b, can: [ json ], context: 9, answer: 9, {model} }}\n"
    );
    files.insert("flightdeck.yaml", &text);
    let places = places(&files).map_err(|problems| problems.to_string())?;
    places.models.into_values().next().ok_or_else(|| "no model".to_owned())
}

#[test]
fn a_model_behind_a_gateway_with_several_keys() {
    let text = "base_url: http://127.0.0.1:4000, format: anthropic, keys: [ KEY_A, KEY_B ], \
                idle: 5 minutes, price: { input: 3 USD, cached: 0.30 USD, written: 3.75 USD, \
                output: 15 USD }";
    let place = check(text).unwrap();
    assert_eq!(place.format, Some(WireFormat::Anthropic));
    assert_eq!((place.keys, place.idle_ms), (vec!["KEY_A".into(), "KEY_B".into()], Some(300_000)));
    let one = check("key: KEY_A").unwrap();
    assert_eq!((one.keys, one.format, one.idle_ms), (vec!["KEY_A".into()], None, None));
}

#[test]
fn a_key_itself_and_an_unknown_format_are_problems() {
    for (text, wanted) in [
        ("keys: [ KEY_A, sk-ant-1 ]", "this is not the name of an environment variable"),
        ("format: grpc", "grpc"),
        ("idle: a while", "a while"),
        ("price: { input: 3 USD, written: dear, output: 15 USD }", "dear"),
    ] {
        let problems = check(text).unwrap_err();
        assert!(problems.contains(wanted), "{text}: {problems}");
    }
}

#[test]
fn an_address_is_put_together_when_it_is_needed() {
    let url = "base_url: 'https://${MODEL_HOST}/${MODEL_PATH:-v1}'";
    let address = check(url).unwrap().base_url.unwrap();
    assert_eq!(address.as_written(), "https://${MODEL_HOST}/${MODEL_PATH:-v1}");
    assert_eq!(address.variables().collect::<Vec<_>>(), ["MODEL_HOST", "MODEL_PATH"]);
    let set = |name: &str| (name == "MODEL_HOST").then(|| "s3cret.example".to_owned());
    assert_eq!(address.filled(set).unwrap(), "https://s3cret.example/v1");
    let problems = address.filled(|_| None).unwrap_err();
    let said = problems.to_string();
    assert!(said.starts_with("flightdeck.yaml:") && said.contains("FD-P804"), "{said}");
    assert!(said.ends_with("`MODEL_HOST` is not set in the environment"), "{said}");
    let problem = problems.iter().next().unwrap();
    assert!(problem.excerpt.contains("${MODEL_HOST}") && problem.fix.contains("${NAME}"));
    for (url, wanted) in [
        ("'https://${MODEL_HOST/v1'", "without its `}`"),
        ("'https://${model host}/v1'", "`model host` is not the name"),
        ("'https://${}/v1'", "`` is not the name"),
    ] {
        let problems = check(&format!("base_url: {url}")).unwrap_err();
        assert!(problems.contains("FD-P804") && problems.contains(wanted), "{url}: {problems}");
    }
}

#[test]
fn an_alert_is_read_in_the_unit_of_what_it_watches() {
    let read = |rule: &str| {
        let mut files = Files::new();
        let tail = "owner: m@acme.example, tell: lead, quiet: 4 hours";
        let text =
            format!("{HEAD}  {{}}\nalerts: [ {{ name: odd, of: intake, {rule}, {tail} }} ]\n");
        files.insert("flightdeck.yaml", &text.replace("models:\n  {}", "models: {}"));
        let places = places(&files).map_err(|problems| problems.to_string())?;
        places.alerts.into_iter().next().ok_or_else(|| "no alert".to_owned())
    };
    let of = |rule: &str| read(rule).map(|rule| (rule.limit, rule.within_ms, rule.against_ms));
    let hour = 3_600_000;
    for (rule, expected) in [
        ("watch: error_rate, over: 5 %, within: 1 hour", (50_000, hour, 0)),
        ("watch: queue_age, over: 2 hours", (2 * hour, 0, 0)),
        ("watch: cost, over: 0.40 USD, within: 1 hour", (400_000_000, hour, 0)),
        ("watch: input_drift, over: 0.25, within: 1 hour", (250, hour, 7 * hour)),
        ("watch: cost_anomaly, over: 6, within: 1 hour, against: 2 hours", (6_000, hour, 2 * hour)),
        ("watch: quality, under: 80 %, within: 1 hour", (800_000, hour, 0)),
        ("watch: start_missed, over: 0, within: 1 hour", (0, hour, 0)),
    ] {
        assert_eq!(of(rule), Ok(expected), "{rule}");
    }
    for (rule, wanted) in [
        ("watch: error_rate, over: 5, within: 1 hour", "FD-P016"),
        ("watch: error_rate, over: 5 %", "over which time"),
        ("watch: error_rate, within: 1 hour", "how much is too much"),
        ("watch: quality, over: 5 %, within: 1 hour", "`over` says nothing about `quality`"),
        ("watch: stuck, over: 1 hour, within: 1 day", "`within` says nothing about `stuck`"),
        ("watch: stuck, over: 1 hour, at_least: 4", "`at_least` says nothing about `stuck`"),
        ("watch: latency, over: 1 hour, within: 1 day, against: 1 day", "`against` says nothing"),
        ("watch: cost, over: 0.40 EUR, within: 1 hour", "FD-P604"),
        ("watch: input_drift, over: much, within: 1 hour", "no number from 0 to 1000"),
        ("watch: mood, over: 5 %, within: 1 hour", "`mood` is none of"),
    ] {
        let problems = read(rule).unwrap_err();
        assert!(problems.contains(wanted), "{rule}: {problems}");
    }
}
