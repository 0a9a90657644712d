//! The checked-in JSON Schema is the one the reader's table gives, and it agrees with the reader.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::problems::changed;

#[test]
fn the_schema_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/workflow.schema.json");
    let now = serde_json::to_string_pretty(&plan::workflow_schema()).unwrap() + "\n";
    let then = fs::read_to_string(&path).unwrap_or_default();
    if now != then {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, now).unwrap();
        panic!("{} was stale and is written anew: look at the change", path.display());
    }
}

fn settings(name: &str) -> Value {
    let files = changed(name);
    let text = files.get("workflows/intake.md").unwrap();
    serde_saphyr::from_str(text.split("---\n").nth(1).unwrap()).unwrap()
}

#[test]
fn the_schema_takes_what_check_takes() {
    let schema = jsonschema::draft202012::new(&plan::workflow_schema()).unwrap();
    let all = settings("../kinds.change");
    let errors: Vec<String> = schema.iter_errors(&all).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    for good in ["FD-P102", "FD-P107", "FD-P109", "FD-P110", "FD-P208", "FD-P212", "FD-P309"] {
        let settings = settings(&format!("{good}/good.change"));
        let errors: Vec<String> = schema.iter_errors(&settings).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{good}: {errors:?}");
    }
    for bad in ["FD-P006", "FD-P007", "FD-P014", "FD-P017", "FD-P102", "FD-P301", "FD-P602"] {
        assert!(!schema.is_valid(&settings(&format!("{bad}/bad.change"))), "{bad}");
    }
}
