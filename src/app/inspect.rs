//! `tenor inspect`: what a capture says.

use std::io::Read as _;

use anyhow::Context as _;

use super::say;
use crate::cli::{InspectArgs, Protocol};
use crate::venues::deribit;

pub fn run(args: &InspectArgs) -> anyhow::Result<()> {
    let text = if args.file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("standard input is not UTF-8 text")?;
        text
    } else {
        std::fs::read_to_string(&args.file).with_context(|| format!("{} cannot be read", args.file.display()))?
    };
    let report = match args.protocol {
        Protocol::Deribit => deribit::inspect::inspect(text.lines()),
    };
    say(&if args.json { report.json() } else { report.text() });
    Ok(())
}
