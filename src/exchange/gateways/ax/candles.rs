//! Candles: the exchange's own bars from a minute up, and what its last trades make of seconds; candles of the best bid and ask, sampled
//! while somebody listens.

use std::time::Duration;

use serde::Serialize;

use super::print::{Dec, stamp};
use crate::base::time::Utc;
use crate::domain::number::{Price, Qty, Side};
use crate::exchange::catalogue::{Listing, ListingId};
use crate::exchange::engine::{Bar, Engine, Trade};
use crate::exchange::sim::Exchange;

/// The same shape, whatever it was made from.
pub type Candle = Bar;

const HOUR: Duration = Duration::from_secs(3_600);
/// Most candles of one answer.
const MOST: i64 = 5_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    Second,
    FiveSeconds,
    Minute,
    FiveMinutes,
    FifteenMinutes,
    Hour,
    Day,
}

impl Width {
    const ALL: [Self; 7] =
        [Self::Second, Self::FiveSeconds, Self::Minute, Self::FiveMinutes, Self::FifteenMinutes, Self::Hour, Self::Day];

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|width| width.name() == text)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Second => "1s",
            Self::FiveSeconds => "5s",
            Self::Minute => "1m",
            Self::FiveMinutes => "5m",
            Self::FifteenMinutes => "15m",
            Self::Hour => "1h",
            Self::Day => "1d",
        }
    }

    const fn seconds(self) -> u64 {
        match self {
            Self::Second => 1,
            Self::FiveSeconds => 5,
            Self::Minute => 60,
            Self::FiveMinutes => 300,
            Self::FifteenMinutes => 900,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    pub const fn span(self) -> Duration {
        Duration::from_secs(self.seconds())
    }

    /// Shorter than the shortest bar that the exchange keeps.
    const fn is_of_seconds(self) -> bool {
        self.seconds() < 60
    }

    /// Where the candle around `at` begins.
    pub fn start(self, at: Utc) -> Utc {
        let width = i64::try_from(self.span().as_nanos()).unwrap_or(i64::MAX);
        Utc(at.0.div_euclid(width).saturating_mul(width))
    }
}

/// Takes one trade in; a trade of a later candle begins it.
pub fn fold(candle: &mut Option<Candle>, trade: &Trade, width: Width) {
    let start = width.start(trade.utc);
    let bought = if trade.aggressor == Side::Bid { trade.qty } else { Qty::ZERO };
    match candle {
        Some(candle) if candle.start == start => {
            candle.high = candle.high.max(trade.price);
            candle.low = candle.low.min(trade.price);
            candle.close = trade.price;
            candle.volume += trade.qty;
            candle.bought += bought;
        }
        _ => *candle = Some(Candle::at(start, trade.price, [trade.qty, bought], crate::domain::number::Money::ZERO)),
    }
}

/// What the trades that are remembered make, oldest first; seconds without a trade have no candle.
fn of_trades(engine: &Engine, listing: ListingId, width: Width) -> Vec<Candle> {
    let mut candles = Vec::new();
    let mut current = None;
    for trade in engine.trades(listing).filter(|trade| trade.combo.is_none()) {
        let before = current;
        fold(&mut current, trade, width);
        if before.is_some_and(|before: Candle| current.is_some_and(|now| now.start != before.start)) {
            candles.extend(before);
        }
    }
    candles.extend(current);
    candles
}

/// The candle that the last trade fell into.
pub fn newest(engine: &Engine, listing: ListingId, width: Width) -> Option<Candle> {
    if width.is_of_seconds() {
        return of_trades(engine, listing, width).pop();
    }
    engine.newest_bar(listing, width.span())
}

/// Candles that begin in `[from, to)`, oldest first, the newest ones where there are too many.
pub fn between(exchange: &Exchange, listing: &Listing, width: Width, (from, to): (Utc, Utc)) -> Vec<Candle> {
    let most = Duration::from_secs(width.seconds().saturating_mul(MOST.unsigned_abs()));
    let from = width.start(from.max(to - most));
    if width.is_of_seconds() {
        let mut candles = of_trades(exchange.engine(), listing.id, width);
        candles.retain(|candle| (from..to).contains(&candle.start));
        return candles;
    }
    exchange.bars(listing, width.span(), (from, to))
}

/// The first price since the last settlement, by hourly bars.
pub fn session_open(engine: &Engine, listing: ListingId, since: Option<Utc>) -> Option<Price> {
    let since = since.unwrap_or(Utc(i64::MIN));
    engine.bars(listing, HOUR).find(|bar| bar.start >= since).map(|bar| bar.open)
}

/// Four prices of one quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ohlc {
    open: Price,
    high: Price,
    low: Price,
    close: Price,
}

impl Ohlc {
    const fn at(price: Price) -> Self {
        Self { open: price, high: price, low: price, close: price }
    }

    fn take(&mut self, price: Price) {
        self.high = self.high.max(price);
        self.low = self.low.min(price);
        self.close = price;
    }
}

/// Best bid, best ask and the middle between them, over one width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuoteCandle {
    pub start: Utc,
    bid: Ohlc,
    ask: Ohlc,
    mid: Ohlc,
}

/// Takes one sample in. True when the candle has changed by it.
pub fn sample(candle: &mut Option<QuoteCandle>, at: Utc, [bid, ask]: [Price; 2], width: Width) -> bool {
    let before = *candle;
    let start = width.start(at);
    let mid = Price(bid.0.midpoint(ask.0));
    match candle {
        Some(candle) if candle.start == start => {
            candle.bid.take(bid);
            candle.ask.take(ask);
            candle.mid.take(mid);
        }
        _ => *candle = Some(QuoteCandle { start, bid: Ohlc::at(bid), ask: Ohlc::at(ask), mid: Ohlc::at(mid) }),
    }
    *candle != before
}

#[derive(Serialize)]
pub struct QuoteCandleShape<'a> {
    t: &'static str,
    symbol: &'a str,
    ts: i64,
    bid_open: Dec<Price>,
    bid_high: Dec<Price>,
    bid_low: Dec<Price>,
    bid_close: Dec<Price>,
    ask_open: Dec<Price>,
    ask_high: Dec<Price>,
    ask_low: Dec<Price>,
    ask_close: Dec<Price>,
    mid_open: Dec<Price>,
    mid_high: Dec<Price>,
    mid_low: Dec<Price>,
    mid_close: Dec<Price>,
    width: &'static str,
}

impl QuoteCandle {
    pub const fn framed<'a>(&self, symbol: &'a str, width: Width) -> QuoteCandleShape<'a> {
        let Self { start, bid, ask, mid } = *self;
        QuoteCandleShape {
            t: "bc",
            symbol,
            ts: stamp(start).0,
            bid_open: Dec(bid.open),
            bid_high: Dec(bid.high),
            bid_low: Dec(bid.low),
            bid_close: Dec(bid.close),
            ask_open: Dec(ask.open),
            ask_high: Dec(ask.high),
            ask_low: Dec(ask.low),
            ask_close: Dec(ask.close),
            mid_open: Dec(mid.open),
            mid_high: Dec(mid.high),
            mid_low: Dec(mid.low),
            mid_close: Dec(mid.close),
            width: width.name(),
        }
    }
}
