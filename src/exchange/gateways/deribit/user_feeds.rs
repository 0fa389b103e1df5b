//! Channels of one account: its orders, its fills, its balance. They hang on the connection that asked for them.

use std::sync::Arc;

use super::connection::{Connection, Connections, Effect, Freight, Joined, UserFeed, UserTopic};
use super::filter::{Filter, product};
use super::print::{notification, notification_of, print};
use super::shapes;
use crate::base::time::Utc;
use crate::exchange::engine::{Engine, Fill, Order};
use crate::venues::deribit::wire::{Channel, Interval};

pub fn join(name: &str, channel: &Channel<'_>, engine: &Engine, who: &mut Connection) -> Option<Option<Joined>> {
    let catalogue = engine.catalogue();
    let topic = match channel {
        Channel::UserOrders(selector, interval) => UserTopic::Orders(Filter::select(selector, catalogue)?, *interval),
        Channel::UserTrades(selector, interval) => UserTopic::Trades(Filter::select(selector, catalogue)?, *interval),
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
    who.feeds.push(UserFeed { name: name.clone(), topic, waiting: Vec::new(), balance: None });
    Some(Some(Joined(name)))
}

/// The balance is known at once; the rest speaks when something happens.
pub fn welcome(now: Utc, name: &str, engine: &Engine, connection: &mut Connection, out: &mut Vec<Effect>) {
    let mut feeds = std::mem::take(&mut connection.feeds);
    for feed in feeds.iter_mut().filter(|feed| &*feed.name == name && feed.topic == UserTopic::Portfolio) {
        tell_portfolio(now, feed, engine, connection, out);
    }
    connection.feeds = feeds;
}

pub fn on_fill(now: Utc, fill: &Fill, engine: &Engine, connections: &mut Connections, out: &mut Vec<Effect>) {
    let Some(listing) = engine.catalogue().get(fill.trade.listing) else { return };
    let mut printed: Option<String> = None;
    for connection in connections.values_mut().filter(|c| c.account == Some(fill.account)) {
        say(now, connection, out, |topic| match topic {
            UserTopic::Trades(filter, interval) if filter.covers(listing) => {
                let text = printed.get_or_insert_with(|| print(&shapes::fill(engine, fill)));
                Some((interval, format!("[{text}]"), text.clone()))
            }
            _ => None,
        });
    }
}

pub fn on_order(now: Utc, order: &Order, engine: &Engine, connections: &mut Connections, out: &mut Vec<Effect>) {
    let Some(listing) = engine.catalogue().get(order.listing) else { return };
    let mut printed: Option<String> = None;
    for connection in connections.values_mut().filter(|c| c.account == Some(order.account)) {
        say(now, connection, out, |topic| match topic {
            UserTopic::Orders(filter, interval) if filter.covers(listing) => {
                let text = printed.get_or_insert_with(|| print(&shapes::order(engine, order)));
                Some((interval, text.clone(), text.clone()))
            }
            _ => None,
        });
    }
}

/// Offers an event to every feed of a connection: `(interval, what raw says, what a flush collects)`.
fn say(
    now: Utc,
    connection: &mut Connection,
    out: &mut Vec<Effect>,
    mut what: impl FnMut(UserTopic) -> Option<(Interval, String, String)>,
) {
    let mut feeds = std::mem::take(&mut connection.feeds);
    for feed in &mut feeds {
        match what(feed.topic) {
            Some((Interval::Raw, text, _)) => {
                connection.send(now, Freight::Other, &notification_of(&feed.name, &text), out);
            }
            Some((_, _, item)) => feed.waiting.push(item),
            None => {}
        }
    }
    connection.feeds = feeds;
}

/// Sends what has gathered, and the balance if orders, fills or marks have moved it.
pub fn flush(now: Utc, engine: &Engine, connection: &mut Connection, out: &mut Vec<Effect>) {
    let mut feeds = std::mem::take(&mut connection.feeds);
    for feed in &mut feeds {
        if feed.topic == UserTopic::Portfolio {
            tell_portfolio(now, feed, engine, connection, out);
        } else if !feed.waiting.is_empty() {
            let data = format!("[{}]", std::mem::take(&mut feed.waiting).join(","));
            connection.send(now, Freight::Other, &notification_of(&feed.name, &data), out);
        }
    }
    connection.feeds = feeds;
}

fn tell_portfolio(now: Utc, feed: &mut UserFeed, engine: &Engine, connection: &mut Connection, out: &mut Vec<Effect>) {
    let Some(view) = connection.account.and_then(|account| engine.portfolio(account)) else { return };
    if feed.balance.as_ref() != Some(&view) {
        connection.send(now, Freight::Other, &notification(&feed.name, shapes::portfolio(&view)), out);
        feed.balance = Some(view);
    }
}
