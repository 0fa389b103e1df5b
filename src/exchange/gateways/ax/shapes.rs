//! Public data in the protocol's words.

use serde::Serialize;

use super::candles::Candle;
use super::print::{Dec, contracts, percent, side, stamp};
use super::symbols;
use crate::base::time::Utc;
use crate::domain::book::Level;
use crate::domain::instrument::Unit;
use crate::domain::number::{Price, Qty, Side};
use crate::exchange::catalogue::{Kind, Listing};
use crate::exchange::engine::{Engine, Phase, Trade};

/// What the exchange's dollars are called here.
pub const CURRENCY: &str = "USD";

#[derive(Serialize)]
pub struct Instrument<'a> {
    symbol: String,
    product: &'a str,
    /// Absent of perpetuals: it tells them apart.
    expiration: Option<String>,
    multiplier: Dec<i64>,
    price_scale: i64,
    minimum_order_size: Dec<i64>,
    tick_size: Dec<Price>,
    quote_currency: &'static str,
    price_band_lower_deviation_pct: Dec<Price>,
    price_band_upper_deviation_pct: Dec<Price>,
    funding_settlement_currency: &'static str,
    maintenance_margin_pct: Dec<Price>,
    initial_margin_pct: Dec<Price>,
    category: &'static str,
    description: String,
    underlying_benchmark_price: &'static str,
    contract_mark_price: &'static str,
    contract_size: String,
    price_quotation: String,
    price_bands: String,
    trading_schedule: Option<()>,
    estimated_funding_supported: bool,
    additional_product_specs: Option<()>,
}

pub fn instrument<'a>(engine: &'a Engine, listing: &Listing, symbol: String) -> Instrument<'a> {
    let catalogue = engine.catalogue();
    let venue = &catalogue.data().venue;
    let product = catalogue.product(listing.product);
    let name = product.map_or("", |product| product.name.as_str());
    let what = product.map_or("", |product| &product.description);
    let unit = match listing.unit {
        Unit::GpuHour => "GPU-hour",
        Unit::Mtok => "million tokens",
        Unit::Other => "unit",
    };
    let description = match listing.month {
        Some(month) if listing.kind == Kind::Future => {
            let month = format!("{}-{}", symbols::name(month.month).unwrap_or_default(), month.year);
            format!("Simulated. {name} {month} future: {what}")
        }
        _ => format!("Simulated. {name} perpetual future: {what}"),
    };
    let band = percent(venue.price_band);
    Instrument {
        symbol,
        product: name,
        expiration: listing.expiry.map(|expiry| expiry.to_string()),
        multiplier: Dec(listing.contract_size),
        price_scale: 10_i64.pow(u32::try_from(listing.tick.decimals()).unwrap_or(0)),
        minimum_order_size: Dec(contracts(listing.lot)),
        tick_size: Dec(listing.tick),
        quote_currency: CURRENCY,
        price_band_lower_deviation_pct: band,
        price_band_upper_deviation_pct: band,
        funding_settlement_currency: CURRENCY,
        maintenance_margin_pct: percent(venue.maintenance_margin),
        initial_margin_pct: percent(venue.initial_margin),
        category: "compute",
        description,
        underlying_benchmark_price: "Simulated index of the product",
        contract_mark_price: "Mark of the simulated exchange",
        contract_size: format!("{} {unit}s per contract", listing.contract_size),
        price_quotation: format!("U.S. dollars per {unit}"),
        price_bands: format!("+/- {}% from the mark", band.0),
        trading_schedule: None,
        estimated_funding_supported: false,
        additional_product_specs: None,
    }
}

/// Everything of a ticker but when it was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ticker<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<&'static str>,
    ts: i64,
    tn: i64,
    s: &'a str,
    p: Option<Dec<Price>>,
    q: i64,
    o: Option<Dec<Price>>,
    l: Option<Dec<Price>>,
    h: Option<Dec<Price>>,
    v: i64,
    oi: i64,
    i: &'static str,
    m: Option<Dec<Price>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bp: Option<Dec<Price>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ap: Option<Dec<Price>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pl: Option<Dec<Price>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pu: Option<Dec<Price>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lsp: Option<Dec<Price>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lst: Option<i64>,
}

impl Ticker<'_> {
    /// As a frame of the market-data socket.
    pub fn framed(mut self) -> Self {
        self.t = Some("s");
        self
    }
}

pub fn ticker<'a>(engine: &Engine, listing: &Listing, symbol: &'a str, now: Utc) -> Ticker<'a> {
    let stats = engine.stats(listing.id);
    let band = engine.price_band(listing.id);
    let [bid, ask] = Side::BOTH.map(|side| engine.best(listing.id, side).map(|level| Dec(level.price)));
    let settled = engine.settlements(listing.id).next_back();
    let last = engine.trades(listing.id).rev().find(|trade| trade.combo.is_none());
    let (ts, tn) = stamp(now);
    Ticker {
        t: None,
        ts,
        tn,
        s: symbol,
        p: stats.last.map(Dec),
        q: last.map_or(0, |trade| contracts(trade.qty)),
        o: super::candles::session_open(engine, listing.id, settled.map(|settled| settled.utc)).map(Dec),
        l: stats.low.map(Dec),
        h: stats.high.map(Dec),
        v: contracts(stats.volume),
        oi: contracts(stats.open_interest),
        i: state(engine, listing),
        m: stats.mark.map(Dec),
        bp: bid,
        ap: ask,
        pl: band.map(|(low, _)| Dec(low)),
        pu: band.map(|(_, high)| Dec(high)),
        lsp: settled.map(|settled| Dec(settled.price)),
        lst: settled.map(|settled| stamp(settled.utc).0),
    }
}

fn state(engine: &Engine, listing: &Listing) -> &'static str {
    match engine.phase(listing.id) {
        Phase::Open => "OPEN",
        Phase::PreOpen => "PRE_OPEN",
        Phase::Halted => "HALTED",
        Phase::Closed if listing.is_active => "CLOSED",
        Phase::Closed => "DELISTED",
    }
}

#[derive(Serialize)]
pub struct Print<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<&'static str>,
    p: Dec<Price>,
    q: i64,
    s: &'a str,
    d: &'static str,
    ts: i64,
    tn: i64,
}

impl Print<'_> {
    /// As a frame of the market-data socket.
    pub fn framed(mut self) -> Self {
        self.t = Some("t");
        self
    }
}

pub fn trade<'a>(trade: &Trade, symbol: &'a str) -> Print<'a> {
    let (ts, tn) = stamp(trade.utc);
    Print { t: None, p: Dec(trade.price), q: contracts(trade.qty), s: symbol, d: side(trade.aggressor), ts, tn }
}

#[derive(Serialize)]
pub struct BookLevel {
    p: Dec<Price>,
    q: i64,
    /// Sizes of its orders, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    o: Option<Vec<i64>>,
}

/// How much of a book is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    Best,
    Levels,
    Orders,
}

fn level(level: Level) -> BookLevel {
    BookLevel { p: Dec(level.price), q: contracts(level.qty), o: None }
}

fn levels(engine: &Engine, listing: &Listing, side: Side, depth: Depth) -> Vec<BookLevel> {
    match depth {
        Depth::Best => engine.best(listing.id, side).into_iter().map(level).collect(),
        Depth::Levels => {
            let mut levels = Vec::new();
            engine.copy_levels(listing.id, side, usize::MAX, &mut levels);
            levels.into_iter().map(level).collect()
        }
        Depth::Orders => {
            let queues = engine.queues(listing.id, side).into_iter();
            let sizes = |queue: Vec<Qty>| queue.into_iter().map(contracts).collect();
            queues.map(|(at, queue)| BookLevel { o: Some(sizes(queue)), ..level(at) }).collect()
        }
    }
}

#[derive(Serialize)]
pub struct Book<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<&'static str>,
    ts: i64,
    tn: i64,
    s: &'a str,
    b: Vec<BookLevel>,
    a: Vec<BookLevel>,
    /// Whole, not a change; the best alone does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    st: Option<bool>,
}

pub fn book<'a>(engine: &Engine, listing: &Listing, symbol: &'a str, depth: Depth, now: Utc) -> Book<'a> {
    let (ts, tn) = stamp(now);
    let [b, a] = Side::BOTH.map(|side| levels(engine, listing, side, depth));
    Book { t: None, ts, tn, s: symbol, b, a, st: None }
}

impl Book<'_> {
    /// As a frame of the market-data socket.
    pub fn framed(mut self, depth: Depth) -> Self {
        (self.t, self.st) = match depth {
            Depth::Best => (Some("1"), None),
            Depth::Levels => (Some("2"), Some(true)),
            Depth::Orders => (Some("3"), Some(true)),
        };
        self
    }
}

#[derive(Serialize)]
pub struct CandleShape<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<&'static str>,
    symbol: &'a str,
    ts: i64,
    open: Dec<Price>,
    high: Dec<Price>,
    low: Dec<Price>,
    close: Dec<Price>,
    buy_volume: i64,
    sell_volume: i64,
    volume: i64,
    width: &'static str,
}

impl CandleShape<'_> {
    /// As a frame of the market-data socket.
    pub fn framed(mut self) -> Self {
        self.t = Some("c");
        self
    }
}

pub fn candle<'a>(candle: &Candle, symbol: &'a str, width: &'static str) -> CandleShape<'a> {
    let (volume, bought) = (contracts(candle.volume), contracts(candle.bought));
    CandleShape {
        t: None,
        symbol,
        ts: stamp(candle.start).0,
        open: Dec(candle.open),
        high: Dec(candle.high),
        low: Dec(candle.low),
        close: Dec(candle.close),
        buy_volume: bought,
        sell_volume: volume - bought,
        volume,
        width,
    }
}
