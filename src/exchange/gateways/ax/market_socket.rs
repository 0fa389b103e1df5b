//! Requests on the market-data socket: subscriptions.

use serde::{Deserialize, Serialize};

use super::super::parts::Effect;
use super::candles::Width;
use super::connection::Connection;
use super::failure::Failure;
use super::feeds::{Feeds, Wish};
use super::print::print;
use super::request::read;
use super::shapes::Depth;
use super::symbols;
use crate::base::time::Utc;
use crate::exchange::catalogue::Listing;
use crate::exchange::engine::Engine;
use crate::venues::deribit::wire::Text;

#[derive(Deserialize)]
struct Envelope<'a> {
    rid: Option<i64>,
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
}

#[derive(Clone, Copy, Deserialize)]
enum Level {
    #[serde(rename = "LEVEL_1")]
    One,
    #[serde(rename = "LEVEL_2")]
    Two,
    #[serde(rename = "LEVEL_3")]
    Three,
    #[serde(rename = "TRADES")]
    Trades,
}

#[derive(Deserialize)]
struct Subscribe<'a> {
    #[serde(borrow)]
    symbol: Text<'a>,
    level: Level,
    trades: Option<bool>,
    ticker: Option<bool>,
}

#[derive(Deserialize)]
struct Symbol<'a> {
    #[serde(borrow)]
    symbol: Text<'a>,
}

#[derive(Deserialize)]
struct Candles<'a> {
    #[serde(borrow)]
    symbol: Text<'a>,
    #[serde(borrow)]
    width: Text<'a>,
}

#[derive(Serialize)]
struct Answer<T> {
    rid: i64,
    result: T,
}

/// One key says what was done, its value to what.
#[derive(Serialize)]
enum Done {
    #[serde(rename = "subscribed")]
    Subscribed(String),
    #[serde(rename = "unsubscribed")]
    Unsubscribed(String),
    #[serde(rename = "subscribed_candle")]
    SubscribedCandle(String),
    #[serde(rename = "unsubscribed_candle")]
    UnsubscribedCandle(String),
    #[serde(rename = "subscribed_bbo_candle")]
    SubscribedBboCandle(String),
    #[serde(rename = "unsubscribed_bbo_candle")]
    UnsubscribedBboCandle(String),
}

/// Answers one message; what a new subscriber hears first follows the answer.
pub fn text(
    now: Utc,
    body: &[u8],
    feeds: &mut Feeds,
    engine: &Engine,
    connection: &mut Connection,
    out: &mut Vec<Effect>,
) {
    let envelope: Envelope<'_> = match read(body) {
        Ok(envelope) => envelope,
        Err(failure) => return connection.say(failure.market_frame(None), out),
    };
    let Some(rid) = envelope.rid else {
        return connection.say(Failure::bad("rid: a number is needed").market_frame(None), out);
    };
    let mut request = Request { now, body, feeds, engine, connection, out };
    let kind = envelope.kind.as_deref().unwrap_or_default();
    let done = match kind {
        "subscribe" => return request.subscribe(rid),
        "subscribe_candles" => return request.subscribe_candles(rid),
        "unsubscribe" => request.unsubscribe(),
        "unsubscribe_candles" => request.unsubscribe_candles(),
        "subscribe_bbo_candles" => request.subscribe_quotes(),
        "unsubscribe_bbo_candles" => request.unsubscribe_quotes(),
        _ => Err(Failure::bad("type: no such request")),
    };
    request.answer(rid, done);
}

struct Request<'a, 'r> {
    now: Utc,
    body: &'a [u8],
    feeds: &'r mut Feeds,
    engine: &'a Engine,
    connection: &'r mut Connection,
    out: &'r mut Vec<Effect>,
}

impl<'a> Request<'a, '_> {
    fn answer(&mut self, rid: i64, done: Result<Done, Failure>) {
        let text = match done {
            Ok(result) => print(&Answer { rid, result }),
            Err(failure) => failure.market_frame(Some(rid)),
        };
        self.connection.say(text, self.out);
    }

    fn known(&self, symbol: &str) -> Result<&'a Listing, Failure> {
        let found = symbols::find(self.engine.catalogue(), symbol);
        found.map(|listing| &**listing).ok_or_else(|| Failure::symbol(symbol))
    }

    fn listed(&self, symbol: &str) -> Result<&'a Listing, Failure> {
        self.known(symbol).and_then(|found| if found.is_active { Ok(found) } else { Err(Failure::symbol(symbol)) })
    }

    fn subscribe(&mut self, rid: i64) {
        let asked = read::<Subscribe<'_>>(self.body);
        let asked = asked.and_then(|asked| self.listed(&asked.symbol).map(|listing| (listing, asked)));
        let (listing, asked) = match asked {
            Ok(asked) => asked,
            Err(failure) => return self.answer(rid, Err(failure)),
        };
        let wanted = |flag: Option<bool>| flag.unwrap_or(true).then_some(());
        let book = |depth| Wish { book: Some(depth), trades: wanted(asked.trades), ticker: wanted(asked.ticker) };
        let wish = match asked.level {
            Level::One => book(Depth::Best),
            Level::Two => book(Depth::Levels),
            Level::Three => book(Depth::Orders),
            Level::Trades => Wish { book: None, trades: Some(()), ticker: None },
        };
        self.feeds.join(self.connection.id, listing, &asked.symbol, wish, self.engine);
        self.answer(rid, Ok(Done::Subscribed(asked.symbol.to_string())));
        Feeds::welcome(self.now, listing, &asked.symbol, wish, self.engine, self.connection, self.out);
    }

    fn unsubscribe(&mut self) -> Result<Done, Failure> {
        let Symbol { symbol } = read(self.body)?;
        let listing = self.known(&symbol)?;
        if self.feeds.leave(self.connection.id, listing.id) {
            return Ok(Done::Unsubscribed(symbol.to_string()));
        }
        Err(Failure::not_found(format!("not subscribed to {symbol}")))
    }

    fn candles(&self) -> Result<(&'a Listing, String, Width), Failure> {
        let asked: Candles<'_> = read(self.body)?;
        let width = Width::parse(&asked.width).ok_or_else(|| Failure::bad("width: 1s, 5s, 1m, 5m, 15m, 1h or 1d"))?;
        Ok((self.known(&asked.symbol)?, asked.symbol.to_string(), width))
    }

    fn subscribe_candles(&mut self, rid: i64) {
        let listed = |asked: (&'a Listing, String, Width)| self.listed(&asked.1).map(|_| asked);
        let (listing, symbol, width) = match self.candles().and_then(listed) {
            Ok(asked) => asked,
            Err(failure) => return self.answer(rid, Err(failure)),
        };
        self.feeds.join_candles(self.connection.id, listing, &symbol, width, self.engine);
        self.answer(rid, Ok(Done::SubscribedCandle(topic(&symbol, width))));
        self.feeds.welcome_candles(listing.id, width, self.connection, self.out);
    }

    fn unsubscribe_candles(&mut self) -> Result<Done, Failure> {
        let (listing, symbol, width) = self.candles()?;
        if self.feeds.leave_candles(self.connection.id, listing.id, width) {
            return Ok(Done::UnsubscribedCandle(topic(&symbol, width)));
        }
        Err(Failure::not_found(format!("not subscribed to {}", topic(&symbol, width))))
    }

    fn subscribe_quotes(&mut self) -> Result<Done, Failure> {
        let (listing, symbol, width) = self.candles()?;
        self.listed(&symbol)?;
        self.feeds.join_quotes(self.connection.id, listing, &symbol, width, self.engine);
        Ok(Done::SubscribedBboCandle(topic(&symbol, width)))
    }

    fn unsubscribe_quotes(&mut self) -> Result<Done, Failure> {
        let (listing, symbol, width) = self.candles()?;
        if self.feeds.leave_quotes(self.connection.id, listing.id, width) {
            return Ok(Done::UnsubscribedBboCandle(topic(&symbol, width)));
        }
        Err(Failure::not_found(format!("not subscribed to {}", topic(&symbol, width))))
    }
}

fn topic(symbol: &str, width: Width) -> String {
    format!("{symbol}:{}", width.name())
}
