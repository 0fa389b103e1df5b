//! Keeps the crowd's books in step with the list and the prices: which books there are, where on the curves they lie, what they are worth
//! now, and the marks that follow from both.

use super::crowd::Crowd;
use super::data::MarketData;
use super::prices::{PriceProcess, averaging};
use super::quoted::{QuotedBook, Worth};
use crate::base::time::Utc;
use crate::domain::number::{Price, Side};
use crate::exchange::catalogue::{Kind, Listing, ListingId, ProductId};
use crate::exchange::engine::Engine;

/// Indices are published with two decimals more than prices.
const INDEX_STEPS_PER_TICK: i64 = 100;

/// Makes the books of new listings, closes those of expired ones, and works out where on the curves all of them lie.
pub fn follow_list(crowd: &mut Crowd, engine: &Engine, prices: &PriceProcess, data: &MarketData, now: Utc) {
    let front = engine.catalogue().calendar().front_month(now);
    for listing in engine.catalogue().all() {
        let worth = worth_of(listing, engine, prices, now);
        let at = listing.id.index();
        if at >= crowd.books.len() {
            let mut book = QuotedBook::new(listing, worth, front, data);
            let share = crowd.presence(book.product);
            if share < 1.0 {
                book.thin(share);
            }
            book.phase = engine.phase(listing.id);
            crowd.books.push(book);
        }
        let book = &mut crowd.books[at];
        book.worth = worth;
        if (!listing.is_active || matches!(worth, Worth::Unquoted)) && book.is_open {
            book.close();
        }
    }
    crowd.reweigh();
}

fn worth_of(listing: &Listing, engine: &Engine, prices: &PriceProcess, now: Utc) -> Worth {
    if listing.kind == Kind::Combo {
        return Worth::Unquoted;
    }
    if let [near, far] = listing.legs.as_slice() {
        return Worth::Difference(near.listing.index(), far.listing.index());
    }
    let Some(month) = listing.month else { return Worth::Index };
    let calendar = engine.catalogue().calendar();
    let averaging = averaging(calendar, engine.fixings(listing.product), month, now);
    Worth::Curve(prices.curve_point(listing.product.index(), calendar.months_ahead(month, now), averaging))
}

/// Values every open book afresh; those whose best is no longer where it is wanted are queued for mending.
pub fn value_books(crowd: &mut Crowd, prices: &PriceProcess) {
    for at in 0..crowd.books.len() {
        let book = &crowd.books[at];
        if !book.is_open {
            continue;
        }
        let (fair, reference) = match book.worth {
            Worth::Curve(point) => (prices.fair(&point), prices.fair(&point)),
            Worth::Index => (prices.index(book.product), prices.index(book.product)),
            Worth::Unquoted => continue,
            Worth::Difference(near, far) => (crowd.books[near].fair - crowd.books[far].fair, crowd.books[near].fair),
        };
        crowd.books[at].value(fair, reference);
        crowd.note_stale(at);
    }
}

/// Marks every outright at the middle of its own book, at most half the quoted spread and a tick from fair value; at fair value while a
/// side is empty. Calendars are marked by the engine from their legs. Calls `changed` for each mark that moved.
pub fn mark_books(crowd: &mut Crowd, engine: &mut Engine, mut changed: impl FnMut(ListingId, Price)) {
    for book in &mut crowd.books {
        if !book.is_open || matches!(book.worth, Worth::Difference(..)) {
            continue;
        }
        let half_tick = Price((book.tick.0 / 2).max(1));
        let fair = Price::from_f64_lossy(book.fair).round_to(half_tick);
        let reach = Price::from_ticks(book.width_ticks + 2, half_tick);
        let sides = (engine.best(book.listing, Side::Bid), engine.best(book.listing, Side::Ask));
        let mark = match sides {
            (Some(bid), Some(ask)) => {
                Price((bid.price.0 + ask.price.0).div_euclid(2)).clamp(fair - reach, fair + reach)
            }
            _ => fair,
        };
        if book.mark != Some(mark) {
            book.mark = Some(mark);
            engine.set_mark(book.listing, mark);
            changed(book.listing, mark);
        }
    }
}

/// The index of a product as it is published.
pub fn published_index(prices: &PriceProcess, data: &MarketData, product: usize) -> Price {
    Price::from_f64_lossy(prices.index(product)).round_to(index_step(data, product))
}

/// What indices of a product are rounded to.
pub fn index_step(data: &MarketData, product: usize) -> Price {
    Price((data.catalogue.products[product].tick.0 / INDEX_STEPS_PER_TICK).max(1))
}

/// Publishes all indices. Calls `changed` for each that moved.
pub fn set_indices(
    prices: &PriceProcess,
    data: &MarketData,
    engine: &mut Engine,
    mut changed: impl FnMut(ProductId, Price),
) {
    for (product, id) in (0..data.products.len()).zip((0_u8..).map(ProductId)) {
        let price = published_index(prices, data, product);
        if engine.index(id) != Some(price) {
            engine.set_index(id, price);
            changed(id, price);
        }
    }
}
