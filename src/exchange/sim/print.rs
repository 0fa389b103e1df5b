//! Runs without sockets and the one-line-an-event text that proves two runs equal.

use std::fmt::{self, Write as _};
use std::time::Duration;

use jiff::Timestamp;

use super::data::{Config, DataError};
use super::exchange::{Exchange, Progress, Released, What};
use super::input_log::InputLog;
use super::text::side_word;
use crate::base::time::Utc;
use crate::domain::number::Price;
use crate::exchange::catalogue::{Catalogue, ListingId};
use crate::exchange::engine::{Event, Trade};

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum RunError<E> {
    #[error(transparent)]
    Data(#[from] DataError),
    /// The sink's own error.
    #[error("cannot write the events: {0}")]
    Sink(E),
}

/// Runs from boot for `duration` of virtual time as fast as it goes, with the inputs of a log if there is one (the caller takes seed, start
/// and rate from its header), and hands the lines to `sink`, many at a time.
///
/// # Errors
/// The data files do not fit each other, or the sink refuses.
pub fn print_run<E>(
    config: &Config,
    duration: Duration,
    inputs: Option<&InputLog>,
    mut sink: impl FnMut(&str) -> Result<(), E>,
) -> Result<(), RunError<E>> {
    let mut exchange = Exchange::new(config)?;
    let end = config.start + duration;
    let mut out = Released::default();
    let mut text = String::new();
    for stamped in inputs.iter().flat_map(|log| &log.inputs).filter(|stamped| stamped.at <= end) {
        print_until(&mut exchange, stamped.at, &mut out, &mut text, &mut sink)?;
        exchange.replay(stamped, &mut out);
    }
    print_until(&mut exchange, end, &mut out, &mut text, &mut sink)
}

fn print_until<E>(
    exchange: &mut Exchange,
    until: Utc,
    out: &mut Released,
    text: &mut String,
    sink: &mut impl FnMut(&str) -> Result<(), E>,
) -> Result<(), RunError<E>> {
    loop {
        let progress = exchange.advance(until, out);
        text.clear();
        // Writing to a string cannot fail.
        let _ = write_released(exchange.engine().catalogue(), out, text);
        sink(text).map_err(RunError::Sink)?;
        out.clear();
        if progress == Progress::Done {
            return Ok(());
        }
    }
}

/// Appends one line for each event.
///
/// # Errors
/// Those of the writer.
pub fn write_released(catalogue: &Catalogue, released: &Released, text: &mut String) -> fmt::Result {
    for event in &released.events {
        let at = Stamp(event.at);
        match &event.what {
            What::Engine(range) => {
                for event in released.engine_events(range) {
                    write_event(catalogue, released, at, event, text)?;
                }
            }
            What::Mark { listing, mark } => writeln!(text, "{at} mark {} {mark}", Name(catalogue, *listing))?,
            What::Index { product, price } => {
                let name = catalogue.product(*product).map_or("?", |p| &p.index_name);
                writeln!(text, "{at} index {name} {price}")?;
            }
            What::Secondary { index, price } => writeln!(text, "{at} secondary {} {price}", index.0)?,
            What::Headline(headline) => writeln!(text, "{at} headline {headline:?}")?,
            What::Flush100ms => writeln!(text, "{at} flush")?,
        }
    }
    Ok(())
}

fn write_event(catalogue: &Catalogue, released: &Released, at: Stamp, event: &Event, text: &mut String) -> fmt::Result {
    match event {
        Event::Book { listing, prev_change_id, change_id, levels } => {
            write!(text, "{at} book {} {prev_change_id} {change_id}", Name(catalogue, *listing))?;
            for level in released.engine.levels(levels) {
                write!(text, " {} {} {}", side_word(level.side), level.price, level.qty)?;
            }
            writeln!(text)
        }
        Event::Trade(trade) => {
            write!(text, "{at} trade {} {}", Name(catalogue, trade.listing), TradeText(trade))?;
            match trade.combo {
                Some(combo) => writeln!(text, " leg-of {} {}", Name(catalogue, combo.listing), combo.trade_id),
                None => writeln!(text),
            }
        }
        Event::Fill(fill) => writeln!(
            text,
            "{at} fill {} {} {} {} {} {} {} {}",
            Name(catalogue, fill.trade.listing),
            fill.trade.trade_id,
            fill.account.0,
            fill.order.0,
            fill.side.verb(),
            fill.trade.qty,
            fill.trade.price,
            fill.fee,
        ),
        Event::Order(order) => writeln!(
            text,
            "{at} order {} {} {} {:?} {} of {}",
            Name(catalogue, order.listing),
            order.account.0,
            order.id.0,
            order.state,
            order.filled,
            order.qty,
        ),
        Event::Held(held) => writeln!(
            text,
            "{at} held {} {} {} {:?} {} at {}",
            Name(catalogue, held.place.listing),
            held.account.0,
            held.id.0,
            held.state,
            held.place.qty,
            held.trigger_price.unwrap_or_default(),
        ),
        Event::Portfolio(account) => writeln!(text, "{at} portfolio {}", account.0),
        Event::Fixing { product, price, .. } => {
            let name = catalogue.product(*product).map_or("?", |p| &p.index_name);
            writeln!(text, "{at} fixing {name} {price}")
        }
        Event::Settlement(settlement) => writeln!(
            text,
            "{at} settlement {} {:?} {}",
            Name(catalogue, settlement.listing),
            settlement.kind,
            settlement.price
        ),
        Event::State { listing, phase } => writeln!(text, "{at} state {} {phase:?}", Name(catalogue, *listing)),
        Event::Locked { product, is_locked } => {
            let name = catalogue.product(*product).map_or("?", |p| p.name.as_str());
            writeln!(text, "{at} {} {name}", if *is_locked { "locked" } else { "unlocked" })
        }
        Event::Restated { index, since, log_change } => {
            writeln!(text, "{at} restated {index} since {since} by {log_change}")
        }
        Event::Funding { listing, rate, index } => {
            writeln!(text, "{at} funding {} {} {index}", Name(catalogue, *listing), Price(rate.0))
        }
        Event::Margin { account, standing } => writeln!(text, "{at} margin {} {standing:?}", account.0),
        Event::TakenOver { account, listing, qty, price } => {
            writeln!(text, "{at} taken-over {} {} {qty} {price}", Name(catalogue, *listing), account.0)
        }
        Event::Bankrupt { account, debt } => writeln!(text, "{at} bankrupt {} {debt}", account.0),
        Event::Listed(listing) => writeln!(text, "{at} listed {}", Name(catalogue, *listing)),
        Event::Expired(listing) => writeln!(text, "{at} expired {}", Name(catalogue, *listing)),
    }
}

/// RFC 3339 to the nanosecond.
#[derive(Clone, Copy)]
struct Stamp(Utc);

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stamp = Timestamp::from_nanosecond(i128::from(self.0.0)).unwrap_or(Timestamp::UNIX_EPOCH);
        write!(f, "{stamp:.9}")
    }
}

struct Name<'a>(&'a Catalogue, ListingId);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.get(self.1).map_or("?", |listing| &listing.symbol))
    }
}

struct TradeText<'a>(&'a Trade);

impl fmt::Display for TradeText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trade = self.0;
        write!(f, "{} {} {} {}", trade.trade_id, trade.aggressor.verb(), trade.qty, trade.price)
    }
}
