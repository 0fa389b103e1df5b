//! One instrument as the screen sees it.

use std::sync::Arc;

use super::book::BookView;
use crate::base::log::Log;
use crate::base::time::{Instant, Utc};
use crate::domain::book::Level;
use crate::domain::event::{Ticker, Trade};
use crate::domain::instrument::InstrumentId;
use crate::domain::number::{Price, Qty, Side};

#[derive(Clone, Debug)]
pub struct MarketView {
    pub instrument: InstrumentId,
    pub book: BookView,
    pub ticker: Option<Arc<Ticker>>,
    pub implied: VenueImplied,
    /// The newest trade that was not a spread's leg.
    pub last: Option<LastTrade>,
    /// Newest last; spread legs are in it, tagged.
    pub tape: Log<TapeRow>,
    /// Contracts traded at each price since the last settlement or since we have been connected, ascending by price; spread legs
    /// are not in it.
    pub volume_at_price: Arc<Vec<(Price, Qty)>>,
    /// Volume-weighted average price of what `volume_at_price` holds.
    pub vwap: Option<Price>,
    /// Liquidity history; empty unless watched.
    pub heat: Log<Arc<HeatColumn>>,
}

/// What the venue itself matches either side with from other books: to be had with one order here, and in no size of the book's. Arrives
/// with tickers, is forgotten with the connection, and may be believed exactly while the book may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VenueImplied {
    /// By [`Side`].
    pub levels: [Option<Level>; 2],
    /// When the ticker came that said so.
    pub received: Instant,
}

impl VenueImplied {
    pub const fn level(&self, side: Side) -> Option<Level> {
        self.levels[side as usize]
    }

    pub fn qty_at(&self, side: Side, price: Price) -> Qty {
        self.level(side).filter(|level| level.price == price).map_or(Qty::ZERO, |level| level.qty)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastTrade {
    pub price: Price,
    pub qty: Qty,
    pub aggressor: Side,
    pub utc: Utc,
    pub received: Instant,
}

/// A line of time and sales.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TapeRow {
    Trade(Trade),
    /// Trades are missing between the row before and the row after.
    Gap {
        since: Utc,
        until: Utc,
    },
}

/// The book at one moment, one per 250 ms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeatColumn {
    pub utc: Utc,
    pub best_bid: Option<Price>,
    pub best_ask: Option<Price>,
    /// Price and whole contracts of every level, both sides, ascending by price. Empty while the book was not live.
    pub levels: Vec<(Price, u32)>,
    pub was_live: bool,
    /// Trades in this column's interval.
    pub trades: Vec<(Price, u32, Side)>,
}

impl MarketView {
    pub fn new(instrument: InstrumentId) -> Self {
        use crate::domain::event::BookLoss;
        Self {
            instrument,
            book: BookView { loss: Some(BookLoss::Awaiting), ..BookView::default() },
            ticker: None,
            implied: VenueImplied::default(),
            last: None,
            tape: Log::new(256),
            volume_at_price: Arc::default(),
            vwap: None,
            heat: Log::new(7_200),
        }
    }

    pub fn mark(&self) -> Option<Price> {
        self.ticker.as_ref().and_then(|t| t.mark)
    }

    pub fn settlement(&self) -> Option<Price> {
        self.ticker.as_ref().and_then(|t| t.settlement)
    }

    /// The newest price: our own tape first, the venue's ticker otherwise.
    pub fn last_price(&self) -> Option<Price> {
        self.last.map(|l| l.price).or_else(|| self.ticker.as_ref().and_then(|t| t.last))
    }

    /// Last minus settlement.
    pub fn change(&self) -> Option<Price> {
        Some(self.last_price()? - self.settlement()?)
    }
}
