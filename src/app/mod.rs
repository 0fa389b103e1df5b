//! Where everything meets: the window, the pictures, the tasks of the command line. The only room that names concrete venues.

mod curve;
mod demo;
mod desk;
mod doctor;
mod exchange;
pub mod export;
mod inspect;
mod launch;
mod meter;
pub mod raster;
mod scenario;
mod shot;
mod spot;
mod spread;
mod stage;
pub mod svg;
mod window;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;

use self::launch::Plan;
use crate::cli::{Arguments, Task, TerminalArgs};
use crate::shell::{log, machine};

/// Does what the command line asked for. Errors are one sentence on standard error.
pub fn run(arguments: Arguments) -> ExitCode {
    crate::shell::tls::install_provider();
    let done = match arguments.task {
        Some(Task::Exchange(args)) => exchange::run(&args),
        Some(Task::Inspect(args)) => inspect::run(&args),
        Some(Task::Spot(args)) => spot::run(&args),
        Some(Task::Curve(args)) => curve::run(&args),
        Some(Task::Spread(args)) => spread::run(&args),
        Some(Task::Doctor { data_dir }) => doctor::run(data_dir.as_deref()),
        Some(Task::Shot(args)) => shot::run(&args),
        None => terminal(&arguments.terminal),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(&format!("tenor: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// The terminal, in a window if there is a display.
fn terminal(args: &TerminalArgs) -> anyhow::Result<()> {
    let plan = Plan::make(args)?;
    let _log = log::start(&plan.directories.state, &plan.log_filter).context("the log cannot be started")?;
    if machine::has_display() { window::run(plan) } else { shot::run_bare(plan) }
}

/// A line for the person at the terminal. Whoever closes the pipe early has read enough.
fn say(line: &str) {
    drop(writeln!(std::io::stdout().lock(), "{line}"));
}

#[expect(clippy::print_stderr, reason = "the one place where the command line complains")]
fn say_error(line: &str) {
    eprintln!("{line}");
}
