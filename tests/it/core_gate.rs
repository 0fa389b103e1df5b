//! The risk gate: every reason to refuse, once each, and that what passes is what was asked for.

use std::time::Duration;

use tenor::base::time::Instant;
use tenor::core::Input;
use tenor::domain::command::{Command, Intent, OrderIntent, RiskLimits, SessionCommand};
use tenor::domain::event::{Batch, Link, LinkState, Ticker, VenueEvent};
use tenor::domain::instrument::InstrumentId;
use tenor::domain::number::{Price, Qty, Side};
use tenor::domain::order::{OrderId, OrderType, PostOnly, Reduce, TimeInForce};
use tenor::view::session::Severity;

use crate::core_rig::{CALENDAR, FAR, NEAR, Rig, instruments, limit};

/// Name, what is done before, the order, a piece of the sentence.
type Row = (&'static str, fn(&mut Rig), OrderIntent, &'static str);

fn rows() -> Vec<Row> {
    let ok = || limit(NEAR, Side::Bid, 5, "2.77");
    let nothing: fn(&mut Rig) = |_| {};
    vec![
        ("blocked", |rig| rig.intent(Intent::Block), ok(), "blocked"),
        ("disarmed", |rig| rig.intent(Intent::Disarm), ok(), "disarmed"),
        ("disarmed by time", |rig| rig.wait(Duration::from_secs(301)), ok(), "disarmed"),
        ("link down", |rig| rig.link(Link::Orders, LinkState::Syncing), ok(), "order entry is not connected"),
        ("unlisted", nothing, limit(InstrumentId(77), Side::Bid, 1, "2.77"), "no such instrument"),
        ("delisted", delist_far, limit(FAR, Side::Bid, 1, "2.77"), "no longer listed"),
        ("halted", halt_far, limit(FAR, Side::Bid, 1, "2.77"), "trading in H100 MAR-27 is halted"),
        ("market down", |rig| rig.link(Link::Market, LinkState::Syncing), ok(), "is STALE"),
        ("crossed", |rig| rig.change(NEAR, &[(Side::Bid, "2.80", 1)]), ok(), "is CROSSED"),
        ("no quantity", nothing, limit(NEAR, Side::Bid, 0, "2.77"), "positive multiple"),
        ("part of a lot", nothing, OrderIntent { qty: Qty(1_500_000), ..ok() }, "positive multiple"),
        ("too large", nothing, limit(NEAR, Side::Bid, 51, "2.77"), "one order may have"),
        ("position", small_position, ok(), "position could reach 5"),
        ("position by a leg", small_position, limit(CALENDAR, Side::Bid, 5, "-0.01"), "position could reach 5"),
        ("no price", nothing, OrderIntent { price: None, ..ok() }, "needs a price"),
        ("off tick", nothing, limit(NEAR, Side::Bid, 5, "2.775"), "multiple of the tick"),
        ("below zero", nothing, limit(NEAR, Side::Bid, 5, "-1"), "above zero"),
        ("buy through the collar", nothing, limit(NEAR, Side::Bid, 5, "3.00"), "20 ticks through"),
        ("sell through the collar", nothing, limit(NEAR, Side::Ask, 5, "2.56"), "20 ticks through"),
        ("outside the band", band, limit(NEAR, Side::Bid, 5, "2.40"), "takes prices from 2.5 to 3"),
        ("no reference", empty_book, ok(), "no price to hold yours against"),
        ("market into nothing", empty_book, market(Reduce::Any), "nothing is offered"),
        ("post-only and immediate", nothing, post_only_immediate(), "post-only"),
        ("nothing to reduce", nothing, market(Reduce::Only), "0 contracts are left to reduce"),
        ("bad tag", nothing, OrderIntent { tag: "a|b".into(), ..ok() }, "tag"),
    ]
}

fn market(reduce: Reduce) -> OrderIntent {
    OrderIntent { price: None, kind: OrderType::Market, reduce, ..limit(NEAR, Side::Bid, 5, "2.77") }
}

fn post_only_immediate() -> OrderIntent {
    OrderIntent {
        post_only: PostOnly::Reject,
        time_in_force: TimeInForce::ImmediateOrCancel,
        ..limit(NEAR, Side::Bid, 5, "2.77")
    }
}

fn small_position(rig: &mut Rig) {
    rig.intent(Intent::SetLimits(RiskLimits { max_position: Qty::lots(4), ..RiskLimits::default() }));
}

fn delist_far(rig: &mut Rig) {
    let listed = instruments().into_iter().filter(|i| &*i.symbol != "FAR").collect();
    rig.venue(Link::Market, vec![VenueEvent::Instruments(listed)]);
}

fn halt_far(rig: &mut Rig) {
    let mut listed = instruments();
    listed.iter_mut().filter(|i| &*i.symbol == "FAR").for_each(|far| far.is_halted = true);
    rig.venue(Link::Market, vec![VenueEvent::Instruments(listed)]);
}

fn empty_book(rig: &mut Rig) {
    rig.snapshot(NEAR, &[]);
}

fn band(rig: &mut Rig) {
    let price = |text| Some(Price::parse(text).unwrap());
    let ticker = Ticker {
        instrument: NEAR,
        utc: rig.now.utc,
        best_bid: price("2.77"),
        best_ask: price("2.79"),
        best_bid_qty: Qty::lots(10),
        best_ask_qty: Qty::lots(8),
        last: None,
        mark: price("2.78"),
        index: None,
        settlement: None,
        high: None,
        low: None,
        volume: Qty::ZERO,
        open_interest: Qty::ZERO,
        min_price: price("2.5"),
        max_price: price("3"),
        implied: [None; 2],
    };
    rig.venue(Link::Market, vec![VenueEvent::Ticker(Box::new(ticker))]);
}

fn sends(rig: &Rig) -> usize {
    rig.fx.session.iter().filter(|(_, c)| matches!(c, SessionCommand::Place(_) | SessionCommand::Replace(_))).count()
}

#[test]
fn refuses_in_one_sentence_for_every_reason() {
    for (name, before, intent, piece) in rows() {
        let mut rig = Rig::trading();
        before(&mut rig);
        rig.wait(Duration::from_millis(20));
        rig.intent(Intent::Place(intent));
        assert_eq!(sends(&rig), 0, "{name}: nothing may leave");
        let notice = rig.view.notices.last().unwrap();
        assert_eq!(notice.severity, Severity::Reject, "{name}: {}", notice.text);
        assert!(notice.text.contains(piece), "{name}: {}", notice.text);
        assert!(notice.text.ends_with('.') && notice.text.contains(';'), "{name}: what happened; what to do.");
    }
}

#[test]
fn nothing_is_sent_while_market_data_is_taken_in_late() {
    let mut rig = Rig::trading();
    rig.wait(Duration::from_secs(3));
    let received = Instant(rig.now.mono.0 - 2_500_000_000);
    rig.step(Input::Venue { link: Link::Market, batch: Batch { received, frames: 1, ..Batch::default() } });
    rig.intent(Intent::Place(limit(NEAR, Side::Bid, 5, "2.77")));
    assert_eq!(sends(&rig), 0);
    assert!(rig.view.stats.is_degraded && rig.view.notices.last().unwrap().text.contains("lags"));
    rig.venue(Link::Market, Vec::new());
    rig.wait(Duration::from_millis(20));
    rig.intent(Intent::Place(limit(NEAR, Side::Bid, 5, "2.77")));
    assert_eq!(sends(&rig), 1);
    assert!(!rig.view.stats.is_degraded);
}

#[test]
fn lets_out_what_was_asked_for() {
    let mut rig = Rig::trading();
    rig.intent(Intent::Place(limit(NEAR, Side::Bid, 5, "2.99")));
    let (link, SessionCommand::Place(order)) = rig.fx.session.remove(0) else { panic!("an order") };
    let order = order.into_inner();
    assert_eq!((link, order.id, &*order.label.0), (Link::Orders, OrderId(1), "ladder|t1-1"));
    assert_eq!((order.qty, order.price), (Qty::lots(5), Some(Price::parse("2.99").unwrap())));
}

#[test]
fn so_many_may_be_open_and_no_more() {
    let mut rig = Rig::trading();
    for _ in 1..1_000 {
        rig.intent(Intent::Place(limit(NEAR, Side::Bid, 1, "2.77")));
    }
    assert_eq!(sends(&rig), 256, "as many as may be open");
    assert!(rig.view.notices.last().unwrap().text.contains("256 orders are open"));
}

#[test]
fn a_click_needs_a_book_that_was_live_when_seen_and_ever_since() {
    let mut rig = Rig::trading();
    let seen = rig.view.version;
    rig.change(NEAR, &[(Side::Bid, "2.80", 1)]);
    rig.wait(Duration::from_millis(20));
    rig.snapshot(NEAR, &[(Side::Bid, "2.77", 10), (Side::Ask, "2.79", 8)]);
    rig.wait(Duration::from_millis(20));
    let click = |rig: &mut Rig, seen| {
        rig.step(Input::Command(Command { intent: Intent::Place(limit(NEAR, Side::Bid, 1, "2.77")), seen }));
        rig.view.notices.last().unwrap().text.to_string()
    };
    assert!(click(&mut rig, seen).contains("broke since you saw it"));
    let future = rig.view.version + 100;
    assert!(click(&mut rig, future).contains("never shown"));
    assert_eq!(sends(&rig), 0);
    let current = rig.view.version;
    click(&mut rig, current);
    assert_eq!(sends(&rig), 1);
    for _ in 0..40 {
        rig.change(NEAR, &[(Side::Bid, "2.77", 11)]);
        rig.wait(Duration::from_millis(100));
    }
    assert!(click(&mut rig, current).contains("behind"));
    assert_eq!(sends(&rig), 1);
}

#[test]
fn without_numbers_nothing_is_sent_and_a_disk_that_failed_is_asked_again() {
    let mut rig = Rig::trading_with(1..3);
    let place = |rig: &mut Rig| rig.intent(Intent::Place(limit(NEAR, Side::Bid, 1, "2.77")));
    (0..3).for_each(|_| place(&mut rig));
    assert_eq!(sends(&rig), 2);
    assert!(rig.view.notices.last().unwrap().text.contains("order numbers have run out"));
    rig.fx.needs_labels = false;
    rig.wait(Duration::from_secs(4));
    assert!(!rig.fx.needs_labels, "the disk is given its time");
    rig.wait(Duration::from_secs(2));
    assert!(rig.fx.needs_labels);
    rig.step(Input::Labels(3..1_000));
    place(&mut rig);
    assert_eq!(sends(&rig), 3);
}

/// The position may reach four: an order of three that is to become four counts as four at once, whatever becomes of the answer.
#[test]
fn a_larger_size_on_its_way_counts_against_the_position() {
    let mut rig = Rig::trading();
    small_position(&mut rig);
    rig.intent(Intent::Place(limit(NEAR, Side::Bid, 3, "2.77")));
    rig.works(OrderId(1), 3, "2.77");
    let price = Price::parse("2.77").unwrap();
    rig.intent(Intent::Replace { order: OrderId(1), qty: Qty::lots(5), price });
    assert_eq!(sends(&rig), 1, "five are too many");
    rig.intent(Intent::Replace { order: OrderId(1), qty: Qty::lots(4), price });
    assert_eq!(sends(&rig), 2);
    for unanswered in [0, 1_100] {
        rig.wait(Duration::from_millis(unanswered));
        rig.intent(Intent::Place(limit(NEAR, Side::Bid, 1, "2.77")));
        assert_eq!(sends(&rig), 2, "after {unanswered} ms");
        assert!(rig.view.notices.last().unwrap().text.contains("position could reach 5"));
    }
}

#[test]
fn a_larger_reduce_only_order_still_only_reduces() {
    let mut rig = Rig::trading();
    rig.intent(Intent::Place(limit(NEAR, Side::Bid, 2, "2.79")));
    rig.fills(OrderId(1), 2, "2.79");
    let reduce = OrderIntent { reduce: Reduce::Only, ..limit(NEAR, Side::Ask, 1, "2.80") };
    rig.intent(Intent::Place(reduce));
    rig.works(OrderId(2), 1, "2.80");
    let price = Price::parse("2.80").unwrap();
    rig.intent(Intent::Replace { order: OrderId(2), qty: Qty::lots(3), price });
    assert_eq!(sends(&rig), 2);
    assert!(rig.view.notices.last().unwrap().text.contains("2 contracts are left to reduce"));
    rig.intent(Intent::Replace { order: OrderId(2), qty: Qty::lots(2), price });
    assert_eq!(sends(&rig), 3);
}

#[test]
fn closing_goes_in_whole_lots() {
    let mut rig = Rig::trading();
    rig.intent(Intent::Place(limit(NEAR, Side::Bid, 5, "2.79")));
    rig.fills(OrderId(1), 5, "2.79");
    let max_order = Qty(2_500_000);
    rig.intent(Intent::SetLimits(RiskLimits { max_order, ..RiskLimits::default() }));
    rig.fx = tenor::core::Effects::default();
    rig.intent(Intent::Flatten(None));
    let sizes: Vec<Qty> = rig
        .fx
        .session
        .iter()
        .filter_map(|(_, command)| match command {
            SessionCommand::Place(order) => Some(order.get().qty),
            _ => None,
        })
        .collect();
    assert_eq!(sizes, [2, 2, 1].map(Qty::lots));
}

/// A promise of an earlier connection is none.
#[test]
fn every_connection_promises_anew_to_cancel_on_disconnect() {
    let mut rig = Rig::trading();
    rig.venue(Link::Orders, vec![VenueEvent::CancelOnDisconnect { enabled: true }]);
    rig.wait(Duration::from_millis(300));
    assert_eq!(rig.view.session.cancel_on_disconnect, Some(true));
    let lost = LinkState::Waiting { why: "cut".into(), retry_in: Duration::from_secs(1), attempt: 1 };
    rig.link(Link::Orders, lost);
    rig.link(Link::Orders, LinkState::Syncing);
    rig.wait(Duration::from_millis(300));
    assert_eq!(rig.view.session.cancel_on_disconnect, None);
}

/// Whoever sleeps until the deadline wakes in time for what is owed, and is not kept awake by it.
#[test]
fn a_cancel_that_could_not_leave_is_due_again_in_a_quarter_of_a_second() {
    let mut rig = Rig::trading();
    rig.intent(Intent::Cancel(tenor::domain::command::CancelScope::All));
    let undelivered = || Input::Undelivered { link: Link::Orders, command: SessionCommand::CancelAll };
    let cancels = |rig: &Rig| rig.fx.session.iter().filter(|(_, c)| matches!(c, SessionCommand::CancelAll)).count();
    rig.step(undelivered());
    assert_eq!(cancels(&rig), 2, "tried again at once");
    rig.step(undelivered());
    let due = rig.core.deadline().expect("something is owed");
    assert!(due > rig.now.mono && due.since(rig.now.mono) <= Duration::from_millis(250));
    rig.wait(Duration::from_millis(260));
    assert_eq!(cancels(&rig), 3);
}
