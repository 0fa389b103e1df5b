//! A hand that clicks at random: orders that rest and orders that take, moves, cancels, closings.

use tenor::base::rng::Rng;
use tenor::base::time::Now;
use tenor::domain::command::{CancelScope, Intent, OrderIntent};
use tenor::domain::instrument::InstrumentId;
use tenor::domain::number::{Price, Qty, Side};
use tenor::domain::order::{OrderType, PostOnly, Reduce, TimeInForce};
use tenor::view::View;
use tenor::view::trading::OrderView;

pub struct Trader {
    rng: Rng,
}

impl Trader {
    pub fn new(seed: u64) -> Self {
        Self { rng: Rng::fork(seed, "trader") }
    }

    /// What the hand does, seeing this.
    pub fn next(&mut self, view: &View, now: Now) -> Option<Intent> {
        if !view.trading.is_armed(now.mono) {
            return Some(Intent::Arm);
        }
        let behind = -1 - self.rng.below(4) as i64;
        match self.rng.below(20) {
            0..8 => self.order(view, behind),
            8..12 => self.order(view, 2),
            12..15 => self.replace(view),
            15..18 => self.open(view).map(|order| Intent::Cancel(CancelScope::Order(order.id))),
            18 => self.open(view).map(|order| Intent::Cancel(CancelScope::Instrument(order.instrument, None))),
            _ if self.rng.chance(0.5) => Some(Intent::Cancel(CancelScope::All)),
            _ => Some(Intent::Flatten(None)),
        }
    }

    /// `ticks` through the market, or behind the touch when negative.
    fn order(&mut self, view: &View, ticks: i64) -> Option<Intent> {
        let count = view.markets.len() as u64;
        // Few instruments, so that orders meet each other.
        let at = self.rng.below(count.min(12)) * (count / 12).max(1);
        let instrument = InstrumentId(u32::try_from(at).ok()?);
        let side = if self.rng.chance(0.5) { Side::Bid } else { Side::Ask };
        let terms = view.instrument(instrument)?;
        let touch = view.market(instrument)?.book.best(if ticks < 0 { side } else { side.opposite() })?.price;
        Some(Intent::Place(OrderIntent {
            instrument,
            side,
            qty: Qty::lots(1 + self.rng.below(9) as i64),
            price: Some(touch + Price::from_ticks(ticks * side.sign(), terms.tick)),
            kind: OrderType::Limit,
            time_in_force: if self.rng.chance(0.8) {
                TimeInForce::GoodTilCancelled
            } else {
                TimeInForce::ImmediateOrCancel
            },
            post_only: if ticks < 0 && self.rng.chance(0.3) { PostOnly::Reject } else { PostOnly::Off },
            reduce: Reduce::Any,
            tag: "world".into(),
        }))
    }

    fn open<'a>(&mut self, view: &'a View) -> Option<&'a OrderView> {
        let open: Vec<_> = view.trading.orders.iter().filter(|order| order.phase.is_open()).collect();
        open.get(self.rng.below(open.len().max(1) as u64) as usize).copied()
    }

    fn replace(&mut self, view: &View) -> Option<Intent> {
        let order = self.open(view)?;
        let tick = view.instrument(order.instrument)?.tick;
        let ticks = self.rng.below(5) as i64 - 2;
        let qty = order.filled + Qty::lots(1 + self.rng.below(9) as i64);
        Some(Intent::Replace { order: order.id, qty, price: order.price? + Price::from_ticks(ticks, tick) })
    }
}
