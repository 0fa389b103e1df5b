//! One listing beside its book: statistics, trades, settlements and the digests that prove what the book was.

use std::sync::Arc;

use super::bars::Bars;
use super::event::{LegTrade, Settlement, TickDirection, Trade};
use crate::base::ring::Ring;
use crate::domain::number::{Money, Price, Qty};
use crate::exchange::catalogue::Listing;

/// Changes whose digests are kept, per listing.
const DIGESTS: usize = 512;
/// Trades that can be asked for, per listing.
const TRADES: usize = 256;
/// Settlements that can be asked for, per listing.
const SETTLEMENTS: usize = 128;

/// What the ticker of a listing shows beside its book. Volume, high and low start anew at every settlement; trades of spread legs set
/// none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Of a calendar: near mark − far mark.
    pub mark: Option<Price>,
    pub last: Option<Price>,
    pub high: Option<Price>,
    pub low: Option<Price>,
    /// Contracts.
    pub volume: Qty,
    pub volume_notional: Money,
    /// Contracts, one side.
    pub open_interest: Qty,
    /// Of the last settlement.
    pub settlement: Option<Price>,
    pub last_trade_seq: u64,
}

#[derive(Clone, Debug)]
pub struct Market {
    pub listing: Arc<Listing>,
    /// `mark` and `open_interest` are filled in when asked for.
    pub stats: Stats,
    tick_direction: TickDirection,
    pub trades: Ring<Trade>,
    pub settlements: Ring<Settlement>,
    pub bars: Bars,
    pub change_id: u64,
    /// By change id, ascending.
    digests: Ring<(u64, u64)>,
}

impl Market {
    pub fn new(listing: Arc<Listing>) -> Self {
        Self {
            listing,
            stats: Stats::default(),
            tick_direction: TickDirection::default(),
            trades: Ring::new(TRADES),
            settlements: Ring::new(SETTLEMENTS),
            bars: Bars::default(),
            change_id: 0,
            digests: Ring::new(DIGESTS),
        }
    }

    /// The book changed; returns the change id before.
    pub fn changed(&mut self, change_id: u64, digest: u64) -> u64 {
        self.digests.push((change_id, digest));
        std::mem::replace(&mut self.change_id, change_id)
    }

    pub fn digest_at(&self, change_id: u64) -> Option<u64> {
        self.digests.iter().rev().find(|(id, _)| *id == change_id).map(|(_, digest)| *digest)
    }

    /// How a trade at `price` compares with the last.
    pub fn direction(&self, price: Price) -> TickDirection {
        use TickDirection::{Minus, Plus, ZeroMinus, ZeroPlus};
        match self.stats.last.map(|last| price.cmp(&last)) {
            None => ZeroPlus,
            Some(std::cmp::Ordering::Greater) => Plus,
            Some(std::cmp::Ordering::Less) => Minus,
            Some(std::cmp::Ordering::Equal) => match self.tick_direction {
                Plus | ZeroPlus => ZeroPlus,
                Minus | ZeroMinus => ZeroMinus,
            },
        }
    }

    /// Remembers a trade; only trades with orders of this listing's own book make prices. Block trades count in the volume.
    pub fn print(&mut self, trade: Trade) {
        self.stats.last_trade_seq = trade.seq;
        if trade.block.is_some() {
            self.stats.volume += trade.qty;
            self.stats.volume_notional += Money::notional(trade.price, trade.qty, self.listing.contract_size);
        } else if trade.combo.is_none_or(|tag| tag.leg == LegTrade::Matched) {
            let stats = &mut self.stats;
            stats.last = Some(trade.price);
            stats.high = Some(stats.high.map_or(trade.price, |high| high.max(trade.price)));
            stats.low = Some(stats.low.map_or(trade.price, |low| low.min(trade.price)));
            stats.volume += trade.qty;
            let cost = Money::notional(trade.price, trade.qty, self.listing.contract_size);
            stats.volume_notional += cost;
            self.bars.add(trade.utc, trade.aggressor, trade.price, trade.qty, cost);
            self.tick_direction = trade.tick_direction;
        }
        self.trades.push(trade);
    }

    /// A settlement from before, in its place; the newest of all is the settlement price.
    pub fn restore_settlement(&mut self, settlement: Settlement) {
        let mut all: Vec<Settlement> = self.settlements.iter().filter(|s| s.utc != settlement.utc).copied().collect();
        all.insert(all.partition_point(|s| s.utc < settlement.utc), settlement);
        self.settlements.clear();
        for settlement in all {
            self.stats.settlement = Some(settlement.price);
            self.settlements.push(settlement);
        }
    }

    /// A new day: statistics start anew from the settlement.
    pub fn settle(&mut self, settlement: Settlement) {
        let stats = &mut self.stats;
        stats.settlement = Some(settlement.price);
        (stats.high, stats.low, stats.volume, stats.volume_notional) = (None, None, Qty::ZERO, Money::ZERO);
        self.settlements.push(settlement);
    }
}
