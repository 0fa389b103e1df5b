//! Who hears what. Feeds of a listing lie beside it, so that an event finds its listeners without a search; each message is printed
//! once and shared by all of them.
//!
//! `raw` speaks with every event, `100ms` and `agg2` at every multiple of 100 ms of the exchange's clock. A subscriber to a flushed book
//! causes a flush first, so that its snapshot ends where the next change begins. A feed says nothing twice: what its first subscriber
//! was welcomed with is what it has said.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::connection::{Connection, Connections, Effect, Freight, Joined};
use super::encode::BookEncoder;
use super::implied::Implied;
use super::print::{notification, notification_of, print};
use super::topics::{Sent, Topic, resolve, standing};
use super::{shapes, user_feeds};
use crate::base::time::Utc;
use crate::domain::book::Level;
use crate::domain::number::{Price, Side};
use crate::exchange::catalogue::{Listing, ListingId, ProductId};
use crate::exchange::engine::{ConnectionId, Engine, Event, Events, IndexId, LevelUpdate, Trade};
use crate::venues::deribit::wire::{Channel, Interval, NamedIndexPrice, Number, Ticker};

#[derive(Debug)]
struct Feed {
    name: Arc<str>,
    topic: Topic,
    subscribers: Vec<ConnectionId>,
    /// Trades until the next flush, printed.
    waiting: Vec<String>,
    /// The whole ticker as its listeners have it, where they hear only what moved.
    told: Map<String, Value>,
    /// What was last sent, for topics that speak only when it has changed.
    sent: Option<Sent>,
}

#[derive(Debug, Default)]
struct ListingFeeds {
    feeds: Vec<Feed>,
    pending: Option<Pending>,
}

/// Changes of a book since its last flush.
#[derive(Debug)]
struct Pending {
    prev_change_id: u64,
    change_id: u64,
    levels: BTreeMap<(Side, Price), LevelUpdate>,
}

#[derive(Debug, Default)]
pub struct Feeds {
    listings: Vec<ListingFeeds>,
    /// Feeds of no listing in particular.
    wide: Vec<Feed>,
    encoder: BookEncoder,
    implied: Implied,
}

impl Feeds {
    /// Adds a connection to a channel; `None` when there is no such channel, or not for it. `Some(None)` when it had it already.
    pub fn join(
        &mut self,
        now: Utc,
        name: &str,
        engine: &Engine,
        connections: &mut Connections,
        who: ConnectionId,
        out: &mut Vec<Effect>,
    ) -> Option<Option<Joined>> {
        let channel = Channel::parse(name)?;
        let authenticated = connections.get(&who)?.account.is_some();
        if channel.is_private() {
            return authenticated.then(|| user_feeds::join(name, &channel, engine, connections.get_mut(&who)?))?;
        }
        let (listing, topic) = resolve(&channel, engine)?;
        let is_open = listing.is_none_or(|id| engine.catalogue().get(id).is_some_and(|listing| listing.is_active));
        if !is_open || topic == Topic::Book && !authenticated {
            return None;
        }
        if topic == Topic::FlushedBook
            && let Some(id) = listing
        {
            self.flush_book(now, id, engine, connections, out);
        }
        let feeds = match listing {
            Some(id) => &mut self.listing(id).feeds,
            None => &mut self.wide,
        };
        let at = feeds.iter().position(|feed| &*feed.name == name).unwrap_or_else(|| {
            let feed = Feed {
                name: name.into(),
                topic,
                subscribers: Vec::new(),
                waiting: Vec::new(),
                told: Map::new(),
                sent: None,
            };
            feeds.push(feed);
            feeds.len() - 1
        });
        let feed = &mut feeds[at];
        if feed.subscribers.contains(&who) {
            return Some(None);
        }
        feed.subscribers.push(who);
        Some(Some(Joined(feed.name.clone())))
    }

    /// False when it had no such channel.
    pub fn leave(&mut self, name: &str, engine: &Engine, connection: &mut Connection) -> bool {
        let before = connection.feeds.len();
        connection.feeds.retain(|feed| &*feed.name != name);
        if connection.feeds.len() != before {
            return true;
        }
        let Some((listing, _)) = Channel::parse(name).and_then(|channel| resolve(&channel, engine)) else {
            return false;
        };
        let feeds = match listing {
            Some(id) => &mut self.listing(id).feeds,
            None => &mut self.wide,
        };
        let Some(feed) = feeds.iter_mut().find(|feed| &*feed.name == name) else { return false };
        let subscribed = feed.subscribers.contains(&connection.id);
        feed.subscribers.retain(|id| *id != connection.id);
        feeds.retain(|feed| !feed.subscribers.is_empty());
        subscribed
    }

    pub fn leave_all(&mut self, who: ConnectionId) {
        for feeds in self.listings.iter_mut().map(|listing| &mut listing.feeds).chain([&mut self.wide]) {
            for feed in feeds.iter_mut() {
                feed.subscribers.retain(|id| *id != who);
            }
            feeds.retain(|feed| !feed.subscribers.is_empty());
        }
    }

    /// What a new subscriber hears first: the state as it is.
    pub fn welcome(
        &mut self,
        now: Utc,
        joined: &Joined,
        engine: &Engine,
        connection: &mut Connection,
        out: &mut Vec<Effect>,
    ) {
        let name = &*joined.0;
        let Some(channel) = Channel::parse(name) else { return };
        if channel.is_private() {
            user_feeds::welcome(name, engine, connection, out);
            return;
        }
        let Some((id, topic)) = resolve(&channel, engine) else { return };
        let listing = id.and_then(|id| engine.catalogue().get(id));
        let (freight, text) = match (topic, listing) {
            (Topic::Book | Topic::FlushedBook, Some(listing)) => {
                let [bids, asks] = book_levels(engine, listing, usize::MAX);
                let change_id = engine.change_id(listing.id);
                let text = self.encoder.snapshot(name, listing, now, change_id, [&bids, &asks]);
                (Freight::BookSnapshot, text.into())
            }
            (Topic::GroupedBook { group, depth }, Some(listing)) => {
                (Freight::BookSnapshot, self.grouped(now, name, listing, group, depth, engine))
            }
            (Topic::Ticker(_), Some(listing)) => {
                let implied = self.implied.of(now, listing.id, engine);
                (Freight::Other, notification(name, shapes::ticker(engine, listing, now, implied)))
            }
            (Topic::Increment, Some(listing)) => {
                let implied = self.implied.of(now, listing.id, engine);
                let mut whole = members(shapes::ticker(engine, listing, now, implied));
                whole.insert("type".to_owned(), "snapshot".into());
                (Freight::Other, notification(name, whole))
            }
            (Topic::Quote, Some(listing)) => (Freight::Other, notification(name, shapes::quote(engine, listing, now))),
            (Topic::Expiration(product), _) => match expiration_text(name, product, now, engine) {
                Some(text) => (Freight::Other, text),
                None => return,
            },
            (Topic::Index(index), _) => match index_text(name, index, now, engine) {
                Some(text) => (Freight::Other, text),
                None => return,
            },
            (Topic::Perpetual(_), Some(listing)) => match perpetual_text(name, listing, now, engine) {
                Some(text) => (Freight::Other, text),
                None => return,
            },
            (Topic::Platform, _) => {
                (Freight::Other, notification(name, PlatformState { locked: shapes::is_locked(engine) }))
            }
            _ => return,
        };
        connection.send(freight, &text, out);
        let Self { listings, wide, implied, .. } = self;
        let feeds = match id {
            Some(id) => listings.get_mut(id.index()).map(|here| &mut here.feeds),
            None => Some(wide),
        };
        let mut feeds = feeds.into_iter().flatten();
        if let Some(feed) = feeds.find(|feed| &*feed.name == name && feed.sent.is_none()) {
            feed.sent = standing(now, topic, listing.map(|listing| &**listing), engine, implied);
            if let (Topic::Increment, Some(listing)) = (topic, listing) {
                feed.told = members(shapes::ticker(engine, listing, now, implied.of(now, listing.id, engine)));
            }
        }
    }

    /// Tells everybody concerned what just happened: `list`, whose levels lie in `events`.
    pub fn on_events(
        &mut self,
        now: Utc,
        list: &[Event],
        events: &Events,
        engine: &Engine,
        connections: &mut Connections,
        out: &mut Vec<Effect>,
    ) {
        for (at, event) in list.iter().enumerate() {
            match event {
                Event::Book { listing, prev_change_id, change_id, levels } => {
                    let ids = (*prev_change_id, *change_id);
                    self.on_book(now, *listing, ids, events.levels(levels), engine, connections, out);
                }
                Event::Trade(trade) => {
                    let legs = legs_of(trade, &list[at + 1..]);
                    self.on_trade(now, trade, &legs, engine, connections, out);
                }
                Event::Fill(fill) => user_feeds::on_fill(fill, engine, connections, out),
                Event::Order(order) => user_feeds::on_order(order, engine, connections, out),
                Event::Held(held) => user_feeds::on_held(held, engine, connections, out),
                Event::State { listing, .. } => {
                    self.on_state(now, *listing, shapes::state_of(engine, *listing), engine, connections, out);
                }
                Event::Locked { product, is_locked } => {
                    self.on_lock(*product, *is_locked, engine, connections, out);
                }
                Event::Listed(listing) => self.on_state(now, *listing, "created", engine, connections, out),
                Event::Expired(listing) => self.on_state(now, *listing, "closed", engine, connections, out),
                // Balances are looked at with every flush.
                Event::Portfolio(_)
                | Event::Fixing { .. }
                | Event::Settlement(_)
                | Event::Funding { .. }
                | Event::Restated { .. }
                | Event::Margin { .. }
                | Event::TakenOver { .. }
                | Event::Bankrupt { .. } => {}
            }
        }
        user_feeds::tell_changes(Interval::Raw, engine, connections, out);
    }

    fn on_book(
        &mut self,
        now: Utc,
        id: ListingId,
        (prev_change_id, change_id): (u64, u64),
        levels: &[LevelUpdate],
        engine: &Engine,
        connections: &mut Connections,
        out: &mut Vec<Effect>,
    ) {
        let Some(here) = self.listings.get_mut(id.index()).filter(|here| !here.feeds.is_empty()) else { return };
        let Some(listing) = engine.catalogue().get(id) else { return };
        let mut flushed = false;
        for feed in &mut here.feeds {
            let topic = feed.topic;
            match topic {
                Topic::Book => {
                    let ids = (prev_change_id, change_id);
                    let text = self.encoder.change(&feed.name, listing, now, ids, levels).into();
                    send(&feed.subscribers, Freight::BookChange, &text, connections, out);
                }
                Topic::FlushedBook => flushed = true,
                Topic::Quote if has_moved(now, feed, Some(listing), engine, &mut self.implied) => {
                    let text = notification(&feed.name, shapes::quote(engine, listing, now));
                    send(&feed.subscribers, Freight::Other, &text, connections, out);
                }
                Topic::Ticker(Interval::Raw) => {
                    ticker(now, feed, listing, (engine, &mut self.implied), connections, out);
                }
                _ => {}
            }
        }
        if flushed {
            let pending =
                here.pending.get_or_insert_with(|| Pending { prev_change_id, change_id, levels: BTreeMap::new() });
            pending.change_id = change_id;
            for level in levels {
                let kept = pending.levels.entry((level.side, level.price)).or_insert(*level);
                kept.qty = level.qty;
            }
        }
    }

    fn on_trade(
        &mut self,
        now: Utc,
        trade: &Trade,
        legs: &[Trade],
        engine: &Engine,
        connections: &mut Connections,
        out: &mut Vec<Effect>,
    ) {
        let Some(listing) = engine.catalogue().get(trade.listing) else { return };
        let beside = self.listings.get_mut(trade.listing.index()).map(|here| here.feeds.iter_mut());
        let mut printed: Option<String> = None;
        for feed in beside.into_iter().flatten().chain(&mut self.wide) {
            match feed.topic {
                Topic::Trades(filter, interval) if filter.covers(listing) => {
                    let text = printed.get_or_insert_with(|| print(&shapes::trade(engine, trade, legs)));
                    if interval == Interval::Raw {
                        let text = notification_of(&feed.name, &format!("[{text}]"));
                        send(&feed.subscribers, Freight::Other, &text, connections, out);
                    } else {
                        feed.waiting.push(text.clone());
                    }
                }
                Topic::Ticker(Interval::Raw) => {
                    ticker(now, feed, listing, (engine, &mut self.implied), connections, out);
                }
                _ => {}
            }
        }
    }

    fn on_state(
        &mut self,
        now: Utc,
        id: ListingId,
        state: &'static str,
        engine: &Engine,
        connections: &mut Connections,
        out: &mut Vec<Effect>,
    ) {
        let Some(listing) = engine.catalogue().get(id) else { return };
        for feed in self.listings.get_mut(id.index()).into_iter().flat_map(|here| &mut here.feeds) {
            if feed.topic == Topic::Ticker(Interval::Raw) {
                ticker(now, feed, listing, (engine, &mut self.implied), connections, out);
            }
        }
        for feed in &self.wide {
            if let Topic::State(filter) = feed.topic
                && filter.covers(listing)
            {
                let data = InstrumentState { timestamp: now.millis(), state, instrument_name: &listing.symbol };
                send(&feed.subscribers, Freight::Other, &notification(&feed.name, data), connections, out);
            }
        }
    }

    fn on_lock(
        &mut self,
        product: ProductId,
        locked: bool,
        engine: &Engine,
        connections: &mut Connections,
        out: &mut Vec<Effect>,
    ) {
        let Some(product) = engine.catalogue().product(product) else { return };
        for feed in self.wide.iter().filter(|feed| feed.topic == Topic::Platform) {
            let text = notification(&feed.name, IndexLock { price_index: &product.index_name, locked });
            send(&feed.subscribers, Freight::Other, &text, connections, out);
        }
    }

    /// Everything that speaks every 100 ms.
    pub fn flush(&mut self, now: Utc, engine: &Engine, connections: &mut Connections, out: &mut Vec<Effect>) {
        for index in 0..self.listings.len() {
            let id = ListingId(u32::try_from(index).unwrap_or(u32::MAX));
            self.flush_book(now, id, engine, connections, out);
            self.flush_listing(now, id, engine, connections, out);
        }
        for feed in &mut self.wide {
            flush_trades(feed, connections, out);
            let topic = feed.topic;
            if !matches!(topic, Topic::Index(_) | Topic::Expiration(_))
                || !has_moved(now, feed, None, engine, &mut self.implied)
            {
                continue;
            }
            let text = match topic {
                Topic::Index(index) => index_text(&feed.name, index, now, engine),
                Topic::Expiration(product) => expiration_text(&feed.name, product, now, engine),
                _ => None,
            };
            if let Some(text) = text {
                send(&feed.subscribers, Freight::Other, &text, connections, out);
            }
        }
        user_feeds::tell_changes(Interval::Flushed, engine, connections, out);
        for connection in connections.values_mut() {
            user_feeds::flush(engine, connection, out);
        }
    }

    fn flush_book(
        &mut self,
        now: Utc,
        id: ListingId,
        engine: &Engine,
        connections: &mut Connections,
        out: &mut Vec<Effect>,
    ) {
        let Some(here) = self.listings.get_mut(id.index()) else { return };
        let (Some(pending), Some(listing)) = (here.pending.take(), engine.catalogue().get(id)) else { return };
        let levels: Vec<LevelUpdate> = pending.levels.into_values().filter(|l| l.before != l.qty).collect();
        for feed in here.feeds.iter().filter(|feed| feed.topic == Topic::FlushedBook) {
            let ids = (pending.prev_change_id, pending.change_id);
            let text = self.encoder.change(&feed.name, listing, now, ids, &levels).into();
            send(&feed.subscribers, Freight::BookChange, &text, connections, out);
        }
    }

    fn flush_listing(
        &mut self,
        now: Utc,
        id: ListingId,
        engine: &Engine,
        connections: &mut Connections,
        out: &mut Vec<Effect>,
    ) {
        let Some(listing) = engine.catalogue().get(id) else { return };
        let mut feeds = std::mem::take(&mut self.listing(id).feeds);
        for feed in &mut feeds {
            let topic = feed.topic;
            match topic {
                Topic::GroupedBook { group, depth }
                    if has_moved(now, feed, Some(listing), engine, &mut self.implied) =>
                {
                    let text = self.grouped(now, &feed.name, listing, group, depth, engine);
                    send(&feed.subscribers, Freight::BookChange, &text, connections, out);
                }
                Topic::Perpetual(_) if has_moved(now, feed, Some(listing), engine, &mut self.implied) => {
                    if let Some(text) = perpetual_text(&feed.name, listing, now, engine) {
                        send(&feed.subscribers, Freight::Other, &text, connections, out);
                    }
                }
                // A raw ticker too: other books and the index move it without an event of its own.
                Topic::Ticker(_) => ticker(now, feed, listing, (engine, &mut self.implied), connections, out),
                Topic::Increment if has_moved(now, feed, Some(listing), engine, &mut self.implied) => {
                    let implied = self.implied.of(now, id, engine);
                    let whole = members(shapes::ticker(engine, listing, now, implied));
                    let mut moved = what_moved(&feed.told, &whole);
                    moved.insert("type".to_owned(), "change".into());
                    feed.told = whole;
                    send(&feed.subscribers, Freight::Other, &notification(&feed.name, moved), connections, out);
                }
                Topic::Chart(_) if has_moved(now, feed, Some(listing), engine, &mut self.implied) => {
                    if let Some(Sent::Bar(bar)) = feed.sent {
                        let text = notification(&feed.name, shapes::bar(listing, &bar));
                        send(&feed.subscribers, Freight::Other, &text, connections, out);
                    }
                }
                Topic::Trades(..) => flush_trades(feed, connections, out),
                _ => {}
            }
        }
        self.listing(id).feeds = feeds;
    }

    fn grouped(
        &mut self,
        now: Utc,
        name: &str,
        listing: &Listing,
        group: Price,
        depth: usize,
        engine: &Engine,
    ) -> Arc<str> {
        let [bids, asks] = book_levels(engine, listing, if group.0 == 0 { depth } else { usize::MAX });
        let bids = group_levels(&bids, depth, |price| if group.0 == 0 { price } else { price.floor_to(group) });
        let asks = group_levels(&asks, depth, |price| if group.0 == 0 { price } else { price.ceil_to(group) });
        self.encoder.grouped(name, listing, now, engine.change_id(listing.id), [&bids, &asks]).into()
    }

    fn listing(&mut self, id: ListingId) -> &mut ListingFeeds {
        let wanted = id.index() + 1;
        if self.listings.len() < wanted {
            self.listings.resize_with(wanted, ListingFeeds::default);
        }
        &mut self.listings[id.index()]
    }
}

#[derive(Serialize)]
struct InstrumentState<'a> {
    timestamp: i64,
    state: &'a str,
    instrument_name: &'a str,
}

#[derive(Serialize)]
struct PlatformState {
    locked: bool,
}

#[derive(Serialize)]
struct PerpetualInterest {
    interest: Number,
    index_price: Number,
    timestamp: i64,
}

#[derive(Serialize)]
struct IndexLock<'a> {
    price_index: &'a str,
    locked: bool,
}

#[derive(Serialize)]
struct Expiration {
    price: Number,
    /// Until then.
    seconds: i64,
    /// Whether fixings that count have been published.
    is_estimated: bool,
}

/// A ticker member by member; what is unknown is left out.
fn members(ticker: Ticker<'_>) -> Map<String, Value> {
    match serde_json::to_value(ticker) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

/// Members of `now` that are not in `before` as they are, `null` for those that are no more; those that tell whose and when it is always.
fn what_moved(before: &Map<String, Value>, now: &Map<String, Value>) -> Map<String, Value> {
    let is_news =
        |name: &str, value: &Value| matches!(name, "instrument_name" | "timestamp") || before.get(name) != Some(value);
    let gone = before.keys().filter(|name| !now.contains_key(*name)).map(|name| (name.clone(), Value::Null));
    let news = now.iter().filter(|(name, value)| is_news(name, value));
    news.map(|(name, value)| (name.clone(), value.clone())).chain(gone).collect()
}

fn perpetual_text(name: &str, listing: &Listing, now: Utc, engine: &Engine) -> Option<Arc<str>> {
    let interest = shapes::rate(engine.current_funding(listing.id)?);
    let index_price = engine.index(listing.product)?.into();
    Some(notification(name, PerpetualInterest { interest, index_price, timestamp: now.millis() }))
}

fn expiration_text(name: &str, product: ProductId, now: Utc, engine: &Engine) -> Option<Arc<str>> {
    let front = engine.front(product)?;
    let price = engine.estimated_delivery(front.id)?.into();
    let seconds = i64::try_from(front.expiry?.since(now).as_secs()).ok()?;
    let is_estimated = front.month.is_some_and(|month| engine.fixed_in(product, month).next().is_some());
    Some(notification(name, Expiration { price, seconds, is_estimated }))
}

/// Trades of a spread's legs come right after it.
fn legs_of(trade: &Trade, after: &[Event]) -> Vec<Trade> {
    let leg = |event: &Event| match event {
        Event::Trade(leg) if leg.combo.is_some_and(|tag| tag.trade_id == trade.trade_id) => Some(*leg),
        _ => None,
    };
    if trade.combo.is_some() {
        return Vec::new();
    }
    // Fills of the spread may stand between it and its legs; the next spread or outright trade ends the search.
    after
        .iter()
        .take_while(|event| !matches!(event, Event::Trade(next) if next.combo.is_none()))
        .filter_map(leg)
        .collect()
}

fn flush_trades(feed: &mut Feed, connections: &mut Connections, out: &mut Vec<Effect>) {
    if feed.waiting.is_empty() {
        return;
    }
    let data = format!("[{}]", feed.waiting.join(","));
    feed.waiting.clear();
    send(&feed.subscribers, Freight::Other, &notification_of(&feed.name, &data), connections, out);
}

/// Whether there is something to say that was not said yet; it is taken as said.
fn has_moved(now: Utc, feed: &mut Feed, listing: Option<&Listing>, engine: &Engine, implied: &mut Implied) -> bool {
    let stands = standing(now, feed.topic, listing, engine, implied);
    std::mem::replace(&mut feed.sent, stands) != stands
}

/// Sends a ticker if anything in it moved.
fn ticker(
    now: Utc,
    feed: &mut Feed,
    listing: &Listing,
    (engine, implied): (&Engine, &mut Implied),
    connections: &mut Connections,
    out: &mut Vec<Effect>,
) {
    if has_moved(now, feed, Some(listing), engine, implied) {
        let implied = implied.of(now, listing.id, engine);
        let text = notification(&feed.name, shapes::ticker(engine, listing, now, implied));
        send(&feed.subscribers, Freight::Other, &text, connections, out);
    }
}

/// Stamped with its publication; indices that contracts settle against are published all the time.
fn index_text(name: &str, index: IndexId, now: Utc, engine: &Engine) -> Option<Arc<str>> {
    let (price, published) = engine.index_now(index)?;
    let index_name = match index {
        IndexId::Settling(product) => &engine.catalogue().product(product)?.index_name,
        IndexId::Secondary(id) => &engine.secondary_index(id)?.name,
    };
    let timestamp = published.unwrap_or(now).millis();
    let data = NamedIndexPrice { index_name: index_name.into(), timestamp, price: price.into() };
    Some(notification(name, data))
}

pub fn book_levels(engine: &Engine, listing: &Listing, depth: usize) -> [Vec<Level>; 2] {
    Side::BOTH.map(|side| {
        let mut levels = Vec::new();
        engine.copy_levels(listing.id, side, depth, &mut levels);
        levels
    })
}

fn group_levels(levels: &[Level], depth: usize, bucket: impl Fn(Price) -> Price) -> Vec<Level> {
    let mut grouped: Vec<Level> = Vec::with_capacity(depth);
    for level in levels {
        let price = bucket(level.price);
        let full = grouped.len() == depth;
        match grouped.last_mut() {
            Some(last) if last.price == price => last.qty += level.qty,
            _ if full => break,
            _ => grouped.push(Level { price, qty: level.qty }),
        }
    }
    grouped
}

fn send(
    subscribers: &[ConnectionId],
    freight: Freight,
    text: &Arc<str>,
    connections: &mut Connections,
    out: &mut Vec<Effect>,
) {
    for id in subscribers {
        if let Some(connection) = connections.get_mut(id) {
            connection.send(freight, text, out);
        }
    }
}
