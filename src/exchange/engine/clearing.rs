//! What a match means: trades print, orders fill, positions and fees move, reports go out. Everything a match touches, but the books.

use super::book::{Node, Verdict};
use super::command::{BlockLeg, OrderId};
use super::event::{CancelReason, ComboTag, Event, Events, Fill, LegTrade, Order, Trade};
use super::ledger::Ledger;
use super::links::{Links, News};
use super::market::Market;
use super::standing::Changes;
use crate::base::time::Utc;
use crate::domain::number::{Money, Price, Qty, Side};
use crate::domain::order::{Liquidity, OrderType, PostOnly, Reduce, VenueOrderState};
use crate::exchange::accounts::{AccountId, AccountKind, Accounts};
use crate::exchange::catalogue::{Leg, ListingId, Ratio, VenueData};

/// The order that came in, while it trades.
#[derive(Clone, Copy, Debug)]
pub struct Taker {
    pub slot: u32,
    pub id: OrderId,
    pub account: AccountId,
    pub listing: ListingId,
    pub side: Side,
}

/// A match, before it is printed.
#[derive(Clone, Copy, Debug)]
pub struct Match {
    pub utc: Utc,
    pub price: Price,
    pub qty: Qty,
    pub aggressor: Side,
    pub maker: (AccountId, OrderId),
    pub taker: (AccountId, OrderId),
}

/// What a trade is part of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Made {
    pub combo: Option<ComboTag>,
    pub block: Option<u64>,
}

#[derive(Clone, Debug)]
pub struct Clearing {
    venue: VenueData,
    pub accounts: Accounts,
    /// By account.
    pub ledgers: Vec<Ledger>,
    /// By listing.
    pub markets: Vec<Market>,
    /// By slot of the order's node.
    pub orders: Vec<Option<Order>>,
    /// By product.
    pub indices: Vec<Option<Price>>,
    pub last_trade_id: u64,
    /// Clients whose portfolio the command at hand has changed.
    pub changed: Vec<AccountId>,
    /// Positions that it has changed, of accounts with reduce-only orders.
    pub moved: Vec<(AccountId, ListingId)>,
    /// Noted for whoever keeps what clients own.
    pub changes: Option<Changes>,
    pub links: Links,
    /// What it has done to orders with links, until that is followed.
    pub news: Vec<News>,
}

impl Clearing {
    pub fn new(venue: VenueData, products: usize) -> Self {
        Self {
            accounts: Accounts::new(venue.clone()),
            venue,
            ledgers: Vec::new(),
            markets: Vec::new(),
            orders: Vec::new(),
            indices: vec![None; products],
            last_trade_id: 0,
            changed: Vec::new(),
            moved: Vec::new(),
            changes: None,
            links: Links::default(),
            news: Vec::new(),
        }
    }

    pub fn open_account(&mut self, client: &str, kind: AccountKind) -> AccountId {
        let id = self.accounts.open(client, kind);
        if self.ledgers.len() <= id.index() {
            if let Some(changes) = self.changes.as_mut().filter(|_| kind == AccountKind::Client) {
                changes.accounts.push(id);
            }
            self.ledgers.push(match kind {
                AccountKind::Client => Ledger::of_client(),
                AccountKind::House => Ledger::of_house(),
            });
        }
        id
    }

    /// Of a spread: the sum over its legs.
    pub fn mark(&self, listing: ListingId) -> Option<Price> {
        let legs = &self.markets.get(listing.index())?.listing.legs;
        if legs.is_empty() {
            return self.accounts.mark(listing);
        }
        legs.iter().try_fold(Price(0), |sum, leg| {
            self.accounts.mark(leg.listing).map(|mark| Price(sum.0 + mark.0 * i64::from(leg.ratio)))
        })
    }

    pub fn order(&self, slot: u32) -> Option<&Order> {
        self.orders.get(slot as usize).and_then(Option::as_ref)
    }

    /// Takes over a new order that does not rest yet.
    pub fn accept(&mut self, slot: u32, order: Order) {
        let at = slot as usize;
        if self.orders.len() <= at {
            self.orders.resize(at + 1, None);
        }
        self.orders[at] = Some(order);
    }

    /// The order rests from now on: it is open and counts in the margin.
    pub fn rest(&mut self, slot: u32) {
        let Some(order) = self.order(slot) else { return };
        let (id, account, reduce) = (order.id, order.account, order.reduce);
        if let Some(ledger) = self.ledgers.get_mut(account.index())
            && ledger.open.insert(id)
        {
            ledger.reduce_only += u32::from(reduce == Reduce::Only);
        }
        self.work(slot, 1);
    }

    /// The order leaves its book for a moment, to come back as another price or size.
    pub fn withdraw(&mut self, slot: u32) {
        self.work(slot, -1);
        let Some(order) = self.order(slot) else { return };
        let (id, account, reduce) = (order.id, order.account, order.reduce);
        if let Some(ledger) = self.ledgers.get_mut(account.index())
            && ledger.open.remove(&id)
        {
            ledger.reduce_only -= u32::from(reduce == Reduce::Only);
        }
    }

    /// Gives an order a new price and total size.
    pub fn amend(&mut self, slot: u32, price: Price, qty: Qty, post_only: PostOnly, now: Utc) {
        if let Some(order) = self.orders.get_mut(slot as usize).and_then(Option::as_mut) {
            (order.price, order.qty, order.post_only) = (Some(price), qty, post_only);
            (order.replaced, order.updated) = (true, now);
            order.edits += 1;
        }
    }

    /// The order's remaining quantity starts (`sign` 1) or ends (−1) to count in the margin.
    fn work(&mut self, slot: u32, sign: i64) {
        if let Some(order) = self.orders.get(slot as usize).and_then(Option::as_ref) {
            let qty = order.remaining() * sign;
            self.work_part(order.account, order.listing, order.side, qty);
        }
    }

    /// A part of an order starts (or ends, when negative) to count in the margin.
    pub fn work_part(&mut self, account: AccountId, listing: ListingId, side: Side, qty: Qty) {
        for_legs(&self.markets, listing, (side, qty), |leg, side, qty| self.accounts.work(account, leg, side, qty));
    }

    /// Whether the account can carry `qty` more working contracts.
    pub fn affords(&self, account: AccountId, listing: ListingId, side: Side, qty: Qty) -> bool {
        let mut more = Vec::with_capacity(2);
        for_legs(&self.markets, listing, (side, qty), |leg, side, qty| more.push((leg, side, qty)));
        self.accounts.affords(account, &more)
    }

    /// How much of a resting order may trade, and why it is not more: reduce-only orders no more than their position, orders of a pair no
    /// more than the other's fills leave.
    pub fn usable(&self, maker: &Node, slot: u32, listing: ListingId) -> (i64, CancelReason) {
        let reducible = match maker.reduce {
            Reduce::Any => maker.qty,
            Reduce::Only => maker.qty.min(self.reducible(maker.account, listing, maker.side).0),
        };
        if maker.is_paired && !self.news.is_empty() {
            let remaining = self.order(slot).map_or(Qty::ZERO, Order::remaining);
            let lot = self.markets[listing.index()].listing.lot;
            let allowed = self.links.may_trade(maker, (remaining, lot), &self.news);
            if allowed < reducible {
                return (allowed, CancelReason::OcoOtherClosed);
            }
        }
        (reducible, CancelReason::ReduceOnly)
    }

    /// Contracts that an order on `side` can take off the account's position.
    pub fn reducible(&self, account: AccountId, listing: ListingId, side: Side) -> Qty {
        (self.accounts.net(account, listing) * -side.sign()).max(Qty::ZERO)
    }

    /// The order at the front of the queue meets an incoming one.
    pub fn meet(
        &mut self,
        now: Utc,
        taker: Taker,
        (maker, slot): (&Node, u32),
        (price, offer): (Price, i64),
        out: &mut Events,
    ) -> Verdict {
        if maker.account == taker.account {
            self.cancel(slot, CancelReason::SelfMatch, now, out);
            return Verdict::Remove;
        }
        let (usable, otherwise) = self.usable(maker, slot, taker.listing);
        let qty = offer.min(usable);
        if qty == 0 {
            self.cancel(slot, otherwise, now, out);
            return Verdict::Remove;
        }
        let found = Match {
            utc: now,
            price,
            qty: Qty(qty),
            aggressor: taker.side,
            maker: (maker.account, maker.id),
            taker: (taker.account, taker.id),
        };
        self.work_part(maker.account, taker.listing, maker.side, -Qty(qty));
        self.fill_order(slot, now, price, Qty(qty));
        self.fill_order(taker.slot, now, price, Qty(qty));
        self.clear(taker.listing, found, (slot, taker.slot), out);
        self.report(slot, out);
        Verdict::Fill(qty)
    }

    /// Ends an order that has not filled. It must have left its book.
    pub fn cancel(&mut self, slot: u32, reason: CancelReason, now: Utc, out: &mut Events) {
        let is_open = self.order(slot).is_some_and(|o| self.ledgers[o.account.index()].open.contains(&o.id));
        if is_open {
            self.work(slot, -1);
        }
        if let Some(order) = self.orders.get_mut(slot as usize).and_then(Option::as_mut) {
            order.state = VenueOrderState::Cancelled;
            order.cancel_reason = Some(reason);
            order.updated = now;
        }
        self.report(slot, out);
    }

    /// Tells a client how its order stands, and files it away if it is finished.
    pub fn report(&mut self, slot: u32, out: &mut Events) {
        let Some(place) = self.orders.get_mut(slot as usize) else { return };
        let Some(order) = place else { return };
        let account = order.account;
        let is_client = self.accounts.is_client(account);
        if is_client {
            if let Some(changes) = &mut self.changes {
                changes.orders.push(order.clone());
                if order.is_linked() {
                    changes.waiting.insert(account);
                }
            }
            out.list.push(Event::Order(Box::new(order.clone())));
            self.changed.push(account);
        }
        if order.state == VenueOrderState::Open {
            return;
        }
        let Some(order) = place.take() else { return };
        if order.is_linked() {
            self.news.push(News::Ended { order: order.id, whole: order.state == VenueOrderState::Filled });
        }
        let Some(ledger) = self.ledgers.get_mut(account.index()) else { return };
        if ledger.open.remove(&order.id) {
            ledger.reduce_only -= u32::from(order.reduce == Reduce::Only);
        }
        if is_client {
            ledger.finished.push(order);
        }
    }

    pub fn fill_order(&mut self, slot: u32, now: Utc, price: Price, qty: Qty) {
        let Some(order) = self.orders.get_mut(slot as usize).and_then(Option::as_mut) else { return };
        order.filled += qty;
        order.filled_value += i128::from(price.0) * i128::from(qty.0);
        order.updated = now;
        if order.remaining().is_zero() {
            order.state = VenueOrderState::Filled;
        }
        if order.is_linked() {
            self.news.push(News::Filled { order: order.id, filled: order.filled, qty: order.qty });
        }
    }

    /// Prints a match and books it, of a spread all its legs.
    fn clear(&mut self, listing: ListingId, found: Match, slots: (u32, u32), out: &mut Events) {
        let trade = self.print(listing, found, Made::default(), out);
        let legs = self.markets[listing.index()].listing.legs.clone();
        if legs.is_empty() {
            self.book(trade, slots, out);
            return;
        }
        self.fill_both(trade, slots, [(Money::ZERO, Money::ZERO); 2], out);
        let tag = ComboTag { listing, trade_id: trade.trade_id, leg: LegTrade::Assigned };
        let prices = self.leg_prices(&legs, found.price);
        for (Leg { listing, ratio }, price) in legs.into_iter().zip(prices) {
            let qty = found.qty * i64::from(ratio.abs());
            let leg = Match { price, qty, aggressor: found.aggressor.of_leg(ratio), ..found };
            let trade = self.print(listing, leg, Made { combo: Some(tag), block: None }, out);
            self.book(trade, slots, out);
        }
    }

    /// What a trade of a spread's own book makes of its legs: each trades at its mark rounded to tick, but the last where the spread's price
    /// then puts it, so that ratio × price adds up to it exactly. The last ratio is one, bought or sold.
    pub fn leg_prices(&self, legs: &[Leg], price: Price) -> Vec<Price> {
        let mut left = price.0;
        let at_mark = |leg: &Leg| {
            let tick = self.markets[leg.listing.index()].listing.tick;
            self.accounts.mark(leg.listing).unwrap_or_default().round_to(tick)
        };
        let last = legs.len() - 1;
        let price_of = |(at, leg): (usize, &Leg)| {
            let price = if at == last { Price(left * i64::from(leg.ratio)) } else { at_mark(leg) };
            left -= price.0 * i64::from(leg.ratio);
            price
        };
        legs.iter().enumerate().map(price_of).collect()
    }

    /// Prints and books a leg of a block trade; no order is behind it.
    pub fn book_block(
        &mut self,
        now: Utc,
        block: u64,
        leg: &BlockLeg,
        (maker, taker): ((AccountId, OrderId), (AccountId, OrderId)),
        out: &mut Events,
    ) -> Trade {
        let (price, qty, aggressor) = (leg.price, leg.qty, leg.side.opposite());
        let found = Match { utc: now, price, qty, aggressor, maker, taker };
        let trade = self.print(leg.listing, found, Made { combo: None, block: Some(block) }, out);
        let fee = self.venue.block_fee;
        let booked =
            [(maker.0, leg.side), (taker.0, aggressor)].map(|(who, side)| self.book_side(&trade, who, side, fee));
        let sides = [(maker, Liquidity::Maker, leg.side, booked[0]), (taker, Liquidity::Taker, aggressor, booked[1])];
        for ((account, order), liquidity, side, (fee, profit_loss)) in sides {
            let fill = Fill {
                account,
                order,
                label: None,
                kind: OrderType::Limit,
                post_only: PostOnly::Off,
                reduce: Reduce::Any,
                side,
                liquidity,
                fee,
                profit_loss,
                order_state: VenueOrderState::Filled,
                trade,
            };
            self.changed.push(account);
            self.tell_fill(fill, out);
        }
        trade
    }

    pub fn print(&mut self, listing: ListingId, found: Match, made: Made, out: &mut Events) -> Trade {
        self.last_trade_id += 1;
        let mark = self.mark(listing).unwrap_or(found.price);
        let market = &mut self.markets[listing.index()];
        let index = self.indices.get(market.listing.product.index()).copied().flatten();
        let trade = Trade {
            listing,
            trade_id: self.last_trade_id,
            seq: market.stats.last_trade_seq + 1,
            utc: found.utc,
            price: found.price,
            qty: found.qty,
            aggressor: found.aggressor,
            tick_direction: market.direction(found.price),
            mark,
            index: index.unwrap_or(mark),
            maker: found.maker,
            taker: found.taker,
            combo: made.combo,
            block: made.block,
        };
        market.print(trade);
        out.list.push(Event::Trade(trade));
        trade
    }

    /// Moves both positions, charges both fees and reports both sides.
    fn book(&mut self, trade: Trade, slots: (u32, u32), out: &mut Events) {
        let [maker_fee, taker_fee] = [Liquidity::Maker, Liquidity::Taker].map(|liquidity| self.rate(liquidity));
        let maker = self.book_side(&trade, trade.maker.0, trade.aggressor.opposite(), maker_fee);
        let taker = self.book_side(&trade, trade.taker.0, trade.aggressor, taker_fee);
        self.fill_both(trade, slots, [maker, taker], out);
    }

    /// Fee of a side.
    pub const fn rate(&self, liquidity: Liquidity) -> Ratio {
        match liquidity {
            Liquidity::Maker => self.venue.maker_fee,
            Liquidity::Taker => self.venue.taker_fee,
        }
    }

    /// Moves one position and charges its fee; returns fee and profit.
    pub fn book_side(&mut self, trade: &Trade, account: AccountId, side: Side, rate: Ratio) -> (Money, Money) {
        let contract_size = self.markets[trade.listing.index()].listing.contract_size;
        let fee = rate.of(Money::notional(trade.price, trade.qty, contract_size));
        if self.ledgers[account.index()].reduce_only > 0 {
            self.moved.push((account, trade.listing));
        }
        (fee, self.accounts.trade(account, trade.listing, side, trade.qty, trade.price, fee))
    }

    /// Reports both sides of a trade, with fee and profit: maker, then taker.
    fn fill_both(&mut self, trade: Trade, slots: (u32, u32), booked: [(Money, Money); 2], out: &mut Events) {
        self.fill(trade, (slots.0, Liquidity::Maker, trade.aggressor.opposite()), booked[0], out);
        self.fill(trade, (slots.1, Liquidity::Taker, trade.aggressor), booked[1], out);
    }

    /// Reports one side of a trade.
    pub fn fill(
        &mut self,
        trade: Trade,
        (slot, liquidity, side): (u32, Liquidity, Side),
        (fee, profit_loss): (Money, Money),
        out: &mut Events,
    ) {
        let Some(order) = self.order(slot) else { return };
        let fill = Fill {
            account: order.account,
            order: order.id,
            label: order.label.clone(),
            kind: order.kind,
            post_only: order.post_only,
            reduce: order.reduce,
            side,
            liquidity,
            fee,
            profit_loss,
            order_state: order.state,
            trade,
        };
        self.tell_fill(fill, out);
    }

    fn tell_fill(&mut self, fill: Fill, out: &mut Events) {
        if self.accounts.is_client(fill.account) {
            self.ledgers[fill.account.index()].fills.push(fill.clone());
            if let Some(changes) = &mut self.changes {
                changes.fills.push(fill.clone());
            }
        }
        out.list.push(Event::Fill(Box::new(fill)));
    }
}

/// An order on `listing` seen from the outrights that it moves.
pub fn for_legs(
    markets: &[Market],
    listing: ListingId,
    (side, qty): (Side, Qty),
    mut each: impl FnMut(ListingId, Side, Qty),
) {
    let Some(market) = markets.get(listing.index()) else { return };
    if market.listing.legs.is_empty() {
        each(listing, side, qty);
    }
    for leg in &market.listing.legs {
        each(leg.listing, side.of_leg(leg.ratio), qty * i64::from(leg.ratio.abs()));
    }
}
