//! Circles by hand, then random commands against a naive search of all of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::base::rng::Rng;
use crate::domain::calendar::Calendar;
use crate::domain::number::Money;
use crate::domain::order::{Liquidity, OrderType, PostOnly, TimeInForce, VenueOrderState};
use crate::exchange::accounts::AccountKind;
use crate::exchange::catalogue::{CatalogueData, Implied, Leg, ProductId};
use crate::exchange::engine::terms::Terms;
use crate::exchange::engine::{Applied, Command, Edit, Event, Fill, Order, Place, Refused, Scope, SessionOrder, Trade};

fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

/// Three months marked 2.80, 2.65 and 2.50, the calendars between them and their butterfly.
struct World {
    engine: Engine,
    now: Utc,
    dec: ListingId,
    mar: ListingId,
    jun: ListingId,
    dec_mar: ListingId,
    mar_jun: ListingId,
    dec_jun: ListingId,
    fly: ListingId,
    alice: AccountId,
    bob: AccountId,
    carol: AccountId,
}

fn world() -> World {
    let stamp: jiff::Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
    let now = Utc(i64::try_from(stamp.as_nanosecond()).unwrap());
    let mut data = CatalogueData::embedded().unwrap();
    data.venue.implied = Implied::All;
    data.venue.opening_balance = Money::dollars(100_000_000);
    let mut engine = Engine::new(now, Arc::new(data), Arc::new(Calendar::us().unwrap()));
    let find = |engine: &Engine, symbol: &str| engine.catalogue().find(symbol).unwrap().id;
    let [dec, mar, jun] =
        ["H100_USDC-31DEC26", "H100_USDC-31MAR27", "H100_USDC-30JUN27"].map(|symbol| find(&engine, symbol));
    for (id, mark) in [(dec, "2.80"), (mar, "2.65"), (jun, "2.50")] {
        engine.set_mark(id, price(mark));
    }
    engine.set_index(ProductId(0), price("2.81"));
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| engine.open_account(name, AccountKind::Client));
    let dec_mar = find(&engine, "H100_USDC-CAL-31DEC26_31MAR27");
    let mar_jun = find(&engine, "H100_USDC-CAL-31MAR27_30JUN27");
    let mut world = World { engine, now, dec, mar, jun, dec_mar, mar_jun, dec_jun: dec, fly: dec, alice, bob, carol };
    let leg = |listing, ratio| Leg { listing, ratio };
    world.dec_jun = world.combo(vec![leg(dec, 1), leg(jun, -1)]);
    world.fly = world.combo(vec![leg(dec, 1), leg(mar, -2), leg(jun, 1)]);
    world
}

impl World {
    fn combo(&mut self, legs: Vec<Leg>) -> ListingId {
        match self.run(self.alice, &Command::CreateCombo(legs)).0 {
            Ok(Applied::Combo(id)) => id,
            other => panic!("{other:?}"),
        }
    }

    fn run(&mut self, account: AccountId, command: &Command) -> (Result<Applied, Refused>, Vec<Event>) {
        let mut out = Events::default();
        let result = self.engine.apply(self.now, account, command, &mut out);
        (result, out.list)
    }

    fn place(&mut self, account: AccountId, place: Place) -> (OrderId, Vec<Event>) {
        match self.run(account, &Command::Place(place)) {
            (Ok(Applied::Order(id)), events) => (id, events),
            other => panic!("{other:?}"),
        }
    }

    fn limit(&mut self, account: AccountId, listing: ListingId, side: Side, lots: i64, at: &str) -> OrderId {
        self.place(account, Place::limit(listing, side, Qty::lots(lots), price(at))).0
    }

    fn order(&self, account: AccountId, id: OrderId) -> &Order {
        self.engine.order(account, id).unwrap()
    }

    /// Halts an open listing; lets a halted one go on by an auction.
    fn halt_or_go_on(&mut self, listing: ListingId) {
        let mut out = Events::default();
        let scope = Scope::Listing(listing);
        if self.engine.phase(listing) == Phase::Open {
            self.engine.direct(self.now, SessionOrder::Halt(scope, None), &mut out);
        } else {
            self.engine.direct(self.now, SessionOrder::Resume(scope), &mut out);
            self.now = self.now + Duration::from_secs(60);
            self.engine.turn_sessions(self.now, &mut out);
        }
    }

    fn lots(&self, account: AccountId) -> [i64; 3] {
        [self.dec, self.mar, self.jun].map(|leg| self.engine.net(account, leg).whole_lots())
    }

    fn listings(&self) -> [ListingId; 7] {
        [self.dec, self.mar, self.jun, self.dec_mar, self.mar_jun, self.dec_jun, self.fly]
    }
}

/// Shows so many lots at a time.
fn iceberg(lots: i64) -> Option<Box<Terms>> {
    Terms { show: Some(Qty::lots(lots)), ..Terms::default() }.boxed()
}

fn trades(events: &[Event]) -> Vec<(ListingId, Price, i64, Side)> {
    let of = |event: &Event| match event {
        Event::Trade(t) => Some((t.listing, t.price, t.qty.whole_lots(), t.aggressor)),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

fn fills(events: &[Event]) -> impl Iterator<Item = &Fill> {
    events.iter().filter_map(|event| if let Event::Fill(fill) = event { Some(&**fill) } else { None })
}

#[test]
fn a_spread_trades_with_its_legs_at_their_prices() {
    let mut w = world();
    let (dec, mar, spread) = (w.dec, w.mar, w.dec_mar);
    let ask = w.limit(w.alice, dec, Side::Ask, 5, "2.81");
    let bid = w.limit(w.bob, mar, Side::Bid, 3, "2.65");
    assert_eq!(w.engine.implied(spread, Side::Ask), Some(Level { price: price("0.16"), qty: Qty::lots(3) }));
    let (id, events) = w.place(w.carol, Place::limit(spread, Side::Bid, Qty::lots(4), price("0.17")));
    assert_eq!(
        trades(&events),
        [(spread, price("0.16"), 3, Side::Bid), (dec, price("2.81"), 3, Side::Bid), (mar, price("2.65"), 3, Side::Ask)],
        "what is left over goes to the order that came last"
    );
    let order = w.order(w.carol, id);
    assert_eq!((order.filled, order.state), (Qty::lots(3), VenueOrderState::Open), "the rest works");
    assert_eq!(w.order(w.alice, ask).filled, Qty::lots(3));
    assert_eq!(w.order(w.bob, bid).state, VenueOrderState::Filled);
    assert_eq!([w.alice, w.bob, w.carol].map(|who| w.lots(who)), [[-3, 0, 0], [0, 3, 0], [3, -3, 0]]);
    let stats = w.engine.stats(dec);
    assert_eq!((stats.last, stats.volume), (Some(price("2.81")), Qty::lots(3)), "an order of its own book traded");
    // Only the order that came last pays as a taker: 0.02 % of 3 × 730 × (2.81 + 2.65).
    let fees = [w.alice, w.bob, w.carol].map(|who| w.engine.portfolio(who).unwrap().fees);
    assert_eq!(fees, [Money::ZERO, Money::ZERO, Money(2_391_480_000)]);
    let tags: Vec<bool> =
        fills(&events).filter(|fill| fill.trade.listing == dec).map(|fill| fill.trade.combo.is_some()).collect();
    assert_eq!(tags, [false, true], "a leg to carol, an outright to alice");
}

#[test]
fn an_outright_trades_over_a_spread_between_ticks() {
    let mut w = world();
    let (dec, mar, spread) = (w.dec, w.mar, w.dec_mar);
    w.limit(w.alice, spread, Side::Ask, 2, "0.155");
    w.limit(w.bob, mar, Side::Ask, 2, "2.65");
    assert_eq!(w.engine.implied(dec, Side::Ask), Some(Level { price: price("2.81"), qty: Qty::lots(2) }), "rounded up");
    let below = w.limit(w.carol, dec, Side::Bid, 1, "2.80");
    assert_eq!(w.order(w.carol, below).filled, Qty::ZERO);
    let (_, events) = w.place(w.carol, Place::limit(dec, Side::Bid, Qty::lots(1), price("2.82")));
    assert_eq!(
        trades(&events),
        [
            (spread, price("0.155"), 1, Side::Bid),
            (dec, price("2.805"), 1, Side::Bid),
            (mar, price("2.65"), 1, Side::Bid)
        ]
    );
    assert_eq!([w.alice, w.bob, w.carol].map(|who| w.lots(who)), [[-1, 1, 0], [0, -1, 0], [1, 0, 0]]);
}

#[test]
fn the_own_book_goes_first_at_a_price_and_the_better_price_before_it() {
    let mut w = world();
    let (dec, mar, spread) = (w.dec, w.mar, w.dec_mar);
    w.limit(w.alice, dec, Side::Ask, 1, "2.81");
    w.limit(w.alice, dec, Side::Ask, 1, "2.82");
    w.limit(w.alice, spread, Side::Ask, 2, "0.16");
    w.limit(w.bob, mar, Side::Ask, 2, "2.65");
    let (_, events) = w.place(w.carol, Place::limit(dec, Side::Bid, Qty::lots(4), price("2.82")));
    let of_dec: Vec<_> = trades(&events).into_iter().filter(|trade| trade.0 == dec).collect();
    let at = |text: &str, lots| (dec, price(text), lots, Side::Bid);
    assert_eq!(of_dec, [at("2.81", 1), at("2.81", 2), at("2.82", 1)]);
}

#[test]
fn two_spreads_with_a_leg_in_common_meet_in_it() {
    let mut w = world();
    // Carol sells June over two calendars to whom wants December less March and March less June.
    w.limit(w.alice, w.dec_mar, Side::Bid, 1, "0.16");
    w.limit(w.bob, w.mar_jun, Side::Bid, 1, "0.155");
    w.limit(w.alice, w.jun, Side::Bid, 1, "2.40");
    let dave = w.engine.open_account("dave", AccountKind::Client);
    w.limit(dave, w.dec, Side::Ask, 1, "2.80");
    // 2.80 − 0.16 − 0.155 = 2.485 is what June can be bought at over both.
    let (_, events) = w.place(w.carol, Place::limit(w.jun, Side::Bid, Qty::lots(1), price("2.49")));
    let traded = trades(&events);
    assert_eq!(traded.len(), 5, "two spreads, three outrights: {traded:?}");
    assert!(traded.contains(&(w.jun, price("2.485"), 1, Side::Bid)));
    assert!(traded.contains(&(w.dec, price("2.80"), 1, Side::Bid)));
    let common: Vec<_> = traded.iter().filter(|trade| trade.0 == w.mar).collect();
    assert_eq!((common.len(), common[0].1), (1, price("2.64")), "2.80 less the first spread");
    assert_eq!(w.engine.stats(w.mar).last, None, "no order of March took part");
    assert_eq!(w.lots(w.alice), [1, -1, 0]);
    assert_eq!(w.lots(w.bob), [0, 1, -1]);
    assert_eq!((w.lots(w.carol), w.lots(dave)), ([0, 0, 1], [-1, 0, 0]));
}

#[test]
fn a_body_that_takes_two_waits_for_the_second() {
    let mut w = world();
    w.limit(w.alice, w.fly, Side::Bid, 1, "0.01");
    w.limit(w.bob, w.dec, Side::Ask, 1, "2.80");
    w.limit(w.bob, w.jun, Side::Ask, 1, "2.50");
    let first = w.limit(w.carol, w.mar, Side::Bid, 1, "2.64");
    assert_eq!(w.order(w.carol, first).filled, Qty::ZERO);
    let dave = w.engine.open_account("dave", AccountKind::Client);
    let (second, events) = w.place(dave, Place::limit(w.mar, Side::Bid, Qty::lots(1), price("2.66")));
    // The butterfly pays 0.01, so the bodies must bring 5.29: 2.64 as carol bid, the rest from who came last.
    assert_eq!(w.order(w.carol, first).average_price(), Some(price("2.64")));
    assert_eq!(w.order(dave, second).average_price(), Some(price("2.65")));
    assert_eq!(trades(&events).iter().filter(|trade| trade.0 == w.mar).count(), 2);
    assert_eq!(w.lots(w.alice), [1, -2, 1]);
}

#[test]
fn nobody_trades_with_himself_through_other_books() {
    let mut w = world();
    // Alice's spread would sell March to alice's own bid: the younger goes, and nothing trades.
    let spread = w.limit(w.alice, w.dec_mar, Side::Bid, 1, "0.16");
    let own = w.limit(w.alice, w.mar, Side::Bid, 1, "2.65");
    let (_, events) = w.place(w.bob, Place::limit(w.dec, Side::Ask, Qty::lots(1), price("2.80")));
    assert!(trades(&events).is_empty());
    assert_eq!(w.order(w.alice, own).cancel_reason, Some(CancelReason::SelfMatch));
    assert_eq!(w.order(w.alice, spread).state, VenueOrderState::Open);
    // Bob's own December stands in the way of his spread, and leaves.
    let (id, _) = w.place(w.bob, Place::limit(w.dec_mar, Side::Ask, Qty::lots(1), price("0.30")));
    w.limit(w.carol, w.mar, Side::Bid, 1, "2.65");
    let (_, events) = w.place(w.bob, Place::limit(w.dec_mar, Side::Bid, Qty::lots(1), price("0.20")));
    assert!(trades(&events).is_empty(), "{events:?}");
    assert_eq!(w.order(w.bob, id).state, VenueOrderState::Open);
    assert_eq!(w.engine.best(w.dec, Side::Ask), None);
}

#[test]
fn an_iceberg_gives_its_slices_to_other_books() {
    let mut w = world();
    w.limit(w.alice, w.dec, Side::Ask, 3, "2.80");
    let hidden = Place { terms: iceberg(1), ..Place::limit(w.mar, Side::Bid, Qty::lots(3), price("2.65")) };
    let (hidden, _) = w.place(w.bob, hidden);
    let kill = Place {
        time_in_force: TimeInForce::FillOrKill,
        ..Place::limit(w.dec_mar, Side::Bid, Qty::lots(3), price("0.15"))
    };
    let (id, _) = w.place(w.carol, kill);
    assert_eq!(w.order(w.carol, id).state, VenueOrderState::Filled, "what is hidden counts, too");
    assert_eq!(w.order(w.bob, hidden).filled, Qty::lots(3));
    // Two of the body of a butterfly, one shown.
    let hidden = Place { terms: iceberg(1), ..Place::limit(w.mar, Side::Bid, Qty::lots(2), price("2.65")) };
    w.place(w.bob, hidden);
    w.limit(w.alice, w.dec, Side::Ask, 1, "2.80");
    w.limit(w.alice, w.jun, Side::Ask, 1, "2.50");
    w.limit(w.carol, w.fly, Side::Bid, 1, "0");
    assert_eq!(w.lots(w.carol), [4, -5, 1]);
}

#[test]
fn a_fill_or_kill_counts_other_books_but_no_lot_twice() {
    let mut w = world();
    w.limit(w.alice, w.dec_mar, Side::Ask, 5, "0.15");
    w.limit(w.alice, w.dec_jun, Side::Ask, 5, "0.30");
    w.limit(w.bob, w.mar, Side::Ask, 2, "2.65");
    w.limit(w.bob, w.jun, Side::Ask, 2, "2.50");
    let dave = w.engine.open_account("dave", AccountKind::Client);
    w.limit(dave, w.dec, Side::Ask, 1, "2.80");
    let kill = |lots| Place {
        time_in_force: TimeInForce::FillOrKill,
        ..Place::limit(w.dec, Side::Bid, Qty::lots(lots), price("2.80"))
    };
    let (six, five) = (kill(6), kill(5));
    let (id, events) = w.place(w.carol, six);
    assert_eq!(w.order(w.carol, id).cancel_reason, Some(CancelReason::FillOrKill));
    assert!(trades(&events).is_empty());
    let (id, _) = w.place(w.carol, five);
    assert_eq!(w.order(w.carol, id).state, VenueOrderState::Filled);
}

#[test]
fn a_post_only_order_keeps_clear_of_implied_prices() {
    let mut w = world();
    w.limit(w.alice, w.dec_mar, Side::Ask, 2, "0.155");
    w.limit(w.bob, w.mar, Side::Ask, 2, "2.65");
    let post = |post_only| Place { post_only, ..Place::limit(w.dec, Side::Bid, Qty::lots(1), price("2.83")) };
    let (reject, reprice) = (post(PostOnly::Reject), post(PostOnly::Reprice));
    assert_eq!(w.run(w.carol, &Command::Place(reject)).0, Err(Refused::PostOnly));
    let (id, events) = w.place(w.carol, reprice);
    assert_eq!((w.order(w.carol, id).price, trades(&events).len()), (Some(price("2.80")), 0), "below 2.805");
}

#[test]
fn what_came_together_in_a_halt_trades_when_all_legs_go_on() {
    let mut w = world();
    w.halt_or_go_on(w.mar);
    w.limit(w.alice, w.dec, Side::Ask, 1, "2.80");
    let mut out = Events::default();
    w.engine.direct(w.now, SessionOrder::Resume(Scope::Listing(w.mar)), &mut out);
    w.limit(w.bob, w.mar, Side::Bid, 1, "2.66");
    assert_eq!(w.engine.implied(w.dec_mar, Side::Ask), None, "March does not trade yet");
    // The calendar waits for its leg, too; what is in its book from before stays there.
    w.now = w.now + Duration::from_secs(60);
    w.engine.turn_sessions(w.now, &mut out);
    assert_eq!(w.engine.implied(w.dec_mar, Side::Ask).map(|level| level.price), Some(price("0.14")));
    w.limit(w.carol, w.dec_mar, Side::Bid, 1, "0.12");
    w.halt_or_go_on(w.mar);
    w.run(w.bob, &Command::CancelAll).0.unwrap();
    let mut out = Events::default();
    w.engine.direct(w.now, SessionOrder::Resume(Scope::Listing(w.mar)), &mut out);
    let last = w.limit(w.bob, w.mar, Side::Bid, 1, "2.69");
    assert_eq!(w.lots(w.carol), [0; 3]);
    w.now = w.now + Duration::from_secs(60);
    w.engine.turn_sessions(w.now, &mut out);
    assert_eq!(w.lots(w.carol), [1, -1, 0]);
    assert_eq!(w.order(w.bob, last).average_price(), Some(price("2.68")), "the youngest gets what is left over");
}

/// What the books say, by listing: bids, asks.
type Books = BTreeMap<ListingId, [Vec<Level>; 2]>;

/// Lots by listing that cancel out; bought where positive.
type Circle = Vec<(ListingId, i64)>;

impl World {
    fn books(&self) -> Books {
        let levels = |listing| {
            Side::BOTH.map(|side| {
                let mut levels = Vec::new();
                self.engine.copy_levels(listing, side, usize::MAX, &mut levels);
                levels
            })
        };
        self.listings().into_iter().map(|listing| (listing, levels(listing))).collect()
    }

    /// Every set of at most two lots a listing that cancels out, over one spread, or over two of two legs: found by trying all.
    fn circles(&self) -> Vec<Circle> {
        let listings = self.listings();
        let holds = |listing: ListingId| {
            let legs = &self.engine.catalogue().get(listing).unwrap().legs;
            let of = |outright| legs.iter().find(|leg| leg.listing == outright).map_or(0, |leg| i64::from(leg.ratio));
            let own = |outright| i64::from(listing == outright);
            listings[..3].iter().map(|outright| own(*outright) + of(*outright)).collect::<Vec<i64>>()
        };
        let held: Vec<Vec<i64>> = listings.into_iter().map(holds).collect();
        let mut found = Vec::new();
        for number in 0..5_u32.pow(7) {
            let lots: Vec<i64> = (0..7).map(|at| i64::from(number / 5_u32.pow(at) % 5) - 2).collect();
            let spreads: i64 = lots[3..].iter().map(|lots| lots.abs()).sum();
            let is_admitted =
                spreads == 1 || spreads == 2 && lots[6] == 0 && lots[3..].iter().all(|lots| lots.abs() < 2);
            let cancels = (0..3).all(|leg| (0..7).map(|at| lots[at] * held[at][leg]).sum::<i64>() == 0);
            if is_admitted && cancels {
                found.push(listings.into_iter().zip(lots).filter(|(_, lots)| *lots != 0).collect());
            }
        }
        found
    }
}

/// Price × lots of the best lots of a side; `None` when there are not so many.
fn cost(books: &Books, listing: ListingId, side: Side, lots: i64) -> Option<i64> {
    let mut left = lots;
    let mut cost = 0;
    for level in &books[&listing][side as usize] {
        let taken = left.min(level.qty.whole_lots());
        cost += level.price.0 * taken;
        left -= taken;
    }
    (left == 0).then_some(cost)
}

/// What the buyers of a circle offer more than its sellers want; `None` when somebody is missing.
fn surplus(books: &Books, circle: &[(ListingId, i64)]) -> Option<i64> {
    circle.iter().try_fold(0, |sum, (listing, lots)| {
        let side = if *lots > 0 { Side::Bid } else { Side::Ask };
        Some(sum + side.sign() * cost(books, *listing, side, lots.abs())?)
    })
}

/// The best price of a lot for an order of at most `most`, by the naive search; with the own book's.
fn naive_best(
    books: &Books,
    circles: &[Circle],
    (listing, side, most): (ListingId, Side, i64),
) -> (Option<i64>, Option<i64>) {
    let own = cost(books, listing, side.opposite(), 1);
    let over = circles.iter().filter_map(|circle| {
        let (_, lots) = circle.iter().find(|(of, _)| *of == listing)?;
        let others: Vec<_> = circle.iter().copied().filter(|(of, _)| *of != listing).collect();
        (lots.signum() == side.sign() && lots.abs() <= most).then_some(())?;
        Some(-surplus(books, &others)? / lots)
    });
    (own.into_iter().chain(over).min_by_key(|price| price * side.sign()), own)
}

fn assert_uncrossed(w: &World, circles: &[Circle], told: &str) {
    let books = w.books();
    let is_open = |listing: ListingId| w.engine.phase(listing) == Phase::Open;
    for (listing, [bids, asks]) in books.iter().filter(|(listing, _)| is_open(**listing)) {
        if let (Some(bid), Some(ask)) = (bids.first(), asks.first()) {
            assert!(bid.price < ask.price, "{told}: {listing:?} is crossed");
        }
    }
    let are_open = |circle: &&Circle| circle.iter().all(|(listing, _)| is_open(*listing));
    for circle in circles.iter().filter(are_open) {
        let over = surplus(&books, circle);
        assert!(over.is_none_or(|over| over < 0), "{told}: {circle:?} could trade, {over:?} over");
    }
    for listing in w.listings().into_iter().filter(|listing| is_open(*listing)) {
        let [bid, ask] = Side::BOTH.map(|side| {
            let shown = [w.engine.best(listing, side), w.engine.implied(listing, side)];
            shown.into_iter().flatten().map(|level| level.price).max_by_key(|price| price.0 * side.sign())
        });
        if let (Some(bid), Some(ask)) = (bid, ask) {
            assert!(bid < ask, "{told}: {listing:?} shows {bid} bid, {ask} asked");
        }
    }
}

/// Legs of every spread fill add up to its price, and no fill is worse than its order's limit.
fn assert_legs_add_up(w: &World, events: &[Event], told: &str) -> usize {
    let mut of_spread: BTreeMap<(OrderId, u64), (i128, i128)> = BTreeMap::new();
    for fill in fills(events) {
        let Trade { listing, trade_id, price, qty, combo, .. } = fill.trade;
        let value = i128::from(fill.side.sign()) * i128::from(price.0) * i128::from(qty.0);
        if !w.engine.catalogue().get(listing).unwrap().legs.is_empty() {
            of_spread.entry((fill.order, trade_id)).or_default().0 += value;
        } else if let Some(tag) = combo {
            of_spread.entry((fill.order, tag.trade_id)).or_default().1 += value;
        }
        let Some(order) = w.engine.order(fill.account, fill.order).filter(|order| order.listing == listing) else {
            continue;
        };
        let Some(limit) = order.price else { continue };
        assert!(fill.side.reaches(limit, price), "{told}: {order:?} traded at {price}");
        if fill.liquidity == Liquidity::Maker && order.post_only == PostOnly::Off {
            assert_eq!(limit, price, "{told}: a resting order keeps its price");
        }
    }
    for ((order, _), (own, legs)) in &of_spread {
        assert_eq!(own, legs, "{told}: legs of {order:?}");
    }
    of_spread.len()
}

/// What is shown as implied can be had by somebody new, at that price or better.
fn assert_reachable(w: &World, told: &str) -> usize {
    let mut shown = 0;
    for listing in w.listings() {
        for side in Side::BOTH {
            let Some(level) = w.engine.implied(listing, side) else { continue };
            shown += 1;
            let mut engine = w.engine.clone();
            let eve = engine.open_account("eve", AccountKind::House);
            let order = Place {
                time_in_force: TimeInForce::ImmediateOrCancel,
                ..Place::limit(listing, side.opposite(), level.qty, level.price)
            };
            let mut out = Events::default();
            let placed = engine.apply(w.now, eve, &Command::Place(order), &mut out);
            let of_eve = |fill: &&Fill| fill.account == eve && fill.trade.listing == listing;
            let got: Qty = fills(&out.list).filter(of_eve).map(|fill| fill.trade.qty).sum();
            // What lies outside the price band cannot be asked for.
            let is_refused = matches!(placed, Err(Refused::PriceTooHigh | Refused::PriceTooLow));
            assert!(got == level.qty || is_refused, "{told}: {listing:?} {side:?} {level:?} gave {got}");
        }
    }
    shown
}

fn any_listing(w: &World, rng: &mut Rng) -> (ListingId, Price) {
    let (listing, low, tick, steps) = match rng.below(7) {
        0 => (w.dec, "2.76", "0.01", 9),
        1 => (w.mar, "2.61", "0.01", 9),
        2 => (w.jun, "2.46", "0.01", 9),
        3 => (w.dec_mar, "0.12", "0.005", 13),
        4 => (w.mar_jun, "0.12", "0.005", 13),
        5 => (w.dec_jun, "0.27", "0.005", 13),
        _ => (w.fly, "-0.04", "0.005", 17),
    };
    (listing, Price(price(low).0 + price(tick).0 * rng.below(steps) as i64))
}

fn any_command(w: &World, rng: &mut Rng, ids: &[OrderId]) -> Command {
    let side = Side::BOTH[rng.below(2) as usize];
    let lots = Qty::lots(1 + rng.below(4) as i64);
    let (listing, at) = any_listing(w, rng);
    let old = ids.get(ids.len().saturating_sub(1 + rng.below(12) as usize)).copied().unwrap_or_default();
    let is_outright = [w.dec, w.mar, w.jun].contains(&listing);
    let place = Place::limit(listing, side, lots, at);
    let tifs = [TimeInForce::Day, TimeInForce::ImmediateOrCancel, TimeInForce::FillOrKill];
    match rng.below(12) {
        0 | 1 => Command::Cancel(old),
        2 => Command::Edit(Edit {
            order: old,
            qty: lots,
            price: rng.chance(0.6).then_some(at),
            post_only: PostOnly::Off,
        }),
        3 => Command::Place(Place { kind: OrderType::Market, ..place }),
        4 => Command::Place(Place { post_only: PostOnly::Reprice, ..place }),
        5 => Command::Place(Place { post_only: PostOnly::Reject, ..place }),
        6 | 7 if is_outright => Command::Place(Place { reduce: Reduce::Only, ..place }),
        9 => Command::Place(Place { terms: iceberg(1), ..place }),
        8 => Command::Place(Place { time_in_force: tifs[rng.below(3) as usize], ..place }),
        _ => Command::Place(place),
    }
}

#[test]
fn whatever_they_do_nothing_is_crossed_made_or_lost() {
    let mut w = world();
    let house = w.engine.open_account("maker", AccountKind::House);
    let accounts = [w.alice, w.bob, w.carol, house];
    let circles = w.circles();
    let mut rng = Rng::fork(23, "implied chaos");
    let (mut ids, mut spread_fills, mut shown, mut killed, mut halts) = (vec![Vec::new(); 4], 0, 0, [0, 0], 0);
    for number in 0..5_000 {
        let outright = w.listings()[rng.below(3) as usize];
        if rng.chance(if w.engine.phase(outright) == Phase::Open { 0.005 } else { 0.1 }) {
            w.halt_or_go_on(outright);
            halts += 1;
            assert_uncrossed(&w, &circles, &format!("a halt before command {number}"));
        }
        let who = rng.below(4) as usize;
        let command = any_command(&w, &mut rng, &ids[who]);
        let told = format!("command {number}, {command:?}");
        let (result, events) = w.run(accounts[who], &command);
        if let Ok(Applied::Order(id)) = result {
            ids[who].push(id);
            if let Command::Place(Place { time_in_force: TimeInForce::FillOrKill, kind: OrderType::Limit, .. }) =
                command
                && let Some(order) = w.engine.order(accounts[who], id)
            {
                assert!(order.filled == order.qty || order.filled.is_zero(), "{told}: {order:?}");
                killed[usize::from(order.filled.is_zero())] += 1;
            }
        }
        assert!(result.is_ok() || events.is_empty(), "{told}: a refusal changes nothing");
        assert_uncrossed(&w, &circles, &told);
        spread_fills += assert_legs_add_up(&w, &events, &told);
        for listing in [w.dec, w.mar, w.jun] {
            let nets = accounts.map(|account| w.engine.net(account, listing));
            assert_eq!(nets.into_iter().sum::<Qty>(), Qty::ZERO, "{told}");
            let long: Qty = nets.into_iter().map(|net| net.max(Qty::ZERO)).sum();
            assert_eq!(w.engine.stats(listing).open_interest, long, "{told}");
        }
        if number % 10 == 0 {
            shown += assert_reachable(&w, &told);
        }
    }
    assert!(spread_fills > 1_000 && shown > 500, "{spread_fills} fills of spreads, {shown} implied prices");
    assert!(halts > 20, "{halts} halts");
    assert!(killed[0] > 10 && killed[1] > 10, "fill-or-kill orders filled and killed: {killed:?}");
    let portfolios = accounts.map(|account| w.engine.portfolio(account).unwrap());
    assert_eq!(portfolios.iter().map(|p| p.total_pl).sum::<Money>(), Money::ZERO);
    let cash: Money = portfolios.iter().map(|p| p.equity + p.fees).sum();
    assert_eq!(cash, Money::dollars(400_000_000), "fees go to the venue, everything else stays between them");
    for account in accounts {
        w.run(account, &Command::CancelAll).0.unwrap();
        assert!(w.engine.positions(account).iter().all(|p| p.open_orders_margin == Money::ZERO), "working orders leak");
    }
    assert!(w.books().values().flatten().all(Vec::is_empty));
}

#[test]
fn no_trade_passes_a_better_price_or_an_older_order() {
    let mut w = world();
    let circles = w.circles();
    let mut rng = Rng::fork(29, "implied priority");
    let mut orders: Vec<(AccountId, OrderId)> = Vec::new();
    let (mut over_others, mut own_first) = (0, 0);
    for number in 0..2_500 {
        // Everybody places one order, so that nobody stands in his own way.
        let account = w.engine.open_account(&format!("client {number}"), AccountKind::Client);
        let (listing, at) = any_listing(&w, &mut rng);
        let side = Side::BOTH[rng.below(2) as usize];
        let place = Place::limit(listing, side, Qty::lots(1 + rng.below(4) as i64), at);
        let told = format!("order {number}, {place:?}");
        let (best, own) = naive_best(&w.books(), &circles, (listing, side, place.qty.whole_lots()));
        let (id, events) = w.place(account, place);
        let first = fills(&events).find(|fill| fill.order == id && fill.trade.listing == listing);
        let reached = best.filter(|best| side.reaches(at, Price(*best)));
        match (reached, first) {
            (Some(best), Some(fill)) => {
                assert_eq!(fill.trade.price.0, best, "{told}: the best price first");
                let is_direct = fills(&events).any(|other| {
                    other.order != id
                        && other.trade.trade_id == fill.trade.trade_id
                        && other.trade.listing == listing
                        && w.engine.order(other.account, other.order).is_some_and(|order| order.listing == listing)
                });
                assert_eq!(is_direct, own == Some(best), "{told}: the own book first at a price");
                over_others += usize::from(!is_direct);
                own_first += usize::from(is_direct);
            }
            // Two orders of a butterfly's body make one: the younger alone could not trade.
            (None, Some(_)) => assert_eq!(listing, w.mar, "{told}"),
            (Some(_), None) => panic!("{told}: passed {reached:?}"),
            (None, None) => {}
        }
        let open: Vec<&Order> = orders
            .iter()
            .filter_map(|(account, id)| w.engine.order(*account, *id))
            .filter(|order| order.state == VenueOrderState::Open)
            .collect();
        for fill in fills(&events).filter(|fill| fill.order != id) {
            let Some(made) =
                w.engine.order(fill.account, fill.order).filter(|order| order.listing == fill.trade.listing)
            else {
                continue;
            };
            let (Some(price), side) = (made.price, made.side) else { continue };
            for passed in open.iter().filter(|order| (order.listing, order.side) == (made.listing, side)) {
                let other = passed.price.unwrap();
                let is_better = (other.0 - price.0) * side.sign() > 0 || other == price && passed.id < made.id;
                assert!(!is_better, "{told}: {made:?} traded before {passed:?}");
            }
        }
        assert_uncrossed(&w, &circles, &told);
        orders.retain(|(account, id)| w.engine.order(*account, *id).is_some_and(|o| o.state == VenueOrderState::Open));
        orders.push((account, id));
        if orders.len() > 60 {
            let (account, id) = orders.remove(rng.below(40) as usize);
            // It may have traded at once.
            let _ = w.run(account, &Command::Cancel(id));
        }
    }
    assert!(over_others > 150 && own_first > 150, "{over_others} over other books, {own_first} in the own");
}
