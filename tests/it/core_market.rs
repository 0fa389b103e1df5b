//! Books, publishing and robustness of core.

use std::time::Duration;

use proptest::prelude::*;
use tenor::core::Input;
use tenor::domain::book::Level;
use tenor::domain::command::{Intent, SessionCommand};
use tenor::domain::contract::{Month, Product};
use tenor::domain::event::{Batch, BookLoss, LevelChange, Link, LinkState, Ticker, Trade, VenueEvent};
use tenor::domain::instrument::InstrumentId;
use tenor::domain::number::{Price, Qty, Side};
use tenor::view::book::BookState;

use crate::core_rig::{CALENDAR, FAR, NEAR, Rig, instruments};

fn resyncs(rig: &Rig) -> usize {
    rig.fx.session.iter().filter(|(link, c)| *link == Link::Market && matches!(c, SessionCommand::Resync(_))).count()
}

#[test]
fn a_book_that_contradicts_itself_is_lost_at_once_and_asked_for_once() {
    for (levels, state) in [
        ([(Side::Bid, "2.80", 1)], BookState::Crossed),
        ([(Side::Bid, "2.00", 0)], BookState::Gap),
        ([(Side::Bid, "2.755", 1)], BookState::Gap),
        ([(Side::Ask, "2.78", -1)], BookState::Gap),
    ] {
        let mut rig = Rig::trading();
        rig.change(NEAR, &levels);
        assert_eq!(rig.view.book_state(NEAR, rig.now), state, "{levels:?}: shown at once");
        rig.change(NEAR, &[(Side::Bid, "2.77", 3)]);
        rig.change(NEAR, &levels);
        assert_eq!(resyncs(&rig), 1, "{levels:?}: asked once");
        rig.snapshot(NEAR, &[(Side::Bid, "2.70", 4)]);
        rig.wait(Duration::from_millis(10));
        assert_eq!(rig.view.book_state(NEAR, rig.now), BookState::Live);
        assert_eq!(rig.view.market(NEAR).unwrap().book.bids.len(), 1);
        rig.change(NEAR, &levels);
        let again = rig.view.book_state(NEAR, rig.now).is_live();
        assert!(again || resyncs(&rig) == 2, "{levels:?}: a new loss asks anew");
    }
}

#[test]
fn a_change_is_judged_by_its_outcome() {
    let mut rig = Rig::trading();
    rig.change(NEAR, &[(Side::Bid, "2.79", 2), (Side::Ask, "2.79", 0), (Side::Ask, "2.80", 6)]);
    rig.wait(Duration::from_millis(10));
    let book = &rig.view.market(NEAR).unwrap().book;
    assert!(rig.view.book_state(NEAR, rig.now).is_live());
    assert_eq!(book.best(Side::Bid).unwrap().price, Price::parse("2.79").unwrap());
}

#[test]
fn a_lost_link_takes_every_book_with_it_at_once() {
    let mut rig = Rig::trading();
    let state = LinkState::Waiting { attempt: 1, retry_in: Duration::from_secs(1), why: "cut".into() };
    rig.link(Link::Market, state);
    for id in [NEAR, FAR] {
        assert_eq!(rig.view.market(id).unwrap().book.loss, Some(BookLoss::Disconnected));
        assert_eq!(rig.view.book_state(id, rig.now), BookState::Stale);
    }
    assert_eq!(rig.view.stats.books_live, 0);
}

/// A summary of the calendar with nothing in it but an implied bid of this many lots.
fn implied(rig: &Rig, lots: i64) -> VenueEvent {
    let (none, price) = (Qty::ZERO, Price::parse("0.000").unwrap());
    VenueEvent::Ticker(Box::new(Ticker {
        instrument: CALENDAR,
        utc: rig.now.utc,
        best_bid: None,
        best_ask: None,
        best_bid_qty: none,
        best_ask_qty: none,
        last: None,
        mark: None,
        index: None,
        settlement: None,
        high: None,
        low: None,
        volume: none,
        open_interest: none,
        min_price: None,
        max_price: None,
        implied: [(lots > 0).then_some(Level { price, qty: Qty::lots(lots) }), None],
    }))
}

fn shown(rig: &mut Rig) -> [Option<i64>; 2] {
    rig.wait(Duration::from_millis(10));
    rig.view.market(CALENDAR).unwrap().implied.levels.map(|level| level.map(|level| level.qty.whole_lots()))
}

#[test]
fn an_implied_price_is_as_old_as_its_ticker_and_goes_with_the_link_the_ticker_or_the_listing() {
    let mut rig = Rig::trading();
    assert_eq!(shown(&mut rig), [None, None]);
    rig.venue(Link::Market, vec![implied(&rig, 4)]);
    let told = rig.now.mono;
    assert_eq!(shown(&mut rig), [Some(4), None]);
    rig.wait(Duration::from_secs(1));
    let market = rig.view.market(CALENDAR).unwrap();
    assert_eq!(market.implied.received, told, "nothing said it again");
    assert_eq!(market.book.best(Side::Bid).map(|l| l.qty), Some(Qty::lots(5)), "the book is the venue's own");

    let (old, new) = (implied(&rig, 9), implied(&rig, 0));
    rig.now = rig.now.later(Duration::from_millis(5));
    rig.venue(Link::Market, vec![implied(&rig, 7), old]);
    assert_eq!(shown(&mut rig), [Some(7), None], "an older ticker changes nothing");
    rig.venue(Link::Market, vec![new]);
    assert_eq!(shown(&mut rig), [Some(7), None]);
    rig.venue(Link::Market, vec![implied(&rig, 0)]);
    assert_eq!(shown(&mut rig), [None, None], "the venue takes it back");

    rig.venue(Link::Market, vec![implied(&rig, 4)]);
    let state = LinkState::Waiting { attempt: 1, retry_in: Duration::from_secs(1), why: "cut".into() };
    rig.link(Link::Market, state);
    assert_eq!(shown(&mut rig), [None, None], "gone with the connection");
    rig.link(Link::Market, LinkState::Up);
    assert_eq!(shown(&mut rig), [None, None], "and not back before it is told anew");

    rig.venue(Link::Market, vec![implied(&rig, 4)]);
    assert_eq!(shown(&mut rig), [Some(4), None]);
    let mut listed = instruments();
    listed[CALENDAR.index()].is_active = false;
    rig.venue(Link::Market, vec![VenueEvent::Instruments(listed)]);
    assert_eq!(shown(&mut rig), [None, None], "nothing trades there");
}

#[test]
fn quiet_books_are_checked_before_they_go_stale() {
    let mut rig = Rig::trading();
    let mut least = u32::MAX;
    for _ in 0..90 {
        rig.wait(Duration::from_secs(1));
        let asked: Vec<InstrumentId> = rig
            .fx
            .session
            .drain(..)
            .filter_map(|(_, command)| match command {
                SessionCommand::Confirm(id) => Some(id),
                _ => None,
            })
            .collect();
        for instrument in asked {
            let change_id = rig.view.market(instrument).unwrap().book.change_id;
            rig.venue(Link::Market, vec![VenueEvent::BookConfirmed { instrument, change_id }]);
        }
        least = least.min(rig.view.stats.books_live);
    }
    assert_eq!(least, 3, "live throughout");
    rig.wait(Duration::from_secs(32));
    assert_eq!(rig.view.book_state(NEAR, rig.now), BookState::Stale, "nobody answered");
}

#[test]
fn publishes_at_its_own_pace() {
    let mut rig = Rig::trading();
    rig.wait(Duration::from_secs(1));
    let before = rig.publishes;
    for step in 0..10_000 {
        rig.now = rig.now.later(Duration::from_micros(100));
        rig.change(NEAR, &[(Side::Bid, "2.77", 1 + step % 9)]);
    }
    let busy = rig.publishes - before;
    assert!((100..=126).contains(&busy), "a second of changes in {busy} pictures");

    rig.intent(Intent::Visible(false));
    let before = rig.publishes;
    for step in 0..10_000 {
        rig.now = rig.now.later(Duration::from_micros(100));
        rig.change(NEAR, &[(Side::Bid, "2.77", 1 + step % 9)]);
    }
    let hidden = rig.publishes - before;
    assert!((3..=5).contains(&hidden), "hidden: {hidden}");

    rig.intent(Intent::Visible(true));
    rig.wait(Duration::from_secs(1));
    let before = rig.publishes;
    rig.wait(Duration::from_secs(10));
    let idle = rig.publishes - before;
    assert!(idle <= 11, "nothing but heartbeats: {idle} pictures in 10 s");
}

#[test]
fn launches_are_in_the_next_picture_in_order_and_once() {
    let mut rig = Rig::trading();
    let (h100, aug) = (Product::new("H100").unwrap(), Month { year: 2027, month: 8 });
    rig.intent(Intent::SetLaunches(h100.clone(), vec![aug.plus(6), aug, aug]));
    rig.wait(Duration::from_millis(20));
    assert_eq!(rig.view.launches.get(&h100), Some(&vec![aug, aug.plus(6)]));
    rig.intent(Intent::SetLaunches(h100.clone(), Vec::new()));
    rig.wait(Duration::from_millis(20));
    assert!(rig.view.launches.is_empty());
}

#[test]
fn what_did_not_change_is_the_same_allocation() {
    let mut rig = Rig::trading();
    let before = rig.view.clone();
    rig.wait(Duration::from_millis(10));
    rig.change(NEAR, &[(Side::Bid, "2.77", 3)]);
    rig.wait(Duration::from_millis(10));
    assert!(!std::sync::Arc::ptr_eq(&before.markets[0], &rig.view.markets[0]));
    assert!(std::sync::Arc::ptr_eq(&before.markets[1], &rig.view.markets[1]));
    assert_eq!(before.markets[0].book.bids[0].qty, Qty::lots(10), "a picture never changes");
}

fn trade(seq: u64, cents: i64, lots: i64, is_spread_leg: bool) -> VenueEvent {
    VenueEvent::Trade(Trade {
        instrument: NEAR,
        trade_id: seq.to_string().into(),
        seq,
        utc: tenor::base::time::Utc(seq as i64),
        price: Price(cents * 10_000_000),
        qty: Qty::lots(lots),
        aggressor: Side::Bid,
        is_spread_leg,
    })
}

#[test]
fn trades_count_once_in_any_order_and_spread_legs_only_print() {
    let mut rig = Rig::trading();
    let events =
        [(10, 278, 2, false), (12, 279, 1, false), (11, 278, 3, false), (10, 278, 2, false), (13, 250, 9, true)];
    rig.venue(Link::Market, events.map(|(seq, cents, lots, leg)| trade(seq, cents, lots, leg)).into());
    rig.wait(Duration::from_millis(10));
    let market = rig.view.market(NEAR).unwrap();
    assert_eq!(market.tape.len(), 4);
    assert_eq!(market.last.unwrap().price, Price(2_790_000_000));
    let at_price: Vec<(i64, i64)> =
        market.volume_at_price.iter().map(|(price, qty)| (price.0 / 10_000_000, qty.whole_lots())).collect();
    assert_eq!(at_price, [(278, 5), (279, 1)]);
    assert_eq!(market.vwap, Some(Price(2_781_666_667)));
}

#[test]
fn watched_instruments_have_a_column_every_quarter_of_a_second() {
    let mut rig = Rig::trading();
    rig.intent(Intent::Watch(vec![NEAR]));
    rig.wait(Duration::from_secs(10));
    let columns = rig.view.market(NEAR).unwrap().heat.len();
    assert!((36..=40).contains(&columns), "{columns}");
    assert!(rig.view.market(NEAR).unwrap().heat.last().unwrap().was_live);
    assert!(rig.view.market(FAR).unwrap().heat.is_empty());
    rig.intent(Intent::Watch(Vec::new()));
    rig.wait(Duration::from_secs(1));
    assert!(rig.view.market(NEAR).unwrap().heat.is_empty());
}

fn any_event() -> impl Strategy<Value = VenueEvent> {
    let id = (0_u32..5).prop_map(InstrumentId);
    prop_oneof![
        (id.clone(), any::<u64>(), any::<i64>(), any::<u32>(), any::<u32>()).prop_map(
            |(instrument, change_id, utc, a, b)| {
                VenueEvent::BookSnapshot { instrument, change_id, utc: tenor::base::time::Utc(utc), levels: a..b }
            }
        ),
        (id.clone(), any::<u64>(), any::<i64>(), 0_u32..6, 0_u32..6).prop_map(|(instrument, change_id, utc, a, b)| {
            let utc = tenor::base::time::Utc(utc);
            VenueEvent::BookChange { instrument, prev_change_id: 0, change_id, utc, levels: a..b }
        }),
        (id.clone(), any::<u64>(), any::<i64>(), any::<i64>(), any::<bool>()).prop_map(
            |(instrument, seq, price, qty, is_spread_leg)| {
                VenueEvent::Trade(Trade {
                    instrument,
                    trade_id: "x".into(),
                    seq,
                    utc: tenor::base::time::Utc(qty),
                    price: Price(price),
                    qty: Qty(qty),
                    aggressor: Side::Ask,
                    is_spread_leg,
                })
            }
        ),
        (id.clone(), any::<i64>()).prop_map(|(instrument, since)| VenueEvent::TradesLost {
            instrument,
            since: tenor::base::time::Utc(since)
        }),
        (any::<i64>(), any::<u64>(), any::<u64>()).prop_map(|(venue, sent, received)| VenueEvent::VenueTime {
            venue: tenor::base::time::Utc(venue),
            sent: tenor::base::time::Instant(sent),
            received: tenor::base::time::Instant(received),
        }),
        id.prop_map(|instrument| VenueEvent::BookLost { instrument, why: BookLoss::Behind }),
        Just(VenueEvent::LinkChanged { link: Link::Market, state: LinkState::Up }),
        Just(VenueEvent::LinkChanged { link: Link::Orders, state: LinkState::Connecting { attempt: 2 } }),
        Just(VenueEvent::LinkChanged { link: Link::Orders, state: LinkState::Up }),
        Just(VenueEvent::Instruments(Vec::new())),
    ]
}

#[test]
fn a_silent_link_leaves_nothing_due_that_cannot_be_done() {
    let mut rig = Rig::trading();
    let mut steps = 0;
    let end = rig.now.mono + Duration::from_secs(60);
    while let Some(due) = rig.core.deadline().filter(|due| *due < end) {
        rig.now = rig.now.later(due.since(rig.now.mono));
        rig.step(Input::Timer);
        steps += 1;
        assert!(steps < 1_000, "core wants to be stepped again and again at {:?}", rig.now.mono);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn core_survives_anything_a_venue_can_say(
        events in proptest::collection::vec(any_event(), 0..40),
        levels in proptest::collection::vec((any::<bool>(), any::<i64>(), any::<i64>()), 0..6),
    ) {
        let mut rig = Rig::trading();
        let mut twin = Rig::trading();
        let levels: Vec<LevelChange> = levels
            .into_iter()
            .map(|(is_bid, price, qty)| LevelChange {
                side: if is_bid { Side::Bid } else { Side::Ask },
                price: Price(price),
                qty: Qty(qty),
            })
            .collect();
        for rig in [&mut rig, &mut twin] {
            for event in &events {
                let batch = Batch { events: vec![event.clone()], levels: levels.clone(), received: rig.now.mono, frames: 1 };
                rig.step(Input::Venue { link: Link::Market, batch });
                rig.now = rig.now.later(Duration::from_millis(30));
                rig.step(Input::Timer);
            }
        }
        prop_assert_eq!(rig.core.digest(), twin.core.digest());
    }
}
