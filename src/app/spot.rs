//! `tenor spot`: the token board and the rental boards on the command line.

use std::fmt::Display;
use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use super::{say, say_error};
use crate::cli::{RentalBoardArgs, RentalModeName, SpotArgs, SpotBoard, TableFormat, TokenBoardArgs, TokenSource};
use crate::domain::spot::{RentalBoard, RentalMode, RentalOffer, TokenListing};
use crate::shell::fetch::{Bounds, fetch_blocking};
use crate::spot::intake::Intake;
use crate::spot::print;
use crate::spot::read::{self, Reading};
use crate::spot::source::{self, Source};
use crate::spot::{SpotError, embedded, rental, tokens};

/// More than any catalogue holds.
const MOST_FILE_BYTES: u64 = 256 << 20;

pub fn run(args: &SpotArgs) -> anyhow::Result<()> {
    match &args.board {
        SpotBoard::Tokens(args) => token_board(args),
        SpotBoard::Rental(args) => rental_boards(args),
    }
}

fn token_board(args: &TokenBoardArgs) -> anyhow::Result<()> {
    let reading = match (&args.file, args.refresh) {
        (Some(path), _) => usable(&path.display(), read::tokens(&bytes_of(path)?))?,
        (None, Some(wanted)) => {
            let url = match wanted {
                TokenSource::LiteLlm => source::LITELLM_URL,
                TokenSource::OpenRouter => source::OPENROUTER_URL,
            };
            usable(&url, read::tokens(&fetched(url)?))?
        }
        (None, None) => embedded::token_prices()?,
    };
    let Reading { rows, intake, source } = reading;
    let all = rows.len();
    let is_wanted = |listing: &TokenListing| {
        contains([&listing.key, &listing.base], args.model.as_deref())
            && contains([&listing.provider], args.provider.as_deref())
    };
    let board = tokens::board(rows.into_iter().filter(is_wanted).collect(), args.mix);
    ensure!(!board.rows.is_empty(), "none of the {all} models matches; try a shorter --model or --provider");
    write(
        args.format,
        &intake,
        || print::tokens::json(&board, &intake, source),
        || print::tokens::csv(&board),
        || print::tokens::table(&board, &intake, source),
    );
    Ok(())
}

/// Whether one of `texts` contains `part` in any case; nothing asked is always contained.
fn contains<const N: usize>(texts: [&str; N], part: Option<&str>) -> bool {
    part.is_none_or(|part| texts.iter().any(|text| text.to_lowercase().contains(&part.to_lowercase())))
}

fn rental_boards(args: &RentalBoardArgs) -> anyhow::Result<()> {
    let texts = if args.refresh.is_empty() { from_files(&args.file)? } else { from_catalogues(&args.refresh)? };
    let (offers, intake, sources) = rental_offers(&texts)?;
    let mode = args.mode.map(|mode| match mode {
        RentalModeName::OnDemand => RentalMode::OnDemand,
        RentalModeName::Spot => RentalMode::Interruptible,
    });
    let is_wanted =
        |board: &RentalBoard| args.gpu.is_none_or(|gpu| gpu == board.gpu) && mode.is_none_or(|mode| mode == board.mode);
    let (boards, others): (Vec<_>, Vec<_>) = rental::boards(&offers).into_iter().partition(is_wanted);
    if boards.is_empty() {
        let there: Vec<String> = others.iter().map(|board| format!("{} {}", board.gpu, board.mode.name())).collect();
        bail!("no offer of that kind; there are: {}", there.join(", "));
    }
    write(
        args.format,
        &intake,
        || print::rental::json(&boards, &intake, &sources),
        || print::rental::csv(&boards),
        || print::rental::table(&boards, &intake, &sources),
    );
    Ok(())
}

/// A rental list, whose it is, and what to call it in messages.
struct Text {
    name: String,
    seller: String,
    bytes: Vec<u8>,
}

fn from_files(paths: &[PathBuf]) -> anyhow::Result<Vec<Text>> {
    let text = |path: &PathBuf| {
        Ok(Text { name: path.display().to_string(), seller: source::seller_of(path), bytes: bytes_of(path)? })
    };
    paths.iter().map(text).collect()
}

fn from_catalogues(sellers: &[String]) -> anyhow::Result<Vec<Text>> {
    let text = |seller: &String| {
        let url = source::skypilot_url(seller)?;
        Ok(Text { seller: seller.clone(), bytes: fetched(&url)?, name: url })
    };
    sellers.iter().map(text).collect()
}

/// Offers of all texts, or the embedded ones, and each source once.
fn rental_offers(texts: &[Text]) -> anyhow::Result<(Vec<RentalOffer>, Intake, Vec<Source>)> {
    if texts.is_empty() {
        let reading = embedded::rental_prices()?;
        return Ok((reading.rows, reading.intake, vec![reading.source]));
    }
    let (mut offers, mut intake, mut sources) = (Vec::new(), Intake::default(), Vec::new());
    for text in texts {
        let reading = read::rental(&text.seller, &text.bytes);
        let reading = reading.with_context(|| format!("{} cannot be used", text.name))?;
        offers.extend(reading.rows);
        intake.add(&text.name, &reading.intake);
        if !sources.contains(&reading.source) {
            sources.push(reading.source);
        }
    }
    ensure!(!offers.is_empty(), "no row has a price that can be used\n{intake}");
    Ok((offers, intake, sources))
}

fn usable<T>(name: &impl Display, reading: Result<Reading<T>, SpotError>) -> anyhow::Result<Reading<T>> {
    let reading = reading.with_context(|| format!("{name} cannot be used"))?;
    ensure!(!reading.rows.is_empty(), "{name}: no row has a price that can be used\n{}", reading.intake);
    Ok(reading)
}

fn fetched(url: &str) -> anyhow::Result<Vec<u8>> {
    say_error(&format!("fetching {url}"));
    let bytes = fetch_blocking(url, Bounds::default(), |_| ControlFlow::Continue(()));
    bytes.with_context(|| format!("{url} cannot be fetched"))
}

fn bytes_of(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().take(MOST_FILE_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MOST_FILE_BYTES + 1).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("{} cannot be read", path.display()))?;
    ensure!(bytes.len() as u64 <= MOST_FILE_BYTES, "{} is larger than 256 MiB", path.display());
    Ok(bytes)
}

fn write(
    format: TableFormat,
    intake: &Intake,
    json: impl FnOnce() -> String,
    csv: impl FnOnce() -> String,
    table: impl FnOnce() -> String,
) {
    if format.json {
        say(&json());
    } else if format.csv {
        say(&csv());
        say_error(&intake.to_string());
    } else {
        say(&table());
    }
}
