//! The token board in writing.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{IntakeJson, SourceJson, document, exact, shown, shown_or_dash};
use crate::domain::spot::{ModelGroup, TokenBoard, TokenFlag, TokenListing, TokenRow};
use crate::spot::csv;
use crate::spot::intake::Intake;
use crate::spot::source::Source;

const UNIT: &str = "USD per million tokens";

#[derive(Serialize)]
struct Report {
    kind: &'static str,
    unit: &'static str,
    mix: MixJson,
    source: SourceJson,
    rows: IntakeJson,
    models: Vec<RowJson>,
    groups: Vec<GroupJson>,
}

#[derive(Serialize)]
struct MixJson {
    input: u32,
    output: u32,
    cached: u32,
}

#[derive(Serialize)]
struct RowJson {
    key: String,
    provider: String,
    model: String,
    base: String,
    region: Option<String>,
    input: Option<Box<RawValue>>,
    output: Option<Box<RawValue>>,
    cached: Option<Box<RawValue>>,
    batch_input: Option<Box<RawValue>>,
    batch_output: Option<Box<RawValue>>,
    long_context: Option<LongContextJson>,
    blended: Option<Box<RawValue>>,
    max_input_tokens: Option<u64>,
    max_output_tokens: Option<u64>,
    retires_on: Option<String>,
    flags: Vec<&'static str>,
    is_counted: bool,
}

#[derive(Serialize)]
struct LongContextJson {
    above_tokens: u64,
    input: Option<Box<RawValue>>,
    output: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct GroupJson {
    base: String,
    providers: usize,
    rows: usize,
    blended_low: Option<Box<RawValue>>,
    blended_median: Option<Box<RawValue>>,
    blended_high: Option<Box<RawValue>>,
}

pub fn json(board: &TokenBoard, intake: &Intake, source: Source) -> String {
    let mix = MixJson { input: board.mix.input, output: board.mix.output, cached: board.mix.cached };
    document(&Report {
        kind: "list prices, not a settlement index",
        unit: UNIT,
        mix,
        source: source.into(),
        rows: intake.into(),
        models: board.rows.iter().map(row_json).collect(),
        groups: board.groups.iter().map(group_json).collect(),
    })
}

fn row_json(row: &TokenRow) -> RowJson {
    let listing = &row.listing;
    RowJson {
        key: listing.key.to_string(),
        provider: listing.provider.to_string(),
        model: listing.model.to_string(),
        base: listing.base.to_string(),
        region: listing.region.as_deref().map(str::to_owned),
        input: exact(listing.input),
        output: exact(listing.output),
        cached: listing.cached.and_then(exact),
        batch_input: listing.batch.and_then(|batch| exact(batch.input)),
        batch_output: listing.batch.and_then(|batch| batch.output).and_then(exact),
        long_context: listing.long_context.map(|step| LongContextJson {
            above_tokens: step.above_tokens,
            input: exact(step.input),
            output: exact(step.output),
        }),
        blended: exact(row.blended),
        max_input_tokens: listing.max_input_tokens,
        max_output_tokens: listing.max_output_tokens,
        retires_on: listing.retires_on.map(|date| date.to_string()),
        flags: flags(listing),
        is_counted: listing.counts(),
    }
}

fn group_json(group: &ModelGroup) -> GroupJson {
    GroupJson {
        base: group.base.to_string(),
        providers: group.providers,
        rows: group.rows.len(),
        blended_low: group.blended.and_then(|range| exact(range.low)),
        blended_median: group.blended.and_then(|range| exact(range.median)),
        blended_high: group.blended.and_then(|range| exact(range.high)),
    }
}

fn flags(listing: &TokenListing) -> Vec<&'static str> {
    listing.flags.iter().map(|flag| flag.name()).collect()
}

/// One line a model.
pub fn csv(board: &TokenBoard) -> String {
    let mut text =
        "base,provider,region,model,input,output,cached,batch_input,batch_output,long_above_tokens,long_input,\
                    long_output,blended,max_input_tokens,max_output_tokens,retires_on,flags,key"
            .to_owned();
    for row in &board.rows {
        let listing = &row.listing;
        let text_of =
            |price: Option<_>| price.map_or_else(String::new, |price: crate::domain::number::Price| price.to_string());
        let count = |count: Option<u64>| count.map_or_else(String::new, |count| count.to_string());
        let long = listing.long_context;
        let fields = [
            listing.base.to_string(),
            listing.provider.to_string(),
            listing.region.as_deref().unwrap_or_default().to_owned(),
            listing.model.to_string(),
            text_of(Some(listing.input)),
            text_of(Some(listing.output)),
            text_of(listing.cached),
            text_of(listing.batch.map(|batch| batch.input)),
            text_of(listing.batch.and_then(|batch| batch.output)),
            count(long.map(|step| step.above_tokens)),
            text_of(long.map(|step| step.input)),
            text_of(long.map(|step| step.output)),
            text_of(Some(row.blended)),
            count(listing.max_input_tokens),
            count(listing.max_output_tokens),
            listing.retires_on.map_or_else(String::new, |date| date.to_string()),
            flags(listing).join(" "),
            listing.key.to_string(),
        ];
        text.push('\n');
        text.push_str(&csv::line(fields.iter().map(String::as_str)));
    }
    text
}

/// For reading at a terminal: one line a model, a line above each group.
pub fn table(board: &TokenBoard, intake: &Intake, source: Source) -> String {
    let mut text = String::new();
    // Writing into a String cannot fail.
    let _ = write_table(&mut text, board, intake, source);
    text
}

fn write_table(text: &mut String, board: &TokenBoard, intake: &Intake, source: Source) -> std::fmt::Result {
    let mix = board.mix;
    writeln!(text, "{UNIT}; blended {} input : {} output : {} cached", mix.input, mix.output, mix.cached)?;
    for group in &board.groups {
        match group.blended {
            Some(range) => writeln!(
                text,
                "\n{}  blended {} to {}, median {}",
                group.base,
                shown(range.low),
                shown(range.high),
                shown(range.median)
            )?,
            None => writeln!(text, "\n{}  no comparable price", group.base)?,
        }
        writeln!(
            text,
            "  {:<14} {:<14} {:>9} {:>9} {:>9} {:>9}  model",
            "provider", "region", "input", "output", "cached", "blended"
        )?;
        for row in board.rows.get(group.rows.clone()).unwrap_or_default() {
            let listing = &row.listing;
            writeln!(
                text,
                "  {:<14} {:<14} {:>9} {:>9} {:>9} {:>9}  {}{}",
                listing.provider,
                listing.region.as_deref().unwrap_or("-"),
                shown(listing.input),
                shown(listing.output),
                shown_or_dash(listing.cached),
                shown(row.blended),
                listing.model,
                mark(listing),
            )?;
        }
    }
    writeln!(text, "\nSource: {} ({})", source.name, source.terms)?;
    write!(text, "{intake}")
}

/// The flags, with the day instead of the word where the model goes.
fn mark(listing: &TokenListing) -> String {
    let flag = |flag: &TokenFlag| match (flag, listing.retires_on) {
        (TokenFlag::Retiring, Some(date)) => format!("retires {date}"),
        _ => flag.name().to_owned(),
    };
    let flags: Vec<String> = listing.flags.iter().map(flag).collect();
    if flags.is_empty() { String::new() } else { format!("  [{}]", flags.join(", ")) }
}
