//! Parses the command line and hands over.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    tenor::app::run(tenor::cli::Arguments::parse())
}
