//! Book messages by way of serde: the reference that [`scan`](super::scan) must agree with, and the path for everything unusual.

use crate::base::time::Utc;
use crate::domain::event::{AnomalyKind, LevelChange};
use crate::domain::number::{Price, QTY_SCALE, Qty, Side};
use crate::venues::deribit::wire::{self, BookData, GroupedBook, LevelAction, Number, PriceLevel};

use super::fault::Fault;
use super::symbols::{Symbols, Terms};

/// A book message; its levels were appended to the caller's buffer, bids first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookMessage {
    pub terms: Terms,
    pub kind: BookKind,
    pub change_id: u64,
    pub utc: Utc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookKind {
    Snapshot,
    Change { prev_change_id: u64 },
}

/// Reads the data of `book.<symbol>.raw|100ms`.
///
/// # Errors
/// Anything that is not exactly such a message; `levels` is then as before.
pub fn book(symbol: &str, data: &str, symbols: &Symbols, levels: &mut Vec<LevelChange>) -> Result<BookMessage, Fault> {
    let data: BookData<'_> = serde_json::from_str(data)?;
    if data.instrument_name.as_str() != symbol {
        let detail = format!("the channel of {symbol} speaks of {}", data.instrument_name);
        return Err(Fault::new(AnomalyKind::UnknownMessage, detail));
    }
    let terms = *symbols.terms(symbol)?;
    let kind = match (data.kind, data.prev_change_id) {
        (wire::BookKind::Snapshot, _) => BookKind::Snapshot,
        (wire::BookKind::Change, Some(prev_change_id)) => BookKind::Change { prev_change_id },
        (wire::BookKind::Change, None) => {
            return Err(Fault::new(AnomalyKind::MissingField, "a change without prev_change_id"));
        }
    };
    let mark = levels.len();
    let bids = data.bids.iter().map(|row| (Side::Bid, row));
    let asks = data.asks.iter().map(|row| (Side::Ask, row));
    for (side, row) in bids.chain(asks) {
        match level(&terms, side, row.0, row.1, row.2) {
            Ok(change) => levels.push(change),
            Err(fault) => {
                levels.truncate(mark);
                return Err(fault);
            }
        }
    }
    Ok(BookMessage { terms, kind, change_id: data.change_id, utc: Utc::from_millis(data.timestamp) })
}

/// Reads the data of a grouped book channel, or the answer of `get_order_book`: a snapshot of the top.
///
/// # Errors
/// As for [`book`].
pub fn top(data: &str, symbols: &Symbols, levels: &mut Vec<LevelChange>) -> Result<BookMessage, Fault> {
    let data: GroupedBook<'_> = serde_json::from_str(data)?;
    let symbol = data.instrument_name.as_str();
    let terms = *symbols.terms(symbol)?;
    let mark = levels.len();
    let bids = data.bids.iter().map(|row| (Side::Bid, row));
    let asks = data.asks.iter().map(|row| (Side::Ask, row));
    for (side, &PriceLevel(price, amount)) in bids.chain(asks) {
        match level(&terms, side, LevelAction::New, price, amount) {
            Ok(change) => levels.push(change),
            Err(fault) => {
                levels.truncate(mark);
                return Err(fault);
            }
        }
    }
    let utc = Utc::from_millis(data.timestamp);
    Ok(BookMessage { terms, kind: BookKind::Snapshot, change_id: data.change_id, utc })
}

fn level(terms: &Terms, side: Side, action: LevelAction, price: Number, amount: Number) -> Result<LevelChange, Fault> {
    let Price(price) = price.price().map_err(|error| bad_number(price, &error.to_string()))?;
    let stated = contracts(terms, amount)?;
    let qty = if action == LevelAction::Delete { Qty::ZERO } else { stated };
    Ok(LevelChange { side, price: Price(price), qty })
}

/// An amount as whole lots.
///
/// # Errors
/// A remainder against the lot, a negative or an oversized amount.
pub fn contracts(terms: &Terms, amount: Number) -> Result<Qty, Fault> {
    let scaled = amount.exact(QTY_SCALE).map_err(|error| bad_number(amount, &error.to_string()))?;
    let qty = i64::try_from(scaled).ok().and_then(|scaled| terms.qty(scaled));
    qty.ok_or_else(|| bad_number(amount, "not a number of lots"))
}

pub fn bad_number(number: Number, why: &str) -> Fault {
    Fault::new(AnomalyKind::BadNumber, format!("{number}: {why}"))
}

/// Whether the levels of a snapshot are what they must be: bids falling, asks rising, none empty.
pub fn is_sorted_snapshot(levels: &[LevelChange]) -> bool {
    levels.iter().all(|level| !level.qty.is_zero())
        && levels.windows(2).all(|pair| match (pair[0].side, pair[1].side) {
            (Side::Bid, Side::Bid) => pair[0].price > pair[1].price,
            (Side::Ask, Side::Ask) => pair[0].price < pair[1].price,
            (before, after) => before != after,
        })
}
