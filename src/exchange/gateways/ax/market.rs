//! Public data over REST.

use serde::{Deserialize, Serialize};

use super::candles::{self, Width};
use super::failure::Failure;
use super::print::{Dec, contracts, print};
use super::request::{Answer, Query, SideWord, find, read, size};
use super::shapes::{self, Book, CandleShape, Depth, Instrument, Print, Ticker};
use super::symbols;
use crate::base::time::Utc;
use crate::domain::number::{Money, Price, Side};
use crate::exchange::accounts::average_price;
use crate::exchange::catalogue::{Kind, Listing};
use crate::exchange::engine::Engine;
use crate::exchange::engine::funding::FundingHour;
use crate::exchange::sim::Exchange;
use crate::venues::deribit::wire::Text;

const DEFAULT_TRADES: usize = 10;
const MOST_TRADES: usize = 100;
fn asked<'a>(engine: &'a Engine, query: &'a Query) -> Result<(&'a Listing, &'a str), Failure> {
    let symbol = query.needed("symbol")?;
    Ok((find(engine, symbol)?, symbol))
}

#[derive(Serialize)]
struct Instruments<'a> {
    instruments: Vec<Instrument<'a>>,
}

pub fn instruments(engine: &Engine) -> String {
    let active = symbols::active(engine.catalogue());
    print(&Instruments {
        instruments: active.map(|(listing, name)| shapes::instrument(engine, listing, name)).collect(),
    })
}

pub fn instrument(engine: &Engine, query: &Query) -> Answer {
    let (listing, symbol) = asked(engine, query)?;
    Ok(print(&shapes::instrument(engine, listing, symbol.to_owned())))
}

#[derive(Serialize)]
struct OneTicker<'a> {
    ticker: Ticker<'a>,
}

pub fn ticker(engine: &Engine, query: &Query, now: Utc) -> Answer {
    let (listing, symbol) = asked(engine, query)?;
    Ok(print(&OneTicker { ticker: shapes::ticker(engine, listing, symbol, now) }))
}

#[derive(Serialize)]
struct Tickers<'a> {
    tickers: Vec<Ticker<'a>>,
    total_count: usize,
    limit: usize,
    offset: usize,
}

pub fn tickers(engine: &Engine, query: &Query, now: Utc) -> Answer {
    let page = query.page()?;
    let all: Vec<_> = symbols::active(engine.catalogue()).collect();
    let total_count = all.len();
    let some = page.of(all);
    let tickers = some.iter().map(|(listing, symbol)| shapes::ticker(engine, listing, symbol, now)).collect();
    Ok(print(&Tickers { tickers, total_count, limit: page.limit, offset: page.offset }))
}

#[derive(Serialize)]
struct OneBook<'a> {
    book: Book<'a>,
}

pub fn book(engine: &Engine, query: &Query, now: Utc) -> Answer {
    let (listing, symbol) = asked(engine, query)?;
    let depth = match query.text("level") {
        None | Some("2") => Depth::Levels,
        Some("3") => Depth::Orders,
        Some(_) => return Err(Failure::bad("level: 2 or 3")),
    };
    Ok(print(&OneBook { book: shapes::book(engine, listing, symbol, depth, now) }))
}

#[derive(Serialize)]
struct Trades<'a> {
    trades: Vec<Print<'a>>,
}

pub fn trades(engine: &Engine, query: &Query) -> Answer {
    let (listing, symbol) = asked(engine, query)?;
    let limit = query.number::<usize>("limit")?.unwrap_or(DEFAULT_TRADES);
    if !(1..=MOST_TRADES).contains(&limit) {
        return Err(Failure::bad("limit: 1 to 100"));
    }
    let newest = engine.trades(listing.id).rev().filter(|trade| trade.combo.is_none()).take(limit);
    let mut trades: Vec<_> = newest.map(|trade| shapes::trade(trade, symbol)).collect();
    trades.reverse();
    Ok(print(&Trades { trades }))
}

#[derive(Serialize)]
struct Candles<'a> {
    candles: Vec<CandleShape<'a>>,
}

#[derive(Serialize)]
struct OneCandle<'a> {
    candle: CandleShape<'a>,
}

fn width(query: &Query) -> Result<Width, Failure> {
    Width::parse(query.needed("candle_width")?)
        .ok_or_else(|| Failure::bad("candle_width: 1s, 5s, 1m, 5m, 15m, 1h or 1d"))
}

pub fn candles(exchange: &Exchange, query: &Query, now: Utc) -> Answer {
    let (listing, symbol) = asked(exchange.engine(), query)?;
    let width = width(query)?;
    let (start, end) = query.span()?;
    let end = end.unwrap_or(Utc(i64::MAX)).min(Utc(now.0.saturating_add(1)));
    let list = candles::between(exchange, listing, width, (start.unwrap_or(Utc(0)), end));
    let candles = list.iter().map(|candle| shapes::candle(candle, symbol, width.name())).collect();
    Ok(print(&Candles { candles }))
}

/// Which candle of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one that is being made.
    Current,
    /// The last one that is complete.
    Last,
}

pub fn one_candle(exchange: &Exchange, query: &Query, now: Utc, which: Which) -> Answer {
    let (listing, symbol) = asked(exchange.engine(), query)?;
    let width = width(query)?;
    let current = width.start(now);
    let span = match which {
        Which::Current => (current, Utc(now.0.saturating_add(1))),
        Which::Last => (current - width.span(), current),
    };
    let found = candles::between(exchange, listing, width, span).pop();
    let candle = found.ok_or_else(|| Failure::not_found("nothing traded in it"))?;
    Ok(print(&OneCandle { candle: shapes::candle(&candle, symbol, width.name()) }))
}

#[derive(Serialize)]
struct FundingRates<'a> {
    funding_rates: Vec<FundingRow<'a>>,
    limit: usize,
    next_cursor: Option<String>,
}

/// One hour; the amount is that of one contract.
#[derive(Serialize)]
struct FundingRow<'a> {
    symbol: &'a str,
    timestamp_ns: i64,
    funding_rate: Dec<Price>,
    funding_amount: Dec<Money>,
    benchmark_price: Dec<Price>,
    settlement_price: Dec<Price>,
}

/// What a perpetual has cost, newest first.
pub fn funding_rates(engine: &Engine, query: &Query) -> Answer {
    let (listing, symbol) = asked(engine, query)?;
    if listing.kind != Kind::Perpetual {
        return Err(Failure::not_found(format!("{symbol} has no funding")));
    }
    let row = |hour: &FundingHour| FundingRow {
        symbol,
        timestamp_ns: hour.utc.0,
        funding_rate: Dec(Price(hour.rate.0)),
        funding_amount: Dec(hour.rate.of(Money::notional(hour.index, listing.lot, listing.contract_size))),
        benchmark_price: Dec(hour.index),
        settlement_price: Dec(hour.mark),
    };
    let rows: Vec<_> = engine.funding_hours(listing.id).rev().map(row).collect();
    let page = query.page()?;
    let next_cursor = page.next_cursor(rows.len());
    Ok(print(&FundingRates { funding_rates: page.of(rows), limit: page.limit, next_cursor }))
}

#[derive(Deserialize)]
struct PreviewRequest<'a> {
    #[serde(borrow)]
    symbol: Text<'a>,
    quantity: u64,
    side: SideWord,
}

#[derive(Serialize)]
struct Preview {
    limit_price: Option<Dec<Price>>,
    vwap: Option<Dec<Price>>,
    filled_quantity: i64,
    remaining_quantity: i64,
}

/// At which limit price an order would take so much at once, and what it would pay on average.
pub fn preview(engine: &Engine, body: &[u8]) -> Answer {
    let asked: PreviewRequest<'_> = read(body)?;
    let listing = find(engine, &asked.symbol)?;
    let wanted = size(asked.quantity).ok_or_else(|| Failure::bad("quantity: out of range"))?;
    let mut levels = Vec::new();
    engine.copy_levels(listing.id, Side::from(asked.side).opposite(), usize::MAX, &mut levels);
    let (mut left, mut value, mut limit) = (wanted, 0_i128, None);
    for level in levels {
        if left.is_zero() {
            break;
        }
        let taken = left.min(level.qty);
        value += i128::from(level.price.0) * i128::from(taken.0);
        left -= taken;
        limit = Some(Dec(level.price));
    }
    let filled = wanted - left;
    Ok(print(&Preview {
        limit_price: limit,
        vwap: average_price(value, filled).map(Dec),
        filled_quantity: contracts(filled),
        remaining_quantity: contracts(left),
    }))
}
