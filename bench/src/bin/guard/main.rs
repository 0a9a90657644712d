//! What guarding costs and what it finds: a governed decision from the case to the built record
//! beside the same one without policies, its share of a whole case, personal data in texts that
//! nobody looked at while the finders were written, texts that speak to the model, and a queue of
//! requests. The last line is JSON.

mod decision;
mod found;
mod queue;
mod share;
mod signals;

use serde_json::json;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[allow(clippy::print_stdout, reason = "the figures are what this is for")]
fn main() -> Result<(), Failure> {
    let (bare, governed) = decision::measure()?;
    let personal = found::measure()?;
    let (share, signals, queue) = (share::measure()?, signals::measure()?, queue::measure()?);
    println!(
        "{}",
        json!({ "decision": { "bare": bare, "governed": governed }, "share": share,
            "personal": personal, "signals": signals, "queue": queue })
    );
    Ok(())
}
