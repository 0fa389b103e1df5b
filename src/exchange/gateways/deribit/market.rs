//! Public data as it is, asked for.

use std::sync::Arc;

use serde::Serialize;

use super::context::Context;
use super::filter::{Filter, product};
use super::rpc::{Answer, Failure, json, params};
use super::shapes;
use crate::base::time::Utc;
use crate::domain::number::Side;
use crate::exchange::catalogue::{Listing, ListingId};
use crate::exchange::engine::{Engine, Trade};
use crate::venues::deribit::wire;
use crate::venues::deribit::wire::{
    Code, Currency, InstrumentParams, InstrumentsParams, LastTrades, Number, Text, TradesParams, Version,
};

const VERSION: &str = concat!("tenor-sim ", env!("CARGO_PKG_VERSION"));
const DEFAULT_TRADES: usize = 10;
const MAX_TRADES: usize = 1_000;
const DEPTHS: [i64; 7] = [1, 5, 10, 20, 50, 100, 1_000];

pub fn call(context: &mut Context<'_>, method: &str, text: &str) -> Option<Answer> {
    let engine = context.exchange.engine();
    let now = context.now;
    Some(match method {
        "public/hello" | "public/test" => json(&Version { version: version(context.run).into() }),
        "public/get_time" => json(&now.millis()),
        "public/status" => status(engine),
        "public/get_currencies" => currencies(engine),
        "public/get_instruments" => instruments(engine, text),
        "public/get_instrument" => named(engine, text, |listing, _| json(&shapes::instrument(engine, listing))),
        "public/ticker" => named(engine, text, |listing, _| {
            let implied = Side::BOTH.map(|side| engine.implied(listing.id, side));
            json(&shapes::ticker(engine, listing, now, implied))
        }),
        "public/get_order_book" => named(engine, text, |listing, depth| order_book(engine, listing, depth, now)),
        "public/get_last_trades_by_instrument" | "public/get_last_trades_by_instrument_and_time" => {
            last_trades(engine, text)
        }
        "public/get_last_trades_by_currency" | "public/get_last_trades_by_currency_and_time" => {
            last_trades_by_currency(engine, text)
        }
        _ => return None,
    })
}

/// With the name of this opening as build metadata, as semantic versions have it.
fn version(run: &str) -> String {
    if run.is_empty() { VERSION.to_owned() } else { format!("{VERSION}+{run}") }
}

#[derive(Serialize)]
struct Status<'a> {
    locked: &'static str,
    locked_indices: Vec<&'a str>,
}

fn status(engine: &Engine) -> Answer {
    let locked_indices = shapes::locked_indices(engine);
    let locked = match locked_indices.len() {
        0 => "false",
        _ if shapes::is_locked(engine) => "true",
        _ => "partial",
    };
    json(&Status { locked, locked_indices })
}

pub fn find<'a>(engine: &'a Engine, name: &str) -> Result<&'a Arc<Listing>, Failure> {
    engine.catalogue().find(name).ok_or_else(|| Failure::because(Code::INVALID_INSTRUMENT, "no such instrument"))
}

/// Calls about one instrument, with its optional depth.
fn named<'a>(engine: &'a Engine, text: &str, answer: impl FnOnce(&'a Listing, Option<i64>) -> Answer) -> Answer {
    let asked: InstrumentParams<'_> = params(text)?;
    answer(find(engine, &asked.instrument_name)?, asked.depth)
}

fn currencies(engine: &Engine) -> Answer {
    let data = engine.catalogue().data();
    let products = data.products.iter().map(|p| (p.name.as_str(), &*p.description));
    let list: Vec<Currency<'_>> = products
        .chain([(&*data.venue.currency, "simulated dollars")])
        .map(|(name, long)| Currency {
            currency: name.into(),
            currency_long: long.into(),
            coin_type: name.into(),
            min_confirmations: 1,
            fee_precision: 6,
            withdrawal_fee: Number::ZERO,
            disabled_deposit_address_creation: true,
            withdrawal_priorities: Vec::new(),
        })
        .collect();
    json(&list)
}

fn instruments(engine: &Engine, text: &str) -> Answer {
    let asked: InstrumentsParams<'_> = params(text)?;
    let filter = Filter::asked(asked.kind.as_ref(), asked.currency.as_ref(), engine.catalogue())?;
    let active = !asked.expired.unwrap_or(false);
    let wanted = |listing: &&Arc<Listing>| listing.is_active == active && filter.covers(listing);
    let list: Vec<_> =
        engine.catalogue().all().iter().filter(wanted).map(|listing| shapes::instrument(engine, listing)).collect();
    json(&list)
}

fn order_book(engine: &Engine, listing: &Listing, depth: Option<i64>, now: Utc) -> Answer {
    let depth = depth.unwrap_or(5);
    // The venue has fixed depths; whatever lies between two of them gets the larger.
    let depth = DEPTHS.into_iter().find(|known| *known >= depth).filter(|_| depth > 0);
    let depth = depth.and_then(|d| usize::try_from(d).ok()).ok_or_else(|| Failure::param("depth", "1 to 1000"))?;
    json(&shapes::order_book(engine, listing, depth, now))
}

/// What a query over trades selects, newest kept.
pub struct Window {
    start: Utc,
    end: Utc,
    seqs: (u64, u64),
    count: usize,
    ascending: bool,
}

impl Window {
    pub fn new(asked: &TradesParams<'_>) -> Result<Self, Failure> {
        let count = match asked.count {
            None => DEFAULT_TRADES,
            Some(count) => usize::try_from(count)
                .ok()
                .filter(|count| (1..=MAX_TRADES).contains(count))
                .ok_or_else(|| Failure::param("count", "1 to 1000"))?,
        };
        let ascending = match asked.sorting.as_ref().map(Text::as_str) {
            None | Some("default") => asked.start_timestamp.is_some(),
            Some("asc") => true,
            Some("desc") => false,
            Some(_) => return Err(Failure::param("sorting", "asc, desc or default")),
        };
        let seq = |value: Option<i64>, default| value.map_or(default, |v| u64::try_from(v).unwrap_or(0));
        Ok(Self {
            start: asked.start_timestamp.map_or(Utc(i64::MIN), Utc::from_millis),
            end: asked.end_timestamp.map_or(Utc(i64::MAX), |end| Utc::from_millis(end.saturating_add(1))),
            seqs: (seq(asked.start_seq, 0), seq(asked.end_seq, u64::MAX)),
            count,
            ascending,
        })
    }

    fn holds(&self, trade: &Trade) -> bool {
        (self.start..self.end).contains(&trade.utc) && (self.seqs.0..=self.seqs.1).contains(&trade.seq)
    }

    /// Up to `count` of what `trades` (oldest first) offers, and whether there was more.
    pub fn select<T>(&self, trades: impl DoubleEndedIterator<Item = T>, of: impl Fn(&T) -> &Trade) -> (Vec<T>, bool) {
        let inside = trades.filter(|item| self.holds(of(item)));
        let mut picked: Vec<T> = if self.ascending {
            inside.take(self.count + 1).collect()
        } else {
            inside.rev().take(self.count + 1).collect()
        };
        let has_more = picked.len() > self.count;
        picked.truncate(self.count);
        (picked, has_more)
    }
}

/// A spread trade with its legs, which are looked up in the legs' own lists.
fn printed<'a>(engine: &'a Engine, trade: &Trade) -> wire::Trade<'a> {
    let legs: Vec<Trade> = engine
        .catalogue()
        .get(trade.listing)
        .into_iter()
        .flat_map(|listing| &listing.legs)
        .flat_map(|leg| {
            let of_this = |t: &&Trade| t.combo.is_some_and(|tag| tag.trade_id == trade.trade_id);
            engine.trades(leg.listing).rev().take_while(|t| t.utc >= trade.utc).filter(of_this).copied()
        })
        .collect();
    shapes::trade(engine, trade, &legs)
}

fn last_trades(engine: &Engine, text: &str) -> Answer {
    let asked: TradesParams<'_> = params(text)?;
    let name = asked.instrument_name.as_ref().ok_or_else(|| Failure::param("instrument_name", "value required"))?;
    let listing = find(engine, name)?;
    let (picked, has_more) = Window::new(&asked)?.select(engine.trades(listing.id), |trade| *trade);
    json(&LastTrades { trades: picked.into_iter().map(|trade| printed(engine, trade)).collect(), has_more })
}

fn last_trades_by_currency(engine: &Engine, text: &str) -> Answer {
    let asked: TradesParams<'_> = params(text)?;
    let filter = Filter::asked(asked.kind.as_ref(), asked.currency.as_ref(), engine.catalogue())?;
    let window = Window::new(&asked)?;
    let wanted = |listing: &&Arc<Listing>| filter.covers(listing);
    let mut all: Vec<&Trade> =
        engine.catalogue().all().iter().filter(wanted).flat_map(|listing| engine.trades(listing.id)).collect();
    all.sort_unstable_by_key(|trade| trade.trade_id);
    let (picked, has_more) = window.select(all.into_iter(), |trade| *trade);
    json(&LastTrades { trades: picked.into_iter().map(|trade| printed(engine, trade)).collect(), has_more })
}

/// Whether a currency parameter includes a listing; absent means any.
pub fn in_currency(engine: &Engine, currency: Option<&Text<'_>>, listing: ListingId) -> bool {
    let wanted = product(currency.map_or("any", Text::as_str), engine.catalogue());
    engine.catalogue().get(listing).is_some_and(|listing| match wanted {
        Some(product) => product.is_none_or(|product| product == listing.product),
        None => false,
    })
}
