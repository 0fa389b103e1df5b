//! What perpetuals have cost, asked for.

use super::context::Context;
use super::market::find;
use super::rpc::{Answer, Failure, json, params};
use super::shapes;
use crate::base::time::Utc;
use crate::exchange::catalogue::{Kind, ListingId, Ratio};
use crate::exchange::engine::Engine;
use crate::exchange::engine::funding::FundingHour;
use crate::venues::deribit::wire::{FundingParams, FundingRate};

pub fn call(context: &mut Context<'_>, method: &str, text: &str) -> Option<Answer> {
    let engine = context.engine();
    Some(match method {
        "public/get_funding_rate_value" => hours(engine, text).and_then(|(_, hours)| {
            let sum = hours.iter().map(|hour| hour.rate.0).sum();
            json(&shapes::rate(Ratio(sum)))
        }),
        "public/get_funding_rate_history" => hours(engine, text).and_then(|(id, hours)| {
            let rows: Vec<FundingRate> = hours.iter().map(|hour| row(engine, id, hour)).collect();
            json(&rows)
        }),
        _ => return None,
    })
}

/// Payments of a perpetual that fell into the span asked for.
fn hours(engine: &Engine, text: &str) -> Result<(ListingId, Vec<FundingHour>), Failure> {
    let asked: FundingParams<'_> = params(text)?;
    let listing = find(engine, &asked.instrument_name)?;
    if listing.kind != Kind::Perpetual {
        return Err(Failure::param("instrument_name", "only perpetuals are funded"));
    }
    let named =
        |name, millis: Option<i64>| millis.map(Utc::from_millis).ok_or_else(|| Failure::param(name, "value required"));
    let from = named("start_timestamp", asked.start_timestamp)?;
    let span = from..=named("end_timestamp", asked.end_timestamp)?;
    Ok((listing.id, engine.funding_hours(listing.id).filter(|hour| span.contains(&hour.utc)).copied().collect()))
}

fn row(engine: &Engine, id: ListingId, hour: &FundingHour) -> FundingRate {
    FundingRate {
        timestamp: hour.utc.millis(),
        index_price: hour.index.into(),
        prev_index_price: hour.previous_index.into(),
        interest_1h: shapes::rate(hour.rate),
        interest_8h: shapes::rate(engine.funding_of_eight_hours(id, hour.utc)),
    }
}
