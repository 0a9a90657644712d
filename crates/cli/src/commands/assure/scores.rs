//! A score on the screen: domains, what lacks, and each criterion with its columns. It must not
//! judge.

use assure::psf::{Advice, Assessment, Column, Finding, RULES, Says, Status};

use crate::args::Psf;
use crate::assuring::{Grounds, changed};
use crate::screen::{Look, Screen};

/// Shows it.
pub fn shown(screen: &Screen, grounds: &Grounds<'_>, args: &Psf, all: &Assessment) {
    if args.criterion.is_none() {
        head(screen, all);
    }
    for one in &all.findings {
        match &args.criterion {
            Some(id) if !one.id.eq_ignore_ascii_case(id) => continue,
            None if !args.explain => {
                if one.status != Status::Met {
                    short(screen, one);
                }
            }
            _ => whole(screen, one),
        }
        if args.patch {
            one.advice.iter().for_each(|advice| patch(screen, grounds, advice));
        }
    }
    for decor in all.decor.iter().filter(|_| args.criterion.is_none()) {
        let cites: Vec<String> = decor.cites.iter().map(ToString::to_string).collect();
        let name = screen.word(Look::Bad, "for show");
        screen.line(format!("{name} {}: {} [{}]", decor.id, decor.what, cites.join(", ")));
    }
}

fn head(screen: &Screen, all: &Assessment) {
    let release: String = all.release.to_string().chars().take(12).collect();
    let stands = match (all.live, all.same) {
        (true, true) => "live",
        (true, false) => "live; the files say something else by now",
        (false, _) => "not live: nothing of it can have been seen",
    };
    screen.line(format!(
        "{} by {}: release {release}, {stands}",
        screen.word(Look::Strong, all.workflow.as_str()),
        all.standard
    ));
    let of = |(got, most): (u32, u32)| format!("{} of {}", halves(got), halves(most));
    screen.line(format!(
        "{} on the 14 published criteria, {} on all 40: {}",
        of(all.published),
        of(all.points),
        match all.passes {
            true => screen.word(Look::Good, "above the line in every domain"),
            false => screen.word(Look::Bad, "below the line"),
        }
    ));
    for domain in &all.domains {
        let look = if domain.passes { Look::Good } else { Look::Bad };
        let full = usize::try_from(domain.of_100 / 5).unwrap_or(0);
        screen.line(format!(
            "  {} {:<18} {} {:.1} of 5 (line {:.1}), {:>3} of 100 {}",
            domain.id,
            domain.title,
            screen.word(look, &format!("{:<20}", "#".repeat(full))),
            domain.score,
            domain.at_least,
            domain.of_100,
            domain.rating.as_str()
        ));
    }
}

fn halves(n: u32) -> String {
    format!("{}{}", n / 2, if n.is_multiple_of(2) { "" } else { ".5" })
}

fn mark(screen: &Screen, status: Status) -> String {
    let (look, word) = match status {
        Status::Met => (Look::Good, "met     "),
        Status::Partly => (Look::Warn, "partly  "),
        Status::NotMet => (Look::Bad, "NOT MET "),
        Status::NotApplicable => (Look::Quiet, "n/a     "),
    };
    screen.word(look, word)
}

fn short(screen: &Screen, one: &Finding) {
    let columns = [&one.declared, &one.enforced, &one.observed, &one.attested];
    let lacks = columns.into_iter().find(|column| !matches!(column.says, Says::Yes | Says::Open));
    let why = lacks.map_or(one.title.as_str(), |column| column.why.as_str());
    let cites = lacks.map(places).unwrap_or_default();
    screen.line(format!("{}{} {}: {why}{cites}", mark(screen, one.status), one.id, one.title));
}

fn places(column: &Column) -> String {
    let cites: Vec<String> = column.cites.iter().take(3).map(ToString::to_string).collect();
    if cites.is_empty() { String::new() } else { format!(" [{}]", cites.join(", ")) }
}

fn whole(screen: &Screen, one: &Finding) {
    let source = match one.source {
        assure::standard::Source::Published => "published",
        assure::standard::Source::Reconstructed => "reconstructed",
    };
    screen.line(format!(
        "{}{} {} ({source}): {} of 1",
        mark(screen, one.status),
        one.id,
        one.title,
        halves(u32::from(one.points.0))
    ));
    let columns = [
        ("declared", &one.declared),
        ("enforced", &one.enforced),
        ("observed", &one.observed),
        ("attested", &one.attested),
    ];
    for (name, column) in columns.into_iter().filter(|(_, column)| !column.why.is_empty()) {
        let says = match column.says {
            Says::Yes => "yes",
            Says::Partly => "partly",
            Says::No => "no",
            Says::Failed => "FAILED",
            Says::Open => "-",
        };
        screen.line(format!("    {name} {says:<6} {}{}", column.why, places(column)));
    }
    let rule = RULES.iter().find(|(id, _)| *id == one.rule).map_or("", |(_, text)| text);
    screen.line(format!("    rule `{}`: {rule}", one.rule));
    for advice in &one.advice {
        screen.line(format!("    to do: {}", advice.text));
    }
}

/// The lines that a change takes out and puts in.
fn patch(screen: &Screen, grounds: &Grounds<'_>, advice: &Advice) {
    let Some(((line, lines), _)) = changed(grounds.workspace, advice) else { return };
    let file = advice.file.as_deref().unwrap_or_default();
    screen.line(format!("    {file}:{line}: {}", advice.text));
    for line in &lines {
        let look = if line.starts_with('-') { Look::Bad } else { Look::Good };
        screen.line(format!("    {}", screen.word(look, line)));
    }
}
