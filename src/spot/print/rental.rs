//! Rental boards in writing.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{IntakeJson, SourceJson, document, exact, shown};
use crate::domain::spot::{Hardware, IndexUse, ProviderPrices, RentalBoard, RentalSummary};
use crate::spot::csv;
use crate::spot::intake::Intake;
use crate::spot::source::Source;

/// What stands above every board: a listing is not an index.
const KIND: &str = "list prices, not a settlement index";
const UNIT: &str = "USD per GPU-hour";

#[derive(Serialize)]
struct Report {
    kind: &'static str,
    unit: &'static str,
    sources: Vec<SourceJson>,
    rows: IntakeJson,
    boards: Vec<BoardJson>,
}

#[derive(Serialize)]
struct BoardJson {
    gpu: &'static str,
    mode: &'static str,
    summary: Option<SummaryJson>,
    providers: Vec<ProviderJson>,
}

#[derive(Serialize)]
struct SummaryJson {
    providers: usize,
    median: Option<Box<RawValue>>,
    lower_quartile: Option<Box<RawValue>>,
    upper_quartile: Option<Box<RawValue>>,
    low: Option<Box<RawValue>>,
    high: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct ProviderJson {
    provider: String,
    name: String,
    median: Option<Box<RawValue>>,
    low: Option<Box<RawValue>>,
    high: Option<Box<RawValue>>,
    offers: usize,
    is_reseller: bool,
    is_in_median: bool,
}

pub fn json(boards: &[RentalBoard], intake: &Intake, sources: &[Source]) -> String {
    document(&Report {
        kind: KIND,
        unit: UNIT,
        sources: sources.iter().map(|&source| source.into()).collect(),
        rows: intake.into(),
        boards: boards.iter().map(board_json).collect(),
    })
}

fn board_json(board: &RentalBoard) -> BoardJson {
    let summary = |summary: &RentalSummary| SummaryJson {
        providers: summary.providers,
        median: exact(summary.median),
        lower_quartile: exact(summary.lower_quartile),
        upper_quartile: exact(summary.upper_quartile),
        low: exact(summary.low),
        high: exact(summary.high),
    };
    let provider = |provider: &ProviderPrices| ProviderJson {
        provider: provider.provider.to_string(),
        name: provider.name.to_string(),
        median: exact(provider.median),
        low: exact(provider.low),
        high: exact(provider.high),
        offers: provider.offers,
        is_reseller: provider.hardware == Hardware::Resold,
        is_in_median: provider.index_use == IndexUse::Allowed,
    };
    BoardJson {
        gpu: board.gpu.name(),
        mode: board.mode.name(),
        summary: board.summary.as_ref().map(summary),
        providers: board.providers.iter().map(provider).collect(),
    }
}

/// One line a seller.
pub fn csv(boards: &[RentalBoard]) -> String {
    let mut text = "gpu,mode,provider,median,low,high,offers,is_reseller,is_in_median".to_owned();
    for board in boards {
        for provider in &board.providers {
            let fields = [
                board.gpu.name(),
                board.mode.name(),
                &provider.provider,
                &provider.median.to_string(),
                &provider.low.to_string(),
                &provider.high.to_string(),
                &provider.offers.to_string(),
                if provider.hardware == Hardware::Resold { "true" } else { "false" },
                if provider.index_use == IndexUse::Allowed { "true" } else { "false" },
            ];
            text.push('\n');
            text.push_str(&csv::line(fields));
        }
    }
    text
}

/// For reading at a terminal.
pub fn table(boards: &[RentalBoard], intake: &Intake, sources: &[Source]) -> String {
    let mut text = String::new();
    // Writing into a String cannot fail.
    let _ = write_table(&mut text, boards, intake, sources);
    text
}

fn write_table(text: &mut String, boards: &[RentalBoard], intake: &Intake, sources: &[Source]) -> std::fmt::Result {
    for board in boards {
        writeln!(text, "{} {}, {UNIT}, {KIND}", board.gpu, board.mode.name())?;
        writeln!(text, "  {:<18} {:>8} {:>8} {:>8} {:>6}", "provider", "median", "low", "high", "offers")?;
        for provider in &board.providers {
            let mark = match (provider.index_use, provider.hardware) {
                (IndexUse::Forbidden, _) => "  not counted: its terms forbid it",
                (IndexUse::Allowed, Hardware::Resold) => "  reseller",
                (IndexUse::Allowed, Hardware::Own) => "",
            };
            let [median, low, high] = [provider.median, provider.low, provider.high].map(shown);
            writeln!(text, "  {:<18} {median:>8} {low:>8} {high:>8} {:>6}{mark}", provider.name, provider.offers)?;
        }
        match &board.summary {
            Some(summary) => writeln!(
                text,
                "  median of {} providers {}, quartiles {} to {}, offers {} to {}\n",
                summary.providers,
                shown(summary.median),
                shown(summary.lower_quartile),
                shown(summary.upper_quartile),
                shown(summary.low),
                shown(summary.high)
            )?,
            None => writeln!(text, "  no median: no seller's terms allow one\n")?,
        }
    }
    for source in sources {
        writeln!(text, "Source: {} ({})", source.name, source.terms)?;
    }
    write!(text, "{intake}")
}
