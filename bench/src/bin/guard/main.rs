//! What guarding costs and what it finds: a governed decision from the case to the built record
//! beside the same one without policies, and personal data in texts that nobody looked at while
//! the finders were written. The last line is JSON.

mod decision;
mod found;

use serde_json::json;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[allow(clippy::print_stdout, reason = "the figures are what this is for")]
fn main() -> Result<(), Failure> {
    let (bare, governed) = decision::measure()?;
    let personal = found::measure()?;
    println!(
        "{}",
        json!({ "decision": { "bare": bare, "governed": governed }, "personal": personal })
    );
    Ok(())
}
