//! What must hold of an exchange at every moment, whoever did what before: told from outside, by adding up.

use tenor::domain::book::{Level, level_digest};
use tenor::domain::number::{Qty, Side};
use tenor::exchange::accounts::{AccountId, Position};
use tenor::exchange::catalogue::ListingId;
use tenor::exchange::engine::Engine;

/// # Errors
/// A sentence about the first thing that does not hold.
pub fn check(engine: &Engine) -> Result<(), String> {
    let accounts: Vec<AccountId> = (0..).map(AccountId).take_while(|account| engine.client(*account).is_some()).collect();
    check_books(engine, &accounts)?;
    check_cash(engine, &accounts)
}

/// Sides do not cross, quantities are positive, what works of all accounts fits into its level, and the digest is that of the levels.
fn check_books(engine: &Engine, accounts: &[AccountId]) -> Result<(), String> {
    for listing in engine.catalogue().all() {
        let sides = Side::BOTH.map(|side| {
            let mut levels = Vec::new();
            engine.copy_levels(listing.id, side, usize::MAX, &mut levels);
            levels
        });
        let symbol = &listing.symbol;
        if let [Some(bid), Some(ask)] = [sides[0].first(), sides[1].first()]
            && bid.price >= ask.price
            && engine.trades_now(listing.id)
        {
            return Err(format!("{symbol} is crossed: {} over {}", bid.price, ask.price));
        }
        if !listing.is_active && sides.iter().any(|side| !side.is_empty()) {
            return Err(format!("{symbol} has ended with orders in its book"));
        }
        let mut digest = 0_u64;
        for (side, levels) in Side::BOTH.into_iter().zip(&sides) {
            for Level { price, qty } in levels {
                if *qty <= Qty::ZERO || !price.is_on(listing.tick) {
                    return Err(format!("{symbol} holds {qty} at {price}"));
                }
                digest = digest.wrapping_add(level_digest(side, *price, *qty));
            }
        }
        let change_id = engine.change_id(listing.id);
        if change_id > 0 && engine.digest_at(listing.id, change_id) != Some(digest) {
            return Err(format!("{symbol}: the digest of change {change_id} is not that of its levels"));
        }
        for side in Side::BOTH {
            let working = |account: &AccountId| {
                let of_side = engine.open_orders(*account).filter(|o| (o.listing, o.side) == (listing.id, side));
                of_side.map(|order| order.remaining()).collect::<Vec<_>>()
            };
            if accounts.iter().flat_map(working).any(|remaining| remaining <= Qty::ZERO) {
                return Err(format!("{symbol}: an order works with nothing left of it"));
            }
        }
    }
    Ok(())
}

/// Contracts come in pairs, profit is somebody's loss, and every balance is what came in, less fees, plus what was settled.
fn check_cash(engine: &Engine, accounts: &[AccountId]) -> Result<(), String> {
    let opening = engine.catalogue().data().venue.opening_balance;
    let mut sums: Vec<Position> = vec![Position::default(); engine.catalogue().all().len()];
    let mut longs = vec![Qty::ZERO; sums.len()];
    for account in accounts {
        let Some((balance, positions)) = engine.held(*account) else { continue };
        let mut owed = opening + engine.transfers(*account);
        for (listing, position) in positions {
            owed += position.settled - position.fees;
            sums[listing.index()].join(position);
            longs[listing.index()] += position.net.max(Qty::ZERO);
        }
        if balance != owed {
            return Err(format!("account {} has {balance}, by its positions {owed}", account.0));
        }
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
