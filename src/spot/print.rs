//! Boards as text for people, and as JSON and CSV for scripts. Prices are written as exact decimals.

pub mod rental;
pub mod tokens;

use serde::Serialize;
use serde_json::value::RawValue;

use super::intake::Intake;
use super::source::Source;
use crate::domain::number::Price;

/// A price as a JSON number with all its digits and no others.
fn exact(price: Price) -> Option<Box<RawValue>> {
    RawValue::from_string(price.to_string()).ok()
}

#[derive(Serialize)]
struct SourceJson {
    name: &'static str,
    terms: &'static str,
}

impl From<Source> for SourceJson {
    fn from(source: Source) -> Self {
        Self { name: source.name, terms: source.terms }
    }
}

#[derive(Serialize)]
struct IntakeJson {
    read: u64,
    taken: u64,
    skipped: Vec<ReasonJson>,
    noted: Vec<ReasonJson>,
}

#[derive(Serialize)]
struct ReasonJson {
    reason: &'static str,
    rows: u64,
    first: String,
}

impl From<&Intake> for IntakeJson {
    fn from(intake: &Intake) -> Self {
        let reason =
            |reason, met: &super::intake::Met| ReasonJson { reason, rows: met.count, first: met.first.clone() };
        Self {
            read: intake.rows(),
            taken: intake.taken,
            skipped: intake.skipped.iter().map(|(why, met)| reason(why.reason(), met)).collect(),
            noted: intake.noted.iter().map(|(what, met)| reason(what.text(), met)).collect(),
        }
    }
}

/// A JSON document, or the reason it cannot be written.
fn document(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"))
}

/// At least two decimals, as dollars are read: `2.4` → `2.40`, `0.0125` as it is.
fn shown(price: Price) -> String {
    let text = price.to_string();
    match text.split_once('.') {
        None => format!("{text}.00"),
        Some((_, cents)) if cents.len() < 2 => format!("{text}0"),
        Some(_) => text,
    }
}

fn shown_or_dash(price: Option<Price>) -> String {
    price.map_or_else(|| "-".to_owned(), shown)
}
