//! The engine, command by command.

mod funding;
mod margin;
mod sessions;

use std::sync::Arc;

use super::*;
use crate::domain::book::{self, Level};
use crate::domain::contract::Month;
use crate::domain::number::{Money, Qty, Side};
use crate::domain::order::{PostOnly, Reduce, TimeInForce, VenueOrderState};
use crate::exchange::catalogue::Leg;

mod special;

fn utc(text: &str) -> Utc {
    let stamp: jiff::Timestamp = text.parse().unwrap();
    Utc(i64::try_from(stamp.as_nanosecond()).unwrap())
}

fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

/// A Sunday; H100 December marked at 2.80, March at 2.65.
struct Stage {
    engine: Engine,
    now: Utc,
    dec: ListingId,
    mar: ListingId,
    spread: ListingId,
    alice: AccountId,
    bob: AccountId,
}

fn stage() -> Stage {
    let now = utc("2026-11-22T09:00:00Z");
    let data = Arc::new(CatalogueData::embedded().unwrap());
    let mut engine = Engine::new(now, data, Arc::new(Calendar::us().unwrap()));
    let find = |engine: &Engine, symbol: &str| engine.catalogue().find(symbol).unwrap().id;
    let dec = find(&engine, "H100_USDC-31DEC26");
    let mar = find(&engine, "H100_USDC-31MAR27");
    let spread = find(&engine, "H100_USDC-CAL-31DEC26_31MAR27");
    engine.set_index(ProductId(0), price("2.81"));
    engine.set_mark(dec, price("2.80"));
    engine.set_mark(mar, price("2.65"));
    let alice = engine.open_account("alice", AccountKind::Client);
    let bob = engine.open_account("bob", AccountKind::Client);
    Stage { engine, now, dec, mar, spread, alice, bob }
}

impl Stage {
    fn run(
        &mut self,
        account: AccountId,
        command: impl std::borrow::Borrow<Command>,
    ) -> (Result<Applied, Refused>, Events) {
        let mut out = Events::default();
        let result = self.engine.apply(self.now, account, command.borrow(), &mut out);
        (result, out)
    }

    fn place(&mut self, account: AccountId, place: Place) -> OrderId {
        match self.run(account, Command::Place(place)).0 {
            Ok(Applied::Order(id)) => id,
            other => panic!("{other:?}"),
        }
    }

    fn limit(&mut self, account: AccountId, listing: ListingId, side: Side, lots: i64, at: &str) -> OrderId {
        self.place(account, Place::limit(listing, side, Qty::lots(lots), price(at)))
    }
}

#[test]
fn profit_and_margin_agree_to_the_cent() {
    let mut s = stage();
    let (dec, alice, bob) = (s.dec, s.alice, s.bob);
    s.limit(bob, dec, Side::Ask, 10, "2.81");
    s.limit(alice, dec, Side::Bid, 3, "2.81");
    // 3 × 730 × 2.81 = 6,153.90; taker fee 0.02 % of it.
    let portfolio = s.engine.portfolio(alice).unwrap();
    assert_eq!(portfolio.balance, Money::dollars(250_000) - Money(1_230_780_000));
    // Marked at 2.80: −0.01 × 2,190.
    assert_eq!(portfolio.total_pl.cents(), -2_190);
    assert_eq!(portfolio.equity, portfolio.balance + portfolio.total_pl);
    // 20 % of 3 × 730 × 2.80 = 6,132.
    assert_eq!(portfolio.initial_margin.cents(), 122_640);
    assert_eq!(portfolio.maintenance_margin.cents(), 91_980);
    let position = s.engine.position(alice, dec).unwrap();
    assert_eq!((position.net, position.average_price), (Qty::lots(3), Some(price("2.81"))));

    s.engine.set_mark(dec, price("2.90"));
    s.limit(bob, dec, Side::Bid, 1, "2.90");
    s.limit(alice, dec, Side::Ask, 1, "2.90");
    let position = s.engine.position(alice, dec).unwrap();
    assert_eq!(position.realised.cents(), 6_570, "0.09 × 730");
    assert_eq!(position.floating.cents(), 13_140, "0.09 × 1,460");
    // Nothing is made or lost between two clients, but fees.
    let both = s.engine.portfolio(bob).unwrap().total_pl + s.engine.portfolio(alice).unwrap().total_pl;
    assert_eq!(both, Money::ZERO);
}

#[test]
fn a_spread_trade_fills_both_legs_and_prints_no_price_on_them() {
    let mut s = stage();
    let (spread, dec, mar, alice, bob) = (s.spread, s.dec, s.mar, s.alice, s.bob);
    s.engine.set_mark(dec, price("2.803"));
    s.limit(bob, spread, Side::Ask, 2, "0.155");
    let (_, out) = s.run(alice, Command::Place(Place::limit(spread, Side::Bid, Qty::lots(2), price("0.155"))));
    let trades: Vec<&Trade> =
        out.list.iter().filter_map(|e| if let Event::Trade(t) = e { Some(t) } else { None }).collect();
    let got: Vec<(ListingId, Price, Side)> = trades.iter().map(|t| (t.listing, t.price, t.aggressor)).collect();
    assert_eq!(
        got,
        [(spread, price("0.155"), Side::Bid), (dec, price("2.8"), Side::Bid), (mar, price("2.645"), Side::Ask),]
    );
    let tag = Some(ComboTag { listing: spread, trade_id: trades[0].trade_id, leg: LegTrade::Assigned });
    assert_eq!((trades[0].combo, trades[1].combo, trades[2].combo), (None, tag, tag));
    assert_eq!((s.engine.net(alice, dec), s.engine.net(alice, mar)), (Qty::lots(2), Qty::lots(-2)));
    assert_eq!((s.engine.net(bob, dec), s.engine.net(bob, mar)), (Qty::lots(-2), Qty::lots(2)));
    assert_eq!(s.engine.net(alice, spread), Qty::ZERO);
    for leg in [dec, mar] {
        let stats = s.engine.stats(leg);
        assert_eq!((stats.last, stats.high, stats.low, stats.volume), (None, None, None, Qty::ZERO));
        assert_eq!(stats.open_interest, Qty::lots(2));
    }
    assert_eq!(s.engine.stats(spread).last, Some(price("0.155")));
    assert_eq!(s.engine.fills(alice).count(), 3);
}

#[test]
fn initial_margin_stops_an_order_that_equity_cannot_carry() {
    let mut s = stage();
    let (dec, alice) = (s.dec, s.alice);
    // One contract needs 0.2 × 730 × 2.80 = 408.80; 250,000 carries 611.
    let too_many = Place::limit(dec, Side::Bid, Qty::lots(612), price("2.75"));
    assert_eq!(s.run(alice, Command::Place(too_many)).0, Err(Refused::NotEnoughFunds));
    s.limit(alice, dec, Side::Bid, 611, "2.75");
    // The other side adds nothing to the worst case; one more on the same side does.
    s.limit(alice, dec, Side::Ask, 611, "2.85");
    let one = Place::limit(dec, Side::Bid, Qty::lots(1), price("2.75"));
    assert_eq!(s.run(alice, Command::Place(one.clone())).0, Err(Refused::NotEnoughFunds));
    s.run(alice, Command::CancelAll).0.unwrap();
    assert_eq!(s.engine.portfolio(alice).unwrap().initial_margin, Money::ZERO);
    s.place(alice, one);
}

#[test]
fn reduce_only_never_turns_a_position() {
    let mut s = stage();
    let (dec, alice, bob) = (s.dec, s.alice, s.bob);
    let reduce =
        |side, lots, at: &str| Place { reduce: Reduce::Only, ..Place::limit(dec, side, Qty::lots(lots), price(at)) };
    assert_eq!(s.run(alice, Command::Place(reduce(Side::Ask, 1, "2.85"))).0, Err(Refused::WouldNotReduce));
    s.limit(bob, dec, Side::Ask, 5, "2.80");
    s.limit(alice, dec, Side::Bid, 5, "2.80");
    // Ten cut to five, and a plain sale in front of it that takes three of them.
    s.limit(alice, dec, Side::Ask, 3, "2.82");
    let id = s.place(alice, reduce(Side::Ask, 10, "2.83"));
    assert_eq!(s.engine.order(alice, id).unwrap().qty, Qty::lots(5));
    let bid = s.limit(bob, dec, Side::Bid, 10, "2.83");
    assert_eq!(s.engine.net(alice, dec), Qty::ZERO);
    assert_eq!(s.engine.order(bob, bid).unwrap().filled, Qty::lots(5));
    let order = s.engine.order(alice, id).unwrap();
    assert_eq!((order.filled, order.cancel_reason), (Qty::lots(2), Some(CancelReason::ReduceOnly)));
}

#[test]
fn a_fill_or_kill_counts_only_what_reduce_only_makers_can_give() {
    let mut s = stage();
    let (dec, alice, bob) = (s.dec, s.alice, s.bob);
    s.limit(bob, dec, Side::Ask, 5, "2.80");
    s.limit(alice, dec, Side::Bid, 5, "2.80");
    for at in ["2.82", "2.83"] {
        s.place(alice, Place { reduce: Reduce::Only, ..Place::limit(dec, Side::Ask, Qty::lots(5), price(at)) });
    }
    let kill = |lots| Place {
        time_in_force: TimeInForce::FillOrKill,
        ..Place::limit(dec, Side::Bid, Qty::lots(lots), price("2.85"))
    };
    let killed = s.place(bob, kill(6));
    assert_eq!(s.engine.order(bob, killed).unwrap().cancel_reason, Some(CancelReason::FillOrKill));
    assert_eq!(s.engine.net(alice, dec), Qty::lots(5));
    let filled = s.place(bob, kill(5));
    assert_eq!(s.engine.order(bob, filled).unwrap().state, VenueOrderState::Filled);
    assert_eq!(s.engine.open_orders(alice).count(), 0, "nothing is left to reduce");
}

#[test]
fn settlement_pays_profit_and_ends_day_orders() {
    let mut s = stage();
    let (dec, alice, bob) = (s.dec, s.alice, s.bob);
    s.limit(bob, dec, Side::Ask, 1, "2.80");
    s.limit(alice, dec, Side::Bid, 1, "2.80");
    let day = Place { time_in_force: TimeInForce::Day, ..Place::limit(dec, Side::Bid, Qty::lots(1), price("2.70")) };
    let day = s.place(alice, day);
    let lasting = s.limit(alice, dec, Side::Bid, 1, "2.70");
    s.engine.set_mark(dec, price("2.904"));
    let before = s.engine.portfolio(alice).unwrap();

    assert_eq!(s.engine.next_due(), utc("2026-11-23T20:30:00Z"));
    let mut out = Events::default();
    s.engine.advance(utc("2026-11-23T21:00:00Z"), &mut out);
    assert_eq!(s.engine.fixings(ProductId(0)), [(jiff::civil::date(2026, 11, 23), price("2.81"))]);
    let settled = s.engine.settlements(dec).last().unwrap();
    assert_eq!((settled.kind, settled.price), (SettlementKind::Daily, price("2.90")));
    let after = s.engine.portfolio(alice).unwrap();
    assert_eq!(after.balance, before.balance + Money::dollars(73), "0.10 × 730");
    assert_eq!((after.equity, after.total_pl), (before.equity, before.total_pl), "cash moved, worth did not");
    assert_eq!(s.engine.order(alice, day).unwrap().cancel_reason, Some(CancelReason::EndOfDay));
    assert_eq!(s.engine.order(alice, lasting).unwrap().state, VenueOrderState::Open);
    let stats = s.engine.stats(dec);
    assert_eq!((stats.last, stats.volume, stats.high), (Some(price("2.80")), Qty::ZERO, None));
}

#[test]
fn expiry_settles_at_the_mean_of_the_months_fixings_and_rolls_the_list() {
    let mut s = stage();
    let (alice, bob) = (s.alice, s.bob);
    let nov = s.engine.catalogue().find("H100_USDC-30NOV26").unwrap().id;
    s.engine.set_mark(nov, price("2.81"));
    let november = jiff::civil::date(2026, 11, 20);
    s.engine.preload_fixing(ProductId(0), jiff::civil::date(2026, 10, 30), price("9.00"));
    s.engine.preload_fixing(ProductId(0), november, price("2.70"));
    // Five fixings are to come: 23, 24, 25, 27, 30 November.
    assert_eq!(s.engine.catalogue().calendar().fixes(Month::of(november), s.now).published, 15);
    s.limit(bob, nov, Side::Ask, 2, "2.80");
    s.limit(alice, nov, Side::Bid, 2, "2.80");
    let open = s.limit(alice, nov, Side::Bid, 1, "2.60");
    let calendar = s.engine.catalogue().find("H100_USDC-CAL-30NOV26_31DEC26").unwrap().id;
    let working = s.limit(alice, calendar, Side::Bid, 1, "0");

    let mut out = Events::default();
    s.engine.advance(utc("2026-11-30T21:00:00Z"), &mut out);
    let delivered = s.engine.settlements(nov).last().unwrap();
    // (2.70 + 5 × 2.81) / 6
    assert_eq!((delivered.kind, delivered.price), (SettlementKind::Delivery, price("2.791666667")));
    assert_eq!(s.engine.net(alice, nov), Qty::ZERO);
    let position = s.engine.position(alice, nov).unwrap();
    assert_eq!(position.realised.cents(), -1_217, "(2.791666667 − 2.80) × 1,460");
    for id in [open, working] {
        assert_eq!(s.engine.order(alice, id).unwrap().cancel_reason, Some(CancelReason::Expired));
    }
    assert!(out.list.contains(&Event::Expired(nov)) && out.list.contains(&Event::Expired(calendar)));
    let added = s.engine.catalogue().find("H100_USDC-30NOV29").unwrap();
    assert!(out.list.contains(&Event::Listed(added.id)));
    let late = Place::limit(nov, Side::Bid, Qty::lots(1), price("2.80"));
    assert_eq!(s.run(alice, Command::Place(late)).0, Err(Refused::BookClosed));
}

#[test]
fn others_orders_are_invisible() {
    let mut s = stage();
    let (dec, alice, bob) = (s.dec, s.alice, s.bob);
    let id = s.limit(alice, dec, Side::Bid, 1, "2.70");
    assert_eq!(s.run(bob, Command::Cancel(id)).0, Err(Refused::OrderNotFound));
    let edit = Edit { order: id, qty: Qty::lots(1), price: None, post_only: PostOnly::Off };
    assert_eq!(s.run(bob, Command::Edit(edit)).0, Err(Refused::OrderNotFound));
    assert!(s.engine.order(bob, id).is_none());
    s.run(alice, Command::Cancel(id)).0.unwrap();
    assert_eq!(s.run(alice, Command::Cancel(id)).0, Err(Refused::NotOpenOrder));
}

#[test]
fn orders_end_with_their_connection_and_no_other() {
    let mut s = stage();
    let (dec, alice) = (s.dec, s.alice);
    let on = |connection| Place { connection, ..Place::limit(dec, Side::Bid, Qty::lots(1), price("2.70")) };
    let gone = s.place(alice, on(Some(ConnectionId(1))));
    let other = s.place(alice, on(Some(ConnectionId(2))));
    let free = s.place(alice, on(None));
    let (result, _) = s.run(alice, Command::CancelConnection(ConnectionId(1)));
    assert_eq!(result, Ok(Applied::Cancelled(1)));
    assert_eq!(s.engine.order(alice, gone).unwrap().cancel_reason, Some(CancelReason::Disconnect));
    assert_eq!(s.engine.open_orders(alice).map(|o| o.id).collect::<Vec<_>>(), [other, free]);
}

#[test]
fn change_events_rebuild_the_book_and_its_digest_at_every_change() {
    let mut s = stage();
    let mut rng = crate::base::rng::Rng::fork(7, "engine changes");
    let mut twin = book::Book::new(price("0.01"));
    let (dec, mut last) = (s.dec, 0);
    let mut ids = Vec::new();
    for _ in 0..3_000 {
        let account = if rng.chance(0.5) { s.alice } else { s.bob };
        let side = if rng.chance(0.5) { Side::Bid } else { Side::Ask };
        let at = Price(price("2.60").0 + price("0.01").0 * rng.below(40) as i64);
        let lots = Qty::lots(1 + rng.below(5) as i64);
        let command = match (rng.below(4), ids.is_empty()) {
            (0, false) => Command::Cancel(ids[rng.below(ids.len() as u64) as usize]),
            (1, false) => Command::Edit(Edit {
                order: ids[rng.below(ids.len() as u64) as usize],
                qty: lots,
                price: Some(at),
                post_only: PostOnly::Off,
            }),
            _ => Command::Place(Place::limit(dec, side, lots, at)),
        };
        let (result, out) = s.run(account, command);
        if let Ok(Applied::Order(id)) = result {
            ids.push(id);
        }
        assert!(result.is_ok() || out == Events::default(), "a refusal changes nothing");
        for event in &out.list {
            let Event::Book { listing, prev_change_id, change_id, levels } = event else { continue };
            assert_eq!((*listing, *prev_change_id), (dec, last));
            assert!(*change_id > last);
            last = *change_id;
            for level in out.levels(levels) {
                assert_eq!(twin.set(level.side, level.price, level.qty), level.before);
            }
            assert!(!twin.is_crossed());
            assert_eq!(s.engine.digest_at(dec, last), Some(twin.digest()));
        }
        for side in Side::BOTH {
            let (mut ours, mut twins): (Vec<Level>, Vec<Level>) = Default::default();
            s.engine.copy_levels(dec, side, usize::MAX, &mut ours);
            twin.copy_levels(side, usize::MAX, &mut twins);
            assert_eq!(ours, twins);
        }
    }
    assert!(last > 1_000, "the book has changed {last} times");
    let total = s.engine.portfolio(s.alice).unwrap().total_pl + s.engine.portfolio(s.bob).unwrap().total_pl;
    assert_eq!(total, Money::ZERO);
}

/// Any command a participant could think of, most of them sensible.
fn any_command(rng: &mut crate::base::rng::Rng, s: &Stage, ids: &[OrderId]) -> Command {
    let pick = |rng: &mut crate::base::rng::Rng, count: usize| rng.below(count as u64) as usize;
    let side = Side::BOTH[pick(rng, 2)];
    let lots = Qty::lots(1 + rng.below(6) as i64);
    let (listing, at) = match rng.below(3) {
        0 => (s.dec, Price(price("2.70").0 + price("0.01").0 * rng.below(20) as i64)),
        1 => (s.mar, Price(price("2.55").0 + price("0.01").0 * rng.below(20) as i64)),
        _ => (s.spread, Price(price("0.13").0 + price("0.005").0 * rng.below(8) as i64)),
    };
    let kinds = [TimeInForce::GoodTilCancelled, TimeInForce::ImmediateOrCancel, TimeInForce::FillOrKill];
    match rng.below(10) {
        0 if !ids.is_empty() => Command::Cancel(ids[pick(rng, ids.len())]),
        1 if !ids.is_empty() => {
            let order = ids[pick(rng, ids.len())];
            Command::Edit(Edit { order, qty: lots, price: rng.chance(0.5).then_some(at), post_only: PostOnly::Off })
        }
        2 => Command::CancelListing(listing, Some(side)),
        3 => Command::Place(Place::market(listing, side, lots)),
        4 => Command::Place(Place { post_only: PostOnly::Reprice, ..Place::limit(listing, side, lots, at) }),
        5 | 6 => Command::Place(Place { reduce: Reduce::Only, ..Place::limit(listing, side, lots, at) }),
        7 => Command::Place(Place { time_in_force: kinds[pick(rng, 3)], ..Place::limit(listing, side, lots, at) }),
        _ => Command::Place(Place::limit(listing, side, lots, at)),
    }
}

#[test]
fn nothing_is_made_or_lost_whatever_they_do() {
    let mut s = stage();
    let carol = s.engine.open_account("maker", AccountKind::House);
    let accounts = [s.alice, s.bob, carol];
    let mut rng = crate::base::rng::Rng::fork(11, "engine invariants");
    let (mut ids, mut reduced) = (Vec::new(), 0);
    for _ in 0..6_000 {
        let account = accounts[rng.below(3) as usize];
        let before = accounts.map(|a| [s.dec, s.mar].map(|l| s.engine.net(a, l)));
        let command = any_command(&mut rng, &s, &ids);
        let (result, out) = s.run(account, &command);
        if let Ok(Applied::Order(id)) = result {
            ids.push(id);
        }
        for (at, listing) in [s.dec, s.mar].into_iter().enumerate() {
            let nets = accounts.map(|a| s.engine.net(a, listing));
            assert_eq!(nets.into_iter().sum::<Qty>(), Qty::ZERO);
            let long: Qty = nets.into_iter().map(|net| net.max(Qty::ZERO)).sum();
            assert_eq!(s.engine.stats(listing).open_interest, long);
            let fills: Vec<&Fill> = out
                .list
                .iter()
                .filter_map(|e| if let Event::Fill(f) = e { Some(&**f) } else { None })
                .filter(|f| f.trade.listing == listing)
                .collect();
            for (who, a) in accounts.into_iter().enumerate() {
                let mut net = before[who][at];
                for fill in fills.iter().filter(|f| f.account == a) {
                    let next = net + fill.trade.qty * fill.side.sign();
                    if fill.reduce == Reduce::Only {
                        assert!(next.abs() < net.abs() && next.0 * net.0 >= 0, "{net} to {next}");
                        reduced += 1;
                    }
                    net = next;
                }
                assert_eq!(net, nets[who], "fills explain the position");
            }
        }
    }
    assert!(reduced > 50, "reduce-only orders traded {reduced} times");
    let total: Money = accounts.into_iter().map(|a| s.engine.portfolio(a).unwrap().total_pl).sum();
    assert_eq!(total, Money::ZERO);
    for account in accounts {
        s.run(account, Command::CancelAll).0.unwrap();
        assert!(s.engine.positions(account).iter().all(|p| p.open_orders_margin == Money::ZERO), "working orders leak");
        assert_eq!(s.engine.open_orders(account).count(), 0);
    }
    for listing in [s.dec, s.mar, s.spread] {
        assert_eq!(Side::BOTH.map(|side| s.engine.best(listing, side)), [None, None]);
        assert_eq!(s.engine.digest_at(listing, s.engine.change_id(listing)), Some(0));
    }
}

/// `(ratio, symbol)` by leg; the combo, made by alice.
fn combo(s: &mut Stage, legs: &[(i8, &str)]) -> ListingId {
    let find = |symbol: &str| s.engine.catalogue().find(symbol).unwrap().id;
    let legs = legs.iter().map(|(ratio, symbol)| Leg { listing: find(symbol), ratio: *ratio }).collect();
    match s.run(s.alice, Command::CreateCombo(legs)).0 {
        Ok(Applied::Combo(id)) => id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_butterfly_moves_two_of_its_body_and_needs_the_margin_of_all_legs() {
    let mut s = stage();
    let june = s.engine.catalogue().find("H100_USDC-30JUN27").unwrap().id;
    s.engine.set_mark(june, price("2.504"));
    let fly = combo(&mut s, &[(1, "H100_USDC-31DEC26"), (-2, "H100_USDC-31MAR27"), (1, "H100_USDC-30JUN27")]);
    let (dec, mar, alice, bob) = (s.dec, s.mar, s.alice, s.bob);
    assert_eq!(s.engine.stats(fly).mark, Some(price("0.004")), "2.80 − 2 × 2.65 + 2.504");
    s.limit(bob, fly, Side::Ask, 3, "0.01");
    // 20 % of 3 × 730 × (2.80 + 2 × 2.65 + 2.504).
    assert_eq!(s.engine.portfolio(bob).unwrap().initial_margin.cents(), 464_455);
    let (_, out) = s.run(alice, Command::Place(Place::limit(fly, Side::Bid, Qty::lots(3), price("0.01"))));
    let trades = out.list.iter().filter_map(|e| if let Event::Trade(t) = e { Some(t) } else { None });
    let got: Vec<_> = trades.map(|t| (t.listing, t.price, t.qty, t.aggressor)).collect();
    assert_eq!(
        got,
        [
            (fly, price("0.01"), Qty::lots(3), Side::Bid),
            (dec, price("2.80"), Qty::lots(3), Side::Bid),
            (mar, price("2.65"), Qty::lots(6), Side::Ask),
            (june, price("2.51"), Qty::lots(3), Side::Bid),
        ]
    );
    assert_eq!([dec, mar, june].map(|leg| s.engine.net(alice, leg).whole_lots()), [3, -6, 3]);
    assert_eq!([dec, mar, june].map(|leg| s.engine.net(bob, leg).whole_lots()), [-3, 6, -3]);
}

#[test]
fn a_strip_is_the_sum_of_its_months_and_its_band_is_wide_enough_for_it() {
    let mut s = stage();
    let months = ["H100_USDC-29JAN27", "H100_USDC-26FEB27", "H100_USDC-31MAR27"];
    for (symbol, mark) in months.into_iter().zip(["2.75", "2.70", "2.65"]) {
        let id = s.engine.catalogue().find(symbol).unwrap().id;
        s.engine.set_mark(id, price(mark));
    }
    let strip = combo(&mut s, &months.map(|symbol| (1, symbol)));
    assert_eq!(s.engine.stats(strip).mark, Some(price("8.10")));
    assert_eq!(s.engine.price_band(strip), Some((price("7.29"), price("8.91"))));
}

#[test]
fn a_combo_ends_with_its_first_leg() {
    let mut s = stage();
    for symbol in ["H100_USDC-30NOV26", "H200_USDC-30NOV26"] {
        let id = s.engine.catalogue().find(symbol).unwrap().id;
        s.engine.set_mark(id, price("3"));
    }
    let spread = combo(&mut s, &[(1, "H200_USDC-30NOV26"), (-1, "H100_USDC-30NOV26")]);
    let working = s.limit(s.alice, spread, Side::Bid, 1, "0");
    let mut out = Events::default();
    s.engine.advance(utc("2026-11-30T21:00:00Z"), &mut out);
    assert!(out.list.contains(&Event::Expired(spread)));
    assert_eq!(s.engine.order(s.alice, working).unwrap().cancel_reason, Some(CancelReason::Expired));
    let legs = s.engine.catalogue().get(spread).unwrap().legs.clone();
    assert_eq!(s.run(s.alice, Command::CreateCombo(legs)).0, Err(Refused::InvalidInstrument));
}
