//! What must hold of an exchange at every moment, whoever did what before: told from outside, by adding up.

use std::collections::BTreeMap;

use tenor::domain::book::{Level, level_digest};
use tenor::domain::number::{Money, Price, Qty, Side};
use tenor::exchange::accounts::{AccountId, Position};
use tenor::exchange::catalogue::ListingId;
use tenor::exchange::engine::Engine;
use tenor::exchange::engine::phase::Phase;

/// # Errors
/// A sentence about the first thing that does not hold.
pub fn check(engine: &Engine) -> Result<(), String> {
    let accounts: Vec<AccountId> =
        (0..).map(AccountId).take_while(|account| engine.client(*account).is_some()).collect();
    check_books(engine, &accounts)?;
    check_cash(engine, &accounts)
}

/// Sides do not cross, levels are the orders in them, and the digest is that of the levels.
fn check_books(engine: &Engine, accounts: &[AccountId]) -> Result<(), String> {
    // Contracts, and whether an iceberg hides some of them.
    let mut working: BTreeMap<(ListingId, Side, Price), (Qty, bool)> = BTreeMap::new();
    for order in accounts.iter().flat_map(|account| engine.open_orders(*account)) {
        let Some(price) = order.price.filter(|_| order.remaining() > Qty::ZERO) else {
            return Err(format!("order {} works with {} left at {:?}", order.id.0, order.remaining(), order.price));
        };
        let level = working.entry((order.listing, order.side, price)).or_default();
        level.0 += order.remaining();
        level.1 |= order.special.as_deref().is_some_and(|special| special.show.is_some());
    }
    for listing in engine.catalogue().all() {
        let symbol = &listing.symbol;
        let mut best = [None; 2];
        let mut digest = 0_u64;
        for side in Side::BOTH {
            let mut levels = Vec::new();
            engine.copy_levels(listing.id, side, usize::MAX, &mut levels);
            best[side as usize] = levels.first().map(|level| level.price);
            if !listing.is_active && !levels.is_empty() {
                return Err(format!("{symbol} has ended with orders in its book"));
            }
            for Level { price, qty } in levels {
                let (orders, hides) = working.remove(&(listing.id, side, price)).unwrap_or_default();
                let is_right = if hides { qty <= orders } else { qty == orders };
                if qty <= Qty::ZERO || !is_right || !price.is_on(listing.tick) {
                    return Err(format!("{symbol} shows {qty} at {price}, its orders are {orders}"));
                }
                digest = digest.wrapping_add(level_digest(side, price, qty));
            }
        }
        if let [Some(bid), Some(ask)] = best
            && bid >= ask
            && engine.phase(listing.id) == Phase::Open
        {
            return Err(format!("{symbol} is crossed: {bid} over {ask}"));
        }
        for side in Side::BOTH {
            if let (Some(own), Some(over)) = (best[side as usize], engine.implied(listing.id, side.opposite()))
                && side.reaches(own, over.price)
            {
                return Err(format!("{symbol}: an order at {own} passes {} over other books", over.price));
            }
        }
        let change_id = engine.change_id(listing.id);
        if change_id > 0 && engine.digest_at(listing.id, change_id) != Some(digest) {
            return Err(format!("{symbol}: the digest of change {change_id} is not that of its levels"));
        }
    }
    match working.first_key_value() {
        None => Ok(()),
        Some((place, (qty, _))) => Err(format!("{qty} works at {place:?} and is not in the book")),
    }
}

/// Contracts come in pairs, profit is somebody's loss, and all balances together are what came in, less fees, plus what was settled.
fn check_cash(engine: &Engine, accounts: &[AccountId]) -> Result<(), String> {
    let opening = engine.catalogue().data().venue.opening_balance;
    let mut sums: Vec<Position> = vec![Position::default(); engine.catalogue().all().len()];
    let mut longs = vec![Qty::ZERO; sums.len()];
    let (mut cash, mut owed) = (Money::ZERO, Money::ZERO);
    for account in accounts {
        let Some((balance, positions)) = engine.held(*account) else { continue };
        cash += balance;
        owed += opening;
        for (listing, position) in positions {
            owed += position.settled - position.fees;
            sums[listing.index()].join(position);
            longs[listing.index()] += position.net.max(Qty::ZERO);
        }
    }
    if cash != owed {
        return Err(format!("all accounts hold {cash}, by their positions {owed}"));
    }
    for (id, sum) in (0..).map(ListingId).zip(&sums) {
        let symbol = engine.catalogue().get(id).map(|listing| listing.symbol.clone()).unwrap_or_default();
        if !sum.net.is_zero() {
            return Err(format!("{symbol}: contracts add up to {}", sum.net));
        }
        if sum.realised != sum.cost {
            return Err(format!("{symbol}: {} realised by all, {} paid by all", sum.realised, sum.cost));
        }
        if engine.stats(id).open_interest != longs[id.index()] {
            return Err(format!("{symbol}: open interest is not the sum of the long positions"));
        }
    }
    Ok(())
}
