//! The binary `flightdeck`: arguments, settings, wiring and exit codes. It must hold no rule of
//! the business; those are in the rooms below.

mod alarms;
mod args;
mod assuring;
mod canaries;
mod canary;
mod cases;
mod commands;
mod deploying;
mod driver;
mod examining;
mod exit;
mod gateway;
mod glossary;
mod held;
mod hooks;
mod installation;
mod issuing;
mod measured;
mod meter;
mod models;
mod notices;
mod operations;
mod people;
mod rehearsing;
mod releases;
mod saving;
mod screen;
mod servers;
mod signing;
mod starts;
mod stored;
mod supply;
mod traces;
mod trial;
mod values;
mod vault;
mod versions;
mod workspace;
mod world;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{
    Cli, Command, Controls, Door, Instructions, Mcp, Model, OneReview, Prove, Reason, Review,
};
use commands::orders::{Said, order};
use exit::{Ended, Exit};
use journal::Order;
use screen::Screen;
use workspace::Workspace;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers; everything else is a mistake in what was typed.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            let _ = error.print();
            return exit.into();
        }
    };
    let screen = Screen::new(cli.global.json);
    match run(&screen, cli) {
        Ok(exit) => exit.into(),
        Err(stop) => {
            screen.stop(&stop);
            stop.exit.into()
        }
    }
}

fn run(screen: &Screen, cli: Cli) -> Ended {
    let global = &cli.global.with_environment();
    match cli.command {
        Command::New(args) => commands::new::new(screen, global, &args),
        Command::Check { workflow, fix } => check(screen, global, workflow.as_deref(), fix),
        Command::Fmt { files, check } => {
            commands::fmt::fmt(screen, &Workspace::open(global)?, &files, check)
        }
        Command::Show { workflow, mermaid, guide } => {
            let form = match (mermaid, guide) {
                (true, _) => commands::check::Form::Mermaid,
                (_, true) => commands::check::Form::Guide,
                _ => commands::check::Form::Sentences,
            };
            commands::check::show(screen, &Workspace::open(global)?, &workflow, form)
        }
        Command::Interview(args) => {
            commands::interview::interview(screen, &Workspace::open(global)?, &args)
        }
        Command::Instructions { command: Instructions::Show { step } } => {
            commands::instructions::show(screen, &Workspace::open(global)?, &step)
        }
        Command::Import(import) => commands::import::import(screen, global, &import),
        Command::Export(export) => commands::export::export(screen, global, &export),
        Command::Explain { word } => commands::explain::explain(screen, &word),
        Command::Test(args) => commands::test::test(screen, global, &args),
        Command::Simulate(args) => commands::simulate::simulate(screen, global, args),
        Command::Status => commands::status::status(screen, global),
        Command::Watch(args) => commands::watch::watch(screen, global, &args),
        Command::Runs(args) => commands::status::runs(screen, global, &args),
        Command::Run(args) => commands::run::run(screen, global, &args),
        Command::Review { command } => review(screen, global, command),
        Command::Retry { run } => order(screen, global, &run, |who| Order::Retry { who }),
        Command::Skip { run, reason: Reason { reason } } => {
            order(screen, global, &run, |who| Order::Skip { who, reason })
        }
        Command::Cancel { run, reason: Reason { reason } } => {
            order(screen, global, &run, |who| Order::Cancel { who, reason })
        }
        Command::Pause { run } => order(screen, global, &run, |who| Order::Pause { who }),
        Command::Stop { scope, reason, force, drain, undo } => {
            let how = commands::stops::How { force, drain, undo };
            commands::stops::stop(screen, global, &scope, reason.as_deref(), how)
        }
        Command::Resume { scope, reason } => {
            commands::stops::resume(screen, global, &scope, &reason)
        }
        Command::Why { run } => commands::why::why(screen, global, run.as_deref()),
        Command::Logs(args) => commands::logs::logs(screen, global, args),
        Command::Mcp { command } => mcp(screen, global, command),
        Command::Model { command } => model(screen, global, command),
        Command::Doctor => commands::doctor::doctor(screen, global),
        Command::Demo { folder } => commands::demo::demo(screen, global, &folder),
        Command::Release(what) => commands::releases::release(screen, global, what),
        Command::Assure(what) => commands::assure::assure(screen, global, what),
        Command::Controls(controls) => self::controls(screen, global, controls),
        Command::Door(command) => door(screen, global, command),
        Command::Prove(what) => prove(screen, global, what),
        Command::Observe(what) => commands::observe::observe(screen, global, what),
        Command::Handover { hours } => commands::handover::handover(screen, global, hours),
        Command::Up(up) => commands::up::up(screen, global, &up),
        Command::Man { folder } => commands::man::man(&folder),
        Command::Completions { shell } => completions(screen, shell),
        Command::Serve { command } => commands::serve::serve(command),
    }
}

fn check(screen: &Screen, global: &args::Global, workflow: Option<&str>, fix: bool) -> Ended {
    let mut workspace = Workspace::open(global)?;
    if fix {
        workspace = commands::check::mended(screen, workspace)?;
    }
    commands::check::check(screen, &workspace, workflow)
}

fn prove(screen: &Screen, global: &args::Global, what: Prove) -> Ended {
    match what {
        Prove::Evidence { command } => commands::evidence::evidence(screen, global, command),
        Prove::Verify(args) => commands::verify::verify(screen, &args),
        Prove::Credential { command } => commands::credential::credential(screen, global, &command),
        Prove::Exam { command } => commands::exam::exam(screen, global, &command),
    }
}

fn completions(screen: &Screen, shell: clap_complete::Shell) -> Ended {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "flightdeck", &mut script);
    screen.raw(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}

fn review(screen: &Screen, global: &args::Global, command: Option<Review>) -> Ended {
    let answer = |one: &OneReview, said| commands::orders::answer(screen, global, one, said);
    match command {
        None if screen.interactive => commands::desk::desk(screen, global),
        None => commands::review::list(screen, global, false),
        Some(Review::List { alike }) => commands::review::list(screen, global, alike),
        Some(Review::Show(one)) => commands::review::show(screen, global, &one),
        Some(Review::Claim(one)) => answer(&one, Said::Claim),
        Some(Review::Release(one)) => answer(&one, Said::Release),
        Some(Review::Approve(one)) => answer(&one, Said::Approve),
        Some(Review::Edit { one, set }) => answer(&one, Said::Edit { set }),
        Some(Review::Reject { one, reason: Reason { reason } }) => {
            answer(&one, Said::Reject { reason })
        }
        Some(Review::Escalate { one, to, reason: Reason { reason } }) => {
            answer(&one, Said::Escalate { to, reason })
        }
        Some(Review::Happened { one, yes, .. }) => answer(&one, Said::Happened { yes }),
    }
}

fn door(screen: &Screen, global: &args::Global, command: Door) -> Ended {
    match command {
        Door::Access { command } => commands::access::access(screen, global, command.as_ref()),
        Door::Token { command } => commands::access::token(screen, global, &command),
    }
}

fn controls(screen: &Screen, global: &args::Global, command: Controls) -> Ended {
    match command {
        Controls::Policy { command } => commands::policy::policy(screen, global, &command),
        Controls::Autonomy { workflow } => {
            commands::autonomy::autonomy(screen, global, workflow.as_deref())
        }
        Controls::Attention { hours, command } => {
            commands::attention::attention(screen, global, hours, command.as_ref())
        }
        Controls::Secrets => commands::secrets::secrets(screen, global),
        Controls::Vendors => commands::vendors::vendors(screen, global),
        Controls::Drill(args) => commands::drill::drill(screen, global, &args),
        Controls::Data { command } => commands::data::data(screen, global, &command),
        Controls::Erase(args) => commands::erase::erase(screen, global, &args),
    }
}

fn model(screen: &Screen, global: &args::Global, command: Model) -> Ended {
    match command {
        Model::Install => commands::model::install(screen),
        Model::List => commands::model::list(screen, &Workspace::open(global)?),
        Model::Test { model, judge } => {
            commands::model::test(screen, &Workspace::open(global)?, model.as_deref(), judge)
        }
        Model::Add(add) => commands::model::add(screen, &Workspace::open(global)?, *add),
        Model::Use { model } => commands::model::r#use(screen, &Workspace::open(global)?, &model),
    }
}

fn mcp(screen: &Screen, global: &args::Global, command: Mcp) -> Ended {
    match command {
        Mcp::Add { name, env, url, header, allow_private, open, command } => {
            let entry = match url {
                Some(url) => commands::mcp::remote(&url, &header, allow_private)?,
                None => commands::mcp::program(&command, &env, &open)?,
            };
            commands::mcp::add(screen, &workspace::find(global)?, &name, entry)
        }
        Mcp::Find { word } => commands::find::find(screen, word.as_deref()),
        Mcp::List => commands::mcp::list(screen, &Workspace::open(global)?),
        Mcp::Probe { server } => commands::mcp::probe(screen, &Workspace::open(global)?, &server),
        Mcp::Pin(pin) => commands::mcp::pin(screen, global, &Workspace::open(global)?, &pin),
        Mcp::Gateway(args) => commands::gateway::gateway(screen, global, &args),
        Mcp::Serve(args) => commands::mcp_serve::serve(screen, global, &args),
        Mcp::Login { server, paste } => {
            commands::sign_in::login(screen, &Workspace::open(global)?, &server, paste)
        }
        Mcp::Logout { server } => {
            commands::sign_in::logout(screen, &workspace::data_folder(global)?, &server)
        }
        Mcp::Narrow { visits } => commands::narrow::narrow(screen, global, visits),
        Mcp::Diff { server } => {
            commands::mcp::diff(screen, &Workspace::open(global)?, server.as_deref())
        }
    }
}
