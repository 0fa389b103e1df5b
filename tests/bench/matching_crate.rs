//! The public crate `orderbook-rs` as a contestant: with its defaults, so without fees, risk checks, listeners or self-trade prevention.

use orderbook_rs::{Id, OrderBook, Side as CrateSide, TimeInForce};
use tenor::domain::number::Side;

use super::Matcher;

pub struct CrateBook {
    book: OrderBook<()>,
    next_id: u64,
}

impl CrateBook {
    pub fn new() -> Self {
        Self { book: OrderBook::new("H100-NOV26"), next_id: 1 }
    }

    fn allocate(&mut self) -> Id {
        let id = Id::from_u64(self.next_id);
        self.next_id += 1;
        id
    }
}

const fn side_of(side: Side) -> CrateSide {
    match side {
        Side::Bid => CrateSide::Buy,
        Side::Ask => CrateSide::Sell,
    }
}

impl Matcher for CrateBook {
    type Id = Id;

    fn add(&mut self, _account: u32, side: Side, ticks: i64, qty: i64) -> Id {
        let id = self.allocate();
        let (price, qty) = (u128::from(ticks.cast_unsigned()), qty.cast_unsigned());
        let added = self.book.add_limit_order(id, price, qty, side_of(side), TimeInForce::Gtc, None);
        assert!(added.is_ok(), "{added:?}");
        id
    }

    fn cancel(&mut self, id: Id) -> bool {
        matches!(self.book.cancel_order(id), Ok(Some(_)))
    }

    fn take(&mut self, _account: u32, side: Side, limit: i64, qty: i64, mut met: impl FnMut(i64, i64)) -> i64 {
        let id = self.allocate();
        let limit = u128::from(limit.cast_unsigned());
        match self.book.match_order(id, side_of(side), qty.cast_unsigned(), Some(limit)) {
            Ok(result) => {
                for trade in result.trades().as_vec() {
                    met(trade.price().as_u128() as i64, trade.quantity().as_u64().cast_signed());
                }
                result.remaining_quantity().as_u64().cast_signed()
            }
            Err(_) => qty,
        }
    }
}
