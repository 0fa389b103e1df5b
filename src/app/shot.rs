//! `tenor shot`, and what `tenor` does on a machine without a display: the same application, embedded exchange and sockets
//! included, drawn into a picture.

use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use egui::{Key, Modifiers};

use super::demo;
use super::launch::Plan;
use super::stage::Stage;
use super::{say, say_error};
use crate::cli::{ShotArgs, SourceArgs, TerminalArgs, WorkspaceName};
use crate::domain::event::LinkState;
use crate::domain::number::Side;
use crate::view::View;

const LIVE_PATIENCE: Duration = Duration::from_secs(30);
/// For what another workspace draws in its first frames.
const SETTLE: Duration = Duration::from_millis(500);
const BARE_SECONDS: u64 = 10;
const BARE_FILE: &str = "tenor-trader.png";

pub fn run(args: &ShotArgs) -> anyhow::Result<()> {
    // Pictures must not depend on what was remembered, nor change it.
    let folder = tempfile::tempdir().context("no temporary folder can be made")?;
    let terminal = TerminalArgs {
        source: SourceArgs { market: args.market.clone(), ..SourceArgs::default() },
        theme: Some(args.theme),
        config: None,
        data_dir: Some(folder.path().to_owned()),
        log: None,
    };
    let mut stage = Stage::open(Plan::make(&terminal)?, args.size, args.scale)?;
    wait_until_live(&mut stage)?;
    if args.demo {
        demo::trade(&mut stage, Duration::from_secs(args.after))?;
    } else {
        stage.run_for(Duration::from_secs(args.after));
    }
    if args.workspace == WorkspaceName::Curve {
        stage.press(Key::Num2, Modifiers::COMMAND);
        stage.run_for(SETTLE);
    }
    write(&stage, &args.out)
}

/// The terminal for a machine without a display: ten seconds, one picture, one summary.
pub fn run_bare(plan: Plan) -> anyhow::Result<()> {
    say(
        "No display was found, so Tenor runs off screen for ten seconds; set DISPLAY or WAYLAND_DISPLAY to get a window.",
    );
    let mut stage = Stage::open(plan, (1920, 1080), 1.0)?;
    wait_until_live(&mut stage)?;
    let mut progress = Progress::start();
    for second in 1..=BARE_SECONDS {
        stage.run_for(Duration::from_secs(1));
        let stats = &stage.desk().view().stats;
        progress.show(&format!(
            "{second:>2} of {BARE_SECONDS} s, {} of {} books live, {:.0} messages/s",
            stats.books_live, stats.books_total, stats.messages_per_sec
        ));
    }
    progress.end();
    write(&stage, Path::new(BARE_FILE))?;
    summarise(&stage.desk().view());
    say(&format!("The screen is in {BARE_FILE}."));
    Ok(())
}

fn wait_until_live(stage: &mut Stage) -> anyhow::Result<()> {
    let is_live = stage.run_until(LIVE_PATIENCE, |desk| {
        let stats = &desk.view().stats;
        stats.books_total > 0 && stats.books_live == stats.books_total
    });
    if is_live {
        return Ok(());
    }
    let view = stage.desk().view();
    let why = match &view.session.market.state {
        LinkState::Waiting { why, .. } | LinkState::Failed { why } => why.to_string(),
        _ => format!("{} of {} books are live", view.stats.books_live, view.stats.books_total),
    };
    bail!("the market did not come alive within {} s: {why}", LIVE_PATIENCE.as_secs())
}

fn write(stage: &Stage, path: &Path) -> anyhow::Result<()> {
    let image = stage.picture().context("nothing was drawn")?;
    let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
    image.write_png(BufWriter::new(file)).with_context(|| format!("{} cannot be written", path.display()))
}

/// Venue, books, rate, and the front months' bid and ask.
fn summarise(view: &View) {
    say(&format!(
        "venue {} ({}), {} of {} books live, {:.0} messages/s",
        view.session.venue,
        view.session.account,
        view.stats.books_live,
        view.stats.books_total,
        view.stats.messages_per_sec
    ));
    let mut shown: Vec<&str> = Vec::new();
    for (id, instrument) in view.catalogue.iter() {
        let (Some(product), Some(_)) = (instrument.contract.product(), instrument.contract.month()) else { continue };
        let Some(market) = view.market(id) else { continue };
        if shown.contains(&product.as_str()) || !view.book_state(id, view.at).is_live() {
            continue;
        }
        shown.push(product.as_str());
        let price = |side| market.book.best(side).map_or("none".to_owned(), |level| level.price.to_string());
        say(&format!(
            "{:<14} bid {:>7}  ask {:>7}",
            instrument.contract.to_string(),
            price(Side::Bid),
            price(Side::Ask)
        ));
    }
}

/// One line that rewrites itself on a terminal, and stays silent in a file.
struct Progress {
    is_terminal: bool,
}

impl Progress {
    fn start() -> Self {
        Self { is_terminal: std::io::stderr().is_terminal() }
    }

    fn show(&mut self, text: &str) {
        if self.is_terminal {
            // A terminal that cannot be written to needs no progress.
            drop(write!(std::io::stderr(), "\r{text}\x1b[K"));
        }
    }

    fn end(&self) {
        if self.is_terminal {
            say_error("");
        }
    }
}
