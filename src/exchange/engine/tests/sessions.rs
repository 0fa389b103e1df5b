//! Sessions, auctions, halts.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::exchange::catalogue::Ratio;
use crate::exchange::engine::auction::{Uncross, uncross};

const H100: ProductId = ProductId(0);

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// 13:00 to 20:00, with half an hour of gathering before.
fn hours() -> Hours {
    Hours::new(secs(12 * 3_600 + 1_800), secs(13 * 3_600), secs(20 * 3_600)).unwrap()
}

/// Three per cent within five seconds stop for ten, then four to gather.
fn rule() -> Velocity {
    Velocity { band: Ratio(30_000_000), window: secs(5), pause: secs(10), auction: secs(4) }
}

impl Stage {
    fn direct(&mut self, order: SessionOrder) -> Events {
        let mut out = Events::default();
        self.engine.direct(self.now, order, &mut out);
        out
    }

    /// Lets the clock run, sessions only.
    fn wait(&mut self, span: Duration) -> Events {
        self.now = self.now + span;
        let mut out = Events::default();
        self.engine.turn_sessions(self.now, &mut out);
        out
    }

    fn try_limit(&mut self, account: AccountId, side: Side, at: &str) -> Result<Applied, Refused> {
        let order = Place::limit(self.dec, side, Qty::lots(1), price(at));
        self.run(account, Command::Place(order)).0
    }
}

fn trades(out: &Events) -> Vec<Trade> {
    out.list.iter().filter_map(|event| if let Event::Trade(trade) = event { Some(*trade) } else { None }).collect()
}

fn states(out: &Events, of: ListingId) -> Vec<Phase> {
    let state = |event: &Event| match event {
        Event::State { listing, phase } if *listing == of => Some(*phase),
        _ => None,
    };
    out.list.iter().filter_map(state).collect()
}

/// Tries every tick and reads the rules literally.
fn naive(bids: &[(i64, i64)], asks: &[(i64, i64)], reference: i64) -> Option<Uncross> {
    let top = bids.iter().map(|b| b.0).max()?;
    let bottom = asks.iter().map(|a| a.0).min()?;
    let all: Vec<Uncross> = (bottom..=top)
        .map(|ticks| {
            let demand: i64 = bids.iter().filter(|b| b.0 >= ticks).map(|b| b.1).sum();
            let supply: i64 = asks.iter().filter(|a| a.0 <= ticks).map(|a| a.1).sum();
            Uncross { ticks, volume: demand.min(supply), surplus: demand - supply }
        })
        .collect();
    let volume = all.iter().map(|u| u.volume).max()?;
    let most: Vec<&Uncross> = all.iter().filter(|u| u.volume == volume).collect();
    let surplus = most.iter().map(|u| u.surplus.abs()).min()?;
    let least: Vec<&&Uncross> = most.iter().filter(|u| u.surplus.abs() == surplus).collect();
    let chosen = if least.iter().all(|u| u.surplus > 0) {
        least.last()
    } else if least.iter().all(|u| u.surplus < 0) {
        least.first()
    } else {
        least.iter().min_by_key(|u| (u.ticks - reference).abs())
    };
    chosen.map(|u| ***u)
}

fn side(best_first: impl Fn(&(i64, i64)) -> i64) -> impl Fn(Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    move |levels| {
        let mut by_price = std::collections::BTreeMap::new();
        for (ticks, qty) in levels {
            *by_price.entry(ticks).or_insert(0) += qty;
        }
        let mut levels: Vec<(i64, i64)> = by_price.into_iter().collect();
        levels.sort_by_key(&best_first);
        levels
    }
}

fn levels() -> impl Strategy<Value = Vec<(i64, i64)>> {
    proptest::collection::vec((-12_i64..12, 1_i64..6), 0..9)
}

proptest! {
    #[test]
    fn the_auction_price_is_the_one_that_a_search_finds(bids in levels(), asks in levels(), reference in -15_i64..15) {
        let (bids, asks) = (side(|l| -l.0)(bids), side(|l| l.0)(asks));
        prop_assert_eq!(uncross(&bids, &asks, reference), naive(&bids, &asks, reference));
    }

    /// Random orders gather and are uncrossed: the volume is the greatest there is, all of it at one price, by price and then by time, and
    /// nothing that is left meets.
    #[test]
    fn an_auction_trades_all_it_can_by_price_and_time(
        orders in proptest::collection::vec((any::<bool>(), -8_i64..8, 1_i64..9), 1..40),
    ) {
        let mut s = stage();
        s.direct(SessionOrder::Halt(Scope::Listing(s.dec), Some(secs(1))));
        s.wait(secs(1));
        prop_assert_eq!(s.engine.phase(s.dec), Phase::PreOpen);
        let ticks_at = |ticks: i64| Price(price("2.80").0 + ticks * price("0.01").0);
        let mut placed: Vec<(OrderId, AccountId, Side, i64, i64)> = Vec::new();
        for (buys, ticks, lots) in orders {
            // Two sides of two houses: nobody meets himself.
            let (account, side) = if buys { (s.alice, Side::Bid) } else { (s.bob, Side::Ask) };
            let id = s.place(account, Place::limit(s.dec, side, Qty::lots(lots), ticks_at(ticks)));
            placed.push((id, account, side, ticks, lots));
        }
        let of = |wanted: Side| {
            let one: Vec<(i64, i64)> = placed.iter().filter(|o| o.2 == wanted).map(|o| (o.3, o.4)).collect();
            side(move |l| -wanted.sign() * l.0)(one)
        };
        let want = naive(&of(Side::Bid), &of(Side::Ask), 0);
        let indicated = s.engine.indicative(s.dec);
        prop_assert_eq!(indicated, want.map(|u| (ticks_at(u.ticks), Qty::lots(u.volume))));
        let out = s.wait(secs(10));
        prop_assert_eq!(states(&out, s.dec), [Phase::Open]);
        let printed = trades(&out);
        let volume: Qty = printed.iter().map(|trade| trade.qty).sum();
        prop_assert_eq!(volume, Qty::lots(want.map_or(0, |u| u.volume)));
        if let Some(want) = want {
            prop_assert!(printed.iter().all(|trade| trade.price == ticks_at(want.ticks)));
        }
        let [bid, ask] = Side::BOTH.map(|side| s.engine.best(s.dec, side));
        if let (Some(bid), Some(ask)) = (bid, ask) {
            prop_assert!(bid.price < ask.price);
        }
        for wanted in Side::BOTH {
            let mut queue: Vec<_> = placed.iter().filter(|order| order.2 == wanted).collect();
            queue.sort_by_key(|order| (-wanted.sign() * order.3, order.0));
            let mut left = volume;
            for (id, account, _, _, lots) in queue {
                let due = Qty::lots(*lots).min(left);
                left -= due;
                prop_assert_eq!(s.engine.order(*account, *id).unwrap().filled, due);
            }
            prop_assert_eq!(left, Qty::ZERO);
        }
        prop_assert_eq!(s.engine.net(s.alice, s.dec), volume);
        for account in [s.alice, s.bob] {
            s.run(account, Command::CancelAll).0.unwrap();
            let margin: Money = s.engine.positions(account).iter().map(|p| p.open_orders_margin).sum();
            prop_assert_eq!(margin, Money::ZERO, "working orders leak");
        }
    }
}

#[test]
fn without_rules_it_is_open_around_the_clock() {
    let mut s = stage();
    assert_eq!(s.engine.next_session_change(), None);
    assert!(s.engine.catalogue().all().iter().all(|listing| s.engine.phase(listing.id) == Phase::Open));
    assert!(s.try_limit(s.alice, Side::Bid, "2.70").is_ok(), "on a Sunday");
}

#[test]
fn hours_close_a_product_and_open_it_with_an_auction() {
    let mut s = stage();
    let (dec, alice, bob) = (s.dec, s.alice, s.bob);
    let working = s.limit(alice, dec, Side::Bid, 1, "2.75");
    let out = s.direct(SessionOrder::Hours(H100, Some(hours())));
    assert_eq!(states(&out, dec), [Phase::Closed], "a Sunday");
    assert_eq!(s.try_limit(alice, Side::Bid, "2.70"), Err(Refused::SessionClosed));
    assert_eq!((Refused::SessionClosed.code(), Refused::SessionClosed.message()), (10_012, "book_closed".to_owned()));
    let edit = Edit { order: working, qty: Qty::lots(2), price: None, post_only: PostOnly::Off };
    assert_eq!(s.run(alice, Command::Edit(edit)).0, Err(Refused::SessionClosed));
    s.run(alice, Command::Cancel(working)).0.unwrap();
    let tok = s.engine.catalogue().find("TOK_USDC-31DEC26").unwrap().id;
    assert_eq!(s.engine.phase(tok), Phase::Open, "hours are a product's");

    assert_eq!(s.engine.next_session_change(), Some(utc("2026-11-23T12:30:00Z")), "Monday");
    s.now = utc("2026-11-23T12:30:00Z");
    assert_eq!(states(&s.wait(Duration::ZERO), dec), [Phase::PreOpen]);
    for hasty in [TimeInForce::ImmediateOrCancel, TimeInForce::FillOrKill] {
        let order = Place { time_in_force: hasty, ..Place::limit(dec, Side::Bid, Qty::lots(1), price("2.80")) };
        assert_eq!(s.run(alice, Command::Place(order)).0, Err(Refused::BeforeAuction));
    }
    assert_eq!(
        s.run(alice, Command::Place(Place::market(dec, Side::Bid, Qty::lots(1)))).0,
        Err(Refused::BeforeAuction)
    );
    s.limit(alice, dec, Side::Bid, 3, "2.82");
    s.limit(bob, dec, Side::Ask, 2, "2.78");
    assert_eq!(s.engine.indicative(dec), Some((price("2.82"), Qty::lots(2))), "buyers press");
    s.now = utc("2026-11-23T13:00:00Z");
    let out = s.wait(Duration::ZERO);
    assert_eq!(states(&out, dec), [Phase::Open]);
    let printed: Vec<_> = trades(&out).iter().map(|t| (t.price, t.qty, t.aggressor)).collect();
    assert_eq!(printed, [(price("2.82"), Qty::lots(2), Side::Ask)], "the younger is the taker");
    let left = s.engine.best(dec, Side::Bid).unwrap();
    assert_eq!((left.price, left.qty), (price("2.82"), Qty::lots(1)));
    s.now = utc("2026-11-23T20:00:00Z");
    assert_eq!(states(&s.wait(Duration::ZERO), dec), [Phase::Closed]);
    assert_eq!(s.engine.next_session_change(), Some(utc("2026-11-24T12:30:00Z")));
}

#[test]
fn own_orders_never_meet_in_an_auction() {
    let mut s = stage();
    let (dec, alice, bob) = (s.dec, s.alice, s.bob);
    s.direct(SessionOrder::Halt(Scope::Listing(dec), None));
    s.direct(SessionOrder::Resume(Scope::Listing(dec)));
    assert_eq!(s.engine.phase(dec), Phase::PreOpen);
    let older = s.limit(alice, dec, Side::Bid, 5, "2.82");
    let younger = s.limit(alice, dec, Side::Ask, 2, "2.79");
    s.limit(bob, dec, Side::Bid, 1, "2.80");
    let out = s.wait(secs(10));
    assert_eq!(s.engine.order(alice, older).unwrap().cancel_reason, Some(CancelReason::SelfMatch));
    assert_eq!(s.engine.order(alice, younger).unwrap().filled, Qty::lots(1));
    assert!(trades(&out).iter().all(|trade| trade.maker.0 != trade.taker.0));
}

#[test]
fn an_auction_gives_reduce_only_orders_no_more_than_their_position() {
    let mut s = stage();
    let (dec, alice, bob) = (s.dec, s.alice, s.bob);
    s.limit(bob, dec, Side::Ask, 3, "2.80");
    s.limit(alice, dec, Side::Bid, 3, "2.80");
    s.direct(SessionOrder::Halt(Scope::Listing(dec), Some(secs(1))));
    s.wait(secs(1));
    s.limit(alice, dec, Side::Ask, 2, "2.77");
    let reduce = Place { reduce: Reduce::Only, ..Place::limit(dec, Side::Ask, Qty::lots(3), price("2.78")) };
    let reduce = s.place(alice, reduce);
    s.limit(bob, dec, Side::Bid, 9, "2.79");
    let volume: Qty = trades(&s.wait(secs(10))).iter().map(|trade| trade.qty).sum();
    assert_eq!((volume, s.engine.net(alice, dec)), (Qty::lots(3), Qty::ZERO));
    let order = s.engine.order(alice, reduce).unwrap();
    assert_eq!((order.filled, order.cancel_reason), (Qty::lots(1), Some(CancelReason::ReduceOnly)));
}

#[test]
fn a_fast_market_halts_its_listing_and_reopens_by_auction() {
    let mut s = stage();
    let (dec, mar, spread, alice, bob) = (s.dec, s.mar, s.spread, s.alice, s.bob);
    s.direct(SessionOrder::Velocity(H100, Some(rule())));
    // Slowly, four per cent pass.
    for at in ["2.80", "2.76", "2.70"] {
        s.limit(alice, dec, Side::Bid, 1, at);
        s.limit(bob, dec, Side::Ask, 1, at);
        assert_eq!(s.engine.phase(dec), Phase::Open, "{at}");
        s.wait(secs(6));
    }
    // From 2.70 down to 2.62 in no time: 2.619 is the end of the band.
    for at in ["2.69", "2.63", "2.62", "2.61"] {
        s.limit(alice, dec, Side::Bid, 2, at);
    }
    let order = Place::limit(dec, Side::Ask, Qty::lots(9), price("2.60"));
    let (placed, out) = s.run(bob, Command::Place(order));
    let Ok(Applied::Order(seller)) = placed else { panic!("{placed:?}") };
    assert_eq!(trades(&out).iter().map(|t| t.price).min(), Some(price("2.62")), "not one tick further");
    assert_eq!(states(&out, dec), [Phase::Halted]);
    assert_eq!(states(&out, spread), [Phase::Halted], "its spreads stop with it");
    assert_eq!(s.engine.phase(mar), Phase::Open, "its neighbours do not");
    assert_eq!(s.engine.order(bob, seller).unwrap().filled, Qty::lots(6));
    assert_eq!(s.try_limit(alice, Side::Bid, "2.60"), Err(Refused::Halted));
    let on_spread = Place::limit(spread, Side::Bid, Qty::lots(1), price("0.10"));
    assert_eq!(s.run(alice, Command::Place(on_spread)).0, Err(Refused::Halted));

    let out = s.wait(secs(10));
    assert_eq!((states(&out, dec), states(&out, spread)), (vec![Phase::PreOpen], vec![]));
    s.limit(alice, dec, Side::Bid, 3, "2.63");
    let out = s.wait(secs(4));
    assert_eq!((states(&out, dec), states(&out, spread)), (vec![Phase::Open], vec![Phase::Open]));
    let printed: Vec<_> = trades(&out).iter().map(|t| (t.price, t.qty)).collect();
    assert_eq!(
        printed,
        [(price("2.62"), Qty::lots(3))],
        "where nothing is left over, as near the last trade as can be"
    );
    assert_eq!(s.engine.order(bob, seller).unwrap().state, VenueOrderState::Filled);
}

#[test]
fn a_halted_product_is_locked_and_so_are_its_new_months() {
    let mut s = stage();
    let out = s.direct(SessionOrder::Halt(Scope::Product(H100), None));
    assert!(out.list.contains(&Event::Locked { product: H100, is_locked: true }));
    let expiry = utc("2026-11-30T21:00:00Z");
    s.engine.advance(expiry, &mut Events::default());
    let added = s.engine.catalogue().find("H100_USDC-30NOV29").unwrap().id;
    assert_eq!(s.engine.phase(added), Phase::Halted);
    let expired = s.engine.catalogue().find("H100_USDC-30NOV26").unwrap().id;
    assert_eq!(s.engine.phase(expired), Phase::Closed);
    s.now = expiry;
    s.direct(SessionOrder::Resume(Scope::Product(H100)));
    assert_eq!(s.engine.phase(added), Phase::PreOpen);
    s.wait(secs(10));
    assert!(s.engine.catalogue().active().all(|listing| s.engine.phase(listing.id) == Phase::Open));
}
