//! Runs that end without a word, and the ones that go on from what they left.

use std::collections::BTreeMap;

use super::*;
use crate::domain::contract::Month;
use crate::domain::number::Money;
use crate::domain::order::Liquidity;
use crate::exchange::accounts::{Position, mean};
use crate::exchange::catalogue::Leg;
use crate::exchange::engine::terms::{FillCondition, Link, LinkKind, Reference, Terms, Trigger, TriggerKind};
use crate::exchange::engine::{CancelReason, ConnectionId, Fill, Order};
use crate::exchange::standing::{Entry, Standing};

const WEDNESDAY: &str = "2026-11-25T15:00:00Z";
const NEXT_THURSDAY: &str = "2026-12-03T15:00:00Z";
const MINUTE: Duration = Duration::from_secs(60);

/// Working, finished, and number, fee and profit of each fill.
type Orders = (Vec<Order>, Vec<Order>, Vec<(u64, Money, Money)>);

/// An exchange and what a journal knows of it.
struct Desk {
    exchange: Exchange,
    standing: Standing,
    out: Released,
}

impl Desk {
    fn resume(config: &Config, standing: Standing) -> Self {
        let mut out = Released::default();
        let exchange = Exchange::resume(config, &standing, &mut out).unwrap();
        let mut desk = Self { exchange, standing, out };
        desk.keep();
        desk
    }

    /// Nothing is told: the process just ends. The next one begins a minute later.
    fn leave(self, seed: u64) -> Self {
        let start = self.exchange.now() + MINUTE;
        Self::resume(&Config { start, ..config(seed, WEDNESDAY, 300.0) }, self.standing)
    }

    fn keep(&mut self) {
        if let Some(entry) = self.exchange.take_entry() {
            let text = serde_json::to_string(&entry).unwrap();
            let read: Entry = serde_json::from_str(&text).unwrap();
            assert_eq!(read, entry, "a line is read as it was written");
            self.standing.take(read);
        }
        self.out.clear();
    }

    fn open(&mut self, client: &str) -> AccountId {
        let account = self.exchange.open_account(self.exchange.now(), client, &mut self.out);
        self.keep();
        account
    }

    fn submit(&mut self, account: AccountId, command: &Command) -> Option<OrderId> {
        let done = self.exchange.submit(self.exchange.now(), account, command, &mut self.out);
        self.keep();
        match done {
            Ok(Applied::Order(id)) => Some(id),
            _ => None,
        }
    }

    fn advance(&mut self, span: Duration) {
        let until = self.exchange.now() + span;
        while self.exchange.advance(until, &mut self.out) == Progress::More {
            self.keep();
        }
        self.keep();
    }

    fn futures(&self) -> Vec<ListingId> {
        let catalogue = self.exchange.engine().catalogue();
        catalogue.active().filter(|listing| listing.kind == Kind::Future).take(5).map(|listing| listing.id).collect()
    }

    fn far(&self, listing: ListingId, side: Side) -> Price {
        let (low, high) = self.exchange.engine().price_band(listing).unwrap();
        if side == Side::Bid { low } else { high }
    }

    /// What a client has, by names.
    fn account(&self, client: &str) -> (Money, BTreeMap<String, Position>) {
        let engine = self.exchange.engine();
        let (balance, positions) = engine.held(engine.find_account(client).unwrap()).unwrap();
        let name = |listing| engine.catalogue().get(listing).unwrap().symbol.to_string();
        (balance, positions.map(|(listing, position)| (name(listing), position)).collect())
    }

    /// Working orders, finished ones and fills of a client, without the numbers of this run.
    fn orders(&self, client: &str) -> Orders {
        let engine = self.exchange.engine();
        let account = engine.find_account(client).unwrap();
        let plain =
            |order: &Order| Order { account: AccountId(0), listing: ListingId(0), connection: None, ..order.clone() };
        (
            engine.open_orders(account).map(plain).collect(),
            engine.finished_orders(account).map(plain).collect(),
            engine.fills(account).map(|fill| (fill.trade.trade_id, fill.fee, fill.profit_loss)).collect(),
        )
    }

    /// Contracts of all accounts, by listing.
    fn nets(&self) -> Vec<Qty> {
        let engine = self.exchange.engine();
        let accounts: Vec<AccountId> = (0..).map(AccountId).take_while(|a| engine.client(*a).is_some()).collect();
        let net = |listing| accounts.iter().fold(Qty::ZERO, |sum, account| sum + engine.net(*account, listing));
        engine.catalogue().all().iter().map(|listing| net(listing.id)).collect()
    }
}

/// Takes, and works orders at the market, where they fill in time, and far from it, at random.
fn trade(desk: &mut Desk, account: AccountId, rng: &mut Rng, orders: &mut Vec<OrderId>) {
    let futures = desk.futures();
    let listing = futures[rng.below(futures.len() as u64) as usize];
    let side = if rng.chance(0.5) { Side::Bid } else { Side::Ask };
    let some = orders.get(rng.below(orders.len() as u64 + 1) as usize).copied().unwrap_or(OrderId(1));
    let touch = desk.exchange.engine().best(listing, side).map(|level| level.price);
    let command = match rng.below(8) {
        0 => Command::Cancel(some),
        1 => Command::Edit(Edit { order: some, qty: Qty::lots(2), price: None, post_only: Default::default() }),
        2 | 3 => Command::Place(Place::market(listing, side, Qty::lots(1 + rng.below(5) as i64))),
        4 | 5 => Command::Place(Place::limit(listing, side, Qty::lots(2), touch.unwrap_or(desk.far(listing, side)))),
        _ => Command::Place(Place {
            label: Some(format!("order {}", orders.len()).into()),
            ..Place::limit(listing, side, Qty::lots(3), desk.far(listing, side))
        }),
    };
    orders.extend(desk.submit(account, &command));
}

#[test]
fn clients_find_what_they_left() {
    let mut rng = Rng::new(5);
    let mut desk = Desk::resume(&config(3, WEDNESDAY, 300.0), Standing::default());
    let mut orders: Vec<Vec<OrderId>> = vec![Vec::new(); 2];
    for life in 0..4 {
        let accounts = ["one", "two"].map(|client| desk.open(client));
        for _ in 0..60 {
            let who = rng.below(2) as usize;
            trade(&mut desk, accounts[who], &mut rng, &mut orders[who]);
            desk.advance(Duration::from_millis(rng.below(400)));
        }
        let before = ["one", "two"].map(|client| (desk.account(client), desk.orders(client)));
        let numbers = desk.exchange.engine().numbers();
        let mark = |desk: &Desk| desk.exchange.engine().stats(desk.futures()[0]).mark.unwrap().to_f64_lossy();
        let (at, left_at) = (desk.exchange.now(), mark(&desk));
        let rested = |fill: &Fill| fill.liquidity == Liquidity::Maker;
        assert!(desk.exchange.engine().fills(accounts[0]).any(rested), "orders that rested have filled");
        let again = desk.leave(10 + life);
        for (client, (account, lists)) in ["one", "two"].into_iter().zip(before) {
            assert_eq!(again.account(client), account, "{client} in life {life}");
            let (working, finished, fills) = again.orders(client);
            assert!(!lists.0.is_empty() && !lists.1.is_empty() && !lists.2.is_empty(), "{lists:?}");
            assert_eq!((&working, &fills), (&lists.0, &lists.2), "{client} in life {life}");
            assert_eq!(finished, lists.1, "{client} in life {life}");
        }
        assert!(again.nets().iter().all(|net| net.is_zero()), "contracts come in pairs");
        assert!(again.exchange.engine().numbers() > numbers, "no number is given out twice");
        assert!((mark(&again) / left_at - 1.0).abs() < 0.01, "the market goes on where it was: {left_at}");
        assert_eq!(again.exchange.now(), at + MINUTE);
        desk = again;
    }
}

#[test]
fn a_month_that_ends_meanwhile_is_settled_at_all_its_fixings() {
    let start = utc(WEDNESDAY);
    let mut desk = Desk::resume(&config(3, WEDNESDAY, 300.0), Standing::default());
    let account = desk.open("one");
    let catalogue = desk.exchange.engine().catalogue();
    let front = catalogue.active().find(|listing| listing.month == Some(Month::of(start.date()))).unwrap();
    let (listing, symbol) = (front.id, front.symbol.to_string());
    desk.submit(account, &Command::Place(Place::market(listing, Side::Bid, Qty::lots(7)))).unwrap();
    desk.submit(account, &Command::Place(Place::limit(listing, Side::Bid, Qty::lots(1), desk.far(listing, Side::Bid))));
    // Over a settlement and a fixing, so that the journal knows of some that the next life would draw otherwise.
    desk.exchange.set_rate(start, 5.0, &mut desk.out);
    desk.advance(Duration::from_secs(86_400));
    let product = desk.exchange.engine().catalogue().get(listing).unwrap().product;
    let fixed_today = desk.exchange.engine().fixings(product).last().copied().unwrap();
    assert_eq!(fixed_today.0, start.date());
    let (_, before) = desk.account("one");
    let settled = desk.exchange.engine().settlements(listing).next_back().copied().unwrap();
    assert!(settled.utc > start);

    let again = Desk::resume(&config(77, NEXT_THURSDAY, 300.0), desk.standing);
    let engine = again.exchange.engine();
    let gone = engine.catalogue().find(&symbol).unwrap();
    assert!(!gone.is_active);
    let month = Month::of(start.date());
    let of_month = engine.fixings(product).iter().filter(|(date, _)| Month::of(*date) == month);
    assert!(of_month.clone().any(|fixing| *fixing == fixed_today), "what was published stays published");
    assert!(engine.settlements(gone.id).any(|s| (s.utc, s.price) == (settled.utc, settled.price)));
    let last = engine.settlements(gone.id).next_back().unwrap();
    assert_eq!(Some(last.price), mean(of_month.map(|(_, price)| *price)));
    let (balance, after) = again.account("one");
    let position = after[&symbol];
    assert!(position.net.is_zero());
    let size = gone.contract_size;
    assert_eq!(position.realised, Money::notional(last.price, before[&symbol].net, size) - before[&symbol].cost);
    assert_eq!(balance, engine.portfolio(engine.find_account("one").unwrap()).unwrap().equity);
    let (working, finished, _) = again.orders("one");
    assert!(working.is_empty());
    assert_eq!(finished.last().and_then(|order| order.cancel_reason), Some(CancelReason::Expired));
    assert!(again.nets().iter().all(|net| net.is_zero()));
}

#[test]
fn what_waits_for_a_price_or_for_another_order_waits_on() {
    let mut desk = Desk::resume(&config(3, WEDNESDAY, 300.0), Standing::default());
    let account = desk.open("one");
    let listing = desk.futures()[1];
    let (low, high) = desk.exchange.engine().price_band(listing).unwrap();
    let limit = |side, price| Place::limit(listing, side, Qty::lots(4), price);
    let on = |place: Place, terms: Terms| Place { terms: terms.boxed(), ..place };
    let stop =
        |kind, level| Terms { trigger: Some(Trigger { kind, reference: Reference::Mark, level }), ..Terms::default() };
    let linked = |kind, others: Vec<Place>| Terms {
        link: Some(Link { kind, condition: FillCondition::FirstHit, others }),
        ..Terms::default()
    };
    let sell_stop = on(Place::market(listing, Side::Ask, Qty::lots(4)), stop(TriggerKind::Stop, low));
    let tick = desk.exchange.engine().catalogue().get(listing).unwrap().tick;
    let trail = stop(TriggerKind::Trailing, Price(10 * tick.0));
    let placed = [
        sell_stop.clone(),
        on(Place::market(listing, Side::Ask, Qty::lots(1)), trail),
        on(limit(Side::Bid, low), Terms { show: Some(Qty::lots(1)), ..Terms::default() }),
        on(limit(Side::Ask, high), linked(LinkKind::Cancels, vec![sell_stop.clone()])),
        on(limit(Side::Bid, low), linked(LinkKind::Triggers, vec![sell_stop])),
    ];
    let placed = placed.map(|place| desk.submit(account, &Command::Place(place)).unwrap());
    desk.advance(Duration::from_secs(3));
    let waiting = |desk: &Desk| {
        let engine = desk.exchange.engine();
        let held = engine.held_orders(engine.find_account("one").unwrap());
        held.map(|held| (held.id, held.trigger_price, held.ties.clone(), held.place.qty)).collect::<Vec<_>>()
    };
    let (left, orders, level) = (waiting(&desk), desk.orders("one"), desk.exchange.engine().best(listing, Side::Bid));
    assert_eq!((left.len(), orders.0.len()), (4, 3), "{left:?}");
    assert!(level.is_some());
    let mut again = desk.leave(3);
    // A trailing stop follows the new life's marks.
    let followed: Vec<_> = waiting(&again).into_iter().map(|(id, _, ties, qty)| (id, ties, qty)).collect();
    assert_eq!(followed, left.into_iter().map(|(id, _, ties, qty)| (id, ties, qty)).collect::<Vec<_>>());
    assert_eq!(again.orders("one").0, orders.0);
    let mut levels = Vec::new();
    again.exchange.engine().copy_levels(again.futures()[1], Side::Bid, usize::MAX, &mut levels);
    assert_eq!(levels.last().unwrap().qty, Qty::lots(5), "the iceberg shows one lot of four, beside four");
    let account = again.open("one");
    for (order, left) in [(placed[3], 3), (placed[4], 2), (placed[0], 1)] {
        again.submit(account, &Command::Cancel(order)).unwrap();
        assert_eq!(waiting(&again).len(), left, "what hangs on {order:?} goes with it");
    }
}

#[test]
fn a_combo_comes_back_with_its_orders() {
    let start = utc(WEDNESDAY);
    let mut desk = Desk::resume(&config(3, WEDNESDAY, 300.0), Standing::default());
    let account = desk.open("one");
    let futures = desk.futures();
    let legs = [(1, 1), (2, -2), (3, 1)].map(|(at, ratio)| Leg { listing: futures[at], ratio });
    let done = desk.exchange.submit(start, account, &Command::CreateCombo(legs.to_vec()), &mut desk.out);
    let Ok(Applied::Combo(combo)) = done else { panic!("{done:?}") };
    let symbol = desk.exchange.engine().catalogue().get(combo).unwrap().symbol.clone();
    let (low, _) = desk.exchange.engine().price_band(combo).unwrap();
    let order = desk.submit(account, &Command::Place(Place::limit(combo, Side::Bid, Qty::lots(2), low))).unwrap();
    let again = desk.leave(3);
    let (engine, account) = (again.exchange.engine(), again.exchange.engine().find_account("one").unwrap());
    let back = engine.order(account, order).unwrap();
    assert_eq!(back.state, VenueOrderState::Open);
    assert_eq!(engine.catalogue().get(back.listing).unwrap().symbol, symbol);
}

#[test]
fn orders_of_a_connection_end_with_it() {
    let mut desk = Desk::resume(&config(3, WEDNESDAY, 300.0), Standing::default());
    let account = desk.open("one");
    let listing = desk.futures()[0];
    let place = Place::limit(listing, Side::Bid, Qty::lots(1), desk.far(listing, Side::Bid));
    let stays = desk.submit(account, &Command::Place(place.clone())).unwrap();
    let [loose, bound] = [8, 9].map(|id| Place { connection: Some(ConnectionId(id)), ..place.clone() });
    let loose = desk.submit(account, &Command::Place(loose)).unwrap();
    let ends = desk.submit(account, &Command::Place(bound)).unwrap();
    desk.exchange.bind(ConnectionId(9), true);
    desk.keep();
    // Entries that say nothing of connections change nothing of them.
    let later = desk.submit(account, &Command::Place(place)).unwrap();
    let again = desk.leave(3);
    let (engine, account) = (again.exchange.engine(), again.exchange.engine().find_account("one").unwrap());
    for stays in [stays, loose, later] {
        assert_eq!(engine.order(account, stays).unwrap().state, VenueOrderState::Open);
    }
    let ended = engine.order(account, ends).unwrap();
    assert_eq!((ended.state, ended.cancel_reason), (VenueOrderState::Cancelled, Some(CancelReason::Disconnect)));
    assert_eq!(again.standing.working().count(), 3, "the journal knows of it too");
}
