//! Who hears what of the market. Each message is printed once and shared by all who hear it.
//!
//! Trades are told as they happen; books, tickers and candles with every multiple of 100 ms of the exchange's clock, if they have changed.
//! A new subscriber hears the book and the ticker as they are at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::parts::{Effect, Freight};
use super::candles::{self, Candle, QuoteCandle, Width};
use super::connection::{Connection, Connections};
use super::print::print;
use super::shapes::{self, Depth};
use crate::base::time::Utc;
use crate::domain::book::Level;
use crate::domain::number::Side;
use crate::exchange::catalogue::{Listing, ListingId};
use crate::exchange::engine::{ConnectionId, Engine, Event, Trade};

/// What one connection hears of one contract; one wish for each, no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// `None` of trades alone.
    pub book: Option<Depth>,
    pub trades: Option<()>,
    pub ticker: Option<()>,
}

#[derive(Debug)]
struct CandleFeed {
    width: Width,
    subscribers: Vec<ConnectionId>,
    current: Option<Candle>,
    changed: bool,
}

#[derive(Debug)]
struct QuoteFeed {
    width: Width,
    subscribers: Vec<ConnectionId>,
    current: Option<QuoteCandle>,
}

/// Everything about one contract.
#[derive(Debug)]
struct Feed {
    symbol: String,
    wishes: Vec<(ConnectionId, Wish)>,
    /// The book has changed since the last flush.
    changed: bool,
    best: [Option<Level>; 2],
    /// The ticker as last told, stamped zero.
    ticker: String,
    candles: Vec<CandleFeed>,
    quotes: Vec<QuoteFeed>,
}

impl Feed {
    fn is_idle(&self) -> bool {
        self.wishes.is_empty() && self.candles.is_empty() && self.quotes.is_empty()
    }

    fn who(&self, wants: impl Fn(&Wish) -> bool) -> Vec<ConnectionId> {
        self.wishes.iter().filter(|(_, wish)| wants(wish)).map(|(who, _)| *who).collect()
    }

    fn forget(&mut self, who: ConnectionId) {
        self.wishes.retain(|(id, _)| *id != who);
        self.candles.iter_mut().for_each(|feed| feed.subscribers.retain(|id| *id != who));
        self.quotes.iter_mut().for_each(|feed| feed.subscribers.retain(|id| *id != who));
        self.prune();
    }

    fn prune(&mut self) {
        self.candles.retain(|feed| !feed.subscribers.is_empty());
        self.quotes.retain(|feed| !feed.subscribers.is_empty());
    }
}

#[derive(Debug, Default)]
pub struct Feeds(BTreeMap<ListingId, Feed>);

impl Feeds {
    fn feed(&mut self, listing: &Listing, symbol: &str, engine: &Engine) -> &mut Feed {
        self.0.entry(listing.id).or_insert_with(|| Feed {
            symbol: symbol.to_owned(),
            wishes: Vec::new(),
            changed: false,
            best: best(engine, listing),
            ticker: String::new(),
            candles: Vec::new(),
            quotes: Vec::new(),
        })
    }

    /// A new wish takes the place of an old one of the same contract.
    pub fn join(&mut self, who: ConnectionId, listing: &Listing, symbol: &str, wish: Wish, engine: &Engine) {
        let feed = self.feed(listing, symbol, engine);
        feed.wishes.retain(|(id, _)| *id != who);
        feed.wishes.push((who, wish));
    }

    /// The state as it is, for a new subscriber.
    pub fn welcome(
        now: Utc,
        listing: &Listing,
        symbol: &str,
        wish: Wish,
        engine: &Engine,
        connection: &mut Connection,
        out: &mut Vec<Effect>,
    ) {
        if let Some(depth) = wish.book {
            let text = print(&shapes::book(engine, listing, symbol, depth, now).framed(depth)).into();
            connection.send(Freight::BookSnapshot, &text, out);
        }
        if wish.ticker.is_some() {
            connection.say(print(&shapes::ticker(engine, listing, symbol, now).framed()), out);
        }
    }

    /// False when it did not listen.
    pub fn leave(&mut self, who: ConnectionId, listing: ListingId) -> bool {
        let Some(feed) = self.0.get_mut(&listing) else { return false };
        let before = feed.wishes.len();
        feed.wishes.retain(|(id, _)| *id != who);
        let left = feed.wishes.len() != before;
        self.prune();
        left
    }

    pub fn join_candles(&mut self, who: ConnectionId, listing: &Listing, symbol: &str, width: Width, engine: &Engine) {
        let feed = self.feed(listing, symbol, engine);
        match feed.candles.iter_mut().find(|feed| feed.width == width) {
            Some(candles) if candles.subscribers.contains(&who) => {}
            Some(candles) => candles.subscribers.push(who),
            None => {
                let current = candles::newest(engine, listing.id, width);
                feed.candles.push(CandleFeed { width, subscribers: vec![who], current, changed: false });
            }
        }
    }

    /// The candle as it is, for a new subscriber.
    pub fn welcome_candles(
        &self,
        listing: ListingId,
        width: Width,
        connection: &mut Connection,
        out: &mut Vec<Effect>,
    ) {
        let Some(feed) = self.0.get(&listing) else { return };
        let candles = feed.candles.iter().find(|feed| feed.width == width);
        if let Some(candle) = candles.and_then(|candles| candles.current) {
            connection.say(print(&shapes::candle(&candle, &feed.symbol, width.name()).framed()), out);
        }
    }

    /// False when it did not listen.
    pub fn leave_candles(&mut self, who: ConnectionId, listing: ListingId, width: Width) -> bool {
        let Some(feed) = self.0.get_mut(&listing) else { return false };
        let Some(candles) = feed.candles.iter_mut().find(|feed| feed.width == width) else { return false };
        let left = candles.subscribers.contains(&who);
        candles.subscribers.retain(|id| *id != who);
        self.prune();
        left
    }

    pub fn join_quotes(&mut self, who: ConnectionId, listing: &Listing, symbol: &str, width: Width, engine: &Engine) {
        let feed = self.feed(listing, symbol, engine);
        match feed.quotes.iter_mut().find(|feed| feed.width == width) {
            Some(quotes) if quotes.subscribers.contains(&who) => {}
            Some(quotes) => quotes.subscribers.push(who),
            None => feed.quotes.push(QuoteFeed { width, subscribers: vec![who], current: None }),
        }
    }

    /// False when it did not listen.
    pub fn leave_quotes(&mut self, who: ConnectionId, listing: ListingId, width: Width) -> bool {
        let Some(feed) = self.0.get_mut(&listing) else { return false };
        let Some(quotes) = feed.quotes.iter_mut().find(|feed| feed.width == width) else { return false };
        let left = quotes.subscribers.contains(&who);
        quotes.subscribers.retain(|id| *id != who);
        self.prune();
        left
    }

    pub fn leave_all(&mut self, who: ConnectionId) {
        self.0.values_mut().for_each(|feed| feed.forget(who));
        self.prune();
    }

    fn prune(&mut self) {
        self.0.values_mut().for_each(Feed::prune);
        self.0.retain(|_, feed| !feed.is_idle());
    }

    pub fn on_event(&mut self, event: &Event, connections: &mut Connections, out: &mut Vec<Effect>) {
        match event {
            Event::Book { listing, .. } => {
                if let Some(feed) = self.0.get_mut(listing) {
                    feed.changed = true;
                }
            }
            Event::Trade(trade) if trade.combo.is_none() => self.on_trade(trade, connections, out),
            _ => {}
        }
    }

    fn on_trade(&mut self, trade: &Trade, connections: &mut Connections, out: &mut Vec<Effect>) {
        let Some(feed) = self.0.get_mut(&trade.listing) else { return };
        let who = feed.who(|wish| wish.trades.is_some());
        if !who.is_empty() {
            let text = print(&shapes::trade(trade, &feed.symbol).framed()).into();
            send(&who, Freight::Other, &text, connections, out);
        }
        for candles in &mut feed.candles {
            candles::fold(&mut candles.current, trade, candles.width);
            candles.changed = true;
        }
    }

    /// Everything that gathers for 100 ms.
    pub fn flush(&mut self, now: Utc, engine: &Engine, connections: &mut Connections, out: &mut Vec<Effect>) {
        for (id, feed) in &mut self.0 {
            let Some(listing) = engine.catalogue().get(*id) else { continue };
            if std::mem::take(&mut feed.changed) {
                flush_book(now, feed, listing, engine, connections, out);
            }
            let who = feed.who(|wish| wish.ticker.is_some());
            if !who.is_empty() {
                let told = print(&shapes::ticker(engine, listing, &feed.symbol, Utc(0)));
                if told != feed.ticker {
                    feed.ticker = told;
                    let text = print(&shapes::ticker(engine, listing, &feed.symbol, now).framed()).into();
                    send(&who, Freight::Other, &text, connections, out);
                }
            }
            flush_candles(now, feed, connections, out);
        }
    }
}

fn best(engine: &Engine, listing: &Listing) -> [Option<Level>; 2] {
    Side::BOTH.map(|side| engine.best(listing.id, side))
}

fn flush_book(
    now: Utc,
    feed: &mut Feed,
    listing: &Listing,
    engine: &Engine,
    connections: &mut Connections,
    out: &mut Vec<Effect>,
) {
    let best = best(engine, listing);
    let moved = best != feed.best;
    feed.best = best;
    for depth in [Depth::Best, Depth::Levels, Depth::Orders] {
        let who = feed.who(|wish| wish.book == Some(depth));
        if who.is_empty() || depth == Depth::Best && !moved {
            continue;
        }
        let text = print(&shapes::book(engine, listing, &feed.symbol, depth, now).framed(depth)).into();
        send(&who, Freight::BookChange, &text, connections, out);
    }
}

fn flush_candles(now: Utc, feed: &mut Feed, connections: &mut Connections, out: &mut Vec<Effect>) {
    for candles in feed.candles.iter_mut().filter(|candles| candles.changed) {
        candles.changed = false;
        if let Some(candle) = &candles.current {
            let text = print(&shapes::candle(candle, &feed.symbol, candles.width.name()).framed()).into();
            send(&candles.subscribers, Freight::Other, &text, connections, out);
        }
    }
    let [Some(bid), Some(ask)] = feed.best else { return };
    for quotes in &mut feed.quotes {
        if candles::sample(&mut quotes.current, now, [bid.price, ask.price], quotes.width)
            && let Some(candle) = &quotes.current
        {
            let text = print(&candle.framed(&feed.symbol, quotes.width)).into();
            send(&quotes.subscribers, Freight::Other, &text, connections, out);
        }
    }
}

fn send(who: &[ConnectionId], freight: Freight, text: &Arc<str>, connections: &mut Connections, out: &mut Vec<Effect>) {
    for id in who {
        if let Some(connection) = connections.get_mut(id) {
            connection.send(freight, text, out);
        }
    }
}
