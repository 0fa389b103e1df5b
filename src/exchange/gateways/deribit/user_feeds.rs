//! Channels of one account: its orders, its fills, its balance. They hang on the connection that asked for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::connection::{Connection, Connections, Effect, Freight, Joined, UserFeed, UserTopic};
use super::filter::{Filter, product};
use super::print::{notification, notification_of, print};
use super::shapes;
use crate::exchange::accounts::AccountId;
use crate::exchange::catalogue::ListingId;
use crate::exchange::engine::{Engine, Fill, HeldOrder, Order};
use crate::venues::deribit::wire::{Channel, Interval};

pub fn join(name: &str, channel: &Channel<'_>, engine: &Engine, who: &mut Connection) -> Option<Option<Joined>> {
    let catalogue = engine.catalogue();
    let topic = match channel {
        Channel::UserOrders(selector, interval) => UserTopic::Orders(Filter::select(selector, catalogue)?, *interval),
        Channel::UserTrades(selector, interval) => UserTopic::Trades(Filter::select(selector, catalogue)?, *interval),
        Channel::UserChanges(selector, interval) => UserTopic::Changes(Filter::select(selector, catalogue)?, *interval),
        Channel::UserPortfolio(currency) => match product(currency, catalogue) {
            Some(None) => UserTopic::Portfolio,
            _ => UserTopic::Silent,
        },
        _ => return None,
    };
    if who.feeds.iter().any(|feed| &*feed.name == name) {
        return Some(None);
    }
    let name: Arc<str> = name.into();
    let (waiting, changes) = (Vec::new(), BTreeMap::new());
    who.feeds.push(UserFeed { name: name.clone(), topic, waiting, changes, balance: None });
    Some(Some(Joined(name)))
}

/// The balance is known at once; the rest speaks when something happens.
pub fn welcome(name: &str, engine: &Engine, connection: &mut Connection, out: &mut Vec<Effect>) {
    each_feed(connection, |connection, feed| {
        if &*feed.name == name && feed.topic == UserTopic::Portfolio {
            tell_portfolio(feed, engine, connection, out);
        }
    });
}

pub fn on_fill(fill: &Fill, engine: &Engine, connections: &mut Connections, out: &mut Vec<Effect>) {
    let Some(listing) = engine.catalogue().get(fill.trade.listing) else { return };
    let mut printed: Option<String> = None;
    for connection in connections.values_mut().filter(|c| c.account == Some(fill.account)) {
        each_feed(connection, |connection, feed| match feed.topic {
            UserTopic::Trades(filter, interval) if filter.covers(listing) => {
                let item = printed.get_or_insert_with(|| print(&shapes::fill(engine, fill)));
                match interval {
                    Interval::Raw => send(feed, &format!("[{item}]"), connection, out),
                    _ => feed.waiting.push(item.clone()),
                }
            }
            UserTopic::Changes(filter, _) if filter.covers(listing) => {
                let item = printed.get_or_insert_with(|| print(&shapes::fill(engine, fill)));
                feed.changes.entry(listing.id).or_default().trades.push(item.clone());
            }
            _ => {}
        });
    }
}

pub fn on_order(order: &Order, engine: &Engine, connections: &mut Connections, out: &mut Vec<Effect>) {
    let text = || print(&shapes::order(engine, order));
    tell_order((order.account, order.listing), text, engine, connections, out);
}

pub fn on_held(held: &HeldOrder, engine: &Engine, connections: &mut Connections, out: &mut Vec<Effect>) {
    let text = || print(&shapes::held(engine, held));
    tell_order((held.account, held.place.listing), text, engine, connections, out);
}

fn tell_order(
    (account, listing): (AccountId, ListingId),
    text: impl Fn() -> String,
    engine: &Engine,
    connections: &mut Connections,
    out: &mut Vec<Effect>,
) {
    let Some(listing) = engine.catalogue().get(listing) else { return };
    let mut printed: Option<String> = None;
    for connection in connections.values_mut().filter(|c| c.account == Some(account)) {
        each_feed(connection, |connection, feed| match feed.topic {
            UserTopic::Orders(filter, interval) if filter.covers(listing) => {
                let item = printed.get_or_insert_with(&text);
                match interval {
                    Interval::Raw => send(feed, item, connection, out),
                    _ => feed.waiting.push(item.clone()),
                }
            }
            UserTopic::Changes(filter, _) if filter.covers(listing) => {
                let item = printed.get_or_insert_with(&text);
                feed.changes.entry(listing.id).or_default().orders.push(item.clone());
            }
            _ => {}
        });
    }
}

/// Sends what has gathered for the feeds of changes that speak now, with the positions that came of it.
pub fn tell_changes(spoken: Interval, engine: &Engine, connections: &mut Connections, out: &mut Vec<Effect>) {
    for connection in connections.values_mut() {
        each_feed(connection, |connection, feed| {
            let UserTopic::Changes(_, interval) = feed.topic else { return };
            if (interval == Interval::Raw) != (spoken == Interval::Raw) {
                return;
            }
            for (id, changes) in std::mem::take(&mut feed.changes) {
                let Some(listing) = engine.catalogue().get(id) else { continue };
                let view = connection.account.and_then(|account| engine.position(account, id));
                let position = view.map(|view| print(&shapes::position(engine, listing, &view))).unwrap_or_default();
                let data = format!(
                    r#"{{"instrument_name":"{}","trades":[{}],"orders":[{}],"positions":[{position}]}}"#,
                    listing.symbol,
                    changes.trades.join(","),
                    changes.orders.join(","),
                );
                send(feed, &data, connection, out);
            }
        });
    }
}

/// Sends what has gathered, and the balance if orders, fills or marks have moved it.
pub fn flush(engine: &Engine, connection: &mut Connection, out: &mut Vec<Effect>) {
    each_feed(connection, |connection, feed| {
        if feed.topic == UserTopic::Portfolio {
            tell_portfolio(feed, engine, connection, out);
        } else if !feed.waiting.is_empty() {
            let data = format!("[{}]", std::mem::take(&mut feed.waiting).join(","));
            send(feed, &data, connection, out);
        }
    });
}

/// Every feed of a connection, beside the connection that it speaks through.
fn each_feed(connection: &mut Connection, mut act: impl FnMut(&mut Connection, &mut UserFeed)) {
    let mut feeds = std::mem::take(&mut connection.feeds);
    for feed in &mut feeds {
        act(connection, feed);
    }
    connection.feeds = feeds;
}

fn send(feed: &UserFeed, data: &str, connection: &mut Connection, out: &mut Vec<Effect>) {
    connection.send(Freight::Other, &notification_of(&feed.name, data), out);
}

fn tell_portfolio(feed: &mut UserFeed, engine: &Engine, connection: &mut Connection, out: &mut Vec<Effect>) {
    let Some(view) = connection.account.and_then(|account| engine.portfolio(account)) else { return };
    if feed.balance.as_ref() != Some(&view) {
        connection.send(Freight::Other, &notification(&feed.name, shapes::portfolio(&view)), out);
        feed.balance = Some(view);
    }
}
