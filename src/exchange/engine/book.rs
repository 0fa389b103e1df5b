//! Price-time priority, nothing else: queues of orders in a slab, two [`Ladder`]s, and who trades with whom. Prices are ticks and
//! quantities the integers of `Qty`; what a trade means is the caller's business.
//!
//! An iceberg rests with one slice in its queue and the rest beside it; only the slice counts in the level and can trade. When a slice
//! has traded whole, the next one goes to the end of the queue, behind every order then displayed at its price, as an order that comes
//! in now would. A sweep comes to it there if it goes on that long.
//!
//! An order id carries the slot of its node, so finding an order needs no map; the sequence number in it tells whether the slot has
//! been given to another since.

use std::collections::{BTreeMap, BTreeSet};

use super::command::OrderId;
use super::event::LevelUpdate;
use super::ladder::{Ladder, NIL};
use crate::domain::book::{Level, level_digest};
use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::Reduce;
use crate::exchange::accounts::AccountId;

const SLOT_BITS: u32 = 24;
const SLOT_MASK: u64 = (1 << SLOT_BITS) - 1;

/// What matching needs to know of an order.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    pub id: OrderId,
    /// Remaining while it rests.
    pub qty: i64,
    key: i64,
    pub account: AccountId,
    prev: u32,
    next: u32,
    pub side: Side,
    pub reduce: Reduce,
    /// More of it waits beside the queue.
    is_iceberg: bool,
    /// The fills of another order may take from it.
    pub is_paired: bool,
}

/// The hidden part of an iceberg.
#[derive(Clone, Copy, Debug)]
struct Iceberg {
    slice: i64,
    hidden: i64,
}

/// The orders of all books.
#[derive(Clone, Debug)]
pub struct Nodes {
    nodes: Vec<Node>,
    free: u32,
    next_seq: u64,
    /// By slot.
    icebergs: BTreeMap<u32, Iceberg>,
}

impl Default for Nodes {
    fn default() -> Self {
        Self { nodes: Vec::new(), free: NIL, next_seq: 1, icebergs: BTreeMap::new() }
    }
}

impl Nodes {
    /// A slot and a new id for an order that does not rest yet.
    pub fn allocate(&mut self, account: AccountId, side: Side, reduce: Reduce) -> (u32, OrderId) {
        let slot = if self.free == NIL { self.nodes.len() as u32 } else { self.free };
        let id = OrderId(self.next_seq << SLOT_BITS | u64::from(slot));
        self.next_seq += 1;
        let node = Node {
            id,
            qty: 0,
            key: 0,
            account,
            prev: NIL,
            next: NIL,
            side,
            reduce,
            is_iceberg: false,
            is_paired: false,
        };
        match self.nodes.get_mut(slot as usize) {
            Some(old) => {
                self.free = old.next;
                *old = node;
            }
            None => self.nodes.push(node),
        }
        (slot, id)
    }

    /// The next order's place in the count.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Counts on from `next_seq` and keeps the slots of `ids` out of use until they are [reinstated](Self::reinstate). Before the first order.
    pub fn reserve(&mut self, next_seq: u64, ids: impl IntoIterator<Item = OrderId>) {
        self.next_seq = self.next_seq.max(next_seq);
        let slots: BTreeSet<u32> = ids.into_iter().map(slot_of).collect();
        let dead = Node {
            id: OrderId::default(),
            qty: 0,
            key: 0,
            account: AccountId::default(),
            prev: NIL,
            next: NIL,
            side: Side::Bid,
            reduce: Reduce::Any,
            is_iceberg: false,
            is_paired: false,
        };
        let end = slots.last().map_or(0, |last| last + 1);
        for slot in self.nodes.len() as u32..end {
            self.nodes.push(dead);
            if !slots.contains(&slot) {
                self.release(slot);
            }
        }
    }

    /// Gives a reserved slot back to the order that had it.
    pub fn reinstate(&mut self, id: OrderId, account: AccountId, side: Side, reduce: Reduce) -> u32 {
        let slot = slot_of(id);
        let (is_iceberg, is_paired) = (false, false);
        let (qty, key, prev, next) = (0, 0, NIL, NIL);
        self.nodes[slot as usize] = Node { id, qty, key, account, prev, next, side, reduce, is_iceberg, is_paired };
        slot
    }

    /// An id for what never comes into a book.
    pub fn number(&mut self) -> OrderId {
        let id = OrderId(self.next_seq << SLOT_BITS | SLOT_MASK);
        self.next_seq += 1;
        id
    }

    /// The order will show no more than `slice` at a time.
    pub fn show_only(&mut self, slot: u32, slice: i64) {
        self.nodes[slot as usize].is_iceberg = true;
        self.icebergs.insert(slot, Iceberg { slice, hidden: 0 });
    }

    /// The fills of another order may take from this one.
    pub fn pair_up(&mut self, slot: u32) {
        self.nodes[slot as usize].is_paired = true;
    }

    /// What waits beside the queue.
    pub fn hidden(&self, slot: u32) -> i64 {
        if self.nodes[slot as usize].is_iceberg {
            self.icebergs.get(&slot).map_or(0, |iceberg| iceberg.hidden)
        } else {
            0
        }
    }

    /// Puts all of `qty` but a slice aside; returns the slice.
    fn put_aside(&mut self, slot: u32, qty: i64) -> i64 {
        let Some(iceberg) = self.icebergs.get_mut(&slot) else { return qty };
        let shown = qty.min(iceberg.slice);
        iceberg.hidden = qty - shown;
        shown
    }

    /// The next slice, nothing when there is none.
    fn next_slice(&mut self, slot: u32) -> i64 {
        let hidden = self.hidden(slot);
        if hidden > 0 { self.put_aside(slot, hidden) } else { 0 }
    }

    /// Gives the slot back; the id is dead from here on.
    pub fn release(&mut self, slot: u32) {
        let free = self.free;
        let node = &mut self.nodes[slot as usize];
        if node.is_iceberg {
            self.icebergs.remove(&slot);
        }
        node.id = OrderId::default();
        node.next = free;
        self.free = slot;
    }

    /// The slot of a living order.
    pub fn slot(&self, id: OrderId) -> Option<u32> {
        let slot = slot_of(id);
        self.nodes.get(slot as usize).filter(|node| node.id == id && id != OrderId::default()).map(|_| slot)
    }

    pub fn get(&self, slot: u32) -> &Node {
        &self.nodes[slot as usize]
    }

    /// Puts the next slice of an iceberg at the end of its queue.
    fn requeue(&mut self, slot: u32, slice: i64, level: &mut super::ladder::Level) {
        match level.tail {
            NIL => level.head = slot,
            tail => self.nodes[tail as usize].next = slot,
        }
        let node = &mut self.nodes[slot as usize];
        (node.qty, node.prev, node.next) = (slice, level.tail, NIL);
        level.tail = slot;
        level.qty += slice;
    }
}

const fn slot_of(id: OrderId) -> u32 {
    (id.0 & SLOT_MASK) as u32
}

/// What happens to the order at the front of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Trades this much, at most what was offered and more than nothing.
    Fill(i64),
    /// Leaves the book without trading.
    Remove,
}

#[derive(Clone, Copy, Debug)]
struct Touched {
    side: Side,
    key: i64,
    before: i64,
}

/// The two sides of one instrument.
#[derive(Clone, Debug)]
pub struct Book {
    tick: Price,
    ladders: [Ladder; 2],
    /// Levels that the command at hand has touched, with their quantity before it.
    touched: Vec<Touched>,
    epoch: u32,
    digest: u64,
}

const fn key_of(side: Side, ticks: i64) -> i64 {
    match side {
        Side::Bid => -ticks,
        Side::Ask => ticks,
    }
}

impl Book {
    pub fn new(tick: Price) -> Self {
        Self { tick, ladders: Default::default(), touched: Vec::new(), epoch: 1, digest: 0 }
    }

    /// Best price of a side, in ticks.
    pub fn best_ticks(&self, side: Side) -> Option<i64> {
        self.ladders[side as usize].best().map(|key| key_of(side, key))
    }

    pub fn best_price(&self, side: Side) -> Option<Price> {
        self.best_ticks(side).map(|ticks| Price::from_ticks(ticks, self.tick))
    }

    /// What rests on a side with slot, price and quantity, in the order in which it trades: at every price what is displayed, then what
    /// icebergs hide.
    pub fn resting<'a>(&'a self, nodes: &'a Nodes, side: Side) -> impl Iterator<Item = (u32, &'a Node, Price, i64)> {
        self.ladders[side as usize].iter().flat_map(move |(key, level)| {
            let price = Price::from_ticks(key_of(side, key), self.tick);
            let next = |slot: &u32| Some(nodes.get(*slot).next).filter(|next| *next != NIL);
            let queue = move || std::iter::successors(Some(level.head), next).map(move |slot| (slot, nodes.get(slot)));
            let hidden = queue().filter(|(_, node)| node.is_iceberg);
            let hidden = hidden.map(move |(slot, node)| (slot, node, price, nodes.hidden(slot)));
            queue().map(move |(slot, node)| (slot, node, price, node.qty)).chain(hidden)
        })
    }

    pub fn best(&self, side: Side) -> Option<Level> {
        self.ladders[side as usize].iter().next().map(|(key, level)| self.level(side, key, level.qty))
    }

    /// Ticks and slot of the order that trades next.
    pub fn front(&self, side: Side) -> Option<(i64, u32)> {
        self.ladders[side as usize].iter().next().map(|(key, level)| (key_of(side, key), level.head))
    }

    /// Appends up to `limit` levels of a side, best first.
    pub fn copy_levels(&self, side: Side, limit: usize, out: &mut Vec<Level>) {
        let levels = self.ladders[side as usize].iter().take(limit);
        out.extend(levels.map(|(key, level)| self.level(side, key, level.qty)));
    }

    /// Appends every level of a side, best first, each with the sizes of its orders, oldest first.
    pub fn copy_queues(&self, nodes: &Nodes, side: Side, out: &mut Vec<(Level, Vec<Qty>)>) {
        out.extend(self.ladders[side as usize].iter().map(|(key, level)| {
            let next = |slot: &u32| Some(nodes.get(*slot).next).filter(|next| *next != NIL);
            let slots = std::iter::successors(Some(level.head).filter(|head| *head != NIL), next);
            (self.level(side, key, level.qty), slots.map(|slot| Qty(nodes.get(slot).qty)).collect())
        }));
    }

    /// As `domain::book::Book` computes it, of the levels at the last [`Book::report`].
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// Whether the side may come to hold this price.
    pub fn admits(&self, side: Side, ticks: i64) -> bool {
        self.ladders[side as usize].admits(key_of(side, ticks))
    }

    /// Queues an order behind all others at its price; of an iceberg, a slice.
    pub fn rest(&mut self, nodes: &mut Nodes, slot: u32, ticks: i64, qty: i64) {
        let Node { side, is_iceberg, .. } = nodes.nodes[slot as usize];
        let qty = if is_iceberg { nodes.put_aside(slot, qty) } else { qty };
        let key = key_of(side, ticks);
        let level = self.ladders[side as usize].occupy(key);
        touch(&mut self.touched, self.epoch, side, key, level);
        let tail = level.tail;
        level.tail = slot;
        level.qty += qty;
        if tail == NIL {
            level.head = slot;
        } else {
            nodes.nodes[tail as usize].next = slot;
        }
        let node = &mut nodes.nodes[slot as usize];
        (node.qty, node.key, node.prev, node.next) = (qty, key, tail, NIL);
    }

    /// Takes a resting order out of its queue; its slot stays allocated.
    pub fn remove(&mut self, nodes: &mut Nodes, slot: u32) {
        let Node { key, qty, side, prev, next, .. } = nodes.nodes[slot as usize];
        let ladder = &mut self.ladders[side as usize];
        let Some(level) = ladder.get_mut(key) else { return };
        touch(&mut self.touched, self.epoch, side, key, level);
        level.qty -= qty;
        if prev == NIL {
            level.head = next;
        } else {
            nodes.nodes[prev as usize].next = next;
        }
        if next == NIL {
            level.tail = prev;
        } else {
            nodes.nodes[next as usize].prev = prev;
        }
        if level.head == NIL {
            ladder.vacate(key);
        }
    }

    /// Makes a resting order smaller; it keeps its place. Of an iceberg, what is hidden goes first.
    pub fn shrink(&mut self, nodes: &mut Nodes, slot: u32, mut by: i64) {
        if let Some(iceberg) = nodes.icebergs.get_mut(&slot) {
            let hidden = by.min(iceberg.hidden);
            iceberg.hidden -= hidden;
            by -= hidden;
        }
        self.deplete(nodes, slot, by);
    }

    /// Takes from what a resting order displays.
    pub fn deplete(&mut self, nodes: &mut Nodes, slot: u32, by: i64) {
        let node = &mut nodes.nodes[slot as usize];
        node.qty -= by;
        if let Some(level) = self.ladders[node.side as usize].get_mut(node.key) {
            touch(&mut self.touched, self.epoch, node.side, node.key, level);
            level.qty -= by;
        }
    }

    /// Trades up to `want` against the other side, best price first and oldest first, no worse than `limit_ticks`. `verdict` gets each order in
    /// turn, its slot, its price in ticks and the quantity that would trade; an order that is filled or removed is released. Returns what
    /// is left of `want`.
    pub fn take(
        &mut self,
        nodes: &mut Nodes,
        taker: Side,
        limit_ticks: i64,
        mut want: i64,
        mut verdict: impl FnMut(&Node, u32, i64, i64) -> Verdict,
    ) -> i64 {
        let side = taker.opposite();
        let limit = key_of(side, limit_ticks);
        let ladder = &mut self.ladders[side as usize];
        while want > 0 {
            let Some(key) = ladder.best().filter(|&key| key <= limit) else { break };
            let Some(level) = ladder.get_mut(key) else { break };
            touch(&mut self.touched, self.epoch, side, key, level);
            while want > 0 && level.head != NIL {
                let slot = level.head;
                let node = &mut nodes.nodes[slot as usize];
                let offer = want.min(node.qty);
                let (gone, filled) = match verdict(node, slot, key_of(side, key), offer) {
                    Verdict::Fill(qty) if qty > 0 => {
                        node.qty -= qty;
                        level.qty -= qty;
                        want -= qty;
                        (node.qty == 0, true)
                    }
                    Verdict::Fill(_) | Verdict::Remove => {
                        level.qty -= node.qty;
                        (true, false)
                    }
                };
                if gone {
                    let has_more = filled && node.is_iceberg;
                    level.head = node.next;
                    match level.head {
                        NIL => level.tail = NIL,
                        head => nodes.nodes[head as usize].prev = NIL,
                    }
                    match if has_more { nodes.next_slice(slot) } else { 0 } {
                        0 => nodes.release(slot),
                        slice => nodes.requeue(slot, slice, level),
                    }
                }
            }
            if level.head == NIL {
                ladder.vacate(key);
            }
        }
        want
    }

    /// Ends a command: appends the levels whose quantity it changed and brings the digest up to date.
    pub fn report(&mut self, out: &mut Vec<LevelUpdate>) {
        self.epoch = self.epoch.wrapping_add(1).max(1);
        for Touched { side, key, before } in self.touched.drain(..) {
            let qty = Qty(self.ladders[side as usize].get(key).map_or(0, |level| level.qty));
            let (price, before) = (Price::from_ticks(key_of(side, key), self.tick), Qty(before));
            if qty != before {
                self.digest = self
                    .digest
                    .wrapping_sub(level_digest(side, price, before))
                    .wrapping_add(level_digest(side, price, qty));
                out.push(LevelUpdate { side, price, before, qty });
            }
        }
    }

    /// Ends a command whose level changes nobody wants to know; the digest is not kept.
    pub fn forget(&mut self) {
        self.epoch = self.epoch.wrapping_add(1).max(1);
        self.touched.clear();
    }

    fn level(&self, side: Side, key: i64, qty: i64) -> Level {
        Level { price: Price::from_ticks(key_of(side, key), self.tick), qty: Qty(qty) }
    }
}

/// Remembers a level's quantity the first time a command touches it.
fn touch(touched: &mut Vec<Touched>, epoch: u32, side: Side, key: i64, level: &mut super::ladder::Level) {
    if level.epoch != epoch {
        level.epoch = epoch;
        touched.push(Touched { side, key, before: level.qty });
    }
}
