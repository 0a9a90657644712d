//! Measures grounded fields without a model:
//! `cargo run -p guard --example fields -- WORKSPACE [--quiet] [--only NAME,NAME]
//! CASES.json...` prints for every document which field is open, why, and what was found; the last
//! line is JSON with the figures. `--only` looks at these fields alone.

#![allow(clippy::print_stdout, reason = "a measuring tool of the terminal")]

mod cases;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use cases::{Case, Judged, fields, found, written};
use guard::ground::{Candidate, Settled, settle};

/// The best candidates, for a reader.
fn listed(found: &[Candidate]) -> String {
    let one = |c: &Candidate| {
        let flaw = c.flaw.map(|flaw| format!(" !{flaw:?}")).unwrap_or_default();
        let second = c.second.map(|second| format!(" +{second:?}")).unwrap_or_default();
        format!("{} ({}{second}{flaw})", written(&c.value), c.score)
    };
    found.iter().take(6).map(one).collect::<Vec<_>>().join(" | ")
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let quiet = args.iter().any(|arg| arg == "--quiet");
    args.retain(|arg| arg != "--quiet");
    let only = args.iter().position(|arg| arg == "--only");
    let only = only.map(|at| args.drain(at..(at + 2).min(args.len())).skip(1).collect::<String>());
    let (root, paths) = args.split_first().ok_or("the folder of the workspace is missing")?;
    let mut fields = fields(Path::new(root))?;
    if let Some(only) = only {
        fields.retain(|field| only.split(',').any(|name| name == field.0.name.as_str()));
    }
    // For each field: right, wrong, and left to a person.
    let mut each: BTreeMap<&str, [u32; 3]> = BTreeMap::new();
    let (mut honest, mut whole, mut wrong, mut missed) = (0_u32, 0_u32, 0_u32, 0_u32);
    let mut open: BTreeMap<&str, u32> = BTreeMap::new();
    for path in paths {
        let case = Case::read(path)?;
        let mut all = true;
        for asked in &fields {
            let (field, found) = (&asked.0, found(&case.text, asked));
            let settled = settle(field, &found, [None, None]);
            let judged = case.judge(field, &settled);
            all &= judged == Judged::Right;
            let [right, wrongly, person] = each.entry(field.name.as_str()).or_default();
            *match judged {
                Judged::Right => right,
                Judged::Wrong | Judged::Missed => wrongly,
                Judged::Open => person,
            } += 1;
            if judged == Judged::Right {
                continue;
            }
            wrong += u32::from(judged == Judged::Wrong);
            missed += u32::from(judged == Judged::Missed);
            if case.honest {
                *open.entry(field.name.as_str()).or_default() += 1;
            }
            if quiet {
                continue;
            }
            let reason = match settled {
                Settled::Value(value, _) => format!("took {}", written(&value)),
                Settled::None => "not found".to_owned(),
                Settled::Doubt(reason) => reason.to_string(),
            };
            let wanted = case.wanted(field).unwrap_or("nothing");
            let kind = if case.honest { "" } else { " (dishonest)" };
            println!("{judged:?} {}{kind} {} for {wanted}: {reason}", case.file, field.name);
            println!("    {}", listed(&found));
        }
        honest += u32::from(case.honest);
        whole += u32::from(case.honest && all);
    }
    let open: Vec<String> =
        open.iter().map(|(name, count)| format!("\"{name}\":{count}")).collect();
    let each = each.iter().map(|(name, [right, wrong, person])| {
        format!("\"{name}\":{{\"right\":{right},\"wrong\":{wrong},\"person\":{person}}}")
    });
    let each = each.collect::<Vec<_>>().join(",");
    println!(
        "{{\"documents\":{},\"honest\":{honest},\"whole\":{whole},\"wrong\":{wrong},\"missed\":{missed},\"open\":{{{}}},\"fields\":{{{each}}}}}",
        paths.len(),
        open.join(",")
    );
    Ok(())
}
