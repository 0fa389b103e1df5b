//! What was, asked for: settlements, fixings and values of indices, bars.

use super::context::Context;
use super::filter::Filter;
use super::market::find;
use super::rpc::{Answer, Failure, json, params};
use super::topics;
use crate::base::time::Utc;
use crate::exchange::catalogue::{Listing, ListingId};
use crate::exchange::engine::{Bar, Engine, IndexId, Settlement, SettlementKind};
use crate::exchange::sim::Exchange;
use crate::venues::deribit::wire;
use crate::venues::deribit::wire::{
    ChartData, ChartParams, Code, DeliveryPrice, DeliveryPrices, IndexName, IndexNamesParams, IndexPrice,
    IndexPriceParams, Number, Settlements, SettlementsParams, Text,
};

const MAX_ROWS: i64 = 1_000;
const DEFAULT_FIXINGS: i64 = 10;
const DEFAULT_SETTLEMENTS: i64 = 20;
const MAX_BARS: i64 = 5_000;

pub fn call(context: &mut Context<'_>, method: &str, text: &str) -> Option<Answer> {
    let engine = context.exchange.engine();
    Some(match method {
        "public/get_index_price" => index_price(engine, text),
        "public/get_index_price_names" => index_names(engine, text),
        "public/get_delivery_prices" => delivery_prices(engine, text),
        "public/get_last_settlements_by_instrument" => settlements_by_instrument(engine, text),
        "public/get_last_settlements_by_currency" => settlements_by_currency(engine, text),
        "public/get_tradingview_chart_data" => chart(context.exchange, text, context.now),
        _ => return None,
    })
}

fn index(engine: &Engine, name: &str) -> Result<IndexId, Failure> {
    engine.find_index(name).ok_or_else(|| Failure::param("index_name", "no such index"))
}

fn index_price(engine: &Engine, text: &str) -> Answer {
    let asked: IndexPriceParams<'_> = params(text)?;
    let (price, _) = engine.index_now(index(engine, &asked.index_name)?).ok_or(Code::RETRY)?;
    json(&IndexPrice { index_price: price.into(), estimated_delivery_price: price.into() })
}

fn index_names(engine: &Engine, text: &str) -> Answer {
    let asked: IndexNamesParams = params(text)?;
    let settling = engine.catalogue().data().products.iter().map(|product| IndexName {
        name: (&product.index_name).into(),
        future_combo_enabled: true,
        simulated: true,
        ..IndexName::default()
    });
    let secondary = engine.secondary_indices().iter().map(|index| IndexName {
        name: (&index.name).into(),
        description: Some((&index.description).into()),
        publication_interval: i64::try_from(index.every.as_millis()).ok(),
        simulated: true,
        ..IndexName::default()
    });
    let all: Vec<IndexName<'_>> = settling.chain(secondary).collect();
    if asked.extended.unwrap_or(false) {
        return json(&all);
    }
    json(&all.iter().map(|index| &index.name).collect::<Vec<_>>())
}

/// A number of rows from 1 to [`MAX_ROWS`].
fn row_count(asked: Option<i64>, default: i64) -> Result<usize, Failure> {
    let count = Some(asked.unwrap_or(default)).filter(|count| (1..=MAX_ROWS).contains(count));
    count.and_then(|count| usize::try_from(count).ok()).ok_or_else(|| Failure::param("count", "1 to 1000"))
}

fn delivery_prices(engine: &Engine, text: &str) -> Answer {
    let asked: IndexPriceParams<'_> = params(text)?;
    let fixings = engine.index_fixings(index(engine, &asked.index_name)?);
    let count = row_count(asked.count, DEFAULT_FIXINGS)?;
    let offset = usize::try_from(asked.offset.unwrap_or(0)).map_err(|_| Failure::param("offset", "not negative"))?;
    let data: Vec<DeliveryPrice<'_>> = fixings
        .iter()
        .rev()
        .skip(offset)
        .take(count)
        .map(|(date, price)| DeliveryPrice { date: date.to_string().into(), delivery_price: (*price).into() })
        .collect();
    json(&DeliveryPrices { data, records_total: i64::try_from(fixings.len()).unwrap_or(i64::MAX) })
}

/// Where a page of settlements ended: time and listing of its last row. Rows are ordered by time, newest first, then by listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place(Utc, ListingId);

impl Place {
    fn of(settlement: &Settlement) -> Self {
        Self(settlement.utc, settlement.listing)
    }

    const fn key(self) -> (std::cmp::Reverse<i64>, ListingId) {
        (std::cmp::Reverse(self.0.0), self.1)
    }

    fn print(self) -> String {
        format!("{}-{}", self.0.millis(), self.1.0)
    }

    fn parse(text: &str) -> Option<Self> {
        let (millis, listing) = text.split_once('-')?;
        Some(Self(Utc::from_millis(millis.parse().ok()?), ListingId(listing.parse().ok()?)))
    }
}

const fn kind_word(kind: SettlementKind) -> &'static str {
    match kind {
        SettlementKind::Daily => "settlement",
        SettlementKind::Delivery => "delivery",
    }
}

fn settlements_by_instrument(engine: &Engine, text: &str) -> Answer {
    let asked: SettlementsParams<'_> = params(text)?;
    let name = asked.instrument_name.as_ref().ok_or_else(|| Failure::param("instrument_name", "value required"))?;
    let listing = find(engine, name)?;
    settlements(engine, &asked, engine.settlements(listing.id).copied().collect())
}

fn settlements_by_currency(engine: &Engine, text: &str) -> Answer {
    let asked: SettlementsParams<'_> = params(text)?;
    let currency = asked.currency.as_ref().ok_or_else(|| Failure::param("currency", "value required"))?;
    let filter = Filter::asked(None, Some(currency), engine.catalogue())?;
    let covered = engine.catalogue().all().iter().filter(|listing| filter.covers(listing));
    settlements(engine, &asked, covered.flat_map(|listing| engine.settlements(listing.id)).copied().collect())
}

fn settlements(engine: &Engine, asked: &SettlementsParams<'_>, mut all: Vec<Settlement>) -> Answer {
    let count = row_count(asked.count, DEFAULT_SETTLEMENTS)?;
    match asked.kind.as_ref().map(Text::as_str) {
        None => {}
        Some(word @ ("settlement" | "delivery" | "bankruptcy")) => all.retain(|s| kind_word(s.kind) == word),
        Some(_) => return Err(Failure::param("type", "settlement, delivery or bankruptcy")),
    }
    if let Some(millis) = asked.search_start_timestamp {
        all.retain(|settlement| settlement.utc.millis() <= millis);
    }
    if let Some(text) = asked.continuation.as_deref().filter(|text| !text.is_empty()) {
        let place = Place::parse(text).ok_or_else(|| Failure::param("continuation", "not one of ours"))?;
        all.retain(|settlement| Place::of(settlement).key() > place.key());
    }
    all.sort_unstable_by_key(|settlement| Place::of(settlement).key());
    let continuation = all.get(count).and_then(|_| all.get(count - 1)).map(|last| Place::of(last).print().into());
    let settlements = all.iter().take(count).map(|settlement| printed(engine, settlement)).collect();
    json(&Settlements { settlements, continuation })
}

fn printed<'a>(engine: &'a Engine, settlement: &Settlement) -> wire::Settlement<'a> {
    let symbol = engine.catalogue().get(settlement.listing).map_or("", |listing| &listing.symbol);
    wire::Settlement {
        kind: kind_word(settlement.kind).into(),
        timestamp: settlement.utc.millis(),
        instrument_name: symbol.into(),
        mark_price: Some(settlement.price.into()),
        index_price: Some(settlement.index.into()),
        session_profit_loss: None,
    }
}

fn chart(exchange: &Exchange, text: &str, now: Utc) -> Answer {
    let asked: ChartParams<'_> = params(text)?;
    let listing = find(exchange.engine(), &asked.instrument_name)?;
    let minutes = topics::minutes(&asked.resolution)
        .ok_or_else(|| Failure::param("resolution", "1, 3, 5, 10, 15, 30, 60, 120, 180, 360, 720 or 1D"))?;
    let width = i64::from(minutes) * 60_000;
    let end = asked.end_timestamp.unwrap_or(now.millis()).min(now.millis());
    let start = asked.start_timestamp.unwrap_or(0).max(end.saturating_sub(width * (MAX_BARS - 1)));
    let start = start.div_euclid(width) * width;
    let range = (Utc::from_millis(start), Utc::from_millis(end.saturating_add(1)));
    let bars = exchange.bars(listing, topics::width(minutes), range);
    json(&columns(listing, &bars))
}

fn columns(listing: &Listing, bars: &[Bar]) -> ChartData<'static> {
    let column = |of: fn(&Bar) -> Number| bars.iter().map(of).collect::<Vec<Number>>();
    ChartData {
        ticks: bars.iter().map(|bar| bar.start.millis()).collect(),
        open: column(|bar| bar.open.into()),
        high: column(|bar| bar.high.into()),
        low: column(|bar| bar.low.into()),
        close: column(|bar| bar.close.into()),
        volume: bars.iter().map(|bar| Number::amount(bar.volume, listing.contract_size)).collect(),
        cost: column(|bar| bar.cost.into()),
        status: if bars.is_empty() { "no_data" } else { "ok" }.into(),
    }
}
