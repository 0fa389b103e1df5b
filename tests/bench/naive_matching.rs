//! Price-time priority as the standard library offers it: a `BTreeMap` of queues a side and a `HashMap` from order to price. The baseline of
//! the matching bench and the model of the matching properties.

use std::collections::{BTreeMap, HashMap, VecDeque};

use tenor::domain::number::Side;

#[derive(Clone, Copy, Debug)]
struct Resting {
    id: u64,
    account: u32,
    qty: i64,
}

#[derive(Clone, Debug, Default)]
pub struct NaiveBook {
    bids: BTreeMap<i64, VecDeque<Resting>>,
    asks: BTreeMap<i64, VecDeque<Resting>>,
    by_id: HashMap<u64, (Side, i64)>,
    next_id: u64,
}

/// A trade or a removed maker, as the book saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Met {
    pub maker: u64,
    pub ticks: i64,
    /// Zero: the maker belonged to the taker's account and was cancelled.
    pub qty: i64,
}

impl NaiveBook {
    /// A new order id.
    pub fn allocate(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn levels(&mut self, side: Side) -> &mut BTreeMap<i64, VecDeque<Resting>> {
        match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        }
    }

    pub fn rest(&mut self, id: u64, account: u32, side: Side, ticks: i64, qty: i64) {
        self.levels(side).entry(ticks).or_default().push_back(Resting { id, account, qty });
        self.by_id.insert(id, (side, ticks));
    }

    /// Whether the order was resting.
    pub fn cancel(&mut self, id: u64) -> bool {
        let Some((side, ticks)) = self.by_id.remove(&id) else { return false };
        let levels = self.levels(side);
        if let Some(queue) = levels.get_mut(&ticks) {
            if let Some(at) = queue.iter().position(|order| order.id == id) {
                queue.remove(at);
            }
            if queue.is_empty() {
                levels.remove(&ticks);
            }
        }
        true
    }

    /// Makes a resting order smaller in its place; whether it was resting.
    pub fn shrink(&mut self, id: u64, by: i64) -> bool {
        let Some(&(side, ticks)) = self.by_id.get(&id) else { return false };
        let order = self.levels(side).get_mut(&ticks).and_then(|queue| queue.iter_mut().find(|order| order.id == id));
        order.is_some_and(|order| {
            order.qty -= by;
            true
        })
    }

    /// Remaining quantity of a resting order.
    pub fn remaining(&mut self, id: u64) -> Option<i64> {
        let &(side, ticks) = self.by_id.get(&id)?;
        self.levels(side).get(&ticks)?.iter().find(|order| order.id == id).map(|order| order.qty)
    }

    /// Trades up to `want`, no worse than `limit`; returns what is left.
    pub fn take(&mut self, taker: Side, account: u32, limit: i64, mut want: i64, mut met: impl FnMut(Met)) -> i64 {
        let Self { bids, asks, by_id, .. } = self;
        while want > 0 {
            let best = match taker {
                Side::Bid => asks.first_entry().filter(|level| *level.key() <= limit),
                Side::Ask => bids.last_entry().filter(|level| *level.key() >= limit),
            };
            let Some(mut level) = best else { break };
            let ticks = *level.key();
            let queue = level.get_mut();
            while want > 0
                && let Some(maker) = queue.front_mut()
            {
                let qty = if maker.account == account { 0 } else { want.min(maker.qty) };
                met(Met { maker: maker.id, ticks, qty });
                want -= qty;
                maker.qty -= qty;
                if qty == 0 || maker.qty == 0 {
                    by_id.remove(&maker.id);
                    queue.pop_front();
                }
            }
            if queue.is_empty() {
                level.remove();
            }
        }
        want
    }

    pub fn best(&self, side: Side) -> Option<i64> {
        match side {
            Side::Bid => self.bids.last_key_value(),
            Side::Ask => self.asks.first_key_value(),
        }
        .map(|(&ticks, _)| ticks)
    }

    /// Price in ticks and quantity of every level of a side, best first.
    pub fn copy_levels(&self, side: Side) -> Vec<(i64, i64)> {
        let sum = |(&ticks, queue): (&i64, &VecDeque<Resting>)| (ticks, queue.iter().map(|order| order.qty).sum());
        match side {
            Side::Bid => self.bids.iter().rev().map(sum).collect(),
            Side::Ask => self.asks.iter().map(sum).collect(),
        }
    }

    /// Orders resting.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }
}
