//! Events as one line of text each, for people who read captures and test scripts. Instruments are named by the venue's symbols.

use std::fmt::Display;
use std::sync::Arc;

use crate::domain::event::{Batch, BookLoss, LevelChange, Link, LinkState, Ticker, Trade, VenueEvent};
use crate::domain::instrument::InstrumentId;
use crate::domain::number::Side;
use crate::domain::order::{Fill, OrderReport, OrderType, PostOnly, Reduce, TimeInForce};
use crate::domain::past::{Bar, IndexInfo, Settlement, SettlementKind};

/// One event of `batch`; `symbol` names instruments.
pub fn describe(event: &VenueEvent, batch: &Batch, symbol: &impl Fn(InstrumentId) -> Arc<str>) -> String {
    match event {
        VenueEvent::LinkChanged { link, state } => format!("link {} {}", link_word(*link), state_words(state)),
        VenueEvent::Identified { testnet, version } => format!("venue version {version}, testnet {testnet}"),
        VenueEvent::Instruments(list) => {
            let names: Vec<String> = list.iter().map(|i| format!("{} = {}", i.symbol, i.contract.code())).collect();
            format!("instruments {}", names.join(", "))
        }
        VenueEvent::BookSnapshot { instrument, change_id, levels, .. } => {
            format!("book {} snapshot {change_id}:{}", symbol(*instrument), level_words(batch.levels(levels)))
        }
        VenueEvent::BookChange { instrument, prev_change_id, change_id, levels, .. } => {
            let levels = level_words(batch.levels(levels));
            format!("book {} change {prev_change_id} to {change_id}:{levels}", symbol(*instrument))
        }
        VenueEvent::BookLost { instrument, why } => format!("book {} lost: {}", symbol(*instrument), loss_words(*why)),
        VenueEvent::BookConfirmed { instrument, change_id } => {
            format!("book {} confirmed at {change_id}", symbol(*instrument))
        }
        VenueEvent::Ticker(ticker) => ticker_words(ticker, &symbol(ticker.instrument)),
        VenueEvent::Trade(trade) => trade_words(trade, &symbol(trade.instrument)),
        VenueEvent::TradesLost { instrument, since } => format!("trades {} lost since {since}", symbol(*instrument)),
        VenueEvent::IndexPrice { index_name, price, .. } => format!("index {index_name} {price}"),
        VenueEvent::Fixings(fixings) => {
            let fixing = |f: &crate::domain::event::Fixing| format!(" {} {} {}", f.index_name, f.utc.date(), f.price);
            format!("fixings{}", fixings.iter().map(fixing).collect::<String>())
        }
        VenueEvent::Settlements(told) => {
            let row = |row: &Settlement| match row.kind {
                SettlementKind::Daily => format!(" {} {}", row.utc.date(), row.price),
                SettlementKind::Delivery => format!(" {} {} delivered", row.utc.date(), row.price),
            };
            format!("settlements {}:{}", told.contract.code(), told.rows.iter().map(row).collect::<String>())
        }
        VenueEvent::Bars(told) => {
            let bar = |b: &Bar| format!(" {} {}-{}-{}-{}x{}", b.start, b.open, b.high, b.low, b.close, b.volume);
            let bars = told.bars.iter().map(bar).collect::<String>();
            format!("bars {} of {:?}:{bars}", told.contract.code(), told.width)
        }
        VenueEvent::Indices(list) => {
            let index = |i: &IndexInfo| match &i.beside {
                Some(beside) => format!(" {} beside {beside}", i.name),
                None => format!(" {}", i.name),
            };
            format!("indices{}", list.iter().map(index).collect::<String>())
        }
        VenueEvent::VenueTime { venue, .. } => format!("venue time {venue}"),
        VenueEvent::Order(order) => format!("order {}", order_words(order, &symbol(order.instrument))),
        VenueEvent::OrderRefused { id, request, refusal } => {
            format!("refused {request:?} of {}: {} {}", id.0, refusal.code, refusal.message)
        }
        VenueEvent::OrderNotFound { label } => format!("no order {label}"),
        VenueEvent::Fill(fill) => fill_words(fill, &symbol(fill.instrument)),
        VenueEvent::OpenOrders(orders) => {
            let order = |order: &OrderReport| format!(" [{}]", order_words(order, &symbol(order.instrument)));
            format!("open orders{}", orders.iter().map(order).collect::<String>())
        }
        VenueEvent::Positions(positions) => {
            let each = positions.iter().map(|p| format!(" {} {}", symbol(p.instrument), p.net));
            format!("positions{}", each.collect::<String>())
        }
        VenueEvent::Account(account) => {
            format!("account {} equity {} available {}", account.currency, account.equity, account.available)
        }
        VenueEvent::Sent { id, request, .. } => format!("sent {request:?} of {}", id.0),
        VenueEvent::CancelOnDisconnect { enabled } => format!("cancel on disconnect {enabled}"),
        VenueEvent::Anomaly(anomaly) => format!("anomaly {:?}: {}", anomaly.what, anomaly.detail),
    }
}

const fn link_word(link: Link) -> &'static str {
    match link {
        Link::Market => "market",
        Link::Orders => "orders",
    }
}

fn state_words(state: &LinkState) -> String {
    match state {
        LinkState::Waiting { attempt, retry_in, why } => format!("waits {retry_in:?} for attempt {attempt}: {why}"),
        LinkState::Connecting { attempt } => format!("connects, attempt {attempt}"),
        LinkState::Syncing => "syncs".to_owned(),
        LinkState::Up => "up".to_owned(),
        LinkState::Failed { why } => format!("failed: {why}"),
    }
}

fn loss_words(why: BookLoss) -> String {
    match why {
        BookLoss::Gap { expected, got } => format!("gap, expected {expected} and got {got}"),
        BookLoss::Crossed => "crossed".to_owned(),
        BookLoss::Inconsistent => "inconsistent".to_owned(),
        BookLoss::Behind => "behind the venue".to_owned(),
        BookLoss::Disconnected => "disconnected".to_owned(),
        BookLoss::Awaiting => "no snapshot yet".to_owned(),
    }
}

fn level_words(levels: &[LevelChange]) -> String {
    let word = |level: &LevelChange| {
        let side = match level.side {
            Side::Bid => "bid",
            Side::Ask => "ask",
        };
        format!(" {side} {}x{}", level.price, level.qty)
    };
    levels.iter().map(word).collect()
}

/// A value, or a dash.
fn or_dash(value: Option<impl Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn ticker_words(ticker: &Ticker, symbol: &str) -> String {
    let implied = ["bid", "ask"]
        .into_iter()
        .zip(ticker.implied)
        .filter_map(|(side, level)| level.map(|level| format!(" implied {side} {}x{}", level.price, level.qty)));
    format!(
        "ticker {symbol} bid {} ask {} last {} mark {} settled {}{}",
        or_dash(ticker.best_bid),
        or_dash(ticker.best_ask),
        or_dash(ticker.last),
        or_dash(ticker.mark),
        or_dash(ticker.settlement),
        implied.collect::<String>()
    )
}

fn trade_words(trade: &Trade, symbol: &str) -> String {
    let leg = if trade.is_spread_leg { ", spread leg" } else { "" };
    let verb = trade.aggressor.verb();
    format!("trade {symbol} {verb} {}x{}, number {}{leg}", trade.price, trade.qty, trade.seq)
}

fn order_words(order: &OrderReport, symbol: &str) -> String {
    let kind = match order.kind {
        OrderType::Limit => "limit",
        OrderType::Market => "market",
    };
    let duration = match order.time_in_force {
        TimeInForce::GoodTilCancelled => "",
        TimeInForce::Day => " day",
        TimeInForce::ImmediateOrCancel => " ioc",
        TimeInForce::FillOrKill => " fok",
    };
    let post_only = if order.post_only == PostOnly::Off { "" } else { " post-only" };
    let reduce = if order.reduce == Reduce::Only { " reduce-only" } else { "" };
    let reason = order.cancel_reason.as_deref().map_or_else(String::new, |reason| format!(", {reason}"));
    format!(
        "{} {} {symbol} {} {}x{} {kind}{duration}{post_only}{reduce}: {:?}, filled {}{reason}",
        order.venue_order.0,
        or_dash(order.label.as_ref()),
        order.side.verb(),
        or_dash(order.price),
        order.qty,
        order.state,
        order.filled
    )
}

fn fill_words(fill: &Fill, symbol: &str) -> String {
    let label = or_dash(fill.label.as_ref());
    let spread = fill.spread_trade.as_deref().map_or_else(String::new, |trade| format!(", leg of {trade}"));
    let (side, price, qty, fee) = (fill.side.verb(), fill.price, fill.qty, fill.fee);
    let liquidity = fill.liquidity;
    format!("fill {} {label} {symbol} {side} {price}x{qty}, fee {fee}, {liquidity:?}{spread}", fill.trade_id)
}
